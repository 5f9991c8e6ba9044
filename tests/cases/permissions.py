#!/usr/bin/env python3
"""Somebody who may do all that a stack needs but for one permission: an apply looks before its first write. What is given on a project alone is refused with
the role and the line that gives it, and nothing is written; what a single resource may give is told, and the run goes on (TAP)."""
import json
import os
import signal

from cloud_hand import ask, ask_until
from harness import Home, Sim, done, ok, result_of
from laptop import login

ANN = "ann@example.com"
PROJECT = "https://cloudresourcemanager.googleapis.com/v1/projects/demo-proj"
ROLE = "projects/demo-proj/roles/stacks"
# What an apply of examples/cloud-run.json is refused without, one of every kind that it makes.
SURE = {"artifactregistry.repositories.create", "cloudbuild.builds.create", "cloudsql.databases.create", "cloudsql.instances.create", "cloudsql.users.create",
        "compute.globalAddresses.createInternal", "compute.networks.create", "compute.networks.updatePolicy", "compute.subnetworks.create",
        "iam.serviceAccounts.create", "resourcemanager.projects.setIamPolicy", "run.jobs.create", "run.services.create", "secretmanager.secrets.create",
        "servicenetworking.services.addPeering", "serviceusage.services.enable", "storage.buckets.create"}


class Cloud:
    """A cloud in which Ann may do what one role of the project's own says."""

    def __init__(self, home, sim):
        self.home, self.sim = home, sim
        self.answers = home.example(auth__client_secret="env:CLIENT_SECRET", auth__users=[ANN], auth__tokens="operator")
        self.needed = sorted({p for deed in json.loads(sim.run("plan", self.answers, "--json").stdout)["permissions"].values() for p in deed})
        self.login = login(home, sim, ANN)
        ask_until(sim, "POST", "https://serviceusage.googleapis.com/v1/projects/123456789012/services/iam.googleapis.com:enable", {})
        ask_until(sim, "POST", "https://iam.googleapis.com/v1/projects/demo-proj/roles", {"roleId": "stacks", "role": {"includedPermissions": self.needed}})
        self.bind({"role": ROLE, "members": [f"user:{ANN}"]})

    def bind(self, *bindings):
        policy = ask(self.sim, "POST", f"{PROJECT}:getIamPolicy", {"options": {"requestedPolicyVersion": 3}})
        theirs = [b for b in policy["bindings"] if f"user:{ANN}" not in b["members"]]
        ask(self.sim, "POST", f"{PROJECT}:setIamPolicy", {"policy": policy | {"version": 3, "bindings": theirs + list(bindings)}})
        self.sim.let_pass(900)

    def without(self, *permissions):
        ask(self.sim, "PATCH", f"https://iam.googleapis.com/v1/{ROLE}?updateMask=includedPermissions",
            {"includedPermissions": [p for p in self.needed if p not in permissions]})
        self.sim.let_pass(900)

    def run(self, verb, *more):
        """(exit code, result, what was told of permissions, the writes), by Ann."""
        before = len(self.sim.exchanges())
        run = self.sim.run(verb, self.answers, *more, env={"GOOGLE_APPLICATION_CREDENTIALS": self.login}, timeout=400)
        told = [json.loads(line)["line"] for line in run.stdout.splitlines() if line.startswith("{") and '"id":"permissions"' in line and '"log"' in line]
        return run, result_of(run.stdout), told, self.sim.writes(before)

    def faults(self, *rules):
        with open(self.home.file("rules.json"), "w", encoding="utf-8") as f:
            json.dump(rules, f)
        self.sim.process.send_signal(signal.SIGUSR2)
        ask(self.sim, "GET", PROJECT)


def refused(cloud):
    for permission in sorted(SURE):
        cloud.without(permission)
        run, result, _, writes = cloud.run("apply", "--json")
        ok(run.returncode == 77 and permission in result.get("message", "") and not writes and result.get("outcome") == "nothing"
           and f"gcloud projects add-iam-policy-binding demo-proj --member=user:{ANN} --role=roles/" in result.get("fix", ""),
           f"{permission}: refused with the line that gives it, and nothing is written", run.returncode, result, len(writes))
    cloud.without("cloudsql.instances.create", "run.services.create", "iam.serviceAccounts.actAs")
    run, result, _, writes = cloud.run("apply", "--json")
    ok(run.returncode == 77 and not writes and all(r in result["fix"] for r in ("for r in", "roles/cloudsql.admin", "roles/run.admin", "roles/iam.serviceAccountUser")),
       "several: all of them at once, what may be given elsewhere too", result)


def plans(cloud):
    cloud.without("cloudsql.instances.create")
    run, _, _, writes = cloud.run("plan")
    told = " ".join(run.stdout.split())
    ok(run.returncode == 2 and "cloudsql.instances.create" in told and "--role=roles/cloudsql.admin" in told and not writes, "plan tells it, and exits as ever", run.returncode, run.stdout)


def in_doubt(cloud):
    """Each of these runs goes on, and ends where it is refused: at a request that the rules refuse, so that none has to be long."""
    stop = {"method": "POST", "path": "*:enable", "status": 403, "body": {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "That is all."}}}
    batch = stop | {"path": "*:batchEnable"}
    cloud.faults(stop, batch)
    cloud.without("iam.serviceAccounts.actAs")
    run, result, told, _ = cloud.run("apply", "--json")
    ok("That is all." in result.get("message", "") and any("iam.serviceAccounts.actAs" in line for line in told), "what single resources may give is told", told, result)

    cloud.without("storage.buckets.create")
    cloud.bind({"role": ROLE, "members": [f"user:{ANN}"]}, {"role": "roles/storage.admin", "members": [f"user:{ANN}"], "condition": {
        "title": "buckets", "expression": 'resource.type == "storage.googleapis.com/Bucket"'}})
    run, result, told, _ = cloud.run("apply", "--json")
    ok("That is all." in result.get("message", "") and any("storage.buckets.create" in line for line in told), "so is what a binding with a condition may give", told, result)
    cloud.bind({"role": ROLE, "members": [f"user:{ANN}"]})

    cloud.faults(stop, batch, {"method": "POST", "path": "*:testIamPermissions", "status": 403, "body": {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "Not this."}}})
    run, result, told, _ = cloud.run("apply", "--json")
    ok("That is all." in result.get("message", "") and any("Not this." in line for line in told), "a test that is refused lets the run go on", told, result)

    cloud.faults(stop, batch, {"method": "POST", "path": "*:testIamPermissions", "status": 400, "count": 1, "body": {"error": {
        "code": 400, "status": "INVALID_ARGUMENT", "message": "Permission storage.buckets.create is not valid for this resource."}}})
    run, result, told, _ = cloud.run("apply", "--json")
    ok("That is all." in result.get("message", "") and not told, "one that cannot be tested on a project is left out", told, result)
    cloud.faults()


def whole(cloud):
    cloud.without()
    start = len(cloud.sim.exchanges())
    run, result, told, _ = cloud.run("apply", "--json")
    ok(run.returncode == 0 and result.get("outcome") == "proven" and not told, "with all of them the stack is made", result, told)
    tests = [x for x in cloud.sim.exchanges()[start:] if x["url"].endswith(":testIamPermissions") and x["status"] == 200]
    ok(len(tests) == 1, "which is asked once", tests)
    before = len(cloud.sim.exchanges())
    run, result, _, _ = cloud.run("apply", "--json")
    ok(run.returncode == 0 and not [x for x in cloud.sim.exchanges()[before:] if x["url"].endswith(":testIamPermissions")], "where nothing is changed nothing is tested", result)
    cloud.without("cloudsql.instances.create", "storage.buckets.create")
    run, result, told, _ = cloud.run("apply", "--json", "--set", "server.max_instances=1")
    ok(run.returncode == 0 and not told, "a change needs what it changes, and not what stands", result, told)


with Home() as private:
    private.file("rules.json", [])
    with Sim(private, "--faults", os.path.join(private.path, "rules.json")) as simulated:
        ann = Cloud(private, simulated)
        refused(ann)
        plans(ann)
        in_doubt(ann)
        whole(ann)
done()
