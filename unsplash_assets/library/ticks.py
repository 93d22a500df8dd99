"""What a tick of the schedule takes up: a topic whose work the request budget allows, or nothing.

A topic that gives no new photos is left alone for a while, unless some of it wait. Damaged files
are repaired all the same: each run repairs a few, and where none can bring photos, one does only
that.

A photo costs its download event, the request for more photos where none of its topic waits (with
those that look up its source), and those of the events that are to be paid first; except for the
careful request after a refusal, which may be a tick's only one. `defs.schedules` says when a tick
comes, and whether the previous run is still going.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from unsplash_assets.library.events import to_pay
from unsplash_assets.library.opening import Library

_LATE: Final = 30.0
"""Seconds: whoever had none of the ticks within the schedule's longest gap and this has stopped."""
_PRECEDENCE: Final = 1.5
"""Seconds that a second `dagster dev` leaves to the first."""


@dataclass(frozen=True)
class Skipped:
    """A tick that takes up nothing."""

    reason: str
    is_trouble: bool = False
    """Whether a person has to do something; else the next photo comes by itself."""


@dataclass(frozen=True)
class Work:
    """What a tick takes up."""

    topic: str
    only_repairs: bool = False
    """Whether new photos are left for later: no request is worth while, or none is allowed."""


def next_work(library: Library, pick: Callable[[Sequence[str]], str]) -> Work | Skipped:
    """Return what to do now: bring photos of a topic, else repair what is damaged, else nothing."""
    topic = next_topic(library, pick)
    if not isinstance(topic, Skipped):
        return Work(topic)
    if damaged := library.integrity.topics_due():
        topics = library.settings.topic_names
        return Work(
            pick([known for known in topics if known in damaged] or topics), only_repairs=True
        )
    return topic


def next_topic(library: Library, pick: Callable[[Sequence[str]], str]) -> str | Skipped:
    """Return one of the topics, chosen by `pick` among those with photos that the budget allows."""
    refused = library.budget.key_refusal()
    if refused and library.clock() < refused.until:
        return Skipped(refused.reason, is_trouble=True)
    free = library.budget.free()
    earlier = 0 if library.budget.is_probe() else to_pay(library)
    waiting = {topic: library.photos.waiting(topic) for topic in library.settings.topic_names}
    left_alone = library.exhaustion.left_alone()
    open_topics = [topic for topic, photos in waiting.items() if photos or topic not in left_alone]
    if not open_topics:
        soonest = min((left_alone[topic] for topic in waiting), key=attrgetter("until"))
        return Skipped(soonest.reason)
    sources = {topic: library.settings.topic(topic).source for topic in open_topics}
    costs = {
        topic: 1 + earlier + (0 if waiting[topic] else source.cost)
        for topic, source in sources.items()
    }
    affordable = [topic for topic, cost in costs.items() if cost <= free]
    if affordable:
        return pick(affordable)
    return Skipped(library.budget.shortage(min(costs.values())).reason)


def claim(library: Library, tick: float) -> Skipped | None:
    """Claim a tick for this process; return why not, if another process has it.

    `tick` is its scheduled time, seconds since 1970. The process that was here first goes first.
    """
    gap = library.settings.schedule.longest_gap.total_seconds()
    if library.runs.has_rival(tick, gap + _LATE):
        library.sleep(_PRECEDENCE)
    holder = library.runs.claim_tick(tick)
    if holder is None:
        return None
    is_here = holder.place == library.machine.me().place
    where = "" if is_here else " on another machine or in a container"
    return Skipped(
        f"another `dagster dev` on this library has this tick (its process {holder.pid}{where}): "
        "stop one of the two",
        is_trouble=True,
    )
