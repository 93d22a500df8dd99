"""The sensor `open_new_images`: shows new pictures, each once, or the gallery, once."""

import time
from typing import Final

import dagster as dg

from unsplash_assets.defs.logs.problems import Told
from unsplash_assets.defs.naming import Names
from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.library.opening import open_library
from unsplash_assets.settings.loaded import LoadedSettings
from unsplash_assets.settings.settings import Settings
from unsplash_assets.viewer.new_pictures import Cursor
from unsplash_assets.viewer.programs import GALLERY, OFF, Viewer
from unsplash_assets.viewer.showing import Shown, show_new_pictures, show_page

_INTERVAL: Final = 10  # seconds
_INTERVAL_WITH_OBSTACLE: Final = 600
"""Seconds between two looks where nothing can be shown until the settings or the screen change."""


def build_open_new_images(
    loaded: LoadedSettings, names: Names, viewer: Viewer
) -> dg.SensorDefinition:
    """Return the sensor, which opens pictures, or the gallery's page, with `viewer`."""
    obstacle, told = viewer.obstacle(), Told()

    @dg.sensor(
        name=names.of("open_new_images"),
        minimum_interval_seconds=_INTERVAL_WITH_OBSTACLE if obstacle else _INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Opens each newly stored picture, or the gallery, once on this machine.",
    )
    def open_new_images(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        cursor = Cursor.from_text(context.cursor)
        try:
            current = loaded.current()
            if obstacle:
                told.tell(None if viewer.setting == OFF else obstacle)
                return _skipped(obstacle, cursor.skipping())
            shown = _show(current, viewer, cursor)
        except UnsplashAssetsError as error:
            told.tell(str(error))
            return _skipped(str(error), cursor)
        failure = viewer.failure()
        told.tell(failure)
        message = "; ".join(filter(None, (shown.message, failure)))
        return _skipped(message, shown.cursor)

    return open_new_images


def _show(settings: Settings, viewer: Viewer, cursor: Cursor) -> Shown:
    with open_library(settings) as library:
        store, photos = library.store, library.photos
        if viewer.setting == GALLERY:
            return show_page(viewer, store, photos, cursor)
        return show_new_pictures(viewer, store, photos, cursor, time.time())


def _skipped(message: str, cursor: Cursor) -> dg.SensorResult:
    """Give a reason; without a SkipReason Dagster would write its own words."""
    return dg.SensorResult(skip_reason=dg.SkipReason(message), cursor=cursor.to_text())
