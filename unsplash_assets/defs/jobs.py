"""The jobs: `refresh`, all assets for one topic, and `verify`, the checks of all files."""

import math
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import dagster as dg

from unsplash_assets.defs.naming import Names
from unsplash_assets.defs.resources import RETRIES
from unsplash_assets.defs.runs import MODE_TAG
from unsplash_assets.library.repair import REPAIRED_AT_MOST
from unsplash_assets.settings.settings import Settings
from unsplash_assets.transport.base import Timeouts

Job: TypeAlias = Any
"""What `define_asset_job` returns: Dagster has no public name for it."""

MAX_RUNTIME_TAG: Final = "dagster/max_runtime"
_DAY: Final = 86_400  # seconds: by then the next verification comes
_MARGIN: Final = 300  # seconds for everything else


def build_refresh(settings: Settings, names: Names) -> Job:
    """Return the job; Dagster takes a run for stuck once it exceeds the longest honest one."""
    return dg.define_asset_job(
        names.of("refresh"),
        description="Brings photos of one topic: asks, chooses, downloads, validates, stores.",
        # Not the checks, which read every file; not the assets of a project that merged these.
        selection=dg.AssetSelection.assets(*names.assets).without_checks(),
        tags={MODE_TAG: settings.mode, MAX_RUNTIME_TAG: str(longest_honest_run(settings))},
        executor_def=dg.in_process_executor,
    )


def build_verify(
    settings: Settings, names: Names, checks: Sequence[dg.AssetChecksDefinition]
) -> Job:
    """Return the job, which takes its time in a large library."""
    return dg.define_asset_job(
        names.of("verify"),
        description="Re-reads every file against its hash, and checks credits and budget.",
        selection=dg.AssetSelection.checks(*checks),
        tags={MODE_TAG: settings.mode, MAX_RUNTIME_TAG: str(_DAY)},
        executor_def=dg.in_process_executor,
    )


def longest_honest_run(settings: Settings) -> int:
    """Return the seconds of a run in which every try of both network steps takes its time."""
    downloads = math.ceil(settings.photos_per_run / settings.concurrency) * settings.timeout
    repairs = math.ceil(REPAIRED_AT_MOST / settings.concurrency) * settings.timeout
    events = math.ceil((settings.photos_per_run + 1) / settings.concurrency) * Timeouts.total
    a_try = Timeouts.total + repairs + downloads + events + 2 * settings.retry_delay
    return math.ceil((RETRIES + 1) * a_try) + _MARGIN
