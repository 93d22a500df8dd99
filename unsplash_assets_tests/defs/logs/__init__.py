"""Tests of `defs.logs`."""
