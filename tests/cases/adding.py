#!/usr/bin/env python3
"""What adding a choice costs, by doing it: a fifth target, auth mode, another engine or exposure is written as one file, gets its rows in the tables,
and a program is made of that file, the file that holds the tables and the archives as they stand. No other file is compiled again, and yet
validate, questions, schema, plan and render know the choice."""
import json
import os
import re
import shlex
import subprocess

import harness
from harness import BUILD, SOURCE, Home, done, ok

# axis, the choice that the new one is a copy of, its question, and the answers that go with it.
AXES = [
    ("target", "run", "target", {}),
    ("auth_mode", "iam", "auth.mode", {}),
    ("database", "mysql", "database.engine", {"database.version": "FIFTH_8_4"}),
    ("exposure", "service_url", "exposure", {}),
]
# What the tables are read into.
HOLDER = "src/plan/axes.c"


def text(*path):
    with open(os.path.join(*path), encoding="utf-8") as f:
        return f.read()


def stem(axis, name):
    return f"{'auth' if axis == 'auth_mode' else axis}_{name}"


def a_copy(axis, name):
    """The choice's file under the name "fifth": struct, id, and the ids of the questions and versions that are its own."""
    code = text(SOURCE, f"src/plan/{stem(axis, name)}.c")
    ident = re.search(r"\.choice =\s*\{\s*\.id = \"([a-z0-9-]+)\"", code).group(1)
    own = re.findall(r'\{\.id = "([a-z_0-9]+\.[a-z_0-9.]+)"', code)
    for question in own:
        code = code.replace(f'"{question}"', f'"fifth.{question.split(".", 1)[1]}"')
    code = re.sub(r'"MYSQL_(\d_\d)"', r'"FIFTH_\1"', code)
    code = re.sub(rf"\b{axis}_{name} =", f"{axis}_fifth =", code)
    return re.sub(rf'(\.choice =\s*\{{\s*\.id = )"{ident}"', r'\1"fifth"', code), ident, own


def add(folder, axis, name, question):
    """Writes the file and the rows; the ids of the copy's own questions as they were."""
    code, ident, own = a_copy(axis, name)
    os.makedirs(f"{folder}/src/plan")
    rows = {"axes.tbl": text(SOURCE, "src/plan/axes.tbl").replace(f"CHOICE({axis}, {name})\n", f"CHOICE({axis}, {name})\nCHOICE({axis}, fifth)\n")}
    pairs = text(SOURCE, "src/plan/pairs.tbl")
    calls = re.findall(r"^(?:REFUSE|PREFER)\((?:[^()\"]|\"(?:\\.|[^\"])*\"|N_\((?:[^()\"]|\"(?:\\.|[^\"])*\")*\))*\)", pairs, re.M)
    more = [c.replace(f'"{question}", "{ident}"', f'"{question}", "fifth"').replace(f'"{question}={ident}"', f'"{question}=fifth"') for c in calls]
    rows["pairs.tbl"] = pairs + "\n".join(m for m, c in zip(more, calls) if m != c and not c.startswith("PREFER")) + "\n"
    for table, content in {**rows, f"{stem(axis, 'fifth')}.c": code, os.path.basename(HOLDER): text(SOURCE, HOLDER)}.items():
        with open(f"{folder}/src/plan/{table}", "w", encoding="utf-8") as f:
            f.write(content)
    return own


def make_says(variable):
    """A variable of the makefile, as the program was built."""
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}  # the make that this may run under says where it is
    said = subprocess.run(["make", "-s", "--no-print-directory", "--eval", f"print-it:; $(info $({variable}))@:", "print-it"], cwd=BUILD,
                          capture_output=True, text=True, check=True, env=env)
    return shlex.split(said.stdout)


def build(folder, axis):
    """The program with the choice in it: two files compiled, all else as it stands. What the compiler or linker says, "" when all is well."""
    compile_, link, objects, archives = (make_says(v) for v in ("COMPILE", "mlflow_setup_LINK", "mlflow_setup_OBJECTS", "mlflow_setup_LDADD"))
    link = (link or make_says("LINK"))[:-1]  # its last word is the target, which is not this one
    at = next(i for i, word in enumerate(compile_) if word.startswith("-"))
    own = []
    for name in (os.path.basename(HOLDER), f"{stem(axis, 'fifth')}.c"):
        own.append(f"{folder}/{name[:-2]}.o")
        r = subprocess.run([*compile_[:at], f"-I{folder}/src", *compile_[at:], "-c", f"{folder}/src/plan/{name}", "-o", own[-1]], cwd=BUILD,
                           capture_output=True, text=True)
        if r.returncode:
            return r.stderr
    r = subprocess.run([*link, f"{folder}/mlflow-setup", *objects, *own, *archives, *make_says("LIBS")], cwd=BUILD, capture_output=True, text=True)
    return r.stderr if r.returncode else ""


def others(folder):
    """The files of the copy that are not as they stand here, tables aside."""
    return [n for n in sorted(os.listdir(f"{folder}/src/plan")) if not n.endswith(".tbl")
            and (not os.path.exists(f"{SOURCE}/src/plan/{n}") or text(SOURCE, "src/plan", n) != text(folder, "src/plan", n))]


def known(home, axis, question, own, answers):
    """Do the verbs know it?"""
    with open(harness.EXAMPLE, encoding="utf-8") as f:
        example = json.load(f)
    example["answers"].update({question: "fifth", **answers})
    for ident in own:
        if ident in example["answers"]:
            example["answers"]["fifth." + ident.split(".", 1)[1]] = example["answers"][ident]
    path = home.file(f"{axis}.json", example)
    r = home.run("validate", path)
    ok(r.returncode == 0, f"{axis}: validate takes it", r.stdout, r.stderr)
    r = home.run("validate", home.file("other.json", {**example, "answers": {**example["answers"], question: "sixth"}}))
    ok(r.returncode == 65 and "fifth" in r.stderr, f"{axis}: and names it where there is a word that is none", r.stdout, r.stderr)
    r = home.run("questions")
    ok("fifth" in r.stdout, f"{axis}: questions name it", r.stdout[-300:], r.stderr)
    r = home.run("schema")
    ok('"fifth"' in r.stdout, f"{axis}: so does the schema", r.stdout[-300:], r.stderr)
    r = home.run("plan", "--rehearse", path)
    ok(r.returncode == 2, f"{axis}: it is planned", r.stdout[-1500:], r.stderr)
    out = f"{home.path}/{axis}.out"
    r = home.run("render", path, "--out", out)
    ok(r.returncode == 0 and os.listdir(out), f"{axis}: and rendered", r.stdout, r.stderr)


def main():
    with Home() as home:
        for axis, name, question, answers in AXES:
            folder = f"{home.path}/{axis}"
            own = add(folder, axis, name, question)
            said = build(folder, axis)
            ok(not said, f"{axis}: a program is made of the new file and the rows", said)
            ok(others(folder) == [f"{stem(axis, 'fifth')}.c"], f"{axis}: no .c file but its own is another", *others(folder))
            if not said:
                harness.PROGRAM = f"{folder}/mlflow-setup"
                known(home, axis, question, own, answers)
    done()


main()
