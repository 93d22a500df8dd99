"""Downloading pictures: one, safely; many, side by side.

No SQL and no path: `catalogue` records what was stored, `storage` has the files. What a run does
before and after belongs to `library.bringing`.
"""
