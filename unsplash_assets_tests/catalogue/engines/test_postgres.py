"""Tests of `catalogue.engines.postgres`: one writer, one state, the server's clock, and errors."""

import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.catalogue.engines.addresses import backend_of
from unsplash_assets.catalogue.engines.postgres import PostgresBackend, ServerClock
from unsplash_assets.catalogue.migrations import forms
from unsplash_assets.errors import CatalogueUnavailable, LibraryError, TemporaryError
from unsplash_assets.library.opening import open_library
from unsplash_assets_tests.catalogue.test_migration import FILL, FORMS
from unsplash_assets_tests.catalogue.test_photos import photo
from unsplash_assets_tests.conftest import NOON, Clock, MakeSettings
from unsplash_assets_tests.support.postgres import Server
from unsplash_assets_tests.support.processes import Processes, environment, next_line, python
from unsplash_assets_tests.support.waiting import CEILING

pytestmark = pytest.mark.skipif(
    find_spec("psycopg2") is None, reason="psycopg2 is missing: install unsplash_assets[postgres]"
)
needs_server = pytest.mark.needs("pg_ctlcluster")

IDENTIFIES = """
import sys
from pathlib import Path
from unsplash_assets.catalogue.database import open_database
folder, *urls = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
for url in urls:
    database = open_database(Path(folder), url, "live")
    print(database.identity())
    database.close()
"""
ADDS_AND_CHOOSES = """
import sys
from pathlib import Path
from unsplash_assets.catalogue.database import open_database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets_tests.catalogue.test_photos import photo
folder, url, run = sys.argv[1:]
photos = Photos(open_database(Path(folder), url, "live"))
print("ready", flush=True)
sys.stdin.readline()
photos._runs.begin(run, "sea")
for first in range(0, 600, 30):
    print("added", *photos.add("sea", [photo(n) for n in range(first, first + 30)]))
for count in range(10, 101, 10):
    chosen = photos.choose("sea", count, run, "full", lambda urls: urls["full"])
print("chosen", *(each.id for each in chosen), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def url(postgres: Server, tmp_path: Path) -> str:
    """The URL of a schema that may have tables, and has no rows."""
    return postgres.of(tmp_path / "library")


@pytest.fixture
def database(url: str, tmp_path: Path) -> Iterator[Database]:
    with closing(open_database(tmp_path / "library", url, "live")) as database:
        yield database


def sequence(connection: sa.Connection) -> int:
    return int(connection.scalar(sa.select(db.libraries.c.sequence)) or 0)


def advance(database: Database) -> int:
    with database.writing() as connection:
        return database.advance(connection, 1)


def at_once(
    processes: Processes, programs: Sequence[list[str]], lines: int = 1
) -> list[list[list[str]]]:
    """Run programs that begin together; return the words of each line that they print then."""
    pipe = subprocess.PIPE
    pipes = {"stdin": pipe, "stdout": pipe, "stderr": pipe}
    started = [processes.start(each, env=environment(), **pipes) for each in programs]
    assert [next_line(child).split() for child in started] == [["ready"]] * len(programs)
    for child in started:
        assert child.stdin
        child.stdin.write("now\n")
        child.stdin.flush()
    printed = [[next_line(child).split() for _ in range(lines)] for child in started]
    said = [child.communicate(timeout=CEILING)[1] for child in started]
    assert said == [""] * len(programs)
    return printed


@pytest.mark.parametrize("written", ["postgresql", "postgresql+psycopg2"])
def test_both_ways_to_write_the_url_lead_to_the_driver_that_dagster_has(written: str) -> None:
    engine = backend_of(sa.make_url(f"{written}://me@host/photos")).engine
    assert (engine.dialect.name, engine.dialect.driver) == ("postgresql", "psycopg2")


def test_how_long_a_server_is_waited_for_can_be_said_in_the_url() -> None:
    patience = sa.make_url("postgresql://me@host/photos?connect_timeout=3&application_name=wall")
    given = backend_of(patience).engine.url.query
    assert (given["connect_timeout"], given["application_name"]) == ("3", "wall")
    assert given["keepalives_idle"] == "10"


class Said(Exception):
    """What the driver says, with the server's code."""

    def __init__(self, code: str | None) -> None:
        super().__init__("so it is\nand more")
        self.pgcode = code


@pytest.mark.parametrize(
    ("code", "is_temporary"),
    [
        pytest.param(None, True, id="no connection"),
        pytest.param("08006", True, id="connection failure"),
        pytest.param("40001", True, id="serialization failure"),
        pytest.param("40P01", True, id="deadlock"),
        pytest.param("53300", True, id="too many connections"),
        pytest.param("53100", True, id="disk full"),
        pytest.param("55P03", True, id="lock not had"),
        pytest.param("57P01", True, id="server stops"),
        pytest.param("57P03", True, id="server starts"),
        pytest.param("25P03", True, id="idle in a transaction"),
        pytest.param("25006", False, id="read only"),
        pytest.param("42501", False, id="no permission"),
        pytest.param("42P01", False, id="no such table"),
        pytest.param("23505", False, id="not unique"),
        pytest.param("25P02", False, id="transaction failed before"),
    ],
)
def test_what_may_succeed_later_is_a_temporary_error(code: str | None, is_temporary: bool) -> None:  # noqa: FBT001
    backend = backend_of(sa.make_url("postgresql://me@host/photos"))
    error = backend.error_of(sa.exc.OperationalError("SELECT 1", None, Said(code)))
    assert isinstance(error, LibraryError)
    assert isinstance(error, TemporaryError) == is_temporary
    assert "so it is" in str(error)
    assert "\n" not in str(error)


def test_a_server_that_is_not_there_is_one_line_that_names_the_variable(tmp_path: Path) -> None:
    nowhere = f"postgresql://me:secret@/photos?host={tmp_path}"
    with pytest.raises(CatalogueUnavailable) as caught:
        open_database(tmp_path / "library", nowhere, "live")
    said = str(caught.value)
    assert said.startswith("the catalogue's database is out of reach or busy (connection to server")
    assert said.endswith("it is tried again later; UNSPLASH_CATALOGUE says where it is")
    assert "secret" not in said
    assert "\n" not in said


def test_time_goes_on_from_what_the_server_said_and_it_is_asked_again_in_time() -> None:
    elapsed, asked = Clock(0.0), list[float]()

    def ask() -> None:
        asked.append(elapsed.now)
        clock.set(1000.0 + 2 * elapsed.now)  # it goes faster than we do

    clock = ServerClock(ask, elapsed)
    times = []
    for elapsed.now in (5.0, 10.0, 15.0, 15.5, 30.0):
        times.append(clock())
    assert times == [1010.0, 1015.0, 1020.0, 1031.0, 1060.0]
    assert asked == [5.0, 15.5, 30.0]


@needs_server
@pytest.mark.postgres
def test_reading_sees_one_state(database: Database) -> None:
    with database.reading() as connection:
        before = sequence(connection)
        advance(database)
        assert sequence(connection) == before
    with database.reading() as connection:
        assert sequence(connection) == before + 1


@needs_server
@pytest.mark.postgres
def test_reading_cannot_change_anything(database: Database) -> None:
    with pytest.raises(LibraryError, match="read-only"), database.reading() as connection:
        database.advance(connection, 1)


@needs_server
@pytest.mark.postgres
def test_who_writes_is_alone(database: Database) -> None:
    """Each reads a number and writes the next: two at a time would write the same."""

    def count(_: int) -> None:
        with database.writing() as connection:
            number = sequence(connection)
            connection.execute(sa.update(db.libraries).values(sequence=number + 1))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(count, range(40)))
    with database.reading() as connection:
        assert sequence(connection) == 40


@needs_server
@pytest.mark.postgres
def test_at_a_piece_of_work_one_process_at_a_time_is_alone(
    database: Database, tmp_path: Path
) -> None:
    inside, most = list[int](), list[int]()

    def work(number: int) -> None:
        with database.backend.alone("gallery", tmp_path):
            inside.append(number)
            most.append(len(inside))
            with database.writing(), database.backend.alone("other work", tmp_path):
                inside.remove(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(12)))
    assert most == [1] * 12


@needs_server
@pytest.mark.postgres
def test_work_that_another_is_at_for_long_is_a_temporary_error(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import unsplash_assets.catalogue.engines.postgres as module  # noqa: PLC0415

    shorter = module._WAIT_FOR.replace("'30s'", "'20ms'")  # noqa: SLF001
    with database.backend.alone("gallery", tmp_path):
        monkeypatch.setattr(module, "_WAIT_FOR", shorter)
        with (
            pytest.raises(CatalogueUnavailable, match="lock timeout"),
            database.backend.alone("gallery", tmp_path),
        ):
            pass
    with database.backend.alone("gallery", tmp_path):
        pass


@needs_server
@pytest.mark.postgres
def test_a_lock_that_is_not_had_in_time_is_a_temporary_error(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    import unsplash_assets.catalogue.engines.postgres as module  # noqa: PLC0415

    with database.writing():
        monkeypatch.setattr(module, "_ALONE", module._ALONE.replace("'30s'", "'20ms'"))  # noqa: SLF001
        with pytest.raises(CatalogueUnavailable, match="lock timeout"):
            advance(database)


@needs_server
@pytest.mark.postgres
def test_the_clock_is_the_servers(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1.0)
    assert isinstance(database.backend, PostgresBackend)
    with database.reading() as connection:
        before = float(connection.scalar(sa.text("SELECT extract(epoch FROM clock_timestamp())")))
        seen = database.backend.clock
        assert seen
        assert before - 60 < seen() < before + 60


@needs_server
@pytest.mark.postgres
def test_a_connection_that_was_lost_in_a_transaction_is_temporary_and_another_is_made(
    database: Database, postgres: Server
) -> None:
    def lose() -> None:
        with database.writing() as connection:
            database.advance(connection, 1)
            postgres.disconnect_all()
            database.advance(connection, 1)

    with pytest.raises(CatalogueUnavailable):
        lose()
    assert advance(database) == 0
    postgres.disconnect_all()
    assert advance(database) == 1


@needs_server
@pytest.mark.postgres
@pytest.mark.process
def test_four_processes_that_begin_catalogues_at_once_all_succeed(
    postgres: Server, processes: Processes, tmp_path: Path
) -> None:
    urls = [postgres.of(tmp_path / f"new {number}") for number in range(1, 7)]
    printed = at_once(processes, [python(IDENTIFIES, tmp_path, *urls)] * 4, lines=6)
    for identities in zip(*printed, strict=True):
        assert len({identity for (identity,) in identities}) == 1
    assert len({str(identity) for identity in printed[0]}) == 6


@needs_server
@pytest.mark.postgres
@pytest.mark.process
def test_three_processes_bring_each_earlier_form_forward_once(
    postgres: Server, processes: Processes, tmp_path: Path
) -> None:
    urls = [old_catalogue(postgres, tmp_path / form, form) for form in sorted(FORMS)]
    printed = at_once(processes, [python(IDENTIFIES, tmp_path, *urls)] * 3, lines=len(urls))
    assert printed == [[["its-identity"]] * len(urls)] * 3
    for url in urls:
        forward = open_database(tmp_path, url, "live")
        with closing(forward), forward.reading() as connection:
            assert forms.is_current(connection)
            ids = connection.scalars(sa.select(db.photos.c.id).order_by(db.photos.c.arrival))
            assert list(ids) == ["one", "two", "three"]


@needs_server
@pytest.mark.postgres
@pytest.mark.process
def test_three_processes_add_and_choose_each_of_600_photos_once(
    database: Database, url: str, processes: Processes, tmp_path: Path
) -> None:
    """The processes live until all have chosen: what a run leaves behind is free for others."""
    programs = [python(ADDS_AND_CHOOSES, tmp_path, url, f"run {number}") for number in range(3)]
    printed = at_once(processes, programs, lines=21)
    lines = [line for child in printed for line in child]
    added = [each for word, *ids in lines if word == "added" for each in ids]
    chosen = [each for word, *ids in lines if word == "chosen" for each in ids]
    assert sorted(added) == sorted(photo(number).id for number in range(600))
    assert (len(chosen), len(set(chosen))) == (300, 300)
    with database.reading() as connection:
        arrivals = list(connection.scalars(sa.select(db.photos.c.arrival)))
    assert sorted(arrivals) == list(range(1, 601))


def old_catalogue(postgres: Server, folder: Path, form: str) -> str:
    """Make a catalogue as an earlier program had it, from what that made on SQLite."""
    folder.mkdir()
    with closing(sqlite3.connect(folder / "old.db")) as old:
        old.executescript(FORMS[form])
        FILL[form](old)
        old.commit()
    postgres.of(folder.parent / "library")  # the one that is kept, which this is not
    url = postgres.of(folder)
    postgres.copy(folder / "old.db", url)
    return url


@needs_server
@pytest.mark.postgres
def test_hosts_whose_clocks_are_far_apart_spend_one_budget(
    postgres: Server, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server's clock is set here: a function of its name comes before its own."""
    settings = make_settings(api_key="key")
    url = postgres.of(settings.library)
    postgres.execute(
        """
        CREATE TABLE IF NOT EXISTS library_0.moment (now float8);
        CREATE OR REPLACE FUNCTION library_0.clock_timestamp() RETURNS timestamptz LANGUAGE sql
            AS 'SELECT to_timestamp(now) FROM library_0.moment';
        INSERT INTO library_0.moment VALUES (0);
        """
    )
    settings = replace(settings, catalogue=f"{url}%2Cpg_catalog")
    sent = []
    with ExitStack() as stack:
        hosts = {
            skew: stack.enter_context(open_library(settings, sleep=lambda _: None))
            for skew in (-600.0, 0.0, 600.0)
        }
        for now in range(int(NOON), int(NOON) + 9000, 300):
            postgres.execute(f"UPDATE library_0.moment SET now = {now}")  # noqa: S608 - a number
            for skew, host in hosts.items():
                monkeypatch.setattr("time.time", lambda skew=skew, now=now: now + skew)
                with host.budget.reserve(5) as grant:
                    for _ in range(grant.count):
                        grant.settle(None)
                sent += [now] * grant.made
    postgres.execute("DROP TABLE library_0.moment CASCADE")
    assert max(sum(then < at <= then + 3600 for at in sent) for then in sent) <= 50
    assert len(sent) >= 100
