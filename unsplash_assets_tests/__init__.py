"""The tests: they mirror the package, one behaviour each, with real parts.

Real HTTP over sockets, real SQLite, real files, a real Dagster instance. What is not real is
the far end of the network, the clock, and chance.
"""
