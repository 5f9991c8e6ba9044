#!/usr/bin/env python3
"""A trial's whole life: tables and files on volumes of the cluster, which grow and do not shrink, outlive another release and a destroy without their word, and are found again."""
from cluster import ask, namespace_of
from drift import change
from harness import Home, Sim, done, ok, result_of


def go(sim, verb, answers, *options):
    run = sim.run(verb, answers, "--json", "--yes", *options, timeout=200)
    return run.returncode, result_of(run.stdout)


def main():
    with Home() as home, Sim(home) as sim:
        answers = home.example("trial.json", target="gke", exposure="internal", auth__mode="iam", database__path="cluster", artifacts__mode="volume",
                               image__mlflow_version="3.16.1")
        code, result = go(sim, "apply", answers)
        ok(code == 0 and result.get("outcome") == "proven", "a trial is proven", code, result)
        host, ns = namespace_of(sim)
        inside = f"https://{host}/api/v1/namespaces/{ns}"

        change(answers, database__volume_gib=40)
        code, result = go(sim, "apply", answers)
        claim = ask(sim, "GET", f"{inside}/persistentvolumeclaims/database")[1]
        ok(code == 0 and result.get("updated") == 1 and claim["status"]["capacity"]["storage"] == "40Gi", "its volume grows, and nothing else changes", code, result, claim)
        change(answers, database__volume_gib=20)
        code, result = go(sim, "apply", answers)
        ok(code == 78 and "becomes no smaller" in result.get("message", ""), "and does not shrink", code, result)
        change(answers, database__volume_gib=40)

        change(answers, image__mlflow_version="3.17.2")
        code, result = go(sim, "apply", answers)
        ok(code == 0 and result.get("outcome") == "proven" and "backup" not in result, "another release is proven, and no backup is spoken of", code, result)
        change(answers, database__path="public")
        run = sim.run("validate", answers)
        ok(run.returncode == 65 and "does not move" in run.stderr, "its tables are not carried to Cloud SQL", run.returncode, run.stderr)
        change(answers, database__path="cluster")

        code, result = go(sim, "destroy", answers)
        left = "\n".join(result.get("left", []))
        ok(code == 0 and left.count("--delete-data volume") == 2 and "mlflow-db-password: it is kept" in left and "GKE cluster mlflow: it is kept" in left,
           "destroy keeps the volumes, what opens them and where they are, and says so", code, result)
        ok(ask(sim, "GET", f"{inside}/persistentvolumeclaims/database")[1].get("metadata", {}).get("uid") == claim["metadata"]["uid"], "it is the same volume")
        code, result = go(sim, "apply", answers)
        ok(code == 0 and result.get("outcome") == "proven", "a new server finds its tables again", code, result)
        code, result = go(sim, "destroy", answers, "--delete-data", "volume")
        disks = ask(sim, "GET", "https://compute.googleapis.com/compute/v1/projects/demo-proj/aggregated/disks")[1].get("items", {})
        ok(code == 0 and len(result.get("left", [])) == 1 and not [d for place in disks.values() for d in place.get("disks", [])],
           "on their word they go, and no disk stays", code, result)
    done()


if __name__ == "__main__":
    main()
