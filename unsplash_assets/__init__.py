"""Photos from Unsplash as Dagster assets: fetched by topic, proven whole, credited.

Read `definitions.py` first: it is the only place where the parts meet. `docs/architecture.md`
draws the layers. Importing this package, or any module of it, has no effect.
"""
