"""Tests of `unsplash_assets.unsplash`."""
