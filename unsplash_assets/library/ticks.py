"""What a tick of the schedule takes up: a topic whose work the request budget allows, or nothing.

Bringing a photo costs its download event, one request for more photos where none of its topic
waits, and one for an event that is overdue, but for the careful request after a refusal: that may
be a tick's only one. When a tick comes, and whether the previous run is still going, is the
schedule's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.catalogue.photos import Photos


@dataclass(frozen=True)
class Skipped:
    """A tick that takes up nothing, and why, in words."""

    reason: str


@dataclass(frozen=True)
class Ticks:
    """Decides what ticks take up."""

    catalogue: Photos
    events: DownloadEvents
    budget: RequestBudget

    def next_topic(
        self, topics: Sequence[str], pick: Callable[[Sequence[str]], str]
    ) -> str | Skipped:
        """Return one of the topics, chosen by `pick` among those that the budget allows."""
        refused = self.budget.key_refused_words()
        if refused:
            return Skipped(refused)
        free = self.budget.free()
        overdue = 0 if self.budget.is_probe() else min(1, self.events.due())
        costs = {topic: 1 + overdue + self._stocking(topic) for topic in topics}
        affordable = [topic for topic in topics if costs[topic] <= free]
        if affordable:
            return pick(affordable)
        return Skipped(self.budget.spent_words(min(costs.values())))

    def _stocking(self, topic: str) -> int:
        return 0 if self.catalogue.waiting(topic) else 1
