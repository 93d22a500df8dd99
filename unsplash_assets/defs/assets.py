"""The assets: four nouns, each a short function that asks a resource and reports.

Each brings the catalogue to the state that it stands for, does only what is missing, and can
be run again at any time. Add an asset here when there is a new thing to look at in the
lineage; keep out how anything is done (`unsplash`, `library`) and retry rules (`failures`).
"""

from datetime import timedelta
from functools import partial
from typing import Final

import dagster as dg

from unsplash_assets.defs import metadata
from unsplash_assets.defs.failures import translate_step_errors
from unsplash_assets.defs.partitions import topic_partitions
from unsplash_assets.defs.resources import RETRIES, LibraryResource, UnsplashResource
from unsplash_assets.library import bringing as storing
from unsplash_assets.library import repair as repairing
from unsplash_assets.library import selection
from unsplash_assets.settings.settings import Settings

GROUP: Final = "unsplash"
_QUIET_AFTER: Final = timedelta(hours=2)  # a spent request budget alone is silence for an hour
_STALE_AFTER: Final = timedelta(days=1)


def photo_metadata(
    context: dg.AssetExecutionContext, unsplash: UnsplashResource, library: LibraryResource
) -> dg.MaterializeResult[None]:
    """The topic's waiting list: what Unsplash says of photos that are not here yet.

    One request brings up to 30 of them; none is made while enough are waiting for the run.
    """
    topic = context.partition_key
    with translate_step_errors(context, unsplash, library):
        client, needed = unsplash.client(library.budget), library.photos_per_run
        found = selection.top_up(client, library.catalogue, topic, needed, unsplash.filters)
    context.log.info(f"{topic}: {found.new} new of {found.fetched}, {found.waiting} waiting")
    if found.shortage:
        context.log.warning(found.shortage)
    return dg.MaterializeResult(metadata=metadata.of_top_up(unsplash, library, topic, found))


def image_url(
    context: dg.AssetExecutionContext, unsplash: UnsplashResource, library: LibraryResource
) -> dg.MaterializeResult[None]:
    """The run's choice: the photos that have waited longest, and the URL of their rendition."""
    topic = context.partition_key
    with translate_step_errors(context, unsplash, library):
        chosen = selection.choose(
            library.catalogue, topic, library.photos_per_run, context.run.run_id, library.rendition
        )
    context.log.info(f"{topic}: chose {', '.join(p.id for p in chosen) or 'nothing'}")
    if len(chosen) < library.photos_per_run:
        context.log.warning(f"{topic}: no more were waiting; another run may have taken some")
    return dg.MaterializeResult(metadata=metadata.of_choice(unsplash, topic, chosen))


def image_file(
    context: dg.AssetExecutionContext, unsplash: UnsplashResource, library: LibraryResource
) -> dg.MaterializeResult[None]:
    """The files: what was chosen and what is damaged, downloaded, proven, and only then named."""
    topic, run_id, shelf = context.partition_key, context.run.run_id, library.shelf()
    with translate_step_errors(context, unsplash, library) as attempt:
        healed = repairing.heal(library.integrity, shelf.source, topic, library.concurrency)
        chosen = shelf.catalogue.take_over(topic, run_id)
        outcome = storing.store(shelf, chosen, last_try=attempt.is_last)
        for photo, reason in (healed.failed | outcome.not_to_be_had | outcome.failed).items():
            context.log.warning(f"photo {photo}: {reason}")
        stored = storing.verdict(shelf, topic, run_id, outcome, last_try=attempt.is_last)
        troubles = library.runs.not_stored(run_id)
        pruned = library.retention.prune(run_id)
    context.log.info(f"{topic}: stored {len(outcome.stored)}, newest {stored[-1].path}")
    if pruned.photos:
        context.log.info(f"pruned {pruned.photos} of the oldest, {pruned.bytes:,} bytes")
    return dg.MaterializeResult(
        metadata=metadata.of_files(unsplash, library, stored, outcome, pruned)
        | metadata.of_troubles(troubles)
        | metadata.of_repairs(healed),
        data_version=metadata.data_version(stored),
    )


def gallery(
    context: dg.AssetExecutionContext, unsplash: UnsplashResource, library: LibraryResource
) -> dg.MaterializeResult[None]:
    """The page to look at: the newest photos of all topics, credited, as a file for a browser."""
    with translate_step_errors(context, unsplash, library):
        written = library.write_gallery()
    context.log.info(f"{written.photos} photos on the page, {written.thumbnails} thumbnails made")
    return dg.MaterializeResult(metadata=metadata.of_gallery(unsplash, written))


def build_assets(settings: Settings) -> list[dg.AssetsDefinition]:
    """Return the assets: those of photos partitioned by the topics of the settings."""
    asset = partial(
        dg.asset,
        group_name=GROUP,
        freshness_policy=dg.FreshnessPolicy.time_window(
            fail_window=_STALE_AFTER, warn_window=_QUIET_AFTER
        ),
    )
    of_topic = partial(asset, partitions_def=topic_partitions(settings))
    patient = dg.RetryPolicy(max_retries=RETRIES, delay=settings.retry_delay)
    return [
        of_topic(kinds={"unsplash", "json"}, retry_policy=patient)(photo_metadata),
        of_topic(kinds={"sqlite"}, deps=[photo_metadata.__name__])(image_url),
        of_topic(kinds={"file"}, deps=[image_url.__name__], retry_policy=patient)(image_file),
        asset(kinds={"html"}, deps=[image_file.__name__])(gallery),
    ]
