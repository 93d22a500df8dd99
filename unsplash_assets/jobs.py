"""The job `refresh`: all assets, for one topic."""

import math
from typing import Any, TypeAlias

import dagster as dg

from unsplash_assets.failures import RETRIES
from unsplash_assets.resources import MODE_TAG
from unsplash_assets.settings import Settings

Job: TypeAlias = Any
"""What `define_asset_job` returns: Dagster has no public name for it."""

MAX_RUNTIME_TAG = "dagster/max_runtime"
_API_ANSWER = 30  # seconds, as UnsplashResource.total_timeout
_MARGIN = 300  # seconds for everything else


def build_refresh(given: Settings) -> Job:
    """Return the job; Dagster takes a run for stuck once it exceeds the longest honest one."""
    return dg.define_asset_job(
        "refresh",
        description="Brings photos of one topic: asks, chooses, downloads, proves, stores.",
        selection=dg.AssetSelection.all(),
        tags={MODE_TAG: given.mode, MAX_RUNTIME_TAG: str(longest_honest_run(given))},
    )


def longest_honest_run(given: Settings) -> int:
    """Return the seconds of a run in which every try of both network steps takes its time."""
    downloads = math.ceil(given.photos_per_run / given.concurrency) * given.timeout
    events = math.ceil((given.photos_per_run + 1) / given.concurrency) * _API_ANSWER
    tries = RETRIES + 1
    return math.ceil(tries * (_API_ANSWER + downloads + events + 2 * given.retry_delay)) + _MARGIN
