"""The gallery: one static page of the newest photos, written anew from the catalogue.

It opens from the folder as well as from a server, and asks no other host for anything. What it
looks like and does is in `page/`, which small copies of the pictures there are is decided in
`thumbnails`, where the files lie in `files`. Opening the page is `viewer`'s. Beside it lies its
news, which a page that is open looks at: a small page, where the gallery's own is a large one.
"""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.gallery.thumbnails import renew
from unsplash_assets.model.credit import credit_html
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.storage.folder import Folder
from unsplash_assets.storage.names import NEWS, PAGE, RelativePath, thumbnail_path

NEWEST: Final = 1_000
"""Photos on the page, at the most: with any number in the library it costs the same."""

NEWS_LENGTH: Final = 60
"""Photos in the news, at the most: an hour of one each minute."""

_PARTS: Final = Path(__file__).parent / "page"
_UNKNOWN_COLOR: Final = "#8a8a86"


@dataclass(frozen=True)
class Gallery:
    """A page that was written, and what is on it."""

    path: Path
    photos: int
    topics: tuple[str, ...]
    thumbnails: int
    """How many were made anew."""
    bytes: int


@dataclass(frozen=True)
class _Item:
    """A photo as the page has it."""

    key: str
    sequence: int
    topic: str
    picture: str
    thumbnail: str | None
    width: int
    height: int
    bytes: int
    color: str
    alt: str
    credit: Markup
    stored_at: datetime


def write_gallery(database: Database, folder: Folder, app_name: str) -> Gallery:
    """Write the page of a library, and the thumbnails that it needs; remove all others.

    `app_name` is what the credit's links tell Unsplash. Raises LibraryError.
    """
    with folder.alone("gallery"):
        found = Photos(database).stored_after(0, newest=NEWEST + 1)[::-1]
        photos = found[:NEWEST]
        thumbnails = renew(folder, photos)
        items = [_item(photo, app_name, thumbnails.there) for photo in photos]
        around = _Around(database.mode, is_part=len(found) > NEWEST)
        page = _pages().gallery(items, around).encode()
        _publish(folder, page, PAGE)
        _publish(folder, _pages().news(items, around).encode(), NEWS)  # of what can be loaded now
    shown = tuple(sorted({photo.topic for photo in photos}))
    return Gallery(folder.path(PAGE), len(items), shown, thumbnails.made, len(page))


def _item(photo: StoredPhoto, app_name: str, thumbnails: set[RelativePath]) -> _Item:
    thumbnail = thumbnail_path(photo.sha256)
    links = photo.photographer_url, photo.page_url, app_name
    return _Item(
        key=f"{photo.stored_sequence}-{photo.sha256[:12]}",
        sequence=photo.stored_sequence,
        topic=photo.topic,
        picture=quote(photo.path),
        thumbnail=quote(thumbnail) if thumbnail in thumbnails else None,
        width=photo.width,
        height=photo.height,
        bytes=photo.bytes,
        color=photo.color or _UNKNOWN_COLOR,
        alt=photo.description or f"{photo.topic}, by {photo.photographer}",
        credit=Markup(credit_html(photo.photographer, *links)),  # noqa: S704 - escaped there
        stored_at=datetime.fromtimestamp(photo.stored_at, UTC).replace(microsecond=0),
    )


def _publish(folder: Folder, content: bytes, path: RelativePath) -> None:
    with folder.temporary() as temporary:
        folder.write(temporary, content)
        folder.complete(temporary)
        folder.publish(temporary, path)


@dataclass(frozen=True)
class _Around:
    """What the page says besides its photos."""

    mode: Mode
    is_part: bool
    """Whether the library has more photos than the page."""

    @property
    def is_demo(self) -> bool:
        return self.mode == "demo"


@dataclass(frozen=True)
class _Pages:
    """The parts of the pages that are the same in every library."""

    gallery_template: jinja2.Template
    news_template: jinja2.Template
    style: str
    script: str
    news_script: str

    def gallery(self, photos: Sequence[_Item], around: _Around) -> str:
        """Return the page of the gallery."""
        return self.gallery_template.render(
            photos=photos,
            around=around,
            build=self._build(around),
            policy=_policy(
                f"style-src {_hash_source(self.style)}",
                f"script-src {_hash_source(self.script)}",
                "img-src 'self' file: data:",
                "frame-src 'self' file:",
            ),
            style=Markup(self.style),  # noqa: S704 - ours
            script=Markup(self.script),  # noqa: S704 - ours
        )

    def news(self, photos: Sequence[_Item], around: _Around) -> str:
        """Return the page that tells an open gallery what there is."""
        return self.news_template.render(
            photos=photos,
            newest=photos[:NEWS_LENGTH],
            around=around,
            build=self._build(around),
            policy=_policy(f"script-src {_hash_source(self.news_script)}"),
            script=Markup(self.news_script),  # noqa: S704 - ours
        )

    def _build(self, around: _Around) -> str:
        """Return what tells this page from one that no new photo makes of it."""
        return _digest(f"{self.style}{self.script}{around}").hex()[:16]


def _policy(*allowed: str) -> str:
    """Return a Content-Security-Policy: nothing but what is allowed.

    Where a page is a file, some browsers take 'self' for nothing; hence `file:` beside it.
    """
    return "; ".join(("default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"))


@cache
def _pages() -> _Pages:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PARTS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    parts = ("page.css", "page.js", "news.js")
    return _Pages(
        environment.get_template("index.html"),
        environment.get_template("news.html"),
        *((_PARTS / name).read_text(encoding="utf-8") for name in parts),
    )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _hash_source(text: str) -> str:
    return f"'sha256-{b64encode(_digest(text)).decode()}'"
