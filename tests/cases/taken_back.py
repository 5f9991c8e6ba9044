#!/usr/bin/env python3
"""Whoever is taken off a list that admits loses what the stack gave: people, machines, roles of the server; resources lose their labels. What others gave, and what others were given in the
same role, stays. Also after an apply that was refused halfway, and told by plan before."""
import json

from cloud_hand import ask
from drift import PROJECT, RUN, change, planned
from harness import Home, Sim, done, ok, read, result_of

ROLE, OTHER = "roles/monitoring.metricWriter", "roles/bigquery.user"
SERVICE = f"{RUN}/services/mlflow"


def members(sim, url, role, method="POST"):
    policy = ask(sim, method, f"{url}:getIamPolicy", {} if method == "POST" else None)
    return sorted(m for b in policy.get("bindings", []) if b["role"] == role and "condition" not in b for m in b["members"])


def give(sim, url, role, member, method="POST", **more):
    policy = ask(sim, method, f"{url}:getIamPolicy", {} if method == "POST" else None)
    ask(sim, "POST", f"{url}:setIamPolicy", {"policy": policy | {"version": 3, "bindings": policy.get("bindings", []) + [{"role": role, "members": [member]} | more]}})


def applied(sim, answers, name):
    run = sim.run("apply", answers, "--yes", "--json", timeout=100)
    return ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", name, run.stdout[-1500:], run.stderr)


def nothing_left(sim, answers, name):
    kept, seen = read(answers), len(sim.exchanges())
    ok(planned(sim, answers) == (0, {}) and sim.run("apply", answers).returncode == 0 and not sim.writes(seen) and read(answers) == kept, f"{name}: then nothing differs, and a re-run writes nothing",
       planned(sim, answers), *sim.writes(seen))


def roles(sim, answers):
    server = "serviceAccount:mlflow-server@demo-proj.iam.gserviceaccount.com"
    give(sim, PROJECT, ROLE, "user:ada@example.com")
    change(answers, server__roles=[])
    code, differ = planned(sim, answers)
    ok(code == 2 and differ == {"iam/role-monitoring.metricWriter": ("delete", []), "iam/role-bigquery.user": ("delete", [])}, "plan says which roles are taken back", code, differ)
    applied(sim, answers, "roles: applied")
    ok(members(sim, PROJECT, ROLE) == ["user:ada@example.com"], "the server has lost the role, who else has it keeps it", members(sim, PROJECT, ROLE))
    ok(members(sim, PROJECT, "roles/logging.logWriter") == [server], "and what it always has stays", members(sim, PROJECT, "roles/logging.logWriter"))
    nothing_left(sim, answers, "roles")
    change(answers, server__roles=["roles/logging.logWriter"])
    applied(sim, answers, "roles: one that it has anyhow is taken")
    change(answers, server__roles=[])
    applied(sim, answers, "roles: and taken off again")
    ok(members(sim, PROJECT, "roles/logging.logWriter") == [server], "it has it still", members(sim, PROJECT, "roles/logging.logWriter"))


def people(sim, answers):
    role = "roles/run.invoker"
    give(sim, SERVICE, role, "user:byhand@example.com", "GET")
    change(answers, auth__users=["grace@example.com"], auth__service_accounts=[])
    code, differ = planned(sim, answers)
    ok(code == 2 and differ == {"iam/people": ("update", [role] * 3), "iam/prover": ("update", ["roles/iam.serviceAccountTokenCreator"] * 2)},
       "plan says that one comes and two go, to the server and to its clients' account", code, differ)
    # The answers are changed once more before the first change is made whole: those of all attempts go.
    with open(answers, encoding="utf-8") as f:
        before = json.load(f)
    applied(sim, answers, "people: applied")
    who = members(sim, SERVICE, role, "GET")
    ok("user:grace@example.com" in who and "user:byhand@example.com" in who and any("prover" in m for m in who), "who is named, who was let in by hand, and the proof may enter", who)
    ok("user:operator@example.com" not in who and not any(m.startswith("serviceAccount:training@") for m in who), "who was taken off the lists may not", who)
    ok(before["resolved"]["choices"][0]["auth.service_accounts"] == ["training@demo-proj.iam.gserviceaccount.com"], "the file tells whom the stack let in", before["resolved"])
    nothing_left(sim, answers, "people")


def labelled(sim):
    """(what, labels) of everything in the store that carries the stack's mark as labels, by an independent look: Google's lists."""
    sql = ask(sim, "GET", "https://sqladmin.googleapis.com/v1/projects/demo-proj/instances")["items"]
    yield from (("sql", i["settings"].get("userLabels", {})) for i in sql)
    for what, url, items in [("bucket", "https://storage.googleapis.com/storage/v1/b?project=demo-proj", "items"),
                             ("secret", "https://secretmanager.googleapis.com/v1/projects/demo-proj/secrets", "secrets"),
                             ("repository", "https://artifactregistry.googleapis.com/v1/projects/demo-proj/locations/us-central1/repositories", "repositories"),
                             ("service", f"{RUN}/services", "services"), ("job", f"{RUN}/jobs", "jobs"),
                             ("range", "https://compute.googleapis.com/compute/v1/projects/demo-proj/global/addresses", "items")]:
        yield from ((what, i.get("labels", {})) for i in ask(sim, "GET", url)[items])


def labels(sim, answers):
    """Put on a standing stack, changed and taken off in place; what somebody else put there stays, and ours are never touched."""
    secret = "https://secretmanager.googleapis.com/v1/projects/demo-proj/secrets/mlflow-db-password"
    ask(sim, "PATCH", f"{secret}?updateMask=labels", {"labels": ask(sim, "GET", secret)["labels"] | {"theirs": "stays"}})
    for given, wanted in [(["team=ml", "cost=4711"], {"team": "ml", "cost": "4711"}), (["team=ops", "empty="], {"team": "ops", "empty": ""}), ([], {})]:
        change(answers, stack__labels=given)
        code, differ = planned(sim, answers)
        ok(code == 2 and {v for v, _ in differ.values()} == {"update"} and all("abels." in p for _, paths in differ.values() for p in paths),
           f"labels {given}: plan says that they change in place, and nothing else", code, differ)
        before = len(sim.exchanges())
        applied(sim, answers, f"labels {given}: applied")
        found = list(labelled(sim))
        ok({w for w, _ in found} == {"sql", "bucket", "secret", "repository", "service", "job", "range"}, f"labels {given}: kinds of Google's that carry them", found)
        own = [(what, {k: v for k, v in has.items() if k not in ("managed-by", "stack", "theirs", "execution", "release")}) for what, has in found]
        ok(all(has == wanted for _, has in own), f"labels {given}: all have these and no others", *own)
        ok(all(has.get("stack") == "mlflow" for what, has in found if what != "range" or wanted), f"labels {given}: beside our own", *found)
        ok(ask(sim, "GET", secret)["labels"].get("theirs") == "stays", f"labels {given}: somebody else's stays", ask(sim, "GET", secret))
        ran = [w["url"] for w in sim.writes(before) if "runExecutionToken" in json.dumps(w.get("request"))]
        ok(not ran, f"labels {given}: the migration is not run again", *ran)
        nothing_left(sim, answers, f"labels {given}")


def main():
    with Home() as home:
        answers = home.example(auth__mode="iam", auth__users=["operator@example.com"], auth__service_accounts=["training@demo-proj.iam.gserviceaccount.com"],
                               server__roles=[ROLE, OTHER])
        with Sim(home, "--world", home.file("world.json", {"services": ["*"]})) as sim:
            ask(sim, "POST", "https://iam.googleapis.com/v1/projects/demo-proj/serviceAccounts", {"accountId": "training"})
            if applied(sim, answers, "a stack with roles and people stands"):
                roles(sim, answers)
                people(sim, answers)
                labels(sim, answers)
    done()


if __name__ == "__main__":
    main()
