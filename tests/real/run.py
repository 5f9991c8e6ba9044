#!/usr/bin/env python3
"""The Cloud Run stack for real: MLflow, PostgreSQL and oauth2-proxy started from the files that `render` writes."""
import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tomllib
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402
from cloud import Google  # noqa: E402
from parts import http  # noqa: E402

from harness import SECRET, Home, Sim, done, ok, read, result_of, skip  # noqa: E402

PASSWORD = "p@ss:w/o#rd%41 \"q\" 'r' $HOME \\ {{x}} é"
USER = "someone@example.com"
SIZE = 40 << 20
SEARCH = "/api/2.0/mlflow/experiments/search"


def apply(sim, answers):
    """Applies, and says how it ended even when it took too long. With consent: each cloud is one in which nothing of the stack stands."""
    try:
        return sim.run("apply", answers, "--json", "--yes", timeout=100)
    except subprocess.TimeoutExpired as late:
        return subprocess.CompletedProcess(late.cmd, None, (late.stdout or b"").decode(), "not ended after 100 s\n" + (late.stderr or b"").decode())


def environment_of(path):
    """What a shell has after reading an .env file."""
    run = subprocess.run(["env", "-i", "/bin/sh", "-c", 'set -a; . "$1"; exec /usr/bin/env -0', "sh", path], stdout=subprocess.PIPE, timeout=20,
                         check=True)
    return dict(entry.split("=", 1) for entry in run.stdout.decode().split("\0") if entry)


class Rendered:
    """The files of one stack, and what they say."""

    def __init__(self, home, answers):
        self.folder = home.file("rendered")
        self.run = home.run("render", answers, "--out", self.folder, "--quiet")
        if self.run.returncode:
            return
        self.environment = environment_of(self.path("server.env"))
        self.config = tomllib.loads(read(self.path("oauth2-proxy.cfg")).decode())
        self.host = urllib.parse.urlsplit(self.config["redirect_url"]).hostname
        self.url = f"https://{self.host}"

    def path(self, name):
        return os.path.join(self.folder, name)

    def prover(self):
        """The account by which the stack is proven."""
        return next(line for line in read(self.path("emails")).decode().split() if line.endswith(".gserviceaccount.com"))

    def take_secrets(self, google):
        """What apply put into Secret Manager."""
        self.secrets = {name: google.secret(f"mlflow-{name}") for name in ("cookie", "oauth-client", "proxy-config", "proxy-emails")}
        ok(self.secrets["proxy-config"] == read(self.path("oauth2-proxy.cfg")).decode() and
           self.secrets["proxy-emails"] == read(self.path("emails")).decode(), "what is mounted is what render writes")
        ok(self.secrets["oauth-client"] == SECRET, "the client's secret has no line end")


class Stack:
    """MLflow behind oauth2-proxy on free ports of loopback. What a cloud would give (addresses, secrets, mounts) comes from here."""

    def __init__(self, home, rendered, postgresql, sim, proxy_port):
        self.home, self.files, self.sim = home, rendered, sim
        self.mlflow_port, self.proxy_port = parts.free_port(), proxy_port
        # Requests of both programs to Google go through the simulated cloud; those to each other do not.
        proxy, ca = sim.ready["proxy"], sim.ready["ca"]
        self.cloud = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "127.0.0.1,localhost", "SSL_CERT_FILE": ca,
                      "REQUESTS_CA_BUNDLE": ca, "GOOGLE_APPLICATION_CREDENTIALS": sim.ready["credentials"],
                      "GOOGLE_CLOUD_PROJECT": sim.ready["project"]}
        self.base = {"PATH": f"{parts.MLFLOW}:/usr/bin:/bin", "HOME": home.path, "TZ": "UTC", "LC_ALL": "C.UTF-8", "TMPDIR": home.path}
        self.server = self.base | self.cloud | rendered.environment | {
            "PGHOST": postgresql.folder, "PGPASSWORD": PASSWORD, "SERVER_PORT": str(self.mlflow_port)}

    def script(self, name):
        return ["/bin/sh", self.files.path(name)]

    def migrate(self):
        return subprocess.run(self.script("migrate.sh"), env=self.server, cwd=self.home.path, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)

    def mlflow(self):
        return parts.Process("MLflow", self.script("start.sh"), self.server, self.home.file("mlflow.log"), self.home.path)

    def proxy_arguments(self, config, *more):
        """oauth2-proxy with its file; only ports and the places of mounted files differ here."""
        mounted = {"client-secret-file": "oauth-client", "cookie-secret-file": "cookie"}
        files = [f"--{flag}={self.home.file(name, self.files.secrets[name])}" for flag, name in mounted.items()]
        return [parts.OAUTH2_PROXY, f"--config={config}", f"--http-address=127.0.0.1:{self.proxy_port}",
                f"--upstream=http://127.0.0.1:{self.mlflow_port}/", f"--authenticated-emails-file={self.files.path('emails')}", *files, *more]

    def proxy_test(self, config):
        return subprocess.run(self.proxy_arguments(config, "--config-test"), env=self.base, capture_output=True, text=True, timeout=30,
                              stdin=subprocess.DEVNULL)

    def proxy(self):
        return parts.Process("oauth2-proxy", self.proxy_arguments(self.files.path("oauth2-proxy.cfg")), self.base | self.cloud,
                             self.home.file("oauth2-proxy.log"), self.home.path)

    def visit(self, method, path, headers, body=None, port=None):
        """One request as it comes from Google's front: the public Host, no TLS any more."""
        return http(method, f"http://127.0.0.1:{port or self.proxy_port}{path}", {"Host": self.files.host} | headers, body)

    def ask(self, method, path, body=None, port=None, host=None, **headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        return self.visit(method, path, headers | ({"Host": host} if host else {}), body, port)


def database(stack, postgresql):
    """The migration on an empty database."""
    run = stack.migrate()
    ok(run.returncode == 0, "migrate.sh fills an empty database, with an awkward password", run.stdout, run.stderr)
    tables = int(postgresql.sql("mlflow", "select count(*) from information_schema.tables where table_schema = 'public'"))
    ok(tables > 40, f"it has MLflow's tables ({tables})")
    version = postgresql.sql("mlflow", "select version_num from alembic_version")
    run = stack.migrate()
    ok(run.returncode == 0 and postgresql.sql("mlflow", "select version_num from alembic_version") == version,
       "a second migration changes nothing", run.stdout, run.stderr)
    run = subprocess.run(stack.script("migrate.sh"), env=stack.server | {"PGPASSWORD": ""}, capture_output=True, text=True, timeout=20)
    ok(run.returncode == 2 and "PGPASSWORD" in run.stderr, "without a password migrate.sh names what is missing", run.stderr)


def server(stack, mlflow):
    """MLflow itself: hosts, origins, sources, processes."""
    def ask(*arguments, **more):
        return stack.ask(*arguments, port=stack.mlflow_port, **more)

    status, _, text = ask("POST", SEARCH, {"max_results": 1})
    ok(status == 200 and "experiments" in text, "MLflow answers its public name", status, text)
    status, _, text = ask("GET", "/version")
    ok((status, text) == (200, "3.17.2"), "it is the version that was asked for", status, text)
    status, _, text = ask("POST", SEARCH, {"max_results": 1}, host="evil.example")
    ok(status == 403 and "Invalid Host header" in text, "a foreign Host is refused", status, text)
    for path in SEARCH, SEARCH.replace("/api/", "/ajax-api/"):
        status, _, text = ask("POST", path, {"max_results": 1}, Origin="https://evil.example")
        ok(status == 403 and "Cross-origin" in text, f"a foreign Origin is refused on {path.split('/')[1]}", status, text)
        status, _, text = ask("POST", path, {"max_results": 1}, Origin=stack.files.url)
        ok(status == 200, f"its own Origin is not, on {path.split('/')[1]}", status, text)
    ask("POST", "/api/2.0/mlflow/registered-models/create", {"name": "m"})
    for source in ("gs://elsewhere/x", "s3://elsewhere/x", "file:///etc/passwd"):
        status, _, text = ask("POST", "/api/2.0/mlflow/model-versions/create", {"name": "m", "source": source})
        ok(status == 400 and "source" in text, f"a model from {source} is refused", status, text)
    members = mlflow.members()
    workers = int(stack.server["MLFLOW_WORKERS"])
    # The command, uvicorn's parent, its workers and their resource tracker.
    ok(workers < len(members) <= workers + 3 and not any("huey" in m for m in members), "no job runs beside it", *members)
    ok(0 < mlflow.resident() < 1 << 30, f"{workers} workers stay below 1 GiB ({mlflow.resident() >> 20} MiB)")


def gate(stack):
    """oauth2-proxy without a token."""
    run = stack.proxy_test(stack.files.path("oauth2-proxy.cfg"))
    ok(run.returncode == 0, "oauth2-proxy takes the configuration", run.stdout, run.stderr)
    broken = stack.home.file("broken.cfg", read(stack.files.path("oauth2-proxy.cfg")).decode() + 'upstream_timout = "1s"\n')
    run = stack.proxy_test(broken)
    ok(run.returncode != 0, "and would refuse a misspelt one")


def strangers(stack):
    """Who comes with no token, or a bad one."""
    status, headers, _ = stack.ask("GET", "/", Accept="text/html")
    to = urllib.parse.urlsplit(headers.get("Location", ""))
    asked = dict(urllib.parse.parse_qsl(to.query))
    ok(status == 302 and to.hostname == "accounts.google.com", "a browser is sent to sign in", status, headers.get("Location"))
    ok(asked.get("redirect_uri") == f"{stack.files.url}/oauth2/callback" and asked.get("client_id") == stack.files.config["client_id"] and
       asked.get("code_challenge_method") == "S256", "for this client, to come back to this stack", asked)
    cookie = headers.get("Set-Cookie", "")
    ok(cookie.startswith("__Host-") and "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie, "with a careful cookie",
       cookie)
    for path in (SEARCH, "/ajax-api/2.0/mlflow/experiments/search", "/graphql", "/get-artifact?path=x&run_uuid=y",
                 "/model-versions/get-artifact?path=x", "/v1/traces", "/gateway/x"):
        status, headers, _ = stack.ask("POST", path, {})
        ok(status == 401 and "Location" not in headers, f"401 and no redirect on {path.split('?')[0]}", status, headers.get("Location"))
    for path in ("/health", "/healthz", "/health%23x", "/health%3Fx", "/health;x", "//health", "/x/../health", "/ping%23x", "/ping/..%2Fversion",
                 "/robots.txt%23/../version"):
        status, _, _ = stack.ask("GET", path)
        ok(status in (301, 302, 400, 401, 403), f"S13: {path} opens nothing", status)
    for name, header in (("no token", "Bearer nonsense"), ("a Basic password", "Basic YWRtaW46cGFzc3dvcmQ="),
                         ("an unsigned token", "Bearer eyJhbGciOiJub25lIn0.eyJlbWFpbCI6InNvbWVvbmVAZXhhbXBsZS5jb20ifQ.")):
        status, headers, _ = stack.ask("POST", SEARCH, {"max_results": 1}, Authorization=header)
        ok(status == 403 and "Location" not in headers, f"{name} is refused at once", status)
    status, _, _ = stack.ask("POST", SEARCH, {"max_results": 1}, X_Forwarded_Email=USER, X_Forwarded_User=USER, X_Forwarded_Uri="/health")
    ok(status == 401, "saying who one is in a header opens nothing", status)


# With the simulated cloud ---------------------------------------------------------------------------------------------------------

SDK = """
import hashlib, mlflow, mlflow.pyfunc, os, sys
source, folder = sys.argv[1:]
mlflow.set_experiment("for real")
with mlflow.start_run() as run:
    mlflow.log_param("p", 1)
    mlflow.log_metric("m", 0.5)
    mlflow.log_artifact(source)
    mlflow.pyfunc.log_model(name="model", python_model=lambda model_input: model_input, registered_model_name="registered",
                            pip_requirements=["mlflow"], input_example=None)
path = mlflow.artifacts.download_artifacts(run_id=run.info.run_id, artifact_path=os.path.basename(source), dst_path=folder)
print("location", mlflow.get_run(run.info.run_id).info.artifact_uri)
print("metric", mlflow.get_run(run.info.run_id).data.metrics["m"])
print("version", mlflow.MlflowClient().get_model_version("registered", "1").source)
print("sha256", hashlib.sha256(open(path, "rb").read()).hexdigest())
"""


def tokens(stack, google, prover):
    """Bearer tokens made by the simulated Google, judged by the real oauth2-proxy. Returns one that is accepted."""
    def search(token, **more):
        return stack.ask("POST", SEARCH, {"max_results": 1}, Authorization=f"Bearer {token}", **more)

    good = google.token(prover, stack.files.url)
    status, _, text = search(good)
    ok(status == 200 and "experiment_id" in text, "a listed account's token is accepted", status, text)
    status, _, text = search(google.token(google.account("stranger"), stack.files.url))
    ok(status == 403 and "experiment_id" not in text, "a stranger's token is refused", status, text[:300])
    status, _, text = search(google.token(prover, "https://elsewhere.example"))
    ok(status == 403, "a token for another audience is refused", status, text[:300])
    status, _, text = search(good[:-6] + ("AAAAAA" if good[-6:] != "AAAAAA" else "BBBBBB"))
    ok(status == 403, "a forged signature is refused", status, text[:300])
    status, _, text = search(good, host="evil.example")
    ok(status == 403 and "Invalid Host" in text, "a foreign Host is refused behind the gate too", status, text[:300])
    status, _, text = search(good, Origin="https://evil.example")
    ok(status == 403 and "Cross-origin" in text, "and a foreign Origin", status, text[:300])
    status, _, text = search(good, Origin=stack.files.url)
    ok(status == 200, "its own Origin passes, as a browser sends it", status, text[:300])
    return good


def door(ask, good):
    """What a door says to all kinds of visitors: (visit, status, where it sends them)."""
    html, search = {"Accept": "text/html"}, {"max_results": 1}
    bearer = {"Authorization": f"Bearer {good}"}
    visits = [("GET", path, html, None) for path in (
        "/", "/version", "/health", "/healthz", "/ping", "/ready", "/robots.txt", "/oauth2/auth", "/oauth2/userinfo", "/oauth2/start",
        "/oauth2/sign_out", "/oauth2/nothing", "/static-files/x.js", "/metrics", "/%2e%2e/health", "/health%23x", "/ping%23x", "/ping/..%2Fversion", "/api", "/apix", "/v1/traces", "/gateway")]
    visits += [("POST", SEARCH, headers, search) for headers in (
        {}, html, {"Accept": "application/json"}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp5"}, {"Authorization": "x"},
        {"Authorization": f"bearer {good}"}, {"Authorization": f"Bearer {good}x"}, {"Cookie": "__Host-mlflow=x"}, {"X-Forwarded-Email": USER})]
    visits += [("GET", "/health", {"Authorization": "Bearer x"}, None), ("HEAD", "/", html, None), ("OPTIONS", SEARCH, {}, None),
               ("GET", "/", {"Accept": "application/json"}, None)]
    visits += [(method, path, bearer | more, body) for method, path, more, body in (
        ("GET", "/", html, None), ("GET", "/version", {}, None), ("GET", "/health", {}, None), ("POST", SEARCH, {}, search),
        ("POST", SEARCH, {}, {}), ("POST", SEARCH, {"Origin": "https://evil.example"}, search), ("POST", SEARCH, {"Origin": "null"}, search),
        ("GET", "/api/2.0/mlflow/experiments/get?experiment_id=0", {}, None),
        ("GET", "/api/2.0/mlflow/experiments/get?experiment_id=987654", {}, None), ("GET", "/api/2.0/mlflow/runs/get?run_id=none", {}, None),
        ("POST", "/api/2.0/mlflow/experiments/create", {}, {"name": "Default"}), ("GET", "/api/2.0/mlflow/nothing", {}, None))]
    said = []
    for method, path, headers, body in visits:
        status, reply, _ = ask(method, path, headers, body)
        to = urllib.parse.urlsplit(reply.get("Location", ""))
        shown = ", ".join(f"{k}: {v.replace(good, 'GOOD')}" for k, v in headers.items())
        said.append((f"{method} {path} [{shown}]", status, f"{to.hostname or ''}{to.path}"))
    return said


def same_door(simulated, real):
    """The simulated front door is held to the real one."""
    different = [f"{a[0]}: simulated {a[1:]}, real {b[1:]}" for a, b in zip(simulated, real) if a != b]
    ok(not different, f"the simulated front door answers {len(real)} visitors as the real one", *different)


def sdk(stack, home, token):
    """MLflow's own client, with a file above Cloud Run's limit of a request, by way of oauth2-proxy's own port."""
    source, folder = home.file("artifact.bin"), home.file("downloads")
    os.mkdir(folder)
    with open(source, "wb") as f:
        f.write(os.urandom(SIZE))
    environment = stack.base | {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{stack.proxy_port}", "MLFLOW_TRACKING_TOKEN": token,
                                "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}
    run = subprocess.run([f"{parts.MLFLOW}/python", "-c", SDK, source, folder], env=environment, cwd=home.path, capture_output=True, text=True,
                         timeout=180, stdin=subprocess.DEVNULL)
    said = dict(line.split(" ", 1) for line in run.stdout.splitlines() if line.startswith(("location ", "metric ", "version ", "sha256 ")))
    ok(run.returncode == 0, "the Python SDK logs a run with an artifact of 40 MiB", run.stdout, run.stderr)
    ok(said.get("sha256") == hashlib.sha256(read(source)).hexdigest(), "and reads the same bytes back", said)
    ok(said.get("location", "").startswith("mlflow-artifacts:/") and said.get("metric") == "0.5", "through the server", said)
    ok(said.get("version", "").startswith("models:/"), "a model that was logged can be registered", said)


def stored(stack, google):
    """The artifact is an object of the simulated bucket."""
    bucket, _, prefix = stack.server["MLFLOW_ARTIFACTS_DESTINATION"].removeprefix("gs://").partition("/")
    status, reply = google.ask("GET", f"https://storage.googleapis.com/storage/v1/b/{bucket}/o?prefix={urllib.parse.quote(prefix)}")
    sizes = [int(o.get("size", 0)) for o in reply.get("items", [])]
    ok(status == 200 and SIZE in sizes, "the artifact is in the bucket that was planned", status, sizes)


TRACE = """
import mlflow
mlflow.set_experiment("for real")
with mlflow.start_span("old") as span:
    span.set_inputs({"question": "what is kept?"})
mlflow.flush_trace_async_logging()
"""
PASS = """
import os, sys
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.tracing.trace_archival_service import _run_trace_archival_scheduler
store = SqlAlchemyStore(os.environ["MLFLOW_BACKEND_STORE_URI"], os.environ["MLFLOW_ARTIFACTS_DESTINATION"])
print("archived", _run_trace_archival_scheduler(store))
"""


def archival(home, stack, postgresql, google, answers, token):
    """Trace archival: MLflow's own pass, by the file that start.sh writes, moves a trace of forty days to the planned bucket."""
    folder, kept = home.file("archival"), home.file("kept.yaml")
    run = home.run("render", answers, "--out", folder, "--quiet", *[w for s in (
        "server.jobs=true", "server.memory=4Gi", "server.cpu_always=true", "server.min_instances=1", "server.archive_traces_days=30") for w in ("--set", s)])
    ok(run.returncode == 0, "render writes the files with an archive", run.stderr)
    said = environment_of(os.path.join(folder, "server.env"))
    os.mkdir(home.file("fake"))
    # In MLflow's place: keeps the file that it is shown.
    os.chmod(home.file("fake/mlflow", '#!/bin/sh\nwhile [ "$1" != --trace-archival-config ]; do shift; done\ncat "$2" >"$KEPT"\n'), 0o755)
    env = stack.server | {k: v for k, v in said.items() if k.startswith("TRACE_")}
    run = subprocess.run(["/bin/sh", os.path.join(folder, "start.sh")], env=env | {"PATH": f"{home.file('fake')}:/usr/bin:/bin", "KEPT": kept}, capture_output=True, text=True, timeout=30)
    ok(run.returncode == 0 and said.get("TRACE_ARCHIVE", "") in read(kept).decode(), "start.sh writes the file and names it", run.stderr)
    python = f"{parts.MLFLOW}/python"
    client = stack.base | {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{stack.proxy_port}", "MLFLOW_TRACKING_TOKEN": token, "MLFLOW_DISABLE_TELEMETRY": "true"}
    run = subprocess.run([python, "-c", TRACE], env=client, cwd=home.path, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    ok(run.returncode == 0 and postgresql.sql("mlflow", "select count(*) from trace_info") == "1", "a trace is logged", run.stderr[-1500:])

    def archived():
        run = subprocess.run([python, "-c", PASS], env=env | {"MLFLOW_TRACE_ARCHIVAL_CONFIG": kept}, cwd=home.path, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        return run.stdout.strip() if run.returncode == 0 else run.stderr[-1500:]

    first = archived()
    postgresql.sql("mlflow", f"update trace_info set timestamp_ms = timestamp_ms - {40 * 86400 * 1000}")
    second = archived()
    ok((first, second) == ("archived 0", "archived 1"), "it stays while it is young, and is archived when it is old", first, second)
    bucket, _, prefix = said["TRACE_ARCHIVE"].removeprefix("gs://").partition("/")
    status, reply = google.ask("GET", f"https://storage.googleapis.com/storage/v1/b/{bucket}/o?prefix={prefix}/")
    ok(status == 200 and len(reply.get("items", [])) >= 1, "to the bucket that was planned", status, reply)


def walls(home, stack, answers):
    """Our own proof, when the gate is gone: it must not say that it succeeded."""
    front = f"{stack.files.host}=http://127.0.0.1:{stack.mlflow_port}"
    with Sim(home, "--front", front) as sim:
        run = apply(sim, answers)
        outcome = result_of(run.stdout).get("outcome")
        ok(run.returncode not in (0, 2) and outcome != "proven", "without the gate the proof fails", run.returncode, outcome, run.stdout[-2000:])
        failed = [json.loads(line) for line in run.stdout.splitlines() if '"failed"' in line and '"proof"' in line]
        ok(any(e.get("event") == "proof" for e in failed), "and says which part of it", run.stdout[-2000:], run.stderr)


# The whole ------------------------------------------------------------------------------------------------------------------------

def without_gate(stack, postgresql, scope):
    """The database and MLflow; the running server, or None."""
    database(stack, postgresql)
    mlflow = scope.enter_context(stack.mlflow())
    up = mlflow.until(lambda: parts.answers(f"http://127.0.0.1:{stack.mlflow_port}/health"), "MLflow", 90)
    if ok(up, "start.sh starts MLflow", mlflow.said()):
        server(stack, mlflow)
    return mlflow if up else None


def with_gate(home, stack, sim, answers, scope, postgresql):
    """oauth2-proxy in front of it, and everything that goes through both."""
    gate(stack)
    proxy = scope.enter_context(stack.proxy())
    up = proxy.until(lambda: parts.answers(f"http://127.0.0.1:{stack.proxy_port}/ping"), "oauth2-proxy", 30)
    if not ok(up, "oauth2-proxy starts", proxy.said()):
        return
    strangers(stack)
    run = apply(sim, answers)
    outcome = result_of(run.stdout).get("outcome")
    if not ok(run.returncode == 0 and outcome == "proven", "our own proof passes through the real stack", run.returncode, outcome,
              run.stdout[-3000:], run.stderr, sim.complaints(), proxy.said()[-3000:]):
        return
    google = Google(sim)
    token = tokens(stack, google, stack.files.prover())
    same_door(stack.files.door, door(stack.visit, token))
    sdk(stack, home, token)
    stored(stack, google)
    archival(home, stack, postgresql, google, answers, token)
    walls(home, stack, answers)


def applied(home):
    """The example applied in a cloud of its own: the answers then have the project's number and a suffix. What render makes of them."""
    answers = home.example(auth__users=[USER], auth__client_secret="env:CLIENT_SECRET")
    with Sim(home) as sim:
        run = apply(sim, answers)
        if not ok(run.returncode == 0, "the example is applied", run.stdout[-2000:], run.stderr, sim.complaints()):
            return answers, None
        rendered = Rendered(home, answers)
        if not ok(rendered.run.returncode == 0, "render writes the files", rendered.run.stdout, rendered.run.stderr):
            return answers, None
        google = Google(sim)
        rendered.take_secrets(google)

        def visit(method, path, headers, body=None):
            return http(method, rendered.url + path, headers, body, sim.ready["proxy"], sim.ready["ca"])

        rendered.door = door(visit, google.token(rendered.prover(), rendered.url))
    return answers, rendered


def main():
    missing = parts.mlflow_missing() or parts.postgresql_missing()
    if missing:
        print(f"1..0 # SKIP {missing}")
        return
    with Home() as home, contextlib.ExitStack() as scope:
        answers, rendered = applied(home)
        if rendered:
            proxy_port = parts.free_port()
            sim = scope.enter_context(Sim(home, "--front", f"{rendered.host}=http://127.0.0.1:{proxy_port}"))
            postgresql = scope.enter_context(parts.PostgreSQL("mlflow", "mlflow", PASSWORD))
            stack = Stack(home, rendered, postgresql, sim, proxy_port)
            up = without_gate(stack, postgresql, scope)
            if parts.proxy_missing():
                skip("oauth2-proxy, the proof and the SDK", parts.proxy_missing())
            elif up:
                with_gate(home, stack, sim, answers, scope, postgresql)
            if up:
                ok(up.ended() == 0, "told to stop, MLflow ends in time with 0", up.said()[-1000:])
    done()


main()
