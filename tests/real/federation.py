#!/usr/bin/env python3
"""Who the pods of a stack in a cluster elsewhere are for Google, by Google's own clients: the credentials file that is mounted there, and a token that the cluster makes
for the server's account, let Python's google-auth and the real Cloud SQL Auth Proxy in at the simulated STS, to what the stack grants them and to nothing else. Another
account of the same cluster is nobody."""
import base64
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
import parts  # noqa: E402
from context import CHOICES  # noqa: E402

from harness import Home, Sim, done, ok, read, result_of, skip  # noqa: E402

PYTHON = os.path.join(parts.MLFLOW, "python")
PROXY = os.path.join(parts.PARTS, "bin/cloud-sql-proxy")
# Prints the status of each URL, or the refusal of the exchange.
ASKS = """
import sys
import google.auth, google.auth.exceptions
from google.auth.transport.requests import AuthorizedSession
for url in sys.argv[1:]:
    try:
        credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
        print(AuthorizedSession(credentials).get(url, timeout=30).status_code)
    except google.auth.exceptions.GoogleAuthError as e:
        print(e)
"""


class Cluster:
    """The API server elsewhere, as its kubeconfig file lets in."""

    def __init__(self, home, sim):
        config = json.loads(read(sim.ready["kubeconfig"]))
        self.server, self.token = config["clusters"][0]["cluster"]["server"], config["users"][0]["user"]["token"]
        self.ca = home.file("cluster-ca.pem", base64.b64decode(config["clusters"][0]["cluster"]["certificate-authority-data"]).decode())

    def ask(self, method, path, body=None):
        status, _, said = parts.http(method, self.server + path, {"Authorization": "Bearer " + self.token}, body, ca=self.ca)
        if status // 100 != 2:
            raise RuntimeError(f"{method} {path}: {status} {said}")
        return json.loads(said)


def mount(home, cluster, namespace, account, name):
    """A pod's folder of Google's files, as the kubelet would project it for this account; the path of the credentials file. Only where the token lies is changed."""
    pod = cluster.ask("GET", f"/apis/apps/v1/namespaces/{namespace}/deployments/mlflow")["spec"]["template"]["spec"]
    sources = {next(iter(s)): next(iter(s.values())) for v in pod["volumes"] if v["name"] == "google" for s in v["projected"]["sources"]}
    wanted, item = sources["serviceAccountToken"], sources["configMap"]["items"][0]
    made = cluster.ask("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token", {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": [wanted["audience"]], "expirationSeconds": wanted["expirationSeconds"]}})
    text = cluster.ask("GET", f"/api/v1/namespaces/{namespace}/configmaps/{sources['configMap']['name']}")["data"][item["key"]]
    file = json.loads(text)
    at = os.path.dirname(file["credential_source"]["file"])
    ok(os.path.basename(file["credential_source"]["file"]) == wanted["path"] and any(m["mountPath"] == at for c in pod["containers"] for m in c["volumeMounts"]),
       "the file names the token where the pod has it", file["credential_source"])
    file["credential_source"]["file"] = home.file(f"{name}.token", made["status"]["token"])
    return home.file(f"{name}.json", file), pod


def by_python(home, sim, path, *urls):
    if parts.mlflow_missing():
        return None
    environment = {"PATH": os.environ["PATH"], "HOME": home.path, "TZ": "UTC", "HTTPS_PROXY": sim.ready["proxy"], "REQUESTS_CA_BUNDLE": sim.ready["ca"],
                   "GOOGLE_APPLICATION_CREDENTIALS": path, "GOOGLE_CLOUD_PROJECT": "demo-proj"}
    return subprocess.run([PYTHON, "-c", ASKS, *urls], env=environment, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)


def by_proxy(home, sim, path, pod):
    """The sidecar as the pod starts it, but for the ports that it takes: it learns of the instance and has its certificate signed."""
    why = parts.part_missing(PROXY, "cloud-sql-proxy")
    if why:
        skip("the Cloud SQL Auth Proxy is let in", why)
        return
    sidecar = next(c for c in pod.get("initContainers", []) + pod["containers"] if c["name"] == "cloud-sql-proxy")
    arguments = [f"--port={parts.free_port()}" if a.startswith("--port=") else a for a in sidecar["args"]] + [f"--http-port={parts.free_port()}"]
    seen = len(sim.exchanges())
    environment = {"PATH": os.environ["PATH"], "HOME": home.path, "TZ": "UTC", "HTTPS_PROXY": sim.ready["proxy"], "SSL_CERT_FILE": sim.ready["ca"],
                   "GOOGLE_APPLICATION_CREDENTIALS": path}

    def answered(end):
        return [x["status"] for x in sim.exchanges()[seen:] if x["url"].split("?")[0].endswith(end)]

    with parts.Process("cloud-sql-proxy", [PROXY, *arguments], environment, home.file("proxy.log")) as proxy:
        good = proxy.until(lambda: 200 in answered(":generateEphemeralCert"), "the proxy's certificate", 60)
        ok(good and 200 in answered("/connectSettings"), "the Cloud SQL Auth Proxy is let in, as the pod starts it", arguments, proxy.said()[-1500:],
           [(x["method"], x["url"], x.get("status")) for x in sim.exchanges()[seen:]])


def main():
    why = parts.mlflow_missing()
    if why and parts.part_missing(PROXY, "cloud-sql-proxy"):
        print(f"1..0 # SKIP {why}")
        return
    with Home() as home, Sim(home) as sim:
        answers = home.example(**CHOICES | {"gke__kubeconfig": sim.ready["kubeconfig"]})
        run = sim.run("apply", answers, "--json", timeout=400)
        ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", "a stack in a cluster elsewhere is made", run.returncode, run.stdout[-1500:])
        cluster, known = Cluster(home, sim), json.loads(read(answers))["resolved"]
        namespace = next(n["metadata"]["name"] for n in cluster.ask("GET", "/api/v1/namespaces")["items"] if n["metadata"]["name"].startswith("mlflow-"))
        path, pod = mount(home, cluster, namespace, "server", "server")
        storage = "https://storage.googleapis.com/storage/v1/b"
        bucket = next(b["name"] for b in json.loads(parts.http("GET", f"{storage}?project=demo-proj", {"Authorization": "Bearer " + sim.ready["token"]}, proxy=sim.ready["proxy"],
                                                               ca=sim.ready["ca"])[2])["items"] if "artifacts" in b["name"])
        ran = by_python(home, sim, path, f"{storage}/{bucket}/o", f"{storage}?project=demo-proj", "https://sqladmin.googleapis.com/v1/projects/demo-proj/instances")
        if ran:
            ok(ran.stdout.split() == ["200", "403", "403"], "google-auth is let in by the file, to the stack's bucket and no further", ran.stdout, ran.stderr[-1500:], known)
        else:
            skip("google-auth is let in", why)
        by_proxy(home, sim, path, pod)
        path, _ = mount(home, cluster, namespace, "default", "other")
        ran = by_python(home, sim, path, f"{storage}/{bucket}/o")
        if ran:
            ok("200" not in ran.stdout.split() and "attribute condition" in ran.stdout, "another account of the cluster is nobody", ran.stdout, ran.stderr[-800:])
    done()


if __name__ == "__main__":
    main()
