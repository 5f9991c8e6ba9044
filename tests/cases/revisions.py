#!/usr/bin/env python3
"""Older revisions of a Cloud Run service: the youngest stay, as many as the answers say; one that has a tag stays however old it is, and its tag with it. Plan
says what goes, and a re-run has nothing to do."""
import json

from cloud_hand import ask
from harness import Home, Sim, done, ok, result_of

SERVICE = "https://run.googleapis.com/v2/projects/demo-proj/locations/us-central1/services/mlflow"


def revisions(sim):
    """Names, the oldest first."""
    found = ask(sim, "GET", f"{SERVICE}/revisions?pageSize=100")["revisions"]
    return [r["name"].rsplit("/", 1)[1] for r in sorted(found, key=lambda r: r["createTime"])]


def planned(sim, answers):
    run = sim.run("plan", answers, "--json")
    plan = json.JSONDecoder().raw_decode(run.stdout.strip())[0]
    return run.returncode, next((r["verdict"], [d["path"] for d in r["differences"]]) for r in plan["resources"] if r["id"] == "revisions")


def change(home, sim, **answers):
    path = home.path + "/mlflow.json"
    with open(path, encoding="utf-8") as f:
        whole = json.load(f)
    whole["answers"].update({key.replace("__", "."): value for key, value in answers.items()})
    home.file("mlflow.json", whole)
    said = planned(sim, path)
    run = sim.run("apply", path, "--json")
    ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", f"{answers} is applied", run.stdout[-1500:], run.stderr)
    return said, result_of(run.stdout)


def main():
    with Home() as home, Sim(home) as sim:
        path = home.example(auth__client_secret="env:CLIENT_SECRET", run__kept_revisions=2)
        run = sim.run("apply", path, "--json")
        ok(run.returncode == 0, "a stack that keeps two", run.stdout[-1500:], run.stderr)
        first = revisions(sim)[0]
        service = ask(sim, "GET", SERVICE)
        traffic = service["traffic"] + [{"type": "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION", "revision": first, "tag": "first"}]
        ask(sim, "PATCH", f"{SERVICE}?updateMask=traffic", {"traffic": traffic})
        for n in (41, 42, 43):
            change(home, sim, server__concurrency=n)
        ok(len(revisions(sim)) == 4 and first in revisions(sim), "the one that serves, two older ones, and the one with a tag", revisions(sim))
        oldest = revisions(sim)[1]
        said, result = change(home, sim, server__concurrency=44)
        ok(said[1][0] == "update" and oldest in said[1][1], "plan says which one goes when there will be another", said)
        ok(result["updated"] == 2, "the service and its revisions are what changed", result)
        now = revisions(sim)
        ok(len(now) == 4 and first in now and oldest not in now, "the oldest without a tag went", now)
        tags = [t.get("tag") for t in ask(sim, "GET", SERVICE)["traffic"]]
        ok("first" in tags, "the tag is still there", tags)
        seen = len(sim.exchanges())
        run = sim.run("apply", path, "--json")
        ok(run.returncode == 0 and not sim.writes(seen), "a re-run writes nothing", *[w["url"] for w in sim.writes(seen)])
        said, _ = change(home, sim, run__kept_revisions=0)
        ok(said == (2, ("update", [now[1], now[2]])) or (said[0] == 2 and sorted(said[1][1]) == sorted(now[1:3])), "to keep none: plan names all of them", said, now)
        ok(revisions(sim) == [first, now[3]], "and only the tag and the traffic are left", revisions(sim))
        deployed_by_others(home, sim, path)
    done()


def deployed_by_others(home, sim, path):
    """T8: a service that others deployed many times: all that are too many go, each by a request of its own, and nobody is said to change anything meanwhile."""
    template = ask(sim, "GET", SERVICE)["template"]
    for n in range(50):
        ask(sim, "PATCH", f"{SERVICE}?updateMask=template", {"template": template | {"maxInstanceRequestConcurrency": 100 + n}})
    sim.let_pass(600)
    many = len(revisions(sim))
    run = sim.run("apply", path, "--json")
    ok(many > 50 and run.returncode == 0, "T8: many older revisions go", many, result_of(run.stdout), run.stderr)
    ok(len(revisions(sim)) == 2, "T8: and the tag's and the traffic's are left", revisions(sim))
    seen = len(sim.exchanges())
    run = sim.run("apply", path, "--json")
    ok(run.returncode == 0 and not sim.writes(seen), "T8: a re-run writes nothing", *[w["url"] for w in sim.writes(seen)])


main()
