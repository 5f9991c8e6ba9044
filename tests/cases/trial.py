#!/usr/bin/env python3
"""A trial's whole life: tables and files on volumes of the cluster, which grow and do not shrink, outlive another release and a destroy without their word, and are found again."""
import json
import signal
import subprocess

from cluster import ask, namespace_of
from drift import change
from harness import PROGRAM, Home, Sim, done, ok, result_of, wait_for


def go(sim, verb, answers, *options):
    run = sim.run(verb, answers, "--json", "--yes", *options, timeout=200)
    return run.returncode, result_of(run.stdout)


def guarded(sim, host, ns):
    """Whom the policy does not let in does not get to the database: a server that starts then says so, and comes up when it is let in again."""
    policy = f"https://{host}/apis/networking.k8s.io/v1/namespaces/{ns}/networkpolicies/database"
    pods = f"https://{host}/api/v1/namespaces/{ns}/pods"
    ingress = ask(sim, "GET", policy)[1]["spec"]["ingress"]

    def server():
        return ask(sim, "GET", pods + "?labelSelector=app%3Dmlflow")[1]["items"][0]["metadata"]["name"]

    def fails():
        opened = ask(sim, "GET", pods + "?labelSelector=app%3Dmlflow")[1]["items"]
        states = [c for pod in opened for c in pod["status"].get("containerStatuses", [])]
        return any(c.get("restartCount") or "terminated" in c.get("state", {}) for c in states)

    def set_to(rules):
        return ask(sim, "PATCH", policy + "?fieldManager=mlflow-setup", {"spec": {"ingress": rules}}, "application/merge-patch+json")[0]
    ok(set_to([]) == 200 and ask(sim, "DELETE", f"{pods}/{server()}")[0] == 200, "nobody is let in to the database, and the server's pod goes")
    wait_for(fails, "the next one to fail", 60)
    ok(fails(), "the next one does not get to its database")
    ok(set_to(ingress) == 200, "it is let in again")


def stopped_in_vain(sim, home, answers, host, ns):
    """A run that is killed while the server is stopped leaves that to the next one, which starts it again when it does not get further; an operator's own stop stays."""
    deployment = f"https://{host}/apis/apps/v1/namespaces/{ns}/deployments/mlflow"

    def replicas():
        return ask(sim, "GET", deployment)[1]["spec"]["replicas"]
    change(answers, image__mlflow_version="3.17.2")
    plan = sim.run("plan", answers)
    ok(plan.returncode == 2 and "there is no way back to the older release" in " ".join(plan.stdout.split()), "plan says that no backup is taken before an upgrade", plan.stdout[-2500:])
    run = subprocess.Popen([PROGRAM, "apply", answers, "--json", "--yes", *sim.options()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, env=home.environment | sim.environment())
    wait_for(lambda: run.poll() is not None or replicas() == 0, "the server's stop", 100)
    run.kill()
    run.wait()
    ok(replicas() == 0, "a run is killed while the server is stopped", run.returncode)
    rules = home.file("rules.json")
    with open(rules, "w", encoding="utf-8") as f:
        json.dump([{"method": "PATCH", "path": "*/jobs/migrate", "status": 403, "body": {"kind": "Status", "status": "Failure", "message": "Not now.", "code": 403}}], f)
    sim.process.send_signal(signal.SIGUSR2)
    code, result = go(sim, "apply", answers)
    ok(code != 0 and replicas() == 1 and "mlflow-setup/stopped" not in str(ask(sim, "GET", deployment)[1]["metadata"]["annotations"]),
       "the next one, which does not get further, starts it again", code, result)
    with open(rules, "w", encoding="utf-8") as f:
        f.write("[]")
    sim.process.send_signal(signal.SIGUSR2)


def main():
    with Home() as home, Sim(home, "--faults", home.file("rules.json", [])) as sim:
        answers = home.example("trial.json", target="gke", exposure="internal", auth__mode="iam", database__path="cluster", artifacts__mode="volume",
                               image__mlflow_version="3.16.1")
        code, result = go(sim, "apply", answers)
        ok(code == 0 and result.get("outcome") == "proven", "a trial is proven", code, result)
        host, ns = namespace_of(sim)
        inside = f"https://{host}/api/v1/namespaces/{ns}"

        guarded(sim, host, ns)

        change(answers, database__volume_gib=40)
        code, result = go(sim, "apply", answers)
        claim = ask(sim, "GET", f"{inside}/persistentvolumeclaims/database")[1]
        ok(code == 0 and result.get("updated") == 1 and claim["status"]["capacity"]["storage"] == "40Gi", "its volume grows, and nothing else changes", code, result, claim)
        change(answers, database__volume_gib=20)
        code, result = go(sim, "apply", answers)
        ok(code == 78 and "becomes no smaller" in result.get("message", ""), "and does not shrink", code, result)
        change(answers, database__volume_gib=40)

        stopped_in_vain(sim, home, answers, host, ns)
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
