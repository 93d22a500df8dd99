"""Tests of `unsplash_assets.library.asking`."""
