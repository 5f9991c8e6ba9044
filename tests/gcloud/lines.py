#!/usr/bin/env python3
"""Each line of gcloud's that the program tells somebody to paste is one that gcloud takes: all that stand in its sources and templates, put together as the code puts
them together, with a word for each value, held against gcloud's own parser (TAP)."""
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
from harness import SOURCE, done, ok, skip  # noqa: E402

LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
# A name's own letters; an option; what follows a command's words as a value.
WORD = re.compile(r"[a-z][a-z0-9-]*$")
# What gcloud asks for by a value of its own: the option, and a value that is one.
VALUES = {"--role": "roles/viewer", "--location": "us-central1", "--region": "us-central1", "--zone": "us-central1-a", "--member": "user:a@example.com",
          "--prefix-length": "20"}
LEAST = 45


def functions(text):
    """The bodies of a C file, a function or a table each: what ends at a brace in the first column."""
    return re.split(r"^}", text, flags=re.M)


def told(body):
    """All that a body tells, in order: its literals, joined as the compiler joins them, and a word for each value that the code puts between them."""
    out, end = [], 0
    body = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    body = re.sub(r'"[\s\\]*\n[\s\\]*"', "", re.sub(r"json_(str|bool|num|at)\([^;{}()]*\)", "VALUE", body))
    body = re.sub(r'put_option\(&?b, "(--[a-z-]+)", [^;]*\);', r'buf_puts(b, " \1=x");', body)
    for m in LITERAL.finditer(body):
        between = body[end:m.start()]
        if "escape_word(" in between:
            out.append("x")
        elif not re.fullmatch(r"[^;{}]*buf_puts\(&?b, |[^;{}]*\);\s*buf_(puts|printf)\((&b|b|out), ", between):
            out.append("\n")
        out.append(m.group(1))
        end = m.end()
    out.append("x" if "escape_word(" in body[end:] else "")
    return "".join(out)


def texts_of(path):
    """What a file tells, in lines; a value is x, or 1 where it is a number."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if not path.endswith(".c"):
        return text.splitlines()
    whole = "\n".join(told(body) for body in functions(text)).replace(r"\"", '"').replace(r"\n", "\n").replace("%%", "%")
    return re.sub(r"%[-0-9.*]*l*s", "x", re.sub(r"%[-0-9.]*l*[dfu]", "1", whole)).splitlines()


def is_told(before, options):
    """As ui/command.c has it: after a colon, in brackets, or at the beginning; elsewhere it may be no more than a name."""
    return options or not before.strip("# ") or before.rstrip()[-1:] in (":", "(", "$")


def command(before, text):
    """The command at the beginning of a text, up to where its sentence goes on; None where it is only named."""
    words, options = [], False
    for word in text.split(" "):
        bare = word.rstrip(".,;:)'\"`")
        option = bare.startswith("--")
        value = re.fullmatch(r"x|1|[A-Z_]+|x[-/]x.*|gs://\S*|[a-z0-9-]+\.googleapis\.com|[a-z0-9./]+\.yaml|/dev/stdin|-", bare)
        if not bare or not (option or value or (WORD.match(bare) and not options)):
            break
        options |= option
        name, _, _ = bare.partition("=")
        words.append(f"{name}={VALUES[name]}" if "=" in bare and name in VALUES else bare)
        if bare != word:
            break
    words.sort(key=lambda w: w.startswith("--"))  # its parser takes a word behind an option for the option's
    return "gcloud " + " ".join(words) if len(words) > 1 and is_told(before, options) else None


def commands_of(path):
    for line in texts_of(path):
        for m in re.finditer(r"gcloud (?=[a-z])", line):
            found = command(line[:m.start()], line[m.end():])
            if found:
                yield found


def lint(commands):
    """What gcloud's parser says of each: nothing where it takes it."""
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "commands.json"), "w", encoding="utf-8") as f:
            json.dump([{"command_string": c} for c in commands], f)
        run = subprocess.run(["gcloud", "meta", "lint-gcloud-commands", "--commands-file", f.name], capture_output=True, text=True, timeout=500, check=False,
                             env={"PATH": os.environ["PATH"], "HOME": folder, "CLOUDSDK_CONFIG": folder, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"})
    try:
        return json.loads(run.stdout)
    except ValueError:
        return run.stdout[-2000:] + run.stderr[-2000:]


def main():
    if not shutil.which("gcloud"):
        skip("lines of gcloud's", "gcloud is not installed")
        done()
    found = {}
    for pattern in ("src/**/*.c", "ui/*.c", "templates/**/*.mustache"):
        for path in sorted(glob.glob(f"{SOURCE}/{pattern}", recursive=True)):
            for line in commands_of(path):
                found.setdefault(line, os.path.relpath(path, SOURCE))
    ok(len(found) >= LEAST, f"{len(found)} lines are told", *found)
    replies = lint([*found, "gcloud run services update x --no-such-option"])
    if not ok(isinstance(replies, list) and len(replies) == len(found) + 1, "gcloud's parser looks at them", str(replies)[:2000]):
        done()
    ok(not replies.pop()["success"], "and finds fault where there is some")
    for reply in replies:
        line = reply["command_string"]
        ok(reply["success"], f"{found[line]}: {line}", reply.get("error_message"))
    done()


if __name__ == "__main__":
    main()
