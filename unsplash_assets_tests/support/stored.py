"""A photo to work with, and how to store photos without downloading them: files need not be."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Final

from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.model.photos import ChosenPhoto, StoredFile

CHOSEN: Final = ChosenPhoto(
    id="AbCdEfGhIjK",
    topic="sea",
    rendition="regular",
    url="https://images.unsplash.com/photo-1?ixid=x",
    photographer="Ana",
    photographer_url="https://unsplash.com/@ana",
    page_url="https://unsplash.com/photos/waves-AbCdEfGhIjK",
    description="Waves",
    color="#26735a",
)


def record_stored(photos: Photos, files: Mapping[str, StoredFile]) -> list[str]:
    """Record that photos, by their id, have these files; return those that may not be stored."""
    stored = photos.publish({photo_id: partial(replace, file) for photo_id, file in files.items()})
    return [photo_id for photo_id in files if photo_id not in stored]
