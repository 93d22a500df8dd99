"""How much of the library is kept: the value of UNSPLASH_KEEP."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

UNITS: Final = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
"""Units of size, in bytes."""
SPANS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
"""Units of time, in seconds."""


@dataclass(frozen=True)
class Keep:
    """How much of the library is kept: all, or the newest photos up to one of three bounds."""

    photos: int | None = None
    size: int | None = None  # bytes
    age: timedelta | None = None

    def __str__(self) -> str:
        """Return what `keep` reads."""
        if self.size is not None:
            return _in_largest_unit(self.size, UNITS)
        if self.age is not None:
            return _in_largest_unit(int(self.age.total_seconds()), SPANS)
        return "all" if self.photos is None else str(self.photos)


def _in_largest_unit(number: int, units: Mapping[str, int]) -> str:
    unit = max((name for name in units if number % units[name] == 0), key=lambda name: units[name])
    return f"{number // units[unit]}{unit}"
