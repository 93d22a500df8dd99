"""Tests of `cli.servers`."""
