#!/usr/bin/env python3
"""A GitHub repository's workflows that plan and apply a stack without a key: tokens as GitHub makes them, exchanged by the simulated token service, end in
what the workflow needs and in nothing more; and the workflow that `render` writes. GitHub's keys cannot be reached from here: the provider is shown others."""
import base64
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time

from cloud_hand import ask as by_hand
from harness import Home, Sim, done, ok, read, result_of, skip

REPOSITORY, NUMBER, BRANCH = "example/ml-platform", "1296269", "main"
POOL = "projects/123456789012/locations/global/workloadIdentityPools/mlflow-github"
PROVIDER = f"{POOL}/providers/github"
ACTIONS = {"actions/checkout", "actions/upload-artifact", "actions/download-artifact", "google-github-actions/auth"}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """token.actions.githubusercontent.com, and the address at which a job asks it for its token."""

    def __init__(self, home):
        self.key, self.claims = home.file("github.pem"), {}
        subprocess.run(["openssl", "genrsa", "-out", self.key, "2048"], check=True, capture_output=True, timeout=60)
        modulus = subprocess.run(["openssl", "rsa", "-in", self.key, "-modulus", "-noout"], check=True, capture_output=True, text=True, timeout=20).stdout
        self.jwks = json.dumps({"keys": [{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "e": "AQAB",
                                          "n": base64url(bytes.fromhex(modulus.strip().split("=")[1]))}]})

    def token(self, **claims):
        now = int(time.time())
        claims = {"iss": "https://token.actions.githubusercontent.com", "aud": f"https://iam.googleapis.com/{PROVIDER}", "iat": now, "nbf": now,
                  "exp": now + 300, "repository": REPOSITORY, "repository_id": NUMBER, "repository_owner": REPOSITORY.split("/", maxsplit=1)[0]} | claims
        signed = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT", "kid": "1"}, claims))
        signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=signed.encode(), check=True, capture_output=True, timeout=20).stdout
        return f"{signed}.{base64url(signature)}"

    def __enter__(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                text = json.dumps({"count": 1, "value": issuer.token(**issuer.claims)}).encode()
                good = self.headers.get("Authorization") == "Bearer runner"
                self.send_response(200 if good else 401)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def credentials(self, account):
        """What google-github-actions/auth writes, as it documents it."""
        return {"type": "external_account", "audience": f"//iam.googleapis.com/{PROVIDER}", "universe_domain": "googleapis.com",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": "https://sts.googleapis.com/v1/token",
                "service_account_impersonation_url": f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken",
                "credential_source": {"url": f"http://127.0.0.1:{self.server.server_address[1]}/token?audience=x", "headers": {"Authorization": "Bearer runner"},
                                      "format": {"type": "json", "subject_token_field_name": "value"}}}


class Job:
    """A job of a workflow: which account it becomes, and what GitHub says of it."""

    def __init__(self, home, sim, issuer, what, subject, **claims):
        self.sim, self.issuer = sim, issuer
        self.claims = {"sub": f"repo:{claims.get('repository', REPOSITORY)}:{subject}", "event_name": subject.split(":")[0].replace("ref", "push"),
                       "ref": subject.removeprefix("ref:")} | claims
        self.environment = {"GOOGLE_APPLICATION_CREDENTIALS": home.file(f"{what}.json", issuer.credentials(
            f"mlflow-{what}@demo-proj.iam.gserviceaccount.com"))}

    def run(self, *arguments):
        self.issuer.claims = self.claims
        return self.sim.run(*arguments, env=self.environment, timeout=200)


def workflow(home, answers):
    """The file: its form, whom it trusts, which actions it uses."""
    out = home.file("rendered")
    run = home.run("render", answers, "--out", out)
    text = read(f"{out}/.github/workflows/mlflow.yml").decode() if run.returncode == 0 else ""
    ok(f'workload_identity_provider: "{PROVIDER}"' in text and "mlflow-planner@demo-proj" in text and "mlflow-deployer@demo-proj" in text,
       "render writes a workflow that names provider and accounts", run.stderr, text)
    try:
        import yaml
    except ImportError:
        skip("the workflow's form", "PyYAML is not installed")
        return
    flow = yaml.safe_load(text)
    on, jobs = flow[True], flow["jobs"]
    ok(on == {"pull_request": {"branches": [BRANCH]}, "push": {"branches": [BRANCH]}} and flow["permissions"] == {}, "it runs for pull requests and for the branch",
       on)
    known = {"needs", "if", "runs-on", "permissions", "steps"}
    ok(all(set(job) <= known and {"runs-on", "permissions", "steps"} <= set(job) for job in jobs.values()) and set(jobs) == {"build", "plan", "apply"},
       "its jobs have what jobs have", jobs)
    steps = [step for job in jobs.values() for step in job["steps"]]
    ok(all(("uses" in s) != ("run" in s) and set(s) <= {"uses", "run", "name", "with", "if"} for s in steps), "and its steps", steps)
    for name in ("plan", "apply"):
        said = "\n".join(step.get("run", "") for step in jobs[name]["steps"])
        ok(said.find("libcjson-dev") in range(said.find("mlflow-setup\"")), f"{name}: the libraries come before the program", said)
    ok({s["uses"].split("@")[0] for s in steps if "uses" in s} == ACTIONS, "it uses four actions, and no other", text)
    ok(all(re.fullmatch("[0-9a-f]{40}", s["uses"].split("@")[1]) for s in steps if "uses" in s), "each by its commit, which no tag can move", text)
    ok("id-token" not in jobs["build"]["permissions"] and all(jobs[j]["permissions"]["id-token"] == "write" for j in ("plan", "apply")),
       "what is built from a source elsewhere gets no token", jobs["build"])
    for step in steps:
        run = subprocess.run(["bash", "-n"], input=step.get("run", ""), capture_output=True, text=True, timeout=20)
        ok(run.returncode == 0, f"bash reads {step.get('name', step.get('uses'))}", run.stderr)


def jobs(home, sim, issuer, answers):
    push = Job(home, sim, issuer, "deployer", f"ref:refs/heads/{BRANCH}", ref=f"refs/heads/{BRANCH}")
    pull = Job(home, sim, issuer, "planner", "pull_request", ref="refs/pull/7/merge")
    run = push.run("apply", answers, "--json", "--wait", "0", "--set", "server.workers=1")
    result = result_of(run.stdout)
    ok(run.returncode == 0 and result.get("outcome") == "proven" and result.get("updated", 0) > 0, "a push to the branch applies a change, and proves it",
       run.returncode, result, run.stderr, *[line for line in run.stdout.splitlines() if '"failed"' in line])
    before = len(sim.exchanges())
    run = pull.run("plan", answers)
    ok(run.returncode == 0, "a pull request that changes nothing is told so", run.returncode, run.stdout, run.stderr)
    run = pull.run("plan", answers, "--set", "server.workers=2")
    ok(run.returncode == 2 and "update" in run.stdout, "a pull request is told what would change", run.returncode, run.stdout, run.stderr)
    ok(not [x for x in sim.writes(before)], "and changes nothing")
    run = pull.run("apply", answers, "--set", "server.workers=2")
    ok(run.returncode in (3, 77, 78) and not [x for x in sim.writes(before) if x["status"] < 300], "it may not apply", run.returncode, run.stderr)
    newer = {"sub": f"repo:example@1234567/ml-platform@12345678:ref:refs/heads/{BRANCH}"}
    run = Job(home, sim, issuer, "deployer", f"ref:refs/heads/{BRANCH}", **newer).run("plan", answers)
    ok(run.returncode in (0, 2) and run.stdout, "a newer repository, whose tokens have numbers in their subject, becomes who applies", run.returncode, run.stderr)
    for name, account, subject, claims in (
            ("a pull request cannot become who applies", "deployer", "pull_request", {"ref": "refs/pull/7/merge"}),
            ("nor can one from a fork that runs on the branch", "deployer", f"ref:refs/heads/{BRANCH}", {"event_name": "pull_request_target"}),
            ("nor what somebody's comment starts", "deployer", f"ref:refs/heads/{BRANCH}", {"event_name": "issue_comment"}),
            ("another branch cannot either", "deployer", "ref:refs/heads/feature", {}),
            ("another repository's branch of that name is nobody", "deployer", f"ref:refs/heads/{BRANCH}", {"repository": "example/other", "repository_id": "1296270"}),
            ("nor is whoever takes the repository's name after it", "deployer", f"ref:refs/heads/{BRANCH}", {"repository_id": "1296271"}),
            ("nor may it plan", "planner", f"ref:refs/heads/{BRANCH}", {"repository": "stranger/ml-platform", "repository_id": "1296272"})):
        before = len(sim.exchanges())
        run = Job(home, sim, issuer, account, subject, **claims).run("plan", answers)
        ok(run.returncode in (69, 77, 78) and not run.stdout and not sim.writes(before), name, run.returncode, run.stdout[-500:], run.stderr)


def pools(sim):
    reply = by_hand(sim, "GET", "https://iam.googleapis.com/v1/projects/demo-proj/locations/global/workloadIdentityPools?showDeleted=true")
    return [p["state"] for p in reply.get("workloadIdentityPools", [])]


# What else a planner has to see: a cluster, whose Secret it may not; a machine; App Engine.
OTHERS = {
    "gke": {"target": "gke", "exposure": "internal", "auth__mode": "iam"},
    "vm": {"target": "vm", "exposure": "internal", "auth__mode": "iap"},
    "appengine": {"target": "appengine", "auth__mode": "iap", "appengine__for_ever": True},
}


def introduce(sim, issuer):
    """The provider is shown this issuer's keys."""
    by_hand(sim, "PATCH", f"https://iam.googleapis.com/v1/{PROVIDER}?updateMask=oidc.jwksJson",
            {"oidc": {"issuerUri": "https://token.actions.githubusercontent.com", "jwksJson": issuer.jwks}})


def planned_elsewhere(home, issuer, target):
    with Sim(home) as sim:
        answers = home.example(f"{target}.json", auth__client_secret="env:CLIENT_SECRET", ci__service="github", github__repository=REPOSITORY,
                               github__repository_id=NUMBER, **OTHERS[target])
        run = sim.run("apply", answers, "--json", timeout=300)
        ok(result_of(run.stdout).get("outcome") == "proven", f"{target}: a stack with a repository stands", run.stderr, result_of(run.stdout))
        introduce(sim, issuer)
        pull, before = Job(home, sim, issuer, "planner", "pull_request", ref="refs/pull/7/merge"), len(sim.exchanges())
        run = pull.run("plan", answers)
        ok(run.returncode == 0, f"{target}: a pull request that changes nothing is told so", run.returncode, run.stdout, run.stderr)
        run = pull.run("plan", answers, "--set", "server.workers=1")
        ok(run.returncode == 2 and "update" in run.stdout, f"{target}: and one that changes something, what", run.returncode, run.stdout, run.stderr)
        ok(not [x for x in sim.writes(before)], f"{target}: and nothing is changed")


def held_roles(sim):
    """Roles of the planner on the project."""
    policy = by_hand(sim, "POST", "https://cloudresourcemanager.googleapis.com/v1/projects/demo-proj:getIamPolicy", {})
    return {b["role"] for b in policy["bindings"] if any("mlflow-planner@" in m for m in b["members"])}


def main():
    with Home() as home, Sim(home) as sim, Issuer(home) as issuer:
        answers = home.example(auth__client_secret="env:CLIENT_SECRET", database__path="public", ci__service="github", github__repository=REPOSITORY, github__repository_id=NUMBER)
        run = sim.run("apply", answers, "--json", timeout=200)
        ok(result_of(run.stdout).get("outcome") == "proven", "a stack with a repository stands", run.stderr,
           *[line for line in run.stdout.splitlines() if '"failed"' in line])
        introduce(sim, issuer)
        roles = held_roles(sim)
        ok(roles and not roles & {"roles/viewer", "roles/editor", "roles/owner", "roles/logging.viewer", "roles/storage.objectViewer"},
           "who plans has none of the project's wide roles", roles)
        workflow(home, answers)
        jobs(home, sim, issuer, answers)
        run = sim.run("apply", answers, "--json", "--set", "ci.service=none", timeout=200)
        ok(result_of(run.stdout).get("outcome") == "proven" and pools(sim) == ["DELETED"], "without it the pool goes", pools(sim), run.stderr)
        run = sim.run("apply", answers, "--json", "--set", "ci.service=github", timeout=200)
        ok(result_of(run.stdout).get("outcome") == "proven" and pools(sim) == ["ACTIVE"], "and comes back under its name, which Google keeps", pools(sim), run.stderr,
           *[line for line in run.stdout.splitlines() if '"failed"' in line])
        run = sim.run("plan", answers)
        ok(run.returncode == 0, "then nothing differs", run.stdout)
        for target in OTHERS if os.environ.get("MLFLOW_SETUP_ALL") else ("gke",):
            planned_elsewhere(home, issuer, target)
    done()


if __name__ == "__main__":
    sys.exit(main())
