"""What Dagster's UI shows of a materialization: links, numbers that plot, a preview picture."""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final

import dagster as dg

from unsplash_assets.catalogue.retention import Pruned
from unsplash_assets.defs.resources import LibraryResource, UnsplashResource
from unsplash_assets.gallery.page import Gallery
from unsplash_assets.images.preview import larger_preview, preview
from unsplash_assets.library.bringing import Outcome
from unsplash_assets.library.repair import Repairs
from unsplash_assets.library.selection import TopUp
from unsplash_assets.library.verification import Verification
from unsplash_assets.model.credit import Credit
from unsplash_assets.model.photos import ChosenPhoto, StoredPhoto
from unsplash_assets.unsplash.models import Photo

Metadata = dict[str, dg.MetadataValue[Any] | str | int]

_FINDINGS_AT_MOST: Final = 20
_LISTED: Final = 30  # photos in a table, which stays in Dagster's database
_DESCRIPTION_LENGTH: Final = 80  # characters, in a table
_SHOWN_AT_ONCE: Final = 999  # characters of Markdown that Dagster's UI shows without a click
_ALT_LENGTH: Final = 100


def of_top_up(
    unsplash: UnsplashResource, library: LibraryResource, topic: str, found: TopUp
) -> Metadata:
    """Describe what stocking a topic's waiting list came to, and what is left of the budget."""
    budget = library.budget.usage()
    metadata: Metadata = {
        "topic": topic,
        "requests": found.requests,
        "fetched": found.fetched,
        "new": found.new,
        "waiting": found.waiting,
        "skipped": sum(found.skipped.values()),
        "budget left": budget.remaining,
        "budget used": budget.used,
        "budget limit": budget.limit,
        "mode": unsplash.mode,
    }
    if found.skipped:
        metadata["skipped because"] = dg.MetadataValue.json(dict(found.skipped))
    if found.shortage:
        metadata["shortage"] = found.shortage
    if found.photos:
        metadata["photos"] = _table_of_fetched(found)
    return metadata


def of_choice(unsplash: UnsplashResource, topic: str, chosen: Sequence[ChosenPhoto]) -> Metadata:
    """Describe the photos that a run has chosen."""
    credit: Metadata = {"credit": _credit(chosen[0], unsplash)} if chosen else {}
    origin = _origin(chosen[0], unsplash) if chosen else {}
    table: Metadata = {"photos": _table(chosen)} if len(chosen) > 1 else {}
    counted: Metadata = {"chosen": len(chosen), "mode": unsplash.mode}
    return {**credit, "topic": topic, **origin, **counted, **table}


def of_files(
    unsplash: UnsplashResource,
    library: LibraryResource,
    stored: Sequence[StoredPhoto],
    outcome: Outcome,
    pruned: Pruned,
) -> Metadata:
    """Describe the files that a run has stored, or the topic's newest if it stored none."""
    newest = stored[-1]
    path = library.files.path(newest.path)
    metadata: Metadata = {
        **_picture("preview", newest, lambda room: preview(path, room)),
        "credit": _credit(newest, unsplash),
        "topic": newest.topic,
        "width": newest.width,
        "height": newest.height,
        "bytes": newest.bytes,
        "sha256": newest.sha256,
        "path": dg.MetadataValue.path(str(path)),
        **_origin(newest, unsplash),
        **_picture("larger preview", newest, lambda _: larger_preview(path)),
        "stored": len(outcome.stored),
        "refused": len(outcome.refused),
        "denied": len(outcome.denied),
        "failed": len(outcome.failed),
        "pruned": pruned.photos,
        "download events sent": outcome.sent.sent,
        "download events due": library.events.unsent(),
        "waiting": library.catalogue.waiting(newest.topic),
        "mode": unsplash.mode,
    }
    if outcome.postponed:
        metadata["left for later"] = f"{outcome.postponed}: {outcome.shortage}"
    if outcome.sent.trouble:
        metadata["download event failed"] = outcome.sent.trouble
    if pruned.trouble:
        metadata["pruning failed"] = pruned.trouble
    if len(stored) > 1:
        metadata["photos"] = _table(stored)
    return metadata


def of_gallery(unsplash: UnsplashResource, written: Gallery) -> Metadata:
    """Describe the page; a browser opens no file from a link, so there is its path as well."""
    return {
        "page": dg.MetadataValue.url(written.path.absolute().as_uri()),
        "path": dg.MetadataValue.path(str(written.path)),
        "to open it": "unsplash-assets open",
        "photos": written.photos,
        "topics": ", ".join(written.topics),
        "thumbnails made": written.thumbnails,
        "bytes": written.bytes,
        "mode": unsplash.mode,
    }


def of_troubles(troubles: Mapping[str, str]) -> Metadata:
    """Describe the photos that a run could not store, in any of its tries: by id, the reason."""
    return {"not stored": dg.MetadataValue.json(dict(troubles))} if troubles else {}


def of_repairs(repairs: Repairs) -> Metadata:
    """Describe what a run has repaired, and why not more."""
    metadata: Metadata = {"repaired": len(repairs.repaired)}
    if repairs.failed:
        metadata["not repaired"] = dg.MetadataValue.json(dict(repairs.failed))
    return metadata


def of_verification(seen: Verification) -> Metadata:
    """Describe what the proof of all files came to."""
    metadata: Metadata = {
        "files": seen.files,
        "bytes": seen.bytes,
        "missing": seen.count("missing"),
        "damaged": seen.count("damaged"),
        "unknown": seen.count("unknown"),
    }
    if seen.findings:
        metadata["findings"] = _listed(str(finding) for finding in seen.findings)
    return metadata


def of_paths(paths: Sequence[str]) -> Metadata:
    """Describe the files that something is wrong with."""
    metadata: Metadata = {"files": len(paths)}
    if paths:
        metadata["first"] = _listed(paths)
    return metadata


def data_version(stored: Sequence[StoredPhoto]) -> dg.DataVersion:
    """Return the SHA-256 of the one file, or the one over those of several."""
    if len(stored) == 1:
        return dg.DataVersion(stored[0].sha256)
    return dg.DataVersion(hashlib.sha256("".join(s.sha256 for s in stored).encode()).hexdigest())


def _credit(photo: ChosenPhoto, unsplash: UnsplashResource) -> dg.MetadataValue[Any]:
    """Return the credit in Markdown, both of its names linked."""
    credit = Credit(photo, unsplash.app_name, unsplash.mode)
    name = _plain(photo.photographer)
    photographer = f"[{name}]({link})" if (link := credit.photographer_link) else name
    words = f"Photo by {photographer} on [Unsplash]({credit.page_link}){credit.note}"
    return dg.MetadataValue.md(words)


def _origin(photo: ChosenPhoto, unsplash: UnsplashResource) -> Metadata:
    """Describe where a picture comes from."""
    credit = Credit(photo, unsplash.app_name, unsplash.mode)
    return {
        "photo": photo.id,
        "photo page": dg.MetadataValue.url(credit.page_link),
        "photographer": photo.photographer,
        "rendition": photo.rendition,
        "url": dg.MetadataValue.url(photo.url),
    }


def _picture(name: str, photo: StoredPhoto, draw: Callable[[int], str]) -> Metadata:
    """Return a picture under a name, or nothing if the file is not to be read.

    `draw` makes the data URL; if it keeps to the room that it is told, the UI shows the picture
    at once, else on a click.
    """
    alt = _plain(photo.description or photo.topic)[:_ALT_LENGTH].rstrip("\\")
    try:
        url = draw(_SHOWN_AT_ONCE - len(alt) - len("![]()"))
    except (OSError, SyntaxError, ValueError):  # gone since, or damaged in a way no proof sees
        return {}
    return {name: dg.MetadataValue.md(f"![{alt}]({url})")}


def _plain(text: str) -> str:
    """Return untrusted text as Markdown that shows just this text."""
    return re.sub(r"([\\`*_{}\[\]()<>#+.!|~&-])", r"\\\1", text)


def _listed(lines: Iterable[str]) -> str:
    """Return the first lines, however many there are."""
    shown = list(islice(lines, _FINDINGS_AT_MOST + 1))
    return "\n".join(
        [*shown[:_FINDINGS_AT_MOST], *(["..."] if len(shown) > _FINDINGS_AT_MOST else [])]
    )


def _table(photos: Sequence[ChosenPhoto]) -> dg.MetadataValue[Any]:
    records = [
        dg.TableRecord(
            {
                "photo": photo.id,
                "photographer": photo.photographer,
                "description": _short(photo.description or ""),
                "page": photo.page_url,
            }
        )
        for photo in photos[-_LISTED:]
    ]
    return dg.MetadataValue.table(records)


def _table_of_fetched(found: TopUp) -> dg.MetadataValue[Any]:
    records = [_record_of_fetched(photo, found) for photo in found.photos[-_LISTED:]]
    return dg.MetadataValue.table(records)


def _record_of_fetched(photo: Photo, found: TopUp) -> dg.TableRecord:
    is_sized = photo.width and photo.height
    return dg.TableRecord(
        {
            "photo": photo.id,
            "new": "yes" if photo.id in found.new_ids else "no",
            "photographer": photo.photographer,
            "description": _short(photo.alt_description or photo.description or ""),
            "original": f"{photo.width}x{photo.height}" if is_sized else "",
            "page": photo.page_url,
        }
    )


def _short(text: str) -> str:
    return text if len(text) <= _DESCRIPTION_LENGTH else f"{text[: _DESCRIPTION_LENGTH - 1]}…"
