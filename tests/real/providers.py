#!/usr/bin/env python3
"""The real oauth2-proxy with what `render` writes for other identity providers, in front of a small server: a stranger is sent to the provider's sign-in; who
is listed comes in; an address that is unverified, not listed, or only claimed, does not. The providers are simulated, but for a certified one (npm's
oidc-provider)."""
import json
import os
import re
import secrets
import shutil
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402
from browser import JarBrowser  # noqa: E402
from upstream import upstream  # noqa: E402

from harness import Home, Sim, done, ok, skip  # noqa: E402

HOST = "mlflow.example.com"
APPLICATION = "4f2a9c0d5e6b7182" * 4  # as GitLab names a client
PERMITTED, UNVERIFIED, OTHER, CLAIMS = "ada@example.com", "eve@example.com", "bob@example.org", "mallory@example.org"
REALM, TENANT = "https://id.example.com/realms/ml", "https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0"
CERTIFIED = "id.example.net"
LIBRARY = os.path.join(parts.PARTS, "oidc-provider")
GITLAB = "https://gitlab.example.com"
CLIENT = "8eaef023-2b34-4da1-9baa-8bc8c9d6a491"
# What a job of anybody's gets GitLab to sign, for any audience; its last part is the name of a branch.
JOB = "job"
SUBJECT = "project_path:mallory/own:ref_type:branch:ref:main@example.com"
WORLD = {"issuers": [{"issuer": GITLAB, "people": {UNVERIFIED: {"email_verified": False}, JOB: {"email": None, "email_verified": None, "sub": SUBJECT}}},
                     {"issuer": REALM, "people": {UNVERIFIED: {"email_verified": False}}},
                     # an e-mail address that its owner wrote himself, as Entra ID has it: there is no email_verified
                     {"issuer": TENANT, "people": {CLAIMS: {"email": PERMITTED, "email_verified": None},
                                                   PERMITTED: {"email": None, "email_verified": None}}}],
         "github": {UNVERIFIED: [{"email": UNVERIFIED, "primary": True, "verified": False}],
                    CLAIMS: [{"email": CLAIMS, "primary": True, "verified": True}, {"email": PERMITTED, "primary": False, "verified": True}]}}
PROVIDERS = (  # answers, where a sign-in begins, who is turned away
    ({"auth__provider": "keycloak", "auth__issuer": REALM, "auth__client_id": "mlflow"}, REALM + "/openid/authorize?", (UNVERIFIED, OTHER)),
    ({"auth__provider": "entra-id", "auth__issuer": TENANT, "auth__client_id": CLIENT}, TENANT + "/openid/authorize?", (CLAIMS, OTHER)),
    ({"auth__provider": "gitlab", "auth__issuer": GITLAB, "auth__client_id": APPLICATION}, GITLAB + "/openid/authorize?", (UNVERIFIED, OTHER)),
    ({"auth__provider": "github", "auth__client_id": "Iv1.8a61f9b3a7aba766"}, "https://github.com/login/oauth/authorize?", (UNVERIFIED, CLAIMS, OTHER)))


def rendered(home, answers, port, behind):
    """The path of oauth2-proxy.cfg as `render` writes it, with this machine's places for the stack's."""
    out = os.path.join(home.path, answers["auth__provider"])
    run = home.run("render", home.example("answers.json", auth__users=[PERMITTED, UNVERIFIED], **answers), "--out", out)
    if not ok(run.returncode == 0, f"{answers['auth__provider']}: the configuration is rendered", run.stderr):
        done()
    with open(os.path.join(out, "oauth2-proxy.cfg"), encoding="utf-8") as f:
        text = f.read()
    places = {"client_secret_file": home.file("client-secret", "s" * 28), "authenticated_emails_file": os.path.join(out, "emails"),
              "cookie_secret_file": home.file("cookie-secret", secrets.token_hex(16)), "http_address": f"127.0.0.1:{port}",
              "redirect_url": f"https://{HOST}/oauth2/callback"}
    for key, value in places.items():
        text, count = re.subn(rf'(?m)^{key} = ".*"$', f'{key} = "{value}"', text)
        assert count == 1, key
    return home.file(f"{answers['auth__provider']}.cfg", text.replace("http://127.0.0.1:5000/", f"http://127.0.0.1:{behind}/"))


def name_simulated(browser, who):
    browser.submit(identifier=who)


def name_certified(browser, who):
    browser.submit(login=who, password="any")
    if "/interaction/" in browser.url:  # it asks whether the client may know
        browser.submit()


def token_of_a_job(sim):
    """An ID token of GitLab's with the client as audience and no address."""
    through = {"proxy": sim.ready["proxy"], "ca": sim.ready["ca"]}
    client = {"client_id": APPLICATION, "redirect_uri": f"https://{HOST}/oauth2/callback"}
    asked = urllib.parse.urlencode(client | {"response_type": "code", "scope": "openid", "identifier": JOB})
    location = parts.http("GET", f"{GITLAB}/openid/authorize?{asked}", **through)[1]["Location"]
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(location).query)["code"][0]
    form = urllib.parse.urlencode(client | {"grant_type": "authorization_code", "code": code, "client_secret": "s" * 28})
    browser = JarBrowser(**through)
    browser.open(f"{GITLAB}/openid/token", form.encode())
    return json.loads(browser.page)["id_token"]


def try_job(home, sim, port):
    status, _, text = parts.http("GET", f"http://127.0.0.1:{port}/api/2.0/x", {"Host": HOST, "Authorization": f"Bearer {token_of_a_job(sim)}"})
    ok(status == 403 and "welcome" not in text, "gitlab: a job's token gets nobody in", status, text[:300])
    run = home.run("validate", home.example("domain.json", auth__provider="gitlab", auth__issuer=GITLAB, auth__client_id=APPLICATION, auth__domains=["example.com"]))
    ok(run.returncode == 65 and "List people" in run.stderr, "gitlab: nor can a domain be listed that its subject ends in", run.returncode, run.stderr)


def try_provider(home, sim, port, behind, answers, begins, outsiders, sign_in=name_simulated):
    name = answers["auth__provider"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": home.path, "HTTPS_PROXY": sim.ready["proxy"], "NO_PROXY": "127.0.0.1", "SSL_CERT_FILE": sim.ready["ca"]}
    arguments = [parts.OAUTH2_PROXY, f"--config={rendered(home, answers, port, behind)}"]
    with parts.Process("oauth2-proxy", arguments, environment, home.file(f"{name}.log"), home.path) as proxy:
        if not ok(proxy.until(lambda: parts.answers(f"http://127.0.0.1:{port}/ping"), "oauth2-proxy", 30), f"{name}: oauth2-proxy starts", proxy.said()):
            return
        for who in (PERMITTED, *outsiders):
            with JarBrowser(sim.ready["proxy"], sim.ready["ca"]) as browser:
                browser.open(f"https://{HOST}/page")
                ok(browser.url.startswith(begins) and "welcome" not in browser.page, f"{name}: a stranger is sent to sign in", browser.url, browser.page[:500])
                sign_in(browser, who)
                if who == PERMITTED:
                    ok(browser.status == 200 and f"welcome {PERMITTED} at /page" in browser.page, f"{name}: who is listed comes in", browser.status,
                       browser.url, browser.page[:500], proxy.said()[-1500:])
                else:
                    ok(browser.status in (403, 500) and "welcome" not in browser.page, f"{name}: {who} does not", browser.status, browser.url,
                       browser.page[:500])
        status, _, text = parts.http("GET", f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search", {"Host": HOST})
        if name == "gitlab":
            try_job(home, sim, port)
        ok(status == 401 and "welcome" not in text, f"{name}: a program without a token is refused", status, text[:300])


def certified_missing():
    return "node is not installed" if not shutil.which("node") else parts.part_missing(os.path.join(LIBRARY, "node_modules/oidc-provider"), "oidc-provider")


def try_certified(home, sim, port, behind, own):
    if missing := certified_missing():
        skip("a certified provider", missing)
        return
    environment = {"PATH": os.environ["PATH"], "HOME": home.path, "LIBRARY": LIBRARY, "ISSUER": f"https://{CERTIFIED}", "PORT": str(own), "CLIENT": "mlflow",
                   "SECRET": "s" * 28, "REDIRECT": f"https://{HOST}/oauth2/callback", "PEOPLE": json.dumps({PERMITTED: True, UNVERIFIED: False, OTHER: True})}
    script = os.path.join(parts.SOURCE, "tests/real/oidc-provider/serve.mjs")
    known = {"Host": CERTIFIED, "X-Forwarded-Proto": "https"}
    with parts.Process("oidc-provider", ["node", script], environment, home.file("oidc-provider.log"), home.path) as provider:
        up = provider.until(lambda: parts.answers(f"http://127.0.0.1:{own}/.well-known/openid-configuration", headers=known), "oidc-provider", 60)
        if ok(up, "oidc-provider starts", provider.said()):
            try_provider(home, sim, port, behind, {"auth__provider": "oidc", "auth__issuer": f"https://{CERTIFIED}", "auth__client_id": "mlflow"},
                         f"https://{CERTIFIED}/interaction/", (UNVERIFIED, OTHER), name_certified)


def main():
    if parts.proxy_missing():
        print(f"1..0 # SKIP {parts.proxy_missing()}")
        return
    with Home() as home, upstream() as behind:
        port, own = parts.free_port(), parts.free_port()
        with Sim(home, "--world", home.file("world.json", WORLD), "--front", f"{HOST}=http://127.0.0.1:{port}", "--front",
                 f"{CERTIFIED}=http://127.0.0.1:{own}") as sim:
            for answers, begins, outsiders in PROVIDERS:
                try_provider(home, sim, port, behind, answers, begins, outsiders)
            try_certified(home, sim, port, behind, own)
    done()


main()
