#!/usr/bin/env python3
"""Every shell script of the repository passes shellcheck, and so does every one that `render` writes for a combination of dev/matrix.tsv (TAP)."""
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

TOP = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
BUILD = os.environ.get("TOP_BUILDDIR", os.path.join(TOP, "build"))
FOLDERS = (".ci", "dev", "templates", "tests", "completions")


def is_script(path):
    with open(path, "rb") as f:
        first = f.readline(80)
    return first.startswith((b"#!/bin/sh", b"#!/bin/bash")) or b"bash completion" in first


def below(folder):
    return sorted(path for where, _, names in os.walk(folder) for path in (os.path.join(where, name) for name in names) if is_script(path))


def kept():
    """The repository's own; a template's tags are no shell, what it becomes is checked instead."""
    for folder in FOLDERS:
        for path in below(os.path.join(TOP, folder)):
            if not path.endswith(".mustache") or "{{#" not in open(path, encoding="utf-8").read():
                yield os.path.relpath(path, TOP), path


def rendered(folder):
    """What the program writes, each text once, under the first combination that it is written for."""
    seen = set()
    listed = subprocess.run([os.path.join(TOP, "dev/matrix"), "--list"], stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout
    for name, *sets in map(shlex.split, listed.splitlines()):
        out = os.path.join(folder, name)
        subprocess.run([os.path.join(BUILD, "mlflow-setup"), "render", os.path.join(TOP, "examples/cloud-run.json"), "--out", out, *sets],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60, check=True, env=os.environ | {"HOME": folder, "LC_ALL": "C.UTF-8"})
        for path in below(out):
            text = open(path, encoding="utf-8").read()
            if text not in seen:
                seen.add(text)
                yield os.path.relpath(path, folder), path


def main():
    if not shutil.which("shellcheck"):
        print("1..0 # SKIP shellcheck is not installed")
        return 0
    failed = number = 0
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, path) in enumerate([*kept(), *rendered(folder)], 1):
            run = subprocess.run(["shellcheck", "--severity=warning", *(["-s", "bash"] if "completions" in path else []), path],
                                 stdout=subprocess.PIPE, text=True, timeout=120)
            failed += run.returncode != 0
            print(f"{'not ' if run.returncode else ''}ok {number} - {name}")
            for line in run.stdout.splitlines():
                print("#", line)
    print(f"1..{number}")
    return 1 if failed or not number else 0


sys.exit(main())
