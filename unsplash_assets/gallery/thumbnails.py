"""The small copies of pictures that the gallery's grid shows.

They are made from the files when they are missing, and can always be made again. How one is
made is in `preview`.
"""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from unsplash_assets.images.preview import grid_thumbnail
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.storage.folder import Folder
from unsplash_assets.storage.names import RelativePath, thumbnail_path

_AT_ONCE: Final = 4  # Pillow works without Python's lock


@dataclass(frozen=True)
class Thumbnails:
    """The thumbnails of some photos."""

    there: set[RelativePath]
    made: int
    """How many of them were missing."""


def renew(folder: Folder, photos: Iterable[StoredPhoto]) -> Thumbnails:
    """Make the thumbnails that are missing, and remove those of no photo.

    A picture whose file is missing or damaged has none. Raises LibraryError.
    """
    wanted = {thumbnail_path(photo.sha256): photo for photo in photos}
    found = folder.thumbnails()
    missing = sorted(wanted.keys() - found)
    for path in found - wanted.keys():
        folder.delete(path)
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="thumbnail") as pool:
        made = pool.map(lambda path: _make(folder, wanted[path], path), missing)
        new = {path for path, is_made in zip(missing, made, strict=True) if is_made}
    return Thumbnails((found & wanted.keys()) | new, len(new))


def _make(folder: Folder, photo: StoredPhoto, path: RelativePath) -> bool:
    try:
        content = grid_thumbnail(folder.path(photo.path))
    except (OSError, SyntaxError, ValueError):  # gone since, or damaged in a way no proof sees
        return False
    with folder.temporary() as temporary:
        folder.write(temporary, content)
        folder.complete(temporary)
        folder.publish(temporary, path)
    return True
