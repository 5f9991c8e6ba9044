#!/usr/bin/env python3
"""Each file of tests/faults makes faults happen during an apply; whatever came of it, the invariants hold: it ends in bounded time with a
documented exit code and the next command, no secret and no control character in what it prints; and once the faults are gone, apply makes
exactly the stack of an undisturbed run, and a third one nothing.

MLFLOW_SETUP_FAULTS names scenarios ("01 31") to try only these."""
import glob
import json
import os
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from harness import PROGRAM, SECRET, SOURCE, Home, Sim, done, ok, result_of, skip
from kill9 import counts, dump_of, whole

EXITS = {0, 3, 1, 69, 73, 75, 77, 78, 130}
# A run that waits longer than this for a cloud that hangs is interrupted; it must then end within GRACE seconds each time.
PATIENCE, GRACE = 25, 20
MOST_REQUESTS = 2500


def start(home, sim, verb, answers, *more):
    out = open(home.file(f"{verb}.out"), "w+", encoding="utf-8")
    return out, subprocess.Popen([PROGRAM, verb, answers, "--json", *more, *sim.options()], stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT, env=home.environment | sim.environment())


def finish(out, process):
    """(exit code, output, how it ended)"""
    how = "by itself"
    for wait, sign in ((PATIENCE, signal.SIGINT), (GRACE, signal.SIGINT), (GRACE, signal.SIGKILL)):
        try:
            process.wait(wait)
            break
        except subprocess.TimeoutExpired:
            how = "killed" if sign == signal.SIGKILL else "interrupted"
            process.send_signal(sign)
    process.wait()
    out.seek(0)
    text = out.read()
    out.close()
    return process.returncode, text, how


def clear(sim, path):
    with open(path, "w", encoding="utf-8") as f:
        f.write("[]")
    sim.process.send_signal(signal.SIGUSR2)
    time.sleep(0.05)


def truthful(code, text, how, sim):
    """What is wrong with how a run ended, or None."""
    event = result_of(text)
    if how == "killed":
        return "it did not end when interrupted twice"
    if code not in EXITS:
        return f"exit {code}: {text[-600:]}"
    if not event or event.get("exit") != code:
        return f"exit {code}, but the result says {event.get('exit')}: {text[-600:]}"
    if not event.get("next") and code != 0:
        return "the next command is not named"
    if code and not event.get("message"):
        return "the cause is not told"
    if SECRET in text or re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text):
        return "a secret or a control character is in the output"
    with open(sim.path("log.jsonl"), "rb") as f:
        requests = sum(1 for _ in f)
    if requests > MOST_REQUESTS:
        return f"{requests} requests"
    return None


def converged(sim, answers, wanted):
    again = sim.run("apply", answers, "--json", timeout=300)
    event = result_of(again.stdout)
    if again.returncode or event.get("outcome") != "proven":
        return f"apply without faults: exit {again.returncode}, {event.get('message')} {again.stderr}"
    have = counts(dump_of(sim))
    # A build or a revision that a fault made fail stays in the cloud's records; what stands is held to the number.
    records = ("cloudbuild.builds", "run.revisions", "run.executions", "run.tasks", "compute.requests", "iam.accountNames",
               "storage.objects", "storage.bucketNames", "artifactregistry.versions", "artifactregistry.dockerImages", "artifactregistry.tags")
    differ = {k: (have.get(k, 0), wanted.get(k, 0)) for k in {*have, *wanted} if k not in records and have.get(k, 0) != wanted.get(k, 0)}
    if differ:
        return f"apply without faults (have, wanted): {differ}"
    third = result_of(sim.run("apply", answers, "--json", timeout=300).stdout)
    return None if third.get("outcome") == "proven" and not third.get("created") and not third.get("updated") else f"a third apply: {third}"


def try_one(path, wanted):
    with open(path, encoding="utf-8") as f:
        scenario = json.load(f)
    destroys = scenario["scenario"] == 31
    with Home() as home:
        rules = home.file("rules.json", [] if destroys else scenario["rules"])
        with Sim(home, "--faults", rules) as sim:
            answers = home.example(auth__client_secret="env:CLIENT_SECRET")
            wrong = truthful(*finish(*start(home, sim, "apply", answers)), sim)
            if not wrong and not destroys:
                clear(sim, rules)
                wrong = converged(sim, answers, wanted)
            if not wrong and destroys:
                with open(rules, "w", encoding="utf-8") as f:
                    json.dump(scenario["rules"], f)
                sim.process.send_signal(signal.SIGUSR2)
                wrong = truthful(*finish(*start(home, sim, "destroy", answers, "--yes")), sim)
                clear(sim, rules)
                last = sim.run("destroy", answers, "--yes", "--json", timeout=300)
                wrong = wrong or (f"destroy without faults: {last.returncode} {last.stdout[-800:]}" if last.returncode else None)
            if sim.process.poll() is not None:
                wrong = f"the simulated cloud ended: {sim.complaints()}"
            return wrong, scenario["fault"]


def tried(path, wanted):
    """A scenario that breaks its own test is one that fails."""
    try:
        return try_one(path, wanted)
    except (OSError, ValueError, TimeoutError, subprocess.SubprocessError, RuntimeError) as e:
        return repr(e), ""


def main():
    only = os.environ.get("MLFLOW_SETUP_FAULTS", "").split()
    paths = [p for p in sorted(glob.glob(os.path.join(SOURCE, "tests/faults/*.json")))
             if not only or os.path.basename(p)[:2] in only]
    if not paths:
        skip("fault scenarios", "tests/faults has no rule files")
        done()
    with Home() as home:
        _, wanted = whole(home)
    with ThreadPoolExecutor(6) as pool:
        for path, (wrong, fault) in zip(paths, pool.map(lambda p: tried(p, wanted), paths)):
            ok(not wrong, f"{os.path.basename(path)[:2]} {fault}", wrong or "")
    done()


if __name__ == "__main__":
    main()
