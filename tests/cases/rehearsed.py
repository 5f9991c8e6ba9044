#!/usr/bin/env python3
"""What a rehearsal is: any file's own project, on a cloud of its own, with nothing written into the file."""
import json

from harness import Home, done, ok, read, result_of

with Home() as home:
    for project in ("demo-proj", "other-proj-7"):
        answers = home.example("mlflow.json", project__id=project)
        before = read(answers)
        run = home.run("apply", answers, "--rehearse", "--json")
        result = result_of(run.stdout)
        ok(run.returncode == 0 and result.get("outcome") == "proven", f"T4: {project} is rehearsed", result, run.stderr)
        built = [e["line"] for e in map(json.loads, run.stdout.splitlines()) if e["event"] == "log" and e["id"] == "image"]
        ok(built[-1:] == ["DONE"] and any(": Pushed" in line for line in built), "the build's log is shown to its last line, whichever try it was of", built)
        ok(read(answers) == before, "T4: and its file is left as it was")
        ok(all("--rehearse" in result.get(key, "") for key in ("next", "undo")), "T4: commands that follow are rehearsals too", result)
    answers = home.example("mlflow.json", exposure="domain", domain__host="mlflow.example.com", domain__zone="example-com")
    run = home.run("apply", answers, "--rehearse", "--json")
    ok(result_of(run.stdout).get("outcome") == "proven", "the zone that the answers name is there in a rehearsal", result_of(run.stdout))
    world = home.file("priced.json", {"projects": [{"id": "demo-proj", "number": "123456789012", "services": ["cloudbilling.googleapis.com"]}]})
    run = home.run("plan", home.example("mlflow.json", region="asia-south1"), "--rehearse", "--world", world, "--json")
    ok(list(json.loads(run.stdout).get("catalog", {})) == ["Cloud SQL"], "prices are the Cloud Billing catalog's where it can be asked", run.stdout[:300])
    run = home.run("plan", home.example("mlflow.json", region="us-west2"), "--rehearse", "--world", world, "--json")
    ok("catalog" not in json.loads(run.stdout), "and the table's in a region that it does not tell", run.stdout[:300])
    world = home.file("world.json", {"projects": [{"id": "elsewhere-1", "number": "42"}]})
    run = home.run("apply", answers, "--rehearse", "--world", world, "--json")
    ok(run.returncode == 77, "a world that is given has the projects that it names", run.returncode, result_of(run.stdout))
done()
