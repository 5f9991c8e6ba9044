#!/usr/bin/env python3
"""kill -9 after a request of a first apply, of an apply of changed answers and of a destroy, then the same again: it converges, nothing is made
twice or left, and a third time writes nothing.

The simulated cloud answers the N-th request so slowly that the program is surely waiting for it when it is killed; the request has acted. Every
N of Cloud Run's is tried with MLFLOW_SETUP_ALL=1, and forty of each of the other targets'; without it four of Cloud Run's first apply and two of its others,
spread evenly, and one each of the other targets' first apply and destroy. KILL9_POINTS is how many of each, whatever else is said. Arguments name targets
and scenes: these alone."""
import json
import os
import signal
import subprocess
import sys
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from harness import ALL_DATA, PROGRAM, Home, Sim, done, ok, read, result_of, wait_for

# What a target's answers have beside those of cloud-run.json, and what is other answers there.
TARGETS = {
    "run": ({}, {"server.max_instances": 3}),
    "appengine": ({"target": "appengine", "auth__mode": "iap", "appengine__for_ever": True}, {"server.workers": 1}),
    "gke": ({"target": "gke", "exposure": "internal", "auth__mode": "iam"}, {"server.workers": 1}),
    "vm": ({"target": "vm", "exposure": "internal", "auth__mode": "iap"}, {"vm.machine_type": "e2-standard-4"}),
}
MANY = 40
# What a run leaves behind that is not a resource: journals of the cloud itself, what expires by itself (a tunnel may be taken up again), what MLflow holds.
TRACES = ("operation", "requests", "oauth", "token", "log", "lag", "softDeleted", "audit", "usage", "mlflow", "front", "key", "session", "iap.tunnels",
          "iam.policies", "(faults)")
# What an address that Cloud Run still holds keeps from being deleted, and how many of each; destroy has to name it.
# A network has a route of its own, and one of its subnet's.
HELD = {".networks": 1, ".subnetworks": 1, ".routes": 2, ".addresses": 1}


def dump_of(sim):
    """The whole store, as it is now."""
    path = sim.path("dump.json")
    if os.path.exists(path):
        os.unlink(path)
    sim.process.send_signal(signal.SIGUSR1)
    wait_for(lambda: os.path.exists(path), "the dump")
    return json.loads(read(path))


def counts(dump):
    """Collection -> how many objects it has, traces left out. A proof leaves the noncurrent version of its artifact, one that was cut short the
    artifact."""
    return {name: len([key for key in objects if "/artifacts/proof.txt" not in str(key)]) for name, objects in dump.items()
            if isinstance(objects, (dict, list)) and not any(t.lower() in name.lower() for t in TRACES)}


def example(home, target):
    return home.example(auth__client_secret="env:CLIENT_SECRET", **TARGETS[target][0])


def change(answers):
    """Other answers: a person more, a larger database, and what is the target's own."""
    with open(answers, encoding="utf-8") as f:
        text = json.load(f)
    text["answers"].update({"auth.users": ["operator@example.com", "eve@example.com"], "database.tier": "db-custom-2-7680"})
    text["answers"].update(TARGETS[text["answers"]["target"]][1])
    with open(answers, "w", encoding="utf-8") as f:
        json.dump(text, f)


# What is killed: the verb with its options, what goes before, what it ends with.
SCENES = {
    "first": (("apply",), lambda sim, answers: None, "proven"),
    "change": (("apply",), lambda sim, answers: (sim.run("apply", answers, timeout=300), change(answers)), "proven"),
    "destroy": (("destroy", *ALL_DATA), lambda sim, answers: sim.run("apply", answers, timeout=300), "destroyed"),
}


def command(scene, answers):
    verb, *options = SCENES[scene][0]
    return [verb, answers, *options, "--json"]


def begin(home, sim, scene, answers):
    return subprocess.Popen([PROGRAM, *command(scene, answers), *sim.options()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, env=home.environment | sim.environment())


def whole(scene, target="run"):
    """A run that nothing disturbs: how many requests it takes, and what stands after it."""
    with Home() as home, Sim(home) as sim:
        answers = example(home, target)
        SCENES[scene][1](sim, answers)
        before = len(sim.exchanges())
        r = sim.run(*command(scene, answers), timeout=300)
        ok(r.returncode == 0, f"{target}, {scene}: undisturbed", r.stdout[-2000:], r.stderr)
        return len(sim.exchanges()) - before, counts(dump_of(sim))


def load(sim, rules, content):
    """New rules: the sim takes them before it answers what follows."""
    with open(rules, "w", encoding="utf-8") as f:
        json.dump(content, f)
    sim.process.send_signal(signal.SIGUSR2)
    wait_for(lambda: dump_of(sim).get("(faults)", []) == [False for _ in content], "the rules")


def settled(scene, sim, answers, wanted):
    """What is wrong after the same command again, or None."""
    again = sim.run(*command(scene, answers), timeout=300)
    event = result_of(again.stdout)
    if again.returncode or event.get("outcome") != SCENES[scene][2]:
        return f"exit {again.returncode}, {event.get('message')} {again.stderr}"
    have = counts(dump_of(sim))
    differ = {k: (have.get(k, 0), v) for k, v in wanted.items() if have.get(k, 0) != v}
    differ |= {k: (v, 0) for k, v in have.items() if k not in wanted and v}
    if scene == "destroy":  # Cloud Run gives its addresses back after an hour: a later end may leave less, an earlier one the subnet and its network
        held = HELD if "Subnet" in " ".join(event.get("left", [])) else {}
        differ = {k: (have_, wanted_) for k, (have_, wanted_) in differ.items() if have_ > wanted_ + held.get("." + k.rpartition(".")[2], 0)}
    if differ:
        return f"(have, wanted): {differ}"
    before = len(sim.exchanges())
    third = sim.run(*command(scene, answers), timeout=300)
    writes = sim.writes(before)
    if scene == "destroy":  # what Cloud Run holds for an hour, and named as left, is asked for each time
        kept = tuple(name.replace(".", "/") for name in HELD) if event.get("left") else ()
        writes = [w for w in writes if not (w["method"] == "DELETE" and urllib.parse.urlsplit(w["url"]).path.rsplit("/", 1)[0].endswith(kept))]
    return f"a third time changes {[w['url'] for w in writes]}" if third.returncode or writes else None


def killed_at(target, scene, n, wanted):
    """(what is wrong, or None) after a kill at the n-th request and the same again."""
    with Home() as home:
        rules = home.file("rules.json", [])
        with Sim(home, "--faults", rules) as sim:
            answers = example(home, target)
            SCENES[scene][1](sim, answers)
            load(sim, rules, [{"nth": n, "slow": 60}])
            before = len(sim.exchanges())
            process = begin(home, sim, scene, answers)
            wait_for(lambda: len(sim.exchanges()) >= before + n or process.poll() is not None, f"request {n}", 180)
            process.send_signal(signal.SIGKILL)
            process.wait()
            load(sim, rules, [])
            return settled(scene, sim, answers, wanted)


def points_of(target, scene, total):
    """The requests at which it is killed."""
    full = os.environ.get("MLFLOW_SETUP_ALL")
    if "KILL9_POINTS" in os.environ:
        wanted = int(os.environ["KILL9_POINTS"])
    elif target != "run":
        wanted = MANY if full else 1 if scene != "change" else 0
    else:
        wanted = total if full else 4 if scene == "first" else 2
    if wanted > 1: # from the first request to the last
        return sorted({1 + i * (total - 1) // (min(wanted, total) - 1) for i in range(min(wanted, total))})
    return [1 + total // 2][:wanted]


def main():
    for target in [t for t in TARGETS if t in sys.argv] or TARGETS:
        for scene in [s for s in SCENES if s in sys.argv] or SCENES:
            if not points_of(target, scene, MANY):
                continue
            total, wanted = whole(scene, target)
            points = points_of(target, scene, total)
            if len(points) < total:
                print(f"# {target}, {scene}: {len(points)} of {total} requests; MLFLOW_SETUP_ALL=1 tries more")
            with ThreadPoolExecutor(4) as pool:
                for n, wrong in zip(points, pool.map(lambda n, w=wanted, t=target, s=scene: killed_at(t, s, n, w), points)):
                    ok(not wrong, f"{target}, {scene}: killed at request {n} of {total}: it converges, nothing twice", wrong or "")
    done()


if __name__ == "__main__":
    main()
