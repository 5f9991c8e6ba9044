#!/usr/bin/env python3
"""Every language of po/LINGUAS has every text of the sources, well formed, with the marks that the program reads in a text where they were (TAP)."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.abspath(os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")))
# What no language changes: conversions, options, links, answers' ids and files in quotes.
KEPT = re.compile(r"%[-0-9.*]*(?:zu|l*[a-z])|--[a-z][a-z-]+|https?://[A-Za-z0-9._~:/@-]*[A-Za-z0-9/]|\\[nt]")


def run(*command, text=None):
    return subprocess.run(command, input=text, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, cwd=TOP)


def variable(name):
    with open(os.path.join(TOP, "po/Makevars"), encoding="utf-8") as f:
        return re.search(rf"^{name} = (.*)$", f.read(), re.M).group(1).split()


def entries(path):
    """(msgid, [msgstr...]) of each translated entry; the escapes stay as they are."""
    text = run("msgcat", "--no-wrap", "--no-location", path).stdout
    for block in text.split("\n\n"):
        of = {key: value for key, value in re.findall(r'^(msgid|msgid_plural|msgstr(?:\[\d\])?) "(.*)"$', block, re.M)}
        if of.get("msgid") and "#~" not in block:
            yield of["msgid"], [value for key, value in of.items() if key.startswith("msgstr")]


def changed(path):
    for source, words in entries(path):
        for translation in words:
            if len(words) == 1 and sorted(KEPT.findall(source)) != sorted(KEPT.findall(translation)):
                yield f"{source!r}: {translation!r}"


def main():
    if not shutil.which("msgfmt"):
        print("1..0 # SKIP gettext is not installed")
        return 0
    with open(os.path.join(TOP, "po/LINGUAS"), encoding="utf-8") as f:
        languages = [line.strip() for line in f if line.strip() and not line.startswith("#")]
    failed = number = 0

    def ok(passed, name, *notes):
        nonlocal failed, number
        number += 1
        failed += not passed
        print(f"{'' if passed else 'not '}ok {number} - {name}")
        for note in notes if not passed else ():
            for line in str(note).splitlines():
                print("#", line)

    with tempfile.TemporaryDirectory() as folder:
        pot = os.path.join(folder, "all.pot")
        extracted = run("xgettext", "--files-from=po/POTFILES.in", "--directory=.", *variable("XGETTEXT_OPTIONS"), "-o", pot)
        ok(extracted.returncode == 0 and len(list(entries(pot))) > 900, "the texts of the sources are found", extracted.stdout)
        for language in languages:
            merged = os.path.join(folder, f"{language}.po")
            run("msgmerge", "-q", "--no-fuzzy-matching", f"po/{language}.po", pot, "-o", merged)
            checked = run("msgfmt", "-c", "--statistics", "-o", os.devnull, merged)
            ok(checked.returncode == 0, f"{language}: well formed", checked.stdout)
            missing = run("msgattrib", "--untranslated", "--no-obsolete", merged).stdout + run("msgattrib", "--only-fuzzy", "--no-obsolete", merged).stdout
            ok("msgid" not in missing, f"{language}: has every text", missing)
            marks = list(changed(merged))
            ok(not marks, f"{language}: conversions, options and links are the source's", *marks)
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
