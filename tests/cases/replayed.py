#!/usr/bin/env python3
"""Recordings of whole stacks replay whole (dev/conformance FILE): each example is applied, changed, upgraded and destroyed on the simulated cloud; what the simulated cloud
logged of that, and what --record wrote of the apply, is played against another simulated cloud, and nothing may differ. The apply alone of one example
with a passage by default, all with MLFLOW_SETUP_ALL=1, those that are named as arguments otherwise."""
import importlib.machinery
import importlib.util
import json
import os
import re
import subprocess
import sys

from cloud_hand import connect_network, let_in, make_network
from harness import ALL_DATA, SIM, SOURCE, Home, Sim, done, ok, read, skip

# What stands there before.
NEEDS = {
    "appengine": [], "cloud-run": [], "cloud-run-basic": [], "cloud-run-direct": [], "cloud-run-iam": [], "cloud-run-iap": [], "cloud-run-mysql": [], "gke": [], "vm-internal": [],
    "cloud-run-domain": ["api:compute", "api:dns", "zone:example-com:example.com"],
    "kubeconfig": ["api:compute"], "trial": [],
    "vm": ["api:compute", "api:dns", "zone:example-com:example.com"],
    "cloud-run-existing-network": ["api:compute", "network:corp:apps:10.1.0.0/24"],
    "existing-cluster": ["api:compute", "api:container", "cluster:shared:us-central1-a"],
    "cloud-run-shared-vpc": ["api:compute", "api:servicenetworking", "api:run", "api:sqladmin"],
}
SHORT = ["vm-internal"]
# The host project of the one that stands in a Shared VPC, and who has to be let in there.
HOST, NUMBER = "net-project", "210987654321"
AGENT = "serviceAccount:service-123456789012@serverless-robot-prod.iam.gserviceaccount.com"
OLD, NEW = "3.16.1", "3.17.2"


def matrix():
    """dev/matrix as a module: it knows how a world is made."""
    loader = importlib.machinery.SourceFileLoader("matrix", os.path.join(SOURCE, "dev/matrix"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("matrix", loader))
    loader.exec_module(module)
    return module


def replay(path, what):
    run = subprocess.run([sys.executable, os.path.join(SOURCE, "dev/conformance"), path, "--sim", SIM], capture_output=True, text=True, timeout=600,
                         stdin=subprocess.DEVNULL)
    whole = re.search(r"^conform: (\d+) of (\d+)$", run.stdout, re.M)
    ok(run.returncode == 0 and whole and whole.group(1) == whole.group(2) and int(whole.group(1)) > 100, what, run.stdout[:3000], run.stderr[-2000:])


def world_of(home, name):
    """The projects that an example finds."""
    services = [need.split(":")[1] + ".googleapis.com" for need in NEEDS[name] if need.startswith("api:")]
    projects = [{"services": services}]
    if name == "cloud-run-shared-vpc":
        projects = [{"services": services, "sharedVpcHost": HOST}, {"id": HOST, "number": NUMBER, "name": "Net", "services": services[:2]}]
    return home.file("world.json", {"projects": projects})


def prepare(sim, name):
    """What stands in them before."""
    matrix().prepare_world(sim, [need for need in NEEDS[name] if not need.startswith("api:")])
    if name == "cloud-run-shared-vpc":
        make_network(sim, HOST, NUMBER, "hub", "apps", "10.7.0.0/24", None)
        connect_network(sim, HOST, NUMBER, "hub", None)
        let_in(sim, HOST, "apps", AGENT)


def take(home, name, short):
    with open(os.path.join(SOURCE, "examples", name + ".json"), encoding="utf-8") as f:
        example = json.load(f)
    if "auth.client_secret" in example["answers"]:
        example["answers"]["auth.client_secret"] = "env:CLIENT_SECRET"
    if example["answers"].get("gke.context"):
        example["answers"]["gke.context"] = "elsewhere"  # the simulated cluster's
    if not short:
        example["answers"]["image.mlflow_version"] = OLD
    answers, made, log = home.file(name + ".json", example), home.file(name + ".made.jsonl"), home.file(name + ".log.jsonl")
    with Sim(home, "--world", world_of(home, name)) as sim:
        prepare(sim, name)
        runs = [sim.run("apply", answers, "--record", made, timeout=400)]
        if not short:
            runs += [sim.run("apply", answers, "--yes", "--set", change, timeout=400) for change in ("server.workers=1", "image.mlflow_version=" + NEW)]
            runs.append(sim.run("destroy", answers, *ALL_DATA, timeout=400))
        ok(not any(run.returncode for run in runs), name + (": apply" if short else ": apply, change, upgrade and destroy"), *[run.stderr for run in runs])
        with open(log, "wb") as f:
            f.write(read(sim.path("log.jsonl")))
    replay(log, name + ": what the simulated cloud logged replays whole")
    replay(made, name + ": what --record wrote of the apply replays whole")


def main():
    shown = {name[:-len(".json")] for name in os.listdir(os.path.join(SOURCE, "examples")) if name.endswith(".json")}
    left = shown - set(NEEDS)
    ok(not left, "each example is recorded here", *left)
    names = sys.argv[1:] or (sorted(NEEDS) if os.environ.get("MLFLOW_SETUP_ALL") else SHORT)
    with Home() as home:
        for name in names:
            take(home, name, names is SHORT)
    if len(names) < len(NEEDS):
        skip(f"the other {len(NEEDS) - len(names)} examples" + (", and a change, an upgrade and the end of this one" if names is SHORT else ""), "they take minutes: MLFLOW_SETUP_ALL=1 runs them")
    done()


if __name__ == "__main__":
    main()
