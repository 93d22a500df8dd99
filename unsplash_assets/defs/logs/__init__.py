"""What runs, ticks and looks write on the console: one line a run and one a problem.

Everything that Dagster logs is in its UI all the same, stack traces included.
"""
