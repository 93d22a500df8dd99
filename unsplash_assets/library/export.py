"""The stored photos as rows for other programs, each with its credit, as JSON lines or CSV.

The catalogue says which photos exist, the command line where the rows go.
docs/reference/export.md describes the formats to their readers.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Final, TextIO

from unsplash_assets.model.credit import Credit
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import StoredPhoto

_BYTE_ORDER_MARK: Final = "\ufeff"
_LINE_BREAKS: Final = re.compile("[\x85\u2028\u2029]")
"""What JSON leaves as it is, though some readers end a line there."""
_FORMULA: Final = re.compile(r"(?<![^;\t\r\n])(?=[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n'])")
"""Where a spreadsheet may find a formula (full-width signs begin one too): at the beginning of a
cell, and behind what it may take for the end of one, as it does with a semicolon where the
comma is the decimal point."""


@dataclass(frozen=True)
class Row:
    """One stored photo; the order of the fields is the order of the columns."""

    id: str
    topic: str
    path: str
    """Relative to the library, with `/` between its parts."""
    url: str
    """Where the file came from; like all URLs here as Unsplash gave it."""
    sha256: str
    bytes: int
    width: int
    height: int
    photographer: str
    photographer_url: str
    photo_url: str
    licence: str
    """Its page; empty for a picture of the demo."""
    stored_at: str
    """ISO 8601, UTC."""
    credit_text: str
    credit_html: str
    """With links that say which application sends the visitor."""


COLUMNS: Final = tuple(field.name for field in fields(Row))

Write = Callable[[Iterable[Row], TextIO], None]


def rows(photos: Iterable[StoredPhoto], mode: Mode, app_name: str) -> Iterator[Row]:
    """Describe the stored photos of a library in this mode, one by one."""
    for photo in photos:
        credit = Credit(photo, app_name, mode)
        yield Row(
            id=photo.id,
            topic=photo.topic,
            path=photo.path,
            url=photo.url,
            sha256=photo.sha256,
            bytes=photo.bytes,
            width=photo.width,
            height=photo.height,
            photographer=photo.photographer,
            photographer_url=photo.photographer_url,
            photo_url=photo.page_url,
            licence=credit.licence,
            stored_at=datetime.fromtimestamp(photo.stored_at, UTC).isoformat(timespec="seconds"),
            credit_text=credit.text,
            credit_html=credit.html,
        )


def write_jsonl(rows: Iterable[Row], output: TextIO) -> None:
    """Write one JSON object a line, ended by a line feed."""
    for row in rows:
        line = json.dumps(vars(row), ensure_ascii=False)
        output.write(_LINE_BREAKS.sub(lambda found: f"\\u{ord(found[0]):04x}", line) + "\n")


def write_csv(rows: Iterable[Row], output: TextIO) -> None:
    """Write CSV as RFC 4180 has it, after a byte order mark, that a spreadsheet opens safely."""
    output.write(_BYTE_ORDER_MARK)
    writer = csv.writer(output)
    writer.writerow(COLUMNS)
    writer.writerows([_safe(value) for value in vars(row).values()] for row in rows)


FORMATS: Final[Mapping[str, Write]] = {"jsonl": write_jsonl, "csv": write_csv}


def _safe(value: str | int) -> str | int:
    """Put an apostrophe before a formula, and before an apostrophe, so that it can be undone."""
    return _FORMULA.sub("'", value) if isinstance(value, str) else value
