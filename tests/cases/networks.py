#!/usr/bin/env python3
"""A stack in networks of others: what is missing there is named before anything is made; a private connection that others use gets a range beside theirs and
keeps theirs when the stack goes; in a Shared VPC nothing is made in the host project, and Google's agents have to be let in."""
from cloud_hand import COMPUTE, CONNECTIONS, ask, ask_until, connect_network, let_in, make_network
from harness import ALL_DATA, Home, Sim, done, ok, result_of

NET, NUMBER = "net-proj", "210987654321"
AGENT = "serviceAccount:service-123456789012@serverless-robot-prod.iam.gserviceaccount.com"


def ranges(sim, number, name):
    found = ask(sim, "GET", f"{CONNECTIONS}?network=projects%2F{number}%2Fglobal%2Fnetworks%2F{name}").get("connections", [])
    return sorted(found[0]["reservedPeeringRanges"]) if found else None


def refused(sim, answers, words, name, **sets):
    """An apply that ends before its first write, with these words."""
    seen = len(sim.exchanges())
    options = [o for k, v in sets.items() for o in ("--set", f"{k.replace('__', '.')}={v}")]
    run = sim.run("apply", answers, *options, timeout=200)
    ok(run.returncode not in (0, 3) and words in run.stdout + run.stderr and not sim.writes(seen), name, run.returncode, run.stdout[-1500:],
       run.stderr[-1500:], *sim.writes(seen))


def proven(sim, answers, name):
    run = sim.run("apply", answers, "--json", timeout=400)
    return ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", name, run.stdout[-2500:], run.stderr)


def destroyed(sim, answers, name, again=False):
    if not again:
        sim.run("apply", answers, "--set", "database.deletion_protection=false", timeout=400)
    run = sim.run("destroy", answers, "--json", *ALL_DATA, timeout=400)
    return ok(run.returncode == 0, name, run.stdout[-2500:], run.stderr)


def stranger(sim, answers):
    """Somebody's database that may stand in the stack's range: Google would let the range go."""
    sql = "https://sqladmin.googleapis.com/v1/projects/demo-proj/instances"
    ask(sim, "POST", sql, {"name": "stranger", "region": "us-central1", "databaseVersion": "POSTGRES_17", "settings": {
        "edition": "ENTERPRISE", "tier": "db-custom-1-3840",
        "ipConfiguration": {"ipv4Enabled": False, "privateNetwork": "projects/demo-proj/global/networks/corp"}}})
    ask_until(sim, "GET", f"{sql}/stranger")
    sim.run("apply", answers, "--set", "database.deletion_protection=false", timeout=400)
    run = sim.run("destroy", answers, "--json", *ALL_DATA, timeout=400)
    left = ranges(sim, "123456789012", "corp")
    there = ask(sim, "GET", f"{COMPUTE}/demo-proj/global/addresses/one-services").get("name")
    ok(run.returncode == 0 and left == ["one-services", "theirs"] and there == "one-services" and "because stranger is" in run.stdout,
       "a range in which somebody's database may stand is left, and so is the connection's use of it", run.returncode, left, there, run.stdout[-1500:])
    ask_until(sim, "DELETE", f"{sql}/stranger")


def existing(home, sim):
    make_network(sim, "demo-proj", "123456789012", "corp", "apps", "10.1.0.0/24", "10.2.0.0")
    answers = home.example("existing.json", auth__client_secret="env:CLIENT_SECRET", stack__name="one", network__mode="existing", network__name="corp",
                           network__subnet="apps", database__range="10.3.0.0/20")
    plain = dict(network__name="corp", network__subnet="apps", database__range="10.3.0.0/20")
    refused(sim, answers, "there is no network lost", "a network that is not there is named", **(plain | {"network__name": "lost"}))
    refused(sim, answers, "there is no subnet web in region", "so is a subnet", **(plain | {"network__subnet": "web"}))
    refused(sim, answers, "is free there", "a range that somebody has is refused, and a free one is named", **(plain | {"database__range": "10.2.0.0/16"}))
    home.example("existing.json", auth__client_secret="env:CLIENT_SECRET", stack__name="one", network__mode="existing", network__name="corp",
                 network__subnet="apps", database__range="10.3.0.0/20")
    if proven(sim, answers, "a stack stands in a network of others"):
        ok(ranges(sim, "123456789012", "corp") == ["one-services", "theirs"], "the connection has its range beside theirs", ranges(sim, "123456789012", "corp"))
        stranger(sim, answers)
        destroyed(sim, answers, "the stack goes", again=True)
        ok(ranges(sim, "123456789012", "corp") == ["theirs"], "and leaves the connection with theirs", ranges(sim, "123456789012", "corp"))
        ok(ask(sim, "GET", f"{COMPUTE}/demo-proj/regions/us-central1/subnetworks/apps")["name"] == "apps", "and their subnet")


def shared(home, sim):
    answers = home.example("shared.json", auth__client_secret="env:CLIENT_SECRET", stack__name="two", network__mode="shared", network__host_project=NET,
                           network__name="hub", network__subnet="apps")
    make_network(sim, NET, NUMBER, "hub", "apps", "10.7.0.0/24", None)
    refused(sim, answers, "has no private services access", "a host network without private services access is refused")
    connect_network(sim, NET, NUMBER, "hub", None)
    refused(sim, answers, AGENT, "an agent that may not use the subnet is named")
    let_in(sim, NET, "apps", AGENT)
    refused(sim, answers, "not to other-host", "another host project is refused", network__host_project="other-host")
    home.example("shared.json", auth__client_secret="env:CLIENT_SECRET", stack__name="two", network__mode="shared", network__host_project=NET,
                 network__name="hub", network__subnet="apps")
    seen = len(sim.exchanges())
    if proven(sim, answers, "a stack stands in a Shared VPC"):
        destroyed(sim, answers, "and goes")
        there = [f"{x['method']} {x['url']}" for x in sim.writes(seen) if f"/{NET}/" in x["url"] or NUMBER in x["url"]]
        ok(not there, "nothing was written in the host project", *there)


def main():
    with Home() as home:
        world = home.file("world.json", {"projects": [
            {"services": ["compute.googleapis.com", "servicenetworking.googleapis.com", "sqladmin.googleapis.com"], "sharedVpcHost": NET},
            {"id": NET, "number": NUMBER, "name": "Net", "services": ["compute.googleapis.com", "servicenetworking.googleapis.com"]}]})
        with Sim(home, "--world", world) as sim:
            existing(home, sim)
            shared(home, sim)
    done()


main()
