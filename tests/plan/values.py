#!/usr/bin/env python3
"""Good and bad values of every question: tests/plan/values.tsv for texts and lists, made up here for numbers, switches and choices. Each is tried on a whole
example, so that what only several answers show is refused too; the refusal names the question and says why."""
import concurrent.futures
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
from harness import SOURCE, Home, done, ok  # noqa: E402


def rows():
    with open(os.path.join(SOURCE, "tests/plan/values.tsv"), encoding="utf-8") as f:
        for line in f:
            if line.strip() and not line.startswith("#"):
                id_, sense, value, words, sets = (line.rstrip("\n").split("\t") + ["", ""])[:5]
                yield id_, sense == "good", value, words, sets.split()


# Switches that are possible only with other answers: their rows say which.
NEEDY = {"server.jobs"}


def made_up(question):
    """(good, value, words) that every question of its type has."""
    kind = question["type"]
    if kind == "int":
        return [(True, str(question["default"]), ""), (False, str(question["max"] + 1), "outside"), (False, str(question["min"] - 1), "outside"),
                (False, "many", "whole number"), (False, "99999999999999999999", "whole number")]
    if kind == "bool":
        return [(True, "true" if question["id"] not in NEEDY else "false", ""), (True, "false", ""), (False, "maybe", "true or false")]
    if kind == "choice":
        return [(True, str(question["default"]), ""), (False, "no-such-choice", "none of the choices")]
    return []


def main():
    with Home() as home:
        example = home.example()
        questions = [json.loads(line) for line in home.run("questions", "--json").stdout.splitlines()]
        ids, listed = {q["id"] for q in questions}, list(rows())
        ok(ids.issuperset(r[0] for r in listed), "every row is a question's", {r[0] for r in listed} - ids)
        for q in questions:
            senses = {good for id_, good, *_ in listed if id_ == q["id"]} | {good for good, *_ in made_up(q)}
            ok(senses == {True, False}, f"{q['id']} has a good and a bad value")
        tries = listed + [(q["id"], good, value, words, []) for q in questions for good, value, words in made_up(q)]
        def validate(row):
            id_, _, value, _, sets = row
            return row, home.run("validate", example, *[w for s in [*sets, f"{id_}={value}"] for w in ("--set", s)])
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for (id_, good, value, words, _), run in pool.map(validate, tries):
                if good:
                    ok(run.returncode == 0 or f"{id_}:" not in run.stderr, f"{id_}={value} is taken", run.stderr)
                else:
                    ok(run.returncode == 65 and f"{id_}:" in run.stderr and words in run.stderr.replace("\n", " "), f"{id_}={value} is refused: {words}",
                       run.returncode, run.stderr)
    done()


main()
