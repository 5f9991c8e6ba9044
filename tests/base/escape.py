#!/usr/bin/env python3
"""What base/escape.h writes is read back by the parsers of the files' own readers."""
import configparser
import html
import json
import os
import subprocess

try:
    import tomllib
except ImportError:
    tomllib = None
try:
    import yaml
except ImportError:
    yaml = None

PROGRAM = os.path.join(os.environ.get("TOP_BUILDDIR", "."), "tests/base/escape")
VALUES = [
    "", "plain", "two words", '"double"', "'single'", "it's \"both\"", "back\\slash", "\\", "\\\\n", "$HOME ${HOME} $(id) `id`",
    "100%", "%(x)s", "%%", "{{x}} {{{x}}} {{#x}}", "#no comment", "; no comment", "a: b", "- a", "[a]", "key = value", "!tag",
    "&anchor *alias", "p@ss:w/o#rd%41", "line\nend", "cr\rlf\r\n", "\n", "tab\there", "bell\x07 esc\x1b[31m del\x7f", "\x01",
    "grüße", "日本語", "🦊", "\u0085next line", "\u2028 and \u2029", "\ufeffbom", "\u00a0edge\u3000", " lead", "trail ", "null", "true",
    "0777", "~", "*", "?", "a" * 5000, "\\u0041", "'''", '"""', "<&>", "!history", "-n", "\\$x", "EOF",
]
count = 0
failed = 0


def report(passed, name):
    global count, failed
    count += 1
    failed += not passed
    print(f"{'' if passed else 'not '}ok {count} - {name}", flush=True)


def escape(kind, value):
    run = subprocess.run([PROGRAM, kind], input=value.encode(), stdout=subprocess.PIPE, timeout=20)
    return run.returncode, run.stdout.decode()


def read_shell(text):
    # A word that holds a line end would be cut by $(...); printf %s of the word itself is exact.
    run = subprocess.run(["/bin/sh", "-c", "printf %s " + text], stdout=subprocess.PIPE, timeout=20)
    return run.stdout.decode()


def read_ini(text):
    parser = configparser.ConfigParser()
    parser.read_string("[mlflow]\nkey = " + text + "\nnext = 1\n")
    assert parser["mlflow"]["next"] == "1"
    return parser["mlflow"]["key"]


def read_dockerfile(text):
    """The rule of Docker's parser inside double quotes: a backslash keeps the next of \\ " $ (others stay with it)."""
    out, at = "", 0
    assert "\n" not in text
    while at < len(text):
        if text[at] == "\\" and text[at + 1] in '\\"$':
            at += 1
        else:
            assert text[at] not in '"$', text
        out += text[at]
        at += 1
    return out


READERS = [
    ("json", "json", lambda t: json.loads('"' + t + '"')),
    ("html", "html.unescape", html.unescape),
    ("shell", "sh", read_shell),
    ("ini", "configparser", read_ini),
    ("dockerfile", "the rule of its quoted words", read_dockerfile),
    ("line", "lines", lambda t: (t + "\nnext\n").split("\n")[0].strip()),
    ("none", "nothing", lambda t: t),
    ("toml", "tomllib", tomllib and (lambda t: tomllib.loads('key = "' + t + '"')["key"])),
    ("yaml", "PyYAML", yaml and (lambda t: yaml.safe_load('key: "' + t + '"\n')["key"])),
]
# Which values a kind of file may refuse: those that it cannot hold at all.
REFUSES = {
    "ini": lambda v: any(ord(c) < 32 and c != "\t" or 127 <= ord(c) < 160 for c in v) or v != v.strip(),
    "line": lambda v: any(ord(c) < 32 and c != "\t" or 127 <= ord(c) < 160 for c in v) or v != v.strip(),
    "dockerfile": lambda v: any(ord(c) < 32 and c != "\t" or 127 <= ord(c) < 160 for c in v),
}

for kind, by, read in READERS:
    if not read:
        count += 1
        print(f"ok {count} - {kind} is read back by {by} # SKIP {by} is not installed")
        continue
    wrong = []
    refused = 0
    for value in VALUES:
        status, text = escape(kind, value)
        if status == 3:
            refused += 1
            if not REFUSES.get(kind, lambda v: False)(value):
                wrong.append((value, "refused: " + text))
            continue
        try:
            back = read(text)
        except Exception as error:  # any complaint of the reader is a failure of the escape
            back = error
        if status or back != value:
            wrong.append((value, text, back))
    report(not wrong, f"{kind}: {len(VALUES) - refused} values are read back by {by}, {refused} refused")
    for entry in wrong:
        print("# " + repr(entry))

for kind in "toml", "yaml", "json", "ini", "dockerfile", "line":
    run = subprocess.run([PROGRAM, kind], input=b"bad \xff\xc0\x80 \xed\xa0\x80", stdout=subprocess.PIPE, timeout=20)
    report(run.returncode == 3 and run.stdout == b"is not valid UTF-8", f"{kind} refuses what is not UTF-8")
print(f"1..{count}")
raise SystemExit(failed > 0)
