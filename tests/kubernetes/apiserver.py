"""A real Kubernetes API server on loopback: kube-apiserver and kube-controller-manager (dev/parts) on Debian's etcd, with GKE's custom resources
(crds.json). There is no scheduler and no node: Kubelet stands for both and reports what a good node would."""
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../real"))
from parts import PARTS, Process, free_port, http, part_missing  # noqa: E402

from harness import wait_for  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
KUBE_APISERVER, KUBE_CONTROLLER_MANAGER = (os.path.join(PARTS, "bin", name) for name in ("kube-apiserver", "kube-controller-manager"))
CONTROLLERS = ("deployment", "replicaset", "job", "cronjob", "namespace", "garbage-collector", "serviceaccount", "root-ca-certificate-publisher",
               "endpoints", "endpointslice", "disruption", "ttl-after-finished")


def missing():
    """Why there can be none here, or None."""
    why = part_missing(KUBE_CONTROLLER_MANAGER, "kubernetes")
    return why or (None if shutil.which("etcd") else "etcd is not installed: run dev/deps test")


class Apiserver:
    """Started with the with block: self.url, self.ca (PEM text), self.token of an administrator. It answers to names (hosts and addresses) beside loopback; more are
    further flags of kube-apiserver."""

    def __init__(self, names=(), more=()):
        self.names, self.more = names, more

    def certify(self):
        """Its certificate, for loopback and its names, which vouches for itself."""
        os.mkdir(f"{self.folder}/certs")
        names = ",".join(("IP:" if name.replace(".", "").isdigit() else "DNS:") + name for name in ("127.0.0.1", *self.names))
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=kube-apiserver",
                        "-addext", f"subjectAltName={names}", "-keyout", f"{self.folder}/certs/apiserver.key", "-out", f"{self.folder}/certs/apiserver.crt"],
                       check=True, capture_output=True, timeout=60)

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="kube-apiserver-")
        self.token = secrets.token_hex(16)
        self.parts, self.kubelet = [], None
        environment = {"PATH": "/usr/bin:/bin", "HOME": self.folder, "TZ": "UTC"}
        etcd, peer, port = free_port(), free_port(), free_port()
        self.url = f"https://127.0.0.1:{port}"
        key, tokens = f"{self.folder}/sa.key", f"{self.folder}/tokens"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True, timeout=60)
        with open(tokens, "w", encoding="utf-8", opener=lambda p, flags: os.open(p, flags, 0o600)) as f:
            f.write(f"{self.token},operator@example.com,operator,system:masters\n")
        at = f"http://127.0.0.1:{etcd}"
        self.certify()
        try:
            self.start("etcd", ["etcd", "--data-dir", f"{self.folder}/etcd", "--unsafe-no-fsync", "--listen-client-urls", at, "--advertise-client-urls", at,
                                "--listen-peer-urls", f"http://127.0.0.1:{peer}"], environment, lambda: http("GET", at + "/health")[0] == 200)
            self.start("kube-apiserver", [
                KUBE_APISERVER, "--etcd-servers", at, "--bind-address", "127.0.0.1", "--secure-port", str(port), "--cert-dir", f"{self.folder}/certs",
                "--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", key,
                "--service-account-signing-key-file", key, "--token-auth-file", tokens, "--authorization-mode", "RBAC",
                "--service-cluster-ip-range", "34.118.224.0/20", "--advertise-address", "127.0.0.1", "--endpoint-reconciler-type", "none",
                *self.more],
                environment, lambda: self.get("/readyz")[0] == 200)
            with open(f"{self.folder}/certs/apiserver.crt", encoding="utf-8") as f:
                self.ca = f.read()
            self.install()
            config = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                      "clusters": [{"name": "c", "cluster": {"server": self.url, "certificate-authority": f"{self.folder}/certs/apiserver.crt"}}],
                      "users": [{"name": "u", "user": {"token": self.token}}]}
            with open(f"{self.folder}/kubeconfig", "w", encoding="utf-8", opener=lambda p, flags: os.open(p, flags, 0o600)) as f:
                json.dump(config, f)
            self.start("kube-controller-manager", [
                KUBE_CONTROLLER_MANAGER, "--kubeconfig", f"{self.folder}/kubeconfig", "--leader-elect=false", "--bind-address", "127.0.0.1",
                "--secure-port", str(free_port()), "--cert-dir", f"{self.folder}/certs", "--service-account-private-key-file", key,
                "--root-ca-file", f"{self.folder}/certs/apiserver.crt", "--controllers", ",".join(f"{name}-controller" for name in CONTROLLERS)],
                environment, lambda: self.get("/api/v1/namespaces/default/serviceaccounts/default")[0] == 200)
            self.kubelet = Kubelet(self)
            self.kubelet.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def start(self, name, arguments, environment, ready):
        log = f"{self.folder}/{name}.log"
        part = Process(name, arguments, environment, log)
        part.__enter__()
        self.parts.append(part)

        def answers():
            try:
                return ready()
            except OSError:
                return False

        if not part.until(answers, f"{name} to answer", 90):
            raise RuntimeError(f"{name} did not start: {part.said()[-2000:]}")

    def get(self, path, method="GET", body=None, kind="application/json"):
        return http(method, self.url + path, {"Authorization": "Bearer " + self.token, "User-Agent": "kubelet/v1.32.0", "Content-Type": kind}, body,
                    ca=f"{self.folder}/certs/apiserver.crt")

    def install(self):
        """GKE's custom resources, and what the controllers that do not run here would have made."""
        with open(f"{HERE}/crds.json", encoding="utf-8") as f:
            for crd in json.load(f):
                status, _, said = self.get("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "POST", crd)
                if status != 201:
                    raise RuntimeError(said)
                path = f"/apis/{crd['spec']['group']}/{crd['spec']['versions'][0]['name']}/{crd['spec']['names']['plural']}"
                wait_for(lambda at=path: self.get(at)[0] == 200, f"{path} to be served", 60, 0.1)

    def __exit__(self, *_):
        if self.kubelet:
            self.kubelet.ends.set()
            self.kubelet.join(30)
        for part in reversed(self.parts):
            part.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)


class Kubelet(threading.Thread):
    """Binds every pod to one node, reports it running, or done when it is a job's, and lets it go when it is deleted."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.ends, self.count = server, threading.Event(), 1

    def run(self):
        while not self.ends.wait(0.1):
            try:
                for pod in json.loads(self.server.get("/api/v1/pods")[2])["items"]:
                    self.tend(pod)
            except OSError:
                continue

    def tend(self, pod):
        meta, phase = pod["metadata"], pod["status"].get("phase")
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if meta.get("deletionTimestamp"):
            self.server.get(path, "DELETE", {"gracePeriodSeconds": 0, "preconditions": {"uid": meta["uid"]}})
        elif not pod["spec"].get("nodeName"):
            self.server.get(path + "/binding", "POST", {"apiVersion": "v1", "kind": "Binding", "metadata": {"name": meta["name"]},
                                                        "target": {"apiVersion": "v1", "kind": "Node", "name": "node-1"}})
        elif phase == "Pending":
            self.server.get(path + "/status", "PATCH", {"status": self.status(pod, False)}, "application/strategic-merge-patch+json")
        elif phase == "Running" and pod["spec"]["restartPolicy"] != "Always":
            self.server.get(path + "/status", "PATCH", {"status": self.status(pod, True)}, "application/strategic-merge-patch+json")

    def status(self, pod, over):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.count += 1
        ip = pod["status"].get("podIP", f"10.0.{self.count // 250}.{self.count % 250 + 2}")
        state = {"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}, "running": None} if over else {"running": {"startedAt": now}}
        reason = {"reason": "PodCompleted"} if over else {}
        conditions = [{"type": t, "status": "False" if over and "eady" in t and "ReadyTo" not in t else "True", "lastTransitionTime": now, "lastProbeTime": None} |
                      (reason if t in ("Initialized", "Ready", "ContainersReady") else {})
                      for t in ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")]
        return {"phase": "Succeeded" if over else "Running", "hostIP": "10.128.0.2", "hostIPs": [{"ip": "10.128.0.2"}], "podIP": ip, "podIPs": [{"ip": ip}],
                "startTime": pod["status"].get("startTime", now), "conditions": conditions,
                "containerStatuses": [{"name": c["name"], "image": c["image"], "imageID": "", "containerID": "containerd://" + "0" * 64, "ready": not over,
                                       "started": not over, "restartCount": 0, "lastState": {}, "state": state} for c in pod["spec"]["containers"]]}
