"""A person at a laptop of their own: requests as a browser or a client makes them, and a sign-in."""
import json
import urllib.error
import urllib.parse
import urllib.request


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(sim, method, url, body=None, **headers):
    """(status, text, headers) of one request by a client's own means."""
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} | headers, method=method)
    try:
        with sim.opener(NoRedirects()).open(request, timeout=30) as reply:
            return reply.status, reply.read().decode(), reply.headers
    except urllib.error.HTTPError as reply:
        return reply.code, reply.read().decode(), reply.headers


def login(home, sim, email):
    """What `gcloud auth application-default login` leaves on a person's laptop: the path of the file."""
    with open(sim.ready["credentials"], encoding="utf-8") as f:
        client = json.load(f)
    where = {"client_id": client["client_id"], "redirect_uri": "http://localhost:8085/", "response_type": "code", "access_type": "offline",
             "scope": "openid email https://www.googleapis.com/auth/cloud-platform", "login_hint": email, "prompt": "none"}
    _, text, headers = ask(sim, "GET", "https://accounts.google.com/o/oauth2/v2/auth?" + urllib.parse.urlencode(where))
    code = urllib.parse.parse_qs(urllib.parse.urlsplit(headers["Location"]).query)["code"][0]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": where["redirect_uri"], "client_id": client["client_id"],
            "client_secret": client["client_secret"]}
    status, text, _ = ask(sim, "POST", "https://oauth2.googleapis.com/token", urllib.parse.urlencode(form).encode(),
                          **{"Content-Type": "application/x-www-form-urlencoded"})
    if status != 200:
        raise RuntimeError(f"{email} cannot sign in: {status} {text}")
    return home.file(f"{email}.json", {"type": "authorized_user", "client_id": client["client_id"], "client_secret": client["client_secret"],
                                       "refresh_token": json.loads(text)["refresh_token"]})
