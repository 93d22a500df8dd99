"""The photos here: remembered, chosen, fetched, proven, stored and credited.

`catalogue` remembers, `selection` chooses, `storing` fetches several with `download`, which
has `proof` look at each, `embedding` put its credit into it and `files` publish it; `credit`
has its words, `xmp` the form of them that files carry, and `events` tell Unsplash of it.
`verification` reads all files again, `repairing` downloads what is bad, `damage` knows of it.
`requests` keeps the budget, `ticks` what it allows, `runs` who is at work, by their `processes`.
`gallery` and its `thumbnails`, `preview`, `showing`, `status` and `export` are for people, and in
`curation` they have their say; `retention` makes room. `database` holds it all, in the `tables`
that `migration` brings forward; `disks` warns where it lies badly. It knows nothing of Dagster:
runs are known by their id.

The invariant: a row that says "stored" has a file with that SHA-256 at that relative path, and
a file under a final name was whole when it got it.
"""
