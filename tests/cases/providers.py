#!/usr/bin/env python3
"""Identity providers other than Google: what an issuer says of itself is read before anything is made; its own client is tried; people sign in there and
nobody gets in by an address that is unverified or not listed; programs show Google's tokens all the same."""
import json

from cookie_browser import Browser
from harness import Home, Sim, done, ok, result_of

ISSUER = "https://id.example.com/realms/ml"
PERMITTED, UNVERIFIED, SILENT, OTHER = "ada@example.com", "eve@example.com", "sam@example.com", "bob@example.org"
SECRET = "a-secret~of.the-realm-1234567890"
WORLD = {"issuers": [
    {"issuer": ISSUER, "clients": {"mlflow": {"secret": SECRET, "redirect_uris": ["https://mlflow-123456789012.us-central1.run.app/oauth2/callback"]}},
     "people": {UNVERIFIED: {"email_verified": False}}},
    {"issuer": "https://silent.example.com", "claims_supported": ["sub", "email"]},
    {"issuer": "https://id.example.com/moved", "authorization_endpoint": "http://id.example.com/auth"}]}


def visit(sim, url, who):
    browser = Browser(sim)
    browser.open(url + "/")
    if who and browser.asked_who():
        browser.sign_in(who)
    return browser


def refused(sim, home, words, secret=SECRET, **answers):
    before = len(sim.exchanges())
    run = sim.run("apply", home.example("refused.json", **answers), "--yes", "--json", "--wait", "0", env={"CLIENT_SECRET": secret})
    said = run.stdout + run.stderr
    made = [x["url"] for x in sim.writes(before) if "/services:batchEnable" not in x["url"]]
    ok(run.returncode not in (0, 69) and words in said, f"refused: {words}", run.returncode, said[-2500:])
    return made


def main():
    with Home() as home:
        base = {"auth__provider": "keycloak", "auth__issuer": ISSUER, "auth__client_id": "mlflow", "auth__client_secret": "env:CLIENT_SECRET",
                "auth__users": [PERMITTED, UNVERIFIED]}
        with Sim(home, "--world", home.file("world.json", WORLD)) as sim:
            for words, other in (("is no OpenID Connect issuer", {"auth__issuer": "https://id.example.com/realms/other"}),
                                 ("email_verified", {"auth__provider": "oidc", "auth__issuer": "https://silent.example.com"}),
                                 ("lacks a public address by https", {"auth__provider": "oidc", "auth__issuer": "https://id.example.com/moved"})):
                made = refused(sim, home, words, **base | other)
                ok(not made, "and nothing was made before", *made)
            made = refused(sim, home, "does not take this secret", **base, secret="another-secret-altogether-123")
            ok(not made, "another secret is found before anything is made", *made)
            answers = home.example("keycloak.json", **base)
            run = sim.run("apply", answers, "--yes", "--json", env={"CLIENT_SECRET": SECRET})
            if not ok(run.returncode == 0 and result_of(run.stdout).get("outcome") == "proven", "a stack whose people a realm of Keycloak knows is proven",
                      run.returncode, run.stdout[-3000:], run.stderr[-2000:]):
                done()
            again = len(sim.exchanges())
            run = sim.run("apply", answers, "--yes", "--json", env={"CLIENT_SECRET": SECRET})
            ok(run.returncode == 0 and not sim.writes(again), "applied again it writes nothing", run.stdout[-2000:], *[x["url"] for x in sim.writes(again)])
            with open(answers, encoding="utf-8") as f:
                url = json.load(f)["resolved"]["url"]
            stranger = visit(sim, url, None)
            ok(stranger.url.startswith(ISSUER + "/openid/authorize?") and "client_id=mlflow" in stranger.url, "a stranger is sent to the issuer's sign-in",
               stranger.url)
            ok(visit(sim, url, PERMITTED).status == 200, "who is listed comes in")
            for who, why in ((UNVERIFIED, "an unverified address"), (OTHER, "who is not listed")):
                browser = visit(sim, url, who)
                ok(browser.status == 403, f"{why} is turned away", browser.status, browser.page[:300])
            run = sim.run("connect", answers)
            ok("that are not Google's" in run.stdout and "--audiences=" in run.stdout, "connect says how programs get in", run.stdout, run.stderr)
            policies = [x for x in sim.exchanges() if "setIamPolicy" in x["url"]]
            ok(policies and not any(PERMITTED in json.dumps(x) for x in policies), "IAM hears of nobody who has no Google account")


main()
done()
