#!/usr/bin/env python3
"""The generated JSON Schema agrees with our own validator: over the example, mutations of it, and random values for every question.

Whatever our validator accepts, the schema accepts. What the schema refuses, our validator refuses. (The schema cannot say everything that our
validator knows, such as that nobody could sign in.) For wrong types, ranges, choices, patterns and unknown keys both must refuse.
"""
import copy
import json
import os
import random
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    print("1..0 # SKIP PyPI's jsonschema is not installed: the schema was not held against an independent validator")
    sys.exit(0)

TOOL = os.path.join(os.environ["TOP_BUILDDIR"], "tests/plan/answers-tool")
EXAMPLE = os.path.join(os.environ["TOP_SRCDIR"], "examples/cloud-run.json")
WRONG = [None, True, 7, -3, 2.5, "", "nonsense!", [], {}, [1], [""], ["a@b.co", "a@b.co"], ["x y"], "*", 10**6]


def judge(files):
    text = "".join(json.dumps(f) + "\n" for f in files)
    run = subprocess.run([TOOL], input=text, capture_output=True, text=True, check=True, timeout=60)
    return [line == "ok" for line in run.stdout.splitlines()]


def mutations(example, schema):
    draw = random.Random(7)
    properties = schema["properties"]["answers"]["properties"]
    for key, rule in properties.items():
        for value in WRONG + rule.get("enum", []) + [rule["default"], rule.get("minimum", 0) - 1, rule.get("maximum", 0) + 1]:
            changed = copy.deepcopy(example)
            changed["answers"][key] = value
            yield changed
        shorter = copy.deepcopy(example)
        del shorter["answers"][key]
        yield shorter
    for key in ("format", "answers", "resolved", "$schema", "unknown"):
        for value in WRONG + [1, 2, {}]:
            changed = copy.deepcopy(example)
            changed[key] = value
            yield changed
    for _ in range(200):
        changed = copy.deepcopy(example)
        for key in draw.sample(sorted(properties), 3):
            changed["answers"][key] = draw.choice(WRONG + properties[key].get("enum", []))
        yield changed


def main():
    schema = json.loads(subprocess.run([TOOL, "schema"], capture_output=True, text=True, check=True, timeout=60).stdout)
    with open(EXAMPLE, encoding="utf-8") as file:
        example = json.load(file)
    cases = [example, *mutations(example, schema)]
    validator = jsonschema.Draft202012Validator(schema)
    jsonschema.Draft202012Validator.check_schema(schema)
    print("ok 1 - the schema is a valid schema")
    ours, theirs = judge(cases), [validator.is_valid(c) for c in cases]
    bad = [c for c, a, b in zip(cases, ours, theirs) if a and not b]
    print(f"{'not ' if bad else ''}ok 2 - whatever our validator accepts, the schema accepts ({sum(ours)} of {len(cases)} accepted)")
    for case in bad[:5]:
        print("#", [e.message for e in validator.iter_errors(case)][:3])
    # What only our validator refuses must be about answers that are right one by one.
    alone = [c for c, a, b in zip(cases, ours, theirs) if b and not a]
    print(f"{'not ' if len(alone) > len(cases) // 4 else ''}ok 3 - most of what our validator refuses, the schema refuses "
          f"({len(alone)} of {len(cases)} need more than a schema)")
    print(f"{'' if ours[0] and theirs[0] else 'not '}ok 4 - both accept the example")
    print("1..4")


main()
