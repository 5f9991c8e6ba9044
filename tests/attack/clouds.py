"""Trials of the hostile cloud: each mutation at a reply that is drawn, while a stack is built, looked at, changed or taken away. Afterwards, with the
cloud itself again, the same command ends well where the lie was a passing one, and a third run writes nothing."""
import json
import os
import random
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

import cloud
import judge
from cloud_hand import ask_until
from harness import ALL_DATA, SECRET, Home, Sim, everything_written, read

EXAMPLES = ("cloud-run", "cloud-run", "cloud-run", "cloud-run-mysql", "vm-internal", "gke", "appengine", "vm")
# The part of a first apply, in replies, that a mutation may begin in; a plan asks for less.
REPLIES = {"apply": 190, "plan": 60, "destroy": 120, "connect": 10, "again": 90}


def example(home, name):
    source = os.path.join(os.path.dirname(judge.__file__), "../../examples", name + ".json")
    with open(source, encoding="utf-8") as f:
        answers = json.load(f)
    for key, value in answers["answers"].items():
        if value == "prompt" or str(value).startswith("prompt"):
            answers["answers"][key] = "env:CLIENT_SECRET"
    return home.file("mlflow.json", answers)


def prepare(sim, answers):
    """What the answers name as being there already: the zone of the operator's domain."""
    with open(answers, encoding="utf-8") as f:
        named = json.load(f)["answers"]
    if named["domain.zone"]:
        ask_until(sim, "POST", "https://serviceusage.googleapis.com/v1/projects/demo-proj/services/dns.googleapis.com:enable", {})
        ask_until(sim, "POST", "https://dns.googleapis.com/dns/v1/projects/demo-proj/managedZones",
                  {"name": named["domain.zone"], "dnsName": named["domain.host"].split(".", 1)[1] + ".", "description": "theirs", "visibility": "public"})


def secrets_of(sim):
    """What was generated or granted, from the cloud's own record."""
    found = {SECRET, sim.ready["token"]}
    text = read(sim.path("log.jsonl")).decode(errors="replace")
    for packed in re.findall(r'"data":"([A-Za-z0-9+/=]{12,})"', text):
        with judge_quietly():
            value = cloud.base64.b64decode(packed).decode()
            if "\n" not in value and len(value) <= 200:
                found.add(value)
    found |= set(re.findall(r'"password":"([^"]{8,})"', text))
    return {s for s in found if len(s) >= 12 and "@" not in s}


def judge_quietly():
    import contextlib
    return contextlib.suppress(ValueError)


def files_fault(home, sim, secrets):
    """A secret that lies in a file of the program's."""
    for path, data in everything_written(home.path):
        if path.startswith(sim.folder) or "/said." in path or path.endswith((".pem", "key")):
            continue
        if judge.leaked(data, secrets):
            return f"the secret {judge.leaked(data, secrets)} lies in {path}"
    return None


def settled(home, sim, hostile, answers, command):
    """What is wrong with the same again, told the truth; and with a third time, for one that builds."""
    hostile.disarm()
    again = judge.run(home, [*command, *hostile.options()], env=sim.environment(), patience=90)
    if command[0] == "apply" and again.code == 3:  # what a lie made the run take for done is found by the next
        again = judge.run(home, [*command, *hostile.options()], env=sim.environment(), patience=90)
    if again.code not in (0, 2):
        return f"told the truth again: {again.tail()}"
    if command[0] != "apply":
        return None
    before = len(sim.exchanges())
    third = judge.run(home, [*command, *hostile.options()], env=sim.environment(), patience=90)
    writes = [w["url"] for w in sim.writes(before)]
    return f"a third run writes {writes[:5]}, {third.tail()}" if third.code or writes else None


def trial(name, seed, follow, authority):
    """What is wrong with one run through the hostile cloud, or None; and what was done."""
    rnd = random.Random(f"{name} {seed}")
    verb, stack = rnd.choice(("apply", "apply", "apply", "plan", "destroy", "again")), rnd.choice(EXAMPLES)
    if name == "tunnels":  # those to a machine, whichever they are
        verb, stack = "apply", "vm-internal"
    nth, sticky = rnd.randint(1, REPLIES[verb]), rnd.random() < 0.3
    if name == "tunnels":
        nth, sticky = rnd.randint(1, 12), rnd.random() < 0.3
    told = f"{verb} of {stack}, reply {nth}{' and all after it' if sticky else ''}, seed {seed}"
    with Home() as home, Sim(home) as sim, cloud.Hostile(sim, authority) as hostile:
        answers = example(home, stack)
        prepare(sim, answers)
        if verb in ("destroy", "again"):
            first = judge.run(home, ["apply", answers, *hostile.options()], env=sim.environment(), patience=120)
            if first.code:
                return f"undisturbed: {first.tail()}", told
        command = ["destroy", answers, *ALL_DATA] if verb == "destroy" else ["plan" if verb == "plan" else "apply", answers]
        if rnd.random() < 0.3:
            command.append("--json")
        before = read(answers)
        hostile.arm(cloud.MUTATIONS[name], nth, sticky, seed)
        ended = judge.run(home, [*command, *hostile.options()], env=sim.environment(), patience=judge.PATIENCE if follow else judge.PATIENCE / 2)
        secrets = secrets_of(sim)
        fault = (judge.fault_of(ended, secrets) or judge.answers_fault(answers, before) or files_fault(home, sim, secrets) or cloud.foreign_fault(hostile.asked, secrets))
        if not fault and follow and not sticky and ended.how == "by itself":
            fault = settled(home, sim, hostile, answers, command)
        if sim.process.poll() is not None:
            fault = f"the simulated cloud ended: {sim.complaints()}"
        if fault and os.environ.get("ATTACK_KEEP"):
            shutil.copytree(home.path, f"{os.environ['ATTACK_KEEP']}/{name}-{seed}".replace(" ", "-"), dirs_exist_ok=True, ignore=lambda d, n: [x for x in n if ".sock" in x])
        return fault, f"{told}, {hostile.acted} changed"


def tried(name, seed, follow, authority):
    try:
        fault, told = trial(name, seed, follow, authority)
        return name, told, fault
    except (OSError, RuntimeError, TimeoutError) as e:  # a trial that breaks its own driver has not held
        return name, f"seed {seed}", f"the trial itself: {e!r}"


def attack(tally, seeds, short, only=None):
    """seeds: of how many trials each mutation is tried."""
    with Home() as home, ThreadPoolExecutor(2 if short else 6) as pool:
        authority = cloud.Authority(home.path)
        jobs = [(name, seed) for seed in seeds for name in cloud.MUTATIONS if not only or name in only]
        for name, told, fault in pool.map(lambda job: tried(*job, not short, authority), jobs):
            tally.note(f"cloud, {name}", told, fault)
