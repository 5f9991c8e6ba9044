#!/usr/bin/env python3
"""The unmodified Terraform google provider against the simulated cloud: each stack here is applied, shows an empty plan, takes a change in
place and shows an empty plan again, is destroyed and leaves nothing. Arguments choose stacks; --keep PATTERN shows the exchanges of
matching URLs when a stack fails."""
import argparse
import base64
import concurrent.futures
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../cases"), os.path.join(HERE, "../real")]
from harness import Home, Sim, done, ok, wait_for  # noqa: E402 (the path is set above)
from parts import PARTS, http, part_missing  # noqa: E402

PROVIDER = os.path.join(PARTS, "bin/terraform-provider-google")
AT_ONCE = 6  # most of a run is the provider's ten seconds between polls
ALL_ON = {"services": ["*"]}
SETS_POLICIES = {"projects": [{"id": "demo-proj", "number": "123456789012", "services": ["*"], "roles": ["roles/owner", "roles/orgpolicy.policyAdmin"]}]}
WORLDS = {"services": {}, "whole": {},  # as a new project has it; the others find every API on
          "front": SETS_POLICIES, "project": SETS_POLICIES}
# Elsewhere an operation is done when it is first asked for; here the provider also sees it run, in each of the dialects.
PACE = {"gke": "400", "appengine": "400", "peering": "200", "sql": "400", "registry": "200"}
CREDENTIALS = {"storage": "user", "dns": "key", "registry": "impersonation", "secrets": "workload"}
IDENTITIES = {"kms": ["sqladmin"]}  # services whose agents the stack grants something to before anything of theirs is made
SIGNED_IN = {"user": "grant_type=refresh_token", "key": "jwt-bearer", "impersonation": ":generateAccessToken", "workload": "sts.googleapis.com"}

# What Google keeps when its owner is gone, by the store's collection and key.
KEPT = re.compile(r"""
    [^ ]*[oO]perations\ | logging\. |                     # history
    iam\.(accountNames|deletedAccounts|agents)\ |         # reserved names; agents that a service made for itself
    iam\.accounts\ .*@(developer|appspot)\. |             # those that come with an API or an application
    storage\.(softDeleted\w*|usage)\ |                   # for seven days
    run\.graves\ |                                       # names that are free again after a while
    iap\.settings\ |                                     # of what had an id that never comes again
    network\.producers\ |                                 # lets go of what was behind it only after days,
    servicenetworking\.connections\ .*/default |          # and so its connection stays where it was left to its network
    compute\.routes\ .*/peering-route- |                  # with the route that it gave
    compute\.addresses\ .*/serverless-ipv4 |              # Cloud Run's, for more than an hour
    cloudresourcemanager\.numbers\ |                      # never given again
    appengine\.\w+\ apps/[^/]*($|/services/default)|      # an application cannot be deleted, nor its default service,
    (storage\.bucket|iam\.policies)[^ ]*\ .*\bdemo-proj\.appspot\.com$| # nor do its buckets go with anything
    artifactregistry\.public\ |                          # Google's own images
    cloudkms\.                                           # rings and keys cannot be deleted, versions are weeks later
""", re.X)


class Stack:
    """A stack in a folder, a home and a cloud of its own. Results are gathered, since several run at once."""

    def __init__(self, name):
        self.name, self.results = name, []

    def check(self, passed, what, *notes):
        self.results.append((passed, f"{self.name}: {what}", notes))
        return passed

    def prepare(self, home, sim):
        self.sim, self.folder = sim, home.file("stack")
        os.mkdir(self.folder)
        for file in ("provider.tf", f"{self.name}.tf"):
            shutil.copy(os.path.join(HERE, file), self.folder)
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem", "-out", "cert.pem", "-days", "90", "-subj",
                        "/CN=mlflow.example.com", "-addext", "subjectAltName=DNS:mlflow.example.com"], cwd=self.folder, check=True, capture_output=True,
                       timeout=60, stdin=subprocess.DEVNULL)
        with open(os.path.join(self.folder, "large.bin"), "wb") as f:
            f.write(bytes(range(256)) * (17 << 12))
        config = home.file("terraformrc", 'provider_installation {\n  dev_overrides { "hashicorp/google" = "%s" }\n  direct {}\n}\n'
                           % os.path.dirname(PROVIDER))
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": home.path, "TZ": "UTC", "TF_CLI_CONFIG_FILE": config, "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1", "HTTPS_PROXY": sim.ready["proxy"], "SSL_CERT_FILE": sim.ready["ca"],
        } | self.credentials(home)
        for service in IDENTITIES.get(self.name, ()):
            self.call("POST", f"serviceusage.googleapis.com/v1beta1/projects/demo-proj/services/{service}.googleapis.com:generateServiceIdentity")
        self.prepared = len(sim.exchanges())

    def call(self, method, url, body=None):
        """As the owner, to prepare what the provider needs before it begins."""
        replies = []

        def allowed():
            """What was granted or made just now is known everywhere after a while."""
            replies.append(http(method, "https://" + url, {"Authorization": f"Bearer {self.sim.ready['token']}"}, body, self.sim.ready["proxy"],
                                self.sim.ready["ca"]))
            return replies[-1][0] != 403 and "does not exist" not in replies[-1][2]

        wait_for(allowed, f"{method} {url}", pause=0.2)
        if replies[-1][0] != 200:
            raise RuntimeError(f"{method} {url}: {replies[-1]}")
        return json.loads(replies[-1][2])

    def credentials(self, home):
        """By a token, or as this stack does it: the owner's credentials, a service account's key, its impersonation, a workload's identity."""
        kind = CREDENTIALS.get(self.name)
        if kind == "user":
            return {"GOOGLE_APPLICATION_CREDENTIALS": self.sim.ready["credentials"]}
        if not kind:
            return {"GOOGLE_OAUTH_ACCESS_TOKEN": self.sim.ready["token"]}
        email = "deployer@demo-proj.iam.gserviceaccount.com"
        accounts = "iam.googleapis.com/v1/projects/demo-proj/serviceAccounts"
        self.call("POST", accounts, {"accountId": "deployer"})
        self.bind("cloudresourcemanager.googleapis.com/v1/projects/demo-proj", "roles/owner", f"serviceAccount:{email}")
        if kind == "key":
            key = self.call("POST", f"{accounts}/{email}/keys", {})
            return {"GOOGLE_CREDENTIALS": home.file("key.json", base64.b64decode(key["privateKeyData"]).decode())}
        if kind == "impersonation":
            self.bind(f"{accounts}/{email}", "roles/iam.serviceAccountTokenCreator", "user:operator@example.com")
            self.call("POST", f"iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}:generateAccessToken",
                      {"scope": ["https://www.googleapis.com/auth/cloud-platform"]})  # the provider does not wait until the grant is known
            return {"GOOGLE_OAUTH_ACCESS_TOKEN": self.sim.ready["token"], "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT": email}
        return self.workload(home, accounts, email)

    def workload(self, home, accounts, email):
        """A token of an OIDC issuer, exchanged for one of the account: the issuer is Google's own, the workload the account itself."""
        pools = "iam.googleapis.com/v1/projects/demo-proj/locations/global/workloadIdentityPools"
        place = "projects/123456789012/locations/global/workloadIdentityPools/outside"
        audience = f"//iam.googleapis.com/{place}/providers/google"
        self.call("POST", f"{pools}?workloadIdentityPoolId=outside", {})
        self.call("POST", f"{pools}/outside/providers?workloadIdentityPoolProviderId=google",
                  {"oidc": {"issuerUri": "https://accounts.google.com", "allowedAudiences": [audience]},
                   "attributeMapping": {"google.subject": "assertion.email"}})
        self.bind(f"{accounts}/{email}", "roles/iam.serviceAccountOpenIdTokenCreator", "user:operator@example.com")
        self.bind(f"{accounts}/{email}", "roles/iam.workloadIdentityUser", f"principal://iam.googleapis.com/{place}/subject/{email}")
        token = self.call("POST", f"iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}:generateIdToken",
                          {"audience": audience, "includeEmail": True})["token"]
        return {"GOOGLE_APPLICATION_CREDENTIALS": home.file("workload.json", {
            "type": "external_account", "audience": audience, "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": "https://sts.googleapis.com/v1/token", "credential_source": {"file": home.file("subject", token)},
            "service_account_impersonation_url":
                f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}:generateAccessToken"})}

    def bind(self, resource, role, member):
        policy = self.call("POST", f"{resource}:getIamPolicy", {})
        policy.setdefault("bindings", []).append({"role": role, "members": [member]})
        self.call("POST", f"{resource}:setIamPolicy", {"policy": policy})

    def terraform(self, verb, *arguments, changed=False):
        """Its events, and its code."""
        run = subprocess.run(["terraform", verb, "-json", "-input=false", "-parallelism=30", f"-var=changed={str(changed).lower()}", *arguments],
                             cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
        events = [json.loads(line) for line in run.stdout.splitlines() if line.startswith("{")]
        return events, run.returncode, run.stderr

    def went_well(self, what, verb, *arguments, **options):
        """Runs it; the summary of what it did to how many, or None."""
        events, code, errors = self.terraform(verb, *arguments, **options)
        faults = [complaint(e["diagnostic"]) for e in events if e["type"] == "diagnostic" and e["diagnostic"]["severity"] == "error"]
        counts = next((e["changes"] for e in reversed(events) if e["type"] == "change_summary"), {})
        self.planned = [f"{e['change']['action']} {e['change']['resource']['addr']}" for e in events if e["type"] == "planned_change"]
        self.check(code == 0, what, errors, *faults, *([] if faults else self.planned))
        return counts if code == 0 else None

    def empty_plan(self, when, **options):
        if self.went_well(f"an empty plan {when}", "plan", "-detailed-exitcode", **options) is None:
            plan = subprocess.run(["terraform", "plan", "-input=false", "-no-color", f"-var=changed={str(options.get('changed', False)).lower()}"],
                                  cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=600, stdin=subprocess.DEVNULL)
            self.check(False, f"what the plan {when} wants", "\n".join(line for line in plan.stdout.splitlines() if re.match(r"\s*[-+~#]", line)))

    def walk(self):
        before = self.store()
        counts = self.went_well("applied", "apply", "-auto-approve")
        if counts is not None:
            self.empty_plan("after it was applied")
            counts = self.went_well("changed", "apply", "-auto-approve", changed=True)
            if counts is not None:
                self.check(counts["change"] and not counts["add"] and not counts["remove"], "changed in place", counts, *self.planned)
                self.empty_plan("after the change", changed=True)
        if self.went_well("destroyed", "destroy", "-auto-approve", changed=True) is not None:
            self.check(*self.nothing_left(before))
        kind = CREDENTIALS.get(self.name)
        self.check(not kind or any(SIGNED_IN[kind] in x["url"] + str(x["request"]) for x in self.sim.exchanges()), f"signed in by {kind or 'token'}")
        # The provider itself waits and asks again where one operation keeps another out.
        refused = [x for x in self.sim.exchanges()[self.prepared:] if x["status"] in (400, 405, 412, 500, 501)
                   and not re.search("incompatible operation|resourceNotReady", json.dumps(x["reply"]))]
        self.check(not refused, "every request was understood", *(shown(x) for x in refused[:6]))

    def store(self):
        """Everything that is there, as "COLLECTION KEY": document."""
        path = self.sim.path("dump.json")
        if os.path.exists(path):
            os.remove(path)
        os.kill(self.sim.ready["pid"], signal.SIGUSR1)
        found = []

        def whole():
            try:
                with open(path, encoding="utf-8") as f:
                    found[:] = [json.load(f)]
            except (OSError, ValueError):
                return False
            return True

        wait_for(whole, "the dump")
        return {f"{collection} {key}": document for collection, group in found[0].items() for key, document in group.items()}

    @staticmethod
    def kept(key, after):
        """By what it is, or because it is marked for deletion in thirty days, itself or its project."""
        project = after.get("cloudresourcemanager.projects " + "/".join(re.sub("^.*? (//[^/]*/)?", "", key).split("/")[:2]), {})
        return (KEPT.match(key) or after[key].get("state") == "DELETED" or after[key].get("deleted") or project.get("state") == "DELETE_REQUESTED"
                or key.startswith("iam.policies ") and not bindings(after[key]))

    def nothing_left(self, before):
        after = self.store()
        left = [key for key in sorted(after.keys() - before.keys()) if not self.kept(key, after)]
        for key in before:
            if key.startswith("iam.policies ") and bindings(after.get(key)) != bindings(before[key]):
                left.append(f"{key}: {bindings(after.get(key))} was {bindings(before[key])}")
        return not left, "nothing is left", *left


def bindings(policy):
    """Who holds what, leaving out what Google gives its own accounts when an API is enabled."""
    held = [(b["role"], sorted(m for m in b["members"] if not m.startswith("serviceAccount:") or "@demo-proj.iam." in m))
            for b in (policy or {}).get("bindings", [])]
    return sorted(b for b in held if b[1])


def complaint(d):
    return " ".join([d["summary"], d.get("detail", ""), d.get("address", "")])


def shown(exchange):
    return json.dumps({key: exchange.get(key) for key in ("method", "url", "request", "status", "reply")})[:1500]


def run(name):
    stack, began = Stack(name), time.monotonic()
    try:
        with Home() as home, Sim(home, "--world", home.file("world.json", WORLDS.get(name, ALL_ON)), speed=SPEED or PACE.get(name, "max")) as sim:
            stack.prepare(home, sim)
            stack.walk()
            stack.check(not sim.complaints(), "the simulated cloud has no complaint", sim.complaints())
            if KEEP:
                for x in sim.exchanges():
                    if re.search(KEEP, x["method"] + " " + x["url"]):
                        print("#", json.dumps(x), file=sys.stderr)
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as e:
        stack.check(False, "to its end", repr(e))
    print(f"# {name}: {time.monotonic() - began:.0f} s", flush=True)
    return stack.results


def names():
    """The slow ones first, so that they do not come last."""
    all_ = {os.path.basename(path)[:-3] for path in glob.glob(os.path.join(HERE, "*.tf"))} - {"provider"}
    return [*PACE, *sorted(all_ - PACE.keys())]


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--keep", metavar="PATTERN", help="show exchanges whose method and URL match")
    options.add_argument("--speed", help="of the simulated cloud; by default that of each stack")
    options.add_argument("stack", nargs="*")
    options = options.parse_args()
    KEEP, SPEED = options.keep, options.speed
    why = None if shutil.which("terraform") else "terraform is not installed"
    why = why or part_missing(PROVIDER, "terraform-provider-google")
    if why:
        print(f"1..0 # SKIP {why}")
        sys.exit(0)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for results in pool.map(run, options.stack or names()):
            for passed, what, notes in results:
                ok(passed, what, *notes)
    done()
