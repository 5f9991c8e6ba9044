#!/usr/bin/env python3
"""T1: another MLflow on a database that stands. The way is a backup, the writers stopped, the migration, the start, the proof; the way back is the old server and
the command that restores. A newer schema is never given to an older MLflow."""
import json
import os
import re
import shlex
import signal
import subprocess

from cloud_hand import ask
from harness import PROGRAM, Home, Sim, done, ok, read, result_of, wait_for, skip
from kill9 import dump_of, load

OLD, NEW = "3.16.1", "3.17.2"
RUN = "https://run.googleapis.com/v2/projects/demo-proj/locations/us-central1"
SQL = "https://sqladmin.googleapis.com/v1/projects/demo-proj/instances"


def answers_of(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def set_version(home, path, version):
    whole = answers_of(path)
    whole["answers"]["image.mlflow_version"] = version
    home.file("mlflow.json", whole)


def stands(home, sim):
    """A proven stack of the old release, its file then asking for the new one."""
    path = home.example(auth__client_secret="env:CLIENT_SECRET", image__mlflow_version=OLD)
    run = sim.run("apply", path, "--json")
    ok(result_of(run.stdout).get("outcome") == "proven" and answers_of(path)["resolved"].get("release") == OLD and not backups(sim, path),
       f"a stack of {OLD}: proven, its release noted, no backup", run.stdout[-1500:], run.stderr)
    set_version(home, path, NEW)
    return path


def instance(path):
    return f"mlflow-{answers_of(path)['resolved']['suffix']}"


def backups(sim, path):
    return ask(sim, "GET", f"{SQL}/{instance(path)}/backupRuns").get("items", [])


def schema(sim):
    """The release whose tables the database has."""
    return [d["doc"]["version"] if "doc" in d else d["version"] for d in dump_of(sim)["mlflow.schema"].values()]


def planned(sim, path):
    run = sim.run("plan", path, "--json")
    plan = json.JSONDecoder().raw_decode(run.stdout.strip())[0] if run.stdout.strip() else {}
    return run, {r["id"]: r for r in plan.get("resources", []) if r["verdict"] != "keep"}


def order(sim, since):
    """The writes that make the upgrade, in their order."""
    words = []
    for x in sim.writes(since):
        url = x["url"].split("?")
        words.append("backup" if url[0].endswith("/backupRuns") else "stop" if "updateMask=scaling" in x["url"] else
                     "migrate" if url[0].endswith("/jobs/mlflow-migrate") else "start" if url[0].endswith("/services/mlflow") else "")
    return [w for w in words if w]


def offered(home):
    for question, old, new in (("image.mlflow_version", OLD, NEW), ("oauth2_proxy.version", "7.15.5", "7.15.6")):
        run = home.run("plan", "--rehearse", "--json", home.example(), "--set", f"{question}={old}")
        ok(json.loads(run.stdout)["newer"] == {question: new}, f"plan: a newer {question} is offered", run.stdout[-800:], run.stderr)


def success(home):
    with Sim(home) as sim:
        path = stands(home, sim)
        run, differ = planned(sim, path)
        ok(run.returncode == 2 and differ["backup"]["verdict"] == "create" and differ["stop"]["verdict"] == "update" and
           "does not answer" in (differ["stop"].get("downtime") or "") and {"migrate", "service"} <= set(differ),
           "plan: backup, stop with its downtime, migration, start", run.stdout[-1500:], run.stderr)
        seen = len(sim.exchanges())
        run = sim.run("apply", path, "--json")
        result = result_of(run.stdout)
        ok(run.returncode == 0 and result["outcome"] == "proven", "apply: proven", run.stdout[-2500:], run.stderr)
        ok(order(sim, seen) == ["backup", "stop", "migrate", "start"], "in this order, each once", order(sim, seen))
        verdicts = [r["verdict"] for r in differ.values()]
        ok((result["created"], result["updated"]) == (verdicts.count("create"), verdicts.count("update")), "and nothing else than plan said", result, verdicts)
        kept = backups(sim, path)
        ok(len(kept) == 1 and kept[0]["status"] == "SUCCESSFUL" and f"{OLD}-before-{NEW}" in kept[0]["description"], "one backup stays, named", kept)
        ok(result.get("restore") == f"gcloud sql backups restore {kept[0]['id']} --restore-instance={instance(path)} --project=demo-proj",
           "the result tells the command that restores it", result)
        service = ask(sim, "GET", f"{RUN}/services/mlflow")
        ok(service["scaling"].get("scalingMode", "AUTOMATIC") == "AUTOMATIC" and service["scaling"].get("maxInstanceCount"), "the service scales by itself again",
           service["scaling"])
        resolved = answers_of(path)["resolved"]
        ok(resolved["release"] == NEW and "backup" not in resolved and schema(sim) == [NEW], "the release is noted, the tables are its", resolved, schema(sim))
        before, seen = read(path), len(sim.exchanges())
        run = sim.run("apply", path, "--json")
        ok(run.returncode == 0 and not sim.writes(seen) and read(path) == before, "a re-run writes nothing", *[w["url"] for w in sim.writes(seen)])
        older(home, sim, path)
        lost(home, sim, path)


def older(home, sim, path):
    set_version(home, path, OLD)
    for verb in ("plan", "apply"):
        seen, before = len(sim.exchanges()), read(path)
        run = sim.run(verb, path, "--yes") if verb == "apply" else sim.run(verb, path)
        ok(run.returncode == 78 and "cannot read" in run.stderr + run.stdout and not sim.writes(seen) and read(path) == before,
           f"{verb} of an older MLflow on newer tables: refused, nothing written", run.returncode, run.stdout, run.stderr)
    whole = answers_of(path)
    del whole["resolved"]["release"]
    home.file("mlflow.json", whole)
    seen = len(sim.exchanges())
    run = sim.run("apply", path, "--yes")
    ok(run.returncode == 78 and not sim.writes(seen), "also where the file has lost the release: the cloud tells it", run.stdout, run.stderr)


def lost(home, sim, path):
    set_version(home, path, "3.17.1")
    seen = len(sim.exchanges())
    run = sim.run("apply", path, "--json")
    ok(run.returncode == 0 and order(sim, seen) == ["migrate", "start"], "a release with the same tables: no stop and no backup", order(sim, seen), run.stdout[-1500:])


def fails(home, what, rules, later, tables):
    """The upgrade with a fault; back it goes, and on once that is mended. later: what the second try does."""
    rule_file = home.file("rules.json", [])
    with Sim(home, "--faults", rule_file) as sim:
        path = stands(home, sim)
        load(sim, rule_file, rules)
        seen = len(sim.exchanges())
        run = sim.run("apply", path, "--json")
        result = result_of(run.stdout)
        ok(run.returncode == 3 and result["outcome"] == "partly", f"{what} fails: partly", run.returncode, run.stdout[-1500:], run.stderr)
        kept = backups(sim, path)
        words = shlex.split(result.get("restore", ""))
        ok(len(kept) == 1 and words[:5] == ["gcloud", "sql", "backups", "restore", kept[0]["id"]], f"{what}: the backup stays, and the command names it", result, kept)
        ok(answers_of(path)["resolved"]["release"] == OLD, f"{what}: the release is not noted")
        load(sim, rule_file, [])
        yield sim, path, seen, kept[0]["id"]
        before = len(sim.exchanges())
        run = sim.run("apply", path, "--json")
        ok(run.returncode == 0 and result_of(run.stdout)["outcome"] == "proven" and order(sim, before) == later and schema(sim) == [tables],
           f"{what}: once mended, apply goes on", order(sim, before), schema(sim), run.stdout[-1500:], run.stderr)


def migration(home):
    rule = {"method": "PATCH", "path": "*/jobs/mlflow-migrate", "operation": {"error": {"code": 13, "message": "The execution failed: relation exists."}}, "nth": 1}
    for sim, path, seen, _ in fails(home, "migration", [rule], ["backup", "stop", "migrate", "start"], NEW):
        ok(order(sim, seen) == ["backup", "stop", "migrate", "stop"], "migration: what was stopped is started again, last", order(sim, seen))
        service = ask(sim, "GET", f"{RUN}/services/mlflow")
        ok(service["scaling"].get("scalingMode") == "AUTOMATIC" and service["scaling"]["maxInstanceCount"] > 0, "migration: the old revision scales as before",
           service["scaling"])
        ok("backup" not in answers_of(path)["resolved"], "migration: its backup is not taken for the next try's, which comes after more writes")


def proof(home):
    rule = {"method": "POST", "host": "mlflow-*.run.app", "path": "*experiments/create", "status": 500, "body": {"error": "broken"}}
    for sim, path, seen, backup in fails(home, "proof", [rule], [], NEW):
        ok(order(sim, seen) == ["backup", "stop", "migrate", "start"], "proof: the new server stays, an old one could not read the tables", order(sim, seen))
        ok(answers_of(path)["resolved"]["backup"] == backup, "proof: the backup is that of the upgrade under way")
        restored(home, sim, path, backup)


def restored(home, sim, path, backup):
    """By the command, then with the old version: the way back; and forth again."""
    operation = ask(sim, "POST", f"{SQL}/{instance(path)}/restoreBackup", {"restoreBackupContext": {"backupRunId": backup, "instanceId": instance(path)}})
    wait_for(lambda: ask(sim, "GET", operation["selfLink"])["status"] == "DONE", "the restore")
    ok(schema(sim) == [OLD], "the restore brings the old tables back", schema(sim))
    set_version(home, path, OLD)
    run = sim.run("apply", path, "--json")
    ok(run.returncode == 0 and result_of(run.stdout)["outcome"] == "proven" and schema(sim) == [OLD], "restored, the old version is proven again",
       run.stdout[-1500:], run.stderr)
    set_version(home, path, NEW)
    run = sim.run("apply", path, "--json")
    ok(run.returncode == 0 and len(backups(sim, path)) == 2, "and another upgrade takes a backup of its own", backups(sim, path), run.stdout[-1500:])


def killed(home):
    """Killed while the n-th write of the upgrade is under way, then the same again."""
    for word in ("backup", "stop", "migrate", "start"):
        with Home() as own:
            rule_file = own.file("rules.json", [])
            with Sim(own, "--faults", rule_file) as sim:
                path = stands(own, sim)
                rule = {"backup": {"method": "POST", "path": "*/backupRuns"}, "stop": {"method": "PATCH", "path": "*/services/mlflow"},
                        "migrate": {"method": "PATCH", "path": "*/jobs/mlflow-migrate"}, "start": {"method": "PATCH", "path": "*/services/mlflow"}}[word]
                load(sim, rule_file, [rule | {"nth": 2 if word == "start" else 1, "slow": 60}])
                seen = len(sim.exchanges())
                process = subprocess.Popen([PROGRAM, "apply", path, "--json", *sim.options()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                           stderr=subprocess.DEVNULL, env=own.environment | sim.environment())
                wait_for(lambda: word in order(sim, seen) or process.poll() is not None, word, 180)
                process.send_signal(signal.SIGKILL)
                process.wait()
                load(sim, rule_file, [])
                run = sim.run("apply", path, "--json")
                result = result_of(run.stdout)
                ok(run.returncode == 0 and result["outcome"] == "proven" and schema(sim) == [NEW], f"killed at {word}: the same again ends proven",
                   run.stdout[-1500:], run.stderr)
                # Nobody was stopped when the backup's reply was lost: people wrote after it, so there is another one.
                most = 2 if word == "backup" else 1
                ok(1 <= len(backups(sim, path)) <= most and result["backup_id"] == backups(sim, path)[0]["id"], f"killed at {word}: the newest backup is told",
                   backups(sim, path), result)
                seen = len(sim.exchanges())
                run = sim.run("apply", path, "--json")
                ok(run.returncode == 0 and not sim.writes(seen), f"killed at {word}: then nothing is written", *[w["url"] for w in sim.writes(seen)])


# The other targets: what differs from cloud-run.json, how each write of the upgrade is known, the fault after which the writers go on, and in which order.
TARGETS = {
    "appengine": ({"target": "appengine", "auth__mode": "iap", "appengine__for_ever": True},
                  {"stop": r"PATCH .*/versions/[^/?]+\?updateMask=servingStatus .*STOPPED", "again": r"PATCH .*/versions/[^/?]+\?updateMask=servingStatus .*SERVING",
                   "migrate": r"PATCH .*/jobs/mlflow-migrate", "start": r"POST .*/services/default/versions "},
                  {"method": "PATCH", "path": "*/jobs/mlflow-migrate", "operation": {"error": {"code": 13, "message": "The execution failed: relation exists."}}},
                  ["backup", "stop", "migrate", "start"], ["backup", "stop", "migrate", "again"]),
    "vm": ({"target": "vm", "exposure": "internal", "auth__mode": "iap"},
           {"stop": r"POST .*/instances/mlflow/stop", "migrate": r"POST .*/instances/mlflow/setMetadata", "start": r"POST .*/instances/mlflow/start"},
           {"method": "POST", "path": "*/instances/mlflow/setMetadata", "status": 403, "body": {"error": {"code": 403, "message": "Not now."}}},
           ["backup", "stop", "migrate", "start"], ["backup", "stop", "migrate", "start"]),
    "gke": ({"target": "gke", "exposure": "internal", "auth__mode": "iam"},
            {"stop": r'PATCH .*/deployments/mlflow\?.*\breplicas\W+0\b', "migrate": r"PATCH .*/jobs/migrate", "start": r'PATCH .*/deployments/mlflow\?.*\breplicas\W+1\b'},
            {"method": "PATCH", "path": "*/jobs/migrate", "status": 403, "body": {"kind": "Status", "status": "Failure", "message": "Not now.", "code": 403}},
            ["backup", "stop", "migrate", "start"], ["backup", "stop", "migrate", "start"]),
}


def written(sim, since, words):
    """The writes of an upgrade on a target, in their order; the same one again at once is one."""
    found = []
    for x in sim.exchanges()[since:]:
        line = f"{x['method']} {x['url']} {json.dumps(x.get('request'))}"
        word = "backup" if line.startswith("POST ") and x["url"].endswith("/backupRuns") else next((w for w, form in words.items() if re.match(form, line, re.S)), None)
        if word and found[-1:] != [word]:
            found.append(word)
    return found


def elsewhere(home, name):
    """The same on a target: a run that fails lets the writers go on, the next one ends proven."""
    different, words, rule, forth, back = TARGETS[name]
    rule_file = home.file("rules.json", [])
    with Sim(home, "--faults", rule_file) as sim:
        path = home.example(auth__client_secret="env:CLIENT_SECRET", image__mlflow_version=OLD, **different)
        run = sim.run("apply", path, "--json", timeout=400)
        ok(result_of(run.stdout).get("outcome") == "proven" and not backups(sim, path), f"{name}: a stack of {OLD} stands", run.stdout[-2500:], run.stderr)
        set_version(home, path, NEW)
        _, differ = planned(sim, path)
        ok("does not answer" in (differ.get("stop", {}).get("downtime") or "") and "backup" in differ, f"{name}: plan says that it stops, and saves before", list(differ))
        load(sim, rule_file, [rule])
        seen = len(sim.exchanges())
        run = sim.run("apply", path, "--json", timeout=400)
        load(sim, rule_file, [])
        ok(run.returncode not in (0, 70) and written(sim, seen, words) == back, f"{name}: a run that fails after the stop lets the old server go on",
           run.returncode, written(sim, seen, words), run.stdout[-2500:])
        ok(answers_of(path)["resolved"]["release"] == OLD and schema(sim) == [OLD], f"{name}: the tables are as they were", schema(sim))
        seen = len(sim.exchanges())
        run = sim.run("apply", path, "--json", timeout=400)
        ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven" and schema(sim) == [NEW] and written(sim, seen, words) == forth,
           f"{name}: once mended, backup, stop, migration, start, in this order", written(sim, seen, words), schema(sim), run.stdout[-2500:], run.stderr)
        seen = len(sim.exchanges())
        run = sim.run("apply", path, "--json", timeout=400)
        ok(run.returncode == 0 and not sim.writes(seen), f"{name}: a re-run writes nothing", *[w["url"] for w in sim.writes(seen)])


def on_appengine(home):
    elsewhere(home, "appengine")


def by_operator(home):
    """A machine that the operator stopped: an upgrade that fails is no reason to start it."""
    zones = "https://compute.googleapis.com/compute/v1/projects/demo-proj/aggregated/instances"
    different, _, rule, _, _ = TARGETS["vm"]
    rule_file = home.file("rules.json", [])
    with Sim(home, "--faults", rule_file) as sim:
        path = home.example(auth__client_secret="env:CLIENT_SECRET", image__mlflow_version=OLD, **different)
        run = sim.run("apply", path, "--json", timeout=400)
        ok(result_of(run.stdout).get("outcome") == "proven", "a machine stands", run.stdout[-1500:], run.stderr)
        found = [i["selfLink"] for zone in ask(sim, "GET", zones)["items"].values() for i in zone.get("instances", [])]
        machine = found[0].replace("www.googleapis", "compute.googleapis")
        ask(sim, "POST", machine + "/stop", {})
        wait_for(lambda: ask(sim, "GET", machine)["status"] == "TERMINATED", "the machine's stop")
        set_version(home, path, NEW)
        load(sim, rule_file, [rule])
        run = sim.run("apply", path, "--json", timeout=400)
        ok(run.returncode not in (0, 70) and ask(sim, "GET", machine)["status"] == "TERMINATED", "the operator's own stop is not undone by an upgrade that failed",
           run.returncode, run.stdout[-800:])


def on_vm(home):
    elsewhere(home, "vm")


def on_gke(home):
    elsewhere(home, "gke")


def main():
    import sys
    every = (offered, success, migration, on_appengine, proof, killed, on_vm, by_operator, on_gke)
    asked = [globals()[n] for n in sys.argv[1:]] or (every if os.environ.get("MLFLOW_SETUP_ALL") else every[:4])
    for scene in asked:
        with Home() as home:
            scene(home)
    if len(asked) == 4:
        skip("a proof that fails, a kill at each of its writes, a machine and a cluster", "they take minutes: MLFLOW_SETUP_ALL=1 tries them")
    done()


if __name__ == "__main__":
    main()
