#!/usr/bin/env python3
"""Recordings of whole stacks replay whole (dev/conformance FILE): each example is applied, changed and destroyed on the simulated cloud; what the simulated cloud
logged of that, and what --record wrote of the apply, is played against another simulated cloud, and nothing may differ. The apply alone of one example
with a passage by default, all with MLFLOW_SETUP_ALL=1, those that are named as arguments otherwise."""
import importlib.machinery
import importlib.util
import json
import os
import re
import subprocess
import sys

from harness import ALL_DATA, SIM, SOURCE, Home, Sim, done, ok, read, skip

# What stands there before.
NEEDS = {
    "appengine": [], "cloud-run": [], "cloud-run-basic": [], "cloud-run-direct": [], "cloud-run-iam": [], "cloud-run-iap": [], "cloud-run-mysql": [], "gke": [], "vm-internal": [],
    "cloud-run-domain": ["api:compute", "api:dns", "zone:example-com:example.com"],
    "kubeconfig": ["api:compute"], "trial": [],
    "vm": ["api:compute", "api:dns", "zone:example-com:example.com"],
    "cloud-run-existing-network": ["api:compute", "network:corp:apps:10.1.0.0/24"],
    "existing-cluster": ["api:compute", "api:container", "cluster:shared:us-central1-a"],
}
SHORT = ["vm-internal"]
# What is of another world than one project, and the test that makes it. A host project's network was there before, so its recording does not replay whole.
ELSEWHERE = {"cloud-run-shared-vpc": "tests/cases/networks.py", "kubeconfig": "tests/cases/context.py"}
# A cluster that was there before the recording began is not made again, so only the cloud's own log of it is whole.
UNSEEN = {"existing-cluster"}
# The cluster of a kubeconfig file pulls images with a token inside a Secret. --record hides that Secret's text whole, so only the cloud's own log, which
# shows it, says where another token goes.
KEYED = {"kubeconfig"}


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


def take(home, name, short):
    with open(os.path.join(SOURCE, "examples", name + ".json"), encoding="utf-8") as f:
        example = json.load(f)
    if "auth.client_secret" in example["answers"]:
        example["answers"]["auth.client_secret"] = "env:CLIENT_SECRET"
    if example["answers"].get("gke.context"):
        example["answers"]["gke.context"] = "elsewhere"  # the simulated cluster's
    answers, made, log = home.file(name + ".json", example), home.file(name + ".made.jsonl"), home.file(name + ".log.jsonl")
    services = [need.split(":")[1] + ".googleapis.com" for need in NEEDS[name] if need.startswith("api:")]
    with Sim(home, "--world", home.file("world.json", {"projects": [{"services": services}]})) as sim:
        matrix().prepare_world(sim, [need for need in NEEDS[name] if not need.startswith("api:")])
        runs = [sim.run("apply", answers, "--record", made, timeout=400)]
        if not short:
            runs += [sim.run("apply", answers, "--yes", "--set", "server.workers=1", timeout=400), sim.run("destroy", answers, *ALL_DATA, timeout=400)]
        ok(not any(run.returncode for run in runs), name + (": apply" if short else ": apply, change and destroy"), *[run.stderr for run in runs])
        with open(log, "wb") as f:
            f.write(read(sim.path("log.jsonl")))
    replay(log, name + ": what the simulated cloud logged replays whole")
    if name in KEYED:
        skip(name + ": what --record wrote of the apply replays whole", "the Secret that its cluster pulls by is hidden in it")
    elif name not in UNSEEN:
        replay(made, name + ": what --record wrote of the apply replays whole")


def main():
    shown = {name[:-len(".json")] for name in os.listdir(os.path.join(SOURCE, "examples")) if name.endswith(".json")}
    left = shown - set(NEEDS) - set(ELSEWHERE)
    ok(not left, "each example is recorded here", *left)
    names = sys.argv[1:] or (sorted(NEEDS) if os.environ.get("MLFLOW_SETUP_ALL") else SHORT)
    with Home() as home:
        for name in names:
            take(home, name, names is SHORT)
    if len(names) < len(NEEDS):
        skip(f"the other {len(NEEDS) - len(names)} examples" + (", and a change and the end of this one" if names is SHORT else ""), "they take minutes: MLFLOW_SETUP_ALL=1 runs them")
    done()


if __name__ == "__main__":
    main()
