#!/usr/bin/env python3
"""Where the proof finds that people are sent to sign in: to the provider's own page, for the answers' OAuth client, back to the stack; and what it says where
somebody has put another client there."""
import json

from cloud_hand import ask, ask_until
from harness import Home, Sim, done, ok, result_of

CLIENT, OTHER = "123456789012-ours.apps.googleusercontent.com", "123456789012-somebodys.apps.googleusercontent.com"
IAP = f"https://iap.googleapis.com/v1/oauth/clientIds/{CLIENT}:handleRedirect"
DOMAIN = {"exposure": "domain", "domain__host": "mlflow.example.com", "domain__zone": "example-com"}
BACKENDS = "https://compute.googleapis.com/compute/v1/projects/demo-proj/global/backendServices"


def proof(run, check="sign-in"):
    """(state, message) of a check of the proof, as it ended."""
    events = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
    ended = [e for e in events if e.get("event") == "proof" and e.get("id") == check and e["state"] != "running"]
    return (ended[-1]["state"], ended[-1].get("message", "")) if ended else (None, "")


def apply(sim, answers, *more):
    return sim.run("apply", answers, "--yes", "--json", "--wait", "0", *more, timeout=400)


def test_client_of_iap():
    """A client of ours for IAP needs a redirect URI that has its own ID in it."""
    with Home() as home, Sim(home, "--world", home.file("world.json", {"clients": {CLIENT: []}})) as sim:
        answers = home.example(auth__mode="iap", iap__client_id=CLIENT, iap__client_secret="env:CLIENT_SECRET")
        run = apply(sim, answers)
        tasks = result_of(run.stdout).get("waiting", [])
        ok(run.returncode == 4 and [t.get("paste") for t in tasks] == [IAP] and proof(run) == (None, ""), "IAP's redirect URI is asked for, and nothing said to be proven before",
           run.returncode, tasks, run.stderr)
        ask(sim, "PUT", f"https://console.example/{CLIENT}", {"redirect_uris": [IAP]})
        run = apply(sim, answers)
        ok(run.returncode == 0 and result_of(run.stdout)["outcome"] == "proven" and proof(run)[0] == "passed",
           "once the client has it, the stack is proven, sign-in page and all", run.stdout[-2500:], run.stderr)


def test_other_client():
    """A client that somebody has put at the load balancer comes before IAP's settings: nobody of the answers' people would come in by it."""
    world = {"projects": [{"services": ["compute.googleapis.com", "dns.googleapis.com"]}]}
    zone = {"name": "example-com", "dnsName": "example.com.", "description": "the operator's", "visibility": "public"}
    with Home() as home, Sim(home, "--world", home.file("world.json", world)) as sim:
        ask_until(sim, "POST", "https://dns.googleapis.com/dns/v1/projects/demo-proj/managedZones", zone)
        answers = home.example(auth__mode="iap", iap__client_id=CLIENT, iap__client_secret="env:CLIENT_SECRET", **DOMAIN)
        run = apply(sim, answers)
        if not ok(run.returncode == 0 and proof(run)[0] == "passed", "IAP at the load balancer with a client of ours is proven", run.stdout[-2500:], run.stderr):
            return
        backend = ask(sim, "GET", BACKENDS)["items"][0]["name"]
        ask(sim, "PATCH", f"{BACKENDS}/{backend}", {"iap": {"enabled": True, "oauth2ClientId": OTHER, "oauth2ClientSecret": "GOCSPX-of-somebody-else-1234"}})
        seen = len(sim.exchanges())
        run = apply(sim, answers)
        state, message = proof(run)
        asked = [x for x in sim.exchanges()[seen:] if x["url"].endswith("//mlflow.example.com/")]
        ok(len(asked) == 1, "what no run of ours has changed is not waited for", len(asked))
        ok(run.returncode == 3 and result_of(run.stdout)["outcome"] != "proven" and state == "failed", "another client at the load balancer: not proven", run.returncode, state,
           run.stdout[-1500:])
        ok(OTHER in message and f"iap.client_id names {CLIENT}" in message, "and both clients are named, with the answer", message)


def test_whose_page():
    """Whoever's accounts sign in, and where nobody does."""
    issuer = "https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0"
    rows = {"google": ({}, "passed"), "google's own client": ({"auth__mode": "iap"}, "passed"), "basic": ({"auth__mode": "basic"}, None), "iam": ({"auth__mode": "iam"}, None),
            "github": ({"auth__provider": "github", "auth__client_id": "Iv1.8a61f9b3a7aba766"}, "passed"),
            "entra": ({"auth__provider": "entra-id", "auth__issuer": issuer, "auth__client_id": "6731de76-14a6-49ae-97bc-6eba6914391e"}, "passed")}
    for name, (differs, due) in rows.items():
        with Home() as home, Sim(home) as sim:
            run = apply(sim, home.example(auth__client_secret="env:CLIENT_SECRET", **differs))
            ok(run.returncode == 0 and proof(run)[0] == due, f"{name}: {'the sign-in page is proven' if due else 'there is no such page to prove'}", proof(run), run.stdout[-1500:],
               run.stderr)


def test_whose_project():
    """Google's own client for IAP lets in an organisation's people alone: whose the project is, is found before anything is made, through folders too."""
    roles = ["organizations/200000000009/roles/mine"]
    for name, world, answers, words in (
            ("no organisation, IAP", {"organization": None}, {"auth__mode": "iap"}, "belongs to no organisation"),
            ("another organisation's custom role", {}, {"auth__client_secret": "env:CLIENT_SECRET", "server__roles": roles}, "another organisation's")):
        with Home() as home, Sim(home, "--world", home.file("world.json", world)) as sim:
            planned, run = sim.run("plan", home.example(**answers), timeout=200), apply(sim, home.example(**answers))
            ok(planned.returncode == run.returncode and words in planned.stdout + planned.stderr, f"{name}: plan tells it", planned.returncode, planned.stdout[-1500:],
               planned.stderr)
            ok(run.returncode not in (0, 3, 4) and words in run.stdout + run.stderr and not sim.writes(), f"{name}: refused before anything is made", run.returncode,
               run.stdout[-1500:], run.stderr, *[x["url"] for x in sim.writes()])
    with Home() as home, Sim(home, "--world", home.file("world.json", {"projects": [{"folder": "200000000002"}]})) as sim:
        answers = home.example(auth__mode="iap")
        codes = [apply(sim, answers).returncode for _ in range(2)]
        with open(answers, encoding="utf-8") as f:
            organization = json.load(f)["resolved"].get("organization")
        ok(codes == [0, 0] and organization == "100000000001", "a project in a folder is its organisation's, at the second run too", codes, organization)
    hidden = [{"method": "POST", "path": "*:getAncestry", "status": 403, "body": {"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "no"}}}]
    with Home() as home, Sim(home, "--world", home.file("world.json", {"projects": [{"folder": "200000000002"}]}), "--faults", home.file("faults.json", hidden)) as sim:
        answers = home.example(auth__mode="iap", server__roles=["organizations/100000000001/roles/mine"])
        runs = [apply(sim, answers) for _ in range(2)]
        with open(answers, encoding="utf-8") as f:
            resolved = json.load(f)["resolved"]
        ok(not any("organisation" in r.stderr for r in runs) and "organization" not in resolved, "whose folder it is, is not told: unknown, and not that it were nobody's",
           *[(r.returncode, r.stderr[-800:]) for r in runs], resolved)


test_client_of_iap()
test_whose_project()
test_other_client()
test_whose_page()
done()
