#!/usr/bin/env python3
"""tests/promises.tsv: each of the ten things that hold after whatever happens (I01 to I10), and each of the 38 faults (F01 to F38), has its tests, found
by words that are in them."""
from table import done, ok, rows, shown

WANTED = {f"I{n:02}" for n in range(1, 11)} | {f"F{n:02}" for n in range(1, 39)}

table = rows("promises.tsv")
ok(all(len(r) == 4 and all(r) for r in table), "every row has its four fields", *[r for r in table if len(r) != 4 or not all(r)])
ok({r[0] for r in table} == WANTED, "every one has a row, and no other", *sorted({r[0] for r in table} ^ WANTED))
for i, what, test, words in table:
    ok(shown(test, words), f"{i}: {what}", test, words)
done()
