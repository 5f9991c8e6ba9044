#!/usr/bin/env python3
"""What `render` writes, by the linters of others: hadolint reads every Dockerfile, checkov everything it knows of (Dockerfiles, manifests, Terraform, workflows). The open
checkov rates no finding, so each counts as a high one: it is gone, or it stands in linters.tsv with the reason; a reason that explains nothing any more is a
failure too. Every target, engine, path and way of sign-in is among the combinations; others are taken by their names in dev/matrix.tsv."""
import fnmatch
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from parts import PARTS, SOURCE, part_missing  # noqa: E402

from harness import Home, done, ok, read, skip  # noqa: E402 (its path is set in parts)

HERE = os.path.dirname(os.path.abspath(__file__))
HADOLINT, CHECKOV = os.path.join(PARTS, "hadolint/bin/hadolint"), os.path.join(PARTS, "checkov/bin/checkov")
STACKS = ("run-domain-oauth2", "run-url-iam-github", "run-url-iam-mysql-psc-direct", "gke-domain-oauth2", "gke-internal-iam", "trial-gke", "vm-domain-basic", "vm-internal-iap",
          "appengine-url-iap")


def combinations():
    loader = importlib.machinery.SourceFileLoader("matrix", os.path.join(SOURCE, "dev/matrix"))
    matrix = importlib.util.module_from_spec(importlib.util.spec_from_loader("matrix", loader))
    loader.exec_module(matrix)
    return [(name, matrix.options(sets)) for name, _, sets in matrix.combinations() if name in (sys.argv[1:] or STACKS)]


def rendered(home):
    """A folder with the files of each combination in one of their own."""
    top = home.file("rendered")
    os.mkdir(top)
    for name, options in combinations():
        run = home.run("render", home.example(), "--out", os.path.join(top, name), "--quiet", *options)
        ok(run.returncode == 0, f"{name} is rendered", run.stdout, run.stderr)
    return top


def reasons():
    """(check, what it is about, why) of each line of the table."""
    with open(os.path.join(HERE, "linters.tsv"), encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f if line.strip() and not line.startswith("#")]


def dockerfiles(top):
    """hadolint on each text once; a finding of any level is one."""
    texts = {}
    for name in sorted(os.listdir(top)):
        path = os.path.join(top, name, "Dockerfile")
        if os.path.exists(path):
            texts.setdefault(read(path), path)
    for path in texts.values():
        run = subprocess.run([HADOLINT, "--no-color", path], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        ok(run.returncode == 0, f"hadolint has nothing to say of {os.path.relpath(path, top)}", run.stdout, run.stderr)
    bad = os.path.join(top, "bad")
    with open(bad, "w", encoding="utf-8") as f:
        f.write("FROM debian\nRUN cd /tmp && sudo apt-get install curl\n")
    run = subprocess.run([HADOLINT, "--no-color", bad], capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    ok(run.returncode != 0 and texts, "and has of a bad one", run.stdout)
    os.unlink(bad)


def about(top, framework, check):
    """What a finding is about: a kind of resource; of a supposed secret the line itself, so that no other is explained with it."""
    if framework == "secrets":
        lines = read(top + check["file_path"]).decode().splitlines()
        return " ".join(lines[check["file_line_range"][0] - 1].split())
    return framework if framework == "dockerfile" else check["resource"].split(".")[0]


def findings(home, top):
    """What checkov finds: {(check, what about): [its words and where]}; its summaries, and what it wrote. It asks nobody: no guidelines, no registry."""
    run = subprocess.run([CHECKOV, "--directory", top, "--framework", "dockerfile", "kubernetes", "terraform", "github_actions", "secrets", "--output", "json", "--compact", "--quiet",
                          "--skip-download", "--download-external-modules", "false"], capture_output=True, text=True, timeout=900, stdin=subprocess.DEVNULL, cwd=home.path,
                         env={"PATH": f"{os.path.dirname(CHECKOV)}:/usr/bin:/bin", "HOME": home.path, "LC_ALL": "C.UTF-8", "LOG_LEVEL": "ERROR", "HCL_PARSE_TIMEOUT_SEC": "300"})
    said, found = json.loads(run.stdout or "[]"), {}
    reports = {r["check_type"]: r for r in (said if isinstance(said, list) else [said]) if "check_type" in r}
    for framework, report in reports.items():
        for check in report["results"]["failed_checks"]:
            found.setdefault((check["check_id"], about(top, framework, check)), []).append(f"{check['check_name']}: {check['file_path']} {check['resource']}")
    return found, {framework: r["summary"] for framework, r in reports.items()}, run.stderr


def checked(home, top):
    found, summaries, stderr = findings(home, top)
    for framework in ("dockerfile", "kubernetes", "terraform"):
        read_well = summaries.get(framework, {"passed": 0, "parsing_errors": 0})
        ok(read_well["passed"] and not read_well["parsing_errors"], f"checkov has read all for {framework} ({read_well['passed']} checks pass)", summaries, stderr[-2000:])
    table, used = reasons(), set()
    for (check, kind), where in sorted(found.items()):
        why = [i for i, (which, about, _) in enumerate(table) if which == check and fnmatch.fnmatchcase(kind, about)]
        used.update(why)
        ok(why, f"{check} of {kind} is explained", *where[:6], len(where))
    for i, (check, about, why) in enumerate(table):
        ok(why and (i in used or sys.argv[1:]), f"{check} of {about}: the reason is still needed")


def main():
    with Home() as home:
        top = rendered(home)
        for name, path, part, test in (("hadolint", HADOLINT, "hadolint", lambda: dockerfiles(top)), ("checkov", CHECKOV, "checkov", lambda: checked(home, top))):
            if part_missing(path, part):
                skip(name, part_missing(path, part))
            else:
                test()
    done()


if __name__ == "__main__":
    main()
