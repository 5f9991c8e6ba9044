#!/usr/bin/env python3
"""Each file of tests/faults makes a fault happen during an apply: by the simulated cloud's rules, or by an actor here that does
it to the client. It ends in bounded time with the exit code and the words that the file says the operator sees, names the next command, and
prints no secret and no control character; every rule has acted. Once the fault is gone, apply makes exactly the stack of an undisturbed run,
and a third one nothing.

A file may say more: "on" names the targets it is tried on (kill9's; run by default), and "also" those it is tried on besides, of which a sample is drawn
(MLFLOW_SETUP_SEED=N draws another; MLFLOW_SETUP_ALL=1 tries all); "answers" are other answers from the start; "scene" is "change" (of a standing stack, by
"change", other answers) or "destroy"; "runs": the server goes on as before the fault;
"interrupt": the run is, while it waits for the reply to a request whose path ends so.

MLFLOW_SETUP_FAULTS names scenarios ("01 31") to try only these."""
import glob
import json
import os
import pty
import random
import re
import resource
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from cloud_hand import ask, ask_until
from harness import ALL_DATA, PROGRAM, SECRET, SOURCE, Home, Sim, done, ok, result_of, skip, wait_for
from kill9 import TARGETS, counts, dump_of, load, whole
from other_clock import shifted

EXITS = {0, 3, 1, 69, 73, 75, 77, 78, 130}
# A run that waits longer than this for a cloud that hangs is interrupted; it must then end within GRACE seconds each time. Where an undisturbed
# run is slow (a loaded machine, a sanitizer) it is as many times that.
PATIENCE, PATIENCE_TIMES, GRACE = 25, 6, 20
MOST_REQUESTS = 2500


def start(home, sim, verb, answers, *more, env=None, **options):
    out = open(home.file(f"{verb}.{time.monotonic_ns()}.out"), "w+", encoding="utf-8")
    return out, subprocess.Popen([PROGRAM, verb, answers, "--json", *more, *sim.options()], stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT, env=home.environment | sim.environment() | (env or {}), **options)


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
    if re.search(r'"message":"[a-z0-9/._-]+ (failed|was skipped|waits for you), and this', text):
        return "a step is called by its id"
    with open(sim.path("log.jsonl"), "rb") as f:
        requests = sum(1 for _ in f)
    if requests > MOST_REQUESTS:
        return f"{requests} requests"
    return None


def converged(sim, answers, wanted, consent, more=()):
    """What is wrong with applies once the fault is gone, or None. What needs a consent is refused without, with the words that give it."""
    if consent:
        asked = result_of(sim.run("apply", answers, "--json", timeout=300).stdout)
        if not asked.get("exit") or " ".join(consent) not in asked.get("fix", ""):
            return f"apply without {consent}: {asked}"
    again = sim.run("apply", answers, "--json", *consent, timeout=300)
    event = result_of(again.stdout)
    if again.returncode or event.get("outcome") != "proven":
        return f"apply without faults: exit {again.returncode}, {event.get('message')} {again.stderr}"
    have = counts(dump_of(sim))
    # A build or a revision that a fault made fail stays in the cloud's records; what stands is held to the number.
    records = ("cloudbuild.builds", "run.revisions", "run.executions", "run.tasks", "compute.requests", "iam.accountNames",
               "storage.objects", "storage.bucketNames", "iam.deletedAccounts", "artifactregistry.versions", "artifactregistry.dockerImages", "artifactregistry.tags")
    records += more
    if consent:  # a database that was replaced leaves its last backup, and what Google ran for it
        records += ("sql.backups", "network.producers")
    differ = {k: (have.get(k, 0), wanted.get(k, 0)) for k in {*have, *wanted} if k not in records and have.get(k, 0) != wanted.get(k, 0)}
    if differ:
        return f"apply without faults (have, wanted): {differ}"
    third = result_of(sim.run("apply", answers, "--json", timeout=300).stdout)
    return None if third.get("outcome") == "proven" and not third.get("created") and not third.get("updated") else f"a third apply: {third}"


def told(scenario, code, text):
    """What is wrong with what the operator sees, or None."""
    sees, event = scenario["sees"], result_of(text)
    if code not in sees["exit"]:
        return f"exit {code}, not {sees['exit']}: {text[-600:]}"
    if sees.get("outcome") and event.get("outcome") != sees["outcome"]:
        return f"outcome {event.get('outcome')}, not {sees['outcome']}"
    if scenario.get("runs") and event.get("restart"):
        return f"a line is given to start what runs: {event['restart']}"
    if not re.search(sees.get("says", ""), text, re.S):
        return f"the operator is not told '{sees['says']}': {text[-1500:]}"
    return None


def requests(sim, process, count):
    """Waits until the cloud has had so many more requests, or the run has ended."""
    since = len(sim.exchanges())
    wait_for(lambda: process.poll() is not None or len(sim.exchanges()) >= since + count, f"{count} requests", 60)


# What no rule of the cloud can do: each returns (exit code, output, how it ended) of what the operator is to see. ----------------------


def full_disk(home, sim, answers):
    """Files may grow to a few kilobytes; output goes to a pipe, which is no file."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))

    run = subprocess.run([PROGRAM, "apply", answers, "--json", *sim.options()], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         env=home.environment | sim.environment(), preexec_fn=limit, timeout=60, check=False)
    return run.returncode, run.stdout.decode(), "by itself"


def signals(home, sim, answers):
    seen = []
    for sent in ((signal.SIGINT,), (signal.SIGTERM,), (signal.SIGHUP,), (signal.SIGTSTP, signal.SIGCONT), (signal.SIGINT, signal.SIGINT)):
        out, process = start(home, sim, "apply", answers)
        requests(sim, process, 25)
        for one in sent:
            if process.poll() is None:
                process.send_signal(one)
                time.sleep(0.02)
        seen.append(finish(out, process))
        wrong = truthful(*seen[-1], sim)
        if wrong:
            raise RuntimeError(f"{[s.name for s in sent]}: {wrong}")
    return max(seen, key=lambda one: "interrupted" in one[1])


def killed(home, sim, answers):
    out, process = start(home, sim, "apply", answers)
    requests(sim, process, 40)
    process.kill()
    code, text, _ = finish(out, process)
    return code, text, "by itself"


def terminal(home, sim, answers):
    """First the terminal goes, then, in another run, the reader of a pipe."""
    here, there = pty.openpty()
    process = subprocess.Popen([PROGRAM, "apply", answers, *sim.options()], stdin=there, stdout=there, stderr=there, start_new_session=True,
                               env=home.environment | sim.environment())
    os.close(there)
    requests(sim, process, 25)
    os.close(here)
    process.wait(PATIENCE)
    first = process.returncode
    read, write = os.pipe()
    process = subprocess.Popen([PROGRAM, "apply", answers, "--json", *sim.options()], stdin=subprocess.DEVNULL, stdout=write, stderr=write,
                               env=home.environment | sim.environment())
    os.close(write)
    requests(sim, process, 25)
    os.close(read)
    process.wait(PATIENCE)
    if first < 0 or process.returncode < 0:
        raise RuntimeError(f"ended by a signal: {first}, {process.returncode}")
    return process.returncode, "", "by itself"


def clock(home, sim, answers):
    """The clock of the client is two hours ahead of Google's; it signs in with a service account's key, whose JWT says when it was made."""
    import base64
    project = "https://iam.googleapis.com/v1/projects/" + sim.ready["project"]
    ask_until(sim, "POST", "https://serviceusage.googleapis.com/v1/projects/123456789012/services/iam.googleapis.com:enable", {})
    account = ask_until(sim, "POST", project + "/serviceAccounts", {"accountId": "operator"})["email"]
    key = ask_until(sim, "POST", f"{project}/serviceAccounts/{account}/keys", {})
    credentials = home.file("key.json", base64.b64decode(key["privateKeyData"]).decode())
    os.chmod(credentials, 0o600)
    seen = finish(*start(home, sim, "apply", answers, env={"GOOGLE_APPLICATION_CREDENTIALS": credentials} | shifted(home, 7200)))
    ask(sim, "DELETE", f"{project}/serviceAccounts/{account}")
    return seen


def two_runs(home, sim, answers):
    out, first = start(home, sim, "apply", answers)
    requests(sim, first, 15)
    seen = finish(*start(home, sim, "apply", answers))
    code, text, how = finish(out, first)
    wrong = truthful(code, text, how, sim)
    if code or wrong:
        raise RuntimeError(f"the first run: exit {code} {wrong}")
    if f"process {first.pid} on" not in seen[1]:
        raise RuntimeError(f"the second run does not name the first: {seen[1]}")
    return seen


ACTORS = {32: full_disk, 33: signals, 34: killed, 35: terminal, 36: clock, 37: two_runs}


def before_reply(sim, process, ending):
    """Interrupts it while it waits for the reply to a request with this ending, which the rules make slow."""
    wait_for(lambda: process.poll() is not None or any(x["url"].split("?")[0].endswith(ending) for x in sim.exchanges()), ending, 60)
    process.send_signal(signal.SIGINT)


def disturbed(home, sim, answers, scenario):
    """Runs with the rules in force until each of them has acted, three at the most. What is wrong, or None."""
    verb = ("destroy", answers, *ALL_DATA) if scenario.get("scene") == "destroy" else ("apply", answers, *scenario.get("options", []))
    untold = []
    for _ in range(3):
        out, process = start(home, sim, *verb)
        if "interrupt" in scenario:
            before_reply(sim, process, scenario["interrupt"])
        code, text, how = finish(out, process)
        wrong = truthful(code, text, how, sim) or (f"exit {code}, not {scenario['sees']['exit']}: {text[-600:]}" if code not in scenario["sees"]["exit"] else None)
        untold.append(told(scenario, code, text))
        acts = dump_of(sim).get("(faults)", [])
        if wrong or all(acts):
            return wrong or (None if None in untold else untold[0])
    return f"not every rule has acted: {acts}"


def acted(home, sim, answers, scenario):
    code, text, how = ACTORS[scenario["scenario"]](home, sim, answers)
    if code >= 0 and result_of(text):  # one that was killed says nothing
        return truthful(code, text, how, sim) or told(scenario, code, text)
    if text and code >= 0:  # refused before it began
        return told(scenario, code, text)
    return None if code in scenario["sees"]["exit"] else f"exit {code}"


def destroyed(home, sim, answers, scenario, rules):
    """Applied, then destroyed with the rules in force, then without."""
    wrong = truthful(*finish(*start(home, sim, "apply", answers)), sim)
    load(sim, rules, scenario["rules"])
    wrong = wrong or disturbed(home, sim, answers, scenario)
    load(sim, rules, [])
    last = sim.run("destroy", answers, *ALL_DATA, "--json", timeout=300)
    return wrong or (f"destroy without faults: {last.returncode} {last.stdout[-800:]}" if last.returncode else None)


def documents(dump, collection):
    return [d.get("doc", d) for d in dump.get(collection, {}).values()]


def serving(dump):
    """What stands before people: does each machine run, by which settings; how does each service scale."""
    return ([(d["status"], d["machineType"], d["metadata"].get("items")) for d in documents(dump, "compute.instances")],
            [d.get("scaling") for d in documents(dump, "run.services")])


def changed(home, sim, answers, scenario, rules):
    """Applied, then other answers with the rules in force, then without."""
    wrong = truthful(*finish(*start(home, sim, "apply", answers, "--yes")), sim)
    before = dump_of(sim)
    with open(answers, encoding="utf-8") as f:
        whole_file = json.load(f)
    whole_file["answers"].update(scenario["change"])
    home.file("mlflow.json", whole_file)
    load(sim, rules, scenario["rules"])
    wrong = wrong or disturbed(home, sim, answers, scenario)
    after = dump_of(sim)
    if not wrong and scenario.get("runs") and serving(before) != serving(after):
        wrong = f"it does not go on as before: {serving(before)} {serving(after)}"
    load(sim, rules, [])
    return wrong or converged(sim, answers, counts(before), scenario.get("consent", []), ("sql.backupRuns",))


def try_one(path, target, wanted):
    with open(path, encoding="utf-8") as f:
        scenario = json.load(f)
    scene = scenario.get("scene", "first")
    with Home() as home:
        rules = home.file("rules.json", scenario["rules"] if scene == "first" else [])
        with Sim(home, "--faults", rules) as sim:
            answers = home.example(auth__client_secret="env:CLIENT_SECRET", **TARGETS[target][0], **{k.replace(".", "__"): v for k, v in scenario.get("answers", {}).items()})
            if scene == "destroy":
                wrong = destroyed(home, sim, answers, scenario, rules)
            elif scene == "change":
                wrong = changed(home, sim, answers, scenario, rules)
            else:
                wrong = (acted if "actor" in scenario else disturbed)(home, sim, answers, scenario)
                clear(sim, rules)
                wrong = wrong or converged(sim, answers, wanted(target), scenario.get("consent", []))
            if sim.process.poll() is not None:
                wrong = f"the simulated cloud ended: {sim.complaints()}"
            return wrong, scenario["fault"]


def tried(path, target, wanted):
    """A scenario that breaks its own test is one that fails."""
    try:
        return try_one(path, target, wanted)
    except (OSError, ValueError, TimeoutError, subprocess.SubprocessError, RuntimeError) as e:
        return repr(e), ""


SAMPLE = 4


def chosen():
    """(path, target) of what is tried now."""
    only = os.environ.get("MLFLOW_SETUP_FAULTS", "").split()
    first, also = [], []
    for path in sorted(glob.glob(os.path.join(SOURCE, "tests/faults/*.json"))):
        with open(path, encoding="utf-8") as f:
            scenario = json.load(f)
        if not only or os.path.basename(path)[:2] in only:
            first += [(path, target) for target in scenario.get("on", ["run"])]
            also += [(path, target) for target in scenario.get("also", [])]
    if os.environ.get("MLFLOW_SETUP_ALL") or len(also) <= SAMPLE:
        return first + also
    return first + random.Random(os.environ.get("MLFLOW_SETUP_SEED", "1")).sample(also, SAMPLE)


class Undisturbed:
    """What stands after an apply that nothing disturbs, of each target that is asked for."""

    def __init__(self):
        self.began = time.monotonic()
        self.stands = {"run": whole("first")[1]}
        self.took = time.monotonic() - self.began
        self.lock = threading.Lock()

    def __call__(self, target):
        with self.lock:
            if target not in self.stands:
                self.stands[target] = whole("first", target)[1]
            return self.stands[target]


def main():
    tries = chosen()
    if not tries:
        skip("fault scenarios", "tests/faults has no rule files")
        done()
    global PATIENCE
    wanted = Undisturbed()
    PATIENCE = max(PATIENCE, PATIENCE_TIMES * wanted.took)
    with ThreadPoolExecutor(6) as pool:
        for (path, target), (wrong, fault) in zip(tries, pool.map(lambda t: tried(*t, wanted), tries)):
            ok(not wrong, f"{os.path.basename(path)[:2]} {target}: {fault}", wrong or "")
    done()


if __name__ == "__main__":
    main()
