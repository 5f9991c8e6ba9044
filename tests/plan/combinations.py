#!/usr/bin/env python3
"""dev/matrix.tsv has every triple of target, exposure and auth mode that goes together, and every pair of the other choices (not the whole product): what it lacks is tried as
a whole combination, and is missed where `validate` takes one."""
import itertools
import json
import os
import random
import re
import shlex
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
from harness import EXAMPLE, SOURCE, Home, done, ok  # noqa: E402

TRIES = 12
# What is chosen where; a cluster of each origin counts as a target of its own. Of what is no axis: as it is by default, and not.
TARGETS = {"run": {}, "appengine": {"appengine.for_ever": "true"}, "vm": {}, "gke": {"gke.cluster": "new"},
           "gke existing": {"gke.cluster": "existing", "gke.name": "shared", "gke.location": "us-central1-a"}, "gke context": {"gke.cluster": "context", "gke.context": "elsewhere"}}
AXES = ["exposure", "auth.mode", "database.engine", "database.path", "network.mode", "artifacts.mode"]
SETTINGS = {"database.login": "account", "cleanup.schedule": "weekly", "server.gateway": "false", "alerts.addresses": "oncall@example.com", "stack.labels": "team=ml"}
# What a choice asks for.
ASKS = {("exposure", "domain"): {"domain.host": "mlflow.example.com", "domain.zone": "example-com"}, ("database.path", "cluster"): {"database.version": "POSTGRES_18"},
        ("database.engine", "mysql"): {"database.version": "MYSQL_8_4"}, ("network.mode", "existing"): {"network.name": "corp", "network.subnet": "apps"},
        ("network.mode", "shared"): {"network.host_project": "net-proj", "network.name": "hub", "network.subnet": "apps"}}


def lines():
    """(name, {ID: VALUE}) of each combination."""
    with open(os.path.join(SOURCE, "dev/matrix.tsv"), encoding="utf-8") as f:
        for line in f:
            line = line.split("#")[0].rstrip("\n")
            if line.strip():
                name, _, sets = (line.split("\t") + ["", ""])[:3]
                yield name.strip(), dict(s.split("=", 1) for s in shlex.split(sets))


def refusals():
    """(question, choice, with, and) of the table of what does not go together: only to look for combinations where some are."""
    with open(os.path.join(SOURCE, "src/plan/pairs.tbl"), encoding="utf-8") as f:
        return re.findall(r'REFUSE\("([^"]*)",\s*"([^"]*)",\s*"([^"]*)",\s*"([^"]*)"', f.read())


def text_of(value):
    return "true" if value is True else "false" if value is False else ",".join(value) if isinstance(value, list) else value


def chosen(sets, base):
    """A combination's choices, by dimension."""
    all_of = base | sets
    target = all_of["target"] + (f" {all_of['gke.cluster']}" if all_of["target"] == "gke" and all_of["gke.cluster"] != "new" else "")
    settings = {k: v if text_of(all_of[k]) != text_of(base[k]) else text_of(base[k]) for k, v in SETTINGS.items()}
    return {"target": target} | {a: all_of[a] for a in AXES} | settings


def matters(c, dimension):
    """Is it asked with the others? A network is of no interest where nothing of the stack's stands in one."""
    if dimension == "network.mode":
        return c["target"] not in ("gke existing", "gke context") and not (c["target"] in ("run", "appengine") and c["database.path"] in ("public", "cluster"))
    if dimension == "database.login":
        return c["database.path"] != "cluster"
    return dimension != "alerts.addresses" or c["exposure"] != "internal"


def pairs_of(c):
    return {((a, c[a]), (b, c[b])) for a, b in itertools.combinations(c, 2) if matters(c, a) and matters(c, b)}


def refused(c, table):
    def holds(words):
        question, _, value = words.partition("=")
        is_ = (c["target"] + " new").split()[:2][question == "gke.cluster"] if question in ("target", "gke.cluster") else c.get(question)
        return not words or is_ == value
    return any(c.get(question) == choice and holds(one) and holds(other) for question, choice, one, other in table)


def taken(home, answers, c, base):
    """Does `validate` take it as a whole?"""
    sets = {"target": c["target"].split()[0]} | TARGETS[c["target"]]
    for dimension, value in list(c.items())[1:]:
        if matters(c, dimension) and value != text_of(base[dimension]):
            sets[dimension] = value
        if matters(c, dimension):
            sets |= ASKS.get((dimension, value), {})
    return home.run("validate", answers, *[w for k, v in sets.items() for w in ("--set", f"{k}={v}")]).returncode == 0


def possible(home, answers, part, values, base, table):
    """A combination that has this part and is taken; None when none of those that were tried is."""
    tries = 0
    for _ in range(400):
        c = {k: part.get(k) or random.choice(v) for k, v in values.items()}
        if refused(c, table) or not all(matters(c, k) for k in part):
            continue
        if taken(home, answers, c, base):
            return c
        tries += 1
        if tries == TRIES:
            return None
    return None


def main():
    random.seed(1)
    with open(EXAMPLE, encoding="utf-8") as f:
        base = json.load(f)["answers"]
    with Home() as home:
        answers, table = home.example(), refusals()
        choices = {q["id"]: [c["id"] for c in q["choices"]] for q in map(json.loads, home.run("questions", "--json").stdout.splitlines()) if q.get("choices")}
        values = {"target": list(TARGETS)} | {a: choices[a] for a in AXES} | {k: [text_of(base[k]), v] for k, v in SETTINGS.items()}
        have = [chosen(sets, base) for _, sets in lines()]
        ok({t.split()[0] for t in TARGETS} == set(choices["target"]), "every target is among them", choices["target"])
        triples = {(c["target"], c["exposure"], c["auth.mode"]) for c in have}
        for triple in itertools.product(values["target"], values["exposure"], values["auth.mode"]):
            lacks = None if triple in triples else possible(home, answers, dict(zip(values, triple)), values, base, table)
            if triple in triples or lacks:
                ok(not lacks, f"a line with {', '.join(triple)}", lacks)
        pairs = set().union(*map(pairs_of, have))
        missing = []
        for a, b in itertools.combinations(values, 2):
            for pair in itertools.product([(a, v) for v in values[a]], [(b, v) for v in values[b]]):
                if pair not in pairs and possible(home, answers, dict(pair), values, base, table):
                    missing.append(" with ".join("=".join(one) for one in pair))
        ok(not missing, f"every pair of the other choices has a line: {len(pairs)} of them", *missing)
    done()


main()
