#!/usr/bin/env python3
"""tests/promises.tsv: each of the ten things that hold after whatever happens (I01 to I10), and each of the 38 faults (F01 to F38), has its tests, found
by words that are in them."""
import os
import re

TOP = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
WANTED = {f"I{n:02}" for n in range(1, 11)} | {f"F{n:02}" for n in range(1, 39)}
count = 0


def ok(passed, name, *notes):
    global count
    count += 1
    print(f"{'ok' if passed else 'not ok'} {count} - {name}")
    for note in notes if not passed else []:
        print(f"# {note}")


def shown(test, words):
    path = os.path.join(TOP, test)
    if not re.match(r"(tests|dev)/", test) or not os.path.isfile(path):
        return False
    with open(path, encoding="utf-8") as f:
        return 1 <= f.read().count(words) <= 6  # what stands all over a file shows nothing


with open(os.path.join(TOP, "tests/promises.tsv"), encoding="utf-8") as table:
    rows = [line.rstrip("\n").split("\t") for line in table if not line.startswith("#")]
ok(all(len(r) == 4 and all(r) for r in rows), "every row has its four fields", *[r for r in rows if len(r) != 4 or not all(r)])
ok({r[0] for r in rows} == WANTED, "every one has a row, and no other", *sorted({r[0] for r in rows} ^ WANTED))
for i, what, test, words in rows:
    ok(shown(test, words), f"{i}: {what}", test, words)
print(f"1..{count}")
