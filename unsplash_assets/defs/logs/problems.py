"""Lines on standard error, and the problems that are written once, until they are others."""

import logging
import sys
from typing import Final

from unsplash_assets.model.text import one_line

SHOWN: Final = 500
"""Characters of a line."""

_FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"
_TIME: Final = "%Y-%m-%d %H:%M:%S %z"


class Told:
    """Problems that were told of, so that each is told once and not at every tick."""

    def __init__(self) -> None:
        self._last: str | None = None
        self._logger = logging.Logger("unsplash_assets", logging.WARNING)  # noqa: LOG001
        self._logger.addHandler(handler())

    def is_news(self, problem: str | None) -> bool:
        """Return whether a problem differs from the last one; None if there is none now."""
        is_news = problem is not None and problem != self._last
        self._last = problem
        return is_news

    def tell(self, problem: str | None) -> None:
        """Write a line about a problem if it is news."""
        if self.is_news(problem):
            self._logger.warning(one_line(str(problem))[:SHOWN])


def handler() -> logging.Handler:
    """Return what writes lines to standard error: plain, each with its time and level."""
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(logging.Formatter(_FORMAT, _TIME))
    return stream
