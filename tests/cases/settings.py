#!/usr/bin/env python3
"""Every question of the table is changed on proven stacks of the simulated cloud: on each of those that ask it. Either the change is refused with its reason,
and nothing is written; or plan says what will happen, apply does exactly that, after it plan finds nothing and a re-run writes nothing, and the way back is as
good. Table and combinations are walked, so that neither a new question nor a choice can be forgotten: a question for which no other value is known fails, and so
does a choice of an axis with which no stack here stands. A sample by default (MLFLOW_SETUP_SEED=N draws another), all with MLFLOW_SETUP_ALL=1; arguments name
questions, or stacks as "STACK:", or one on one as "STACK:QUESTION"."""
import json
import os
import random
import subprocess
import sys
from importlib.machinery import SourceFileLoader

from harness import BUILD, SOURCE, Home, Sim, done, ok, read, result_of, skip

MATRIX = SourceFileLoader("matrix_tool", os.path.join(SOURCE, "dev/matrix")).load_module()
# Lines of dev/matrix.tsv: together they have every choice of every axis.
STACKS = ["run-url-oauth2", "run-domain-iap", "run-url-basic-direct", "run-url-oauth2-existing", "run-url-oauth2-shared", "run-url-iam-default", "run-url-iam-github",
          "run-url-oauth2-mysql-public", "login-run-oauth2", "vm-domain-iap", "vm-domain-oauth2", "vm-internal-iap-psc", "appengine-url-iap", "appengine-domain-oauth2",
          "gke-internal-iam", "gke-domain-oauth2", "gke-existing-domain", "gke-context-iam", "trial-gke"]
AXES = ["target", "exposure", "auth.mode", "database.engine", "database.path", "database.login", "network.mode", "artifacts.mode", "gke.cluster"]
# Always tried: what once went wrong.
ALWAYS = {("run-url-oauth2", "database.maintenance_day"), ("run-url-oauth2", "server.environment"), ("vm-domain-iap", "auth.mode"), ("vm-domain-iap", "target"),
          ("run-domain-iap", "target"), ("gke-existing-domain", "stack.name"), ("gke-context-iam", "gke.kubeconfig"), ("appengine-domain-oauth2", "appengine.service"),
          ("gke-domain-oauth2", "target"), ("gke-domain-oauth2", "domain.host"), ("trial-gke", "server.cpu"), ("trial-gke", "image.packages")}
# In every world, for other values: whom an account names, another zone, another network.
NEEDS = ["account:ci-runner", "zone:other-zone:example.com"]
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
# Changes for which the server stops for a while: plan has to say so, and of no other. On a machine, and where there is one pod alone, all that change it.
STOPS = {"database.tier", "database.availability", "database.flags", "database.login", "database.slow_query_ms"}
ALONE = {"machine", "deployment", "database", "managed-certificate"}
# Answers from which no request may follow.
SILENT = {"auth.client_secret", "iap.client_secret", "run.kept_revisions", "appengine.kept_versions", "appengine.for_ever", "image.digest", "gke.kubeconfig", "gke.context"}
# Which cannot be taken back: another name is another stack, and a volume becomes no smaller.
FORWARD = {"stack.name", "database.volume_gib", "artifacts.volume_gib"}


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


def also(id_, now):
    """What is said beside another value than the one of now."""
    return {"target": "run"} if id_ == "target" and now == "appengine" else ALSO.get(id_, {})


def other_value(question, now, good):
    """A value that is not the one of now, as --set takes it; None when none is known."""
    if question["id"] == "target":
        return also("target", now)["target"]
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


def change(sim, answers, question, value, types, now):
    """One question's change on a standing stack, written into its file as an operator would, and back. False when the stack is of no use for others after it."""
    id_, seen = question["id"], sim.seen()
    with open(answers, encoding="utf-8") as f:
        whole = json.load(f)
    before = json.dumps(whole)
    whole["answers"].update(also(id_, now))
    whole["answers"][id_] = typed(types[id_], value)
    sim.home.file(os.path.basename(answers), whole)
    kept = read(answers)
    code, differ, downtime, reasons, keeps, said = planned(sim, answers)
    if code not in (0, 2) or "refuse" in differ.values():
        r = sim.run("apply", answers, "--yes", timeout=300)
        words = " ".join((r.stdout + r.stderr).split())
        ok(r.returncode in (64, 65, 66, 77, 78) and len(r.stderr + r.stdout) > 20 and (not reasons or any(reason[:60] in words for reason in reasons)) and not sim.writes(seen) and read(answers) == kept,
           f"{id_}={value}: refused with its reason, and nothing is written", r.returncode, r.stderr, said, *sim.writes(seen))
        sim.home.file(os.path.basename(answers), json.loads(before))
        return True
    ok(code == 2 or id_ in SILENT, f"{id_}={value}: plan saw that something changes", code, said)
    if "replace" in differ.values() and id_ not in FORWARD:
        consent(sim, answers, id_, differ, keeps)
    if not applied(sim, answers, id_, differ):
        return False
    stops = id_ in STOPS or bool(ALONE & {r for r, verdict in differ.items() if verdict == "update"})
    ok(not downtime or stops, f"{id_}: and no more downtime than there is", downtime, differ)
    ok(downtime or id_ not in STOPS or "sql" not in differ, f"{id_}: nor less", differ)
    if not settled(sim, answers, id_):
        return False
    if id_ in FORWARD:
        return id_ != "stack.name"
    whole = json.loads(before)
    with open(answers, encoding="utf-8") as f:
        whole["resolved"] = json.load(f)["resolved"]
    sim.home.file(os.path.basename(answers), whole)
    r = sim.run("apply", answers, "--yes", "--json", timeout=400)
    back = planned(sim, answers)
    return ok(r.returncode == 0 and result_of(r.stdout).get("outcome") == "proven" and back[0] == 0, f"{id_}: and the way back is as good", back, r.stdout[-1500:], r.stderr)


def consent(sim, answers, id_, differ, keeps):
    """What keeps data is not replaced without consent; what else is, is made anew of itself."""
    if not {r for r, verdict in differ.items() if verdict == "replace"} & keeps:
        return
    seen = sim.seen()
    r = sim.run("apply", answers, "--json", timeout=300)
    ok(r.returncode == 78 and not sim.writes(seen), f"{id_}: what is replaced wants consent", r.returncode, r.stderr)


def applied(sim, answers, id_, differ):
    """It comes to be as plan said. What comes with something else is not made a second time, but changed at most: fewer creates are as good."""
    r = sim.run("apply", answers, "--yes", "--json", timeout=400)
    result = result_of(r.stdout)
    if not ok(r.returncode == 0 and result.get("outcome") == "proven", f"{id_}: applied and proven", differ, result, r.stdout[-1500:], r.stderr):
        return False
    did = {"create": result.get("created", 0), "update": result.get("updated", 0), "delete": result.get("deleted", 0)}
    counts = {v: list(differ.values()).count(v) for v in [*did, "replace"]}
    spare = {"create": counts["replace"], "delete": counts["replace"], "update": counts["replace"] + max(0, counts["create"] - did["create"])}
    return ok(counts["update"] <= did["update"] + counts["replace"] and all(n <= counts[v] + spare[v] for v, n in did.items()), f"{id_}: that is what plan said", f"said {differ}",
              f"did {did}")


def settled(sim, answers, id_):
    kept, seen = read(answers), sim.seen()
    code, differ, *_, said = planned(sim, answers)
    good = ok(code == 0, f"{id_}: then plan finds nothing", differ, said)
    again = sim.run("apply", answers, "--json", timeout=400)
    wrote = [w for w in sim.writes(seen) if not w["url"].endswith("proof.txt")]  # the proof's own file, where clients keep theirs
    return ok(again.returncode == 0 and not wrote and read(answers) == kept, f"{id_}: and a re-run writes nothing", again.stderr,
              *[f"{w['method']} {w['url']}" for w in wrote]) and good


def typed(kind, value):
    return {"bool": lambda: value == "true", "int": lambda: int(value), "list": lambda: [v for v in value.split(",") if v]}.get(kind, lambda: value)()


def planned(sim, answers):
    """Exit code of plan, the verdict of each resource that is not kept, what it says of downtime, why it refuses, what keeps data, and standard error."""
    run = sim.run("plan", answers, "--json", timeout=300)
    text, plan = run.stdout.strip(), {}
    while text.startswith("{"):
        value, end = json.JSONDecoder().raw_decode(text)
        text = text[end:].strip()
        plan = value if isinstance(value.get("resources"), list) else plan
    resources = plan.get("resources", [])
    return (run.returncode, {r["id"]: r["verdict"] for r in resources if r["verdict"] != "keep"}, [r["downtime"] for r in resources if r.get("downtime")],
            [r["reason"] for r in resources if r["verdict"] == "refuse"], {r["id"] for r in resources if r["keeps_data"]}, run.stderr)


def asked(answers):
    """Ids of the questions that this file asks."""
    tool = subprocess.run([os.path.join(BUILD, "tests/plan/answers-tool"), "asked"], input=json.dumps(json.loads(read(answers))) + "\n", capture_output=True, text=True, timeout=60,
                          check=True)
    return tool.stdout.split()


def chosen(stack, questions):
    """Those of a stack's questions that are tried now."""
    named = [a.partition(":") if ":" in a else ("", ":", a) for a in sys.argv[1:]]
    if named:
        return [q for q in questions if any(s in ("", stack) and i in ("", q["id"]) for s, _, i in named)]
    if os.environ.get("MLFLOW_SETUP_ALL"):
        return questions
    sample = random.Random(os.environ.get("MLFLOW_SETUP_SEED", "1") + stack).sample(questions, 2)
    return [q for q in questions if (stack, q["id"]) in ALWAYS or q in sample]


def stacks():
    """Those that are tried now: two more than what is always, by default."""
    named = {a.partition(":")[0] for a in sys.argv[1:] if ":" in a} - {""}
    if named or len(sys.argv) > 1 or os.environ.get("MLFLOW_SETUP_ALL"):
        return [s for s in STACKS if not named or s in named]
    always = {s for s, _ in ALWAYS}
    return [s for s in STACKS if s in always or s in random.Random(os.environ.get("MLFLOW_SETUP_SEED", "1")).sample(STACKS, 2)]


class Walk:
    """Stacks, one after the other; which questions have been changed where, and how."""

    def __init__(self, home):
        self.home, self.good, self.tried = home, good_values(), set()
        self.questions = {q["id"]: q for q in (json.loads(line) for line in home.run("questions", "--json").stdout.splitlines())}
        self.types = {i: q["type"] for i, q in self.questions.items()}
        self.rows = {name: (needs, sets) for name, needs, sets in MATRIX.combinations()}

    def stand(self, name, sim, needs, sets):
        MATRIX.prepare_world(sim, needs)
        # somebody beside the operator: else nothing follows from who may make tokens
        path = self.home.example("mlflow.json", auth__client_secret="env:CLIENT_SECRET", auth__users=["operator@example.com", "ada@example.com"])
        r = sim.run("apply", path, "--yes", "--json", "--wait", "0", *MATRIX.options(sets), timeout=400)
        good = ok(r.returncode == 0 and result_of(r.stdout).get("outcome") == "proven", f"{name} stands and is proven", r.stdout[-1500:], r.stderr)
        return path if good else None

    def stack(self, name, left):
        """Changes what is left to try on a stack of this name, as long as that is of use. The rest; None at first, for all that is chosen."""
        needs, sets = self.rows[name]
        needs = [*needs, "api:compute", "api:dns", "api:iam", *NEEDS]
        world = self.home.file("world.json", MATRIX.world_of(needs))
        with Sim(self.home, "--world", world) as sim:
            path = self.stand(name, sim, [n for n in needs if not n.startswith("api:")], sets)
            if not path:
                return []
            left = chosen(name, [self.questions[i] for i in asked(path)]) if left is None else left
            while left:
                q = left.pop(0)
                now = json.loads(read(path))["answers"].get(q["id"], q["default"])
                value = other_value(q, now, self.good)
                self.tried.add(q["id"])
                if value is None:
                    ok(False, f"{name}: {q['id']}: there is another value to try", now)
                elif not change(sim, path, q, value, self.types, now):
                    break
        return left


def all_stand(walk):
    """Every choice of every axis stands in one of the stacks."""
    with_defaults = {}
    for name in STACKS:
        path = walk.home.example(f"{name}.json")
        r = walk.home.run("render", path, "--out", walk.home.file(name), *MATRIX.options(walk.rows[name][1]))
        ok(r.returncode in (0, 2), f"{name} is a combination that is possible", r.stderr)
        for word in walk.rows[name][1]:
            axis, _, value = word.partition("=")
            with_defaults.setdefault(axis, set()).add(value)
    for axis in AXES:
        q = walk.questions[axis]
        missing = {c["id"] for c in q["choices"] if not c.get("later")} - with_defaults.get(axis, set()) - {q["default"]} - set(json.loads(read(walk.home.example()))["answers"][axis].split())
        ok(not missing, f"every {axis} stands somewhere here", missing)


def main():
    with Home() as home:
        walk = Walk(home)
        all_stand(walk)
        for name in stacks():
            left = walk.stack(name, None)
            while left:  # what a failure or another target left is no place for the others
                left = walk.stack(name, left)
        others = set(walk.questions) - walk.tried
        if not others or os.environ.get("MLFLOW_SETUP_ALL"):
            ok(not others, "every question is asked by one of the stacks", sorted(others))
        else:
            skip(f"the other {len(others)} questions, and those on other stacks", "they take most of an hour: MLFLOW_SETUP_ALL=1 changes all on each")
    done()


main()
