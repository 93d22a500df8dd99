"""Several machines on this one: hosts with names, processes and folders of their own.

`make distributed` runs `run`, which takes minutes and prints a table; `test_workers` is the short
form in the suite.
"""
