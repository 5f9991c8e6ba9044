#!/usr/bin/env python3
"""How people and programs get in: tokens by `token`, for each auth mode, of the operator and of others, and what they open at the stack's front door."""
import base64
import itertools
import json
import os
import subprocess

from cloud_hand import ask as by_hand
from harness import Home, Sim, done, everything_written, ok, read, result_of
from laptop import ask, login

ANN, BOB = "ann@example.com", "bob@example.com"
METRIC = 0.25
numbers = itertools.count()


def log_run(sim, url, token):
    """Makes an experiment, logs a run and reads it back; what went wrong, or nothing."""
    bearer = {"Authorization": "Bearer " + token}
    api = url + "/api/2.0/mlflow/"
    status, text, _ = ask(sim, "POST", api + "experiments/create", {"name": f"from a laptop {next(numbers)}"}, **bearer)
    if status != 200:
        return f"experiments/create: {status} {text[:300]}"
    _, text, _ = ask(sim, "POST", api + "runs/create", {"experiment_id": json.loads(text)["experiment_id"], "start_time": 1}, **bearer)
    run = json.loads(text)["run"]["info"]["run_id"]
    ask(sim, "POST", api + "runs/log-metric", {"run_id": run, "key": "loss", "value": METRIC, "timestamp": 1, "step": 0}, **bearer)
    _, text, _ = ask(sim, "GET", f"{api}runs/get?run_id={run}", **bearer)
    metrics = json.loads(text)["run"]["data"].get("metrics", [])
    return "" if [m["value"] for m in metrics if m["key"] == "loss"] == [METRIC] else text


def claims_of(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def apply(sim, answers, *options):
    run = sim.run("apply", answers, "--json", *options)
    return result_of(run.stdout).get("outcome") == "proven", run


def opens(home, mode, audience, issuer, others):
    """An auth mode whose programs show a token."""
    with Sim(home) as sim:
        answers = home.example(auth__client_secret="env:CLIENT_SECRET", auth__mode=mode, auth__users=["operator@example.com", ANN], database__path="public")
        proven, run = apply(sim, answers)
        ok(proven, f"{mode}: the stack stands", run.stdout, run.stderr)
        with open(answers, encoding="utf-8") as f:
            url = json.load(f)["resolved"]["url"]
        run = sim.run("token", answers)
        token = run.stdout.strip()
        ok(run.returncode == 0 and run.stdout == token + "\n" and token.count(".") == 2 and not run.stderr, f"{mode}: token prints a token and nothing else",
           run.stdout, run.stderr)
        claims = claims_of(token)
        ok(claims["aud"] == audience(url) and claims["iss"] == issuer(claims) and claims["exp"] - claims["iat"] == 3600,
           f"{mode}: it is for this stack, and lasts an hour", claims)
        wrong = log_run(sim, url, token)
        ok(not wrong, f"{mode}: a client logs a run with it", wrong)
        status, text, _ = ask(sim, "GET", url + "/api/2.0/mlflow/experiments/search?max_results=1", Authorization="Bearer " + token[:-8] + "AAAAAAAA")
        ok(status in (401, 403), f"{mode}: one that was changed opens nothing", status, text)
        ok(not [path for path, text in everything_written(home.path) if token.encode() in text and not path.startswith(sim.folder)],
           f"{mode}: no file has it")
        before, recorded = len(sim.exchanges()), home.file(f"{mode}.recorded")
        run = sim.run("token", answers, "--record", recorded)
        ok(run.returncode == 0 and run.stdout.strip().encode() not in read(recorded) and not sim.writes(before),
           f"{mode}: a recording has another in its place, and nothing is changed", run.stderr)
        whole(home, answers, mode)
        if others:
            of_others(home, sim, answers, url)


def whole(home, answers, mode):
    """The lines for each client are whole: what runs them is tests/real/clients.py."""
    for form in ("shell", "curl", "ci"):
        run = subprocess.run(["sh", "-n"], input=home.run("connect", answers, "--for", form).stdout, capture_output=True, text=True, timeout=20)
        ok(run.returncode == 0, f"{mode}: the lines for {form} are a shell's", run.stderr)
    folder = home.file("no-gcloud")
    os.makedirs(folder, exist_ok=True)
    with open(home.file("no-gcloud/gcloud", "#!/bin/sh\nexit 1\n"), encoding="utf-8") as f:
        os.chmod(f.name, 0o700)
    run = subprocess.run(["sh", "-e"], input=home.run("connect", answers, "--for", "ci").stdout, capture_output=True, text=True, timeout=20,
                         env={"PATH": f"{folder}:/usr/bin:/bin"})
    ok(run.returncode == 1 and "add-mask" not in run.stdout, f"{mode}: a job ends where gcloud gives nothing", run.returncode, run.stdout, run.stderr)
    for form in ("python", "notebook"):
        lines = home.run("connect", answers, "--for", form).stdout
        compile("".join(line + "\n" for line in lines.splitlines() if not line.startswith("%pip ")), form, "exec")
        ok("MLFLOW_TRACKING_URI" in lines, f"{mode}: the lines for {form} are Python's", lines)
    run = home.run("connect", answers, "--for", "sheell")
    ok(run.returncode == 64 and not run.stdout and "notebook" in run.stderr, f"{mode}: a client that is none is refused, and which there are is told", run.stderr)


def of_others(home, sim, answers, url):
    """A listed person on a laptop of their own, one who is not listed, and the first once taken off the list."""
    def token_by(person):
        return sim.run("token", answers, env={"GOOGLE_APPLICATION_CREDENTIALS": people[person]})

    def makers():
        path = "projects/demo-proj/serviceAccounts/mlflow-prover@demo-proj.iam.gserviceaccount.com"
        policy = by_hand(sim, "POST", f"https://iam.googleapis.com/v1/{path}:getIamPolicy")
        return [m for b in policy.get("bindings", []) for m in b["members"]]

    people = {person: login(home, sim, person) for person in (ANN, BOB)}
    run = token_by(ANN)
    wrong = log_run(sim, url, run.stdout.strip()) if run.returncode == 0 else run.stderr
    ok(not wrong, "somebody who is listed logs a run from a laptop", wrong)
    run = token_by(BOB)
    ok(run.returncode == 77 and not run.stdout and "auth.tokens" not in run.stdout and "let in" in run.stderr, "somebody who is not gets no token",
       run.returncode, run.stderr)
    proven, run = apply(sim, answers, "--set", "auth.tokens=operator")
    ok(proven and makers() == ["user:operator@example.com"], "tokens for the operator alone: the grants of others are taken back", makers(), run.stderr)
    ok(token_by(ANN).returncode == 77, "and they get no token any more")
    proven, run = apply(sim, answers, "--set", "auth.tokens=listed", "--set", f"auth.users=operator@example.com,{BOB}")
    ok(proven and sorted(makers()) == [f"user:{BOB}", "user:operator@example.com"], "another list: its people, and nobody else", makers(), run.stderr)
    ok(token_by(ANN).returncode == 77 and token_by(BOB).returncode == 0, "who is on it gets one, who was taken off does not")
    policy = by_hand(sim, "POST", "https://cloudresourcemanager.googleapis.com/v1/projects/demo-proj:getIamPolicy")
    policy["bindings"].append({"role": "roles/owner", "members": [f"user:{ANN}"]})
    by_hand(sim, "POST", "https://cloudresourcemanager.googleapis.com/v1/projects/demo-proj:setIamPolicy", {"policy": policy})
    run = sim.run("apply", answers, "--json", "--set", "auth.tokens=operator", env={"GOOGLE_APPLICATION_CREDENTIALS": people[ANN]}, timeout=400)
    ok(result_of(run.stdout).get("outcome") == "proven" and makers() == [f"user:{ANN}"], "another operator: the grant of the one before is taken back", makers(),
       run.stderr)
    proven, run = apply(sim, answers)
    ok(proven and makers() == ["user:operator@example.com"], "and given again to who comes back", makers(), run.stderr)


def elsewhere(home):
    """Where no token is shown; no cloud is asked."""
    resolved = {"project_number": "123456789012", "suffix": "abcd", "url": "https://mlflow.example.com"}
    for name, words, changed in (
            ("basic", "MLFLOW_TRACKING_USERNAME", {"auth.mode": "basic"}),
            ("a tunnel", "tunnel", {"target": "vm", "exposure": "internal", "auth.mode": "iap"}),
            ("a port-forward", "tunnel", {"target": "gke", "exposure": "internal", "auth.mode": "iam"})):
        answers = home.example(**{k.replace(".", "__"): v for k, v in changed.items()})
        with open(answers, encoding="utf-8") as f:
            content = json.load(f)
        run = home.run("token", home.file("plain.json", content))
        ok(run.returncode == 65 and "does not say that its stack was made" in run.stderr, f"{name}: before the first apply there is no token", run.stderr)
        begun = home.file("begun.json", content | {"resolved": {"project_number": "123456789012"}})
        for verb in ("token", "connect"):
            run = home.run(verb, begun)
            ok(run.returncode == 65 and "does not say that its stack was made" in run.stderr, f"{name}: nor after one that was cut short is there a {verb}", run.stderr)
        run = home.run("token", home.file("plain.json", content | {"resolved": resolved}))
        ok(run.returncode == 78 and not run.stdout and words in run.stderr, f"{name}: token says what is shown instead", run.returncode, run.stderr)


with Home() as home:
    elsewhere(home)
    opens(home, "oauth2-proxy", lambda url: url, lambda c: "https://accounts.google.com", True)
    opens(home, "iap", lambda url: url + "/*", lambda c: c["sub"], False)
    opens(home, "iam", lambda url: url, lambda c: "https://accounts.google.com", False)
done()
