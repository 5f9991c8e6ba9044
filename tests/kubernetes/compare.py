#!/usr/bin/env python3
"""The simulated cluster's API held to the real one: every scenario (scenarios.py) is walked by kubectl and by bare requests against the
simulated cluster and against a real kube-apiserver with etcd and Kubernetes' own controllers, and what came back is compared: exit code, both outputs,
status, body, fields' owners. Only what no two clusters share (uid, versions, times, addresses, drawn names) is evened out. A justified difference
is a row of differences.tsv; a row that explains nothing any more fails too. With names of scenarios as arguments only these are walked."""
import base64
import concurrent.futures
import difflib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import apiserver  # noqa: E402
from scenarios import SCENARIOS  # noqa: E402

from cloud_hand import ask  # noqa: E402
from harness import Home, Sim, done, ok, wait_for  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
CLUSTERS = "https://container.googleapis.com/v1/projects/demo-proj/locations/us-central1/clusters"
# What no two clusters share: pattern and what stands in its place.
EVENED = [(re.compile(pattern), instead) for pattern, instead in (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UID"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000", "TIME"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0000 UTC", "TIME"),
    (r"(Resource Version: +)\d+", r"\1VERSION"),
    (r"(resourceVersion|resource-version)(\\?\"?: ?\\?\"?|=)\d+", r"\1\2VERSION"),
    (r"\b34\.118\.2\d\d\.\d+", "ADDRESS"),
    (r"-----BEGIN CERTIFICATE-----[^\"]*-----END CERTIFICATE-----(\\n)?", "CERTIFICATE"),
    (r"\beyJ[\w-]+\.[\w-]+\.[\w-]+", "TOKEN"),
    # Go's memory with its addresses, and a whole object in the order of its struct.
    (r"(core\.PodTemplateSpec|policy\.PodDisruptionBudgetSpec)\{.*?\}(?=: (field is|minAvailable))", r"\1{DUMP}"),
    (r"(?s)(for bound claims)\n.*\}\n", r"\1"),  # what differs, in Go's words for a whole struct
    (r"patch: Invalid value: .*: (?=json: |strict )", "patch: Invalid value: DUMP: "),
    (r"(?<=Invalid value: )\"\{.*\}\": (?=json: )", "DUMP: "),
    (r"(?<=[ (])(<invalid>|\d+[smhd](\d+[smhd])?)(?=[ )\n])( \(x\d+ over \S+\))?", "AGE"),
    (r"\bkube-api-access-[a-z0-9]{5}", "kube-api-access-DRAWN"),
    (r"\bweb-[456789bcdf]{7,10}\b", "web-HASH"),
    (r"(?<=pod-template-hash=)\w+", "HASH"),
    (r"\b(web-HASH|once|cron-\d+)-[bcdfghjklmnpqrstvwxz2456789]{5}\b", r"\1-DRAWN"),
    (r"Waiting for deployment .*\n", ""),  # as often as it was looked
    (r"(nodePort\"?: |:)3[012]\d\d\d\b", r"\1PORT"),
)]
VOLATILE = {"uid": "UID", "resourceVersion": "VERSION", "creationTimestamp": "TIME", "time": "TIME", "deletionTimestamp": "TIME", "pod-template-hash": "HASH"}


class Side:
    """One of the two: where it is, who asks."""

    def __init__(self, name, home, url, ca, token, proxy=None):
        self.name, self.url, self.token = name, url, token
        self.folder = f"{home.path}/{name}"
        os.makedirs(self.folder)
        ca_file = home.file(f"{name}/ca.pem", ca)
        config = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                  "clusters": [{"name": "c", "cluster": {"server": url, "certificate-authority-data": base64.b64encode(ca.encode()).decode()}}],
                  "users": [{"name": "u", "user": {"token": token}}]}
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.folder, "TZ": "UTC", "LC_ALL": "C.UTF-8",
                            "KUBECONFIG": home.file(f"{name}/kubeconfig", config), "KUBECTL_PORT_FORWARD_WEBSOCKETS": "true"}
        if proxy:
            self.environment["HTTPS_PROXY"] = proxy
        context = ssl.create_default_context(cafile=ca_file)
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({"https": proxy} if proxy else {}), urllib.request.HTTPSHandler(context=context))

    def kubectl(self, namespace, arguments, document):
        text = document if document is None or isinstance(document, str) else json.dumps(document)
        r = subprocess.run([KUBECTL, "--namespace", namespace, *arguments], env=self.environment, input=text, stdin=None if text else subprocess.DEVNULL,
                           capture_output=True, text=True, timeout=120, cwd=self.folder)
        return {"exit": r.returncode, "stdout": r.stdout, "stderr": r.stderr}

    def request(self, namespace, method, path, body=None, headers=None):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode() if body is not None else None
        given = {"Authorization": "Bearer " + self.token, "User-Agent": "compare/1", "Accept": "application/json", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path.replace("NAMESPACE", namespace), method=method, data=data, headers=given | (headers or {}))
        try:
            with self.opener.open(request, timeout=60) as reply:
                return {"status": reply.status, "type": reply.headers["Content-Type"], "warning": reply.headers.get_all("Warning"), "body": reply.read().decode()}
        except urllib.error.HTTPError as reply:
            return {"status": reply.code, "type": reply.headers["Content-Type"], "warning": reply.headers.get_all("Warning"), "body": reply.read().decode()}

    def settled(self, namespace, path, condition):
        """Waits for what a controller does; not compared."""
        wait_for(lambda: condition(self.request(namespace, "GET", path)), f"{path} on the {self.name} side", 60, 0.2)

    def walk(self, scenario):
        results = []
        namespace = scenario.name
        self.request("", "POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        self.settled(namespace, "/api/v1/namespaces/NAMESPACE/serviceaccounts/default", lambda r: r["status"] == 200)
        for step in scenario.steps:
            if step.settled:
                self.settled(namespace, *step.settled)
            elif step.arguments:
                results.append(self.kubectl(namespace, step.arguments, step.document))
            else:
                results.append(self.request(namespace, *step.request))
        return results


def even(text, side):
    if side:
        text = text.replace(side.url, "SERVER").replace(side.url[8:], "SERVER")
    for pattern, instead in EVENED:
        text = pattern.sub(instead, text)
    return text


def evened(value, side, key=None):
    """A JSON value without what no two clusters share; its objects sorted when printed."""
    if isinstance(value, dict):
        return {even(k, side): evened(v, side, k) for k, v in value.items()}
    if isinstance(value, list):
        # Owners stand in the order of their times, which are no two clusters' same.
        order = sorted(value, key=lambda o: (o["operation"], o["manager"])) if key == "managedFields" else value
        return [evened(v, side) for v in order]
    if key in VOLATILE and value is not None:
        return VOLATILE[key]
    return even(value, side) if isinstance(value, str) else value


def lines(result, side):
    """A result as lines, one for each thing that can differ."""
    out = []
    for name, value in result.items():
        text = value if isinstance(value, str) else json.dumps(value)
        if text[:1] in "{[":
            try:
                text = json.dumps(evened(json.loads(text), side), indent=1, sort_keys=True)
            except ValueError:
                text = even(text, side)
        else:
            text = re.sub(r"(?<=\S)  +", "   ", even(text, side))
        out += [f"{name}: {line.rstrip()}" for line in text.splitlines() or [""]]
    return out


def read_reasons():
    """(step, pattern, reason) rows."""
    with open(f"{HERE}/differences.tsv", encoding="utf-8") as f:
        rows = [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]
    return [{"step": re.compile(row[0]), "line": re.compile(row[1]), "why": row[2], "used": False} for row in rows]


def differences(name, real, simulated, sides, reasons):
    """What differs and no row explains, as a diff."""
    a, b = (lines(r, side) for r, side in zip((real, simulated), sides))
    left = []
    for line in difflib.unified_diff(a, b, "real", "simulated", lineterm="", n=2):
        row = line[0] in "+-" and line[:3] not in ("+++", "---") and next(
            (r for r in reasons if r["step"].fullmatch(name) and r["line"].search(line)), None)
        if row:
            row["used"] = True
        else:
            left.append(line)
    return left if any(line[0] in "+-" and line[:3] not in ("+++", "---") for line in left) else []


def cluster_of(sim):
    """A new cluster of the simulated cloud: (url, CA)."""
    ask(sim, "POST", CLUSTERS, {"cluster": {"name": "c", "initialNodeCount": 1, "nodeConfig": {"machineType": "e2-standard-4"}}})
    wait_for(lambda: ask(sim, "GET", CLUSTERS + "/c")["status"] == "RUNNING", "the cluster to run")
    made = ask(sim, "GET", CLUSTERS + "/c")
    return "https://" + made["endpoint"], base64.b64decode(made["masterAuth"]["clusterCaCertificate"]).decode()


def kubectl_here():
    """gcloud's kubectl starts another version for each server; the same one is wanted for both."""
    found = shutil.which("kubectl")
    fixed = found and os.path.realpath(found) + ".1.32"
    return fixed if fixed and os.path.exists(fixed) else found


def compare(scenarios, sides, reasons):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for scenario in scenarios:
            try:
                real, simulated = pool.map(lambda side, s=scenario: side.walk(s), sides)
            except TimeoutError as late:
                ok(False, f"{scenario.name}: walked to the end", late)
                continue
            steps = [s for s in scenario.steps if not s.settled]
            for i, (step, a, b) in enumerate(zip(steps, real, simulated), 1):
                name = f"{scenario.name}.{i}"
                left = differences(name, a, b, sides, reasons)
                ok(not left, f"{name}: {step}", "\n".join(left[:60]))


def main():
    why = apiserver.missing() or (None if KUBECTL else "kubectl is not installed")
    if why:
        print(f"1..0 # SKIP {why}")
        return
    wanted, reasons = sys.argv[1:], read_reasons()
    scenarios = [s for s in SCENARIOS if not wanted or s.name in wanted]
    with Home() as home, apiserver.Apiserver() as real, Sim(home, "--world", home.file("world.json", {"services": ["*"]})) as sim:
        url, ca = cluster_of(sim)
        sides = Side("real", home, real.url, real.ca, real.token), Side("simulated", home, url, ca, sim.ready["token"], sim.ready["proxy"])
        compare(scenarios, sides, reasons)
    ok(sim.status == 0, "the simulated cloud ends well", sim.status)
    for row in reasons if not wanted else []:
        ok(row["used"], f"still differs, as a row says: {row['why']}", row["step"].pattern, row["line"].pattern)
    done()


KUBECTL = kubectl_here()

if __name__ == "__main__":
    main()
