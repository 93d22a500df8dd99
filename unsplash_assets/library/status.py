"""The state of the library in numbers, for `unsplash-assets status` and whoever else asks."""

from dataclasses import dataclass

from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.catalogue.photos import Photos, TopicCounts
from unsplash_assets.catalogue.runs import EndedRun, Runs
from unsplash_assets.model.mode import Mode
from unsplash_assets.storage.disks import network_warning
from unsplash_assets.unsplash.quota import Usage


@dataclass(frozen=True)
class Status:
    """One look at the library."""

    mode: Mode
    topics: tuple[TopicCounts, ...]
    """The topics of the settings in their order, then former ones that still have photos."""
    quota: Usage
    last_run: EndedRun | None
    warning: str | None = None
    """What may go wrong with the catalogue where it is."""

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


def look(database: Database, topics: tuple[str, ...], key: str) -> Status:
    """Look at the library, and at the quota of the key with this fingerprint; change nothing."""
    counts = Photos(database).counts()
    former = sorted(set(counts) - set(topics))
    listed = tuple(counts.get(topic, TopicCounts(topic)) for topic in (*topics, *former))
    quota = RequestBudget(database, key).usage()
    last, warning = Runs(database).last(), network_warning(database.file)
    return Status(database.mode, listed, quota, last, warning)
