#!/usr/bin/env python3
"""The first sign-in of a person is found in Cloud Logging, on every combination of target, exposure and auth mode that can be: by the filter that the result
tells, which finds nobody before, nor who was turned away, nor what merely looks at the door. Where no page lets people sign in, none is told."""
import itertools
import json
import subprocess

from cloud_hand import ask, ask_until
from cookie_browser import Browser
from harness import PROGRAM, Home, Sim, done, ok, result_of

PERMITTED, OTHER = "ada@example.com", "eve@example.com"
ZONE = {"name": "example-com", "dnsName": "example.com.", "description": "the operator's", "visibility": "public"}
WORLD = {"projects": [{"services": ["compute.googleapis.com", "dns.googleapis.com"]}]}
DOMAIN = {"domain__host": "mlflow.example.com", "domain__zone": "example-com"}


def axis(home, question):
    """The choices that the program knows."""
    schema = json.loads(subprocess.run([PROGRAM, "schema"], env=home.environment, capture_output=True, text=True, check=True).stdout)
    return schema["properties"]["answers"]["properties"][question]["enum"]


def seen(sim, log):
    """How many entries the filter finds."""
    return len(ask(sim, "POST", "https://logging.googleapis.com/v2/entries:list", {"resourceNames": ["projects/demo-proj"], "filter": log}).get("entries", []))


def walk(sim, name, result):
    """True where a page lets people sign in."""
    log, url = result.get("sign_in_log", ""), result["url"]
    stranger = Browser(sim).open(url + "/")
    if not stranger.asked_who():
        ok(not log, f"{name}: there is no page to sign in on, and no log is said to tell of one", log, stranger.url, stranger.page[:300])
        return False
    for path in ("/robots.txt", "/favicon.ico", "/oauth2/callback?code=x&state=y:/", "/oauth2/sign_in", "/health", "/api/2.0/mlflow/experiments/search"):
        Browser(sim).open(url + path)
    ok(log and seen(sim, log) == 0, f"{name}: a log is told of, and nobody is in it", log)
    stranger.sign_in(OTHER)
    ok(stranger.status == 403 and seen(sim, log) == 0, f"{name}: who is turned away is not taken for one who came in", stranger.status, stranger.url)
    person = Browser(sim).open(url + "/")
    person.sign_in(PERMITTED)
    ok(person.status == 200 and seen(sim, log) > 0, f"{name}: who signs in is seen", person.status, person.url, person.page[:300], log)
    return True


def tried(home, target, exposure, mode):
    """None where the choices do not go together; else whether a person could sign in."""
    name = f"{target}, {exposure}, {mode}"
    answers = home.example(f"{target}-{exposure}-{mode}.json", target=target, exposure=exposure, auth__mode=mode, auth__users=[PERMITTED], auth__client_secret="env:CLIENT_SECRET",
                           appengine__for_ever=True,
                           **(DOMAIN if exposure == "domain" else {}))
    if home.run("validate", answers).returncode:
        return None
    with Sim(home, "--world", home.file("world.json", WORLD)) as sim:
        ask_until(sim, "POST", "https://dns.googleapis.com/dns/v1/projects/demo-proj/managedZones", ZONE)
        run = sim.run("apply", answers, "--yes", "--json", timeout=400)
        result = result_of(run.stdout)
        if not ok(run.returncode == 0 and result["outcome"] == "proven", f"{name}: proven", run.returncode, run.stdout[-2000:], run.stderr):
            return False
        if result["url"].startswith("http://"):  # a tunnel's end on this machine
            ok("sign_in_log" not in result, f"{name}: of a tunnel no log is told", result.get("sign_in_log"))
            return False
        return walk(sim, name, result)


def main():
    with Home() as home:
        rows = {row: tried(home, *row) for row in itertools.product(axis(home, "target"), axis(home, "exposure"), axis(home, "auth.mode"))}
        can = [row for row, signs_in in rows.items() if signs_in]
        ok({row[0] for row in can} == set(axis(home, "target")), "people signed in on every target", can)


main()
done()
