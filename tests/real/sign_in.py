#!/usr/bin/env python3
"""People at the simulated accounts.google.com: a browser signs in by a real oauth2-proxy in front of a small server, and by the simulated
Identity-Aware Proxy; who is permitted comes in, another does not."""
import base64
import json
import os
import secrets
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402
from browser import Chromium, JarBrowser  # noqa: E402
from upstream import upstream  # noqa: E402

from harness import Home, Sim, done, ok, skip, wait_for  # noqa: E402

HOST = "mlflow.example.com"
PERMITTED, OTHER = "ann@example.com", "bob@example.com"
IAP_HOST = "guarded-123456789012.us-central1.run.app"


def gate(home, sim, port, behind):
    """oauth2-proxy for Google's accounts, which reaches Google through the simulated cloud."""
    secret = home.file("client-secret", "GOCSPX-" + "s" * 28)
    emails = home.file("emails", PERMITTED + "\n")
    cookie = home.file("cookie-secret", base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())
    arguments = [parts.OAUTH2_PROXY, "--provider=google", "--client-id=client.apps.googleusercontent.com", f"--client-secret-file={secret}",
                 f"--cookie-secret-file={cookie}", f"--authenticated-emails-file={emails}", f"--http-address=127.0.0.1:{port}",
                 f"--upstream=http://127.0.0.1:{behind}/", f"--redirect-url=https://{HOST}/oauth2/callback", "--reverse-proxy=true",
                 "--cookie-name=__Host-mlflow", "--code-challenge-method=S256"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": home.path, "HTTPS_PROXY": sim.ready["proxy"], "NO_PROXY": "127.0.0.1", "SSL_CERT_FILE": sim.ready["ca"]}
    return parts.Process("oauth2-proxy", arguments, environment, home.file("oauth2-proxy.log"), home.path)


def walk(browser, email):
    """From the stack's page through oauth2-proxy's and Google's, back to the page that was asked for."""
    browser.open(f"https://{HOST}/page?x=1")
    ok("Sign in with Google" in browser.page, f"{browser.name} meets oauth2-proxy's page", browser.url, browser.page[:500])
    browser.submit()
    ok(browser.url.startswith("https://accounts.google.com/") and 'name="identifier"' in browser.page, "which leads to Google's", browser.url,
       browser.page[:500])
    browser.submit(identifier=email)


def through_gate(browser, other, proxy):
    walk(browser, PERMITTED)
    ok(browser.status == 200 and f"welcome {PERMITTED} at /page?x=1" in browser.page, f"{browser.name}: a permitted person comes in", browser.status,
       browser.url, browser.page[:800], proxy.said()[-1500:])
    browser.open(f"https://{HOST}/again")
    ok(f"welcome {PERMITTED} at /again" in browser.page, "and stays signed in", browser.url)
    walk(other, OTHER)
    ok(other.status == 403 and "welcome" not in other.page, f"{other.name}: another person is refused", other.status, other.url, other.page[:800])


def through_iap(browser, other, _):
    browser.open(f"https://{IAP_HOST}/page?x=1")
    ok(browser.url.startswith("https://accounts.google.com/"), f"{browser.name}: IAP leads to Google's page", browser.url)
    browser.submit(identifier=PERMITTED)
    ok(browser.status == 200 and f"accounts.google.com:{PERMITTED}" in browser.page and browser.url == f"https://{IAP_HOST}/page?x=1",
       "and lets a permitted person in at the page that was asked for", browser.status, browser.url, browser.page[:800])
    other.open(f"https://{IAP_HOST}/")
    other.submit(identifier=OTHER)
    ok(other.status == 403 and "You don't have access" in other.page, "and another not", other.status, other.url, other.page[:500])


def guard(sim):
    """A service that answers with its request, behind IAP."""
    def ask(method, url, body=None):
        status, _, text = parts.http(method, url, {"Authorization": f"Bearer {sim.ready['token']}"}, body, sim.ready["proxy"], sim.ready["ca"])
        return status, json.loads(text or "{}")

    place, number = f"projects/{sim.ready['project']}/locations/us-central1", "123456789012"
    for service in ("run", "iap"):
        ask("POST", f"https://serviceusage.googleapis.com/v1/projects/{number}/services/{service}.googleapis.com:enable", {})
    wait_for(lambda: ask("POST", f"https://serviceusage.googleapis.com/v1beta1/projects/{number}/services/iap.googleapis.com:generateServiceIdentity", {})[0] == 200,
             "IAP's agent")
    template = {"containers": [{"image": "docker.io/mendhak/http-https-echo:37"}]}
    wait_for(lambda: ask("POST", f"https://run.googleapis.com/v2/{place}/services?serviceId=guarded", {"iapEnabled": True, "template": template})[0] in (200, 409),
             "Cloud Run")
    agent = f"serviceAccount:service-{number}@gcp-sa-iap.iam.gserviceaccount.com"
    for url, role, member in ((f"https://run.googleapis.com/v2/{place}/services/guarded", "roles/run.invoker", agent),
                              (f"https://iap.googleapis.com/v1/projects/{number}/iap_web/cloud_run-us-central1/services/guarded", "roles/iap.httpsResourceAccessor",
                               f"user:{PERMITTED}")):
        binding = {"policy": {"bindings": [{"role": role, "members": [member]}]}}
        wait_for(lambda: ask("POST", url + ":setIamPolicy", binding)[0] == 200, "a binding")
    # Until the grants have spread: the owner's own session tells.
    with JarBrowser(sim.ready["proxy"], sim.ready["ca"]) as browser:
        def inside():
            browser.open(f"https://{IAP_HOST}/")
            if "identifier" in browser.page:
                browser.submit(identifier=PERMITTED)
            return browser.status == 200 and "headers" in browser.page
        wait_for(inside, "IAP's policies", 60, 0.2)


def main():
    if parts.proxy_missing():
        print(f"1..0 # SKIP {parts.proxy_missing()}")
        return
    with Home() as home, upstream() as behind:
        port = parts.free_port()
        with Sim(home, "--front", f"{HOST}=http://127.0.0.1:{port}") as sim, gate(home, sim, port, behind) as proxy:
            up = proxy.until(lambda: parts.answers(f"http://127.0.0.1:{port}/ping"), "oauth2-proxy", 30)
            if not ok(up, "oauth2-proxy starts", proxy.said()):
                done()
            guard(sim)
            through = sim.ready["proxy"], sim.ready["ca"]
            for walked in (through_gate, through_iap):
                with JarBrowser(*through) as one, JarBrowser(*through) as another:
                    walked(one, another, proxy)
                if Chromium.missing():
                    skip(f"{walked.__name__.replace('_', ' ')} with a real browser", Chromium.missing())
                    continue
                with Chromium(*through, home.file(f"{walked.__name__}-one")) as one, Chromium(*through, home.file(f"{walked.__name__}-two")) as another:
                    walked(one, another, proxy)
    done()


main()
