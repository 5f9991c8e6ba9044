#!/usr/bin/env python3
"""Every shell script of the repository passes shellcheck (TAP)."""
import os
import shutil
import subprocess
import sys

TOP = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
FOLDERS = (".ci", "dev", "templates", "tests", "completions")


def is_script(path):
    with open(path, "rb") as f:
        first = f.readline(80)
    return first.startswith((b"#!/bin/sh", b"#!/bin/bash")) or b"bash completion" in first


def main():
    if not shutil.which("shellcheck"):
        print("1..0 # SKIP shellcheck is not installed")
        return 0
    found = sorted(os.path.join(where, name) for folder in FOLDERS for where, _, names in os.walk(os.path.join(TOP, folder)) for name in names)
    scripts = [path for path in found if is_script(path)]
    failed = 0
    for number, path in enumerate(scripts, 1):
        run = subprocess.run(["shellcheck", "--severity=warning", *(["-s", "bash"] if "completions" in path else []), path], stdout=subprocess.PIPE, text=True, timeout=120)
        failed += run.returncode != 0
        print(f"{'not ' if run.returncode else ''}ok {number} - {os.path.relpath(path, TOP)}")
        for line in run.stdout.splitlines():
            print("#", line)
    print(f"1..{len(scripts)}")
    return 1 if failed or not scripts else 0


sys.exit(main())
