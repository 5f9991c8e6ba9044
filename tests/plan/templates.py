#!/usr/bin/env python3
"""The templates, rendered over plain and over awkward data, mean to their readers what was meant."""
import copy
import json
import os
import subprocess
import tempfile

try:
    import tomllib
except ImportError:
    tomllib = None

TOOL = os.path.join(os.environ.get("TOP_BUILDDIR", "."), "tests/plan/render-tool")
TOML, SHELL, DOCKERFILE, LINE = "2", "5", "7", "8"
AWKWARD = "a\"b'c\\d$e%f{{g}} `h` #i é"
PLAIN = {
    "mlflow_version": "3.17.2", "proxy_version": None, "client_id": "1-a.apps.googleusercontent.com", "client_secret_file": "/secrets/client/secret",
    "cookie_secret_file": "/secrets/cookie/secret", "redirect_url": "https://h.example/oauth2/callback", "domains": ["example.com"],
    "emails": ["ada@example.com", "ci@p.iam.gserviceaccount.com"], "emails_file": "/secrets/emails/list",
    "provider": "google", "issuer": False, "scope": False, "email_claim": False, "refresh": "1h",
    "issuers": ["https://accounts.google.com=1-a.apps.googleusercontent.com", "https://accounts.google.com=https://h.example"],
    "host_variable": "PGHOST", "session": "168h", "secret_env": ["PGPASSWORD"], "requirements": ["psycopg2-binary==2.9.13"], "asked": ['"${PGHOST:?}"'],
    "needed": ['"${BUCKET:?}"'], "before": ["true"], "flags": ["--app-name basic-auth"], "prepare": ["true"], "migrations": ["true"],
    "env": [{"name": "MLFLOW_SERVER_ALLOWED_HOSTS", "value": "h.example,h.example:*"}, {"name": "MLFLOW_WORKERS", "value": "2"}],
}
count = 0
failed = 0


def report(passed, name, *said):
    global count, failed
    count += 1
    failed += not passed
    print(f"{'' if passed else 'not '}ok {count} - {name}", flush=True)
    for line in () if passed else said:
        print("# " + repr(line))


def render(template, escape, data):
    run = subprocess.run([TOOL, template, escape], input=json.dumps(data).encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         timeout=20)
    return run.returncode, run.stdout.decode(), run.stderr.decode()


def environment(text):
    """What a shell has after reading the file, told by env -0."""
    with tempfile.NamedTemporaryFile("w", suffix=".env") as f:
        f.write(text)
        f.flush()
        run = subprocess.run(["env", "-i", "/bin/sh", "-c", 'set -a; . "$1"; exec /usr/bin/env -0', "sh", f.name], stdout=subprocess.PIPE,
                             timeout=20)
    return dict(entry.split("=", 1) for entry in run.stdout.decode().split("\0") if entry)


def proxy():
    status, text, why = render("shared/oauth2-proxy.cfg.mustache", TOML, PLAIN)
    report(status == 0, "oauth2-proxy.cfg is rendered", why)
    if not tomllib:
        report(True, "oauth2-proxy.cfg is TOML # SKIP this Python has no tomllib")
        return
    cfg = tomllib.loads(text)
    for key, wanted in {
        "client_id": PLAIN["client_id"], "redirect_url": PLAIN["redirect_url"], "email_domains": ["example.com"],
        "authenticated_emails_file": "/secrets/emails/list", "extra_jwt_issuers": PLAIN["issuers"], "upstream_timeout": "3600s",
        "bearer_token_login_fallback": False, "skip_jwt_bearer_tokens": True, "http_address": "0.0.0.0:4180",
    }.items():
        report(cfg.get(key) == wanted, f"oauth2-proxy.cfg: {key}", cfg.get(key))
    report(not [k for k in cfg if k in ("trusted_ips", "htpasswd_file", "skip_auth_regex", "skip_auth_routes", "reverse_proxy")],
           "oauth2-proxy.cfg opens no second door", cfg)
    data = copy.deepcopy(PLAIN)
    data.update(provider="entra-id", issuer="https://id.example.com/v2.0", scope="openid email", email_claim="preferred_username", refresh="4m")
    cfg = tomllib.loads(render("shared/oauth2-proxy.cfg.mustache", TOML, data)[1])
    report((cfg["provider"], cfg["oidc_issuer_url"], cfg["scope"], cfg["oidc_email_claim"], cfg["cookie_refresh"]) ==
           ("entra-id", "https://id.example.com/v2.0", "openid email", "preferred_username", "4m"), "oauth2-proxy.cfg: another provider", cfg)
    data = copy.deepcopy(PLAIN)
    data.update(client_id=AWKWARD + "\n\t\x01", domains=[], emails_file=None, issuers=[AWKWARD, "\n"])
    cfg = tomllib.loads(render("shared/oauth2-proxy.cfg.mustache", TOML, data)[1])
    report(cfg["client_id"] == data["client_id"] and cfg["extra_jwt_issuers"] == data["issuers"] and cfg["email_domains"] == [] and
           "authenticated_emails_file" not in cfg and cfg["provider"] == "google", "awkward values stay values", cfg)


def server():
    env = environment(render("shared/server.env.mustache", SHELL, PLAIN)[1])
    report(env.get("MLFLOW_SERVER_ALLOWED_HOSTS") == "h.example,h.example:*" and env.get("MLFLOW_WORKERS") == "2", "server.env: the variables", env)
    report("PGPASSWORD" not in env, "server.env has no password")
    data = dict(PLAIN, env=[{"name": "A", "value": AWKWARD + "\nx"}, {"name": "B", "value": AWKWARD}])
    env = environment(render("shared/server.env.mustache", SHELL, data)[1])
    report(env.get("A") == AWKWARD + "\nx" and env.get("B") == AWKWARD, "awkward values stay values", env)


def scripts():
    for name in "start", "migrate":
        status, text, why = render(f"shared/{name}.sh.mustache", SHELL, PLAIN)
        run = subprocess.run(["/bin/sh", "-n"], input=text.encode(), stderr=subprocess.PIPE, timeout=20)
        report(status == 0 and run.returncode == 0, f"{name}.sh is a script", why, run.stderr)
        run = subprocess.run(["env", "-i", "PATH=/bin:/usr/bin", "PGHOST=x", "/bin/sh", "-s"], input=text.encode(), stderr=subprocess.PIPE,
                             timeout=20)
        report(run.returncode == 2 and b"MLFLOW_BACKEND_STORE_URI" in run.stderr, f"{name}.sh names a setting that is missing",
               run.returncode, run.stderr)


def image():
    status, text, why = render("run/Dockerfile.mustache", DOCKERFILE, PLAIN)
    lines = text.splitlines()
    report(status == 0 and any(line.startswith("FROM ") and "@sha256:" in line for line in lines), "Dockerfile: the base is pinned", why)
    report("USER 10001" in lines, "Dockerfile: it does not run as root")
    report('version="3.17.2"' in text, "Dockerfile: the version is a label")
    status, text, why = render("shared/requirements.txt.mustache", LINE, PLAIN)
    report("mlflow[auth]==3.17.2" in text.splitlines(), "requirements.txt: the version asked for", why)
    pins = dict(line.split("==") for line in render("shared/constraints.txt.mustache", LINE, PLAIN)[1].splitlines() if line[:1] != "#")
    wanted = dict(line.split("==") for line in text.splitlines() if line[:1] not in "#m")
    report(all(pins.get(k) == v for k, v in wanted.items()), "constraints.txt agrees with requirements.txt", pins, wanted)


def people():
    lines = render("shared/emails.mustache", LINE, PLAIN)[1].splitlines()
    report([line for line in lines if line[:1] != "#"] == PLAIN["emails"], "emails: an address a line", lines)
    data = dict(PLAIN, emails=["ada@example.com\neve@evil.example"])
    status, _, why = render("shared/emails.mustache", LINE, data)
    report(status == 1 and "has a line end" in why, "emails: an address cannot bring in another", why)
    data = dict(PLAIN)
    del data["issuers"]
    status, _, why = render("shared/oauth2-proxy.cfg.mustache", TOML, data)
    report(status == 1 and "issuers" in why, "what is missing is named", why)


proxy()
server()
scripts()
image()
people()
print(f"1..{count}")
raise SystemExit(failed > 0)
