"""What the tables beside the tests have in common: rows of fields with a tab between them, and words that a test has."""
import os
import re

TOP = os.environ.get("TOP_SRCDIR", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))
count = 0


def ok(passed, name, *notes):
    global count
    count += 1
    print(f"{'ok' if passed else 'not ok'} {count} - {name}")
    for note in notes if not passed else []:
        print(f"# {note}")


def done():
    print(f"1..{count}")


def rows(name):
    """Of tests/NAME; lines that begin with # are none."""
    with open(os.path.join(TOP, "tests", name), encoding="utf-8") as f:
        return [line.rstrip("\n").split("\t") for line in f if not line.startswith("#")]


def shown(test, words):
    """Does this test have the words? What stands all over a file shows nothing."""
    path = os.path.join(TOP, test)
    if not re.match(r"(tests|dev)/", test) or not os.path.isfile(path):
        return False
    with open(path, encoding="utf-8") as f:
        return 1 <= f.read().count(words) <= 6
