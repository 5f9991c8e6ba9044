#!/usr/bin/env python3
"""Bad input gets one clear sentence, the place, the fix and the documented exit code, and loses nothing."""
import itertools
import json
import os
import subprocess

from harness import PROGRAM, Home, Sim, done, ok, read


def refused(home, name, code, words, *arguments, **options):
    """Runs the program; it must end with this code and say these words on standard error, without touching the answers."""
    path = next((a for a in arguments if a.endswith(".json") and os.path.exists(a)), None)
    before = read(path) if path else None
    r = home.run(*arguments, **options)
    passed = r.returncode == code and all(w.lower() in r.stderr.lower() for w in words)
    ok(passed, f"{name}: {code}", f"exit {r.returncode}", r.stdout[-500:], r.stderr)
    if path:
        ok(read(path) == before, f"{name}: the file is left alone")


def files(home):
    broken = home.file("broken.json", '{\n "format": 1,\n "answers": {"region": }\n}\n')
    refused(home, "broken JSON", 65, ["broken.json:3"], "validate", broken)
    with open(home.example("future.json"), encoding="utf-8") as f:
        future = json.load(f)
    future["format"] = 99
    refused(home, "a future format", 65, ["99"], "validate", home.file("future.json", future))
    with open(home.example("typo.json"), encoding="utf-8") as f:
        typo = json.load(f)
    typo["answers"]["regoin"] = typo["answers"].pop("region")
    refused(home, "an unknown key", 65, ["regoin", "did you mean", "region", ".json:"], "validate",
            home.file("typo.json", json.dumps(typo, indent=1)))
    refused(home, "a wrong type", 65, ["server.workers"], "validate", home.example("type.json", server__workers="two"))
    refused(home, "an impossible pair", 65, ["auth.mode"], "validate", home.example("pair.json", target="appengine", auth__mode="iam"))
    refused(home, "a bad e-mail", 65, ["not-an-address"], "validate", home.example("mail.json", auth__users=["not-an-address"]))
    refused(home, "a missing file", 66, ["nowhere.json"], "validate", home.file("nowhere.json"))


def usage(home):
    refused(home, "an unknown verb", 64, ["did you mean", "apply"], "aply", "x.json")
    refused(home, "an unknown option", 64, ["did you mean", "rehearse"], "--rehaerse")
    refused(home, "a verb without its file", 64, ["apply"], "apply")
    good = home.example()
    refused(home, "an unknown question", 65, ["regoin", "did you mean"], "validate", good, "--set", "regoin=x")
    refused(home, "render without --out", 64, ["--out"], "render", good)


# What allows the others, or moves what they are set to by default, may stand anywhere among them: each stack is asked for in every order.
ORDERS = (
    ("target=gke", "exposure=internal", "auth.mode=iam"),
    ("target=vm", "exposure=domain", "domain.host=mlflow.example.com", "auth.mode=oauth2-proxy"),
    ("database.engine=mysql", "database.version=MYSQL_8_0", "database.path=private-services-access"),
)


def orders(home):
    for sets in ORDERS:
        made = {}
        for order in itertools.permutations(sets):
            words = [word for one in order for word in ("--set", one)]
            run = home.run("plan", "--rehearse", "--json", home.example(), *words)
            made.setdefault((run.returncode, run.stdout, run.stderr), order)
        code, plan, _ = next(iter(made))
        ok(len(made) == 1 and code == 2 and plan, f"{' '.join(sets)}: the same in every order", *(f"{' '.join(order)}: {key[0]} {key[2]}" for key, order in made.items()))
    refused(home, "what none of the others allows", 65, ["auth.mode"], "validate", home.example(), "--set", "auth.mode=iam", "--set", "target=appengine")
    refused(home, "a --set without a value", 64, ["--set ID=VALUE"], "validate", home.example(), "--set", "region")


def credentials(home):
    good = home.example()
    none = {"NO_GCE_CHECK": "true"}
    refused(home, "credentials that are not there", 78, ["GOOGLE_APPLICATION_CREDENTIALS"], "plan", good,
            env={"GOOGLE_APPLICATION_CREDENTIALS": home.file("no-such-file")})
    refused(home, "credentials of another type", 78, ["external_account"], "plan", good,
            env={"GOOGLE_APPLICATION_CREDENTIALS": home.file("other", {"type": "external_account"})})
    refused(home, "no credentials at all", 78, ["gcloud auth application-default login"], "plan", good, env=none)
    owner = {"type": "authorized_user", "client_id": "a", "client_secret": "b", "refresh_token": "c"}
    refused(home, "an unreachable cloud", 69, ["127.0.0.1"], "plan", good, "--cloud-proxy", "http://127.0.0.1:1",
            env={"GOOGLE_APPLICATION_CREDENTIALS": home.file("owner", owner)}, timeout=400)


def terminals(home):
    r = home.run("--rehearse", home.file("none.json"))
    ok(r.returncode == 78 and "terminal" in r.stderr, "no terminal: 78", r.returncode, r.stderr)
    env = home.environment | {"TERM": "dumb"}
    script = ["script", "-qec", f"{PROGRAM} --rehearse {home.file('dumb.json')}", "/dev/null"]
    r = subprocess.run(script, env=env, input="q\n", capture_output=True, text=True, timeout=60)
    ok(r.returncode == 130 or "mlflow.json" in r.stdout or "dumb.json" in r.stdout, "TERM=dumb asks line by line", r.returncode, r.stdout)


def clouds(home):
    with Sim(home) as sim:
        answers = home.example("wrong.json", project__id="no-such-project-of-ours", auth__client_secret="env:CLIENT_SECRET")
        r = sim.run("plan", answers)
        ok(r.returncode == 77 and "no-such-project-of-ours" in r.stderr, "a project that is not ours: 77", r.returncode, r.stderr)


def main():
    with Home() as home:
        files(home)
        usage(home)
        orders(home)
        credentials(home)
        terminals(home)
        clouds(home)
    done()


if __name__ == "__main__":
    main()
