"""The gallery: one static page of the newest photos, written anew from the catalogue.

It opens from the folder as well as from a server, and asks no other host for anything. What it
looks like and does is in `page/`, which small copies of the pictures there are is decided in
`thumbnails`, where the files lie in `files`. Opening the page is `viewer`'s.
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

from unsplash_assets.library.catalogue import Catalogue, StoredPhoto
from unsplash_assets.library.credit import credit_html
from unsplash_assets.library.database import Database
from unsplash_assets.library.files import PAGE, Folder, RelativePath, thumbnail_path
from unsplash_assets.library.thumbnails import renew
from unsplash_assets.settings import Mode

NEWEST: Final = 1_000
"""Photos on the page, at the most: with any number in the library it costs the same."""

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
        photos = Catalogue(database).stored_after(0, newest=NEWEST)[::-1]
        thumbnails = renew(folder, photos)
        items = [_item(photo, app_name, thumbnails.there) for photo in photos]
        page = _render(items, database.mode).encode()
        with folder.incoming() as incoming:
            folder.write(incoming, page)
            folder.complete(incoming)
            folder.publish(incoming, PAGE)
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


def _render(items: Sequence[_Item], mode: Mode) -> str:
    page = _page()
    return page.template.render(
        photos=items,
        is_demo=mode == "demo",
        is_full=len(items) == NEWEST,
        build=page.build,
        policy=page.policy,
        style=Markup(page.style),  # noqa: S704 - ours
        script=Markup(page.script),  # noqa: S704 - ours
    )


@dataclass(frozen=True)
class _Page:
    """The parts of the page that are the same in every library."""

    template: jinja2.Template
    style: str
    script: str

    @property
    def build(self) -> str:
        """What tells this version of the page from another."""
        return _digest(self.style + self.script).hex()[:16]

    @property
    def policy(self) -> str:
        """The Content-Security-Policy: this style, this script, pictures from beside the page.

        Where the page is a file, some browsers take 'self' for nothing; hence `file:`.
        """
        return "; ".join(
            (
                "default-src 'none'",
                "img-src 'self' file: data:",
                f"style-src {_hash_source(self.style)}",
                f"script-src {_hash_source(self.script)}",
                "frame-src 'self' file:",
                "base-uri 'none'",
                "form-action 'none'",
            )
        )


@cache
def _page() -> _Page:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_PARTS),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    parts = ((_PARTS / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    return _Page(environment.get_template("index.html"), *parts)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _hash_source(text: str) -> str:
    return f"'sha256-{b64encode(_digest(text)).decode()}'"
