"""Shows what is new: the newest pictures, each once, or the gallery's page, once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.errors import ViewerError
from unsplash_assets.model.credit import credit_line
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.storage.names import PAGE
from unsplash_assets.storage.stores.base import Store
from unsplash_assets.viewer.new_pictures import Cursor, new_pictures
from unsplash_assets.viewer.programs import Viewer


@dataclass(frozen=True)
class Shown:
    """What a look has shown."""

    message: str
    cursor: Cursor
    """Where the next look begins."""


def show_page(viewer: Viewer, store: Store, photos: Photos, cursor: Cursor) -> Shown:
    """Open the gallery's page, unless that of this catalogue was opened before."""
    after = cursor.skipping()
    if store.stamp(PAGE) is None:
        return Shown("no gallery yet", after)
    identity = photos.identity()
    if identity in cursor.pages:
        return Shown("the gallery was opened before: unsplash-assets open shows it again", after)
    try:
        viewer.open_page(store.address(PAGE))
    except ViewerError as error:
        return Shown(str(error), after)
    return Shown("opened the gallery", replace(after, pages=(*cursor.pages, identity)))


def show_new_pictures(
    viewer: Viewer, store: Store, photos: Photos, cursor: Cursor, now: float
) -> Shown:
    """Open the pictures stored since the last look; `now` is in seconds since 1970."""
    pictures, after = new_pictures(photos, photos.identity(), cursor, now, viewer.max_pictures)
    return Shown(_open(viewer, store, pictures), after)


def _open(viewer: Viewer, store: Store, pictures: Sequence[StoredPhoto]) -> str:
    """Open the pictures; return which were opened, or why one could not be."""
    for picture in pictures:
        fields = {
            "credit": credit_line(picture.photographer),
            "topic": picture.topic,
            "url": picture.page_url,
        }
        try:
            viewer.open(store.lasting(picture.path), fields)
        except (ViewerError, OSError) as error:
            return str(error)
    paths = ", ".join(picture.path for picture in pictures)
    return f"opened {paths}" if paths else "no new picture"
