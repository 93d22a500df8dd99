"""Dagster, one concept a file: assets, checks, jobs, schedules, sensors, resources.

Add code here when it needs Dagster. It asks one use case of `library` and reports the result;
decisions belong in `library`, and the list of what is deployed in `definitions`.
"""
