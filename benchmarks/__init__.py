"""Measures the program beside others, side by side in one call; `make bench` runs it.

Nothing here is part of the program or of its tests: a machine that is busy, or slow, is no failure.
"""
