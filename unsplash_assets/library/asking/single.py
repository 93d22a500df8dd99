"""Makes one photo that a person names a run's own: one that waits, for any topic, or is unknown.

The run then downloads it like any photo that it has chosen.
"""

from collections.abc import Mapping
from typing import Final

from unsplash_assets.catalogue.browsing.listing import ListedPhoto, find
from unsplash_assets.errors import BadAnswer, PhotoRefused, UnknownPhoto
from unsplash_assets.library.opening import Library
from unsplash_assets.library.selection import rendition_url
from unsplash_assets.model.photos import PhotoState
from unsplash_assets.model.states import ENDED

_S = PhotoState
_REFUSALS: Final[Mapping[PhotoState, str]] = {
    _S.BANNED: "is banned: `unsplash-assets ban {id} --undo` lets it come again",
    _S.DAMAGED: "is here, and its file is bad: `unsplash-assets verify --repair` repairs it",
    _S.LOST: "was here, its file is bad, and Unsplash no longer has the photo",
    _S.PRUNING: "is being removed to make room: try again in a minute",
}
_BUSY: Final = "photo {id} is being brought by another run: it comes without this one"


def look_at(library: Library, photo_id: str) -> ListedPhoto | None:
    """Return what is known of a photo that may be brought or is stored; None: ask for it.

    Raises UnknownPhoto, with what to do, for a photo that is not to be brought.
    """
    known = find(library.database, photo_id, library.settings.api_url)
    if known and known.state in _REFUSALS:
        reason = _REFUSALS[known.state].format(id=photo_id)
        raise UnknownPhoto(f"photo {photo_id} {reason}")
    return None if known and known.state in ENDED else known


def claim_photo(library: Library, photo_id: str, topic: str, run_id: str) -> ListedPhoto | None:
    """Make a photo the run's own, for a topic; return it instead if it is stored already.

    It is asked for with one request unless it waits here. A photo that was refused or pruned comes
    again: a person wants it. Raises UnknownPhoto as `look_at` does, and where Unsplash has the
    photo no more, or only as a premium one; and otherwise what the client raises.
    """
    known = look_at(library, photo_id)
    if known and known.state == PhotoState.STORED:
        return known
    if known is None:
        _ask(library, photo_id, topic)
    rendition = library.settings.rendition
    library.runs.begin(run_id, topic)
    if not library.photos.claim(
        photo_id, topic, run_id, rendition, lambda urls: rendition_url(urls, rendition)
    ):
        library.runs.end(run_id, failed=True)
        raise UnknownPhoto(_BUSY.format(id=photo_id))
    return None


def _ask(library: Library, photo_id: str, topic: str) -> None:
    """Ask Unsplash for a photo, and put it on the topic's waiting list."""
    try:
        with library.budget.reserve(1) as grant:
            photo = library.client.photo(photo_id, grant)
    except PhotoRefused as error:
        raise UnknownPhoto(f"photo {photo_id}: {error}") from error
    if photo.id != photo_id:
        raise BadAnswer(f"the API answered with photo {photo.id} where {photo_id} was asked for")
    if not library.photos.add(topic, [photo]):
        library.curation.readmit(topic, photo, library.settings.api_url)
