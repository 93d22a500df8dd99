"""Chooses the store that UNSPLASH_LIBRARY names."""

from unsplash_assets.errors import SettingsError
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.stores.base import Store
from unsplash_assets.storage.stores.folder import Folder


def store_of(settings: Settings) -> Store:
    """Return the store of a library's files; nothing is sent or written yet.

    Raises SettingsError where what a bucket needs is not installed, or not set.
    """
    if settings.bucket is None:
        return Folder(settings.library)
    try:
        from unsplash_assets.storage.stores.bucket import Bucket  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SettingsError(
            "UNSPLASH_LIBRARY",
            f"not usable ({error})",
            'install what reads a bucket with `pip install "unsplash_assets[s3]"`, or use a folder',
        ) from None
    return Bucket(settings.library, settings.bucket, settings.library_url)
