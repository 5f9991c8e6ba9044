#!/usr/bin/env python3
"""App Engine's own traps: an application that stands elsewhere, somebody else's default service, the region that is for ever, secrets, a version that
an earlier run left broken, and the image's start, run for real."""
import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from cloud_hand import ask_until
from harness import ALL_DATA, Home, SOURCE, Sim, done, ok, result_of, wait_for

API = "https://appengine.googleapis.com/v1/apps"
SERVICES = ["appengine.googleapis.com", "appengineflex.googleapis.com"]
HELLO = {"runtime": "custom", "env": "flex", "manualScaling": {"instances": 1},
         "deployment": {"container": {"image": "us-docker.pkg.dev/cloudrun/container/hello"}}}


def answers(home, name="mlflow.json", **more):
    return home.example(name, **({"target": "appengine", "auth__mode": "iap", "appengine__for_ever": True} | more))


def world(home):
    return home.file("world.json", {"projects": [{"services": [*SERVICES, "compute.googleapis.com"]}]})


def finished(sim, operation):
    """Waits for an operation of App Engine."""
    deadline = time.monotonic() + 60
    while not operation.get("done"):
        if time.monotonic() > deadline:
            raise TimeoutError(operation["name"])
        operation = ask_until(sim, "GET", f"https://appengine.googleapis.com/v1/{operation['name']}", None)
        time.sleep(0.05)


def make_application(sim, location, version=None):
    """The application as somebody else would have made it, with a version of his."""
    finished(sim, ask_until(sim, "POST", API, {"id": "demo-proj", "locationId": location}))
    if version:
        finished(sim, ask_until(sim, "POST", f"{API}/demo-proj/services/default/versions", HELLO | {"id": version}))


def appengine_writes(sim, since=0):
    return [f"{x['method']} {x['url']}" for x in sim.writes(since) if "//appengine.googleapis.com/" in x["url"]]


def another_region(home):
    with Sim(home, "--world", world(home)) as sim:
        make_application(sim, "europe-west")
        seen = len(sim.exchanges())
        run = sim.run("apply", answers(home), "--json", timeout=300)
        ok(run.returncode == 78 and "can never be moved to us-central" in run.stdout, "an application in another region is refused, with the reason", run.stdout)
        ok(not sim.writes(seen), "before anything is made", *sim.writes(seen))


def too_little(home):
    """Its machines are Compute Engine's: quotas that have no room for them are named before anything is made."""
    project = {"services": [*SERVICES, "compute.googleapis.com"], "quotas": {"us-central1/DISKS_TOTAL_GB": 10, "us-central1/INSTANCES": 0}}
    with Sim(home, "--world", home.file("small.json", {"projects": [project]})) as sim:
        run = sim.run("apply", answers(home, "small-project.json"), "--json", timeout=120)
        said = run.stdout
        ok(run.returncode == 78 and "us-central1/DISKS_TOTAL_GB: 0 of 10" in said and "us-central1/INSTANCES: 0 of 0" in said,
           "quotas that are too small for its machines are named", run.returncode, said[-1500:], run.stderr)
        ok("--quota-id=DISKS-TOTAL-GB-per-project-region" in said and not sim.writes(), "with the line that asks for more, before anything is made", said[-1500:],
           *[x["url"] for x in sim.writes()])


def strangers_service(home):
    with Sim(home, "--world", world(home)) as sim:
        make_application(sim, "us-central", "shop1")
        seen = len(sim.exchanges())
        run = sim.run("apply", answers(home), "--json", timeout=300)
        ok(run.returncode == 78 and "shop1" in run.stdout and "appengine.service" in run.stdout, "somebody else's default service is not taken over", run.stdout)
        ok(not appengine_writes(sim, seen), "and its application is left as it is", *appengine_writes(sim, seen))
        own = answers(home, "own.json", appengine__service="mlflow")
        run = sim.run("apply", own, "--json", timeout=400)
        result = result_of(run.stdout)
        ok(result.get("outcome") == "proven" and result.get("url") == "https://mlflow-dot-demo-proj.uc.r.appspot.com", "a service of one's own beside it is proven", result)
        run = sim.run("apply", own, "--set", "database.deletion_protection=false", timeout=400)
        run = sim.run("destroy", own, "--json", *ALL_DATA, timeout=400)
        ok(result_of(run.stdout).get("outcome") == "destroyed", "and destroyed", run.stdout[-2000:])
        services = [s["id"] for s in ask_until(sim, "GET", f"{API}/demo-proj/services", None)["services"]]
        ok(services == ["default"], "with all of it, and nothing of the other", services)


def for_ever(home):
    for name, more, place in (("no.json", {"appengine__for_ever": False}, "appengine.for_ever"), ("region.json", {"region": "europe-north1"}, "region"),
                              ("memory.json", {"server__memory": "8Gi"}, "server.memory"),
                              ("long.json", {"appengine__service": "a-service-of-20-long", "project__id": "a-project-of-thirty-characters"}, "appengine.service")):
        run = home.run("validate", answers(home, name, **more))
        ok(run.returncode == 65 and place in run.stderr, f"{name}: {place} is refused before anything is sent", run.returncode, run.stderr)


def secrets_and_broken(home):
    with Sim(home) as sim:
        file = answers(home)
        run = sim.run("apply", file, "--json", timeout=400)
        ok(result_of(run.stdout).get("outcome") == "proven", "a stack is proven", run.stdout[-2000:], run.stderr)
        kinds = {e.get("kind") for e in map(json.loads, run.stdout.splitlines())}
        ok(kinds >= {"appengine.application", "appengine.version", "appengine.service", "appengine.versions"}, "of four kinds", kinds)
        list_url = f"{API}/demo-proj/services/default/versions?view=FULL"
        first = ask_until(sim, "GET", list_url, None)["versions"]
        env = first[0]["envVariables"]
        ok(env["PGPASSWORD"].startswith("sm://demo-proj/mlflow-db-password#"), "a version holds references", env)
        checks = [first[0][name]["path"] for name in ("readinessCheck", "livenessCheck")]
        ok(checks == ["/health", "/health"] and "manualScaling" in first[0], "split health checks ask MLflow's own page", checks)
        payload = ask_until(sim, "GET", "https://secretmanager.googleapis.com/v1/projects/demo-proj/secrets/mlflow-db-password/versions/latest:access", None)
        ok(payload["payload"]["data"] not in json.dumps(first), "and no secret")
        ok(ask_until(sim, "GET", f"{API}/demo-proj", None)["iap"]["enabled"] is True, "the application asks for the sign-in")
        writes = appengine_writes(sim)
        ok(writes.index(f"PATCH {API}/demo-proj?updateMask=iap") < writes.index(f"POST {API}/demo-proj/services/default/versions"),
           "which is switched on before there is anything behind it", *writes)
        url = f"{API}/demo-proj/services/default/versions/{first[0]['id']}?updateMask=servingStatus"
        finished(sim, ask_until(sim, "PATCH", url, {"servingStatus": "STOPPED"}))
        seen = len(sim.exchanges())
        run = sim.run("apply", file, "--json", timeout=400)
        ok(result_of(run.stdout).get("outcome") == "proven", "a version that somebody stopped is deployed again", run.stdout[-2000:])
        ok(appengine_writes(sim, seen) == [f"POST {API}/demo-proj/services/default/versions"], "by one request", *appengine_writes(sim, seen))
        for workers, gib in ((1, "2Gi"), (1, "4Gi"), (2, "4Gi")):
            run = sim.run("apply", file, "--json", "--yes", "--set", f"server.workers={workers}", "--set", f"server.memory={gib}", timeout=400)
            ok(run.returncode == 0, f"changed to {workers} and {gib}", run.stdout[-2000:], run.stderr)
        versions = ask_until(sim, "GET", list_url, None)["versions"]
        serving = [v["id"] for v in versions if v["servingStatus"] == "SERVING"]
        split = ask_until(sim, "GET", f"{API}/demo-proj/services/default", None)["split"]["allocations"]
        ok(len(versions) == 3 and list(split) == serving, "two older versions are kept, stopped; the traffic goes to the one that serves", versions, split)


def failed_version(home):
    """An update whose version does not come up: the old one goes on serving, and the same answers deploy it again."""
    file = answers(home)
    rules = {"rules": [{"method": "POST", "host": "appengine.googleapis.com", "path": "*/services/default/versions", "nth": 2,
                        "operation": {"error": {"code": 9, "message": "Application startup error! Code: APP_CONTAINER_CRASHED"}}}]}
    with Sim(home, "--faults", home.file("faults.json", rules)) as sim:
        run = sim.run("apply", file, "--json", timeout=400)
        ok(run.returncode == 0, "a stack stands", run.stdout[-2000:], run.stderr)
        split = f"{API}/demo-proj/services/default"
        before = ask_until(sim, "GET", split, None)["split"]
        change = ("--json", "--yes", "--set", "server.workers=1")
        run = sim.run("apply", file, *change, timeout=400)
        ok(run.returncode == 3 and "APP_CONTAINER_CRASHED" in run.stdout, "the version's failure is told in Google's words", run.stdout[-2000:], run.stderr)
        ok(ask_until(sim, "GET", split, None)["split"] == before, "the traffic stays where it was")
        run = sim.run("apply", file, *change, timeout=400)
        after = ask_until(sim, "GET", split, None)["split"]
        ok(result_of(run.stdout).get("outcome") == "proven" and after != before, "the next run deploys it again, and moves there", run.stdout[-2000:], after)


def failed_server(home):
    """A server that does not start, and a migration that fails: what each wrote itself is in its step's log before the run ends."""
    file = answers(home)
    with Sim(home) as sim:
        run = sim.run("apply", file, "--json", timeout=400)
        ok(run.returncode == 0, "a stack stands", run.stdout[-2000:], run.stderr)
        with open(file, encoding="utf-8") as f:
            instance = "mlflow-" + json.load(f)["resolved"]["suffix"]
        ask_until(sim, "PUT", f"https://sqladmin.googleapis.com/v1/projects/demo-proj/instances/{instance}/users?name=mlflow",
                  {"name": "mlflow", "password": "changed by hand"})
        for change, step, of in (("appengine.instances=2", "version", "resource.labels.version_id"), ("server.workers=1", "migrate", "resource.labels.job_name")):
            seen = len(sim.exchanges())
            run = sim.run("apply", file, "--json", "--yes", "--set", change, timeout=400)
            events = [json.loads(x) for x in run.stdout.splitlines() if x.startswith("{")]
            logged = [e["line"] for e in events if e.get("event") == "log" and e.get("id") == step]
            ok(run.returncode in (1, 3) and any("password authentication failed" in line for line in logged), f"{step}: its own log says what it missed",
               run.returncode, logged, result_of(run.stdout))
            asked = [x["request"] for x in sim.exchanges()[seen:] if x["url"].endswith("/v2/entries:list")]
            ok(len(asked) == 1 and of in asked[0]["filter"], f"{step}: asked for once, and of it alone", asked)


class Hand(http.server.BaseHTTPRequestHandler):
    """Metadata server and Secret Manager at once, as the proxy of both."""
    asked = []

    def do_GET(self):
        Hand.asked.append((self.path, self.headers.get("Metadata-Flavor"), self.headers.get("Authorization")))
        if "/token" in self.path:
            reply, good = {"access_token": "t0"}, self.headers.get("Metadata-Flavor") == "Google"
        else:
            name = self.path.split("/secrets/")[1].split("/")[0]
            data = {"pass": "cCdhIHMicw==", "file": "WzFdCng9MQo="}.get(name)
            reply, good = {"payload": {"data": data}}, data and self.headers.get("Authorization") == "Bearer t0"
        body = json.dumps(reply).encode()
        self.send_response(200 if good else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def start_for_real(home):
    """The script of the image, with plain HTTP in place of Secret Manager's TLS and nothing else changed."""
    with open(os.path.join(SOURCE, "templates/appengine/with_secrets.py.mustache"), encoding="utf-8") as f:
        script = home.file("with_secrets.py", f.read().replace("https://secretmanager", "http://secretmanager"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hand)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    path = home.file("memory") + "/auth/basic.ini"
    env = {"PATH": os.environ["PATH"], "http_proxy": f"http://127.0.0.1:{server.server_port}", "PLAIN": "sm://no reference",
           "PASS": "sm://p/pass#7", "FILE": f"sm://p/file?destination={path}#2"}
    command = [sys.executable, script, sys.executable, "-c", "import json,os; print(json.dumps(dict(os.environ)))"]
    run = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)
    got = json.loads(run.stdout) if run.returncode == 0 else {}
    ok(got.get("PASS") == "p'a s\"s" and got.get("PLAIN") == "sm://no reference", "a reference becomes the secret, whatever is in it", run.stderr, got)
    ok(got.get("FILE") == path and read_text(path) == "[1]\nx=1\n" and os.stat(path).st_mode & 0o777 == 0o600, "or a file for its reader alone", got)
    ok(any(p.endswith("/v1/projects/p/secrets/pass/versions/7:access") for p, _, _ in Hand.asked), "of the version that is named", Hand.asked)
    run = subprocess.run(command, env=env | {"PASS": "sm://p/missing#1"}, capture_output=True, text=True, timeout=60)
    ok(run.returncode == 1 and "missing" in run.stderr and not run.stdout, "without a secret the command is not begun", run.stdout, run.stderr)
    server.shutdown()


SERVER = """
import http.server, sys
class Hand(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        if self.path == "/end":
            self.server.ended = True
    def log_message(self, *_):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Hand)
server.ended = False
while not server.ended:
    server.handle_request()
"""
GATE = """
import sys, time, urllib.request
urllib.request.urlopen("http://127.0.0.1:%s/" % sys.argv[1])
open(sys.argv[2], "w").close()
time.sleep(600)
"""


def together_for_real(home):
    """Server and gate as one program: the gate comes second, neither stays without the other, and a signal ends both."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = str(s.getsockname()[1])
    with open(os.path.join(SOURCE, "templates/appengine/together.py.mustache"), encoding="utf-8") as f:
        script = home.file("together.py", f.read().replace("5000", port))
    mark = home.file("gate") + ".there"
    command = [sys.executable, script, sys.executable, "-c", SERVER, port, "--", sys.executable, "-c", GATE, port, mark]
    env = {"PATH": os.environ["PATH"]}
    for how in ("the server ends", "a signal"):
        with subprocess.Popen(command, env=env) as both:
            wait_for(lambda: os.path.exists(mark) or both.poll() is not None, "the gate")
            ok(both.poll() is None and os.path.exists(mark), f"{how}: the gate starts once the server answers")
            os.unlink(mark)
            if how == "a signal":
                both.send_signal(signal.SIGTERM)
            else:
                with socket.create_connection(("127.0.0.1", int(port))) as s:
                    s.sendall(b"GET /end HTTP/1.0\r\n\r\n")
                    s.recv(100)
            ok(both.wait(30) != 0, f"{how}: both are over, and it says so to whoever restarts it", both.returncode)
            with socket.socket() as s:
                ok(s.connect_ex(("127.0.0.1", int(port))) != 0, f"{how}: nothing of them is left")
    command[command.index("--") - 3:command.index("--")] = ["-c", "raise SystemExit(0)", port]
    run = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30)
    ok(run.returncode == 1 and not os.path.exists(mark), "a server that does not come up is an error, whatever it says, and no gate is started", run.returncode, run.stderr)


def read_text(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def main():
    for case in (for_ever, start_for_real, together_for_real, another_region, too_little, strangers_service, secrets_and_broken, failed_version, failed_server):
        with Home() as home:
            case(home)
    done()


if __name__ == "__main__":
    main()
