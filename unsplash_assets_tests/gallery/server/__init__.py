"""Tests of `gallery.server`."""
