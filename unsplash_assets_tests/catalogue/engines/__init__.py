"""Tests of `catalogue.engines`."""
