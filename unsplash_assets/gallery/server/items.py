"""A photo as the page's script gets it: what it shows, and where the pictures are."""

from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from unsplash_assets.gallery.server.served import Served
from unsplash_assets.model.credit import Credit
from unsplash_assets.model.photos import ShownPhoto

THUMBNAILS: Final = "/thumbnails"
HASH_DIGITS: Final = 16
"""Of a picture's SHA-256, in the address of its thumbnail: another picture has another address."""


def item(served: Served, photo: ShownPhoto) -> dict[str, Any]:
    """Return a photo for JSON, as one of many."""
    credit = Credit(photo, served.app_name, served.mode)
    return {
        "id": photo.id,
        "number": photo.stored_sequence,
        "topic": photo.topic,
        "picture": f"/{quote(photo.path)}",
        "thumbnail": f"{THUMBNAILS}/{photo.id}/{photo.sha256[:HASH_DIGITS]}.jpg",
        "name": PurePosixPath(photo.path).name,
        "width": photo.width,
        "height": photo.height,
        "bytes": photo.bytes,
        "color": photo.color,
        "blur_hash": photo.blur_hash,
        "alt": photo.description or f"{photo.topic}, by {photo.photographer}",
        "photographer": photo.photographer,
        "photographer_link": credit.photographer_link,
        "page_link": credit.page_link,
        "credit_text": credit.text,
        "stored_at": moment(photo.stored_at),
        "favourite": photo.favourite,
    }


def whole_item(served: Served, photo: ShownPhoto) -> dict[str, Any]:
    """Return a photo for JSON with what is asked for seldom."""
    credit = Credit(photo, served.app_name, served.mode)
    return {**item(served, photo), "credit_html": credit.html}


def moment(seconds: float) -> str:
    """Return a time for JSON."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
