"""What a source is to the API: what is asked for, and which photos of an answer belong to it.

The API may pass over what it does not know, and answer with any photos. So collections and topics
are looked up first, and of each photo is checked what it says about itself. Facts are in
docs/reference/unsplash.md, Sources; `client` asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from unsplash_assets.model.topics import Filters, Kind, Source
from unsplash_assets.unsplash.answers import Question
from unsplash_assets.unsplash.models import PhotoAnswer, Place

_PARAMETERS: Final[Mapping[Kind, str]] = {
    "query": "query",
    "collection": "collections",
    "user": "username",
    "topic": "topics",
}
"""What names a source. It is also the path where the API tells of a collection, by its id, or of a
topic, by its id or slug."""


@dataclass(frozen=True)
class Wanted:
    """A source to ask for, with what was found where it was looked up."""

    source: Source
    places: tuple[Place, ...] = ()
    """The collections or topics that are there and have photos."""
    unusable: Mapping[str, str] = field(default_factory=dict)
    """Those that do not, as the settings name them, each with the reason."""

    def parameters(self, count: int, filters: Filters) -> dict[str, str]:
        """Return what `/photos/random` is asked for.

        Of topics it takes ids alone, and passes over a slug.
        """
        named = [place.id for place in self.places] if self.source.lookups else self.source.values
        parameters = {
            _PARAMETERS[self.source.kind]: ",".join(named),
            "count": str(count),
            "content_filter": filters.content_filter,
        }
        if filters.orientation != "any":
            parameters["orientation"] = filters.orientation
        return parameters

    def why_not(self, photo: PhotoAnswer) -> str | None:
        """Return, in a few words, why a photo does not belong to the source; None if it may.

        Of the collections that it is in, a photo says nothing.
        """
        if self.source.kind == "user":
            is_theirs = photo.user.username.casefold() == self.source.values[0].casefold()
            return None if is_theirs else "by another user"
        if self.source.kind == "topic":
            return None if self._may_be_of_topic(photo) else "of another topic"
        return None

    def _may_be_of_topic(self, photo: PhotoAnswer) -> bool:
        """Return whether one of the topics has the photo, or it does not say which have it."""
        ids, slugs = ({getattr(place, name) for place in self.places} for name in ("id", "slug"))
        of = photo.topics or ()
        submitted = photo.topic_submissions or {}
        says = any(topic.id in ids or topic.slug in slugs for topic in of) or any(
            submission.status == "approved" and slug in slugs
            for slug, submission in submitted.items()
        )
        return says or (photo.topics is None and photo.topic_submissions is None)


def question_of(source: Source, url: str) -> Question:
    """Return what is asked of a URL about a source."""
    return Question(url, source.described, of_a_source=source.kind != "query")


def path_of(source: Source) -> str:
    """Return where the API tells of one collection or topic."""
    return f"{_PARAMETERS[source.kind]}/{source.values[0]}"
