#!/usr/bin/env python3
"""A virtual machine's changes: what it reads at boot is set while it is stopped, and nothing else is touched; who stopped it by hand finds it started;
a file that lost what was resolved finds it again."""
import json

from cloud_hand import ask, ask_until
from harness import Home, Sim, done, ok, read, result_of

SETS = [w for s in ("target=vm", "exposure=domain", "auth.mode=iap", "domain.host=mlflow.example.com", "domain.zone=example-com")
        for w in ("--set", s)]
MACHINE = "https://compute.googleapis.com/compute/v1/projects/demo-proj/zones/us-central1-b/instances/mlflow"


def written(sim, since):
    return [x["method"] + " " + x["url"].split("?")[0].rsplit("/", 1)[-1] for x in sim.writes(since) if "/instances/" in x["url"]]


def proven(sim, answers, name, *options):
    run = sim.run("apply", answers, "--json", "--yes", *options, timeout=60)
    ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", name, run.stdout[-1500:], run.stderr)


def changes(sim, answers):
    seen = len(sim.exchanges())
    proven(sim, answers, "another number of workers", "--set", "server.workers=1")
    ok(written(sim, seen) == ["POST stop", "POST setMetadata", "POST start"], "the machine is stopped, set and started, in this order", written(sim, seen))
    seen = len(sim.exchanges())
    proven(sim, answers, "another machine type", "--set", "vm.machine_type=e2-standard-4")
    done_to_it = written(sim, seen)
    ok(done_to_it[0] == "POST stop" and "POST setMachineType" in done_to_it and done_to_it[-1] == "POST start", "and so is its type", done_to_it)


def stopped_by_hand(sim, answers):
    ask_until(sim, "POST", MACHINE + "/stop")
    seen = len(sim.exchanges())
    proven(sim, answers, "after somebody stopped it")
    ok(written(sim, seen) == ["POST start"], "it is started, and that alone", written(sim, seen))


def booted_again(sim, answers):
    ask_until(sim, "POST", MACHINE + "/reset")
    seen = len(sim.exchanges())
    proven(sim, answers, "after a reboot its units are up again")
    ok(not sim.writes(seen), "and nothing had to be done", *[x["url"] for x in sim.writes(seen)])


def lost(home, sim, answers):
    kept = json.loads(read(answers))
    versions = kept["resolved"]["secret_versions"]
    seen = len(sim.exchanges())
    bare = home.file("bare.json", {**kept, "resolved": {}})
    proven(sim, bare, "from a file that lost what was resolved")
    ok(json.loads(read(bare))["resolved"]["secret_versions"] == versions, "the secrets in use are found on the machine", versions, read(bare)[-900:])
    ok(not sim.writes(seen), "and nothing is written", *[x["url"] for x in sim.writes(seen)])


def no_machine_left(home):
    """A zone without machines, and a project that may have no more of them: told with the cure, which cures."""
    tunnel = {"target": "vm", "exposure": "internal", "auth__mode": "iap"}
    with Sim(home, "--world", home.file("empty.json", {"projects": [{"services": ["compute.googleapis.com"]}], "stockouts": ["us-central1-b"]})) as sim:
        answers = home.example("tunnel.json", **tunnel)
        run = sim.run("apply", answers, "--json", timeout=120)
        end = result_of(run.stdout)
        ok(run.returncode == 3 and "does not have enough resources" in end["message"] and "vm.zone" in end["fix"], "a zone without machines: the cure is another",
           run.returncode, end, run.stderr)
        proven(sim, answers, "another zone of the region does", "--set", "vm.zone=us-central1-c")
    rule = {"method": "POST", "path": "*/zones/us-central1-b/instances", "nth": 1,
            "operation": {"error": {"errors": [{"code": "QUOTA_EXCEEDED", "message": "Quota 'CPUS' exceeded.  Limit: 2.0 in region us-central1."}]}}}
    with Sim(home, "--faults", home.file("quota.json", [rule])) as sim:
        run = sim.run("apply", home.example("quota-tunnel.json", **tunnel), "--json", timeout=120)
        end = result_of(run.stdout)
        ok(run.returncode == 3 and "Quota 'CPUS'" in end["message"] and "vm.machine_type" in end["fix"], "a quota: the cure is more of it, or a smaller machine",
           run.returncode, end, run.stderr)


def too_little(home):
    """Quotas that are too small for the machine: each is named with the line that asks for more, and nothing is made."""
    project = {"services": ["compute.googleapis.com"], "quotas": {"us-central1/SSD_TOTAL_GB": 20, "us-central1/CPUS": 1, "STATIC_ADDRESSES": 0}}
    with Sim(home, "--world", home.file("small.json", {"projects": [project]})) as sim:
        run = sim.run("apply", home.example("small-tunnel.json", target="vm", exposure="internal", auth__mode="iap"), "--json", timeout=120)
        said = run.stdout
        ok(run.returncode == 78 and "us-central1/SSD_TOTAL_GB: 0 of 20" in said and "us-central1/CPUS: 0 of 1" in said and "STATIC_ADDRESSES" not in said,
           "quotas that are too small are all named, and no others", run.returncode, said[-1500:], run.stderr)
        ok("--quota-id=SSD-TOTAL-GB-per-project-region" in said and "--quota-id=CPUS-per-project-region" in said, "each with the line that asks for more", said[-1500:])
        ok(not sim.writes(), "before anything is made", *[x["url"] for x in sim.writes()])


def too_little_seen_late(home):
    """A project in which nothing was built yet tells its quotas once the API is on: read then, beside the other steps, they stop what is dear."""
    project = {"quotas": {"us-central1/SSD_TOTAL_GB": 20, "us-central1/CPUS": 1, "NETWORKS": 2}}
    with Sim(home, "--world", home.file("late.json", {"projects": [project]})) as sim:
        run = sim.run("apply", home.example("late-tunnel.json", target="vm", exposure="internal", auth__mode="iap"), "--json", timeout=120)
        said, end = run.stdout, result_of(run.stdout)
        ok(run.returncode == 3 and "us-central1/SSD_TOTAL_GB: 0 of 20" in said and "us-central1/CPUS: 0 of 1" in said and "--quota-id=CPUS-per-project-region" in said,
           "quotas that could not be read before are, once their API is on", run.returncode, end)
        made = [x["url"] for x in sim.writes() if x["method"] == "POST" and x["url"].split("?")[0].endswith("/instances")]
        ok(not made and "NETWORKS" not in said, "before the machine or the database is made, and what has its part already is not counted twice", made, said[-1500:])


def main():
    with Home() as home:
        no_machine_left(home)
        too_little(home)
        too_little_seen_late(home)
    with Home() as home:
        world = home.file("world.json", {"projects": [{"services": ["compute.googleapis.com", "dns.googleapis.com"]}]})
        with Sim(home, "--world", world) as sim:
            ask_until(sim, "POST", "https://dns.googleapis.com/dns/v1/projects/demo-proj/managedZones",
                      {"name": "example-com", "dnsName": "example.com.", "description": "the operator's", "visibility": "public"})
            answers = home.example()
            proven(sim, answers, "a machine behind the load balancer", *SETS)
            machine = ask(sim, "GET", MACHINE)
            machine = machine[1] if isinstance(machine, tuple) else machine
            ok(not machine["networkInterfaces"][0].get("accessConfigs"), "it has no address of its own")
            ok(all(machine["shieldedInstanceConfig"].values()), "it is shielded", machine["shieldedInstanceConfig"])
            changes(sim, answers)
            stopped_by_hand(sim, answers)
            booted_again(sim, answers)
            lost(home, sim, answers)
    done()


if __name__ == "__main__":
    main()
