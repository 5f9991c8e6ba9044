"""What the scripted cases share: TAP, a private home, the simulated cloud as a server, and running the program. Standard library only."""
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

SOURCE = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("TOP_BUILDDIR", os.path.join(SOURCE, "build"))
PROGRAM = os.path.join(BUILD, "mlflow-setup")
SIM = os.path.join(BUILD, "mlflow-setup-sim")
EXAMPLE = os.path.join(SOURCE, "examples/cloud-run.json")
# Consent to the end of everything, protected data too.
ALL_DATA = ("--yes", "--delete-data", "database", "--delete-data", "artifacts", "--delete-data", "volume")
# The program's pauses, as short as they may be: the simulated cloud's own time passes fifty times as fast at least.
HASTE = ["--speed", "50"]
SECRET = "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k"

_count = _failed = 0


def ok(passed, name, *notes):
    """One TAP line; the notes explain a failure."""
    global _count, _failed
    _count += 1
    _failed += not passed
    print(f"{'ok' if passed else 'not ok'} {_count} - {name}", flush=True)
    if not passed:
        for note in notes:
            for line in str(note).splitlines()[-40:]:
                print("#", line, flush=True)
    return passed


def skip(name, why):
    global _count
    _count += 1
    print(f"ok {_count} - {name} # SKIP {why}", flush=True)


def done():
    print(f"1..{_count}")
    sys.exit(1 if _failed else 0)


class Home:
    """A private HOME with its XDG directories, removed at the end of the with block."""

    def __enter__(self):
        self.path = tempfile.mkdtemp(prefix="mlflow-setup-test-")
        self.environment = {
            "HOME": self.path, "PATH": os.environ["PATH"], "TZ": "UTC", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color",
            "XDG_CONFIG_HOME": f"{self.path}/config", "XDG_STATE_HOME": f"{self.path}/state", "XDG_CACHE_HOME": f"{self.path}/cache",
            "XDG_RUNTIME_DIR": f"{self.path}/run", "MLFLOW_SETUP_SIM_STRICT": "1",
        }
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "MLFLOW_SETUP_CONTRACT"):
            if name in os.environ:
                self.environment[name] = os.environ[name]
        os.mkdir(f"{self.path}/run", 0o700)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)

    def file(self, name, content=None):
        path = os.path.join(self.path, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as f:
                f.write(content if isinstance(content, str) else json.dumps(content))
        return path

    def example(self, name="mlflow.json", **answers):
        """A copy of the example with some answers changed; its path."""
        with open(EXAMPLE, encoding="utf-8") as f:
            example = json.load(f)
        example["answers"].update({key.replace("__", "."): value for key, value in answers.items()})
        return self.file(name, example)

    def run(self, *arguments, timeout=120, env=None, **options):
        return subprocess.run([PROGRAM, *arguments], env=self.environment | (env or {}), capture_output=True, text=True, timeout=timeout,
                              stdin=options.pop("stdin", subprocess.DEVNULL), **options)


class Sim:
    """mlflow-setup-sim, jumping from event to event unless told another speed, stopped at the end of the with block."""

    def __init__(self, home, *arguments, speed="max"):
        self.home = home
        self.folder = tempfile.mkdtemp(prefix="sim-", dir=home.path)
        self.ends = [0]  # of the exchanges in the log
        os.mkfifo(self.path("clock"))
        self.arguments = [SIM, "--speed", speed, "--clock", self.path("clock"), "--ready-file", self.path("ready.json"), "--log", self.path("log.jsonl"), "--dump",
                          self.path("dump.json"), *arguments]

    def path(self, name):
        return os.path.join(self.folder, name)

    def __enter__(self):
        self.errors = open(self.path("errors"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(self.arguments, env=self.home.environment, stdin=subprocess.DEVNULL, stdout=self.errors,
                                        stderr=self.errors)
        wait_for(lambda: os.path.exists(self.path("ready.json")) or self.process.poll() is not None, "the simulated cloud to start")
        if self.process.poll() is not None:
            raise RuntimeError(f"the simulated cloud ended: {self.complaints()}")
        with open(self.path("ready.json"), encoding="utf-8") as f:
            self.ready = json.load(f)
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
        self.status = self.process.wait(30)
        self.errors.close()

    def complaints(self):
        with open(self.path("errors"), encoding="utf-8") as f:
            return f.read()

    def let_pass(self, seconds):
        """So much of the cloud's time, at once: it has passed when the next request is answered."""
        with open(self.path("clock"), "w", encoding="ascii") as f:
            f.write(f"{seconds}\n")

    def opener(self, *handlers):
        """What opens URLs by this cloud's proxy and trusts its authority."""
        return urllib.request.build_opener(urllib.request.ProxyHandler({"https": self.ready["proxy"]}),
                                           urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.ready["ca"])), *handlers)

    def options(self):
        return ["--cloud-proxy", self.ready["proxy"], "--cloud-ca", self.ready["ca"], *HASTE]

    def environment(self):
        return {"GOOGLE_APPLICATION_CREDENTIALS": self.ready["credentials"], "CLIENT_SECRET": SECRET, "KUBECONFIG": self.ready["kubeconfig"]}

    def run(self, *arguments, **options):
        """The program against this cloud."""
        env = self.environment() | options.pop("env", {})
        return self.home.run(*arguments, *self.options(), env=env, **options)

    def exchanges(self, since=0):
        """Every exchange so far, or those behind the first so many; a line that is being written is left for the next time."""
        seen = self.seen()
        if since >= seen:
            return []
        with open(self.path("log.jsonl"), "rb") as f:
            f.seek(self.ends[since])
            return [json.loads(line) for line in f.read(self.ends[seen] - self.ends[since]).splitlines()]

    def seen(self):
        """How many exchanges there were so far. Where each ends in the log is kept: of a long life only what is new is read."""
        with open(self.path("log.jsonl"), "rb") as f:
            f.seek(self.ends[-1])
            whole, newline, _ = f.read().rpartition(b"\n")
        for line in (whole + newline).splitlines(keepends=True):
            self.ends.append(self.ends[-1] + len(line))
        return len(self.ends) - 1

    def writes(self, since=0):
        """Exchanges that may change Google's side: not reads (some are a POST), tokens, waiting, tests of permissions or the MLflow server's own API."""
        harmless = ("/wait", ":wait", ":getIamPolicy", ":testIamPermissions", ":getAncestry", ":getEffectiveOrgPolicy", ":generateIdToken", ":generateAccessToken", ":signJwt", "/token", "/listInstances")
        return [x for x in self.exchanges(since) if x["method"] not in ("GET", "HEAD") and ".googleapis.com" in x["url"]
                and not x["url"].split("?")[0].endswith(harmless)]


def wait_for(condition, what, seconds=30, pause=0.01):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(pause)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def result_of(output):
    """The result event of a run with --json."""
    events = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return next((e for e in reversed(events) if e.get("event") == "result"), {})


def everything_written(folder):
    """(path, bytes) of every file below a folder."""
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path, read(path)
