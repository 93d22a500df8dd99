"""The assets: four nouns, each a short function that calls one use case and reports its result.

Each brings the catalogue to the state that it stands for, does only what is missing, and can run
again at any time. Add an asset here when there is a new thing to look at in the lineage; keep out
how anything is done (`library`), what the UI shows (`metadata`) and retry rules (`failures`).
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

import dagster as dg

from unsplash_assets.defs import metadata
from unsplash_assets.defs.failures import translate_step_errors
from unsplash_assets.defs.naming import IMAGE_FILE, IMAGE_URL, PHOTO_METADATA, Names
from unsplash_assets.defs.resources import RETRIES, UnsplashResource
from unsplash_assets.defs.runs import settings_tag
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import Library
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.model.cron import Cron
from unsplash_assets.settings.settings import Settings

_QUIET_AFTER: Final = timedelta(hours=2)  # a spent request budget alone is silence for an hour
_STALE_AFTER: Final = timedelta(days=1)
_SPARE: Final = timedelta(hours=1)

Context = dg.AssetExecutionContext
Materialized = dg.MaterializeResult[None]


def photo_metadata(context: Context, unsplash: UnsplashResource, library: Library) -> Materialized:
    """The topic's waiting list: what Unsplash says about photos that are not here yet.

    One request brings up to 30 of them; none is sent while enough are waiting for the run.
    """
    with translate_step_errors(context, unsplash, library) as attempt:
        topped_up = attempt.log(top_up(library, context.partition_key))
    return dg.MaterializeResult(metadata=metadata.of_top_up(library.settings, topped_up))


def image_url(context: Context, unsplash: UnsplashResource, library: Library) -> Materialized:
    """The run's choice: the photos that have waited longest, and the URL of their rendition."""
    with translate_step_errors(context, unsplash, library) as attempt:
        choice = attempt.log(choose(library, context.partition_key, context.run.run_id))
    return dg.MaterializeResult(metadata=metadata.of_choice(library.settings, choice))


def image_file(context: Context, unsplash: UnsplashResource, library: Library) -> Materialized:
    """The files: chosen and damaged photos, downloaded, validated, and only then named."""
    topic, run_id = context.partition_key, context.run.run_id
    with translate_step_errors(context, unsplash, library) as attempt:
        how = {"last_try": attempt.is_last, "for_person": attempt.for_person}
        brought = attempt.log(bring(library, topic, run_id, **how))
        if brought.error:
            raise brought.error
    version = metadata.data_version(brought.photos)
    files = metadata.of_files(library.settings, brought)
    return dg.MaterializeResult(metadata=files, data_version=version)


def gallery(context: Context, unsplash: UnsplashResource, library: Library) -> Materialized:
    """The page to look at: the newest photos of all topics, credited, as a file for a browser."""
    from unsplash_assets.gallery.page import write_gallery  # noqa: PLC0415 - loads Jinja for this step

    with translate_step_errors(context, unsplash, library) as attempt:
        page = attempt.log(write_gallery(library.photos, library.store, library.settings))
    return dg.MaterializeResult(metadata=metadata.of_gallery(library.settings, page))


def freshness(schedule: Cron) -> dg.FreshnessPolicy:
    """Return when an asset is stale: a schedule that seldom ticks is silent for longer."""
    gap = schedule.longest_gap
    return dg.FreshnessPolicy.time_window(
        warn_window=max(_QUIET_AFTER, gap + _SPARE), fail_window=max(_STALE_AFTER, 2 * gap + _SPARE)
    )


def build_assets(settings: Settings, names: Names) -> list[dg.AssetsDefinition]:
    """Return the assets: those of photos are partitioned by the topics of the settings."""
    # A topic is a partition, and a photo never is one: there would be too many.
    topics = dg.StaticPartitionsDefinition(list(settings.topic_names))
    patient = dg.RetryPolicy(max_retries=RETRIES, delay=settings.retry_delay)

    def asset(
        function: Callable[..., Materialized],
        after: str | None,
        *kinds: str,
        **given: Any,  # noqa: ANN401 - what Dagster takes
    ) -> dg.AssetsDefinition:
        declare = dg.asset(
            key=names.asset(function.__name__),
            deps=[names.asset(after)] if after else [],
            kinds=set(kinds),
            group_name=names.group,
            required_resource_keys=names.resources(function),
            op_tags=settings_tag(settings, names),
            freshness_policy=freshness(settings.schedule),
            **given,
        )
        declared: dg.AssetsDefinition = declare(names.bind(function))
        return declared

    of_topic: dict[str, Any] = {"partitions_def": topics}
    patiently: dict[str, Any] = {**of_topic, "retry_policy": patient}
    return [
        asset(photo_metadata, None, "unsplash", "json", **patiently),
        asset(image_url, PHOTO_METADATA, "sqlite", **of_topic),
        asset(image_file, IMAGE_URL, "file", **patiently),
        asset(gallery, IMAGE_FILE, "html"),
    ]
