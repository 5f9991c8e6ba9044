#!/usr/bin/env python3
"""The package for clients that `render` writes, with tokens that live a minute (seconds, in the short form); and every line that `connect` prints, as it is printed, on a laptop: by gcloud and curl in a shell, by google-auth and MLflow's own client in Python; for each
auth mode whose programs show something, against the simulated cloud. What needs gcloud is skipped where there is none."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402

from harness import Home, Sim, done, ok, result_of, skip  # noqa: E402

ALL = os.environ.get("MLFLOW_SETUP_ALL")
LIFE = 60 if ALL else 8  # seconds that a token lives
MODES = ("oauth2-proxy", "iap", "basic", "iam")
LOG = """
import mlflow
with mlflow.start_run() as run:
    mlflow.log_metric("loss", 0.25)
print(mlflow.get_run(run.info.run_id).data.metrics)
"""


class Laptop:
    """A client's machine: nothing of the installer, a sign-in at Google, and the proxy by which the simulated cloud is reached."""

    def __init__(self, home, sim):
        self.home = home
        home.file("token", sim.ready["token"])
        proxy, ca = sim.ready["proxy"], sim.ready["ca"]
        self.environment = {
            "PATH": f"{parts.MLFLOW}:/usr/bin:/bin", "HOME": home.path, "TZ": "UTC", "LC_ALL": "C.UTF-8", "HTTPS_PROXY": proxy, "https_proxy": proxy,
            "REQUESTS_CA_BUNDLE": ca, "CURL_CA_BUNDLE": ca, "SSL_CERT_FILE": ca, "GOOGLE_APPLICATION_CREDENTIALS": sim.ready["credentials"],
            "CLOUDSDK_CONFIG": home.file("gcloud"), "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": home.file("token"), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
            "CLOUDSDK_CORE_CHECK_GCE_METADATA": "false", "CLOUDSDK_PROXY_TYPE": "http", "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1",
            "CLOUDSDK_PROXY_PORT": proxy.rsplit(":", 1)[1], "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE": ca, "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_DISABLE_TELEMETRY": "true", "GIT_PYTHON_REFRESH": "quiet"}

    def run(self, *command, **more):
        return subprocess.run(command, env=self.environment | more, cwd=self.home.path, capture_output=True, text=True, timeout=60 + 4 * LIFE, stdin=subprocess.DEVNULL)

    def python(self, text, *arguments, **more):
        return self.run(f"{parts.MLFLOW}/python", "-c", text, *arguments, **more)


def lines(home, answers, form):
    run = home.run("connect", answers, "--for", form)
    ok(run.returncode == 0 and not run.stderr, f"connect prints lines for {form}", run.stderr)
    return run.stdout


def logs_run(laptop, text, name, **more):
    run = laptop.python(text + LOG, **more)
    ok(run.returncode == 0 and "{'loss': 0.25}" in run.stdout, name, run.stdout, run.stderr[-1500:])


def by_python(home, laptop, answers, mode):
    printed = lines(home, answers, "python")
    logs_run(laptop, printed, f"{mode}: MLflow's client logs a run after the lines for Python")
    notebook = lines(home, answers, "notebook")
    ok(notebook.startswith("%pip install ") and notebook.split("\n", 1)[1] == printed, f"{mode}: a notebook's cell is a line that installs, then those", notebook)


def by_shell(home, laptop, answers, mode):
    """The lines for CI have those for a shell in them, and hand on what they set."""
    kept, printed = home.file("github_env", ""), lines(home, answers, "ci")
    shell = lines(home, answers, "shell")
    ok(printed.startswith(shell), f"{mode}: a job in CI begins with the shell's lines", printed)
    run = laptop.run("sh", "-eu", "-c", printed, GITHUB_ENV=kept)
    with open(kept, encoding="utf-8") as f:
        handed = dict(line.rstrip("\n").split("=", 1) for line in f)
    secret = handed.get("MLFLOW_TRACKING_TOKEN", handed.get("MLFLOW_TRACKING_PASSWORD", "-"))
    ok(run.returncode == 0 and run.stdout == f"::add-mask::{secret}\n", f"{mode}: gcloud gives what a job in CI shows, hidden in its log", run.stdout, run.stderr)
    logs_run(laptop, "", f"{mode}: a later step logs a run with it", **handed)
    run = laptop.run("sh", "-eu", "-c", lines(home, answers, "curl"))
    ok(run.returncode == 0 and "experiments" in json.loads(run.stdout or "{}"), f"{mode}: curl lists experiments", run.stdout, run.stderr)


LONG = """
import sys, time, warnings
import mlflow
warnings.simplefilter("error")
try:
    import mlflow_setup_client
    mlflow_setup_client.LIFE = float(sys.argv[1])
except ImportError:
    pass
end, steps = time.monotonic() + float(sys.argv[2]), 0
with mlflow.start_run() as run:
    while time.monotonic() < end:
        mlflow.log_metric("loss", 0.25, step=steps)
        steps += 1
        time.sleep(0.2)
    mlflow.log_text("whole", "end.txt")
print("steps", steps, mlflow.artifacts.load_text(run.info.artifact_uri + "/end.txt"))
"""
ELSEWHERE = """
import requests
from mlflow_setup_client import Provider, URL
for url in ("https://elsewhere.example/", URL + ".elsewhere.example/", URL.replace("https", "http")):
    assert "Authorization" not in requests.Request("GET", url, auth=Provider().get_auth()).prepare().headers, url
"""


def installed(home, laptop, answers):
    """The package as render writes it, put by pip beside MLflow; the folder that has it."""
    out, folder = home.file("rendered"), home.file("site")
    run = home.run("render", answers, "--out", out)
    ok(run.returncode == 0 and f"{out}/client/pyproject.toml" in run.stdout, "render writes a package for clients", run.stdout, run.stderr)
    run = laptop.run(f"{parts.MLFLOW}/python", "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--target", folder,
                     f"{out}/client", PIP_NO_INPUT="1", PIP_DISABLE_PIP_VERSION_CHECK="1")
    ok(run.returncode == 0, "pip installs it", run.stdout, run.stderr)
    return folder


def renewed(home, sim, laptop, answers, mode):
    """A run that lasts longer than three tokens, by the package; and the same by one token, which must end in a refusal."""
    site = installed(home, laptop, answers)
    with open(answers, encoding="utf-8") as f:
        url = json.load(f)["resolved"]["url"]
    uri = {"MLFLOW_TRACKING_URI": url}
    named = uri | {"PYTHONPATH": site, "MLFLOW_TRACKING_AUTH": "mlflow-setup"}
    before = len(sim.exchanges())
    run = laptop.python(LONG, *map(str, (LIFE, 3 * LIFE)), **named)
    fetched = [x for x in sim.exchanges()[before:] if x["url"].endswith((":generateIdToken", ":signJwt", ":access"))]
    ok(run.returncode == 0 and " whole" in run.stdout, f"{mode}: a run of {3 * LIFE} s ends well with tokens that live {LIFE} s", run.stdout, run.stderr[-1500:])
    if mode == "basic":
        ok(len(fetched) == 1, f"{mode}: the password is read once", fetched)
        return
    ok(4 <= len(fetched) <= 6, f"{mode}: they are renewed in time, and no more often ({len(fetched)})", *[x["url"] for x in fetched])
    run = laptop.python(ELSEWHERE, **named)
    ok(run.returncode == 0, f"{mode}: no other server is shown one", run.stderr)
    if mode != "iap":  # there the life is the package's to say
        one = sim.run("token", answers).stdout.strip()
        run = laptop.python(LONG, *map(str, (LIFE, 2 * LIFE)), **uri, MLFLOW_TRACKING_TOKEN=one)
        ok(run.returncode != 0 and ("401" in run.stderr or "403" in run.stderr), f"{mode}: with one token the same run is refused", run.stdout, run.stderr[-600:])


def stand(home, sim, mode):
    answers = home.example(auth__client_secret="env:CLIENT_SECRET", auth__mode=mode, database__path="public")
    run = sim.run("apply", answers, "--json")
    ok(result_of(run.stdout).get("outcome") == "proven", f"{mode}: a stack stands", run.stdout[-2000:], run.stderr)
    return answers


def main():
    if parts.mlflow_missing():
        print("1..0 # SKIP " + parts.mlflow_missing())
        return
    for mode in sys.argv[1:] or (MODES if ALL else MODES[:2]):
        with Home() as home, Sim(home) as sim:
            answers = stand(home, sim, mode)
            laptop = Laptop(home, sim)
            by_python(home, laptop, answers, mode)
            if shutil.which("gcloud"):
                by_shell(home, laptop, answers, mode)
            else:
                skip(f"{mode}: the lines for a shell, for CI and for curl", "gcloud is not installed")
    if not ALL and not sys.argv[1:]:
        skip("the lines for basic and iam, and renewal for each auth mode with tokens of a minute", "they take minutes: MLFLOW_SETUP_ALL=1 runs them")
    for mode in sys.argv[1:] or (MODES if ALL else MODES[:1]):
        with Home() as home, Sim(home, "--world", home.file("world.json", {"idTokenSeconds": LIFE})) as sim:
            renewed(home, sim, Laptop(home, sim), stand(home, sim, mode), mode)
    done()


main()
