"""Use cases on the photos here: open, select, bring, repair, verify, rebuild, prune, export.

`opening.open_library` is the one door: everything that works on a library starts there. Add a use
case here when the command line and Dagster need the same work done. Keep out SQL (`catalogue`),
paths (`storage`), pixels (`images`), and Dagster (`defs`).

The invariant: a row in state `stored` has a file with that SHA-256 at that relative path, and a
file under a final name was whole when it got that name.
"""
