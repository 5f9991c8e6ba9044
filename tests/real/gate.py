#!/usr/bin/env python3
"""The simulated oauth2-proxy against the real one: which configurations they take and which they refuse."""
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from parts import OAUTH2_PROXY, proxy_missing  # noqa: E402 (the path is set above)

if proxy_missing():
    print("1..0 # SKIP " + proxy_missing())
    sys.exit(0)

VERDICT = os.path.join(os.environ.get("TOP_BUILDDIR", "."), "tests/sim/gate_verdict")
BASE = {
    "client_id": '"c"', "client_secret": '"s"', "cookie_secret": '"0123456789012345"', "email_domains": '["example.com"]',
    "upstreams": '["http://127.0.0.1:5000/"]', "provider": '"google"',
}
with tempfile.TemporaryDirectory() as folder:
    def file(name, text):
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(text)
        return path

    GOOD = file("secret", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=")
    LINE = file("line", "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
    LIST = file("emails", "ann@example.com\n# comment\n")
    CHANGES = [
        {}, {"upstrems": "[]"}, {"cookie_secret": None}, {"client_id": None}, {"client_secret": None}, {"email_domains": None},
        {"email_domains": "[]"}, {"email_domains": '"example.com"'}, {"email_domains": '["a", "b", ]'}, {"email_domains": '["*"]'},
        {"cookie_secret": '"short"'}, {"cookie_secret": '"0123456789012345678901234567890"'}, {"cookie_secret": '"01234567890123456789012345678901"'},
        {"cookie_secret": '"012345678901234567890123"'}, {"cookie_secret": '"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="'},
        {"cookie_secret": '"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE"'}, {"cookie_secret": '"+/EyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="'},
        {"cookie_secret": '"-_EyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="'}, {"cookie_secret": '"6d6e6f70717273747576777879303132333435363738396162636465666768697a"'},
        {"cookie_secret": None, "cookie_secret_file": f'"{GOOD}"'}, {"cookie_secret": None, "cookie_secret_file": f'"{LINE}"'},
        {"cookie_secret": None, "cookie_secret_file": '"/nowhere/secret"'}, {"client_secret": None, "client_secret_file": f'"{GOOD}"'},
        {"client_secret": None, "client_secret_file": '"/nowhere/secret"'}, {"authenticated_emails_file": f'"{LIST}"', "email_domains": None},
        {"cookie_refresh": '"1h"'}, {"cookie_refresh": '"169h"'}, {"cookie_refresh": '"168h"'}, {"cookie_expire": '"0s"', "cookie_refresh": '"1h"'},
        {"cookie_refresh": '"1h"', "session_cookie_minimal": "true"}, {"session_cookie_minimal": "true"},
        {"session_cookie_minimal": "true", "pass_access_token": "true"}, {"cookie_refresh": '"3600"'}, {"cookie_refresh": "3600"},
        {"upstream_timeout": '"3600"'}, {"upstream_timeout": "3600"}, {"upstream_timeout": '"1h30m"'}, {"upstream_timeout": '"soon"'},
        {"upstream_timeout": '"-5s"'}, {"upstream_timeout": '"1.5h"'}, {"cookie_samesite": '"lax"'}, {"cookie_samesite": '"Lax"'}, {"cookie_samesite": '"none"'},
        {"cookie_samesite": '""'}, {"cookie_secure": "false"}, {"cookie_secure": '"false"'}, {"cookie_secure": '"maybe"'}, {"cookie_secure": "1"},
        {"cookie_name": '"__Host-mlflow"'}, {"cookie_name": '"a b"'}, {"cookie_name": '"a=b"'}, {"provider": '"gogle"'}, {"provider": '"oidc"'},
        {"provider": '"oidc"', "oidc_issuer_url": '"https://id.example.com/"', "scope": '"openid email"'}, {"provider": '"entra-id"'},
        {"provider": '"entra-id"', "oidc_issuer_url": '"https://id.example.com/"', "oidc_email_claim": '"preferred_username"'}, {"provider": '"gitlab"'},
        {"provider": '"keycloak-oidc"', "allowed_roles": '["r"]'}, {"provider": '"oidc"', "oidc_isuer_url": '"https://id.example.com/"'},
        {"provider": '"github"', "github_org": '"o"'}, {"provider": '"entra-id"', "client_secret": None}, {"provider": '"okta"'},
        {"provider": '"entra-id"', "client_secret": None, "entra_id_federated_token_auth": "true"}, {"provider": '"oidc"', "oidc_enabled_signing_algs": '["RS256"]'},
        {"provider": '"oidc"', "oidc_enabled_signing_algs": '["none"]'}, {"provider": '"login.gov"', "client_secret": None},
        {"provider": '"github"'}, {"skip_jwt_bearer_tokens": "true", "extra_jwt_issuers": '["https://accounts.google.com"]'},
        {"extra_jwt_issuers": '["https://accounts.google.com"]'}, {"skip_auth_routes": '["GET=^/health$"]'}, {"skip_auth_routes": '["GET=^/health("]'},
        {"skip_auth_routes": '["^/health("]'}, {"skip_auth_regex": '["("]'}, {"api_routes": '["^/api/"]'}, {"api_routes": '["("]'}, {"api_routes": '["[a"]'},
        {"code_challenge_method": '"S256"'}, {"code_challenge_method": '"plain"'}, {"code_challenge_method": '"s256"'}, {"redirect_url": '"host/oauth2/callback"'},
        {"redirect_url": '"https://h/oauth2/callback"'}, {"redirect_url": '"https://h:port/"'}, {"upstreams": '["127.0.0.1:5000"]'}, {"upstreams": '["localhost:5000"]'},
        {"upstreams": '["file:///tmp"]'}, {"upstreams": '["ftp://h/"]'}, {"upstreams": '["http://a/", "http://b/"]'}, {"upstreams": "[]"},
        {"trusted_ips": '["10.0.0.0/8"]'}, {"trusted_ips": '["nonsense"]'}, {"reverse_proxy": "true"}, {"reverse_proxy": "true", "real_client_ip_header": '"X-Other"'},
        {"whitelist_domains": '[".example.com"]'}, {"scope": '"openid email"'}, {"google_admin_email": '"a@example.com"'}, {"http_address": "4180"},
        {"http_address": '"0.0.0.0:4180"'}, {"signature_key": '"x"'}, {"session_store_type": '"redis"'}, {"session_store_type": '"file"'},
        {"htpasswd_file": '"/nowhere/htpasswd"'}, {"silence_ping_logging": "true"}, {"ping_path": '"/p"'}, {"cookie_domains": '["a.example.com"]'},
        {"logging_max_size": '"x"'}, {"cookie_csrf_expire": '"15m"'}, {"email_domains": "5"}, {"client_id": "5"}, {"client_id": "'literal'"},
        {"client_id": '"tab\\tin"'}, {"client_id": '"bad \\q escape"'}, {"client_id": '"unicode \\u00e9"'}, {"client_id": "unquoted"}, {"client_id": '"open'},
        {"client_id": '"""many\nlines"""'}, {"footer": '"-"'}, {"custom_templates_dir": '"/nowhere"'}, {"oidc_extra_audiences": '["a"]'},
        {"set_xauthrequest": "true", "pass_access_token": "true"}, {"approval_prompt": '""'}, {"prompt": '"consent"'}, {"skip_provider_button": "true"},
        {"proxy_prefix": '"/auth"'}, {"force_json_errors": "true"}, {"allowed_groups": '["g"]'}, {"cookie_httponly": "false"}, {"metrics_address": '":9000"'},
    ]
    configs = []
    for number, change in enumerate(CHANGES):
        keys = dict(BASE)
        keys.update(change)
        configs.append(file(f"{number}.cfg", "".join(f"{k} = {v}\n" for k, v in keys.items() if v is not None)))
    configs.append(file("twice.cfg", "".join(f"{k} = {v}\n" for k, v in BASE.items()) + 'client_id = "again"\n'))
    configs.append(file("comment.cfg", "# first\n\n" + "".join(f"{k} = {v} # why\n" for k, v in BASE.items())))
    configs.append(file("lines.cfg", "".join(f"{k} = {v}\n" for k, v in BASE.items()) + 'api_routes = [\n  "^/api/", # one\n  "^/v1/",\n]\n'))
    CHANGES += [{"client_id": "twice"}, {"comments": ""}, {"api_routes": "over lines"}]

    ours = subprocess.run([VERDICT, *configs], capture_output=True, text=True, timeout=60, check=True).stdout.split("\n")
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "HTTPS_PROXY": "http://127.0.0.1:1", "HTTP_PROXY": "http://127.0.0.1:1"}
    for number, (config, change) in enumerate(zip(configs, CHANGES)):
        real = subprocess.run([OAUTH2_PROXY, "--config-test", f"--config={config}"], capture_output=True, text=True, timeout=30, env=environment, check=False)
        same = (real.returncode == 0) == (ours[number] == "ok")
        print(f"{'' if same else 'not '}ok {number + 1} - {change} is {'taken' if real.returncode == 0 else 'refused'}")
        if not same:
            print(f"# real: {real.returncode} {(real.stdout + real.stderr).strip()[-300:]!r}\n# simulated: {ours[number]}")
    print(f"1..{len(configs)}")
