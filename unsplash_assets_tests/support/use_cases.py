"""Runs of the use cases one after the other, as the assets do, without Dagster around them.

For tests of many kinds of trouble: a run of Dagster takes ten times as long, and what it adds is
tested with a few of them.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from unsplash_assets.errors import TemporaryError, UnsplashAssetsError
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import Library, open_library, working_on
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.settings.settings import Settings
from unsplash_assets.transport.base import Timeouts


@dataclass
class Ended:
    """What came of a run."""

    tries: Counter[str] = field(default_factory=Counter)
    """How often each step was begun."""
    failure: tuple[str, str] | None = None
    """The failed step, and what it said."""
    shown: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Some of what is shown of each step that went well."""

    @property
    def success(self) -> bool:
        return self.failure is None


def run_use_cases(settings: Settings, topic: str, retries: int, timeouts: Timeouts) -> Ended:
    """Do what a run does for a topic, with as many more tries of each step."""
    run_id, ended = str(uuid.uuid4()), Ended()
    with open_library(settings, timeouts=timeouts) as library, working_on(library, run_id, topic):
        for name, step in _STEPS.items():
            error = _tried(ended, name, partial(step, library, topic, run_id), retries)
            if error:
                ended.failure = name, str(error)
                library.runs.report(run_id, str(error))
                break
    return ended


def _tried(
    ended: Ended, name: str, step: Callable[[bool], Mapping[str, Any]], retries: int
) -> UnsplashAssetsError | None:
    while True:
        ended.tries[name] += 1
        is_last = ended.tries[name] > retries
        try:
            ended.shown[name] = step(is_last)
        except UnsplashAssetsError as error:
            if is_last or not isinstance(error, TemporaryError):
                return error
        else:
            return None


def _top_up(library: Library, topic: str, _: str, __: object) -> Mapping[str, Any]:
    topped_up = top_up(library, topic)
    skipped = dict(topped_up.skipped)
    return {"new": topped_up.new, **({"skipped because": skipped} if skipped else {})}


def _choose(library: Library, topic: str, run_id: str, _: object) -> Mapping[str, Any]:
    return {"chosen": len(choose(library, topic, run_id).photos)}


def _bring(library: Library, topic: str, run_id: str, is_last: bool) -> Mapping[str, Any]:  # noqa: FBT001 - as the others
    brought = bring(library, topic, run_id, last_try=is_last)
    if brought.error:
        raise brought.error
    return {"not stored": brought.not_stored} if brought.not_stored else {}


_STEPS: Final = {"photo_metadata": _top_up, "image_url": _choose, "image_file": _bring}
