"""The pipeline as a part of other Dagster projects: components that `dg` finds and scaffolds.

A component turns the attributes of a `defs.yaml` into settings, and has no other work of its own.
"""
