#!/usr/bin/env python3
"""Names that are other things in YAML ("null", "true", "on") are names in all that `render` writes in it: each file says what it says for a plain name."""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../cases"))
from harness import SOURCE, Home, done, ok, read  # noqa: E402 (the path is set above)

try:
    import yaml
except ImportError:
    print("1..0 # SKIP python3-yaml is not installed")
    sys.exit(0)

WORDS = {"qzxj": ("null", "true"), "qzx": ("off", "yes"), "qz": ("on", "no")}  # plain names that occur nowhere else, as long as the words
FILES = {"appengine": "app.yaml", "vm": "user-data"}


def written(home, target, name):
    """What a reader of YAML has of the file, as text; None when it was not written."""
    folder, sets = home.file(f"{target}-{name}"), {"stack.name": name}
    if target == "appengine":
        sets["appengine.service"] = name
    run = home.run("render", os.path.join(SOURCE, f"examples/{target}.json"), "--out", folder, *[w for k, v in sets.items() for w in ("--set", f"{k}={v}")])
    if run.returncode:
        ok(False, f"{target}: rendered for {name}", run.stdout, run.stderr)
        return None
    return json.dumps(yaml.safe_load(read(os.path.join(folder, FILES[target]))))


def main():
    with Home() as home:
        for target in FILES:
            for plain, words in WORDS.items():
                usual = written(home, target, plain)
                ok(usual and plain in usual, f"{target}: {plain} is in it", usual)
                for word in words:
                    ok(usual and written(home, target, word) == usual.replace(plain, word), f"{target}: {word} is a name")
    done()


if __name__ == "__main__":
    main()
