"""The partitions: one a topic, as the settings list them when Dagster loads the project."""

from typing import Final

import dagster as dg

from unsplash_assets.settings.settings import Settings

PARTITION_TAG: Final = "dagster/partition"
"""Dagster's tag of a run that has one."""


def topic_partitions(settings: Settings) -> dg.StaticPartitionsDefinition:
    """Return one partition a topic. A photo is never a partition: there would be too many."""
    return dg.StaticPartitionsDefinition(list(settings.topics))
