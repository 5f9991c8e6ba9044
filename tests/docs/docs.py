#!/usr/bin/env python3
"""The manual is well formed, agrees with the program's tables, and the completions complete."""
import glob
import os
import re
import shutil
import subprocess
from xml.etree import ElementTree

TOP = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
BUILD = os.environ.get("TOP_BUILDDIR", os.path.join(TOP, "build"))
count = 0
failed = 0


def report(passed, name, notes=""):
    global count, failed
    count += 1
    failed += not passed
    print(f"{'' if passed else 'not '}ok {count} - {name}", flush=True)
    for line in "" if passed else str(notes).splitlines():
        print("#", line)


def skip(name, why):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {why}", flush=True)


def manual():
    for page in sorted(glob.glob(os.path.join(TOP, "man/*.[1-8]"))):
        name = f"{os.path.basename(page)} passes mandoc's lint"
        if not shutil.which("mandoc"):
            skip(name, "mandoc is not installed")
            continue
        run = subprocess.run(["mandoc", "-Tlint", "-W", "style", page], stdout=subprocess.PIPE, text=True, timeout=60)
        # Our own pages are not installed where this runs.
        said = [line for line in run.stdout.splitlines() if "referenced manual not found: Xr mlflow-setup" not in line]
        report(not said, name, "\n".join(said))


def tables():
    run = subprocess.run([os.path.join(TOP, "dev/gen-docs"), "--check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    report(run.returncode == 0, "the manual and the completions agree with the program's tables", run.stdout)
    with open(os.path.join(TOP, "man/mlflow-setup-sim.1"), encoding="utf-8") as f:
        page = f.read().replace("\\-", "-")
    run = subprocess.run([os.path.join(BUILD, "mlflow-setup-sim"), "--help"], stdout=subprocess.PIPE, text=True, timeout=60)
    options = {word.split("=")[0].strip("[],") for word in run.stdout.split() if word.strip("[").startswith("--")}
    missing = sorted(o.strip("[") for o in options if f"Fl {o.strip('[')[1:]}" not in page and o not in ("--help", "--version"))
    report(run.returncode == 0 and options and not missing, "every option of the simulated cloud is in its manual", f"{options} {missing}")


def pictures():
    """Those of README are there, made by dev/pictures, and their text is text of the program."""
    with open(os.path.join(TOP, "README.md"), encoding="utf-8") as f:
        named = re.findall(r"!\[[^]]*\]\(([^)]*)\)", f.read())
    for path in named:
        try:
            root = ElementTree.parse(os.path.join(TOP, path)).getroot()
            words = "".join(t.text or "" for t in root.iter("{http://www.w3.org/2000/svg}text"))
        except (OSError, ElementTree.ParseError) as e:
            words = str(e)
        report("MLflow on Google Cloud" in words and "rehearsal" in words, f"{path} shows the program", words)
    report(len(named) >= 3, "README has pictures of review, build and done", named)


def complete(line, program="mlflow-setup"):
    """What bash would propose for this line."""
    script = ('compopt() { :; }; . "$1"; COMP_LINE=$2 COMP_POINT=${#2}; read -ra COMP_WORDS <<<"$2"; [[ $2 == *" " ]] && COMP_WORDS+=("");'
              'COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "$3"; printf "%s\\n" "${COMPREPLY[@]}"')
    run = subprocess.run(["bash", "--norc", "-c", script, "bash", os.path.join(TOP, "completions", program), line,
                          "_" + program.replace("-", "_")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60,
                         cwd=os.path.join(TOP, "examples"))
    return run.stdout.split()


def completions():
    for line, wanted in (
        ("mlflow-setup app", ["apply"]),
        ("mlflow-setup --reh", ["--rehearse"]),
        ("mlflow-setup apply x.json --cloud-", ["--cloud-proxy", "--cloud-ca"]),
        ("mlflow-setup apply gk", ["gke.json"]),
        ("mlflow-setup --set auth.mo", ["oauth2-proxy", "iap", "basic", "iam"]),
        ("mlflow-setup --set database.engine=p", ["postgresql"]),
        ("mlflow-setup --color ", ["always", "never", "auto"]),
        ("mlflow-setup destroy x.json --delete-data ", ["database", "artifacts", "volume"]),
        ("mlflow-setup schema ", []),
    ):
        # Where = breaks words bash itself has cut what stands before it.
        got = [word.split("=")[-1] for word in complete(line)]
        report(got == wanted, f"completion of \"{line}\"", f"{got} instead of {wanted}")
    run = subprocess.run([os.path.join(BUILD, "mlflow-setup-sim"), "--help"], stdout=subprocess.PIPE, text=True, timeout=60)
    options = set(re.findall(r"^  (--[a-z-]+)", run.stdout, re.M)) | {"--version"}
    got = set(complete("mlflow-setup-sim --", "mlflow-setup-sim"))
    report(got == options, "completion of the simulated cloud's options", options ^ got)


def exit_codes():
    """Those of the manual are those that --help names."""
    with open(os.path.join(TOP, "man/mlflow-setup.1"), encoding="utf-8") as f:
        codes = set(re.findall(r"^\.It (\d+)$", f.read().split(".Sh EXIT STATUS")[1].split(".Sh")[0], re.M))
    run = subprocess.run([os.path.join(BUILD, "mlflow-setup"), "--help"], stdout=subprocess.PIPE, text=True, timeout=60, env={"LC_ALL": "C"})
    said = set(re.findall(r"(?:status:|,)\s(\d+) ", run.stdout.split("Exit status")[1].join(["status", ""])))
    report(codes and codes == said, "the manual and --help name the same exit codes", codes ^ said)


manual()
tables()
pictures()
exit_codes()
if shutil.which("bash"):
    completions()
else:
    skip("completions", "bash is not installed")
print(f"1..{count}")
raise SystemExit(failed > 0)
