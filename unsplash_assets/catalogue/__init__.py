"""The catalogue: all SQL, every change of a photo's state, and the request budget's ledger.

`database` opens it and gives transactions on the `tables`, which `migrations` brings forward;
`engines` has what differs between SQLite and Postgres. `photos`, `events`, `integrity`, `curation`,
`retention` and `adoption` change photos; `runs` and `ledger` keep who works and what was asked,
`topics` which of them are exhausted. Add a query here, never elsewhere. What to do with the rows is
decided in `library`.
"""
