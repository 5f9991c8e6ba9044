"""kill -9 before, in the middle of and after a write, a read, an fsync, a rename; and each of these failing. Afterwards the answers and the journal are
the old ones or the new, the same command ends well, nothing is there twice, and a third run writes nothing."""
import os
import random
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import judge
from clouds import example, secrets_of
from harness import ALL_DATA, Home, Sim, read
from kill9 import change, counts, dump_of

HOWS = ("before", "after", "torn", "ENOSPC", "EIO", "EDQUOT", "EROFS", "EINTR", "short")
KILLS = ("before", "after", "torn")
# What is killed around, by the shim's letters, each once a round: what changes a file twice.
CALLS = {"write": ("w", ("before", "after", "torn") * 2), "read": ("r", ("before", "after")), "fsync": ("f", ("before", "after")),
         "rename": ("n", ("before", "after") * 2)}


def shim(folder):
    """The library that is preloaded; None where there is no compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    made = os.path.join(folder, "attack-shim.so")
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shim.c")
    if not compiler:
        return None
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", made, source, "-ldl"], check=True, timeout=120)
    return made


def scene(home, sim, what):
    """The command of a scene, with what goes before it done."""
    answers = example(home, "cloud-run")
    if what != "apply":
        sim.run("apply", answers, timeout=300)
    if what == "change":
        change(answers)
    return answers, ["destroy", answers, *ALL_DATA] if what == "destroy" else ["apply", answers]


def preload(library, **more):
    return {"LD_PRELOAD": library, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"} | more


def undisturbed(what, library):
    """(a letter for each call, what stands afterwards)"""
    with Home() as home, Sim(home) as sim:
        _, command = scene(home, sim, what)
        count = home.file("count")
        ended = judge.run(home, [*command, *sim.options()], env=sim.environment() | preload(library, ATTACK_COUNT=count), patience=200)
        if ended.code:
            raise RuntimeError(f"{what}, undisturbed: {ended.tail()}")
        return read(count).decode(), counts(dump_of(sim))


def converged(home, sim, what, command, wanted):
    again = judge.run(home, [*command, *sim.options()], env=sim.environment(), patience=200)
    if again.code:
        return f"again: {again.tail()}"
    have = counts(dump_of(sim))
    more = {k: (v, wanted.get(k, 0)) for k, v in have.items() if v != wanted.get(k, 0)}
    if more and what != "destroy":
        return f"(have, wanted): {more}"
    if what == "destroy":
        return None
    before = len(sim.exchanges())
    third = judge.run(home, [*command, *sim.options()], env=sim.environment(), patience=200)
    writes = [w["url"] for w in sim.writes(before)]
    return f"a third run: {writes[:5]} {third.tail()}" if third.code or writes else None


def trial(what, how, n, library, wanted):
    """(was it killed, what is wrong or None)"""
    with Home() as home, Sim(home) as sim:
        answers, command = scene(home, sim, what)
        before = read(answers)
        ended = judge.run(home, [*command, *sim.options()], env=sim.environment() | preload(library, ATTACK_AT=str(n), ATTACK_HOW=how), patience=200)
        killed = frozenset({-9}) if how in KILLS else frozenset()
        fault = judge.answers_fault(answers, before)
        if ended.code != -9:
            fault = fault or judge.fault_of(ended, secrets_of(sim), judge.EXITS | killed)
        return ended.code == -9, fault or converged(home, sim, what, command, wanted)


def tried(deadline, what, how, n, library, wanted):
    """None when it was too late to begin."""
    if time.monotonic() > deadline:
        return None
    try:
        return trial(what, how, n, library, wanted)
    except (OSError, RuntimeError, TimeoutError, subprocess.SubprocessError) as e:
        return False, f"the trial itself: {e!r}"


def drawn(rnd, kinds, short):
    """[(how, words for the call, its number)] of one round."""
    kills = [(how, name, letter) for name, (letter, hows) in CALLS.items() for how in hows]
    failing = [how for how in HOWS if how not in KILLS]
    chosen = [(how, name, rnd.choice([i for i, kind in enumerate(kinds, 1) if kind == letter])) for how, name, letter in (rnd.sample(kills, 3) if short else kills)]
    return chosen + [(how, "call", rnd.randint(1, len(kinds))) for how in ([] if short else failing)]


def attack(tally, seeds, short, minutes=15):
    """Each trial takes a stack through two or three runs: what is not begun within so many minutes is told, and not tried."""
    deadline, late = time.monotonic() + 60 * minutes, 0
    with Home() as home, ThreadPoolExecutor(2 if short else 6) as pool:
        library = shim(home.path)
        if not library:
            print("skipped: kills: there is no compiler")
            return
        jobs, total = [], {}
        for what in ("apply",) if short else ("apply", "change", "destroy"):
            total[what] = undisturbed(what, library)
        for seed in seeds:  # a whole round of each before the next round
            for what, (kinds, wanted) in total.items():
                rnd = random.Random(f"kill {what} {seed}")
                jobs += [(what, how, name, n, library, wanted) for how, name, n in drawn(rnd, kinds, short)]
        faults = pool.map(lambda job: tried(deadline, job[0], job[1], *job[3:]), jobs)
        for (what, how, name, n, *_), result in zip(jobs, faults):
            late += result is None
            if result is None:
                continue
            killed, fault = result
            kind = "failing calls" if how not in KILLS else f"kills of {what}" if killed else "kills that came after the end"
            tally.note(kind, f"{what}, {how} {name} {n}", fault)
    if late:
        print(f"kills: {late} of {len(jobs)} were not begun within {minutes} minutes")
