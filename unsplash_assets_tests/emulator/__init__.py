"""Tests of `unsplash_assets.emulator`."""
