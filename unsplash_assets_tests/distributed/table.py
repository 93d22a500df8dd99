"""The table of `make distributed`: what was tried, what should come of it, and what came."""

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

_SHORT: Final = 120  # characters of an error
_HEAD: Final = ("what", "expected", "seen", "seconds", "")


@dataclass
class Line:
    """One thing that was tried."""

    what: str
    expected: str
    seen: str = "nothing"
    seconds: float = 0.0
    is_right: bool = False

    def is_seen(self, seen: object, *, right: bool) -> None:
        """Note what came of it."""
        self.seen, self.is_right = str(seen), right

    @property
    def cells(self) -> tuple[str, ...]:
        """The line as text."""
        verdict = "" if self.is_right else "WRONG"
        return self.what, self.expected, self.seen, f"{self.seconds:.1f}", verdict


@dataclass
class Table:
    """All lines so far; each is printed when it is done."""

    lines: list[Line] = field(default_factory=list)

    @contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """Let an assertion outside of a line be one, and others be tried nevertheless."""
        try:
            yield
        except AssertionError as error:
            self._add(Line(what, "no error", str(error).partition("\n")[0][:_SHORT]))

    @contextmanager
    def line(self, what: str, expected: str) -> Iterator[Line]:
        """Try something; it is timed, and wrong if it raises an assertion."""
        line, begin = Line(what, expected), time.monotonic()
        try:
            yield line
        except AssertionError as error:
            line.seen = str(error).partition("\n")[0][:_SHORT]
        line.seconds = line.seconds or time.monotonic() - begin
        self._add(line)

    @property
    def is_right(self) -> bool:
        """Whether all came as expected."""
        return all(line.is_right for line in self.lines)

    def _add(self, line: Line) -> None:
        self.lines.append(line)
        print(*line.cells, sep=" | ", flush=True)

    def text(self) -> str:
        """Return the whole table."""
        rows = [_HEAD, *(line.cells for line in self.lines)]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return "\n".join(_row(row, widths) for row in rows)


def _row(cells: Iterable[str], widths: Iterable[int]) -> str:
    pairs = zip(cells, widths, strict=True)
    return "  ".join(cell.ljust(width) for cell, width in pairs).rstrip()
