"""One request to the simulated cloud by the project's owner, as somebody at a console would make it."""
import json
import time
import urllib.error
import urllib.request

MONITORING = "https://monitoring.googleapis.com/v3/projects/demo-proj"


def ask(sim, method, url, body=None, token=None):
    """The reply's JSON; RuntimeError when it is refused. With a token: by whoever has that."""
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode(), headers={
        "Authorization": "Bearer " + (token or sim.ready["token"]), "Content-Type": "application/json"})
    try:
        with sim.opener().open(request, timeout=30) as reply:
            return json.loads(reply.read() or b"{}")
    except urllib.error.HTTPError as e:
        raise RuntimeError(f"{method} {url}: {e.code} {e.read().decode()}") from None


def uptime_checks(sim):
    """Each uptime check of the project, and whether it would pass: sent as it says, redirects followed to their end, as Google's machines do."""
    for check in ask(sim, "GET", f"{MONITORING}/uptimeCheckConfigs").get("uptimeCheckConfigs", []):
        http = check["httpCheck"]
        url = f"https://{check['monitoredResource']['labels']['host']}:{http['port']}{http['path']}"
        try:
            with sim.opener().open(urllib.request.Request(url, headers=http.get("headers", {})), timeout=30) as reply:
                status = reply.status
        except urllib.error.HTTPError as e:
            status = e.code
        taken = [s["statusValue"] for s in http.get("acceptedResponseStatusCodes", [])] or range(200, 300)
        yield check, status, status in taken


def do_tasks(sim, result):
    """What a result says is left to do by hand, done as it is told: the records are set at the simulated registrar. How many."""
    tasks = [t for t in result.get("waiting", []) if "record" in t]
    for task in tasks:
        set_record(sim, task["record"]["name"], task["record"]["type"], task["record"]["data"])
    return len(tasks)


def set_record(sim, name, kind, data):
    """The name's records of this type where its zone is kept, which is not here; None takes them away."""
    if data is None:
        ask(sim, "DELETE", f"https://registrar.example/{name}/{kind}")
    else:
        ask(sim, "PUT", f"https://registrar.example/{name}/{kind}", {"data": data})


def ask_until(sim, method, url, body=None, seconds=30):
    """The same, asked again while an API that was just switched on, or what it refers to, is not there yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask(sim, method, url, body)
        except RuntimeError as e:
            if time.monotonic() > deadline or not any(word in str(e) for word in ("SERVICE_DISABLED", "accessNotConfigured", "not ready", "notFound", "NOT_FOUND")):
                raise
        time.sleep(0.05)


COMPUTE = "https://compute.googleapis.com/compute/v1/projects"
CONNECTIONS = "https://servicenetworking.googleapis.com/v1/services/servicenetworking.googleapis.com/connections"


def make_network(sim, project, number, name, subnet, subnet_range, services):
    """Somebody's network with a subnet, and private services access by a range of its owner's, if any."""
    ask_until(sim, "POST", f"{COMPUTE}/{project}/global/networks", {"name": name, "autoCreateSubnetworks": False})
    ask_until(sim, "POST", f"{COMPUTE}/{project}/regions/us-central1/subnetworks",
              {"name": subnet, "network": f"projects/{project}/global/networks/{name}", "ipCidrRange": subnet_range})
    if services:
        connect_network(sim, project, number, name, services)


def connect_network(sim, project, number, name, services):
    """Private services access by a range of the network's owner, which begins at services, or where there is room."""
    address = {"name": "theirs", "purpose": "VPC_PEERING", "addressType": "INTERNAL", "network": f"projects/{project}/global/networks/{name}", "prefixLength": 20}
    ask_until(sim, "POST", f"{COMPUTE}/{project}/global/addresses", address | ({"address": services} if services else {}))
    ask_until(sim, "GET", f"{COMPUTE}/{project}/global/addresses/theirs")
    ask(sim, "POST", CONNECTIONS, {"network": f"projects/{number}/global/networks/{name}", "reservedPeeringRanges": ["theirs"]})
    ask_until(sim, "GET", f"{COMPUTE}/{project}/global/networks/{name}")


def let_in(sim, project, subnet, agent):
    """What a Shared VPC's owner grants an agent of another project: the use of a subnet, and sight of its network, which is the project's policy to give."""
    ask(sim, "POST", f"{COMPUTE}/{project}/regions/us-central1/subnetworks/{subnet}/setIamPolicy",
        {"policy": {"bindings": [{"role": "roles/compute.networkUser", "members": [agent]}]}})
    policies = f"https://cloudresourcemanager.googleapis.com/v1/projects/{project}"
    policy = ask_until(sim, "POST", f"{policies}:getIamPolicy", {})
    policy["bindings"].append({"role": "roles/compute.networkViewer", "members": [agent]})
    ask(sim, "POST", f"{policies}:setIamPolicy", {"policy": policy})


def make_cluster(sim, name, location, **more):
    """Somebody's Standard cluster with Workload Identity, once it runs. What is in more is added to its request."""
    pool = {"name": "pool", "initialNodeCount": 1, "config": {"machineType": "e2-standard-4", "workloadMetadataConfig": {"mode": "GKE_METADATA"}}}
    body = {"name": name, "controlPlaneEndpointsConfig": {"dnsEndpointConfig": {"allowExternalTraffic": True}}, "workloadIdentityConfig": {"workloadPool": "demo-proj.svc.id.goog"}, "nodePools": [pool]}
    body.update(more)
    base = f"https://container.googleapis.com/v1/projects/demo-proj/locations/{location}/clusters"
    ask_until(sim, "POST", base, {"cluster": body})
    deadline = time.monotonic() + 60
    while ask(sim, "GET", f"{base}/{name}")["status"] != "RUNNING":
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited for cluster {name}")
        time.sleep(0.05)
