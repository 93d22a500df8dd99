"""Writes the gallery: one static page of the newest photos in the catalogue.

The page opens from the folder as well as from a server, and loads nothing from any other host.
Beside it is the news, a small page that an open gallery loads to learn of new photos. `web/` has
the templates, `thumbnails` makes the small pictures, `viewer` opens the page.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.gallery.scripts import joined, own_text
from unsplash_assets.gallery.templates import build_of, hash_source, policy, templates
from unsplash_assets.gallery.thumbnails import update_thumbnails
from unsplash_assets.model.credit import credit_html
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.names import NEWS, PAGE, RelativePath, thumbnail_path
from unsplash_assets.storage.stores.base import Store

MAX_PHOTOS: Final = 1_000
"""The most photos on the page, so it costs the same however large the library is."""

MAX_NEWS: Final = 60
"""The most photos in the news: an hour at one a minute."""

_MARK: Final = re.compile(rb'<html lang="en" data-build="[0-9a-f]{16}"')
_HEAD: Final = 300  # bytes of a page in which its mark stands
_UNKNOWN_COLOR: Final = "#8a8a86"


@dataclass(frozen=True)
class Gallery:
    """The page that was written, and what is on it."""

    place: str
    """Where it is: a path, or the URL of an object in a bucket."""
    url: str
    photos: int
    topics: tuple[str, ...]
    thumbnails: int
    """How many of them are new."""
    bytes: int
    strangers: tuple[str, ...] = ()
    """The names under which a file that is not ours was left as it is."""

    @property
    def summary(self) -> str:
        """One line for the log."""
        return f"{self.photos} photos on the page, {self.thumbnails} thumbnails made"

    @property
    def warnings(self) -> list[str]:
        """One line for each page that could not be written."""
        return [
            f"{name} in the library is not the gallery's: it is left as it is, and the gallery is "
            "not written; move it elsewhere"
            for name in self.strangers
        ]


def write_gallery(photos: Photos, store: Store, settings: Settings) -> Gallery:
    """Write a library's page and the thumbnails on it; remove all other thumbnails.

    Raises LibraryError.
    """
    with photos.alone("gallery", settings.library):
        found = photos.stored_after(0, newest=MAX_PHOTOS + 1)[::-1]
        newest = found[:MAX_PHOTOS]
        thumbnails = update_thumbnails(store, newest)
        items = [_item(photo, settings.app_name, thumbnails.available) for photo in newest]
        is_demo, is_partial = settings.mode == "demo", len(found) > MAX_PHOTOS
        pages = _render(items, is_demo=is_demo, is_partial=is_partial)
        strangers = tuple(name for name in pages if not _is_ours(store, name))
        photos.check_lease()
        for name in pages:
            if name not in strangers:
                store.write_file(name, pages[name])
    shown = tuple(sorted({photo.topic for photo in newest}))
    size = len(pages[PAGE])
    return Gallery(
        store.shown(PAGE), store.url(PAGE), len(items), shown, thumbnails.made, size, strangers
    )


def _is_ours(store: Store, name: RelativePath) -> bool:
    """Whether a page may be written: there is none yet, or it carries the mark of a gallery."""
    if store.stamp(name) is None:
        return True
    content = store.start_of(name, _HEAD)
    return content is not None and _MARK.search(content) is not None


def _item(photo: StoredPhoto, app_name: str, thumbnails: set[RelativePath]) -> dict[str, object]:
    """Return a photo as the templates show it.

    Its key changes with its file, so an open page replaces a repaired picture.
    """
    thumbnail = thumbnail_path(photo.sha256)
    links = photo.photographer_url, photo.page_url, app_name
    return {
        **vars(photo),
        "key": f"{photo.stored_sequence}-{photo.sha256[:12]}",
        "picture": quote(photo.path),
        "thumbnail": quote(thumbnail) if thumbnail in thumbnails else None,
        "color": photo.color or _UNKNOWN_COLOR,
        "alt": photo.description or f"{photo.topic}, by {photo.photographer}",
        "credit": Markup(credit_html(photo.photographer, *links)),  # noqa: S704 - escaped there
        "stored_at": datetime.fromtimestamp(photo.stored_at, UTC).replace(microsecond=0),
    }


def _render(
    photos: Sequence[object], *, is_demo: bool, is_partial: bool
) -> dict[RelativePath, bytes]:
    """Return the content of the page, and of the news last: they announce the rest.

    `is_partial` says that the library has more photos. `build` changes when an open page must
    reload to be up to date.
    """
    style, script, news_script = own_text("page.css"), joined("file.js"), own_text("news_frame.js")
    page_policy = policy(  # for a page that is a file, some browsers ignore 'self'
        f"style-src {hash_source(style)}",
        f"script-src {hash_source(script)}",
        "img-src 'self' file: data:",
        "frame-src 'self' file:",
    )
    news_policy = policy(f"script-src {hash_source(news_script)}")
    build = build_of(style, script, is_demo, is_partial)
    context = {"photos": photos, "is_demo": is_demo, "is_partial": is_partial, "build": build}
    context["is_served"] = False
    page, news = map(templates().get_template, ("index.html", "news.html"))
    return {
        PAGE: page.render(context, style=style, script=script, policy=page_policy).encode(),
        NEWS: news.render(
            context, newest=photos[:MAX_NEWS], script=news_script, policy=news_policy
        ).encode(),
    }
