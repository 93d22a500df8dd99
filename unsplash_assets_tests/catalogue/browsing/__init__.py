"""Tests of `catalogue.browsing`."""
