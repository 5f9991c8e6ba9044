#!/usr/bin/env python3
"""What `render` writes for a virtual machine is understood by those who read it there: cloud-init, systemd, the shell. Three ways of sign-in, and every machine of
dev/matrix.tsv with MLFLOW_SETUP_ALL=1."""
import importlib.machinery
import importlib.util
import os
import re
import shutil
import subprocess

from harness import SOURCE, Home, done, ok, read, skip

try:
    import yaml
except ImportError:
    yaml = None

PARTS = os.environ.get("MLFLOW_SETUP_PARTS", os.path.join(SOURCE, ".parts"))
QUICK = ("vm-domain-oauth2", "vm-internal-iap", "vm-domain-basic")


def machines():
    """(name, --set options) of those that are looked at."""
    loader = importlib.machinery.SourceFileLoader("matrix", os.path.join(SOURCE, "dev/matrix"))
    matrix = importlib.util.module_from_spec(importlib.util.spec_from_loader("matrix", loader))
    loader.exec_module(matrix)
    every = {name: matrix.options(sets) for name, _, sets in matrix.combinations() if "target=vm" in sets}
    every[QUICK[0]] += ["--set", "cleanup.schedule=daily"]
    return every.items() if os.environ.get("MLFLOW_SETUP_ALL") else [(name, every[name]) for name in QUICK]


def rendered(home, name, options):
    """The path of the user data of this combination."""
    folder = home.file(f"out-{name}")
    run = home.run("render", home.example(), "--out", f"{folder}/", *options)
    ok(run.returncode == 0 and "//" not in run.stdout, f"{name}: render ends well", run.stdout, run.stderr)
    return os.path.join(folder, "user-data")


def checked(name, program, *words):
    """dev/parts has cloud-init where the machine has none."""
    program = shutil.which(program, path=os.environ["PATH"] + os.pathsep + os.path.join(PARTS, "bin")) or program
    if not os.path.isabs(program):
        skip(name, f"there is no {program}")
        return
    run = subprocess.run([program, *words], capture_output=True, text=True, timeout=60)
    ok(run.returncode == 0, name, run.stdout, run.stderr)


def unpack(home, mode, text):
    """The files below a folder of their own; their paths there."""
    top, paths = home.file(f"root-{mode}"), []
    for f in yaml.safe_load(text)["write_files"]:
        path = top + f["path"]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(f["content"])
        paths.append(path)
    return top, paths


def units(top, paths, mode):
    """systemd asks whether each program is there, so they are made in the folder, which is taken for the root."""
    found = [p for p in paths if p.endswith(".service")]
    for program in {line.split("=", 1)[1].lstrip("-").split()[0] for p in found for line in read(p).decode().splitlines() if line.startswith("Exec")}:
        os.makedirs(os.path.dirname(top + program), exist_ok=True)
        shutil.copy("/bin/true", top + program)
    for name in ("docker.service", "sysinit.target", "basic.target", "shutdown.target", "network-online.target"):
        with open(f"{top}/etc/systemd/system/{name}", "w", encoding="utf-8") as f:
            f.write("[Unit]\nDescription=Stands in for the system's\n" + ("[Service]\nExecStart=/bin/bash\n" if name.endswith("service") else ""))
    checked(f"{mode}: systemd takes the {len(found)} units", "systemd-analyze", "verify", f"--root={top}", "--man=no",
            *[p[len(top):] for p in found])


def containers_end(top, paths, mode):
    """systemd ends the docker client, which is not the container: whatever the end of a unit (its time is over, it is stopped), the container goes with it."""
    found = 0
    for path in (p for p in paths if p.endswith(".service")):
        lines = [line.split("=", 1) for line in read(path).decode().splitlines() if line.startswith("Exec")]
        scripts = [word for key, line in lines if key == "ExecStart" for word in line.split() if word.endswith(".sh")]
        names = re.findall(r"docker run (?:\S+ )*--name=(\S+)", "".join(read(top + s).decode() for s in scripts))
        afterwards = [line.lstrip("-") for key, line in lines if key == "ExecStopPost"]
        found += len(names)
        for name in names:
            ok(f"/usr/bin/docker rm --force {name}" in afterwards[:1], f"{mode}: {name}'s container ends with its unit", afterwards)
    ok(found >= 2, f"{mode}: the containers were looked at: {found}")


def secrets_stay_out(text, mode):
    """Every secret variable is fetched into memory, and none has a value in the file."""
    names = re.findall(r'echo "([A-Z_]+)=\$value" >>/run/mlflow/', text)
    ok({"PGPASSWORD", "MYSQL_PASSWORD"} & set(names) or "login" in mode, f"{mode}: the password is put together in memory", names)
    ok(not [line for line in text.splitlines() if any(line.strip().startswith(f"{n}=") for n in names)], f"{mode}: no secret has a value in the file")


def main():
    with Home() as home:
        for mode, options in machines():
            path = rendered(home, mode, options)
            text = read(path).decode()
            secrets_stay_out(text, mode)
            checked(f"{mode}: cloud-init's schema has nothing to say", "cloud-init", "schema", "--config-file", path)
            if not yaml:
                skip(f"{mode}: files of the user data", "this Python has no yaml")
                continue
            top, paths = unpack(home, mode, text)
            scripts = [p for p in paths if p.endswith(".sh")]
            ok(len(scripts) >= 3, f"{mode}: scripts are there", paths)
            checked(f"{mode}: shellcheck has nothing to say", "shellcheck", *scripts)
            units(top, paths, mode)
            containers_end(top, paths, mode)
    done()


if __name__ == "__main__":
    main()
