#!/usr/bin/env python3
"""dev/attack in its short form: each kind holds."""
import clouds
import judge
import kills
import machines
from harness import done, ok

# Its floods and its silent relay take a minute each, whatever holds.
SLOW = ("floods", "tunnels")


def main():
    tally = judge.Tally()
    clouds.attack(tally, range(1, 2), True, [name for name in clouds.MUTATIONS if name not in SLOW])
    machines.attack(tally, range(1, 2), True)
    kills.attack(tally, range(1, 2), True)
    for kind, tried in tally.tried.items():
        ok(tally.held[kind] == tried, f"{kind}: {tried} tried, {tally.held[kind]} held", *[f"{name}: {fault}" for k, name, fault in tally.broken if k == kind])
    done()


if __name__ == "__main__":
    main()
