"""The sensor `open_new_images`: shows newly stored pictures, each once.

What is new is decided in `library.showing`, how a picture is opened in `viewer`.
"""

import time

import dagster as dg

from unsplash_assets.errors import ViewerError
from unsplash_assets.library.catalogue import Catalogue, StoredPhoto
from unsplash_assets.library.credit import credit_line
from unsplash_assets.library.database import open_database
from unsplash_assets.library.files import Folder
from unsplash_assets.library.showing import Cursor, new_pictures
from unsplash_assets.settings import Settings
from unsplash_assets.viewer import Viewer

_INTERVAL = 10  # seconds


def build_open_new_images(given: Settings, viewer: Viewer) -> dg.SensorDefinition:
    """Return the sensor, which opens pictures with `viewer`."""

    @dg.sensor(
        name="open_new_images",
        minimum_interval_seconds=_INTERVAL,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Opens newly stored pictures with this machine's viewer, each once.",
    )
    def open_new_images(context: dg.SensorEvaluationContext) -> dg.SensorResult:
        obstacle = viewer.obstacle()
        if obstacle:
            return dg.SensorResult(skip_reason=obstacle)
        database = open_database(given.library, given.catalogue, given.mode)
        try:
            pictures, cursor = new_pictures(
                Catalogue(database),
                database.identity(),
                Cursor.from_text(context.cursor),
                time.time(),
                viewer.at_most,
            )
        finally:
            database.close()
        said = _show(viewer, Folder(given.library), pictures) or "no new picture"
        return dg.SensorResult(skip_reason=said, cursor=cursor.to_text())

    return open_new_images


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
