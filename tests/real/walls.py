#!/usr/bin/env python3
"""Walls before the real MLflow on Cloud Run, started from the files that `render` writes: Identity-Aware Proxy with proxied artifacts, the invoker's check with
direct ones and a password for MySQL (MariaDB), and MLflow's own accounts. Google's walls are simulated, MLflow and its database are real. A stranger is refused, a
program comes in by what it shows, a person by a real browser; our own proof passes, and fails where the wall is gone. `walls.py MODE...` runs those; iap by
default, all with MLFLOW_SETUP_ALL=1."""
import base64
import contextlib
import glob
import os
import subprocess
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402
from browser import Chromium  # noqa: E402
from cloud import Google  # noqa: E402
from parts import http  # noqa: E402

from harness import PROGRAM, Home, Sim, done, ok, read, result_of, skip, wait_for  # noqa: E402

HOST = "mlflow-123456789012.us-central1.run.app"
URL = f"https://{HOST}"
USER, OTHER = "someone@example.com", "other@example.com"
PASSWORD = "p@ss:w/o#rd%41"
SEARCH = "/api/2.0/mlflow/experiments/search"
ALL = os.environ.get("MLFLOW_SETUP_ALL")
# What each stack is beside its auth mode: all that makes a difference here is tried with one of them.
MODES = {"iap": {"artifacts.mode": "proxied", "database.engine": "postgresql"},
         "iam": {"artifacts.mode": "direct", "database.engine": "mysql", "database.version": "MYSQL_8_4", "database.path": "public"},
         "basic": {"artifacts.mode": "proxied", "database.engine": "postgresql"}}
PERSON = {"username": "somebody", "password": "correct horse battery"}  # of MLflow's own accounts
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


def database(engine, scope):
    """The real database, and the variables by which the server finds it."""
    if engine == "mysql":
        mariadb = scope.enter_context(parts.MariaDB("mlflow", "mlflow", PASSWORD))
        return {"MYSQL_HOST": "localhost", "MYSQL_SOCKET": mariadb.socket, "MYSQL_PASSWORD": PASSWORD}
    postgresql = scope.enter_context(parts.PostgreSQL("mlflow", "mlflow", PASSWORD))
    return {"PGHOST": postgresql.folder, "PGPASSWORD": PASSWORD}


def basic(name, password):
    """The header of a name and a password."""
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


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
        self.moved("/tmp/mysql", home.file("mysql"), "*")  # the option file of each stack of this machine
        said = subprocess.run(["env", "-i", "/bin/sh", "-c", 'set -a; . "$1"; exec /usr/bin/env -0', "sh", f"{self.folder}/server.env"], stdout=subprocess.PIPE,
                              timeout=20, check=True).stdout.decode()
        google, proxy, ca = Google(sim), sim.ready["proxy"], sim.ready["ca"]
        self.cloud = {"HTTPS_PROXY": proxy, "HTTP_PROXY": proxy, "NO_PROXY": "127.0.0.1,localhost", "SSL_CERT_FILE": ca, "REQUESTS_CA_BUNDLE": ca,
                      "GOOGLE_APPLICATION_CREDENTIALS": sim.ready["credentials"], "GOOGLE_CLOUD_PROJECT": sim.ready["project"]}
        self.base = {"PATH": f"{parts.MLFLOW}:/usr/bin:/bin", "HOME": home.path, "TZ": "UTC", "LC_ALL": "C.UTF-8", "TMPDIR": home.path,
                     "GIT_PYTHON_REFRESH": "quiet", "MLFLOW_DISABLE_TELEMETRY": "true", "PYTHONPATH": parts.PYMYSQL}
        self.server = self.base | self.cloud | dict(entry.split("=", 1) for entry in said.split("\0") if entry)
        self.server |= database(MODES[mode]["database.engine"], scope)
        self.server |= {"SERVER_PORT": str(port), "MLFLOW_CRYPTO_KEK_PASSPHRASE": secret(google, "gateway-key"),
                        "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": secret(google, "webhook-key")}
        self.admin = secret(google, "admin") if mode == "basic" else None
        if self.admin:
            self.server |= {"MLFLOW_AUTH_CONFIG_PATH": f"{self.folder}/basic_auth.ini", "MLFLOW_AUTH_ADMIN_PASSWORD": self.admin,
                            "MLFLOW_FLASK_SERVER_SECRET_KEY": secret(google, "flask-key")}

    def moved(self, old, new, *patterns):
        """Has the rendered files that match name another place."""
        for path in (found for p in patterns for found in glob.glob(f"{self.folder}/{p}") if os.path.isfile(found)):
            with open(path, encoding="utf-8") as f:
                text = f.read()
            with open(path, "w", encoding="utf-8") as f:
                f.write(text.replace(old, new))

    def shown(self, answers):
        """What a program shows, as its environment."""
        if self.admin:
            return {"MLFLOW_TRACKING_USERNAME": "admin", "MLFLOW_TRACKING_PASSWORD": self.admin}
        return {"MLFLOW_TRACKING_TOKEN": self.sim.run("token", answers).stdout.strip()}

    def inside(self):
        """What a program that is past Google's walls still has to show MLflow itself, as a header."""
        return {"Authorization": basic("admin", self.admin)} if self.admin else {}

    def migrate(self):
        return subprocess.run(["/bin/sh", f"{self.folder}/migrate.sh"], env=self.server, cwd=self.home.path, capture_output=True, text=True, timeout=600,
                              stdin=subprocess.DEVNULL)

    def mlflow(self, port=None, script="start.sh"):
        return parts.Process("MLflow", ["/bin/sh", f"{self.folder}/{script}"], self.server | ({"SERVER_PORT": str(port)} if port else {}),
                             self.home.file(f"mlflow-{port or self.port}.log"), self.home.path)

    def visit(self, method, path, body=None, **headers):
        """As anybody on the Internet."""
        return http(method, URL + path, {k.replace("_", "-"): v for k, v in headers.items()}, body, self.sim.ready["proxy"], self.sim.ready["ca"])


def strangers(stack):
    expected = {"iap": (302, 401), "iam": (403, 401), "basic": (401, 500)}[stack.mode]  # MLflow fails over a header that is none of its kind, and lets nobody in
    status, headers, text = stack.visit("GET", "/", Accept="text/html")
    ok(status == expected[0] and '<div id="root">' not in text, f"{stack.mode}: a stranger is refused", status, text[:300])
    if stack.mode == "iap":
        ok(headers.get("Location", "").startswith("https://accounts.google.com/"), "iap: by being sent to sign in", headers.get("Location"))
    if stack.mode == "basic":
        ok(headers.get("WWW-Authenticate", "").startswith("Basic "), "basic: by being asked who it is", headers.get("WWW-Authenticate"))
        for name, password in (("admin", "password1234"), ("admin", ""), ("admin", "admin"), (PERSON["username"], PERSON["password"])):
            status, _, text = stack.visit("POST", SEARCH, {"max_results": 1}, Authorization=basic(name, password))
            ok(status == 401 and "experiment_id" not in text, f"basic: {name} with {password or 'no password'} is refused", status, text[:300])
    status, _, text = stack.visit("POST", SEARCH, {"max_results": 1}, Authorization="Bearer nonsense")
    ok(status == expected[1] and "experiment_id" not in text, f"{stack.mode}: a bad token is refused", status, text[:300])
    status, _, text = stack.visit("POST", SEARCH, {"max_results": 1}, X_Goog_Authenticated_User_Email=f"accounts.google.com:{USER}", X_Forwarded_Email=USER)
    ok(status in expected and "experiment_id" not in text, f"{stack.mode}: saying who one is in a header opens nothing", status, text[:300])


def program(stack, answers):
    """MLflow's own client by what it has to show, with a file above what Cloud Run takes in a request. (experiment, run) of what it logged."""
    run = subprocess.run([f"{parts.MLFLOW}/python", "-c", LOG], env=stack.base | stack.cloud | stack.shown(answers) | {"MLFLOW_TRACKING_URI": URL, "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"},
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


def collected(stack, which, answers):
    """The clean-up: the program's run is deleted, another is not; what is deleted goes with its files, the other stays."""
    client = stack.base | stack.cloud | (stack.shown(answers) if stack.admin else {}) | {"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{stack.port}"}
    run = subprocess.run([f"{parts.MLFLOW}/python", "-c", AGAIN, which], env=client, cwd=stack.home.path, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    kept = (run.stdout.split() or ["-"])[0]
    ok(run.returncode == 0 and files_of(stack, which) and files_of(stack, kept), f"{stack.mode}: a run is deleted, and its files are there as those of another", run.stderr[-1000:])
    port = str(parts.free_port())
    for age, goes in (("1d", False), ("0d", True)):
        with parts.Process("gc", ["/bin/sh", f"{stack.folder}/gc.sh"], stack.server | {"GC_OLDER_THAN": age, "GC_PORT": port}, stack.home.file("gc.log"), stack.home.path) as gc:
            code = gc.process.wait(200)
            ok(code == 0 and (f"Run with ID {which} has been permanently deleted" in gc.said()) == goes,
               f"{stack.mode}: gc.sh, {'after its time' if goes else 'before its time it deletes nothing'}", code, gc.said()[-2500:])
    status = [http("GET", f"http://127.0.0.1:{stack.port}/api/2.0/mlflow/runs/get?run_id={r}", {"Host": HOST} | stack.inside())[0] for r in (which, kept)]
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


def at(name, password):
    """The address by which a browser shows a name and a password."""
    return f"https://{urllib.parse.quote(name, '')}:{urllib.parse.quote(password, '')}@{HOST}"


def account(stack, name, experiment, run):
    """MLflow's own accounts: the administrator makes one in MLflow's form, by which somebody then comes in."""
    through = stack.sim.ready["proxy"], stack.sim.ready["ca"]
    with Chromium(*through, stack.home.file("admin")) as browser:
        browser.open(f"{URL}/signup")
        ok(browser.status == 401 and "form" not in browser.page, "basic: a browser that shows nothing gets no form", browser.status, browser.page[:500])
        browser.open(at("admin", stack.admin) + "/signup")
        ok(browser.status == 200 and 'name="csrf_token"' in browser.page, "basic: the administrator finds the form for accounts", browser.status, browser.page[:500])
        browser.submit(**PERSON)
        status, _, text = stack.visit("POST", SEARCH, {"max_results": 1}, Authorization=basic(*PERSON.values()))
        ok(status == 200, "basic: and makes one", status, text[:300], browser.status, browser.page[:500])
    with Chromium(*through, stack.home.file("browser")) as browser:
        browser.open(at(*PERSON.values()) + "/")
        ok(browser.status == 200 and "MLflow" in browser.page, f"{name}: comes in", browser.status, browser.url, browser.page[:500])
        pages(browser, experiment, run)
    status, _, text = stack.visit("POST", "/api/2.0/mlflow/runs/delete", {"run_id": run}, Authorization=basic(*PERSON.values()))
    ok(status == 403, "basic: an account does not delete what is another's", status, text[:300])


def person(stack, experiment, run):
    """By a real browser: in at the wall, an experiment made in MLflow's own pages, a run's chart seen."""
    name = f"{stack.mode}: a person by a real browser"
    if stack.mode == "iam":
        skip(name, "the invoker's check shows nobody a sign-in page: people come by `gcloud run services proxy`")
        return
    if Chromium.missing():
        skip(name, Chromium.missing())
        return
    if stack.mode == "basic":
        account(stack, name, experiment, run)
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


def open_door(stack, answers, scope):
    """The same MLflow with no wall before it, or without its accounts: our own proof must not say that it succeeded."""
    port = stack.port
    if stack.admin:
        port, flag = parts.free_port(), "--app-name basic-auth"
        text = read(f"{stack.folder}/start.sh").decode()
        ok(flag in text, "basic: its wall is a flag of the server")
        stack.home.file(f"{stack.folder}/open.sh", text.replace(flag, ""))
        mlflow = scope.enter_context(stack.mlflow(port, "open.sh"))
        ok(mlflow.until(lambda: parts.answers(f"http://127.0.0.1:{port}/version"), "MLflow", 180), "basic: without it anybody comes in", mlflow.said()[-2000:])
    with Sim(stack.home, "--front", f"{HOST}=http://127.0.0.1:{port}") as sim:
        run = sim.run("apply", answers, "--json", "--yes", timeout=150)
        failed = [line for line in run.stdout.splitlines() if '"event":"proof"' in line and '"failed"' in line]
        ok(run.returncode not in (0, 2) and result_of(run.stdout).get("outcome") != "proven" and failed, f"{stack.mode}: with the wall gone our own proof fails", run.returncode,
           run.stdout[-1500:])


def twice(stack):
    """A second server starts at once with the first, on tables in which nothing stands yet, not even an administrator: both come up."""
    port = parts.free_port()
    with stack.mlflow(port) as second:
        up = second.until(lambda: parts.answers(f"http://127.0.0.1:{port}/health"), "MLflow", 180)
        ok(up, f"{stack.mode}: two servers start at once on it", second.said()[-2000:])
        status, _, text = http("POST", f"http://127.0.0.1:{port}{SEARCH}", {"Host": HOST} | stack.inside(), {"max_results": 1}) if up else (0, None, "")
        ok(status == 200, f"{stack.mode}: the second serves as well, and knows the administrator if there is one", status, text[:300])


def proven(applied, stack, answers, early):
    """The apply's proof has waited for the server; where it gave up before a slow machine had it up, the next apply finds the server there."""
    applied.process.wait(300)
    said = applied.said() if not early else stack.sim.run("apply", answers, "--json", "--yes", timeout=300).stdout
    result = result_of(said)
    return ok(result.get("outcome") == "proven" and result["exit"] == 0, f"{stack.mode}: our own proof passes through the wall to the real MLflow", said[-2000:])


def through(mode):
    with Home() as home, contextlib.ExitStack() as scope:
        port = parts.free_port()
        answers = home.example(auth__mode=mode, auth__users=[USER, "operator@example.com"],
                               auth__client_secret="env:CLIENT_SECRET", **{k.replace(".", "__"): v for k, v in MODES[mode].items()})
        with Sim(home) as first:  # the answers then have the project's number and a suffix
            run = first.run("apply", answers, "--json", timeout=150)
            ok(result_of(run.stdout).get("outcome") == "proven", f"{mode}: the stack is applied", run.stdout[-1500:], run.stderr)
        sim = scope.enter_context(Sim(home, "--behind", f"{HOST}=http://127.0.0.1:{port}"))
        applied = scope.enter_context(parts.Process("apply", [PROGRAM, "apply", answers, "--json", "--yes", *sim.options()], home.environment | sim.environment(), home.file("apply.log")))
        stack = Stack(mode, home, sim, answers, port, scope)
        run = stack.migrate()
        if not ok(run.returncode == 0, f"{mode}: migrate.sh fills an empty database of {MODES[mode]['database.engine']}", run.stdout, run.stderr[-1500:]):
            return
        run = stack.migrate()
        ok(run.returncode == 0, f"{mode}: a second migration finds nothing to do", run.stdout, run.stderr[-1500:])
        mlflow = scope.enter_context(stack.mlflow())
        if mode != "iap":
            twice(stack)
        if not ok(mlflow.until(lambda: parts.answers(f"http://127.0.0.1:{port}/health"), "MLflow", 180), f"{mode}: start.sh starts MLflow", mlflow.said()[-2000:]):
            return
        early = applied.process.poll() is not None
        if not proven(applied, stack, answers, early):
            return
        strangers(stack)
        experiment, which = program(stack, answers)
        person(stack, experiment, which)
        collected(stack, which, answers)
        open_door(stack, answers, scope)


def main():
    missing = parts.mlflow_missing() or parts.postgresql_missing()
    if missing:
        print(f"1..0 # SKIP {missing}")
        return
    asked = sys.argv[1:] or (list(MODES) if ALL else ["iap"])
    for mode in MODES:
        if mode not in asked:
            skip(f"{mode}", "it takes a minute: MLFLOW_SETUP_ALL=1 runs it")
        elif MODES[mode]["database.engine"] == "mysql" and parts.mariadb_missing():
            skip(mode, parts.mariadb_missing())
        else:
            through(mode)
    done()


main()
