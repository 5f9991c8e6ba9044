#!/usr/bin/env python3
"""A stack in a cluster that others work in too: what another manager has taken over is a conflict that names it, what is put back is kept, and a Secret that
somebody emptied is filled again."""
import json
import urllib.error
import urllib.request

from drift import change
from harness import Home, Sim, done, ok, result_of

BOUND = "iam.gke.io/gcp-service-account"
CLUSTERS = "https://container.googleapis.com/v1/projects/demo-proj/locations/us-central1/clusters"


def ask(sim, method, url, body=None, kind="application/json"):
    """One request by the project's owner; status and answer."""
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode(), headers={
        "Authorization": "Bearer " + sim.ready["token"], "Content-Type": kind})
    try:
        with sim.opener().open(request, timeout=30) as reply:
            return reply.status, json.loads(reply.read() or b"{}")
    except urllib.error.HTTPError as e:
        return e.code, json.loads(e.read() or b"{}")


def namespace_of(sim):
    cluster = ask(sim, "GET", f"{CLUSTERS}/mlflow")[1]
    host = cluster["controlPlaneEndpointsConfig"]["dnsEndpointConfig"]["endpoint"]
    names = [n["metadata"]["name"] for n in ask(sim, "GET", f"https://{host}/api/v1/namespaces?labelSelector=stack%3Dmlflow")[1]["items"]]
    return host, names[0]


def apply(sim, answers):
    run = sim.run("apply", answers, "--json", "--yes", timeout=300)
    return run.returncode, result_of(run.stdout)


def whose_pods(sim, answers, account):
    """The account that pods are taken for is bound to them while it is wanted, and no longer."""
    def bound():
        return ask(sim, "GET", account)[1]["metadata"].get("annotations", {}).get(BOUND)

    change(answers, database__login="account")
    code, result = apply(sim, answers)
    ok(code == 0 and result.get("outcome") == "proven" and bound() == "mlflow-server@demo-proj.iam.gserviceaccount.com", "a login as an account binds the pods to it",
       code, result, bound())
    change(answers, database__login="password")
    code, result = apply(sim, answers)
    ok(code == 0 and result.get("outcome") == "proven" and bound() is None, "with a password again they are bound no more", code, result, bound())


def main():
    with Home() as home, Sim(home) as sim:
        answers = home.example("gke.json", target="gke", exposure="internal", auth__mode="iam")
        code, result = apply(sim, answers)
        ok(code == 0 and result.get("outcome") == "proven", "a stack in a cluster is proven", result)
        host, ns = namespace_of(sim)
        deployment = f"https://{host}/apis/apps/v1/namespaces/{ns}/deployments/mlflow"
        secret = f"https://{host}/api/v1/namespaces/{ns}/secrets/mlflow"

        status, _ = ask(sim, "PATCH", deployment + "?fieldManager=kubectl-edit", {"spec": {"progressDeadlineSeconds": 77}}, "application/merge-patch+json")
        ok(status == 200, "somebody edits the Deployment", status)
        code, result = apply(sim, answers)
        ok(code == 78 and "kubectl-edit" in result.get("message", "") and ".spec.progressDeadlineSeconds" in result.get("message", "")
           and "mlflow-setup" in result.get("fix", ""), "the conflict names both managers, and the field", code, result)
        ok(ask(sim, "GET", deployment)[1]["spec"]["progressDeadlineSeconds"] == 77, "and nothing is taken by force")

        ask(sim, "PATCH", deployment + "?fieldManager=kubectl-edit", {"spec": {"progressDeadlineSeconds": 900}}, "application/merge-patch+json")
        status, _ = ask(sim, "PATCH", secret + "?fieldManager=kubectl-edit", {"data": {"db-password": None}}, "application/merge-patch+json")
        ok(status == 200, "it is put back, and a key of the Secret is taken out", status)
        code, result = apply(sim, answers)
        ok(code == 0 and result.get("outcome") == "proven" and result.get("updated") == 1, "the Secret alone is set again", code, result)
        ok(ask(sim, "GET", secret)[1].get("data", {}).get("db-password"), "with the value that the vault keeps")
        whose_pods(sim, answers, f"https://{host}/api/v1/namespaces/{ns}/serviceaccounts/server")
    done()


if __name__ == "__main__":
    main()
