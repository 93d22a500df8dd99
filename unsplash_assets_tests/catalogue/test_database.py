"""Tests of `catalogue.database`: transactions, modes, and the catalogue's file."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import get_args

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database, open_database, read_database
from unsplash_assets.catalogue.engines.addresses import backend_of
from unsplash_assets.catalogue.engines.sqlite import SQLiteBackend
from unsplash_assets.errors import LibraryError, SettingsError
from unsplash_assets.model.mode import Mode
from unsplash_assets_tests.support.processes import Processes, python
from unsplash_assets_tests.support.waiting import CEILING

OPENS = """
import sys
from pathlib import Path
from unsplash_assets.catalogue.database import open_database
sys.stdin.readline()
for number in range(10):
    database = open_database(Path(sys.argv[1]) / str(number), None, "live")
    with database.writing() as connection:
        database.advance(connection, 1)
    print(database.identity())
"""


@contextmanager
def opened(folder: Path, url: str | None = None, mode: Mode = "live") -> Iterator[Database]:
    database = open_database(folder, url, mode)
    yield database
    database.close()


def sequence(database: Database) -> int:
    with database.reading() as connection:
        return _sequence(connection, database.mode)


def _sequence(connection: sa.Connection, mode: Mode) -> int:
    query = sa.select(db.libraries.c.sequence).where(db.libraries.c.mode == mode)
    return int(connection.scalar(query) or 0)


def advance(database: Database, count: int = 1) -> int:
    with database.writing() as connection:
        return database.advance(connection, count)


def test_a_catalogue_is_a_file_in_the_library_which_is_made_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    with opened(folder):
        assert (folder / "catalogue.db").is_file()


def test_a_catalogue_can_be_in_another_place(tmp_path: Path) -> None:
    with opened(tmp_path / "library", f"sqlite:///{tmp_path / 'photos.db'}"):
        assert (tmp_path / "photos.db").is_file()
        assert not (tmp_path / "library" / "catalogue.db").exists()


def test_what_was_written_is_there_when_it_is_opened_again(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        advance(database, 5)
        identity = database.identity()
    with opened(tmp_path) as again:
        assert (sequence(again), again.identity()) == (5, identity)


def test_a_catalogue_begun_anew_has_another_identity(tmp_path: Path) -> None:
    identities = set()
    for name in ("one", "two"):
        for mode in get_args(Mode):
            with opened(tmp_path / name, mode=mode) as database:
                identities.add(database.identity())
    assert len(identities) == 4


def test_the_modes_of_one_database_have_a_sequence_each(tmp_path: Path) -> None:
    with opened(tmp_path) as live, opened(tmp_path, mode="demo") as demo:
        advance(live, 3)
        advance(demo, 10)
        assert (sequence(live), sequence(demo)) == (3, 10)


def test_a_sequence_gives_the_number_before_the_first_taken(database: Database) -> None:
    assert [advance(database, 3), advance(database, 0), advance(database, 1)] == [0, 3, 3]
    assert sequence(database) == 4


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as connection:
        assert database.advance(connection, 3) / 0
    assert sequence(database) == 0
    assert advance(database) == 0


def test_what_is_being_written_is_not_seen_by_others(database: Database) -> None:
    with database.writing() as connection:
        database.advance(connection, 3)
        assert sequence(database) == 0
    assert sequence(database) == 3


def test_reading_sees_one_state_of_the_catalogue(database: Database) -> None:
    with database.reading() as connection:
        before = _sequence(connection, "live")
        advance(database, 3)
        assert _sequence(connection, "live") == before


def test_threads_that_write_at_once_wait_for_each_other(database: Database) -> None:
    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(lambda _: advance(database), range(40)))
    assert sorted(numbers) == list(range(40))


@pytest.mark.process
def test_processes_that_begin_a_catalogue_at_once_get_the_same(
    tmp_path: Path, processes: Processes
) -> None:
    pipe, command = subprocess.PIPE, python(OPENS, tmp_path)
    children = [processes.start(command, stdin=pipe, stdout=pipe, stderr=pipe) for _ in range(3)]
    for child in children:
        assert child.stdin
        child.stdin.write("now\n")
        child.stdin.flush()
    said = [child.communicate(timeout=CEILING) for child in children]
    assert [errors for _, errors in said] == ["", "", ""]
    for number in range(10):
        with opened(tmp_path / str(number)) as database:
            assert {out.split()[number] for out, _ in said} == {database.identity()}
            assert sequence(database) == 3


def test_looking_at_a_catalogue_that_is_not_there_makes_none(tmp_path: Path) -> None:
    database = read_database(tmp_path / "library", None, "live")
    assert sequence(database) == 0
    database.close()
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]


def test_looking_at_a_catalogue_sees_what_is_in_it(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        advance(database, 7)
    looked_at = read_database(tmp_path, None, "live")
    assert sequence(looked_at) == 7
    looked_at.close()


def test_an_empty_catalogue_to_look_at_can_be_used_by_another_thread(tmp_path: Path) -> None:
    database = read_database(tmp_path / "library", None, "live")
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(sequence, database).result() == 0


POSIX = sys.platform != "win32"


def said_when_opened(folder: Path, url: str | None = None) -> str:
    with pytest.raises((LibraryError, SettingsError)) as caught:
        open_database(folder, url, "live")
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    assert isinstance(caught.value, SettingsError) == said.startswith("UNSPLASH_")
    return said


def test_a_library_below_a_file_is_one_line_that_says_what_to_change(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    said = said_when_opened(tmp_path / "file" / "library")
    assert said == (
        f"UNSPLASH_LIBRARY is '{tmp_path}/file/library': that folder cannot be made "
        "(Not a directory): choose another, or mount its disk"
    )


def test_a_catalogue_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "catalogue.db").write_bytes(b"this is no database, " * 200)
    assert said_when_opened(tmp_path) == (
        f"the catalogue {tmp_path / 'catalogue.db'} is damaged (file is not a database): put it "
        "back from a backup, or run `unsplash-assets verify --rebuild`, which makes another from "
        "the photos and the credit in them"
    )


@pytest.mark.parametrize("said", ["database or disk is full", "disk I/O error"])
def test_a_full_disk_is_one_line_that_says_to_make_room(database: Database, said: str) -> None:
    """SQLite says the second where there is no room for the memory that it shares."""
    error = sa.exc.OperationalError("BEGIN", None, sqlite3.OperationalError(said))
    words = rf"^the catalogue cannot be used: {said} \(free some space"
    with pytest.raises(LibraryError, match=words), database.reading():
        raise error


@pytest.mark.parametrize("place", ["no/photos.db", "file/photos.db", "folder"])
def test_a_catalogue_that_cannot_be_there_is_one_line_and_nothing_is_made(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    said = said_when_opened(tmp_path / "library", f"sqlite:///{tmp_path / place}")
    assert said == (
        f"UNSPLASH_CATALOGUE is not usable ({tmp_path / place} cannot be opened): "
        "name a file in a folder that exists"
    )
    assert not (tmp_path / "library").exists()


@pytest.mark.parametrize("name", ["project", "a#b", "50%20off"] + ["what?"] * POSIX)
@pytest.mark.parametrize("path", ["catalogue.db", "data/catalogue.db?timeout=5"])
def test_a_relative_catalogue_is_in_the_project_whatever_that_is_called(
    tmp_path: Path, name: str, path: str
) -> None:
    """The text of a URL would end at a question mark: a file beside the folder would be made."""
    project = tmp_path / name
    (project / "data").mkdir(parents=True)
    database = open_database(tmp_path / "library", f"sqlite:///{path}", "live", project)
    assert database.file == project / path.partition("?")[0]
    assert database.file.is_file()
    database.close()
    assert {path.name for path in tmp_path.iterdir()} == {"dagster.yaml", name}


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql+nosuchdriver://me:pass-word@host/photos", id="driver"),
        pytest.param("postgresql+asyncpg://me:pass-word@127.0.0.1:9/photos", id="not installed"),
        pytest.param("postgresql://me:pass-word@host:port/photos", id="port"),
        pytest.param("postgresql://me:pass-word", id="password in the port's place"),
        pytest.param("sqlite:///photos.db?timeout=pass-word", id="option"),
    ],
)
def test_a_url_that_cannot_be_used_is_one_line_without_its_password(
    tmp_path: Path, url: str
) -> None:
    said = said_when_opened(tmp_path, url)
    assert said.startswith("UNSPLASH_CATALOGUE is not usable")
    assert "pass-word" not in said


def test_a_lock_that_cannot_be_had_is_one_line(tmp_path: Path) -> None:
    """As where the folder may be read only: the first thing that is written is the lock."""
    (tmp_path / ".catalogue.lock").mkdir()
    said_when_opened(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["a#b", "a b", "é山", "50%20off"] + ["what?"] * POSIX,
)
def test_a_library_of_any_name_has_its_catalogue_in_it(tmp_path: Path, name: str) -> None:
    with opened(tmp_path / name):
        assert (tmp_path / name / "catalogue.db").is_file()


def test_where_sqlite_keeps_the_catalogue_can_be_asked(database: Database, tmp_path: Path) -> None:
    assert database.file == tmp_path / "library" / "catalogue.db"
    with closing(read_database(tmp_path / "nothing", None, "live")) as in_memory:
        assert in_memory.file is None


def reading(file: Path) -> Database:
    """Open a catalogue as where it can only be read."""
    return Database(SQLiteBackend.that_only_reads(file), "live")


def test_a_catalogue_that_can_only_be_read_has_nothing_beside_it(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        advance(database, 7)
    before = sorted(path.name for path in tmp_path.iterdir())
    with closing(reading(tmp_path / "catalogue.db")) as looked_at:
        assert sequence(looked_at) == 7
        assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_a_catalogue_that_another_writes_can_be_read_without_writing(tmp_path: Path) -> None:
    with opened(tmp_path) as database:
        advance(database, 7)
        with closing(reading(tmp_path / "catalogue.db")) as looked_at:
            advance(database, 2)
            assert sequence(looked_at) == 9


def test_what_would_write_where_one_can_only_read_is_one_line(tmp_path: Path) -> None:
    with opened(tmp_path):
        pass
    file = tmp_path / "catalogue.db"
    with closing(reading(file)) as looked_at, pytest.raises(LibraryError) as caught:
        advance(looked_at)
    assert str(caught.value) == (
        f"the catalogue {file} can only be read here: check its permissions, and whether its disk "
        "is mounted read-only"
    )


def test_the_lock_is_where_the_catalogue_is(tmp_path: Path) -> None:
    """The folder of the photos may be on a disk that knows no locks."""
    (tmp_path / "local").mkdir()
    with opened(tmp_path / "library", f"sqlite:///{tmp_path}/local/photos.db"):
        assert (tmp_path / "local" / ".catalogue.lock").exists()
        assert not (tmp_path / "library").exists()


@pytest.mark.parametrize(
    "url", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:photos.db?uri=true"]
)
def test_a_catalogue_without_a_path_of_its_own_has_no_file(url: str) -> None:
    with closing(Database(backend_of(sa.make_url(url)), "live")) as database:
        assert database.file is None
        assert database.is_kept == ("photos.db" in url)
