"""What is walked on both sides (compare.py): scenarios of kubectl commands and bare requests, each in a namespace of its own name."""
import json
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


def pod(image="nginx:1.27", **more):
    container = {"name": "mlflow", "image": image, "ports": [{"containerPort": 5000}], "env": [{"name": "A", "value": "b"}]}
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
JOB = doc("batch/v1", "Job", "once", spec={"template": pod("busybox", restartPolicy="Never")})
CRONJOB = doc("batch/v1", "CronJob", "cron", spec={"schedule": "0 0 29 2 *", "jobTemplate": {"spec": {"template": pod("busybox", restartPolicy="Never")}}})
SERVICE = doc("v1", "Service", "svc1", spec={"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 5000}]})
INGRESS = doc("networking.k8s.io/v1", "Ingress", "i1", spec={"rules": [{"host": "a.example.com", "http": {"paths": [
    {"path": "/", "pathType": "Prefix", "backend": backend()}]}}]})
POLICY = doc("networking.k8s.io/v1", "NetworkPolicy", "np1", spec={"podSelector": {}, "ingress": [{"ports": [{"port": 5000}]}]})
BUDGET = doc("policy/v1", "PodDisruptionBudget", "pdb1", spec={"minAvailable": 1, "selector": {"matchLabels": {"app": "none"}}})
BACKEND = doc("cloud.google.com/v1", "BackendConfig", "bc1", spec={"iap": {"enabled": True, "oauthclientCredentials": {"secretName": "s1"}}})
FRONTEND = doc("networking.gke.io/v1beta1", "FrontendConfig", "fc1", spec={"redirectToHttps": {"enabled": True}})
CERTIFICATE = doc("networking.gke.io/v1", "ManagedCertificate", "mc1", spec={"domains": ["a.example.com"]})
CLAIM = doc("v1", "PersistentVolumeClaim", "claim1", spec={"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}}})
SET = doc("apps/v1", "StatefulSet", "set1", spec={"serviceName": "svc1", "replicas": 0, "selector": {"matchLabels": {"app": "set"}}, "template": {
    "metadata": {"labels": {"app": "set"}}, "spec": {"containers": [{"name": "c", "image": "nginx:1.27"}]}}})
STILL = [SA, SECRET, config(k="v"), CRONJOB, SERVICE, POLICY, BACKEND, FRONTEND]


def each_way(documents):
    """Every kind applied from the client, from the server, read and deleted."""
    for d in documents:
        kind, name = d["kind"].lower(), d["metadata"]["name"]
        yield Scenario(f"{kind}-client", k("apply -f -", d), k(f"get {kind} {name} -o json --show-managed-fields"), k("apply -f -", d),
                       k("diff -f -", d), k(f"delete {kind} {name}"))
        yield Scenario(f"{kind}-server", k("apply --server-side -f -", d), k(f"get {kind} {name} -o json --show-managed-fields"),
                       k("apply --server-side -f -", d), k(f"get {kind}"), k(f"get {kind} {name} -o wide"), k(f"get {kind} {name} -o name"),
                       k(f"label {kind} {name} a=b"), k(f"annotate {kind} {name} c=d"), k(f"get {kind} {name} -o json --show-managed-fields"),
                       *([k(f"describe {kind} {name}")] if kind != "service" else []), k(f"get {kind} -l a=b -o name"), k(f"get {kind} -l a!=b,x -o name"),
                       k(f"label {kind} {name} a-"), k(f"delete {kind} {name} --wait=false"), k(f"get {kind} {name}"))


def path(kind, name=""):
    """The path of a kind's objects in the scenario's namespace."""
    group = {"deployments": "/apis/apps/v1", "jobs": "/apis/batch/v1", "cronjobs": "/apis/batch/v1", "ingresses": "/apis/networking.k8s.io/v1",
             "statefulsets": "/apis/apps/v1", "networkpolicies": "/apis/networking.k8s.io/v1", "poddisruptionbudgets": "/apis/policy/v1", "backendconfigs": "/apis/cloud.google.com/v1",
             "managedcertificates": "/apis/networking.gke.io/v1", "frontendconfigs": "/apis/networking.gke.io/v1beta1"}.get(kind, "/api/v1")
    return f"{group}/namespaces/NAMESPACE/{kind}" + (f"/{name}" if name else "")


def changed(document, where, value):
    """A copy with the value at a dotted path; None removes it."""
    copy = json.loads(json.dumps(document))
    *steps, last = where.split(".")
    at = copy
    for step in steps:
        at = at[int(step)] if isinstance(at, list) else at.setdefault(step, {})
    if value is None:
        del at[last]
    elif isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return copy


def refused(kind, document, *changes):
    """A create for each change that the server has something to say about; nothing of it stays."""
    for where, value in changes:
        yield call("POST", path(kind) + "?dryRun=All&fieldValidation=Strict", changed(document, where, value))


POD = "spec.template.spec"
CONTAINER = POD + ".containers.0"
LONG = "x" * 64


def by_controllers(documents):
    """Kinds of which GKE's controllers make something: what they add is no part of the comparison."""
    for d in documents:
        kind, name = d["kind"].lower(), d["metadata"]["name"]
        yield Scenario(f"{kind}-made", k("apply -f -", d), k(f"get {kind} {name} -o jsonpath={{.spec}}"), k("apply -f -", d), k(f"label {kind} {name} a=b"),
                       k("apply --server-side -f -", changed(d, "metadata.labels", {"a": "c"})),
                       k("apply --server-side --force-conflicts -f -", changed(d, "metadata.labels", {"a": "c"})),
                       k(f"patch {kind} {name} --type=merge -p '{{\"spec\":{{\"nothing\":1}}}}'"), k(f"get {kind} {name} -o name"),
                       k(f"get {kind} {name} -o jsonpath={{.metadata.labels}}"), k(f"delete {kind} {name}"), k(f"get {kind} {name}"))


SCENARIOS = [
    *each_way(STILL),
    *by_controllers([INGRESS, BUDGET, CERTIFICATE]),
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
        k("apply --server-side --field-manager=two -f -", doc("v1", "ConfigMap", "c1")),
        k("get configmap c1 -o json --show-managed-fields"),
    ),
    Scenario(
        "owners-lists",
        k("apply --server-side --field-manager=one -f -", SERVICE),
        k("apply --server-side --field-manager=two -f -", doc("v1", "Service", "svc1", spec={"ports": [
            {"port": 443, "name": "tls", "targetPort": 5001}, {"port": 80, "name": "web", "targetPort": 5000}]})),
        k("apply --server-side --field-manager=two -f -", doc("v1", "Service", "svc1", spec={"ports": [{"port": 80, "targetPort": 6000}]})),
        k("apply --server-side --field-manager=two --force-conflicts -f -", doc("v1", "Service", "svc1", spec={"ports": [{"port": 80, "targetPort": 6000}]})),
        k("get service svc1 -o json --show-managed-fields"),
        k("apply --server-side --field-manager=one -f -", doc("v1", "Service", "svc1", spec={"selector": {"app": "web"}})),
        k("apply --server-side --field-manager=three -f -", doc("v1", "Service", "svc1", metadata={
            "name": "svc1", "finalizers": ["example.com/a"], "labels": {"l": "1"}}, spec={"ports": [{"port": 80}]})),
        k("get service svc1 -o json --show-managed-fields"),
        k("apply --server-side --field-manager=three -f -", doc("v1", "Service", "svc1", metadata={"name": "svc1", "finalizers": []})),
        k("get service svc1 -o json --show-managed-fields"),
        k("delete service svc1 --wait=false"),
    ),
    Scenario(
        "migration",
        k("apply -f -", config(a="1", b="2")),
        k("apply --server-side -f -", config(a="2", c="3")),
        k("get configmap c1 -o json --show-managed-fields"),
        k("apply --server-side --field-manager=other -f -", config(a="3")),
        k("patch configmap c1 --type=merge -p '{\"data\":{\"a\":\"9\"}}'"),
        k("apply --server-side -f -", config(a="2", c="3")),
        k("apply -f -", config(a="4")),
        k("get configmap c1 -o json --show-managed-fields"),
    ),
    Scenario(
        "untracked",
        call("POST", path("configmaps"), config(a="1")),
        call("PUT", path("configmaps", "c1"), config(a="1") | {"metadata": {"name": "c1", "managedFields": [{}]}}),
        call("GET", path("configmaps", "c1")),
        k("patch configmap c1 --type=merge -p '{\"data\":{\"b\":\"9\"}}'"),
        k("apply --server-side --field-manager=one -f -", config(a="1")),
        k("apply --server-side --field-manager=one -f -", config(b="1")),
        k("get configmap c1 -o json --show-managed-fields"),
    ),
    Scenario(
        "create",
        k("create configmap made --from-literal=a=b"),
        k("create configmap made --from-literal=a=b"),
        k("create secret generic made --from-literal=a=b"),
        k("create serviceaccount made"),
        k("create service clusterip made --tcp=80:5000"),
        k("create cronjob made --image=nginx --schedule='0 0 1 1 *' -- date"),
        k("create ingress made --rule=a.example.com/*=svc1:80"),
        k("create poddisruptionbudget made --selector=app=none --min-available=1"),
        k("create namespace made-elsewhere --dry-run=server"),
        k("get configmap,secret,service,cronjob -o json --show-managed-fields"),
        k("create -f -", config(a="b")),
        k("create -f - --dry-run=server -o json", changed(config(a="b"), "metadata.name", "other")),
        k("create -f - --dry-run=client -o json", changed(config(a="b"), "metadata.name", "other")),
        k("create token made --duration=10m --audience=x"),
        k("create token nobody"),
        k("get all"),
        k("get configmap,secret"),
        k("get pods"),
        k("get nothing"),
        k("get configmap none"),
        k("get configmaps made none"),
        k("delete configmap none"),
        k("delete configmap made none"),
        k("delete secret made --dry-run=server"),
        k("delete service,ingress --all"),
    ),
    Scenario(
        "patch",
        k("create -f -", SERVICE),
        k("patch service svc1 -p '{\"spec\":{\"ports\":[{\"port\":443,\"name\":\"tls\"}]}}'"),
        k("patch service svc1 -p '{\"spec\":{\"ports\":[{\"port\":443,\"name\":\"tls\"},{\"port\":80,\"name\":\"web\"}]}}'"),
        k("patch service svc1 -p '{\"spec\":{\"ports\":[{\"port\":80,\"$patch\":\"delete\"}]}}'"),
        k("get service svc1 -o json --show-managed-fields"),
        k("patch service svc1 --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/ports/0/port\",\"value\":444}]'"),
        k("patch service svc1 --type=json -p '[{\"op\":\"replace\",\"path\":\"/spec/none/0/port\",\"value\":444}]'"),
        k("patch service svc1 --type=json -p '[{\"op\":\"test\",\"path\":\"/spec/type\",\"value\":\"x\"}]'"),
        k("patch service svc1 --type=json -p '[{\"op\":\"remove\",\"path\":\"/metadata/labels/x\"}]'"),
        k("patch service svc1 --type=merge -p '{\"spec\":{\"selector\":{\"app\":null,\"tier\":\"x\"}}}'"),
        k("patch service svc1 --type=merge -p '{\"spec\":{\"nothing\":1}}'"),
        k("patch service svc1 --type=merge -p '{\"spec\":{\"ports\":\"x\"}}'"),
        k("patch service none -p '{}'"),
        k("patch service svc1 -p '{}'"),
        k("patch service svc1 -p '{\"spec\":{\"clusterIP\":\"34.118.224.9\"}}'"),
        k("get service svc1 -o json --show-managed-fields"),
        k("create -f -", BACKEND),
        k("patch backendconfig bc1 --type=merge -p '{\"spec\":{\"timeoutSec\":40}}'"),
        k("patch backendconfig bc1 -p '{\"spec\":{\"timeoutSec\":40}}'"),
        k("patch backendconfig bc1 --type=merge -p '{\"spec\":{\"timeoutSec\":\"40\"}}'"),
        k("get backendconfig bc1 -o json --show-managed-fields"),
        call("PATCH", path("services", "svc1"), "{", Content_Type="application/merge-patch+json"),
        call("PATCH", path("services", "svc1"), "[1]", Content_Type="application/json-patch+json"),
        call("PATCH", path("services", "svc1"), {}, Content_Type="application/json"),
        call("PATCH", path("services", "svc1"), {"metadata": {"resourceVersion": "1"}}, Content_Type="application/merge-patch+json"),
    ),
    Scenario(
        "replace",
        k("create -f -", config(a="1")),
        call("PUT", path("configmaps", "c1"), config(a="2")),
        call("PUT", path("configmaps", "c1"), changed(config(a="2"), "metadata.resourceVersion", "1")),
        call("PUT", path("configmaps", "other"), config(a="2")),
        call("PUT", path("configmaps", "none"), changed(config(a="2"), "metadata.name", "none")),
        call("PUT", path("configmaps", "c1"), changed(config(a="2"), "metadata.uid", "11111111-1111-1111-1111-111111111111")),
        call("PUT", path("configmaps", "c1"), changed(config(a="2"), "metadata.namespace", "elsewhere")),
        call("PUT", path("configmaps", "c1"), changed(config(a="2"), "kind", "Nothing")),
        call("PUT", path("configmaps", "c1"), changed(config(a="2"), "apiVersion", "v2")),
        call("PUT", path("configmaps", "c1"), changed(config(a="2"), "immutable", True)),
        call("PUT", path("configmaps", "c1"), config(a="3")),
        k("replace -f -", config(a="4")),
        k("get configmap c1 -o json --show-managed-fields"),
        k("create -f -", BACKEND),
        call("PUT", path("backendconfigs", "bc1"), BACKEND),
        k("replace -f -", BACKEND),
        call("PUT", path("secrets", "none"), SECRET),
        call("DELETE", path("configmaps", "c1"), {"preconditions": {"uid": "11111111-1111-1111-1111-111111111111"}}),
        call("DELETE", path("configmaps", "c1")),
        call("DELETE", path("configmaps", "c1")),
        call("DELETE", path("backendconfigs", "bc1")),
        call("POST", path("serviceaccounts"), SA),
        call("DELETE", path("serviceaccounts", "sa1")),
        call("POST", path("services"), SERVICE),
        call("DELETE", path("services", "svc1")),
    ),
    Scenario(
        "requests",
        call("POST", path("configmaps"), "{"),
        call("POST", path("configmaps"), "[]"),
        call("POST", path("configmaps"), ""),
        call("POST", path("configmaps"), {}),
        call("POST", path("configmaps"), {"kind": "ConfigMap"}),
        call("POST", path("configmaps"), doc("v1", "ConfigMap", "")),
        call("POST", path("configmaps"), changed(config(), "metadata", {"generateName": "made-"}) | {"kind": "Nothing"}),
        call("POST", path("configmaps", "x"), config()),
        call("PATCH", path("configmaps"), config()),
        call("GET", path("nothings")),
        call("GET", "/apis/nothing/v1/things"),
        call("GET", "/api/v2/pods"),
        call("GET", "/nothing"),
        call("POST", "/api/v1/namespaces/nowhere/configmaps", config()),
        call("GET", "/api/v1/namespaces/nowhere/configmaps"),
        call("GET", "/api/v1/namespaces/nowhere"),
        call("GET", path("configmaps", "c1/nothing")),
        call("POST", path("configmaps"), config(), Content_Type="text/plain"),
        call("GET", path("configmaps"), Accept="text/plain"),
        call("POST", path("configmaps") + "?dryRun=Some", config()),
        call("POST", path("configmaps") + "?fieldValidation=Some", config()),
        call("POST", path("configmaps") + "?fieldManager=" + "x" * 129, config()),
        call("GET", path("configmaps") + "?labelSelector=a%3D%3D%3Db"),
        call("GET", path("configmaps") + "?fieldSelector=spec.x%3Db"),
        call("GET", path("configmaps") + "?fieldSelector=metadata.name%3Dkube-root-ca.crt&limit=1"),
        call("GET", path("configmaps") + "?limit=1&labelSelector=none"),
        call("POST", path("configmaps") + "?fieldValidation=Strict", config() | {"dat": 1, "metadata": {"name": "c1", "nam": 1}}),
        call("POST", path("configmaps") + "?fieldValidation=Warn&dryRun=All", config() | {"dat": 1, "metadata": {"name": "c1", "nam": 1}}),
        call("POST", path("configmaps") + "?fieldValidation=Ignore&dryRun=All", config() | {"dat": 1}),
        call("POST", path("configmaps") + "?fieldValidation=Strict", '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c1","name":"c2"},"data":{"a":"1","a":"2"}}'),
        call("PATCH", path("configmaps", "c1"), config(), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("configmaps", "c1") + "?fieldManager=x", config() | {"dat": 1}, Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("configmaps", "c1") + "?fieldManager=x", config() | {"data": 1}, Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("configmaps", "c1") + "?fieldManager=x", config(a=1), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("configmaps", "c1") + "?fieldManager=x", changed(config(), "metadata.name", "c2"), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("configmaps", "c1") + "?fieldManager=x", changed(config(), "metadata.managedFields", []), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("configmaps", "c1") + "?fieldManager=x", changed(config(), "apiVersion", "v2"), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("configmaps", "c1") + "?fieldManager=x", changed(config(), "metadata.resourceVersion", "7"), Content_Type="application/apply-patch+yaml"),
        call("GET", "/apis/batch/v1"),
        call("GET", "/apis/policy/v1"),
        call("GET", "/apis/cloud.google.com/v1"),
        call("GET", "/apis/networking.gke.io/v1"),
        call("GET", "/apis/networking.gke.io/v1beta1"),
        call("GET", "/apis/networking.gke.io"),
        call("GET", "/apis/batch"),
        call("GET", "/readyz"),
        k("auth can-i create deployments"),
        k("auth whoami"),
    ),
    Scenario(
        "deployment",
        k("apply -f -", deployment()),
        k("rollout status deployment/web --timeout=60s"),
        k("get deployment web -o json --show-managed-fields"),
        k("get deployment"),
        k("get deployment web -o wide"),
        k("get replicasets -o wide"),
        k("get replicasets -o json --show-managed-fields"),
        k("get pods -o name"),
        k("get pods"),
        k("get events --field-selector=involvedObject.kind!=Pod -o custom-columns=T:.type,R:.reason,K:.involvedObject.kind,S:.source.component,M:.message --sort-by=.message"),
        k("describe deployment web"),
        k("rollout history deployment/web"),
        k("scale deployment web --replicas=3"),
        k("rollout status deployment/web --timeout=60s"),
        k("scale deployment web --current-replicas=2 --replicas=1"),
        k("get deployment web -o json --show-managed-fields"),
        call("GET", path("deployments", "web/scale")),
        call("PATCH", path("deployments", "web/scale"), {"spec": {"replicas": 2}}, Content_Type="application/merge-patch+json"),
        k("rollout status deployment/web --timeout=60s"),
        k("set image deployment/web mlflow=nginx:1.28"),
        k("rollout status deployment/web --timeout=60s"),
        k("rollout history deployment/web"),
        k("rollout undo deployment/web"),
        k("rollout status deployment/web --timeout=60s"),
        k("rollout history deployment/web"),
        k("rollout restart deployment/none"),
        k("wait --for=condition=Available deployment/web --timeout=60s"),
        k("wait --for=jsonpath={.status.readyReplicas}=2 deployment/web --timeout=60s"),
        k("apply -f -", deployment(replicas=3)),
        k("apply -f -", deployment(template=pod(terminationGracePeriodSeconds=10))),
        k("rollout status deployment/web --timeout=60s"),
        k("apply -f -", deployment(selector={"matchLabels": {"app": "other"}})),
        k("set env deployment/web B=c"),
        k("rollout pause deployment/web"),
        k("rollout resume deployment/web"),
        k("rollout status deployment/web --timeout=60s"),
        until(path("pods"), lambda r: r["body"].count("\"podIP\":\"") == 2),
        k("get deployments,pods"),
        k("apply --server-side --force-conflicts -f -", deployment()),
        k("rollout status deployment/web --timeout=60s"),
        k("get deployment web -o json --show-managed-fields"),
        k("get pods -l app=web --field-selector=status.phase=Running -o name"),
        k("autoscale deployment web --max=3 --dry-run=client"),
        k("delete deployment web"),
        until(path("pods"), lambda r: '"items":[]' in r["body"].replace(" ", "")),
        k("get all"),
    ),
    Scenario(
        "job",
        k("apply -f -", JOB),
        k("wait --for=condition=complete job/once --timeout=60s"),
        k("get job once -o json --show-managed-fields"),
        k("get jobs"),
        k("get pods"),
        k("describe job once"),
        k("apply -f -", JOB),
        k("apply -f -", changed(JOB, CONTAINER + ".image", "nginx:1.28")),
        k("patch job once -p '{\"spec\":{\"completions\":2}}'"),
        k("patch job once -p '{\"spec\":{\"parallelism\":2}}'"),
        k("delete job once"),
        k("apply --server-side -f -", JOB),
        k("wait --for=condition=complete job/once --timeout=60s"),
        k("create job made --image=nginx --dry-run=server -o name"),
        k("delete jobs --all"),
        k("get jobs"),
    ),
    Scenario(
        "watch",
        k("create -f -", config(a="1")),
        k("get configmap c1 -w --request-timeout=3s"),
        k("wait --for=delete configmap/none --timeout=5s"),
        k("wait --for=condition=Ready configmap/c1 --timeout=1s"),
        k("wait --for=jsonpath={.data.a}=2 configmap/c1 --timeout=1s"),
        k("wait --for=jsonpath={.data.a}=1 configmap/c1 --timeout=5s"),
    ),
    Scenario(
        "namespace",
        k("create namespace one-more"),
        k("label namespace one-more a=b"),
        k("get namespace one-more -o json --show-managed-fields"),
        k("get namespace one-more"),
        k("describe namespace one-more"),
        k("apply --server-side -f -", doc("v1", "Namespace", "one-more", metadata={"name": "one-more", "labels": {"c": "d"}})),
        k("get namespace one-more -o json --show-managed-fields"),
        k("delete namespace one-more --timeout=60s"),
        k("get namespace one-more"),
        k("delete namespace kube-system --dry-run=server"),
        call("DELETE", "/api/v1/namespaces/default"),
    ),
    Scenario(
        "more",
        call("PATCH", path("configmaps", "c1") + "?fieldManager=one", config(a="1", b="2"), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("configmaps", "c1") + "?fieldManager=two", config(a="2"), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("configmaps", "c1") + "?fieldManager=two", config(a="2", b="3"), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("configmaps", "c1") + "?fieldManager=two&dryRun=All&force=true", config(a="2"), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("configmaps", "c1") + "?fieldManager=one", changed(config(a="1"), "metadata.resourceVersion", "1"), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("deployments", "web") + "?fieldManager=one", deployment(replicas="2"), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("deployments", "web") + "?fieldManager=one", changed(deployment(), CONTAINER + ".name", None), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("deployments", "web") + "?fieldManager=one", changed(deployment(), CONTAINER + ".env", [{"name": "A"}, {"name": "A"}]),
             Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("deployments", "web") + "?fieldManager=one", changed(deployment(), "spec.paused", "x"), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("backendconfigs", "bc1") + "?fieldManager=one", changed(BACKEND, "spec.timeoutSec", "x"), Content_Type="application/apply-patch+yaml"),
        call("PATCH", path("backendconfigs", "bc1") + "?fieldManager=one", changed(BACKEND, "spec.nothing", 1), Content_Type="application/apply-patch+yaml"),
        k("label configmap c1 a=b"),
        k("label configmap c1 a=c"),
        k("label configmap c1 a=c --overwrite"),
        k("label configmap c1 -- 'a=b c'"),
        k("annotate configmap c1 a=c"),
        k("annotate configmap c1 a-"),
        k("get configmap c1 -o jsonpath={.metadata.labels}"),
        k("get configmap c1 -o go-template={{.data.a}}"),
        k("get configmap c1 -o custom-columns=NAME:.metadata.name,A:.data.a"),
        k("get configmap --show-labels"),
        k("get configmap -L a"),
        k("get configmap --sort-by=.metadata.name"),
        k("get configmap --field-selector=metadata.name=c1"),
        k("get configmap c1 --ignore-not-found"),
        k("get configmap none --ignore-not-found"),
        k("get configmap c1 --output-watch-events -w --request-timeout=2s"),
        k("apply -f -", json.dumps({"apiVersion": "v1", "kind": "List", "items": [config(z="1"), SA, SERVICE]})),
        k("apply -f - --prune -l none=such", config(z="1")),
        k("get -f -", SA),
        k("delete -f -", json.dumps({"apiVersion": "v1", "kind": "List", "items": [SA, SERVICE]})),
        k("delete -f - --ignore-not-found", SA),
        k("create -f -", config(z="1")),
        k("replace --force -f -", config(y="1")),
        k("apply view-last-applied configmap/c1"),
        k("apply set-last-applied -f - --create-annotation", config(y="1")),
        k("api-resources --api-group=batch"),
        k("api-resources --api-group=cloud.google.com --no-headers"),
        k("explain nothing"),
        k("describe configmap c1"),
        k("describe configmap none"),
        k("logs none"),
        k("exec none -- true"),
        k("apply -f - --validate=false", config(z="1") | {"dat": 1}),
        k("apply -f - --validate=warn", config(z="1") | {"dat": 1}),
        k("apply -f -", config(z="1") | {"dat": 1}),
        k("apply -f -", {"apiVersion": "v1", "kind": "Nothing", "metadata": {"name": "x"}}),
        k("apply -f -", {"apiVersion": "v1", "kind": "ConfigMap"}),
        k("apply -f -", changed(config(), "metadata.namespace", "elsewhere")),
        k("delete configmap c1 --cascade=foreground --wait=false"),
    ),
    Scenario(
        "invalid",
        *refused("configmaps", config(k="v"), ("metadata.name", "Bad_Name"), ("metadata.name", "x" * 254), ("metadata.labels", {"-a": "b"}),
                 ("metadata.labels", {"a": "b c"}), ("metadata.labels", {"a": LONG}), ("metadata.labels", {LONG: "a"}), ("metadata.labels", {"/a": "b"}),
                 ("metadata.annotations", {"a b": "c"}), ("data", {"a b": "c"}), ("data", {"a": 1}), ("data", "x"), ("data", {"": "c"}), ("immutable", "yes"),
                 ("metadata.labels", ["a"]), ("metadata.labels", {"a": True}), ("metadata.name", 5), ("metadata.namespace", "elsewhere")),
        *refused("secrets", SECRET, ("data", {"a": "not base64"}), ("data", {"a": "YQ=="}), ("type", "kubernetes.io/tls"), ("stringData", {"a": 1})),
        *refused("services", SERVICE, ("metadata.name", "1abc"), ("metadata.name", "a.b"), ("spec.ports", []), ("spec.ports.0.port", 0), ("spec.ports.0.port", 70000),
                 ("spec.ports.0.port", "80"), ("spec.ports.0.protocol", "tcp"), ("spec.type", "Other"), ("spec.ports.0.targetPort", "not_a_port"),
                 ("spec.ports", [{"port": 80}, {"port": 81}]), ("spec.ports", [{"port": 80, "name": "a"}, {"port": 80, "name": "b"}]),
                 ("spec.ports.0.nodePort", 30001), ("spec.sessionAffinity", "x"), ("spec.clusterIP", "x"), ("spec.selector", {"a b": "c"}), ("spec", None)),
        *refused("deployments", deployment(), ("spec.selector", None), ("spec.selector.matchLabels", {"app": "other"}), ("spec.selector", {}), ("spec.replicas", -1),
                 ("spec.replicas", "2"), ("spec.replicas", 1.5), ("spec.replicas", 3000000000), ("spec.template", None), (CONTAINER + ".name", "Bad_Name"),
                 (CONTAINER + ".image", None), (CONTAINER + ".name", None), (POD + ".containers", []), (CONTAINER + ".ports.0.containerPort", 0),
                 (CONTAINER + ".ports.0.containerPort", 70000), (CONTAINER + ".ports.0.protocol", "x"), (CONTAINER + ".ports.0.name", "a_port"),
                 (CONTAINER + ".env.0.name", "A=B"), (CONTAINER + ".env.0.name", ""), (CONTAINER + ".env.0.value", 5), (CONTAINER + ".env.0.valueFrom", {}),
                 (CONTAINER + ".env.0", {"name": "A", "valueFrom": {"secretKeyRef": {"name": "s1"}}}), (CONTAINER + ".volumeMounts", [{"name": "v", "mountPath": "/v"}]),
                 (CONTAINER + ".imagePullPolicy", "x"), (CONTAINER + ".resources", {"limits": {"cpu": "x"}}), (CONTAINER + ".command", "x"),
                 (CONTAINER + ".resources", {"limits": {"memory": "1Gi"}, "requests": {"memory": "2Gi"}}), (CONTAINER + ".livenessProbe", {}),
                 (CONTAINER + ".livenessProbe", {"httpGet": {"path": "/"}}), (CONTAINER + ".livenessProbe", {"httpGet": {"port": 80}, "periodSeconds": -1}),
                 (CONTAINER + ".unknown", 1), (POD + ".volumes", [{"name": "v"}, {"name": "v"}]), (POD + ".volumes", [{"name": "v", "secret": {}}]),
                 (POD + ".restartPolicy", "Never"), (POD + ".restartPolicy", "x"), (POD + ".serviceAccountName", "Bad_Name"), ("spec.strategy", {"type": "x"}),
                 ("spec.strategy", {"type": "Recreate", "rollingUpdate": {"maxSurge": 1}}), ("spec.strategy", {"rollingUpdate": {"maxSurge": 0, "maxUnavailable": 0}}),
                 ("spec.strategy", {"rollingUpdate": {"maxSurge": "x"}}), ("spec.minReadySeconds", -1), ("spec.progressDeadlineSeconds", 0),
                 ("spec.template.metadata.labels", {"app": "web", "b": "c d"}), ("spec.template.metadata", None), ("spec", None), ("metadata.name", "Web")),
        *refused("statefulsets", SET, ("spec.selector", None), ("spec.selector.matchLabels", {"app": "other"}), ("spec.replicas", -1), ("spec.template", None),
                 ("spec.podManagementPolicy", "x"), (POD + ".restartPolicy", "Never")),
        *refused("persistentvolumeclaims", CLAIM, ("spec.accessModes", []), ("spec.accessModes", ["x"]), ("spec.resources", {}),
                 ("spec.resources.requests.storage", "0"), ("spec.resources.requests.storage", "x")),
        *refused("jobs", JOB, (POD + ".restartPolicy", None), (POD + ".restartPolicy", "Always"), ("spec.backoffLimit", -1), ("spec.completions", -1), ("spec.template", None)),
        *refused("cronjobs", CRONJOB, ("spec.schedule", ""), ("spec.schedule", "x"), ("spec.schedule", "61 * * * *"), ("spec.schedule", "@often"),
                 ("spec.concurrencyPolicy", "x"), ("spec.timeZone", "Nowhere/Land"), ("metadata.name", "x" * 53), ("spec.jobTemplate", None)),
        *refused("ingresses", INGRESS, ("spec", {}), ("spec.rules.0.host", "1.2.3.4"), ("spec.rules.0.host", "Bad_Host"), ("spec.rules.0.http.paths.0.pathType", None),
                 ("spec.rules.0.http.paths.0.pathType", "x"), ("spec.rules.0.http.paths.0.path", "x"), ("spec.rules.0.http.paths.0.backend", {}),
                 ("spec.rules.0.http.paths.0.backend.service.port", {}), ("spec.rules.0.http.paths.0.backend.service.port.number", 0),
                 ("spec.rules.0.http.paths.0.path", "/a//b"), ("spec.rules.0.http.paths", []), ("spec.tls", [{"hosts": ["x_y"]}])),
        *refused("networkpolicies", POLICY, ("spec.policyTypes", ["x"]), ("spec.ingress", [{"ports": [{"port": 0}]}]), ("spec.ingress", [{"from": [{}]}]),
                 ("spec.ingress", [{"from": [{"ipBlock": {"cidr": "x"}}]}]), ("spec.podSelector", {"matchLabels": {"a b": "c"}})),
        *refused("poddisruptionbudgets", BUDGET, ("spec.minAvailable", "x"), ("spec.minAvailable", -1), ("spec.maxUnavailable", 1)),
        *refused("backendconfigs", BACKEND, ("spec.iap", {}), ("spec.iap.enabled", "yes"), ("spec.timeoutSec", "30"), ("spec.timeoutSec", 1.5), ("spec.nothing", 1),
                 ("spec.iap.oauthclientCredentials", {}), ("spec", "x"), ("metadata.name", "Bad_Name"), ("metadata.labels", {"a": 1}), ("spec.iap", None)),
        *refused("managedcertificates", CERTIFICATE, ("spec.domains", "x"), ("spec.domains", [1]), ("spec.domains", ["Bad_Domain"])),
        *refused("frontendconfigs", FRONTEND, ("spec.redirectToHttps", {}), ("spec.redirectToHttps.responseCodeName", 301)),
        call("POST", "/api/v1/namespaces?dryRun=All", doc("v1", "Namespace", "Bad_Name")),
        call("POST", "/api/v1/namespaces?dryRun=All", doc("v1", "Namespace", "a.b")),
        call("POST", "/api/v1/namespaces", doc("v1", "Namespace", "invalid")),
    ),
    Scenario("set-kept", k("apply -f -", SET), *(call("PUT", path("statefulsets", "set1") + "?dryRun=All", changed(SET, where, value)) for where, value in (
        ("spec.serviceName", "other"), ("spec.podManagementPolicy", "Parallel"), ("spec.selector.matchLabels", {"app": "other"}),
        ("spec.volumeClaimTemplates", [{"metadata": {"name": "v"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}])))),
    Scenario("claim-kept", k("apply -f -", CLAIM), *(call("PATCH", path("persistentvolumeclaims", "claim1") + "?dryRun=All", {"spec": change},
                                                          **{"Content-Type": "application/merge-patch+json"}) for change in (
        {"accessModes": ["ReadWriteMany"]}, {"resources": {"requests": {"storage": "2Gi"}}}, {"storageClassName": "other"}))),
]
