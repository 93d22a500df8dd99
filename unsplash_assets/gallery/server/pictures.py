"""Hands out the pictures and thumbnails of stored photos, and no other file of the folder.

The path in an address only leads to a photo in the catalogue; the path that is opened is the
catalogue's own, and what is opened must be a plain file of the size that the catalogue knows.
"""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import PurePosixPath
from threading import Lock
from typing import BinaryIO, Final

from starlette.requests import Request
from starlette.responses import Response

from unsplash_assets.errors import BadPicture, PhotoRefused
from unsplash_assets.gallery.server.answers import (
    FOR_EVER,
    File,
    bytes_answer,
    error_answer,
    file_answer,
    unchanged_answer,
)
from unsplash_assets.gallery.server.items import HASH_DIGITS
from unsplash_assets.gallery.server.served import Served
from unsplash_assets.images.preview import grid_thumbnail
from unsplash_assets.model.photos import ShownPhoto
from unsplash_assets.storage.names import photo_id_of, thumbnail_path
from unsplash_assets.storage.stores.base import Store

_KINDS: Final = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
_NONE: Final = "there is no such photo here"
_KEPT: Final = 32 * 1024 * 1024
"""Bytes of thumbnails in memory that are not on the disk: those of the newest photos are."""


class Pictures:
    """The files of a served library's photos."""

    def __init__(self, served: Served) -> None:
        """Hand out what `served` has."""
        self._served = served
        self._thumbnails = _Cache(_KEPT)

    def picture(self, request: Request) -> Response:
        """Answer with a photo's file."""
        path = request.path_params["path"]
        photo_id = photo_id_of(PurePosixPath(path).name)
        photo = self._served.browsing.find(photo_id) if photo_id else None
        if photo is None or photo.path != path:
            return error_answer(404, _NONE)
        kind = _KINDS.get(PurePosixPath(path).suffix)
        if kind is None:
            return error_answer(404, _NONE)
        etag = f'"{photo.sha256[:HASH_DIGITS]}"'
        known = File(kind, photo.bytes, etag, photo.stored_at)
        if unchanged := unchanged_answer(request, known):
            return unchanged
        file = _opened(self._served.store, photo)
        return file_answer(request, file, known) if file else error_answer(404, _NONE)

    def thumbnail(self, request: Request) -> Response:
        """Answer with a photo's thumbnail, made now unless the gallery has made it."""
        asked = request.path_params["name"].removesuffix(".jpg")
        photo = self._served.browsing.find(request.path_params["photo_id"])
        if photo is None or photo.sha256[:HASH_DIGITS] != asked:
            return error_answer(404, _NONE)
        content = self._thumbnails.get(photo.sha256, lambda: self._thumbnail(photo))
        if content is None:
            return error_answer(404, _NONE)
        return bytes_answer(request, content, "image/jpeg", f'"{asked}-small"', FOR_EVER)

    def _thumbnail(self, photo: ShownPhoto) -> bytes | None:
        made = _read(self._served.store, thumbnail_path(photo.sha256))
        if made:
            return made
        file = _opened(self._served.store, photo)
        if file is None:
            return None
        with file:
            try:
                return grid_thumbnail(file)
            except (OSError, SyntaxError, ValueError, BadPicture, PhotoRefused):
                return None  # damaged, in a way that only decoding finds


def _opened(store: Store, photo: ShownPhoto) -> BinaryIO | None:
    """Open a photo's file if it is there, and is the one that the catalogue knows."""
    try:
        file = store.open_for_strangers(photo.path)
    except OSError:
        return None
    if file.seek(0, 2) != photo.bytes:
        file.close()
        return None
    file.seek(0)
    return file


def _read(store: Store, name: str) -> bytes | None:
    try:
        with store.open_for_strangers(name) as file:
            return file.read()
    except OSError:
        return None


class _Cache:
    """The thumbnails that were asked for last, up to some bytes; each is made once at a time."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._used = 0
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, make: Callable[[], bytes | None]) -> bytes | None:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        content = make()
        if content:
            self._keep(key, content)
        return content

    def _keep(self, key: str, content: bytes) -> None:
        with self._lock:
            self._used += len(content) - len(self._kept.pop(key, b""))
            self._kept[key] = content
            while self._used > self._size:
                _, oldest = self._kept.popitem(last=False)
                self._used -= len(oldest)
