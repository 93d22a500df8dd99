"""Tests of `library.doctor`."""
