#!/usr/bin/env python3
"""tests/seeds.tsv: each thing that the guides people follow today do has a row: it works, or what stands in its place and why, and the test that shows
it, by words that are in it."""
from table import done, ok, rows, shown

WANTED = [f"{guide}-{n:02}" for guide, last in (("A0", 44), ("A1", 17), ("A2", 18), ("A3", 12), ("A4", 11), ("C13", 6)) for n in range(1, last + 1)]

table = rows("seeds.tsv")
ok(all(len(r) == 5 and all(r) for r in table), "every row has its five fields", *[r for r in table if len(r) != 5 or not all(r)])
ids = [r[0] for r in table]
ok(ids == sorted(set(ids), key=ids.index), "no id stands twice", *[i for i in ids if ids.count(i) > 1])
ok(set(ids) == set(WANTED), "every one has a row, and no other", "missing", *sorted(set(WANTED) - set(ids)), "unknown", *sorted(set(ids) - set(WANTED)))
for i, outcome, what, test, words in table:
    ok(outcome in ("works", "replaced") and shown(test, words), f"{i}: {what}", outcome, test, words)
done()
