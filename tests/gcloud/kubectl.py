#!/usr/bin/env python3
"""A simulated cluster's own API, driven by kubectl through the simulated cloud's proxy: the manifests' kinds, applied from the client and from
the server, with owners, conflicts and refusals in the words of Kubernetes."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
from cloud_hand import ask  # noqa: E402
from harness import Home, Sim, done, ok, wait_for  # noqa: E402

CLUSTERS = "https://container.googleapis.com/v1/projects/demo-proj/locations/us-central1/clusters"


def pod(image="nginx:1.27", **more):
    container = {"name": "mlflow", "image": image, "ports": [{"containerPort": 5000}], "env": [{"name": "A", "value": "b"}]}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]} | more}


def deployment(**spec):
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "mlflow"},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": pod()} | spec}


def named(version, kind, name, **more):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "mlflow"}} | more


KINDS = [
    named("v1", "ServiceAccount", "sa1"),
    named("v1", "Secret", "s1", data={"k": "dg=="}),
    named("v1", "ConfigMap", "c1", data={"k": "v"}),
    deployment(),
    named("batch/v1", "Job", "j1", spec={"template": pod("busybox", restartPolicy="Never")}),
    named("batch/v1", "CronJob", "cj1", spec={"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": pod("busybox", restartPolicy="Never")}}}),
    named("v1", "Service", "svc1", spec={"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 5000}]}),
    named("networking.k8s.io/v1", "Ingress", "i1",
          spec={"rules": [{"host": "a.example.com", "http": {"paths": [
              {"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "svc1", "port": {"number": 80}}}}]}}]}),
    named("networking.k8s.io/v1", "NetworkPolicy", "np1", spec={"podSelector": {}, "policyTypes": ["Ingress"]}),
    named("policy/v1", "PodDisruptionBudget", "pdb1", spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "web"}}}),
    named("cloud.google.com/v1", "BackendConfig", "bc1", spec={"iap": {"enabled": True}}),
    named("networking.gke.io/v1beta1", "FrontendConfig", "fc1", spec={"redirectToHttps": {"enabled": True}}),
    named("networking.gke.io/v1", "ManagedCertificate", "mc1", spec={"domains": ["a.example.com"]}),
]


class Kubectl:
    def __init__(self, home, sim, cluster):
        config = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                  "clusters": [{"name": "c", "cluster": {"server": "https://" + cluster["endpoint"], "certificate-authority-data":
                                                         cluster["masterAuth"]["clusterCaCertificate"]}}],
                  "users": [{"name": "u", "user": {"token": sim.ready["token"]}}]}
        self.environment = {"PATH": os.environ["PATH"], "HOME": home.path, "TZ": "UTC", "KUBECONFIG": home.file("kubeconfig", config),
                            "HTTPS_PROXY": sim.ready["proxy"]}

    def __call__(self, command, document=None, fails=None):
        """Runs it; fails: a part of what it must say when it must fail. Returns what it printed."""
        r = subprocess.run(["kubectl", *command.split()], env=self.environment, input=json.dumps(document) if document else None,
                           capture_output=True, text=True, timeout=120)
        kind = f" ({document['kind']})" if document else ""
        if fails:
            ok(r.returncode == 1 and fails in r.stderr, f"kubectl {command}{kind} is refused: {fails}", r.stdout, r.stderr)
        else:
            ok(r.returncode == 0, f"kubectl {command}{kind}", r.stderr)
        return r.stdout


def start(sim):
    ask(sim, "POST", CLUSTERS, {"cluster": {"name": "c", "autopilot": {"enabled": True}}})
    wait_for(lambda: ask(sim, "GET", CLUSTERS + "/c")["status"] == "RUNNING", "the cluster to run")
    return ask(sim, "GET", CLUSTERS + "/c")


def server_side(k):
    k("apply --server-side -f -", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mlflow"}})
    for document in KINDS:
        k("apply --server-side -f -", document)
        plural = document["kind"].lower()
        found = json.loads(k(f"get {plural} {document['metadata']['name']} -n mlflow -o json --show-managed-fields") or "{}")
        owners = found.get("metadata", {}).get("managedFields", [])
        ok(not document.keys() & {"spec", "data"} or [o["manager"] for o in owners if o["operation"] == "Apply"] == ["kubectl"],
           f"a {document['kind']} is owned by who applied it", owners)
    k("rollout status deployment/web -n mlflow --timeout=60s")
    k("wait --for=condition=complete job/j1 -n mlflow --timeout=60s")
    k("describe deployment web -n mlflow")


def owners(k):
    k("apply --server-side --field-manager=other -f -", deployment(replicas=3), fails='conflict with "kubectl": .spec.replicas')
    k("apply --server-side --field-manager=other --force-conflicts -f -", deployment(replicas=3))
    k("apply --server-side -f -", deployment(), fails='conflict with "other": .spec.replicas')
    without = deployment()
    del without["spec"]["replicas"]
    k("apply --server-side -f -", without)
    found = json.loads(k("get deployment web -n mlflow -o json"))
    ok(found["spec"]["replicas"] == 3, "what another owns stays", found["spec"])
    k("apply --server-side --field-manager=other -f -", named("v1", "ConfigMap", "c1", data={"x": "y"}))
    k("apply --server-side --field-manager=other -f -", named("v1", "ConfigMap", "c1"))
    found = json.loads(k("get configmap c1 -n mlflow -o json"))
    ok(found["data"] == {"k": "v"}, "what its only owner leaves out goes", found["data"])


def refusals(k):
    k("apply --server-side -f -", deployment(replicaz=2), fails=".spec.replicaz: field not declared in schema")
    k("apply -f -", named("v1", "ConfigMap", "c2", dat={"k": "v"}), fails='strict decoding error: unknown field "dat"')
    k("apply --server-side -f -", deployment(selector=None) | {"metadata": {"name": "w3", "namespace": "mlflow"}},
      fails='* spec.selector: Required value')
    k("apply --server-side --force-conflicts -f -", deployment(template=pod() | {"metadata": {"labels": {"app": "other"}}}), fails="`selector` does not match template `labels`")
    k("apply --server-side -f -", named("v1", "ConfigMap", "c1") | {"metadata": {"name": "c1", "namespace": "nowhere"}}, fails='namespaces "nowhere" not found')
    k("get configmap none -n mlflow", fails='configmaps "none" not found')


def created(k):
    """U12: what Go's own clients make is sent as protocol buffers, with an empty namespace in each."""
    k("create deployment d12 --image=nginx:1.27 -n mlflow")
    k("create job j12 --image=nginx:1.27 -n mlflow")
    k("create configmap c12 --from-literal=a=b -n mlflow")
    found = json.loads(k("get deployment d12 -n mlflow -o json"))
    ok(found["metadata"]["namespace"] == "mlflow", "U12: they are in the request's namespace", found["metadata"])
    k("delete deployment/d12 job/j12 configmap/c12 -n mlflow")


def reads(k):
    """What a person looks at."""
    said = k("explain deployment.spec.template.spec.containers")
    ok("imagePullPolicy" in said and "<[]EnvVar>" in said, "kubectl explain knows fields and their types", said)
    k("explain gateway.spec.listeners")
    k("top nodes")
    k("get pods -A --chunk-size=2")
    k("auth can-i list pods -n mlflow")
    said = k("get events -n mlflow")
    ok("Scheduled" in said and "Started" in said, "U18: events tell how pods came to run", said)
    k("run bare --image=nginx:1.27 -n mlflow")
    k("wait --for=condition=Ready pod/bare -n mlflow --timeout=60s")
    k("logs bare -n mlflow")
    k("delete pod bare -n mlflow")


def client_side(k):
    k("apply -f -", named("v1", "ConfigMap", "c3", data={"a": "1", "b": "2"}))
    k("apply -f -", named("v1", "ConfigMap", "c3", data={"a": "3"}))
    found = json.loads(k("get configmap c3 -n mlflow -o json"))
    ok(found["data"] == {"a": "3"}, "a client-side apply removes what it no longer has", found["data"])
    k("delete configmap c3 -n mlflow")
    k("delete deployment web -n mlflow")
    k("delete namespace mlflow")
    k("get namespace mlflow", fails='namespaces "mlflow" not found')


def main():
    if not shutil.which("kubectl"):
        print("1..0 # SKIP kubectl is not installed")
        return
    with Home() as home:
        with Sim(home, "--world", home.file("world.json", {"services": ["*"]})) as sim:
            k = Kubectl(home, sim, start(sim))
            server_side(k)
            owners(k)
            refusals(k)
            created(k)
            reads(k)
            client_side(k)
        with open(sim.path("errors"), encoding="utf-8") as f:
            said = f.read()
        ok(sim.status == 0 and "ERROR" not in said, "the simulated cloud ends well", sim.status, said)
    done()


if __name__ == "__main__":
    main()
