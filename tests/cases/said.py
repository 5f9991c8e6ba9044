#!/usr/bin/env python3
"""What the program and its manual say, tried: options that do not go together, settings for a file that is not there yet, and advice that is followed as it is printed."""
import json
import os
import pty
import re
import select
import shlex
import time

from harness import PROGRAM, SOURCE, Home, Sim, done, ok, read


def options(home):
    answers = home.example()
    for flag, value in (("--world", "w.json"), ("--faults", "f.json"), ("--seed", "3")):
        run = home.run("apply", answers, flag, value)
        ok(run.returncode == 64 and "Add --rehearse" in run.stderr, f"{flag} without --rehearse does not lead to the real cloud", run.returncode, run.stderr)
    for flag in ("--cloud-proxy", "--cloud-ca"):
        run = home.run("plan", answers, "--rehearse", flag, "x")
        ok(run.returncode == 64 and flag in run.stderr, f"{flag} is refused in a rehearsal, which sends nothing", run.returncode, run.stderr)
    run = home.run("plan", answers, "--rehearse", "--json")
    ok(run.stdout.count("\n") == 1 and json.loads(run.stdout)["resources"], "plan --json is one object on one line", run.stdout[:300])


def page_of_events():
    """The fields of each event by the manual."""
    page = read(os.path.join(SOURCE, "man/mlflow-setup.1")).decode().split(".Ss Events")[1].split(".Sh ")[0]
    common, *rows = page.split(".It Cm ")
    return set(re.findall(r"[a-z_]+", common)), {row.split("\n")[0].strip(): set(re.findall(r"[a-z_]+", row)) for row in rows}


def events(home):
    """All of them: a run that fails, one that is proven, one that takes all away and one that has something for a person to do."""
    common, pages = page_of_events()
    refused = home.file("refused.json", [{"method": "POST", "path": "*/instances", "status": 403,
                                          "body": {"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}}])
    domain = {"exposure": "domain", "domain__host": "mlflow.example.com"}
    runs = [home.run("apply", home.example(), "--rehearse", "--json", "--faults", refused),
            home.run("apply", home.example(), "--rehearse", "--json"), home.run("destroy", home.example(), "--rehearse", "--json", "--yes"),
            home.run("apply", home.example(**domain), "--rehearse", "--json", "--wait", "0")]
    seen = {}
    for event in map(json.loads, "".join(run.stdout for run in runs).splitlines()):
        seen.setdefault(event["event"], set()).update(event)
    ok([run.returncode for run in runs[:3]] == [3, 0, 0], "a run of each kind", *[(run.returncode, run.stdout[-300:], run.stderr) for run in runs])
    ok(set(seen) == set(pages), "the manual names the events that there are", set(seen) ^ set(pages))
    for name, fields in seen.items():
        ok(fields <= common | pages.get(name, set()), f"and the fields of {name}", fields - common - pages.get(name, set()))


def settings_without_file(home):
    """The wizard, on a terminal without a screen, is told to leave at its first prompt."""
    pid, master = pty.fork()
    if pid == 0:
        os.chdir(home.path)
        os.execve(PROGRAM, [PROGRAM, "--rehearse", "--plain", "--set", "project.id=other-proj-7", "new.json"], home.environment)
    heard, end = "", time.monotonic() + 60
    while time.monotonic() < end:
        if select.select([master], [], [], 0.2)[0]:
            try:
                heard += os.read(master, 65536).decode(errors="replace")
            except OSError:
                break
        if heard.endswith("] "):
            heard += "\n"
            os.write(master, b"q\n")
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(master)
    wrote = os.path.exists(home.file("new.json")) and json.loads(read(home.file("new.json")))["answers"]["project.id"]
    ok(status == 0 and wrote == "other-proj-7", "--set answers for a file that is not there yet", status, wrote, heard[-800:])


def named_credentials(home):
    run = home.run("plan", home.example(), env={"GOOGLE_APPLICATION_CREDENTIALS": home.file("none.json")})
    ok(run.returncode == 78 and "unset it" in run.stderr, "who names credentials that are not there is told to unset the variable before signing in", run.stderr)


def nothing_made(home, sim):
    answers = home.example("early.json", stack__name="early", auth__client_secret="env:CLIENT_SECRET")
    run = sim.run("apply", answers, env={"CLIENT_SECRET": "no"})
    said = run.stderr
    ok(run.returncode == 78 and "Nothing was made." in said and "To undo:" not in said and "What was made" not in said,
       "a run that made nothing says so, and offers no undoing", run.returncode, said)


def advice_of_destroy(home, sim):
    answers = home.example(auth__client_secret="env:CLIENT_SECRET")
    sim.run("apply", answers, timeout=300)
    run = sim.run("destroy", answers, "--yes", timeout=300)
    ok(run.returncode == 0 and "Image from elsewhere" not in run.stderr, "an image that went with its repository is not among what is left", run.stderr)
    said = [line.split("with them: ")[1].split(". ")[0].rstrip(".") for line in run.stderr.splitlines() if "with them: " in line]
    ok(len(said) == 2, "data that are kept are named with the command that deletes them", run.stderr)
    for command in said:
        words = shlex.split(command.replace("FILE", shlex.quote(answers)))
        run = sim.run(*words[1:], timeout=300)
        gone = words[-1] == "database" and "Cloud SQL instance" or "Bucket"
        ok(words[0] == "mlflow-setup" and run.returncode == 0 and f"deleted   {gone}" in run.stderr, f"which works as it is printed: {command}", run.stderr)


with Home() as home:
    options(home)
    settings_without_file(home)
    named_credentials(home)
    events(home)
    with Sim(home) as sim:
        nothing_made(home, sim)
        advice_of_destroy(home, sim)
done()
