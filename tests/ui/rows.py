#!/usr/bin/env python3
"""rows.tsv names a test for each feature: the test is there, and so is the name (TAP)."""
import os

TOP = os.environ["TOP_SRCDIR"]
count = 0


def ok(passed, name):
    global count
    count += 1
    print(f"{'' if passed else 'not '}ok {count} - {name}")


with open(os.path.join(TOP, "tests/ui/rows.tsv"), encoding="utf-8") as file:
    rows = [line.rstrip("\n").split("\t") for line in file if not line.startswith("#")]
ok([row[0] for row in rows] == [str(n) for n in range(1, 30)], "there are 29 rows")
for number, feature, test, name in rows:
    if test == "missing":
        count += 1
        print(f"ok {count} - {number}, {feature} # SKIP missing: {name}")
        continue
    with open(os.path.join(TOP, test), encoding="utf-8") as file:
        ok(name in file.read(), f"{number}, {feature}: {test} shows it")
print(f"1..{count}")
