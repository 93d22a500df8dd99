"""Stores photos without downloading them: their files are there, or need not be."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.model.photos import StoredFile


def record_stored(photos: Photos, files: Mapping[str, StoredFile]) -> list[str]:
    """Record that photos, by their id, have these files; return those that may not be stored."""
    stored = photos.publish({photo_id: partial(replace, file) for photo_id, file in files.items()})
    return [photo_id for photo_id in files if photo_id not in stored]
