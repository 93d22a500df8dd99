"""Tests of `library.offline`."""
