"""The whole pipeline on one page: the only place where the parts meet.

Dagster loads `defs` from here (workspace.yaml, [tool.dagster] and [tool.dg] all say so). Tests
and the command line call `build_definitions` with settings of their own. A new asset, job,
schedule, sensor or resource is named here; how it works stays in its module.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import dagster as dg

from unsplash_assets.defs.assets import build_assets
from unsplash_assets.defs.checks import build_checks
from unsplash_assets.defs.jobs import build_refresh, build_verify
from unsplash_assets.defs.logs.console import console
from unsplash_assets.defs.naming import UNPREFIXED, Names
from unsplash_assets.defs.resources import build_resources
from unsplash_assets.defs.schedules import build_every_day, build_every_minute
from unsplash_assets.defs.sensors import build_open_new_images
from unsplash_assets.library.opening import Progress, nobody
from unsplash_assets.settings import environment
from unsplash_assets.settings.loaded import LoadedSettings
from unsplash_assets.settings.settings import Settings
from unsplash_assets.viewer.programs import Viewer


def build_definitions(  # noqa: PLR0913 - what differs comes in by name
    settings: Settings,
    *,
    pick: Callable[[Sequence[str]], str] = random.choice,
    read: Callable[[], Settings] | None = None,
    names: Names = UNPREFIXED,
    executor: dg.ExecutorDefinition | None = dg.in_process_executor,
    on_progress: Progress = nobody,
    loggers: Mapping[str, dg.LoggerDefinition] | None = None,
) -> dg.Definitions:
    """Return the pipeline for these settings; `pick` chooses the schedule's topics.

    `read` returns the settings of now: schedules and sensor do nothing where they have changed.
    `names` tells several pipelines apart. `executor` is that of runs of no job, as from the button
    "Materialize"; None leaves it to the project that these definitions become part of.
    `on_progress` is told of the work of runs in this process. `loggers` replace Dagster's own.
    """
    loaded = LoadedSettings(settings, read or (lambda: settings))
    checks = build_checks(settings, names)
    refresh, verify = build_refresh(settings, names), build_verify(settings, names, checks)
    chosen: dict[str, Any] = {"loggers": {name: {} for name in loggers}} if loggers else {}
    every_minute = build_every_minute(loaded, names, refresh, pick, chosen)
    return dg.Definitions(
        assets=build_assets(settings, names),
        asset_checks=checks,
        jobs=[refresh, verify],
        schedules=[every_minute, build_every_day(loaded, names, verify, chosen)],
        sensors=[build_open_new_images(loaded, names, Viewer.from_settings(settings))],
        resources=build_resources(settings, names, on_progress),
        executor=executor,
        loggers=loggers,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the pipeline for the settings of this process, once Dagster asks for it.

    An import alone needs no project: another one may have settings of its own.
    """
    return _pipeline(environment.load())


@lru_cache(maxsize=1)
def _pipeline(settings: Settings) -> dg.Definitions:
    """Return the pipeline; Dagster asks for it five times to run a job once."""
    return build_definitions(settings, read=environment.load, loggers={"console": console})
