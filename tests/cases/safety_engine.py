#!/usr/bin/env python3
"""What the engine may never do: delete what is protected, take what is another stack's, make a stack twice, move a standing server to other data."""
import json
import os
import pty
import select
import ssl
import subprocess
import urllib.error
import urllib.request

from harness import ALL_DATA, PROGRAM, Home, Sim, done, ok, result_of

STORAGE = "https://storage.googleapis.com/storage/v1/b"
SQL = "https://sqladmin.googleapis.com/v1/projects/demo-proj/instances"
RUN = "https://run.googleapis.com/v2/projects/demo-proj/locations/us-central1/services"
SECRETS = "https://secretmanager.googleapis.com/v1/projects/demo-proj/secrets"


def ask(sim, method, url, body=None):
    """One request by the project's owner."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"https": sim.ready["proxy"]}),
                                         urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=sim.ready["ca"])))
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode(), headers={
        "Authorization": "Bearer " + sim.ready["token"], "Content-Type": "application/json"})
    try:
        with opener.open(request, timeout=30) as reply:
            return json.loads(reply.read() or b"{}")
    except urllib.error.HTTPError as e:
        raise RuntimeError(f"{method} {url}: {e.code} {e.read()[:500]}") from None


def databases(sim):
    return sorted(i["name"] for i in ask(sim, "GET", SQL).get("items", []))


def buckets(sim, what="artifacts"):
    return sorted(b["name"] for b in ask(sim, "GET", f"{STORAGE}?project=demo-proj").get("items", []) if f"-{what}-" in b["name"])


def said(run):
    return run.stdout + run.stderr


def change(answers, **values):
    with open(answers, encoding="utf-8") as f:
        whole = json.load(f)
    whole["answers"].update({key.replace("__", "."): value for key, value in values.items()})
    with open(answers, "w", encoding="utf-8") as f:
        json.dump(whole, f)


def typed(sim, arguments, lines):
    """The program on a terminal of its own, which types these lines; its exit code and what was shown."""
    master, slave = pty.openpty()
    process = subprocess.Popen([PROGRAM, *arguments, *sim.options()], stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                               env=sim.home.environment | sim.environment())
    os.close(slave)
    os.write(master, "".join(line + "\n" for line in lines).encode())
    shown = b""
    while True:
        ready, _, _ = select.select([master], [], [], 120)
        try:
            piece = os.read(master, 65536) if ready else b""
        except OSError:
            piece = b""
        if not piece:
            break
        shown += piece
    code = process.wait(60)
    os.close(master)
    return code, shown.decode("utf-8", "replace")


def protected(home):
    """S3: neither database nor bucket goes by --yes alone."""
    answers = home.example("protected.json", auth__client_secret="env:CLIENT_SECRET")
    with Sim(home) as sim:
        built = sim.run("apply", answers, "--json")
        undo = result_of(built.stdout).get("undo", "")
        ok(built.returncode == 0 and "destroy" in undo and "--yes" not in undo and "--delete-data" not in undo,
           "S3: the line that undoes holds no consent", undo, said(built)[-1000:])
        headless = sim.run("destroy", answers)
        ok(headless.returncode == 64 and "--delete-data" in headless.stderr, "S3: without a terminal and --yes nothing is begun", said(headless))
        before = len(sim.exchanges())
        run = sim.run("destroy", answers, "--yes", "--json")
        result = result_of(run.stdout)
        left = "\n".join(result.get("left", []))
        ok(run.returncode == 0 and len(databases(sim)) == 1 and len(buckets(sim)) == 1, "S3: destroy --yes keeps what is protected", said(run)[-2000:])
        ok(not [w for w in sim.writes(before) if "sqladmin" in w["url"]], "S3: and does not touch its protection",
           *[w["url"] for w in sim.writes(before)])
        ok("--delete-data database" in left and "--delete-data artifacts" in left and "a month" in left,
           "S3: what is kept is listed with the word that deletes it, and its price", left)
        kept = {s["name"].rsplit("/", 1)[1] for s in ask(sim, "GET", SECRETS).get("secrets", [])}
        ok({"mlflow-db-password", "mlflow-gateway-key", "mlflow-webhook-key"} == kept, "S3: the keys of kept data are kept, and no others", kept)
        ok("services" not in ask(sim, "GET", RUN), "S3: the server goes")
        ok("VPC network mlflow: it is kept" in left and "mlflow-services: it is kept" in left, "S3: the network of the kept database stays, and is listed", left)

        names = databases(sim) + buckets(sim)
        again = sim.run("apply", answers, "--json")
        ok(again.returncode == 0 and result_of(again.stdout).get("outcome") == "proven" and databases(sim) + buckets(sim) == names,
           "S3: apply builds the server on the kept data again", said(again)[-2000:])

        run = sim.run("destroy", answers, "--yes", "--delete-data", "database", "--json")
        left = "\n".join(result_of(run.stdout).get("left", []))
        ok(run.returncode == 0 and not databases(sim) and len(buckets(sim)) == 1, "S3: each kind of data goes on its own word only", said(run)[-2000:])
        ok("final backup" in left and "$" in left, "S3: the final backup and its price are listed", left)
        wrong = sim.run("destroy", answers, "--yes", "--delete-data", "everything")
        ok(wrong.returncode == 64 and "database, artifacts" in wrong.stderr or "artifacts, database" in wrong.stderr,
           "S3: a word that is none is refused with those that are", said(wrong))


def answered(home):
    """S3: protection that was answered off and applied is off; one that was only answered is not."""
    answers = home.example("answered.json", auth__client_secret="env:CLIENT_SECRET")
    with Sim(home) as sim:
        sim.run("apply", answers)
        change(answers, database__deletion_protection=False)
        sim.run("destroy", answers, "--yes")
        ok(len(databases(sim)) == 1, "S3: an answer that was not applied changes nothing")
        sim.run("apply", answers)
        run = sim.run("destroy", answers, "--yes")
        ok(run.returncode == 0 and not databases(sim) and len(buckets(sim)) == 1, "S3: applied, --yes is enough for the database, never for the bucket",
           said(run)[-2000:])


def on_a_terminal(home):
    answers = home.example("typed.json", auth__client_secret="env:CLIENT_SECRET")
    with Sim(home) as sim:
        sim.run("apply", answers)
        before = len(sim.exchanges())
        code, shown = typed(sim, ["destroy", answers], ["yes"])
        ok(code == 64 and not sim.writes(before), "S3: on a terminal the stack's name is asked for; anything else changes nothing", code, shown)
        code, shown = typed(sim, ["destroy", answers], ["mlflow", "", ""])
        ok(code == 0 and len(databases(sim)) == 1 and len(buckets(sim)) == 1, "S3: an empty line keeps the data", code, shown[-2000:])
        code, shown = typed(sim, ["destroy", answers], ["mlflow", "database", "artifacts"] if shown.index('"database"') < shown.index('"artifacts"')
                            else ["mlflow", "artifacts", "database"])
        ok(code == 0 and not databases(sim) and not buckets(sim), "S3: the typed words delete them", code, shown[-2000:])


def main():
    with Home() as home:
        protected(home)
        answered(home)
        on_a_terminal(home)
    done()


if __name__ == "__main__":
    main()
