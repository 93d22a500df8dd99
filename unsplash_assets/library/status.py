"""The state of the library in numbers, for `unsplash-assets status`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from unsplash_assets.catalogue.runs import EndedRun
from unsplash_assets.errors import LibraryMissing, StoreUnavailable
from unsplash_assets.library.opening import Library, check_place
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import TopicCounts
from unsplash_assets.settings import environment
from unsplash_assets.unsplash.budget import Shortage
from unsplash_assets.unsplash.quota import Usage


@dataclass(frozen=True)
class Status:
    """The state of the library at one moment."""

    mode: Mode
    topics: tuple[TopicCounts, ...]
    """The topics of the settings in their order, then former ones that still have photos."""
    quota: Usage
    last_run: EndedRun | None
    next_tick_at: float
    """When the schedule ticks next if Dagster runs, in seconds since 1970."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """What the topics ask for that are more than a word to search for, as the settings have it."""
    exhausted: Mapping[str, Shortage] = field(default_factory=dict)
    """Topics of the settings that the schedule leaves alone for a while."""
    warnings: tuple[str, ...] = ()
    """What keeps photos from coming or being kept, or may go wrong; one line each."""

    @property
    def bytes(self) -> int:
        """The size of all stored pictures."""
        return sum(topic.bytes for topic in self.topics)

    @property
    def stored(self) -> int:
        """How many pictures are stored."""
        return sum(topic.stored for topic in self.topics)

    @property
    def damaged(self) -> int:
        """How many pictures are damaged."""
        return sum(topic.damaged for topic in self.topics)


def look(library: Library) -> Status:
    """Return the state of the library and of its key's quota; change nothing."""
    counts, topics = library.photos.counts(), library.settings.topic_names
    found = library.exhaustion.left_alone()
    former = sorted(set(counts) - set(topics))
    return Status(
        mode=library.settings.mode,
        topics=tuple(counts.get(topic, TopicCounts(topic)) for topic in (*topics, *former)),
        quota=library.budget.usage(),
        last_run=library.runs.last(),
        next_tick_at=library.settings.next_tick(library.clock()),
        sources={topic.name: topic.asks for topic in library.settings.topics if topic.asks},
        exhausted={topic: found[topic] for topic in topics if topic in found},
        warnings=tuple(filter(None, _warnings(library))),
    )


def _warnings(library: Library) -> Iterator[str | None]:
    try:
        if library.database.is_kept:
            check_place(library)
    except (LibraryMissing, StoreUnavailable) as error:
        yield str(error)
    yield library.warning
    if library.database.is_read_only:
        yield f"the catalogue {library.database.file} can only be read here: no photo is brought"
    refused = library.budget.key_refusal()
    yield refused.reason if refused else None
    yield library.retention.pause()
    yield environment.exposed_secrets(library.settings.project)
    yield from environment.unknown_settings(library.settings.project)
