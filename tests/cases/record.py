#!/usr/bin/env python3
"""The flight recorder: what a whole run, a failed one and a killed one leave in the file, and what no run ever leaves there."""
import base64
import json
import os
import re
import signal
import stat
import subprocess
import sys
import urllib.parse

from harness import ALL_DATA, PROGRAM, SECRET, SIM, SOURCE, Home, Sim, done, ok, read, wait_for

PEOPLE = ["mary.o'brien@corp.example.com", "jo@corp.example.com"]


def forms(value):
    """Every form in which a value could be written down: as it is, in JSON, in a URL, in hex, in base64 at any offset."""
    raw = value.encode()
    found = {raw, json.dumps(value)[1:-1].encode(), json.dumps(json.dumps(value))[3:-3].encode(), urllib.parse.quote(value, safe="").encode(), raw.hex().encode()}
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + raw)
        cut = whole[(8 * before + 5) // 6:8 * (before + len(raw)) // 6]
        found |= {cut, cut.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def values_in(tree, keys):
    if isinstance(tree, dict):
        for key, value in tree.items():
            if isinstance(value, str) and key in keys:
                yield value
            else:
                yield from values_in(value, keys)
    elif isinstance(tree, list):
        for value in tree:
            yield from values_in(value, keys)


def secrets_of(sim):
    """What the simulated cloud's own log tells of secrets: payloads, passwords, tokens, and what a form of a sign-in carries."""
    found = {SECRET}
    for x in sim.exchanges():
        for part in (x["request"], x["reply"]):
            for data in values_in(part, ("data",)):
                try:
                    found.add(base64.b64decode(data, validate=True).decode().strip())
                except ValueError:
                    pass
            found.update(values_in(part, ("password", "access_token", "accessToken", "id_token", "token", "refresh_token")))
            if isinstance(part, str) and part.startswith("grant_type="):
                form = urllib.parse.parse_qs(part)
                found.update(v for k in ("refresh_token", "client_secret") for v in form.get(k, []))
    lines = {line for value in found for line in [value, *value.split("\n")] if len(line) >= 12 and not line.startswith(("[", "#")) and "@" not in line}
    return {line for line in lines if not is_plain_setting(line)}


def is_plain_setting(line):
    """Of a rendered file only what is secret in it is replaced: its other settings are no secrets."""
    setting = re.match(r"([a-z0-9_]+) = ", line)
    return bool(setting) and not setting.group(1).endswith(("secret", "password", "key", "token"))


def rows_of(path):
    return [json.loads(line) for line in read(path).decode().splitlines()]


def whole_run(home, sim):
    answers = home.example(auth__client_secret="env:CLIENT_SECRET", auth__users=PEOPLE)
    made, gone = home.file("made.jsonl"), home.file("gone.jsonl")
    first = sim.run("apply", answers, "--record", made)
    ok(first.returncode == 0, "apply with a recording ends with 0", first.stdout, first.stderr, sim.complaints())
    ok(f"Recorded in {made}: " in first.stderr, "and says what is in it", first.stderr)
    ok(stat.S_IMODE(os.stat(made).st_mode) == 0o600, "the recording is for its owner alone")
    theirs = [(x["method"], urllib.parse.urlsplit(x["url"]).path, x["status"]) for x in sim.exchanges()]
    ours = [(x["method"], urllib.parse.urlsplit(x["url"]).path, x["status"]) for x in rows_of(made)]
    ok(len(ours) > 150 and sorted(ours) == sorted(theirs), "every exchange that the cloud saw is in it", len(ours), len(theirs),
       *list(set(ours) ^ set(theirs))[:10])

    before = read(made)
    again = sim.run("apply", answers, "--record", made)
    ok(again.returncode == 73 and read(made) == before, "a recording is never written over a file", again.stderr)
    removed = sim.run("destroy", answers, *ALL_DATA, "--record", gone)
    ok(removed.returncode == 0, "destroy is recorded too", removed.stdout, removed.stderr)

    secrets, text = secrets_of(sim), read(made) + read(gone)
    ok(len(secrets) > 10, "there are secrets to look for", len(secrets))
    leaks = [f"{s[:6]}... as {f[:12]}" for s in secrets for f in forms(s) if f in text]
    ok(not leaks, "no secret is in a recording, in no form", *leaks)
    known = [f"{p} as {f[:20]}" for p in PEOPLE for f in forms(p) if f in text]
    ok(not known, "nor anybody's address", *known)
    ok(b"person-1@example.org" in text and b"stand-in-secret-00000001" in text, "stand-ins are")
    return answers


def failed_run(home, sim, answers):
    path = home.file("failed.jsonl")
    failed = sim.run("apply", answers, "--record", path, "--set", "project.id=nobodys-project")
    rows = rows_of(path)
    ok(failed.returncode != 0 and rows, "a run that fails leaves its recording", failed.returncode, failed.stderr)


def killed_run(home, sim, answers):
    path = home.file("killed.jsonl")
    process = subprocess.Popen([PROGRAM, "apply", answers, "--record", path, *sim.options()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=home.environment | sim.environment())
    wait_for(lambda: os.path.exists(path) and read(path).count(b"\n") >= 100 or process.poll() is not None, "a hundred exchanges")
    process.send_signal(signal.SIGKILL)
    process.wait(30)
    lines = read(path).split(b"\n")[:-1]
    ok(process.returncode == -signal.SIGKILL and len(lines) >= 100 and all(isinstance(json.loads(line), dict) for line in lines),
       "a run that is killed leaves whole lines", process.returncode, len(lines))


# A simulated cloud that is there, and stands still.
FROZEN = """#!{python}
import os, shutil, signal, subprocess, sys, time
words = sys.argv[1:]
at = words.index("--ready-file") + 1
asked, words[at] = words[at], words[at] + ".own"
child = subprocess.Popen(["{sim}", *words])
def end(*_):
    child.kill()
    sys.exit()
signal.signal(signal.SIGTERM, end)
while not os.path.exists(words[at]):
    time.sleep(0.01)
child.send_signal(signal.SIGSTOP)
shutil.copy(words[at], asked)
signal.pause()
"""


def conformance(path, sim=SIM, *options):
    return subprocess.run([sys.executable, os.path.join(SOURCE, "dev/conformance"), path, "--sim", sim, *options], capture_output=True, text=True,
                          timeout=300, stdin=subprocess.DEVNULL)


def replayed(home):
    """A whole apply, change and destroy as the simulated cloud recorded it, against another simulated cloud."""
    with Sim(home) as sim:
        answers = home.example(auth__client_secret="env:CLIENT_SECRET")
        runs = [sim.run("apply", answers), sim.run("apply", answers, "--set", "server.memory=4Gi"), sim.run("destroy", answers, *ALL_DATA)]
        ok(not any(r.returncode for r in runs), "apply, change and destroy", *[r.stderr for r in runs])
        path = home.file("sim.jsonl", read(sim.path("log.jsonl")).decode())
    count = read(path).count(b"\n")
    whole = conformance(path)
    conform = re.search(r"^conform: (\d+) of (\d+)$", whole.stdout, re.M)
    ok(whole.returncode == 0 and conform and conform.group(1) == conform.group(2) and int(conform.group(1)) > 0.9 * count,
       "the simulated cloud's own recording replays whole", whole.stdout[:3000], whole.stderr)

    rows = rows_of(path)
    number, row = next((n, r) for n, r in enumerate(rows) if r["method"] == "GET" and isinstance(r["reply"], dict) and r["reply"].get("databaseVersion"))
    row["reply"]["settings"]["availabilityType"], row["reply"]["settings"]["tier"] = "REGIONAL", "db-custom-64-245760"
    wrong = conformance(home.file("wrong.jsonl", "".join(json.dumps(r) + "\n" for r in rows)))
    ok(wrong.returncode == 1 and f"wrong.jsonl #{number + 1} GET" in wrong.stdout and ".settings.availabilityType: is REGIONAL, here ZONAL" in wrong.stdout
       and '.settings.tier: is "db-custom-64-245760", here' in wrong.stdout, "an enum and a value that are wrong in it are told", wrong.stdout[:2000])
    lines = read(path).decode().splitlines(keepends=True)
    told = next(n for n, line in enumerate(lines) if "/services:batchGet" in line)  # what the project begins with
    cut = conformance(home.file("cut.jsonl", "".join(lines[:told + 1]) + lines[told + 1][:60]))
    ok(cut.returncode == 0 and f"line {told + 2} has no end" in cut.stdout, "a last line without its end is left out, which is said", cut.stdout[:2000], cut.stderr)
    not_whole(home, lines[:told + 1])
    frozen = home.file("frozen", FROZEN.format(python=sys.executable, sim=SIM))
    os.chmod(frozen, 0o755)
    still = conformance(path, frozen, "--limit", "1")
    ok(still.returncode == 1 and re.search(r"^sim\.jsonl #1 of \d+: took more than 1 seconds: [A-Z]+ https://", still.stdout, re.M),
       "a replay that stands still ends, and says where", still.stdout[:2000], still.stderr)


def not_whole(home, lines):
    """What is no recording, or not all of one, is told by its line before anything is compared."""
    row = json.loads(lines[-1])
    rows = {
        "nothing": ("", "there was nothing to compare"), "a text": ("hello\n", "line 1 is not a recording's: it is no JSON"),
        "a line that was cut": (lines[0][:60] + "\n" + lines[1], "line 1 is not a recording's: it is no JSON"),
        "somebody else's line": (lines[0] + '{"a": 1}\n', "line 2 is not a recording's: it has no method, url"),
        "a list": (lines[0] + "[1]\n", "line 2 is not a recording's: it is no JSON object"),
        "a number for a text": (json.dumps(row | {"url": 7}) + "\n", "line 1 is not a recording's: url is of another type"),
        "two requests in one": (json.dumps(row | {"url": "https://x.googleapis.com/ HTTP/1.1\r\nHost: y"}) + "\n", "line 1 is not a recording's: it asks for nothing"),
        "a header that is two": (json.dumps(row | {"headers": {"Accept": "a\r\nb"}}) + "\n", "line 1 is not a recording's: a header is no line"),
        "a date that is none": (json.dumps(row | {"date": "tomorrow"}) + "\n", "line 1 is not a recording's: its date is none"),
        "braces without end": ('{"a":' * 100000 + "\n", "line 1 is not a recording's: it is no JSON"),
    }
    for name, (text, words) in rows.items():
        run = conformance(home.file("odd.jsonl", text))
        ok(run.returncode == 1 and words in run.stdout + run.stderr and "Traceback" not in run.stderr, f"{name} for a recording: told", run.stdout[:500], run.stderr[-500:])


def unheard(home):
    """A run on a bad line, whose creates acted although no whole reply came: what it recorded replays whole."""
    for fault in ("01-reset-before-reply", "21-server-errors"):
        with open(os.path.join(SOURCE, "tests/faults", fault + ".json"), encoding="utf-8") as f:
            rules = home.file("rules.json", json.load(f)["rules"])
        path = os.path.join(home.path, fault + ".jsonl")
        with Sim(home, "--faults", rules) as sim:
            run = sim.run("apply", home.example(fault + ".answers.json", auth__client_secret="env:CLIENT_SECRET"), "--record", path)
        whole = conformance(path)
        said = re.search(r"^conform: (\d+) of (\d+)$", whole.stdout, re.M)
        ok(run.returncode == 0 and whole.returncode == 0 and said and int(said.group(1)) > 150 and "failed on the way" in whole.stdout,
           f"{fault}: what was recorded of it replays whole", run.stderr[-500:], whole.stdout[:2000], whole.stderr[-500:])


def by_rule(home):
    """What a fault rule did is marked in the simulated cloud's log, and left out of a replay, which is whole: it answered instead, or made what
    was begun fail."""
    for fault, marks in (("12-permission", {"instead"}), ("38-hostile-replies", {"instead"}), ("41-build-fails", {"failed"})):
        with open(os.path.join(SOURCE, "tests/faults", fault + ".json"), encoding="utf-8") as f:
            scenario = json.load(f)
        path = os.path.join(home.path, fault + ".jsonl")
        with Sim(home, "--faults", home.file("rules.json", scenario["rules"])) as sim:
            run = sim.run("apply", home.example(fault + ".answers.json", auth__client_secret="env:CLIENT_SECRET"))
            with open(path, "wb") as f:
                f.write(read(sim.path("log.jsonl")))
        marked = [row for row in rows_of(path) if "fault" in row]
        ok(run.returncode in scenario["sees"]["exit"] and marked and {row["fault"] for row in marked} == marks, f"{fault}: what the rule did is marked in the log",
           run.returncode, *[(row["fault"], row["url"]) for row in marked])
        failure = [rule["operation"]["error"] for rule in scenario["rules"] if "operation" in rule]
        ok([row["failure"] for row in marked if "failure" in row] == failure, f"{fault}: and by what it was made to fail", *marked)
        whole = conformance(path)
        said = re.search(r"^conform: (\d+) of (\d+)$", whole.stdout, re.M)
        ok(whole.returncode == 0 and said and said.group(1) == said.group(2) and int(said.group(1)) > 80
           and f": {len(marked)} that a fault rule answered or changed, which are left out" in whole.stdout,
           f"{fault}: the log replays whole but for that, which is said", whole.stdout[:2000], whole.stderr[-500:])


def main():
    with Home() as home:
        replayed(home)
        unheard(home)
        by_rule(home)
        with Sim(home) as sim:
            answers = whole_run(home, sim)
        with Sim(home) as sim:
            failed_run(home, sim, answers)
            killed_run(home, sim, home.example("killed.json", auth__client_secret="env:CLIENT_SECRET"))
        rehearsed = home.run("plan", home.example("new.json"), "--rehearse", "--record", home.file("rehearsed.jsonl"))
        ok(rehearsed.returncode == 2 and len(rows_of(home.file("rehearsed.jsonl"))) > 20, "a rehearsal is recorded as well", rehearsed.stderr)
    done()


if __name__ == "__main__":
    main()
