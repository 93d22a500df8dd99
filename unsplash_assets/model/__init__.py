"""Pure types that several rooms share: photos, credit, mode, how much is kept.

Add a type here when two rooms need it and it does no I/O. It imports nothing of the package.
"""
