"""Searches what a program left behind for a secret, in every form and every corner.

Knows nothing of how the package recognises the key, and must not: it is the judge of that.
"""

import base64
import html
import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True)
class Leak:
    """A file that has a secret, and the form in which it has it."""

    file: str
    form: str


def forms(secret: str) -> dict[str, str]:
    """Return the secret as texts may have it; base64 as it stands in whatever is coded."""
    return {
        "plain": secret,
        "quoted": quote(secret, safe=""),
        "quoted but for slashes": quote(secret),
        "quoted with plus": quote_plus(secret),
        "as JSON": json.dumps(secret)[1:-1],
        "as JSON within JSON": json.dumps(json.dumps(secret))[3:-3],
        "as Python": repr(secret)[1:-1],
        "as HTML": html.escape(secret),
        **{f"as base64 after {n} bytes": _coded(secret.encode(), n) for n in range(3)},
        **{
            f"as base64 for URLs after {n} bytes": _coded(secret.encode(), n)
            .replace("+", "-")
            .replace("/", "_")
            for n in range(3)
        },
    }


def leaks(folder: Path, secret: str) -> list[Leak]:
    """Return every leak below a folder, in any case of its letters: file systems fold it."""
    wanted = {form: text.lower().encode() for form, text in forms(secret).items()}
    return [
        Leak(path.relative_to(folder).as_posix(), form)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for form in _forms_in(path, wanted)
    ]


def _forms_in(path: Path, wanted: dict[str, bytes]) -> list[str]:
    pieces = [piece.lower() for piece in _pieces(path)]
    return [form for form, text in wanted.items() if any(text in piece for piece in pieces)]


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield a file as it is, and each value of a database whole: pages cut long ones."""
    yield str(path).encode()
    content = path.read_bytes()
    yield content
    if content.startswith(_SQLITE):
        with closing(sqlite3.connect(path)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            for (table,) in tables.fetchall():
                for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - its own name
                    yield from map(_value, row)


def _value(value: object) -> bytes:
    """Return a value of a database as bytes, unpacked if it is packed, as Dagster packs some."""
    content = value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")
    with suppress(zlib.error):
        return zlib.decompress(content)
    return content


def _coded(secret: bytes, before: int) -> str:
    """Return what of base64 depends on the secret alone, which begins after that many bytes."""
    bits_before, bits = 8 * before, 8 * len(secret)
    first, last = -(-bits_before // 6), (bits_before + bits) // 6
    return base64.b64encode(bytes(before) + secret)[first:last].decode()
