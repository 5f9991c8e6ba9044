#!/usr/bin/env python3
"""kill -9 after a request of an apply, then apply again: it converges, and nothing is made twice.

The simulated cloud answers the N-th request so slowly that the program is surely waiting for it when it is killed; the request has acted. Every
N is tried with MLFLOW_SETUP_ALL=1; without it, KILL9_POINTS (default 8) of them, spread evenly."""
import json
import os
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor

from harness import PROGRAM, Home, Sim, done, ok, read, result_of, wait_for

POINTS = int(os.environ.get("KILL9_POINTS", "8"))
# What a run leaves behind that is not a resource: journals of the cloud itself, what expires by itself, what MLflow holds.
TRACES = ("operation", "oauth", "token", "log", "lag", "softDeleted", "audit", "usage", "mlflow", "front", "key", "session", "iam.policies", "(faults)")


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


def first_run(home, sim, answers):
    return subprocess.Popen([PROGRAM, "apply", answers, "--json", *sim.options()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, env=home.environment | sim.environment())


def whole(home):
    """A run that nothing disturbs: how many requests it takes, and what stands after it."""
    with Sim(home) as sim:
        answers = home.example("whole.json", auth__client_secret="env:CLIENT_SECRET")
        r = sim.run("apply", answers, "--json")
        ok(r.returncode == 0, "an undisturbed apply", r.stdout[-2000:], r.stderr)
        return len(sim.exchanges()), counts(dump_of(sim))


def killed_at(n, wanted):
    """(what is wrong, or None) after a kill at the n-th request and another apply."""
    with Home() as home:
        rules = home.file("rules.json", [{"nth": n, "slow": 60}])
        with Sim(home, "--faults", rules) as sim:
            answers = home.example(auth__client_secret="env:CLIENT_SECRET")
            process = first_run(home, sim, answers)
            wait_for(lambda: len(sim.exchanges()) >= n or process.poll() is not None, f"request {n}", 90)
            process.send_signal(signal.SIGKILL)
            process.wait()
            again = sim.run("apply", answers, "--json", timeout=300)
            event = result_of(again.stdout)
            if again.returncode or event.get("outcome") != "proven":
                return f"after a kill at {n}: exit {again.returncode}, {event.get('message')} {again.stderr}"
            have = counts(dump_of(sim))
            differ = {k: (have.get(k, 0), v) for k, v in wanted.items() if have.get(k, 0) != v}
            differ |= {k: (v, 0) for k, v in have.items() if k not in wanted and v}
            if differ:
                return f"after a kill at {n} (have, wanted): {differ}"
            third = sim.run("apply", answers, "--json", timeout=300)
            writes = result_of(third.stdout).get("updated", 1) + result_of(third.stdout).get("created", 1)
            return f"after a kill at {n}: a third apply changes {writes}" if third.returncode or writes else None


def main():
    with Home() as home:
        total, wanted = whole(home)
    every = 1 if os.environ.get("MLFLOW_SETUP_ALL") else max(1, total // max(1, POINTS))
    points = range(1 + (every > 1) * (every // 2), total + 1, every)
    if every > 1:
        print(f"# {len(points)} of {total} requests; MLFLOW_SETUP_ALL=1 tries each")
    with ThreadPoolExecutor(4) as pool:
        for n, wrong in zip(points, pool.map(lambda n: killed_at(n, wanted), points)):
            ok(not wrong, f"killed at request {n} of {total}: apply converges, nothing twice", wrong or "")
    done()


if __name__ == "__main__":
    main()
