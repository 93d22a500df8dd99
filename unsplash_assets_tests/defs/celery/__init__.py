"""Tests of `defs.celery`, on a Redis of their own."""
