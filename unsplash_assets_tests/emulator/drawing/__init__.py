"""Tests of `emulator/drawing`."""
