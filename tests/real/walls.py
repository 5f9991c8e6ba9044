#!/usr/bin/env python3
"""Google's own walls before the real MLflow on Cloud Run, started from the files that `render` writes: Identity-Aware Proxy with proxied artifacts, the
invoker's check with direct ones. The walls are simulated, MLflow and PostgreSQL are real. A stranger is refused, a program comes in by what it shows, a person
by a real browser; our own proof passes, and fails where the wall is gone. `walls.py MODE...` runs those; iap by default, all with MLFLOW_SETUP_ALL=1."""
import base64
import contextlib
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402
from browser import Chromium  # noqa: E402
from cloud import Google  # noqa: E402
from parts import http  # noqa: E402

from harness import PROGRAM, Home, Sim, done, ok, result_of, skip, wait_for  # noqa: E402

HOST = "mlflow-123456789012.us-central1.run.app"
URL = f"https://{HOST}"
USER, OTHER = "someone@example.com", "other@example.com"
PASSWORD = "p@ss:w/o#rd%41"
SEARCH = "/api/2.0/mlflow/experiments/search"
ALL = os.environ.get("MLFLOW_SETUP_ALL")
# What each stack is beside its auth mode: all that makes a difference here is tried with one of them.
MODES = {"iap": {"artifacts.mode": "proxied", "database.engine": "postgresql"},
         "iam": {"artifacts.mode": "direct", "database.engine": "postgresql"}}
AGAIN = """
import mlflow, sys
mlflow.delete_run(sys.argv[1])
mlflow.set_experiment("by program")
with mlflow.start_run() as run:
    mlflow.log_text("kept", "small.txt")
    print(run.info.run_id)
"""
LOG = """
import mlflow, os, sys
mlflow.set_experiment("by program")
with mlflow.start_run() as run:
    for step in range(20):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
    mlflow.log_text("small", "small.txt")
    print("run", run.info.experiment_id, run.info.run_id, run.info.artifact_uri)
    assert mlflow.artifacts.load_text(run.info.artifact_uri + "/small.txt") == "small"
    with open("big.bin", "wb") as f:
        f.write(os.urandom(40 << 20))
    try:
        mlflow.log_artifact("big.bin")
        print("big went")
    except Exception as e:
        print("big", str(e).replace("\\n", " ")[:2000])
"""


def database(scope):
    """The real database, and the variables by which the server finds it."""
    postgresql = scope.enter_context(parts.PostgreSQL("mlflow", "mlflow", PASSWORD))
    return {"PGHOST": postgresql.folder, "PGPASSWORD": PASSWORD}


def secret(google, name):
    """A secret's value, once the stack's making has got there."""
    got = [""]

    def there():
        got[0] = google.secret(f"mlflow-{name}")
        return not got[0][:3] in ("403", "404")

    wait_for(there, f"the secret {name}", 100, 0.3)
    return got[0]


class Stack:
    """MLflow by its rendered files; what a cloud would give (addresses, secrets, mounts) comes from here."""

    def __init__(self, mode, home, sim, answers, port, scope):
        self.mode, self.home, self.sim, self.port, self.folder = mode, home, sim, port, home.file("rendered")
        run = home.run("render", answers, "--out", self.folder, "--quiet")
        ok(run.returncode == 0, f"{mode}: render writes the files", run.stderr)
        said = subprocess.run(["env", "-i", "/bin/sh", "-c", 'set -a; . "$1"; exec /usr/bin/env -0', "sh", f"{self.folder}/server.env"], stdout=subprocess.PIPE,
                              timeout=20, check=True).stdout.decode()
        google, proxy, ca = Google(sim), sim.ready["proxy"], sim.ready["ca"]
        self.cloud = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "127.0.0.1,localhost", "SSL_CERT_FILE": ca, "REQUESTS_CA_BUNDLE": ca,
                      "GOOGLE_APPLICATION_CREDENTIALS": sim.ready["credentials"], "GOOGLE_CLOUD_PROJECT": sim.ready["project"]}
        self.base = {"PATH": f"{parts.MLFLOW}:/usr/bin:/bin", "HOME": home.path, "TZ": "UTC", "LC_ALL": "C.UTF-8", "TMPDIR": home.path,
                     "GIT_PYTHON_REFRESH": "quiet", "MLFLOW_DISABLE_TELEMETRY": "true"}
        self.server = self.base | self.cloud | dict(entry.split("=", 1) for entry in said.split("\0") if entry) | database(scope)
        self.server |= {"SERVER_PORT": str(port), "MLFLOW_CRYPTO_KEK_PASSPHRASE": secret(google, "gateway-key"),
                        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": secret(google, "webhook-key")}

    def migrate(self):
        return subprocess.run(["/bin/sh", f"{self.folder}/migrate.sh"], env=self.server, cwd=self.home.path, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)

    def mlflow(self):
        return parts.Process("MLflow", ["/bin/sh", f"{self.folder}/start.sh"], self.server, self.home.file("mlflow.log"), self.home.path)

    def visit(self, method, path, body=None, **headers):
        """As anybody on the Internet."""
        return http(method, URL + path, {k.replace("_", "-"): v for k, v in headers.items()}, body, self.sim.ready["proxy"], self.sim.ready["ca"])


def strangers(stack):
    expected = {"iap": (302, 401), "iam": (403, 401)}[stack.mode]
    status, headers, text = stack.visit("GET", "/", Accept="text/html")
    ok(status == expected[0] and "mlflow" not in text.lower().replace('realm="mlflow"', "").replace("mlflow-123", "")[:200], f"{stack.mode}: a stranger is refused", status, text[:300])
    if stack.mode == "iap":
        ok(headers.get("Location", "").startswith("https://accounts.google.com/"), "iap: by being sent to sign in", headers.get("Location"))
    status, _, text = stack.visit("POST", SEARCH, {"max_results": 1}, Authorization="Bearer nonsense")
    ok(status == expected[1] and "experiment_id" not in text, f"{stack.mode}: a bad token is refused", status, text[:300])
    status, _, text = stack.visit("POST", SEARCH, {"max_results": 1}, X_Goog_Authenticated_User_Email=f"accounts.google.com:{USER}", X_Forwarded_Email=USER)
    ok(status in expected and "experiment_id" not in text, f"{stack.mode}: saying who one is in a header opens nothing", status, text[:300])


def program(stack, answers):
    """MLflow's own client by what it has to show, with a file above what Cloud Run takes in a request. (experiment, run) of what it logged."""
    shown = {"MLFLOW_TRACKING_TOKEN": stack.sim.run("token", answers).stdout.strip()}
    run = subprocess.run([f"{parts.MLFLOW}/python", "-c", LOG], env=stack.base | stack.cloud | shown | {"MLFLOW_TRACKING_URI": URL, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"},
                         cwd=stack.home.path, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    said = dict(line.split(" ", 1) for line in run.stdout.splitlines() if line.startswith(("run ", "big ")))
    ok(run.returncode == 0 and "run" in said, f"{stack.mode}: a program logs a run with a small file", run.stdout, run.stderr[-1500:])
    experiment, which, uri = said.get("run", "- - -").split()
    direct = MODES[stack.mode]["artifacts.mode"] == "direct"
    ok(uri.startswith("gs://" if direct else "mlflow-artifacts:/"), f"{stack.mode}: its files go {'straight to the bucket' if direct else 'through the server'}", uri)
    if direct:
        ok(said.get("big") == "went", f"{stack.mode}: and so do 40 MiB, past the limit of Cloud Run's requests", said)
        status, reply = Google(stack.sim).ask("GET", f"https://storage.googleapis.com/storage/v1/b/{uri.split('/')[2]}/o")
        ok(str(40 << 20) in [o.get("size") for o in reply.get("items", [])], f"{stack.mode}: where they are", status)
    else:
        ok("413" in said.get("big", ""), f"{stack.mode}: 40 MiB in one request are refused by Cloud Run's front end, and nothing less is said to the program", said)
    return experiment, which


def files_of(stack, run):
    """The bucket's objects of a run."""
    google, found = Google(stack.sim), []
    for bucket in google.ask("GET", "https://storage.googleapis.com/storage/v1/b?project=demo-proj")[1].get("items", []):
        found += [o["name"] for o in google.ask("GET", f"https://storage.googleapis.com/storage/v1/b/{bucket['name']}/o")[1].get("items", []) if run in o["name"]]
    return found


def collected(stack, which):
    """The clean-up: the program's run is deleted, another is not; what is deleted goes with its files, the other stays."""
    client = stack.base | stack.cloud | {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{stack.port}"}
    run = subprocess.run([f"{parts.MLFLOW}/python", "-c", AGAIN, which], env=client, cwd=stack.home.path, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    kept = (run.stdout.split() or ["-"])[0]
    ok(run.returncode == 0 and files_of(stack, which) and files_of(stack, kept), f"{stack.mode}: a run is deleted, and its files are there as those of another", run.stderr[-1000:])
    port = str(parts.free_port())
    for age, goes in (("1d", False), ("0d", True)):
        with parts.Process("gc", ["/bin/sh", f"{stack.folder}/gc.sh"], stack.server | {"GC_OLDER_THAN": age, "GC_PORT": port}, stack.home.file("gc.log"), stack.home.path) as gc:
            code = gc.process.wait(200)
            ok(code == 0 and (f"Run with ID {which} has been permanently deleted" in gc.said()) == goes,
               f"{stack.mode}: gc.sh, {'after its time' if goes else 'before its time it deletes nothing'}", code, gc.said()[-2500:])
    status = [http("GET", f"http://127.0.0.1:{stack.port}/api/2.0/mlflow/runs/get?run_id={r}", {"Host": HOST})[0] for r in (which, kept)]
    ok(status == [404, 200], f"{stack.mode}: the deleted run is gone, the other is there", status)
    ok(not files_of(stack, which) and files_of(stack, kept), f"{stack.mode}: and so are their files", files_of(stack, which))


def pages(browser, experiment, run):
    """MLflow's own pages: an experiment is made by its button, and the chart of what the program logged is drawn."""
    button = "document.querySelector('[data-component-id=\"mlflow.experiment_list_view.new_experiment_button\"]')"
    create = "[...document.querySelectorAll('[role=dialog] button')].filter(b => b.innerText == 'Create')[0]"

    def until(expression, what):
        wait_for(lambda: browser.evaluate(f"!!({expression})"), what, 90, 0.25)

    browser.evaluate(f"location.href = '{URL}/#/experiments'")
    until(button, "the page of experiments")
    browser.evaluate(button + ".click()")
    until("document.querySelector('[role=dialog] input')", "the dialog")
    browser.evaluate("document.querySelector('[role=dialog] input').focus()")
    browser.call("Input.insertText", text="made by hand")
    until(f"{create} && !{create}.disabled", "its button")
    browser.evaluate(create + ".click()")
    until("/#\\/experiments\\/[0-9]+/.test(location.href)", "the new experiment's page")
    until("document.body.innerText.includes('made by hand')", "its name there")
    ok(True, "an experiment is made in MLflow's own pages")
    browser.evaluate(f"location.href = '{URL}/#/experiments/{experiment}/runs/{run}/model-metrics'")
    until("document.querySelector('.js-plotly-plot path.js-line')", "the chart")
    ok(True, "and a run's chart is drawn")
    if os.environ.get("MLFLOW_SETUP_PICTURES"):
        picture = browser.call("Page.captureScreenshot", format="png")["data"]
        with open(os.path.join(os.environ["MLFLOW_SETUP_PICTURES"], "chart.png"), "wb") as f:
            f.write(base64.b64decode(picture))


def person(stack, experiment, run):
    """By a real browser: in at the wall, an experiment made in MLflow's own pages, a run's chart seen."""
    name = f"{stack.mode}: a person by a real browser"
    if stack.mode == "iam":
        skip(name, "the invoker's check shows nobody a sign-in page: people come by `gcloud run services proxy`")
        return
    if Chromium.missing():
        skip(name, Chromium.missing())
        return
    with Chromium(stack.sim.ready["proxy"], stack.sim.ready["ca"], stack.home.file("browser")) as browser:
        browser.open(URL + "/")
        ok(browser.url.startswith("https://accounts.google.com/"), "iap: a browser is sent to Google's page", browser.url)
        browser.submit(identifier=USER)
        ok(browser.status == 200 and browser.url.startswith(URL), f"{name}: comes in", browser.status, browser.url, browser.page[:500])
        pages(browser, experiment, run)
    if stack.mode == "iap":
        with Chromium(stack.sim.ready["proxy"], stack.sim.ready["ca"], stack.home.file("other")) as browser:
            browser.open(URL + "/")
            browser.submit(identifier=OTHER)
            ok(browser.status == 403 and "access" in browser.page, "iap: another person is refused", browser.status, browser.page[:300])


def open_door(stack, answers):
    """The same MLflow with no wall before it: our own proof must not say that it succeeded."""
    with Sim(stack.home, "--front", f"{HOST}=http://127.0.0.1:{stack.port}") as sim:
        run = sim.run("apply", answers, "--json", timeout=150)
        ok(run.returncode not in (0, 2) and result_of(run.stdout).get("outcome") != "proven", f"{stack.mode}: with the wall gone our own proof fails", run.returncode,
           run.stdout[-1500:])


def through(mode):
    with Home() as home, contextlib.ExitStack() as scope:
        port = parts.free_port()
        answers = home.example(auth__mode=mode, auth__users=[USER, "operator@example.com"],
                               auth__client_secret="env:CLIENT_SECRET", **{k.replace(".", "__"): v for k, v in MODES[mode].items()})
        with Sim(home) as first:  # the answers then have the project's number and a suffix
            run = first.run("apply", answers, "--json", timeout=150)
            ok(result_of(run.stdout).get("outcome") == "proven", f"{mode}: the stack is applied", run.stdout[-1500:], run.stderr)
        sim = scope.enter_context(Sim(home, "--behind", f"{HOST}=http://127.0.0.1:{port}"))
        applied = scope.enter_context(parts.Process("apply", [PROGRAM, "apply", answers, "--json", *sim.options()], home.environment | sim.environment(), home.file("apply.log")))
        stack = Stack(mode, home, sim, answers, port, scope)
        run = stack.migrate()
        ok(run.returncode == 0, f"{mode}: migrate.sh fills an empty database of {MODES[mode]['database.engine']}", run.stdout, run.stderr[-1500:])
        mlflow = scope.enter_context(stack.mlflow())
        if not ok(mlflow.until(lambda: parts.answers(f"http://127.0.0.1:{port}/health"), "MLflow", 180), f"{mode}: start.sh starts MLflow", mlflow.said()[-2000:]):
            return
        code = applied.process.wait(150)  # its proof has waited for the server
        if not ok(code == 0 and result_of(applied.said()).get("outcome") == "proven", f"{mode}: our own proof passes through the wall to the real MLflow", code,
                  applied.said()[-2000:], mlflow.said()[-1500:]):
            return
        strangers(stack)
        experiment, which = program(stack, answers)
        person(stack, experiment, which)
        collected(stack, which)
        open_door(stack, answers)


def main():
    missing = parts.mlflow_missing() or parts.postgresql_missing()
    if missing:
        print(f"1..0 # SKIP {missing}")
        return
    asked = sys.argv[1:] or (list(MODES) if ALL else ["iap"])
    for mode in MODES:
        if mode not in asked:
            skip(f"{mode}", "it takes a minute: MLFLOW_SETUP_ALL=1 runs it")
        else:
            through(mode)
    done()


main()
