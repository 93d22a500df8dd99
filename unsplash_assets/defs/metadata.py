"""What Dagster's UI shows of a materialization: links, numbers that plot, a preview picture.

Everything is made from the result of a use case; nothing is looked up here.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from unsplash_assets.errors import BadPicture, LibraryError, PhotoRefused
from unsplash_assets.library.bringing import Brought
from unsplash_assets.library.selection import Choice, TopUp
from unsplash_assets.library.verification import FINDINGS, Verification
from unsplash_assets.model.credit import Credit
from unsplash_assets.model.photos import ChosenPhoto, Photo, StoredPhoto
from unsplash_assets.model.text import printable
from unsplash_assets.settings.settings import Settings

if TYPE_CHECKING:
    from unsplash_assets.gallery.page import Gallery

Metadata = dict[str, dg.MetadataValue[Any] | dict[str, Any] | str | int]

_FINDINGS_AT_MOST: Final = 20
_LISTED: Final = 30  # photos in a table, which stays in Dagster's database
_DESCRIPTION_LENGTH: Final = 80  # characters, in a table
_SHOWN_AT_ONCE: Final = 999  # characters of Markdown that Dagster's UI shows without a click
_ALT_LENGTH: Final = 100


def of_top_up(settings: Settings, result: TopUp) -> Metadata:
    """Describe a topped-up waiting list, and what is left of the budget."""
    metadata: Metadata = {
        "topic": result.topic,
        "requests": result.requests,
        "fetched": result.fetched,
        "new": result.new,
        "waiting": result.waiting,
        "skipped": sum(result.skipped.values()),
        "budget left": result.usage.remaining,
        "budget used": result.usage.used,
        "budget limit": result.usage.limit,
        "mode": settings.mode,
        **_present(
            {
                "source": settings.topic(result.topic).asks,
                "not found": dict(result.unusable),
                "skipped because": dict(result.skipped),
                "shortage": result.shortage,
            }
        ),
    }
    if result.photos:
        metadata["photos"] = _table(_row_of_fetched(photo, result) for photo in result.photos)
    return metadata


def of_choice(settings: Settings, result: Choice) -> Metadata:
    """Describe the photos that a run has chosen."""
    chosen = result.photos
    return {
        **({"credit": _credit(settings, chosen[0])} if chosen else {}),
        "topic": result.topic,
        **(_origin(settings, chosen[0]) if chosen else {}),
        "chosen": len(chosen),
        "mode": settings.mode,
        **_present({"shortage": result.shortage}),
        **_all_of(chosen),
    }


def of_files(settings: Settings, result: Brought) -> Metadata:
    """Describe the files that a run has stored, or the topic's newest if it stored none."""
    outcome = result.outcome
    troubles = {
        "left for later": outcome.postponed and f"{outcome.postponed}: {outcome.shortage}",
        "download event failed": outcome.sent.error,
        "pruning failed": result.pruned.error,
        "not stored": result.not_stored,
        "not repaired": result.repairs.failed,
    }
    return {
        **(_of_newest(settings, result) if result.photos else {"topic": result.topic}),
        "stored": len(outcome.stored),
        "refused": len(outcome.refused),
        "denied": len(outcome.denied),
        "failed": len(outcome.failed),
        "pruned": result.pruned.photos,
        "download events sent": outcome.sent.sent,
        "download events due": result.unsent_events,
        "waiting": result.waiting,
        "mode": settings.mode,
        "repaired": len(result.repairs.repaired),
        **_present(troubles),
        **_all_of(result.photos),
    }


def _of_newest(settings: Settings, result: Brought) -> Metadata:
    from unsplash_assets.images.preview import larger_preview, preview  # noqa: PLC0415 - Pillow

    newest = result.photos[-1]

    def drawn(draw: Callable[[Path], str]) -> str:
        with result.store.local(newest.path) as picture:
            return draw(picture)

    return {
        **_picture("preview", newest, lambda room: drawn(lambda path: preview(path, room))),
        "credit": _credit(settings, newest),
        "topic": newest.topic,
        "width": newest.width,
        "height": newest.height,
        "bytes": newest.bytes,
        "sha256": newest.sha256,
        "path": dg.MetadataValue.path(result.store.shown(newest.path)),
        **_origin(settings, newest),
        **_picture("larger preview", newest, lambda _: drawn(larger_preview)),
    }


def of_gallery(settings: Settings, written: "Gallery") -> Metadata:
    """Describe the page; a browser opens no file from a link, so there is its path as well."""
    return {
        "page": dg.MetadataValue.url(written.url),
        "path": dg.MetadataValue.path(written.place),
        "to open it": "unsplash-assets open",
        "photos": written.photos,
        "topics": ", ".join(written.topics),
        "thumbnails made": written.thumbnails,
        "bytes": written.bytes,
        "mode": settings.mode,
        **_present({"not written": ", ".join(written.strangers)}),
    }


def of_verification(seen: Verification) -> Metadata:
    """Describe what a verification has found."""
    return {
        "files": seen.files,
        "bytes": seen.bytes,
        **{kind: seen.count(kind) for kind in FINDINGS},
        **({} if seen.read is None else {"read": seen.read}),
        **_present({"not read": seen.unread, "because": seen.trouble}),
        **_present({"findings": _listed(str(finding) for finding in seen.findings)}),
    }


def of_paths(paths: Sequence[str]) -> Metadata:
    """Describe the files that something is wrong with."""
    return {"files": len(paths), **_present({"first": _listed(paths)})}


def data_version(stored: Sequence[StoredPhoto]) -> dg.DataVersion:
    """Return the SHA-256 of the one file, or the one over those of several."""
    if len(stored) == 1:
        return dg.DataVersion(stored[0].sha256)
    return dg.DataVersion(hashlib.sha256("".join(s.sha256 for s in stored).encode()).hexdigest())


def _credit(settings: Settings, photo: ChosenPhoto) -> dg.MetadataValue[Any]:
    """Return the credit in Markdown, both of its names linked."""
    credit = Credit(photo, settings.app_name, settings.mode)
    name = _plain(photo.photographer)
    photographer = f"[{name}]({link})" if (link := credit.photographer_link) else name
    words = f"Photo by {photographer} on [Unsplash]({credit.page_link}){credit.note}"
    return dg.MetadataValue.md(words)


def _origin(settings: Settings, photo: ChosenPhoto) -> Metadata:
    """Describe where a picture comes from."""
    credit = Credit(photo, settings.app_name, settings.mode)
    return {
        "photo": photo.id,
        "photo page": dg.MetadataValue.url(credit.page_link),
        "photographer": photo.photographer,
        "rendition": photo.rendition,
        "url": dg.MetadataValue.url(photo.url),
    }


def _picture(name: str, photo: StoredPhoto, draw: Callable[[int], str]) -> Metadata:
    """Return a picture under a name, or nothing if its file cannot be read or decoded.

    `draw` makes the data URL from the number of characters that the UI shows without a click.
    """
    alt = _plain(photo.description or photo.topic)[:_ALT_LENGTH].rstrip("\\")
    try:
        url = draw(_SHOWN_AT_ONCE - len(alt) - len("![]()"))
    except (OSError, SyntaxError, ValueError, BadPicture, PhotoRefused, LibraryError):
        return {}
    return {name: dg.MetadataValue.md(f"![{alt}]({url})")}


def _plain(text: str) -> str:
    """Return untrusted text as Markdown that shows just this text."""
    return re.sub(r"([\\`*_{}\[\]()<>#+.!|~&-])", r"\\\1", text)


def _present(
    metadata: Mapping[str, str | int | dict[str, str] | dict[str, int] | None],
) -> Metadata:
    """Return what is not empty."""
    return {name: value for name, value in metadata.items() if value}


def _listed(lines: Iterable[str]) -> str:
    """Return the first lines, however many there are; Dagster can show UTF-8 alone."""
    shown = list(islice(map(printable, lines), _FINDINGS_AT_MOST + 1))
    shown[_FINDINGS_AT_MOST:] = ["..."] * (len(shown) > _FINDINGS_AT_MOST)
    return "\n".join(shown)


def _all_of(photos: Sequence[ChosenPhoto]) -> Metadata:
    """List the photos if there are several."""
    rows = (
        {
            "photo": photo.id,
            "photographer": photo.photographer,
            "description": _short(photo.description or ""),
            "page": photo.page_url,
        }
        for photo in photos
    )
    return {"photos": _table(rows)} if len(photos) > 1 else {}


def _row_of_fetched(photo: Photo, result: TopUp) -> dict[str, str]:
    return {
        "photo": photo.id,
        "new": "yes" if photo.id in result.new_ids else "no",
        "photographer": photo.photographer,
        "description": _short(photo.alt_description or photo.description or ""),
        "original": f"{photo.width}x{photo.height}" if photo.width and photo.height else "",
        "page": photo.page_url,
    }


def _table(rows: Iterable[dict[str, str]]) -> dg.MetadataValue[Any]:
    return dg.MetadataValue.table([dg.TableRecord(row) for row in rows][-_LISTED:])


def _short(text: str) -> str:
    return text if len(text) <= _DESCRIPTION_LENGTH else f"{text[: _DESCRIPTION_LENGTH - 1]}…"
