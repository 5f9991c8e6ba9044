#!/usr/bin/env python3
"""What `render` writes for Terraform, against the simulated cloud by the unmodified google provider: each stack is applied by the program, rendered, and taken
over. The first plan says that there is something to import and nothing to add, to change or to destroy; once it was applied the next one is empty. The files are
laid out as `terraform fmt` has it, and valid before anything stands; no secret is in them, nor in the state. One stack, and all of them with
MLFLOW_SETUP_ALL=1 or those that are named (lines of dev/matrix.tsv)."""
import base64
import concurrent.futures
import importlib.machinery
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../cases"), os.path.join(HERE, "../real")]
from cloud_hand import do_tasks  # noqa: E402 (the path is set above)
from harness import SECRET, SOURCE, Home, Sim, done, ok, read, result_of  # noqa: E402 (the path is set above)
from parts import PARTS, part_missing  # noqa: E402

loader = importlib.machinery.SourceFileLoader("matrix", os.path.join(SOURCE, "dev/matrix"))
matrix = importlib.util.module_from_spec(importlib.util.spec_from_loader("matrix", loader))
loader.exec_module(matrix)
COMBINATIONS = {name: (needs, sets) for name, needs, sets in matrix.combinations()}

PROVIDER = os.path.join(PARTS, "bin/terraform-provider-google")
QUICK = ("run-url-oauth2",)
WRITTEN = (*QUICK, "run-domain-oauth2", "run-domain-iap", "run-domain-elsewhere-oauth2", "run-url-iap", "run-url-oauth2-mysql", "run-url-oauth2-psc",
           "run-url-oauth2-existing", "gke-internal-iam", "vm-domain-iap", "appengine-url-iap", "run-url-basic",
           "run-url-oauth2-connector", "run-url-iam-default", "run-url-iam", "run-url-oauth2-direct", "login-run-mysql", "run-url-oauth2-shared",
           "trial-gke")
AT_ONCE = 4


class Rendered:
    """A stack that stands in a cloud of its own, and its files. Results are gathered, since several run at once."""

    def __init__(self, name):
        self.name, self.results = name, []

    def check(self, passed, what, *notes):
        self.results.append((bool(passed), f"{self.name}: {what}", notes))
        return passed

    def stand(self, home, sim):
        """Applies the stack; True when it stands and its files are written."""
        needs, sets = COMBINATIONS[self.name]
        matrix.prepare_world(sim, [n for n in needs if not n.startswith("api:")])
        file = home.example("mlflow.json", auth__client_secret="env:CLIENT_SECRET")
        planned = home.run("render", file, "--out", home.file("planned"), *matrix.options(sets))
        self.folder = home.file("planned/terraform")
        if self.check(planned.returncode == 0, "rendered before anything stands", planned.stdout, planned.stderr):
            valid = self.terraform(home, sim, "validate", "-no-color")
            self.check(valid.returncode == 0, "the files are valid", valid.stdout, valid.stderr)
        applied = sim.run("apply", file, "--json", "--wait", "0", *matrix.options(sets), timeout=400)
        if "hand" in needs and applied.returncode == 4:
            do_tasks(sim, result_of(applied.stdout))
            applied = sim.run("apply", file, "--json", timeout=400)
        rendered = home.run("render", file, "--out", home.file("files"))
        self.folder = home.file("files/terraform")
        return self.check(applied.returncode == 0 and rendered.returncode == 0, "applied and rendered", applied.stdout, applied.stderr, rendered.stderr)

    def terraform(self, home, sim, *arguments):
        config = home.file("terraformrc", 'provider_installation {\n  dev_overrides { "hashicorp/google" = "%s" }\n  direct {}\n}\n'
                           % os.path.dirname(PROVIDER))
        environment = {
            "PATH": os.environ["PATH"] + os.pathsep + os.path.join(PARTS, "bin"), "HOME": home.path, "TZ": "UTC", "TF_CLI_CONFIG_FILE": config,
            "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "HTTPS_PROXY": sim.ready["proxy"], "SSL_CERT_FILE": sim.ready["ca"],
            "GOOGLE_OAUTH_ACCESS_TOKEN": sim.ready["token"]}
        return subprocess.run(["terraform", *arguments], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=600,
                              stdin=subprocess.DEVNULL)

    def planned(self, home, sim):
        """({action: how many}, what is to be done otherwise than imported) of the plan that is in the file."""
        shown = self.terraform(home, sim, "show", "-json", "plan")
        changes = json.loads(shown.stdout)["resource_changes"] if shown.returncode == 0 else []
        counts, others = {"import": 0}, []
        for change in (c["change"] | {"address": c["address"]} for c in changes if c["mode"] == "managed"):
            counts["import"] += "importing" in change
            if change["actions"] != ["no-op"]:
                before, after = change["before"] or {}, change["after"] or {}
                others.append(f"{change['actions']} {change['address']} " + json.dumps(
                    {k: [before.get(k), after.get(k)] for k in before.keys() | after.keys() if before.get(k) != after.get(k)}))
        return counts, others

    def take_over(self, home, sim):
        formatted = self.terraform(home, sim, "fmt", "-check", "-diff")
        self.check(formatted.returncode == 0, "as terraform fmt has it", formatted.stdout, formatted.stderr)
        since = len(sim.exchanges())
        plan = self.terraform(home, sim, "plan", "-no-color", "-input=false", "-detailed-exitcode", "-out=plan")
        counts, others = self.planned(home, sim)
        imports = read(os.path.join(self.folder, "imports.tf")).count(b"\nimport {")
        if not self.check(plan.returncode == 2 and imports and counts["import"] == imports and not others,
                          f"{imports} to import, and nothing to add, to change or to destroy", counts, *others, plan.stderr):
            return
        applied = self.terraform(home, sim, "apply", "-no-color", "-input=false", "plan")
        again = self.terraform(home, sim, "plan", "-no-color", "-input=false", "-detailed-exitcode")
        self.check(applied.returncode == 0 and again.returncode == 0, "once it was applied the plan is empty", applied.stderr, again.stdout, again.stderr)
        self.check(not sim.writes(since), "and the cloud is as it was", *(f"{x['method']} {x['url']}" for x in sim.writes(since)))

    def no_secret(self, sim):
        """Neither in the files nor in the state, and the state was written."""
        payloads = [base64.b64decode(x["request"]["payload"]["data"]) for x in sim.writes() if x["url"].split("?")[0].endswith(":addVersion")]
        texts = {name: read(os.path.join(self.folder, name)) for name in os.listdir(self.folder) if name.endswith((".tf", ".md", ".tfstate"))}
        found = [name for name, text in texts.items() for p in [*payloads, SECRET.encode()] if p in text]
        self.check("terraform.tfstate" in texts and payloads and not found, "no secret is in the files or in the state", *found)


def run(name):
    stack, began = Rendered(name), time.monotonic()
    try:
        with Home() as home, Sim(home, "--world", home.file("world.json", matrix.world_of(COMBINATIONS[name][0]))) as sim:
            if stack.stand(home, sim):
                stack.take_over(home, sim)
                stack.no_secret(sim)
            stack.check(not sim.complaints(), "the simulated cloud has no complaint", sim.complaints())
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as e:
        stack.check(False, "to its end", repr(e))
    print(f"# {name}: {time.monotonic() - began:.0f} s", flush=True)
    return stack.results


def main():
    why = None if shutil.which("terraform") or os.path.exists(os.path.join(PARTS, "bin/terraform")) else "terraform is not installed"
    why = why or part_missing(PROVIDER, "terraform-provider-google")
    if why:
        print(f"1..0 # SKIP {why}")
        sys.exit(0)
    names = sys.argv[1:] or (WRITTEN if os.environ.get("MLFLOW_SETUP_ALL") else QUICK)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for results in pool.map(run, names):
            for passed, what, notes in results:
                ok(passed, what, *notes)
    done()


if __name__ == "__main__":
    main()
