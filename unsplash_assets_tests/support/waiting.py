"""Waits for what must come, with a ceiling that no working program reaches on a busy machine."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

CEILING: Final = 120.0
"""Seconds after which a test gives up. It waits for events, never for seconds to pass."""

Found = TypeVar("Found")


def eventually(
    look: Callable[[], Found | None],
    what: str = "what the test waits for",
    *,
    within: float = CEILING,
    every: float = 0.01,
) -> Found:
    """Return what `look` finds, once it finds something; fail if it finds nothing."""
    end = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < end, f"{what} did not come within {within:g} s"
        time.sleep(every)
    return found
