#!/usr/bin/env python3
"""What a person has to do: told, waited for, left with an exit code of its own, resumed without doing anything again."""
import json
import signal
import subprocess

from cloud_hand import ask, do_tasks, set_record
from harness import ALL_DATA, PROGRAM, Home, Sim, done, ok, read, result_of, wait_for

HOST = "mlflow.example.com"
DOMAIN = ("--set", "exposure=domain", "--set", f"domain.host={HOST}")
WAITING, INTERRUPTED = 4, 130


def answers(home):
    return home.example("mlflow.json", auth__client_secret="env:CLIENT_SECRET")


def events_of(output):
    """The events of whole lines; a run that goes on may have written half of one."""
    return [json.loads(line) for line in output[:output.rfind("\n") + 1].splitlines() if line.startswith("{")]


def message_of(result, step="dns/address"):
    return next((t.get("message", "") for t in result.get("waiting", []) if t["id"] == step), "")


def start(home, sim, *arguments):
    """The program in the background, and where its events go."""
    path = home.path + "/events.jsonl"
    with open(path, "w", encoding="utf-8") as out, open(home.path + "/errors", "w", encoding="utf-8") as errors:
        child = subprocess.Popen([PROGRAM, *arguments, "--json", *sim.options()], env=home.environment | sim.environment(), stdin=subprocess.DEVNULL,
                                 stdout=out, stderr=errors)
    return child, path


def waits_alone(path):
    """Does the run wait for a person, and for nothing else?"""
    with open(path, encoding="utf-8") as f:
        counts = [e for e in events_of(f.read()) if e["event"] == "counts"]
    return bool(counts) and counts[-1].get("waiting") and not counts[-1]["running"] and not counts[-1]["left"]


def test_left_and_resumed():
    with Home() as home, Sim(home) as sim:
        file = answers(home)
        run = sim.run("apply", file, "--json", "--wait", "0", *DOMAIN, timeout=400)
        result, told = result_of(run.stdout), [e for e in events_of(run.stdout) if e["event"] == "errand"]
        record = result.get("waiting", [{}])[0].get("record", {})
        ok(run.returncode == WAITING and result["outcome"] == "waiting" and result["exit"] == WAITING, "apply ends waiting, with a code of its own", result, run.stderr)
        ok(record.get("name") == HOST and record["type"] == "A" and len(record["data"]) == 1, "the result says which record", result)
        ok(len(told) == 1 and told[0]["state"] == "waiting" and told[0]["paste"].endswith(record["data"][0]), "it was told once, while the rest was built", told)
        built = [e["at"] for e in events_of(run.stdout) if e.get("kind") == "run.service" and e.get("state") == "done"]
        ok(told and built and told[0]["at"] < built[0], "and before the server stood", told, built)
        ok(result["next"].startswith("mlflow-setup apply") and "url" not in result and not result.get("message"), "the next command is apply, and nothing failed", result)
        seen, kept = len(sim.exchanges()), read(file)
        run = sim.run("apply", file, "--wait", "0", timeout=400)
        ok(run.returncode == WAITING and "It waits for you" in run.stderr and record["data"][0] in run.stderr, "another apply waits again, in words", run.stderr)
        ok(not sim.writes(seen) and read(file) == kept, "and does nothing again", sim.writes(seen))
        run = sim.run("plan", file, timeout=200)
        ok(run.returncode == 2 and f"{HOST} has no A record" in run.stdout, "plan says what is missing", run.stdout)
        set_record(sim, HOST, "A", ["198.51.100.7"])
        run = sim.run("apply", file, "--json", "--wait", "0", timeout=400)
        message = message_of(result_of(run.stdout))
        ok(run.returncode == WAITING and "198.51.100.7" in message and record["data"][0] in message, "a wrong address: which is there, which should be", message)
        do_tasks(sim, result_of(run.stdout))
        seen = len(sim.exchanges())
        run = sim.run("apply", file, "--json", timeout=400)
        result = result_of(run.stdout)
        ok(run.returncode == 0 and result["outcome"] == "proven" and result["url"] == f"https://{HOST}", "with the record the stack is proven", result, run.stderr)
        ok(not sim.writes(seen) and not result["created"], "and nothing was made again", sim.writes(seen))
        set_record(sim, HOST, "A", None)
        run = sim.run("apply", file, "--json", "--wait", "0", timeout=400)
        ok(run.returncode == WAITING and "no A record" in message_of(result_of(run.stdout)), "a record that was removed later is asked for again", run.stdout[-500:])
        set_record(sim, HOST, "A", record["data"])
        run = sim.run("destroy", file, "--json", *ALL_DATA, "--set", "database.deletion_protection=false", timeout=400)
        result = result_of(run.stdout)
        ok(run.returncode == 0 and any(HOST in line and "remove it there" in line for line in result["left"]), "destroy says that the record stays", result)


def test_stopped_while_waiting():
    with Home() as home, Sim(home) as sim:
        file = answers(home)
        child, events = start(home, sim, "apply", file, *DOMAIN)
        wait_for(lambda: waits_alone(events) or child.poll() is not None, "the run to wait for its operator", 200)
        ok(child.poll() is None, "it waits")
        child.send_signal(signal.SIGINT)
        code = child.wait(60)
        with open(events, encoding="utf-8") as f:
            result = result_of(f.read())
        ok(code == WAITING and result.get("outcome") == "waiting", "Ctrl-C while only a person is waited for leaves with the same code", code, result)
        child, events = start(home, sim, "apply", file)
        wait_for(lambda: waits_alone(events) or child.poll() is not None, "the run to wait again", 200)
        child.kill()
        child.wait(60)
        do_tasks(sim, result)
        seen = len(sim.exchanges())
        run = sim.run("apply", file, "--json", timeout=400)
        ok(run.returncode == 0 and not sim.writes(seen), "killed while waiting: the next run goes on, and makes nothing again", result_of(run.stdout), run.stderr)


def test_done_while_waiting():
    with Home() as home, Sim(home) as sim:
        file = answers(home)
        child, events = start(home, sim, "apply", file, *DOMAIN)
        wait_for(lambda: waits_alone(events) or child.poll() is not None, "the run to wait for its operator", 200)
        with open(events, encoding="utf-8") as f:
            task = [e for e in events_of(f.read()) if e["event"] == "errand"][-1]
        set_record(sim, HOST, "A", task["record"]["data"])
        code = child.wait(300)
        with open(events, encoding="utf-8") as f:
            output = f.read()
        states = [e["state"] for e in events_of(output) if e["event"] == "errand"]
        ok(code == 0 and result_of(output)["outcome"] == "proven" and states == ["waiting", "seen"], "a record that is set while it waits is seen, and the stack proven", states)


def test_redirect():
    client = "123456789012-example.apps.googleusercontent.com"
    with Home() as home:
        world = home.file("world.json", {"clients": {client: ["https://other.example.com/"]}})
        with Sim(home, "--world", world) as sim:
            file = answers(home)
            run = sim.run("apply", file, "--json", "--wait", "0", "--set", f"auth.client_id={client}", timeout=400)
            result = result_of(run.stdout)
            ok(run.returncode == WAITING and "does not have the redirect URI" in message_of(result, "oauth-client"), "a redirect URI that is not registered is asked for",
               result, run.stderr)
            ask(sim, "PUT", f"https://console.example/{client}", {"redirect_uris": [result["waiting"][0]["paste"]]})
            run = sim.run("apply", file, "--json", "--wait", "0", timeout=400)
            ok(run.returncode == 0, "and once it is, the stack is proven", result_of(run.stdout), run.stderr)


def test_rehearsed():
    with Home() as home:
        file = home.example()
        run = home.run("apply", "--rehearse", file, "--json", *DOMAIN, timeout=200)
        result = result_of(run.stdout)
        ok(run.returncode == 0 and result["outcome"] == "proven", "in a rehearsal somebody sets the record", result, run.stderr)
        world = home.file("world.json", {"dns": "nobody"})
        run = home.run("apply", "--rehearse", file, "--world", world, "--json", "--wait", "30", *DOMAIN, timeout=200)
        result, counts = result_of(run.stdout), [e for e in events_of(run.stdout) if e["event"] == "counts" and e.get("waiting") and not e["running"] and not e["left"]]
        waited = result["makespan"] - counts[0]["at"] if counts else 0
        ok(run.returncode == WAITING and 1780 <= waited < 1900, "where nobody does, it waits as long as it was told to, once all else is done", waited, result)
        run = home.run("apply", file, "--wait", "soon")
        ok(run.returncode == 64 and "--wait" in run.stderr, "a time that is none is refused", run.stderr)


test_left_and_resumed()
test_stopped_while_waiting()
test_done_while_waiting()
test_redirect()
test_rehearsed()
done()
