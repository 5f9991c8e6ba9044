#!/usr/bin/env python3
"""Every question of the table is changed on a proven stack of the simulated cloud. Either the change is refused with its reason, and nothing is written; or plan
says what will happen, apply does exactly that, and after it plan finds nothing and a re-run writes nothing. The table itself is walked, so that a new question
cannot be forgotten: one for which no other value is known fails. A sample by default (MLFLOW_SETUP_SEED=N draws another), all with MLFLOW_SETUP_ALL=1,
those that are named as arguments otherwise."""
import json
import os
import random
import sys

from harness import SOURCE, Home, Sim, done, ok, read, result_of, skip

# The answers of each standing stack, beside its example's; a question is changed on the first that asks it.
STACKS = {
    "run": ("cloud-run", {}, ["zone:example-com:example.com", "account:ci-runner"]),
    "run-domain-iap": ("cloud-run", {"exposure": "domain", "domain.host": "mlflow.example.com", "domain.zone": "example-com", "auth.mode": "iap",
                                     "auth.groups": ["ml@example.com"]}, ["zone:example-com:example.com", "zone:other-zone:example.com"]),
    "run-basic": ("cloud-run", {"auth.mode": "basic"}, []),
    "run-existing": ("cloud-run", {"network.mode": "existing", "network.name": "corp", "network.subnet": "apps"}, ["network:corp:apps:10.1.0.0/24"]),
    "run-github": ("cloud-run", {"auth.mode": "iam", "ci.service": "github", "github.repository": "example/models", "github.repository_id": "1296268"}, []),
    "gke-existing": ("existing-cluster", {"gke.name": "other"}, ["cluster:shared:us-central1-a", "cluster:other:us-central1-a"]),
    "appengine": ("appengine", {}, []),
    "vm": ("vm", {}, ["zone:example-com:example.com"]),
}
# What else has to be said for another value to be possible.
ALSO = {
    "target": {"target": "appengine", "auth.mode": "iap", "appengine.for_ever": True},
    "exposure": {"domain.host": "mlflow.example.com", "domain.zone": "example-com"},
    "database.log_days": {},
    "database.maintenance_hour": {"database.maintenance_day": "sunday"},
    "database.maintenance_track": {"database.maintenance_day": "sunday"},
    "server.min_instances": {"server.max_instances": 3},
    "server.jobs": {"server.memory": "4Gi", "server.workers": 1, "server.cpu_always": True, "server.min_instances": 1},
    "cleanup.hour": {"cleanup.schedule": "weekly"},
    "cleanup.older_than_days": {"cleanup.schedule": "weekly"},
    "server.archive_traces_days": {"server.jobs": True, "server.memory": "4Gi", "server.workers": 1, "server.cpu_always": True, "server.min_instances": 1},
    "server.memory": {"server.memory": "4Gi"},
    "server.workers": {"server.workers": 1},
    "auth.issuer": {"auth.provider": "okta", "auth.client_id": "0oa1b2c3d4E5f6G7h8i9"},
    "auth.issuer_vouches": {"auth.provider": "oidc", "auth.issuer": "https://id.example.com", "auth.client_id": "mlflow"},
    "iap.client_id": {"iap.client_secret": "env:CLIENT_SECRET"},
    "appengine.kept_versions": {"appengine.kept_versions": 1},
    "iap.client_secret": {"iap.client_id": "9-x.apps.googleusercontent.com"},
}
# Changes for which the server stops for a while: plan has to say so, and of no other.
STOPS = {"database.tier", "database.availability", "database.flags", "database.login", "database.slow_query_ms", "vm.machine_type"}
# Those after which the stack would not ask the others any more.
BACK = {"target", "database.login", "exposure", "auth.mode", "stack.name", "artifacts.mode", "server.gateway"}
# Answers from which no request follows.
SILENT = {"network.nat", "network.pods_range", "network.services_range", "network.host_project",  # no stack here asks them
          "gke.kubeconfig", "gke.context",  # tests/cases/context.py does
          "auth.client_secret", "iap.client_secret", "run.kept_revisions", "appengine.kept_versions", "appengine.for_ever", "image.digest"}


def good_values():
    """The good values of tests/plan/values.tsv for each question that has a row."""
    values = {}
    with open(os.path.join(SOURCE, "tests/plan/values.tsv"), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                id_, sense, value = (line.rstrip("\n").split("\t") + [""])[:3]
                if sense == "good":
                    values.setdefault(id_, []).append(value)
    return values


def other_value(question, now, good):
    """A value that is not the one of now, as --set takes it; None when none is known."""
    if question["id"] in ALSO and question["id"] in ALSO[question["id"]]:
        return text_of(ALSO[question["id"]][question["id"]])
    if question["type"] == "bool":
        return "false" if now else "true"
    if question["type"] == "int":
        return str(now + 1 if now < question["max"] else now - 1)
    if question["type"] == "choice":
        return next((c["id"] for c in question["choices"] if c["id"] != now and not c.get("later")), None)
    return next((value for value in good.get(question["id"], []) if value != text_of(now)), None)


def text_of(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else "" if value is None else str(value)


def change(sim, answers, question, value, types):
    """One question's change on a standing stack, written into its file as an operator would. False when the stack is of no use for others after it."""
    id_, seen = question["id"], len(sim.exchanges())
    with open(answers, encoding="utf-8") as f:
        whole = json.load(f)
    before = json.dumps(whole)
    whole["answers"].update({k: v for k, v in ALSO.get(id_, {}).items()})
    whole["answers"][id_] = typed(types[id_], value)
    sim.home.file(os.path.basename(answers), whole)
    kept = read(answers)
    code, differ, downtime, reasons, said = planned(sim, answers)
    if code not in (0, 2) or "refuse" in differ.values():
        r = sim.run("apply", answers, "--yes", timeout=300)
        words = " ".join((r.stdout + r.stderr).split())
        ok(r.returncode in (64, 65, 77, 78) and len(r.stderr) > 20 and (not reasons or any(reason[:60] in words for reason in reasons)) and not sim.writes(seen) and read(answers) == kept,
           f"{id_}={value}: refused with its reason, and nothing is written", r.returncode, r.stderr, said, *sim.writes(seen))
        sim.home.file(os.path.basename(answers), json.loads(before))
        return True
    ok(code == 2 or id_ in SILENT, f"{id_}={value}: plan saw that something changes", code, said)
    if "replace" in differ.values():
        r = sim.run("apply", answers, "--json", timeout=300)
        ok(r.returncode == 78 and not sim.writes(seen), f"{id_}: what is replaced wants consent", r.returncode, r.stderr)
    r = sim.run("apply", answers, "--yes", "--json", timeout=400)
    result = result_of(r.stdout)
    if not ok(r.returncode == 0 and result.get("outcome") == "proven", f"{id_}: applied and proven", differ, result, r.stdout[-1500:], r.stderr):
        return False
    did = {"create": result.get("created", 0), "update": result.get("updated", 0), "delete": result.get("deleted", 0)}
    counts = {v: list(differ.values()).count(v) for v in [*did, "replace"]}
    # What comes with something else is not made a second time: fewer creates are as good.
    ok(all((counts[v] <= n or v == "create") and n <= counts[v] + counts["replace"] for v, n in did.items()), f"{id_}: that is what plan said", f"said {differ}", f"did {did}")
    ok(bool(downtime) == (id_ in STOPS), f"{id_}: and whether the server stops for it", downtime)
    kept, seen = read(answers), len(sim.exchanges())
    code, differ, _, _, said = planned(sim, answers)
    ok(code == 0, f"{id_}: then plan finds nothing", differ, said)
    again = sim.run("apply", answers, "--json", timeout=400)
    wrote = [w for w in sim.writes(seen) if not w["url"].endswith("proof.txt")]  # the proof's own file, where clients keep theirs
    ok(again.returncode == 0 and not wrote and read(answers) == kept, f"{id_}: and a re-run writes nothing", again.stderr, *[f"{w['method']} {w['url']}" for w in wrote])
    if id_ in BACK:
        whole = json.loads(before)
        with open(answers, encoding="utf-8") as f:
            whole["resolved"] = json.load(f)["resolved"]
        sim.home.file(os.path.basename(answers), whole)
        r = sim.run("apply", answers, "--yes", "--json", timeout=400)
        return ok(r.returncode == 0 and result_of(r.stdout).get("outcome") == "proven", f"{id_}: and the way back is as good", r.stdout[-1500:], r.stderr)
    return True


def typed(kind, value):
    return {"bool": lambda: value == "true", "int": lambda: int(value), "list": lambda: [v for v in value.split(",") if v]}.get(kind, lambda: value)()


def planned(sim, answers):
    """Exit code of plan, the verdict of each resource that is not kept, what it says of downtime, why it refuses, and standard error."""
    run = sim.run("plan", answers, "--json", timeout=300)
    text, plan = run.stdout.strip(), {}
    while text.startswith("{"):
        value, end = json.JSONDecoder().raw_decode(text)
        text = text[end:].strip()
        plan = value if isinstance(value.get("resources"), list) else plan
    resources = plan.get("resources", [])
    return (run.returncode, {r["id"]: r["verdict"] for r in resources if r["verdict"] != "keep"}, [r["downtime"] for r in resources if r.get("downtime")],
            [r["reason"] for r in resources if r["verdict"] == "refuse"], run.stderr)


def stack_file(home, name, example, answers):
    with open(os.path.join(SOURCE, f"examples/{example}.json"), encoding="utf-8") as f:
        whole = json.load(f)
    whole["answers"].update(answers)
    if "auth.client_secret" in whole["answers"] and whole["answers"]["auth.client_secret"] == "prompt":
        whole["answers"]["auth.client_secret"] = "env:CLIENT_SECRET"
    return home.file(f"{name}.json", whole)


def chosen_of(questions):
    if len(sys.argv) > 1:
        return set(sys.argv[1:])
    if os.environ.get("MLFLOW_SETUP_ALL"):
        return {q["id"] for q in questions}
    always = ["database.maintenance_day", "server.environment"]
    rest = sorted(q["id"] for q in questions if q["id"] not in always)
    return {*always, *random.Random(int(os.environ.get("MLFLOW_SETUP_SEED", "1"))).sample(rest, 2)}


def main():
    good = good_values()
    with Home() as home:
        questions = [json.loads(line) for line in home.run("questions", "--json").stdout.splitlines()]
        chosen, left = chosen_of(questions), []
        types = {q["id"]: q["type"] for q in questions}
        where = {q["id"]: stack_of(q) for q in questions}
        for name in STACKS:
            mine = [q for q in questions if q["id"] in chosen and where[q["id"]] == name]
            while mine:  # what a failure left is no place for the others
                on_stack(home, name, mine, good, types)
        left = [q["id"] for q in questions if q["id"] not in chosen]
        if left:
            skip(f"the other {len(left)} questions", "they take minutes: MLFLOW_SETUP_ALL=1 changes them all")
    done()


# Questions that Cloud Run's reference stack does not ask, by the beginning of their id.
ELSEWHERE = {"iap.": "run-domain-iap", "auth.groups": "run-domain-iap", "domain.": "run-domain-iap", "basic.": "run-basic", "appengine.": "appengine",
             "vm.": "vm", "github.": "run-github", "gke.": "gke-existing", "network.name": "run-existing", "network.subnet": "run-existing", "network.connector": "run-existing"}


def stack_of(question):
    return next((stack for start, stack in ELSEWHERE.items() if question["id"].startswith(start)), "run")


def on_stack(home, name, questions, good, types):
    from importlib.machinery import SourceFileLoader
    matrix = SourceFileLoader("matrix_tool", os.path.join(SOURCE, "dev/matrix")).load_module()
    example, answers, needs = STACKS[name]
    services = ["compute.googleapis.com", "container.googleapis.com", "dns.googleapis.com", "iam.googleapis.com"] if needs else []
    world = home.file("world.json", {"projects": [{"services": services}]})
    with Sim(home, "--world", world) as sim:
        matrix.prepare_world(sim, needs)
        path = stack_file(home, name, example, answers)
        r = sim.run("apply", path, "--yes", "--json", timeout=400)
        if not ok(r.returncode == 0 and result_of(r.stdout).get("outcome") == "proven", f"{name} stands and is proven", r.stdout[-1500:], r.stderr):
            questions.clear()
        while questions:
            q = questions.pop(0)
            with open(path, encoding="utf-8") as f:
                now = json.load(f)["answers"].get(q["id"], q["default"])
            value = other_value(q, now, good)
            if value is None:
                ok(False, f"{q['id']}: there is another value to try", now)
            elif not change(sim, path, q, value, types):
                return


main()
