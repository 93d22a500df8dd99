"""The whole pipeline on one page: the only place where the parts meet.

Dagster loads `defs` from here (workspace.yaml, [tool.dagster] and [tool.dg] all say so). Tests
and the command line call `build_definitions` with settings of their own. A new asset, job,
schedule, sensor or resource is named here; how it works stays in its module.
"""

import random
from collections.abc import Callable, Sequence

import dagster as dg

from unsplash_assets import settings
from unsplash_assets.assets import build_assets
from unsplash_assets.checks import CHECKS
from unsplash_assets.jobs import build_refresh, build_verify
from unsplash_assets.resources import build_resources
from unsplash_assets.schedules import build_every_day, build_every_minute
from unsplash_assets.sensors import build_open_new_images
from unsplash_assets.settings import Settings
from unsplash_assets.viewer import Viewer


def build_definitions(
    given: Settings, *, pick: Callable[[Sequence[str]], str] = random.choice
) -> dg.Definitions:
    """Return the pipeline for these settings; `pick` chooses the schedule's topics."""
    refresh, verify = build_refresh(given), build_verify(given)
    return dg.Definitions(
        assets=build_assets(given),
        asset_checks=CHECKS,
        jobs=[refresh, verify],
        schedules=[build_every_minute(given, refresh, pick), build_every_day(verify)],
        sensors=[build_open_new_images(given, Viewer.of(given))],
        resources=build_resources(given),
        executor=dg.in_process_executor,
    )


defs = build_definitions(settings.load())
