#!/usr/bin/env python3
"""npm's google-auth-library against the simulated cloud: authorized_user, service_account, impersonation, external_account by STS, and the
metadata server."""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import parts  # noqa: E402

from harness import Home, Sim, done, ok  # noqa: E402

LIBRARY = os.path.join(parts.PARTS, "google-auth-library")
SCRIPT = os.path.join(parts.SOURCE, "tests/real/google-auth-library/check.mjs")


def main():
    missing = parts.part_missing(os.path.join(LIBRARY, "node_modules/google-auth-library"), "google-auth-library")
    if not shutil.which("node"):
        missing = "node is not installed"
    if missing:
        print(f"1..0 # SKIP {missing}")
        return
    with Home() as home, Sim(home, "--world", home.file("world.json", {"services": ["*"]})) as sim:
        cloud = {"project": sim.ready["project"], "number": "123456789012", "credentials": sim.ready["credentials"], "proxy": sim.ready["proxy"]}
        environment = {"PATH": os.environ["PATH"], "HOME": home.path, "TZ": "UTC", "HTTPS_PROXY": sim.ready["proxy"], "NODE_EXTRA_CA_CERTS": sim.ready["ca"],
                       "AUTH_LIBRARY": LIBRARY, "SIM": json.dumps(cloud), "FOLDER": home.path}
        run = subprocess.run(["node", SCRIPT], env=environment, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL)
        for line in run.stdout.splitlines():
            said = json.loads(line)
            ok(said["ok"], said["name"], said["note"])
        ok(run.returncode == 0, "the library's checks ran to their end", run.stderr, sim.complaints())
    done()


main()
