#!/usr/bin/env python3
"""The whole way against the served simulated cloud: apply, apply again without a write, destroy; and no secret anywhere."""
import base64
import json
import subprocess

from harness import ALL_DATA, PROGRAM, SECRET, Home, Sim, done, everything_written, ok, read, result_of, wait_for


def secrets_of(sim):
    """Every generated value that the simulated Secret Manager holds."""
    found = {SECRET}
    for x in sim_log_bodies(sim):
        data = (x.get("payload") or {}).get("data") if isinstance(x, dict) else None
        if data:
            value = base64.b64decode(data).decode("utf-8", "replace").strip()
            if len(value) >= 16 and "\n" not in value and "@" not in value:
                found.add(value)
    return found


def sim_log_bodies(sim):
    for x in sim.exchanges():
        body = x.get("request")
        if isinstance(body, str):
            try:
                body = json.loads(body)
            except ValueError:
                continue
        yield body


def argv_watch(process, seen):
    """Collects the command line of the process while it runs."""
    try:
        seen.add(read(f"/proc/{process.pid}/cmdline"))
    except OSError:
        pass
    return process.poll() is not None


def main():
    with Home() as home, Sim(home) as sim:
        answers = home.example(**{"auth__client_secret": "env:CLIENT_SECRET"})
        out = open(home.file("out"), "w+", encoding="utf-8")
        err = open(home.file("err"), "w+", encoding="utf-8")
        seen = set()
        first = subprocess.Popen([PROGRAM, "apply", answers, "--json", *sim.options()], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                 env=home.environment | sim.environment())
        wait_for(lambda: argv_watch(first, seen), "apply to end", 120)
        out.close()
        err.close()
        text = read(home.file("out")).decode() + read(home.file("err")).decode()
        event = result_of(text)
        ok(first.returncode == 0, "apply ends with 0", text, sim.complaints())
        ok(event.get("outcome") == "proven", "and says proven", event)
        ok(str(event.get("url", "")).startswith("https://"), "and names the URL")
        enabled = next(i for i, x in enumerate(sim.exchanges()) if x["url"].endswith("/services:batchEnable"))
        policies = ("//orgpolicy.", ":getEffectiveOrgPolicy")  # each is a question of its own
        off = [x["url"] for x in sim.exchanges()[:enabled] if "SERVICE_DISABLED" in json.dumps(x["reply"]) and not any(p in x["url"] for p in policies)]
        ok(1 <= len(off) <= 8, "an API that is off is not asked for each of what it may have", *off)
        saved, before = read(answers), len(sim.exchanges())

        again = sim.run("apply", answers, "--json")
        ok(again.returncode == 0, "apply again ends with 0", again.stdout, again.stderr)
        ok(not sim.writes(before), "without a write", *[f"{w['method']} {w['url']}" for w in sim.writes(before)])
        ok(read(answers) == saved, "and the file is the same to the byte")
        plan = sim.run("plan", answers)
        ok(plan.returncode == 0, "plan finds nothing to change", plan.stdout, plan.stderr)

        malformed = [x for x in sim.exchanges() if x["status"] == 400]
        tries = [x for x in malformed if x["method"] == "POST" and x["url"] == "https://oauth2.googleapis.com/token"
                 and x["request"].startswith("grant_type=authorization_code&") and x["reply"].get("error") == "invalid_grant"]
        ok(malformed == tries, "no request was malformed", *[(x["method"], x["url"]) for x in malformed if x not in tries])
        ok(tries, "but for the client and its secret, tried with a made-up code")

        secrets = secrets_of(sim)
        ok(len(secrets) >= 4, "there are secrets to look for", secrets)
        written = [(p, b) for p, b in everything_written(home.path) if not p.startswith(sim.folder)]
        leaks = [f"{s[:6]}... in {p}" for s in secrets for p, b in written if s.encode() in b]
        leaks += [f"{s[:6]}... in a command line" for s in secrets for line in seen if s.encode() in line]
        leaks += [f"{s[:6]}... in the output" for s in secrets if s in again.stdout + again.stderr + plan.stdout + plan.stderr]
        ok(not leaks, "no secret in the output, the files, the journal or a command line", *leaks)

        other = sim.run("apply", home.example("other.json", stack__name="second", auth__client_secret="env:CLIENT_SECRET"))
        ok(other.returncode == 0, "a second stack of the same example stands beside it", other.stdout, other.stderr)

        refused = sim.run("destroy", answers)
        ok(refused.returncode == 64, "destroy without --yes is refused")
        gone = sim.run("destroy", answers, *ALL_DATA, "--json")
        event = result_of(gone.stdout)
        ok(gone.returncode == 0 and event.get("outcome") == "destroyed", "destroy with every consent removes it", gone.stdout, gone.stderr, sim.complaints())
        sim.process.terminate()
        sim.process.wait(30)
        dump = json.loads(read(sim.path("dump.json")))
        left = [f"{c}: {k}" for c, objects in dump.items() if isinstance(objects, (dict, list)) and c.split(".")[0] in
                ("run", "sqladmin", "storage") and not c.endswith(("operations", "graves")) and "softDeleted" not in c for k in (objects if isinstance(objects, dict) else [])
                if "mlflow" in str(k)]
        ok(not left, "no service, database or bucket is left", *left)
    done()


if __name__ == "__main__":
    main()
