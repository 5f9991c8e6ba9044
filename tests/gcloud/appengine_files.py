#!/usr/bin/env python3
"""What `render` writes for App Engine, deployed by gcloud as it stands: the version serves, is what `apply` makes but for its name, our `plan` finds nothing
to change, and gcloud reads all of it back and moves the traffic."""
import json
import shutil
import subprocess

from read_back import Gcloud
from harness import Home, Sim, done, ok, read, result_of

# Of a version alone, and what gcloud says of itself.
OWN = ("name", "id", "createTime", "createdBy", "versionUrl", "diskUsageBytes", "entrypoint", "handlers")
OF_GCLOUD = ("module_yaml_path", "vm_runtime", "source_reference", "has_docker_image")
SETS = {"target": "appengine", "auth__mode": "iap", "appengine__for_ever": True, "database__path": "public"}


def gcloud(g, folder, line):
    """The JSON of a call that has to succeed, in the folder of the files."""
    run = subprocess.run(["gcloud", *line.split(), "--format=json"], env=g.environment, cwd=folder, capture_output=True, text=True, timeout=300,
                         stdin=subprocess.DEVNULL)
    ok(run.returncode == 0, f"gcloud {line}", run.stdout[-800:], run.stderr[-1500:])
    return json.loads(run.stdout) if run.returncode == 0 and run.stdout.strip() else None


def bare(version):
    """What a version is, without what is of one alone: App Engine makes another of one whose secrets are new by variables that nobody reads."""
    v = {k: x for k, x in version.items() if k not in OWN}
    v["envVariables"] = {k: x for k, x in v["envVariables"].items() if not k.startswith("SECRET_MADE_")}
    if v["runtime"] == "vm":  # gcloud has a custom runtime in its old words
        v["runtime"] = v["betaSettings"]["vm_runtime"]
    v["betaSettings"] = {k: x for k, x in v.get("betaSettings", {}).items() if k not in OF_GCLOUD}
    return v


def planned(sim, answers, name):
    run = sim.run("plan", answers, "--json", timeout=300)
    ok(run.returncode == 0, name, run.returncode, run.stdout[-1500:], run.stderr)


def deploy(home, sim, answers):
    folder = home.file("out")
    run = home.run("render", answers, "--out", folder)
    ok(run.returncode == 0, "render writes app.yaml and what it needs", run.stderr)
    yaml = read(f"{folder}/app.yaml").decode()
    image = yaml.splitlines()[0].partition("--image-url=")[2]
    ok("@sha256:" in image and "$ref" not in yaml and "sm://demo-proj/mlflow-db-password#1" in yaml, "with the image by digest, secrets by reference", yaml)
    g = Gcloud(home, sim)
    gcloud(g, folder, f"app deploy app.yaml --image-url={image} --version=by-hand --no-promote")
    return g, folder, image


def read_back(g, folder, ours, image):
    versions = gcloud(g, folder, "app versions list --service=default")
    ok(sorted(v["id"] for v in versions) == sorted([ours, "by-hand"]) and {v["id"]: v["traffic_split"] for v in versions} == {ours: 1.0, "by-hand": 0.0},
       "two versions; the traffic is where it was", versions)
    mine, theirs = (gcloud(g, folder, f"app versions describe {v} --service=default") for v in (ours, "by-hand"))
    ok(theirs["servingStatus"] == "SERVING" and theirs["deployment"]["container"]["image"] == image, "the version of the files serves this image", theirs)
    ok(bare(theirs) == bare(mine), "and is the planned one but for its name", bare(mine), bare(theirs))
    instances = gcloud(g, folder, "app instances list --service=default --version=by-hand")
    ok(len(instances) == 1 and instances[0]["instance"]["vmStatus"] == "RUNNING", "an instance of it runs", instances)


def traffic(sim, g, folder, answers, ours):
    gcloud(g, folder, "app services set-traffic default --splits=by-hand=1")
    split = gcloud(g, folder, "app services describe default")["split"]["allocations"]
    ok(split == {"by-hand": 1.0}, "the traffic goes where it is set", split)
    run = sim.run("plan", answers, "--json", timeout=300)
    ok(run.returncode == 2 and "serves a version of somebody else, by-hand" in run.stdout, "which the plan names as a version of somebody else", run.returncode,
       [r for r in json.loads(run.stdout)["resources"] if r["id"] == "service"])
    gcloud(g, folder, f"app services set-traffic default --splits={ours}=1")
    gcloud(g, folder, "app versions delete by-hand --service=default")
    planned(sim, answers, "and nothing is to be done once it is moved back")


def main():
    if not shutil.which("gcloud"):
        print("1..0 # SKIP gcloud is not installed")
        return
    with Home() as home, Sim(home) as sim:
        answers = home.example(**SETS)
        run = sim.run("apply", answers, "--json", timeout=400)
        ok(result_of(run.stdout).get("outcome") == "proven", "a stack is proven", run.stdout[-1500:], run.stderr)
        ours = json.loads(read(answers))["resolved"]["appengine_version"]
        g, folder, image = deploy(home, sim, answers)
        planned(sim, answers, "our plan has nothing to change beside it")
        read_back(g, folder, ours, image)
        traffic(sim, g, folder, answers, ours)
    done()


if __name__ == "__main__":
    main()
