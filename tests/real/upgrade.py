#!/usr/bin/env python3
"""T1: MLflow 3.16.1 on PostgreSQL with a run in it becomes 3.17.2, by the files that `render` writes for each: a migration that is made to fail leaves the old
tables and a server that starts; one that succeeds keeps the run; the old MLflow then refuses the newer tables, until the backup is restored."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402
from parts import http  # noqa: E402

from harness import Home, Sim, done, ok, result_of  # noqa: E402

OLD, NEW = "3.16.1", "3.17.2"
BEFORE = os.path.join(parts.PARTS, f"mlflow-{OLD}")  # its three packages; what they need is the same set as the new one's
API = "/api/2.0/mlflow"
PASSWORD = "p@ss:w/o#rd%41"


class Server:
    """One release's rendered files on one database."""

    def __init__(self, home, answers, version, postgresql):
        with open(answers, encoding="utf-8") as f:
            whole = json.load(f)
        whole["answers"]["image.mlflow_version"] = version
        self.home, self.version = home, version
        self.folder = home.file(f"rendered-{version}")
        run = home.run("render", home.file(f"{version}.json", whole), "--out", self.folder, "--quiet")
        ok(run.returncode == 0, f"render writes the files of {version}", run.stderr)
        read = subprocess.run(["env", "-i", "/bin/sh", "-c", 'set -a; . "$1"; exec /usr/bin/env -0', "sh", f"{self.folder}/server.env"], stdout=subprocess.PIPE,
                              timeout=20, check=True)
        self.port = parts.free_port()
        self.environment = {"PATH": f"{parts.MLFLOW}:/usr/bin:/bin", "HOME": home.path, "TZ": "UTC", "LC_ALL": "C.UTF-8", "TMPDIR": home.path}
        self.environment |= dict(entry.split("=", 1) for entry in read.stdout.decode().split("\0") if entry)
        self.environment |= {"PGHOST": postgresql.folder, "PGPASSWORD": PASSWORD, "SERVER_PORT": str(self.port), "MLFLOW_CRYPTO_KEK_PASSPHRASE": "x" * 40,
                             "MLFLOW_WEBHOOK_SECRET_ENCRYPTION_KEY": "A" * 43 + "="}
        if version == OLD:
            self.environment["PYTHONPATH"] = BEFORE

    def migrate(self):
        return subprocess.run(["/bin/sh", f"{self.folder}/migrate.sh"], env=self.environment, cwd=self.home.path, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL)

    def start(self):
        return parts.Process("MLflow", ["/bin/sh", f"{self.folder}/start.sh"], self.environment, self.home.file(f"{self.version}.log"), self.home.path)

    def ask(self, method, path, body=None):
        status, _, text = http(method, f"http://127.0.0.1:{self.port}{path}", {"Host": "localhost"}, body)
        return status, json.loads(text) if text.startswith("{") else text

    def serves(self, what, visit):
        """Starts it, visits it, stops it."""
        with self.start() as process:
            if ok(process.until(lambda: parts.answers(f"http://127.0.0.1:{self.port}/health"), "MLflow", 120), f"{what}: {self.version} starts", process.said()[-2000:]):
                status, version = self.ask("GET", "/version")
                ok((status, version) == (200, self.version), f"{what}: it is that version", status, version)
                visit(self)


def write_run(server):
    _, made = server.ask("POST", f"{API}/experiments/create", {"name": "before"})
    _, run = server.ask("POST", f"{API}/runs/create", {"experiment_id": made["experiment_id"], "start_time": 1})
    run_id = run["run"]["info"]["run_id"]
    status, said = server.ask("POST", f"{API}/runs/log-metric", {"run_id": run_id, "key": "loss", "value": 0.25, "timestamp": 1, "step": 0})
    ok(status == 200, "a run with a metric is written", said)


def read_run(server):
    _, found = server.ask("GET", f"{API}/experiments/get-by-name?experiment_name=before")
    _, runs = server.ask("POST", f"{API}/runs/search", {"experiment_ids": [found["experiment"]["experiment_id"]]})
    metrics = [m for r in runs.get("runs", []) for m in r["data"].get("metrics", [])]
    ok([(m["key"], m["value"]) for m in metrics] == [("loss", 0.25)], f"{server.version} reads the run and its metric", runs)


def revision(postgresql):
    return postgresql.sql("mlflow", "select version_num from alembic_version")


def upgraded(old, new, postgresql):
    run = old.migrate()
    ok(run.returncode == 0, f"migrate.sh of {OLD} makes the tables", run.stdout[-1500:], run.stderr[-1500:])
    before = revision(postgresql)
    old.serves("at first", write_run)
    dump = postgresql.run("pg_dump", "-h", postgresql.folder, "-U", "owner", "-Fc", "-f", f"{postgresql.folder}/backup", "mlflow")
    ok(dump.returncode == 0, "a backup is taken", dump.stderr)
    postgresql.sql("mlflow", "create function no() returns event_trigger language plpgsql as $$ begin raise exception 'the disk is full'; end $$")
    postgresql.sql("mlflow", "create event trigger no on ddl_command_start execute function no()")
    run = new.migrate()
    ok(run.returncode != 0 and "the disk is full" in run.stderr + run.stdout, f"a migration to {NEW} that is made to fail says why", run.returncode, run.stderr[-1500:])
    ok(revision(postgresql) == before, "and leaves the old revision", revision(postgresql), before)
    postgresql.sql("mlflow", "drop event trigger no")
    old.serves("after the failed migration", read_run)
    run = new.migrate()
    after = revision(postgresql)
    ok(run.returncode == 0 and after != before, "mended, it goes through", before, after, run.stderr[-1500:])
    new.serves("after the migration", read_run)
    run = old.migrate()
    ok(run.returncode != 0 and revision(postgresql) == after, f"migrate.sh of {OLD} does not touch newer tables", run.returncode, run.stderr[-800:])
    with old.start() as process:
        up = process.until(lambda: parts.answers(f"http://127.0.0.1:{old.port}/health"), "MLflow", 120)
        ok(not up and process.process.poll() not in (0, None), f"{OLD} does not start on newer tables", process.said()[-1500:])
    restored = postgresql.run("pg_restore", "-h", postgresql.folder, "-U", "owner", "-d", "mlflow", "--clean", "--if-exists", f"{postgresql.folder}/backup")
    postgresql.sql("mlflow", "select 1")
    ok(revision(postgresql) == before, "the backup brings the old tables back", restored.stderr[-800:])
    old.serves("restored", read_run)


def main():
    missing = parts.mlflow_missing() or parts.postgresql_missing() or parts.part_missing(BEFORE, f"mlflow-{OLD}")
    if missing:
        print(f"1..0 # SKIP {missing}")
        return
    with Home() as home:
        answers = home.example(auth__client_secret="env:CLIENT_SECRET", image__mlflow_version=OLD)
        with Sim(home) as sim:
            run = sim.run("apply", answers, "--json", timeout=200)
            ok(result_of(run.stdout).get("outcome") == "proven", "the answers are resolved", run.stdout[-1500:], run.stderr)
        with parts.PostgreSQL("mlflow", "mlflow", PASSWORD) as postgresql:
            upgraded(Server(home, answers, OLD, postgresql), Server(home, answers, NEW, postgresql), postgresql)
    done()


main()
