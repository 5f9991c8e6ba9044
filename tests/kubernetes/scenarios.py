"""What is walked on both sides (compare.py): scenarios of kubectl commands and bare requests, each in a namespace of its own name."""
import shlex


class Step:
    """One command with what it reads, one request, or a wait."""

    def __init__(self, arguments=None, document=None, request=None, settled=None):
        self.arguments, self.document, self.request, self.settled = arguments, document, request, settled

    def __str__(self):
        what = "kubectl " + " ".join(self.arguments) if self.arguments else " ".join(self.request[:2])
        kind = self.document.get("kind") if isinstance(self.document, dict) else None
        return (f"{what} ({kind})" if kind else what).replace("#", "").replace("\n", " ")[:110]


class Scenario:
    def __init__(self, name, *steps):
        self.name, self.steps = name, steps


def k(command, document=None):
    return Step(arguments=shlex.split(command), document=document)


def call(method, path, body=None, **headers):
    return Step(request=(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()}))


def until(path, condition):
    return Step(settled=(path, condition))


def pod(**more):
    container = {"name": "mlflow", "image": "nginx:1.27", "ports": [{"containerPort": 5000}], "env": [{"name": "A", "value": "b"}]}
    return {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]} | more}


def doc(version, kind, name, **more):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}} | more


def deployment(**spec):
    return doc("apps/v1", "Deployment", "web", spec={"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": pod()} | spec)


def config(**data):
    return doc("v1", "ConfigMap", "c1", data=data)


def backend(name="svc1", **port):
    return {"service": {"name": name, "port": port or {"number": 80}}}


SA = doc("v1", "ServiceAccount", "sa1")
SECRET = doc("v1", "Secret", "s1", stringData={"t": "text"})
JOB = doc("batch/v1", "Job", "once", spec={"template": pod(restartPolicy="Never")})
CRONJOB = doc("batch/v1", "CronJob", "cron", spec={"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": pod(restartPolicy="Never")}}})
SERVICE = doc("v1", "Service", "svc1", spec={"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 5000}]})
INGRESS = doc("networking.k8s.io/v1", "Ingress", "i1", spec={"rules": [{"host": "a.example.com", "http": {"paths": [
    {"path": "/", "pathType": "Prefix", "backend": backend()}]}}]})
POLICY = doc("networking.k8s.io/v1", "NetworkPolicy", "np1", spec={"podSelector": {}, "ingress": [{"ports": [{"port": 5000}]}]})
BUDGET = doc("policy/v1", "PodDisruptionBudget", "pdb1", spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "none"}}})
BACKEND = doc("cloud.google.com/v1", "BackendConfig", "bc1", spec={"iap": {"enabled": True, "oauthclientCredentials": {"secretName": "s1"}}})
FRONTEND = doc("networking.gke.io/v1beta1", "FrontendConfig", "fc1", spec={"redirectToHttps": {"enabled": True}})
CERTIFICATE = doc("networking.gke.io/v1", "ManagedCertificate", "mc1", spec={"domains": ["a.example.com"]})
STILL = [SA, SECRET, config(k="v"), CRONJOB, SERVICE, POLICY, BACKEND, FRONTEND]


def each_way(documents):
    """Every kind applied from the client, from the server, read and deleted."""
    for d in documents:
        kind, name = d["kind"].lower(), d["metadata"]["name"]
        yield Scenario(f"{kind}-client", k("apply -f -", d), k(f"get {kind} {name} -o json --show-managed-fields"), k("apply -f -", d),
                       k("diff -f -", d), k(f"delete {kind} {name}"))
        yield Scenario(f"{kind}-server", k("apply --server-side -f -", d), k(f"get {kind} {name} -o json --show-managed-fields"),
                       k("apply --server-side -f -", d), k(f"get {kind}"), k(f"get {kind} {name} -o name"), k(f"label {kind} {name} a=b"),
                       k(f"annotate {kind} {name} c=d"), k(f"get {kind} {name} -o json --show-managed-fields"), *([k(f"describe {kind} {name}")] if kind != "service" else []),
                       k(f"delete {kind} {name}"), k(f"get {kind} {name}"))


SCENARIOS = [
    *each_way(STILL),
    Scenario(
        "owners",
        k("apply --server-side --field-manager=one -f -", config(a="1", b="2")),
        k("apply --server-side --field-manager=two -f -", config(b="3")),
        k("apply --server-side --field-manager=two -f -", config(b="2", c="4")),
        k("get configmap c1 -o json --show-managed-fields"),
        k("apply --server-side --field-manager=two --force-conflicts -f -", config(a="5", b="6")),
        k("get configmap c1 -o json --show-managed-fields"),
        k("apply --server-side --field-manager=one -f -", config(a="1")),
        k("apply --server-side --field-manager=one -f -", config()),
        k("get configmap c1 -o json --show-managed-fields"),
    ),
]
