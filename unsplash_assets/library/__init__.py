"""The photos here: remembered (`catalogue`), chosen (`selection`), fetched and proven
(`download`, `proof`, `files`, `storing`), and credited (`credit`).

It knows nothing of Dagster: runs are known by their id. The invariant that it keeps: a row
that says "stored" has a file with that SHA-256 at that relative path, and a file under a final
name was whole when it got it.
"""
