#!/usr/bin/env python3
"""Every combination of dev/matrix.tsv through its whole life, as dev/matrix takes it: a line of TAP each."""
import os
import subprocess
import sys

from harness import BUILD, SOURCE, done, ok

run = subprocess.Popen([sys.executable, os.path.join(SOURCE, "dev/matrix"), "--build", BUILD], stdout=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL)
last = ""
for line in run.stdout:
    last = line
    if line.startswith(("ok ", "not ok ")):
        passed, rest = line.startswith("ok "), line.split("ok ", 1)[1].strip()
        ok(passed, rest.split(":", 1)[0], rest)
ok(run.wait(30) == 0 and last.startswith("matrix: "), "all of them", last)
done()
