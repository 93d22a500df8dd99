"""What a bucket is told about a file, for those who read it over HTTP: its type, and for how long.

A thumbnail's name changes with its content, and a page is asked for again each time. A picture
changes only where it was damaged.
"""

from pathlib import PurePosixPath
from typing import Final

from unsplash_assets.storage.names import is_thumbnail

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".png": "image/png",
    ".webp": "image/webp",
}
_OTHER: Final = "application/octet-stream"
_FOR_EVER: Final = "max-age=31536000, immutable"
_A_DAY: Final = "max-age=86400"
_ASK: Final = "no-cache"


def headers_of(name: str) -> dict[str, str]:
    """Return the headers with which a file is given to browsers."""
    kind = _TYPES.get(PurePosixPath(name).suffix, _OTHER)
    return {"Content-Type": kind, "Cache-Control": _lasts(name, kind)}


def _lasts(name: str, kind: str) -> str:
    if is_thumbnail(name):
        return _FOR_EVER
    return _A_DAY if kind.startswith("image/") else _ASK
