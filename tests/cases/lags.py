#!/usr/bin/env python3
"""How long it is waited for what may come by itself: as long as something is young enough for that, and no longer."""
import json

from harness import SOURCE, Home, Sim, done, ok, result_of

AGAIN = "It is made again"


def granted_for_ever(home):
    """Grants that do not spread: whoever lacks a permission then lacks it for another reason."""
    faults = home.file("never.json", [{"duration": "lag.iam", "never": True}])
    run = home.run("apply", home.example(), "--rehearse", "--json", "--faults", faults)
    events = [json.loads(line) for line in run.stdout.splitlines()]
    tries = [e for e in events if e["event"] == "step" and AGAIN in e.get("message", "")]
    result = result_of(run.stdout)
    ok(run.returncode == 3 and "storage.objects.create" in result.get("message", ""), "a grant that never spreads ends in the cloud's own words", result, run.stderr)
    ok(result["makespan"] < 1300, "some minutes after twice the time that grants take", result)
    ok(3 < len(tries) < 25, "what fails meanwhile is made again ever less often", len(tries))
    ok(all("min at most: " in e["message"] and "Permissions" in e["message"] for e in tries), "and it is said what is waited for, and how long", tries[:1])


def granted_at_last(home):
    faults = home.file("late.json", [{"duration": "lag.iam", "seconds": 420}])
    run = home.run("apply", home.example(), "--rehearse", "--json", "--faults", faults)
    ok(run.returncode == 0, "grants that spread after seven minutes are waited for", result_of(run.stdout))


def account_that_is_gone(home):
    """A default account that somebody deleted, in a project whose APIs were on before."""
    words = 'Service account "123456789012-compute@developer.gserviceaccount.com" does not exist.'
    faults = home.file("gone.json", [{"method": "POST", "path": "*/clusters", "status": 400, "count": 1000,
                                      "body": {"error": {"code": 400, "status": "INVALID_ARGUMENT", "message": words}}}])
    with open(f"{SOURCE}/examples/gke.json", encoding="utf-8") as f:
        answers = home.file("gke.json", f.read())
    with Sim(home, "--world", home.file("world.json", {"services": ["*"]}), "--faults", faults) as sim:
        run = sim.run("apply", answers, "--json")
        asked = [x for x in sim.exchanges() if x["method"] == "POST" and x["url"].split("?")[0].endswith("/clusters")]
        ok(run.returncode == 3 and words in result_of(run.stdout).get("message", ""), "an account that nobody made lately is not waited for", run.stdout[-600:], run.stderr)
        ok(len(asked) == 1, "it is asked for once", len(asked))


def name_that_is_taken(home):
    """What says that it exists, and is not there to be seen, is somebody else's: it stays so."""
    words = "The requested bucket name is not available. The bucket namespace is shared by all users of the system."
    faults = home.file("taken.json", [{"method": "POST", "path": "/storage/v1/b", "status": 409, "count": 1000,
                                       "body": {"error": {"code": 409, "message": words, "errors": [{"domain": "global", "reason": "conflict", "message": words}]}}}])
    with Sim(home, "--faults", faults) as sim:
        run = sim.run("apply", home.example(auth__client_secret="env:CLIENT_SECRET"), "--json")
        asked = {}
        for x in sim.exchanges():
            if x["method"] == "POST" and x["url"].split("?")[0].endswith("/storage/v1/b"):
                name = json.loads(x["request"])["name"] if isinstance(x.get("request"), str) else str(x.get("request", {}).get("name"))
                asked[name] = asked.get(name, 0) + 1
        fixes = [e.get("fix", "") for e in map(json.loads, run.stdout.splitlines()) if e["event"] == "step" and e["state"] == "failed" and words in e.get("message", "")]
        ok(run.returncode and words in result_of(run.stdout).get("message", ""), "a bucket's name that another has ends the run", run.stdout[-600:], run.stderr)
        ok(asked and max(asked.values()) <= 4, "after some looks", asked)
        ok(fixes and all("another name" in fix for fix in fixes), "and what helps is said", fixes)


for case in (name_that_is_taken, granted_for_ever, granted_at_last, account_that_is_gone): # each with a journal of its own
    with Home() as own:
        case(own)
done()
