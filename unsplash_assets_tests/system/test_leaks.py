"""Tests of the search for leaks itself: a secret that was left anywhere is found."""

import base64
import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from unsplash_assets_tests.support.leaks import Leak, forms, leaks

SECRET = "Recognisable+Key/of=the%Tests~~~~~????<&>\\123"
FORMS = forms(SECRET)


def _file(folder: Path, text: str) -> str:
    (folder / "a.jpg").write_bytes(b"\xff\xd8\0" + text.encode() + b"\xff\xd9")
    return "a.jpg"


def _row(folder: Path, value: str | bytes) -> str:
    with closing(sqlite3.connect(folder / "a.db")) as database, database:
        database.execute("CREATE TABLE events (body)")
        database.execute("INSERT INTO events VALUES (?)", (value,))
    return "a.db"


def _long_row(folder: Path, text: str) -> str:
    """Write a value that begins on one page and ends on another, with the secret across them."""
    return _row(folder, "".join("x" * (4040 - len(text)) + text for _ in range(20)))


def _packed_row(folder: Path, text: str) -> str:
    return _row(folder, zlib.compress(f"{'x' * 100}{text}".encode()))


PLACES: dict[str, Callable[[Path, str], str]] = {
    "a file": _file,
    "a database": _row,
    "a long value": _long_row,
    "a packed value": _packed_row,
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_found_in_each_place(
    tmp_path: Path, form: str, place: Callable[[Path, str], str]
) -> None:
    (tmp_path / "harmless.txt").write_text("Client-ID")
    name = place(tmp_path, FORMS[form])
    assert Leak(name, form) in leaks(tmp_path, SECRET)
    assert {leak.file for leak in leaks(tmp_path, SECRET)} == {name}


def test_a_value_that_is_in_the_log_of_a_database_only_is_found(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("CREATE TABLE events (body)")
        database.execute("INSERT INTO events VALUES (?)", (SECRET,))
        assert {leak.file for leak in leaks(tmp_path, SECRET)} == {"a.db", "a.db-wal"}


def test_the_name_of_a_file_is_searched_too(tmp_path: Path) -> None:
    secret = "recognisable-key"
    (tmp_path / f"photo-of-{secret.upper()}.jpg").touch()
    assert Leak(f"photo-of-{secret.upper()}.jpg", "plain") in leaks(tmp_path, secret)


@pytest.mark.parametrize("before", ["", "x", "Client-ID ", "user:", "ab"])
@pytest.mark.parametrize("after", ["", "y", "yz"])
def test_base64_is_found_wherever_the_secret_stands_in_what_is_coded(
    tmp_path: Path, before: str, after: str
) -> None:
    (tmp_path / "a.txt").write_bytes(base64.b64encode(f"{before}{SECRET}{after}".encode()))
    (leak,) = leaks(tmp_path, SECRET)
    assert leak.form == f"as base64 after {len(before) % 3} bytes"


def test_each_form_is_a_search_of_its_own() -> None:
    alike = {"quoted with plus", "as Python"}  # as `quoted` where there is no space, and as JSON
    texts = [text for form, text in FORMS.items() if form not in alike]
    assert len(set(texts)) == len(texts)
    assert json.loads(f'"{FORMS["as JSON"]}"') == SECRET


def test_where_nothing_is_left_nothing_is_found(tmp_path: Path) -> None:
    _file(tmp_path, "Client-ID")
    _row(tmp_path, "another+Key/of=the%Tests~~~~~????<&>\\123")
    assert leaks(tmp_path, SECRET) == []
