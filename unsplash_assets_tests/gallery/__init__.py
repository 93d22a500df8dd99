"""Tests of `gallery`."""
