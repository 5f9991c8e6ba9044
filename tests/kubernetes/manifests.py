#!/usr/bin/env python3
"""What `render` writes for a cluster, taken by a real kube-apiserver: server-side, in full, by kubectl; each pod by itself too, in a namespace that enforces
the standard "restricted". Nothing secret stands in it."""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import apiserver  # noqa: E402

from harness import Home, done, ok, skip  # noqa: E402

KINDS = {
    "internal": ({"exposure": "internal", "auth__mode": "iam", "cleanup__schedule": "daily"},
                 ["Namespace", "ServiceAccount", "Job", "CronJob", "Deployment", "Service", "Role", "RoleBinding"]),
    "connector": ({"exposure": "internal", "auth__mode": "iam", "database__path": "public"}, ["Deployment", "Job"]),
    "existing": ({"exposure": "internal", "auth__mode": "iam", "database__path": "public", "gke__cluster": "existing", "gke__name": "shared"}, ["Deployment"]),
    "trial": ({"exposure": "internal", "auth__mode": "iam", "database__path": "cluster", "artifacts__mode": "volume"},
              ["StatefulSet", "PersistentVolumeClaim", "Service", "NetworkPolicy", "Deployment", "Job"]),
    "proxy": ({"exposure": "domain", "auth__mode": "oauth2-proxy", "domain__host": "mlflow.example.com", "auth__client_secret": "env:CLIENT_SECRET"},
              ["BackendConfig", "FrontendConfig", "ManagedCertificate", "Ingress", "NetworkPolicy", "PodDisruptionBudget"]),
}


def pods(items):
    """Each workload's pod as an object of its own."""
    for i in items:
        spec = i.get("spec", {})
        template = spec["jobTemplate"]["spec"]["template"] if i["kind"] == "CronJob" else spec.get("template")
        if template:
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": i["metadata"]["name"], "namespace": i["metadata"]["namespace"]},
                   "spec": template["spec"]}


def main():
    why = apiserver.missing()
    if why:
        skip("manifests on a real API server", why)
        done()
    with Home() as home, apiserver.Apiserver() as server:
        def kubectl(*words, document=None):
            return subprocess.run(["kubectl", "--kubeconfig", f"{server.folder}/kubeconfig", *words], input=document and json.dumps(document),
                                  env={"PATH": os.environ["PATH"], "HOME": home.path}, capture_output=True, text=True, timeout=60)

        def apply(document, *words):
            return kubectl("apply", "--server-side", "--field-manager=mlflow-setup", "-f", "-", *words, document=document)

        for name, (choices, kinds) in KINDS.items():
            out = f"{home.path}/{name}"
            run = home.run("render", home.example(f"{name}.json", target="gke", **choices), "--out", out, "--quiet")
            if not ok(run.returncode == 0, f"{name}: rendered", run.stdout, run.stderr):
                continue
            with open(f"{out}/manifests.json", encoding="utf-8") as f:
                text = f.read()
            items = json.loads(text)["items"]
            there = [i["kind"] for i in items]
            ok(set(kinds) <= set(there) and "Secret" not in there and "$ref" not in text and "$secret" not in text,
               f"{name}: its objects, and no secret", there)
            first = apply({"apiVersion": "v1", "kind": "List", "items": [i for i in items if i["kind"] in ("Namespace", "ServiceAccount")]})
            ok(first.returncode == 0, f"{name}: namespace and account are made", first.stderr)
            taken = apply({"apiVersion": "v1", "kind": "List", "items": items}, "--dry-run=server")
            ok(taken.returncode == 0 and "violate" not in taken.stderr and taken.stdout.count("(server dry run)") == len(items),
               f"{name}: all of them are taken", taken.stdout, taken.stderr)
            for pod in pods(items):
                alone = apply(pod, "--dry-run=server")
                ok(alone.returncode == 0, f"{name}: the pod of {pod['metadata']['name']} keeps to restricted", alone.stderr)
            pod["spec"]["securityContext"]["runAsNonRoot"] = False
            loose = apply(pod, "--dry-run=server")
            ok(loose.returncode != 0 and "restricted" in loose.stderr, f"{name}: and one that did not would be refused", loose.stderr)
        ns = items[0]["metadata"]["name"]
        made = apply({"apiVersion": "v1", "kind": "List", "items": items})
        ok(made.returncode == 0, "the last of them stand", made.stderr)
        taken = kubectl("set", "env", "deployment/mlflow", "--namespace", ns, "--containers=mlflow", "SERVER_ADDRESS=127.0.0.1")
        again = apply({"apiVersion": "v1", "kind": "List", "items": items})
        ok(taken.returncode == 0 and again.returncode != 0 and 'conflict with "kubectl-set"' in again.stderr,
           "what kubectl set took over is a conflict that names it", taken.stderr, again.stderr)
    done()


if __name__ == "__main__":
    main()
