"""Tests of `unsplash_assets.transport`."""
