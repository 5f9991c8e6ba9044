#!/usr/bin/env python3
"""Combinations of dev/matrix.tsv through their whole life, as dev/matrix takes them: a line of TAP each. By default a few that have every target, exposure,
auth mode and database path among them; all with MLFLOW_SETUP_ALL=1."""
import os
import subprocess
import sys

from harness import BUILD, SOURCE, done, ok, skip

SHORT = ["run-url-iap", "run-domain-oauth2", "run-url-basic", "run-url-oauth2-public", "gke-internal-iam-psc", "gke-domain-iap", "appengine-url-basic",
         "vm-domain-oauth2"]
MATRIX = [sys.executable, os.path.join(SOURCE, "dev/matrix")]

names = [line.split()[0] for line in subprocess.run([*MATRIX, "--list"], stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()]
chosen = names if os.environ.get("MLFLOW_SETUP_ALL") else SHORT
run = subprocess.Popen([*MATRIX, "--build", BUILD, *chosen], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
last = ""
for line in run.stdout:
    last = line
    if line.startswith(("ok ", "not ok ")):
        ok(line.startswith("ok "), line.split("ok ", 1)[1].split(":", 1)[0].strip(), line)
ok(run.wait(30) == 0 and last == f"matrix: {len(chosen)} of {len(chosen)}\n", "all of them", last)
if len(chosen) < len(names):
    skip(f"the other {len(names) - len(chosen)} combinations", "they take minutes: MLFLOW_SETUP_ALL=1 runs them")
done()
