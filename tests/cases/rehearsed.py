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
        ok("--rehearse" in result.get("next", "") and "undo" not in result, "T4: the command that follows is a rehearsal too, and there is nothing to undo", result)
    faults = home.file("faults.json", [{"method": "POST", "path": "*/instances", "status": 403,
                                            "body": {"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}}])
    run = home.run("apply", home.example("mlflow.json"), "--rehearse", "--faults", faults)
    said = run.stdout + run.stderr
    ok(run.returncode == 3 and "begins anew" in said and "nothing was built" in said, "a rehearsal that fails says that nothing of it stays", said[-900:])
    ok("is kept" not in said and "goes on from" not in said and "To undo" not in said, "and promises nothing that the next one does not find", said[-900:])
    existing = {"network__mode": "existing", "network__name": "corp", "network__subnet": "apps"}
    zone = {"exposure": "domain", "domain__host": "mlflow.example.com", "domain__zone": "example-com"}
    vm = {"target": "vm", "exposure": "internal", "auth__mode": "iap"}
    gke = {"target": "gke", "exposure": "internal", "auth__mode": "iam"}
    people = {"auth__service_accounts": ["runner@demo-proj.iam.gserviceaccount.com", "trainer@other-proj.iam.gserviceaccount.com"]}
    GIVEN = { # by what the answers name
        "zone, accounts, role, a secret's version": zone | people | {"server__roles": ["projects/demo-proj/roles/reader"], "auth__client_secret": "secret:projects/other-proj/secrets/client/versions/3"},
        "network, subnet, connector": existing | {"network__connector": "link", "database__range": "10.2.0.0/20"},
        "Cloud NAT": existing | vm,
        "Cloud NAT of the default network": {"network__mode": "default"} | vm,
        "secondary ranges": existing | gke | {"network__pods_range": "pods", "network__services_range": "services"},
        "Shared VPC": {"network__mode": "shared", "network__host_project": "net-proj", "network__name": "hub", "network__subnet": "apps"},
        "cluster in that network": existing | gke | {"gke__cluster": "existing", "gke__name": "shared", "gke__location": "us-central1-a"},
    }
    for what, said in GIVEN.items():
        run = home.run("apply", home.example("mlflow.json", **said), "--rehearse", "--json")
        result = result_of(run.stdout)
        ok(run.returncode == 0 and result.get("outcome") == "proven", f"a rehearsal has what the answers name: {what}", result, run.stderr)
    answers = home.example("mlflow.json", **zone)
    world = home.file("priced.json", {"projects": [{"id": "demo-proj", "number": "123456789012", "services": ["cloudbilling.googleapis.com"]}]})
    run = home.run("plan", home.example("mlflow.json", region="asia-south1"), "--rehearse", "--world", world, "--json")
    ok(list(json.loads(run.stdout).get("catalog", {})) == ["Cloud SQL"], "prices are the Cloud Billing catalog's where it can be asked", run.stdout[:300])
    run = home.run("plan", home.example("mlflow.json", region="us-west2"), "--rehearse", "--world", world, "--json")
    ok("catalog" not in json.loads(run.stdout), "and the table's in a region that it does not tell", run.stdout[:300])
    world = home.file("world.json", {"projects": [{"id": "elsewhere-1", "number": "42"}]})
    run = home.run("apply", answers, "--rehearse", "--world", world, "--json")
    ok(run.returncode == 77, "a world that is given has the projects that it names", run.returncode, result_of(run.stdout))
done()
