"""Runs on several machines: `launcher` hands each run to Celery, `worker` takes runs from it.

Both are Dagster's own (dagster-celery) with what a library needs beside: whether a run lives is
known from its lease in the catalogue, not from Celery. Nothing else imports this folder; a
dagster.yaml names the launcher, as deploy/distributed/ does. Keep out what one machine needs too.
"""
