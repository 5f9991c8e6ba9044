#!/usr/bin/env python3
"""dev/attack in its short form: each kind holds."""
import os
import random

import cloud
import clouds
import judge
import kills
import machines
from harness import done, ok

# Its floods and its silent relay take a minute each, whatever holds; of the others a few, drawn anew by MLFLOW_SETUP_SEED.
SLOW = ("floods", "tunnels")
SEED = int(os.environ.get("MLFLOW_SETUP_SEED", "1"))


def main():
    tally = judge.Tally()
    quick = [name for name in cloud.MUTATIONS if name not in SLOW]
    clouds.attack(tally, [SEED], True, random.Random(SEED).sample(quick, 4))
    machines.attack(tally, [SEED], True)
    kills.attack(tally, [SEED], True)
    for kind, tried in tally.tried.items():
        ok(tally.held[kind] == tried, f"{kind}: {tried} tried, {tally.held[kind]} held", *[f"{name}: {fault}" for k, name, fault in tally.broken if k == kind])
    done()


if __name__ == "__main__":
    main()
