#!/usr/bin/env python3
"""A stack in somebody's cluster: what keeps it out is said with the cure before anything is made; one that fits is lived in by its IP endpoint under its own
authority, and is as it was when the stack is gone."""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import urllib.request

from cloud_hand import ask, make_cluster
from harness import ALL_DATA, Home, Sim, done, ok, result_of, wait_for, skip

CLUSTERS = "https://container.googleapis.com/v1/projects/demo-proj/locations/us-central1-a/clusters"
PLAIN = [{"name": "pool", "initialNodeCount": 1}]
HALF = [{"name": "pool", "initialNodeCount": 1, "config": {"workloadMetadataConfig": {"mode": "GCE_METADATA"}}}]


def refused(sim, answers, name, words, *more):
    """Apply ends before the first write, with these words."""
    seen = len(sim.exchanges())
    run = sim.run("apply", answers, "--json", "--set", f"gke.name={name}", *more)
    result = result_of(run.stdout)
    said = result.get("message", "")
    wrote = [f"{x['method']} {x['url']}" for x in sim.writes(seen)]
    ok(run.returncode == 78 and all(w in said for w in words) and not wrote, f"{name}: refused before the first write, with the cure", run.returncode,
       said, *wrote)


def pool(**config):
    return [{"name": "pool", "initialNodeCount": 1, "config": {"machineType": "e2-standard-2", "workloadMetadataConfig": {"mode": "GKE_METADATA"}} | config}]


# Standard clusters onto whose machines no pod of the stack comes, and the words of the cure.
UNFIT = {
    "tainted": (pool(taints=[{"key": "batch", "value": "yes", "effect": "NO_SCHEDULE"}]), ["pool pool keeps pods away by a taint", "node-pools create"]),
    "blind": (pool(oauthScopes=["https://www.googleapis.com/auth/logging.write"]), ["may not read images", "--scopes=cloud-platform"]),
    "sandboxed": (pool(sandboxConfig={"type": "GVISOR"}), ["pool pool keeps pods away by a taint"]),
    "small": (pool(machineType="e2-medium"), ["(e2-medium) are too small: the server asks for 1.25 CPUs and 2.5 GiB", "--machine-type=e2-standard-4"]),
    "empty": ([pool()[0] | {"initialNodeCount": 0}], ["has no machines", "--num-nodes=2"]),
}


def machines(sim, answers):
    for name, (pools, words) in UNFIT.items():
        make_cluster(sim, name, "us-central1-a", nodePools=pools)
        refused(sim, answers, name, words)
    plan = sim.run("plan", answers, "--set", "gke.name=tainted")
    ok(plan.returncode != 0 and "taint" in plan.stdout + plan.stderr, "and the plan says it as well", plan.returncode, plan.stdout[-800:], plan.stderr)
    for name in UNFIT:  # the project's quota of addresses is not for so many machines
        ask(sim, "DELETE", f"{CLUSTERS}/{name}")
    wait_for(lambda: not any(c["name"] in UNFIT for c in ask(sim, "GET", CLUSTERS).get("clusters", [])), "their end", 60)


def by_appliance(sim, answers):
    """Its network's owner sends all that leaves to a machine of his own: whether that hands it on is his affair, and is said."""
    routes = "https://compute.googleapis.com/compute/v1/projects/demo-proj/global/routes"
    ask(sim, "POST", routes, {"name": "by-appliance", "network": "projects/demo-proj/global/networks/default", "destRange": "0.0.0.0/0", "priority": 900,
                              "nextHopIlb": "10.128.0.9"})
    wait_for(lambda: any(r["name"] == "by-appliance" for r in ask(sim, "GET", routes)["items"]), "the route", 60)
    plan = sim.run("plan", answers, "--set", "gke.name=hidden")
    ok(plan.returncode == 2 and "what the default route of" in " ".join(plan.stdout.split()), "a way out by an appliance is no refusal, and plan says that it is not seen",
       plan.returncode, plan.stdout[-1500:], plan.stderr)
    run = sim.run("apply", answers, "--json", timeout=300)
    said = [e["line"] for e in map(json.loads, run.stdout.splitlines()) if e.get("event") == "log" and "default route" in e.get("line", "")]
    ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven" and len(said) == 1, "apply says it once, and by it the database is reached", said,
       run.stdout[-1500:])
    ask(sim, "DELETE", f"{routes}/by-appliance")
    wait_for(lambda: not any(r["name"] == "by-appliance" for r in ask(sim, "GET", routes)["items"]), "the route's end", 60)


def hidden(home, sim, choices):
    """Machines without an address of their own reach a database's public address by a Cloud NAT; without one that is said first, and with one it works."""
    make_cluster(sim, "hidden", "us-central1-a", networkConfig={"defaultEnablePrivateNodes": True})
    answers = home.example("hidden.json", **choices | {"gke__name": "hidden", "stack__name": "hidden"})
    refused(sim, answers, "hidden", ["no Cloud NAT for their subnet default", "gcloud compute routers nats create"])
    by_appliance(sim, answers)
    ask(sim, "POST", "https://compute.googleapis.com/compute/v1/projects/demo-proj/regions/us-central1/routers", {
        "name": "theirs", "network": "projects/demo-proj/global/networks/default",
        "nats": [{"name": "theirs", "natIpAllocateOption": "AUTO_ONLY", "sourceSubnetworkIpRangesToNat": "ALL_SUBNETWORKS_ALL_IP_RANGES"}]})
    run = sim.run("apply", answers, "--json", timeout=300)
    ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", "by a Cloud NAT they reach it", run.stdout[-1500:])
    run = sim.run("destroy", answers, "--json", *ALL_DATA, timeout=300)
    ok(run.returncode == 0, "and it goes", run.stdout[-500:])
    ask(sim, "DELETE", f"{CLUSTERS}/hidden")


CLOSED = {"private": {"ipEndpointsConfig": {"enablePublicEndpoint": False}},
          "narrow": {"ipEndpointsConfig": {"authorizedNetworksConfig": {"enabled": True, "cidrBlocks": [{"cidrBlock": "198.51.100.0/24"}]}}}}


def closed(home, sim, choices):
    """An API server that lets nobody in from here: after a while nothing was made, and the cure is said. Both are waited for at once."""
    def apply(name):
        return sim.run("apply", home.example(f"{name}.json", **choices | {"gke__name": name, "stack__name": name}), "--json", timeout=300)

    for name, config in CLOSED.items():
        make_cluster(sim, name, "us-central1-a", controlPlaneEndpointsConfig=config)
    seen = len(sim.exchanges())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for name, run in zip(CLOSED, pool.map(apply, CLOSED)):
            result = result_of(run.stdout)
            ok(run.returncode not in (0, 3) and "--enable-dns-access" in json.dumps(result), f"{name}: a closed API server is told with its cure", run.returncode,
               run.stdout[-1500:])
    wrote = [f"{x['method']} {x['url']}" for x in sim.writes(seen)]
    ok(not wrote, "before the first write", *wrote)


def objects(sim, name):
    """Names of the cluster's namespaces."""
    ip = ask(sim, "GET", f"{CLUSTERS}/{name}")["endpoint"]
    return [n["metadata"]["name"] for n in ask(sim, "GET", f"https://{ip}/api/v1/namespaces")["items"]]


def forwards_are_refused(sim, pods):
    """What is no port-forward is none here either, in the API server's words."""
    name = ask(sim, "GET", pods)["items"][-1]["metadata"]["name"]
    for path, words in ((f"{name}/portforward?ports=5000", "Upgrade request required"), ("nobody/portforward?ports=5000", 'nobody')):
        try:
            said = str(ask(sim, "GET", f"{pods}/{path}"))
        except RuntimeError as e:
            said = str(e)
        ok(words in said, f"the simulated API server: {words}", said)


def through(port):
    """What answers behind a forwarded port."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{port}/health", timeout=20) as reply:
            return reply.status
    except OSError as e:
        return repr(e)


def by_kubectl(home, sim, ns):
    """The way that `connect` tells: a real kubectl forwards the port, in a WebSocket as it does from 1.31 on and straight as before, for several callers."""
    if not shutil.which("kubectl"):
        skip("kubectl reaches the stack", "kubectl is not installed")
        return
    cluster = ask(sim, "GET", f"{CLUSTERS}/shared")
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
              "clusters": [{"name": "c", "cluster": {"server": "https://" + cluster["endpoint"],
                                                     "certificate-authority-data": cluster["masterAuth"]["clusterCaCertificate"]}}],
              "users": [{"name": "u", "user": {"token": sim.ready["token"]}}]}
    environment = {"PATH": os.environ["PATH"], "HOME": home.path, "TZ": "UTC", "KUBECONFIG": home.file("kubeconfig", config), "HTTPS_PROXY": sim.ready["proxy"]}
    for name, websockets in (("in a WebSocket", "true"), ("straight", "false")):
        with subprocess.Popen(["kubectl", f"--namespace={ns}", "port-forward", "service/mlflow", ":80"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=environment | {"KUBECTL_PORT_FORWARD_WEBSOCKETS": websockets}) as process:
            found = re.search(r"127\.0\.0\.1:(\d+) -> 5000", process.stdout.readline())
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                got = list(pool.map(through, [found.group(1)] * 8)) if found else []
            process.terminate()
            ok(got == [200] * 8, f"kubectl port-forward {name} reaches the server, for eight callers", got, process.stdout.read())
    pod = ask(sim, "GET", f"https://{cluster['endpoint']}/api/v1/namespaces/{ns}/pods?labelSelector=app%3Dmlflow")["items"][0]["metadata"]["name"]
    for container, code, words in (("mlflow", 0, ""), ("nobody", 1, "nobody")):
        said = subprocess.run(["kubectl", f"--namespace={ns}", "logs", pod, f"--container={container}"], env=environment, capture_output=True, text=True, timeout=60)
        ok(said.returncode == code and words in said.stderr, f"kubectl logs of the container {container} ends with {code}", said.stdout, said.stderr)
    for command in (["exec", pod, "--", "id"], ["attach", pod]):
        said = subprocess.run(["kubectl", f"--namespace={ns}", *command], env=environment, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        ok(said.returncode != 0 and "are no processes" in said.stderr, f"kubectl {command[0]} is refused with the reason", said.stdout, said.stderr)


def crowded(home, sim, choices):
    """Pods that find no machine: the scheduler's words are in the step's log."""
    make_cluster(sim, "full", "us-central1-a", nodePools=pool())
    server = ask(sim, "GET", f"{CLUSTERS}/full")["endpoint"]
    container = {"name": "theirs", "image": "us-docker.pkg.dev/cloudrun/container/hello", "resources": {"requests": {"cpu": "600m"}}}
    ask(sim, "POST", f"https://{server}/apis/apps/v1/namespaces/default/deployments", {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "theirs"}, "spec": {
        "selector": {"matchLabels": {"app": "theirs"}}, "template": {"metadata": {"labels": {"app": "theirs"}}, "spec": {"containers": [container]}}}})
    run = sim.run("apply", home.example("full.json", **choices), "--json", timeout=300)
    lines = [e.get("line", "") for e in map(json.loads, run.stdout.splitlines()) if e.get("event") == "log" and e.get("id") == "migrate"]
    ok(run.returncode == 3 and any("FailedScheduling" in line and "Insufficient cpu" in line for line in lines), "a Job whose pod finds no room says so",
       run.returncode, *lines)


def taken_away(home, sim, choices):
    """A cluster that is gone with the stack in it: destroy takes the rest away, and does not say that the cluster stays."""
    answers = home.example("taken.json", **choices | {"stack__name": "third"})
    run = sim.run("apply", answers, "--json", timeout=300)
    ask(sim, "DELETE", f"{CLUSTERS}/shared")
    wait_for(lambda: not any(c["name"] == "shared" for c in ask(sim, "GET", CLUSTERS).get("clusters", [])), "the cluster's end", 60)
    result = result_of(sim.run("destroy", answers, "--json", *ALL_DATA, timeout=300).stdout)
    ok(run.returncode == 0 and result.get("outcome") == "destroyed" and not any("cluster" in line for line in result.get("left", [])),
       "a cluster that is gone is not said to stay", run.stdout[-500:], result)


def main():
    with Home() as home:
        world = home.file("world.json", {"projects": [{"services": ["compute.googleapis.com", "container.googleapis.com"]}]})
        with Sim(home, "--world", world) as sim:
            choices = {"target": "gke", "exposure": "internal", "auth__mode": "iam", "gke__cluster": "existing", "gke__name": "shared",
                       "gke__location": "us-central1-a", "database__path": "public", "database__deletion_protection": False}
            answers = home.example("refused.json", **choices)
            make_cluster(sim, "plain", "us-central1-a", workloadIdentityConfig={}, nodePools=PLAIN)
            make_cluster(sim, "half", "us-central1-a", nodePools=HALF)
            make_cluster(sim, "unbalanced", "us-central1-a", addonsConfig={"httpLoadBalancing": {"disabled": True}})
            make_cluster(sim, "shut", "us-central1-a", controlPlaneEndpointsConfig={"ipEndpointsConfig": {"enabled": False}})
            refused(sim, answers, "nowhere", ["There is no cluster nowhere in us-central1-a", "gcloud container clusters list"])
            refused(sim, answers, "plain", ["Workload Identity", "--workload-pool=demo-proj.svc.id.goog"])
            refused(sim, answers, "half", ["node pools", "--workload-metadata=GKE_METADATA"])
            refused(sim, answers, "shut", ["--enable-dns-access"])
            refused(sim, answers, "unbalanced", ["HTTP load balancing", "--update-addons=HttpLoadBalancing=ENABLED"], "--set", "exposure=domain", "--set",
                    "auth.mode=iap", "--set", "domain.host=mlflow.example.com", "--set", "domain.zone=")

            machines(sim, answers)
            closed(home, sim, choices)
            hidden(home, sim, choices)
            make_cluster(sim, "shared", "us-central1-a", controlPlaneEndpointsConfig={})
            answers = home.example("mlflow.json", **choices)
            before, names = ask(sim, "GET", f"{CLUSTERS}/shared"), objects(sim, "shared")
            seen = len(sim.exchanges())
            run = sim.run("apply", answers, "--json", timeout=300)
            ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", "a cluster that fits is lived in", run.stdout[-1500:], run.stderr)
            urls = [x["url"] for x in sim.exchanges()[seen:]]
            ok(any(f"://{before['endpoint']}/" in u and "/portforward?ports=5000" in u for u in urls) and not any(".gke.goog" in u for u in urls),
               "and proven through a port-forward, by its IP endpoint where the DNS endpoint is not open")
            ns = next(n for n in objects(sim, "shared") if n not in names)
            pod = ask(sim, "GET", f"https://{before['endpoint']}/apis/apps/v1/namespaces/{ns}/deployments/mlflow")["spec"]["template"]["spec"]
            ok(pod.get("nodeSelector") == {"iam.gke.io/gke-metadata-server-enabled": "true"}, "on machines that give pods an identity", pod.get("nodeSelector"))
            by_kubectl(home, sim, ns)
            forwards_are_refused(sim, f"https://{before['endpoint']}/api/v1/namespaces/{ns}/pods")
            run = sim.run("apply", answers, "--json", "--set", "gke.name=half")
            ok(run.returncode != 0 and "does not move" in run.stdout + run.stderr, "and it does not move to another", run.stdout[-500:], run.stderr)
            run = sim.run("destroy", answers, "--json", *ALL_DATA, timeout=300)
            result = result_of(run.stdout)
            after = ask(sim, "GET", f"{CLUSTERS}/shared")
            ok(run.returncode == 0 and objects(sim, "shared") == names, "destroy takes the namespace away", result, run.stderr)
            ok(any("shared" in line for line in result.get("left", [])) and after == before, "and leaves the cluster as it was, and says so",
               result.get("left"), json.dumps(after)[:300])
            ok(not [x for x in sim.writes(seen) if x["url"].startswith(CLUSTERS)], "which was never written to")
            taken_away(home, sim, choices)
            crowded(home, sim, choices | {"gke__name": "full", "stack__name": "second"})
    done()


if __name__ == "__main__":
    main()
