"""One request to the simulated cloud by the project's owner, as somebody at a console would make it."""
import json
import ssl
import time
import urllib.error
import urllib.request


def ask(sim, method, url, body=None):
    """The reply's JSON; RuntimeError when it is refused."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"https": sim.ready["proxy"]}),
                                         urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=sim.ready["ca"])))
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode(), headers={
        "Authorization": "Bearer " + sim.ready["token"], "Content-Type": "application/json"})
    try:
        with opener.open(request, timeout=30) as reply:
            return json.loads(reply.read() or b"{}")
    except urllib.error.HTTPError as e:
        raise RuntimeError(f"{method} {url}: {e.code} {e.read()[:500]}") from None


def ask_until(sim, method, url, body=None, seconds=30):
    """The same, asked again while an API that was just switched on, or what it refers to, is not there yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask(sim, method, url, body)
        except RuntimeError as e:
            if time.monotonic() > deadline or not any(word in str(e) for word in ("SERVICE_DISABLED", "accessNotConfigured", "not ready", "notFound")):
                raise
        time.sleep(0.05)
