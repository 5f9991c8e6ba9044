#!/usr/bin/env python3
"""The real oauth2-proxy with what `render` writes for other identity providers, in front of a small server: a stranger is sent to the provider's sign-in; who
is listed comes in; an address that is unverified, not listed, or only claimed, does not. The providers are simulated."""
import os
import re
import secrets
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402
from browser import JarBrowser  # noqa: E402
from upstream import upstream  # noqa: E402

from harness import Home, Sim, done, ok  # noqa: E402

HOST = "mlflow.example.com"
PERMITTED, UNVERIFIED, OTHER, CLAIMS = "ada@example.com", "eve@example.com", "bob@example.org", "mallory@example.org"
REALM, TENANT = "https://id.example.com/realms/ml", "https://login.microsoftonline.com/8eaef023-2b34-4da1-9baa-8bc8c9d6a490/v2.0"
GITLAB = "https://gitlab.example.com"
CLIENT = "8eaef023-2b34-4da1-9baa-8bc8c9d6a491"
WORLD = {"issuers": [{"issuer": GITLAB, "people": {UNVERIFIED: {"email_verified": False}}},
                     {"issuer": REALM, "people": {UNVERIFIED: {"email_verified": False}}},
                     # an e-mail address that its owner wrote himself, as Entra ID has it: there is no email_verified
                     {"issuer": TENANT, "people": {CLAIMS: {"email": PERMITTED, "email_verified": None},
                                                   PERMITTED: {"email": None, "email_verified": None}}}],
         "github": {UNVERIFIED: [{"email": UNVERIFIED, "primary": True, "verified": False}],
                    CLAIMS: [{"email": CLAIMS, "primary": True, "verified": True}, {"email": PERMITTED, "primary": False, "verified": True}]}}
PROVIDERS = (  # answers, where a sign-in begins, who is turned away
    ({"auth__provider": "keycloak", "auth__issuer": REALM, "auth__client_id": "mlflow"}, REALM + "/openid/authorize?", (UNVERIFIED, OTHER)),
    ({"auth__provider": "entra-id", "auth__issuer": TENANT, "auth__client_id": CLIENT}, TENANT + "/openid/authorize?", (CLAIMS, OTHER)),
    ({"auth__provider": "gitlab", "auth__issuer": GITLAB, "auth__client_id": "mlflow"}, GITLAB + "/openid/authorize?", (UNVERIFIED, OTHER)),
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


def try_provider(home, sim, port, behind, answers, begins, outsiders):
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
                browser.submit(identifier=who)
                if who == PERMITTED:
                    ok(browser.status == 200 and f"welcome {PERMITTED} at /page" in browser.page, f"{name}: who is listed comes in", browser.status,
                       browser.url, browser.page[:500], proxy.said()[-1500:])
                else:
                    ok(browser.status in (403, 500) and "welcome" not in browser.page, f"{name}: {who} does not", browser.status, browser.url,
                       browser.page[:500])
        status, _, text = parts.http("GET", f"http://127.0.0.1:{port}/api/2.0/mlflow/experiments/search", {"Host": HOST})
        ok(status == 401 and "welcome" not in text, f"{name}: a program without a token is refused", status, text[:300])


def main():
    if parts.proxy_missing():
        print(f"1..0 # SKIP {parts.proxy_missing()}")
        return
    with Home() as home, upstream() as behind:
        port = parts.free_port()
        with Sim(home, "--world", home.file("world.json", WORLD), "--front", f"{HOST}=http://127.0.0.1:{port}") as sim:
            for answers, begins, outsiders in PROVIDERS:
                try_provider(home, sim, port, behind, answers, begins, outsiders)
    done()


main()
