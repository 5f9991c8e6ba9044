#!/usr/bin/env python3
"""tests/ids.tsv: each fault that was found by kind (S: safety, T: truth, U: the simulated cloud) has a row with a test that has its id in what it says."""
import os
import re

from table import TOP, done, ok, rows

WANTED = [f"{letter}{n}" for letter, last in (("S", 18), ("T", 18), ("U", 24)) for n in range(1, last + 1)]


def says(test, name):
    """Does a check of this test begin with the id, or name it among others?"""
    path = os.path.join(TOP, test)
    if not re.match(r"tests/.*\.(c|py|sh)$", test) or not os.path.isfile(path):
        return False
    with open(path, encoding="utf-8") as f:
        return re.search(r'"[^"\n]*\b%s\b[^"\n]*"' % name, f.read()) is not None


def main():
    listed = rows("ids.tsv")
    faults = [f"{name} has no row" for name in WANTED if [r[0] for r in listed].count(name) != 1]
    faults += [f"{r[0]} is no such fault" for r in listed if r[0] not in WANTED]
    faults += [f"{r[0]}: no check of {r[-1]} has that id" for r in listed if len(r) != 2 or not says(r[1], r[0])]
    ok(not faults, f"each of {len(WANTED)} faults has its test", *faults)
    done()


main()
