#!/usr/bin/env python3
"""The database of a trial as it is rendered, by a real PostgreSQL: its command, its variables and its probe, as an unprivileged user. A directory that was begun and not
finished is begun anew, one that the node has opened to the group is closed again, and the password is what the Secret says, also when that changes."""
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402

from harness import Home, done, ok, skip, wait_for  # noqa: E402

DATA, SECRETS = "/var/lib/postgresql/data", "/run/secrets/database"


class Pod:
    """The container's command with the folders of this machine in place of its mounts."""

    def __init__(self, container, folder, user):
        self.folder, self.user, self.running = folder, user, []

        def here(text):
            return text.replace(DATA, f"{folder}/data").replace(SECRETS, f"{folder}/secrets")
        self.environment = {"PATH": f"{parts.postgresql_bin()}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGPORT": str(parts.free_port())}
        self.environment |= {v["name"]: here(v["value"]) for v in container["env"]}
        self.command = [here(word) for word in container["command"]]
        self.probe = container["readinessProbe"]["exec"]["command"]

    def words(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}

    def start(self):
        with open(f"{self.folder}/log", "ab") as log:
            self.running.append(subprocess.Popen(self.command, env=self.environment, cwd="/", stdin=subprocess.DEVNULL, stdout=log,
                                                 stderr=subprocess.STDOUT, start_new_session=True,
                                                 preexec_fn=parts.ends_with_us(signal.SIGQUIT), **self.words()))
        return self.running[-1]

    def end(self):
        for process in self.running:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(30)

    def ready(self):
        return subprocess.run(self.probe, env=self.environment, stdin=subprocess.DEVNULL, check=False).returncode == 0

    def secret(self, password):
        with open(f"{self.folder}/secrets/password", "w", encoding="utf-8") as f:
            f.write(password)

    def sql(self, statement, password, user="mlflow", database="mlflow"):
        run = subprocess.run(["psql", "-h", "127.0.0.1", "-U", user, "-d", database, "-XAtc", statement], env=self.environment | {"PGPASSWORD": password},
                             capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=30, check=False)
        return run.stdout.strip() if run.returncode == 0 else run.stderr


def container(home):
    run = home.run("render", home.example("trial.json", target="gke", exposure="internal", auth__mode="iam", database__path="cluster"),
                   "--out", f"{home.path}/out", "--quiet")
    if not ok(run.returncode == 0, "a trial is rendered", run.stdout, run.stderr):
        return None
    with open(f"{home.path}/out/manifests.json", encoding="utf-8") as f:
        sets = [i for i in json.load(f)["items"] if i["kind"] == "StatefulSet"]
    return sets[0]["spec"]["template"]["spec"]["containers"][0]


def life(pod):
    pod.secret("FirstFirst1")
    begun = pod.start()
    wait_for(lambda: os.path.isdir(f"{pod.folder}/data/pgdata.new"), "initdb to begin")
    os.killpg(begun.pid, signal.SIGKILL)
    begun.wait(30)
    ok(not os.path.exists(f"{pod.folder}/data/pgdata"), "what was killed while it was made has not its name")

    first = pod.start()
    wait_for(pod.ready, "the probe to succeed", 60)
    ok(pod.sql("create table kept (x int); select current_user", "FirstFirst1").endswith("mlflow"), "the server logs in by the password of the Secret",
       pod.sql("select 1", "FirstFirst1"))
    ok("authentication failed" in pod.sql("select 1", "wrong"), "and by no other")
    ok("no pg_hba.conf entry" in pod.sql("select 1", "FirstFirst1", user="postgres", database="postgres"), "nobody else is let in")
    ok(pod.sql("select rolsuper from pg_roles where rolname = 'mlflow'", "FirstFirst1") == "f", "it may do as little as an owner of its own tables")
    first.send_signal(signal.SIGINT)
    ok(first.wait(30) == 0, "it ends in order when the node says so")

    os.chmod(f"{pod.folder}/data/pgdata", 0o2770)
    pod.secret("SecondSecond2")
    second = pod.start()
    wait_for(pod.ready, "the probe to succeed again", 60)
    ok(pod.sql("select count(*) from kept", "SecondSecond2") == "0", "a new password opens the same tables", pod.sql("select 1", "SecondSecond2"))
    ok("authentication failed" in pod.sql("select 1", "FirstFirst1"), "the old one does not")
    second.send_signal(signal.SIGINT)
    second.wait(30)
    with open(f"{pod.folder}/log", encoding="utf-8") as f:
        log = f.read()
    ok("FirstFirst1" not in log and "SecondSecond2" not in log and "ready to accept connections" in log, "no password is in its log", log[-2000:])


def main():
    why = parts.postgresql_missing() or (None if shutil.which("psql") else "psql is not installed: run dev/deps test")
    if why:
        skip("a trial's database", why)
        done()
    names = {u.pw_name: u for u in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"] if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
    folder = tempfile.mkdtemp(prefix="pg-", dir="/tmp")
    try:
        os.chmod(folder, 0o755)
        for name in ("data", "secrets"):
            os.mkdir(f"{folder}/{name}")
        if os.geteuid() == 0:
            os.chown(f"{folder}/data", user.pw_uid, user.pw_gid)
        with Home() as home:
            spec = container(home)
            if spec:
                pod = Pod(spec, folder, user)
                try:
                    life(pod)
                finally:
                    pod.end()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    done()


if __name__ == "__main__":
    main()
