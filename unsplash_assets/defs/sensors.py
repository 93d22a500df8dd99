"""The sensor `open_new_images`: shows newly stored pictures, each once, or the gallery, once.

What is new is decided in `library.showing`, how it is opened in `viewer`.
"""

import time
from contextlib import closing
from typing import Final

import dagster as dg

from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.errors import ViewerError
from unsplash_assets.model.credit import credit_line
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.folder import Folder
from unsplash_assets.storage.names import PAGE
from unsplash_assets.viewer.new_pictures import (
    Cursor,
    new_pictures,
    page_shown,
    page_was_shown,
    passed_over,
)
from unsplash_assets.viewer.programs import GALLERY, Viewer

_INTERVAL: Final = 10  # seconds

Shown = tuple[str | None, Cursor | None]
"""What a look says, and the cursor after it."""


def build_open_new_images(settings: Settings, viewer: Viewer) -> dg.SensorDefinition:
    """Return the sensor, which opens pictures, or the gallery's page, with `viewer`."""
    obstacle = viewer.obstacle()
    unsaid = iter([obstacle])  # said by the first look after a start; later ones say nothing

    @dg.sensor(
        name="open_new_images",
        minimum_interval_seconds=_INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Opens each newly stored picture, or the gallery, once on this machine.",
    )
    def open_new_images(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        cursor = Cursor.from_text(context.cursor)
        if obstacle:
            return _skipped(next(unsaid, None), passed_over(cursor))
        show = _show_page if viewer.setting == GALLERY else _show_new_pictures
        said, after = show(settings, viewer, cursor)
        return _skipped("; ".join(filter(None, (said, viewer.failure()))), after)

    return open_new_images


def _skipped(said: str | None, cursor: Cursor | None) -> dg.SensorResult:
    """Say something or nothing: without a SkipReason Dagster would find words of its own."""
    return dg.SensorResult(
        skip_reason=dg.SkipReason(said), cursor=cursor.to_text() if cursor else None
    )


def _show_page(settings: Settings, viewer: Viewer, cursor: Cursor | None) -> Shown:
    page = Folder(settings.library).path(PAGE)
    if not page.is_file():
        return "no gallery yet", passed_over(cursor)
    with _database(settings) as database:
        identity = database.identity()
    if page_was_shown(cursor, identity):
        said = "the gallery was opened before: unsplash-assets open shows it again"
        return said, passed_over(cursor)
    try:
        viewer.open_page(page)
    except ViewerError as error:
        return str(error), passed_over(cursor)
    return "opened the gallery", page_shown(cursor, identity)


def _show_new_pictures(settings: Settings, viewer: Viewer, cursor: Cursor | None) -> Shown:
    with _database(settings) as database:
        pictures, after = new_pictures(
            Photos(database), database.identity(), cursor, time.time(), viewer.at_most
        )
    return _show(viewer, Folder(settings.library), pictures) or "no new picture", after


def _database(settings: Settings) -> closing[Database]:
    return closing(open_database(settings.library, settings.catalogue, settings.mode))


def _show(viewer: Viewer, folder: Folder, pictures: list[StoredPhoto]) -> str:
    """Open the pictures; say which were, or why one could not be."""
    for picture in pictures:
        fields = {
            "credit": credit_line(picture.photographer),
            "topic": picture.topic,
            "url": picture.page_url,
        }
        try:
            viewer.open(folder.path(picture.path), fields)
        except ViewerError as error:
            return str(error)
    return "opened " + ", ".join(picture.path for picture in pictures) if pictures else ""
