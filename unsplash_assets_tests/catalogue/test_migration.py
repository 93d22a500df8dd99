"""Tests of `catalogue.migrations`: catalogues of earlier programs come forward, none is lost."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.curation import Curation
from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.migrations import forms
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.retention import Retention
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.errors import LibraryError
from unsplash_assets.model.keep import Keep
from unsplash_assets.model.photos import PhotoState
from unsplash_assets_tests.catalogue.test_photos import photo
from unsplash_assets_tests.support.processes import Processes, python

FORMS = {form: Path(__file__).with_name(f"form_{form}.sql").read_text() for form in "12345"}
"""What the programs of that time made of an empty SQLite database, as SQLite dumps it."""

PHOTO = """
INSERT INTO photos (mode, id, topic, state, arrival, postponed, fetched_at, photographer,
    photographer_url, page_url, download_location, urls, original_width, original_height,
    rendition, url, path, bytes, width, height, sha256, stored_at, stored_sequence)
VALUES ('live', '{id}', 'nature', '{state}', {n}, 0, 5.0, 'Ana', '', '', {location},
    '{{"full": "https://images.unsplash.com/a"}}', 4000, 6000,
    'regular', 'https://images.unsplash.com/a', 'nature/{id}.jpg', 10, 2, 3, 'abc', 7.0, {sequence})
"""
PHOTO_3 = """
INSERT INTO photos (mode, id, topic, state, arrival, postponed, photographer, photographer_url,
    page_url, download_location, urls, rendition, url, path, bytes, width, height, sha256,
    stored_at, stored_sequence)
VALUES ('live', '{id}', 'nature', '{state}', {n}, 0, 'Ana', '', '', {location},
    '{{"full": "https://images.unsplash.com/a"}}',
    'regular', 'https://images.unsplash.com/a', 'nature/{id}.jpg', 10, 2, 3, 'abc', 7.0, {sequence})
"""
"""From form 3 on: without the columns that nothing read."""
INDEXES = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
"""Those that were created, with their statements; not those that SQLite makes for keys."""


def add_photos(old: sqlite3.Connection, photo: str = PHOTO) -> None:
    """Add two stored photos, the first with a download event, and one that waits."""
    old.execute(
        photo.format(id="one", state="stored", n=1, sequence=1, location="'https://a/1?ixid=x'")
    )
    old.execute(photo.format(id="two", state="stored", n=2, sequence=2, location="NULL"))
    old.execute(
        photo.format(id="three", state="waiting", n=3, sequence="NULL", location="'https://a/3'")
    )


def fill_form_1(old: sqlite3.Connection) -> None:
    old.execute("INSERT INTO libraries VALUES ('live', 'its-identity', 9, 40, 0, NULL)")
    add_photos(old)
    old.execute("INSERT INTO requests (mode, sent_at) VALUES ('live', 1.0)")
    old.execute("INSERT INTO runs VALUES ('live', 'r', 'nature', 'h/1/2', 1, 2, 'success', '')")


def fill_form_2(old: sqlite3.Connection) -> None:
    old.execute("INSERT INTO libraries VALUES ('live', 'its-identity', 9, 0, NULL, 1, 10)")
    add_photos(old)
    old.execute("UPDATE photos SET event_due_at = 7.0, event_failures = 2 WHERE id = 'one'")
    old.execute("UPDATE photos SET event_sent_at = 8.0, favourite = 1 WHERE id = 'two'")
    old.execute("UPDATE photos SET counted_bytes = 10 WHERE id = 'one'")
    old.execute(
        "INSERT INTO requests (mode, key, count, told, ours, reserved_at, settled_at)"
        " VALUES ('live', 'k', 3, 3, 1, 1.0, 2.0)"
    )
    old.execute(
        "INSERT INTO library_runs VALUES ('live', 'r', 'nature', 'h/1/2', 1, 2, 'success', '')"
    )


def fill_form_3(old: sqlite3.Connection) -> None:
    old.execute("INSERT INTO libraries VALUES ('live', 'its-identity', 9, 0, NULL, 1, 10)")
    add_photos(old, PHOTO_3)
    old.execute("INSERT INTO quotas (mode, key, key_refused_at) VALUES ('live', 'k', 3.0)")
    old.execute(
        "INSERT INTO library_runs VALUES ('live', 'r', 'nature', 'h/1/2', 1, 2, 'success', '')"
    )


def fill_form_4(old: sqlite3.Connection) -> None:
    old.execute("INSERT INTO libraries VALUES ('live', 'its-identity', 9, 0, NULL, 1, 10, 7, NULL)")
    add_photos(old, PHOTO_3)
    old.execute("UPDATE photos SET api = 'https://api.unsplash.com'")
    old.execute(
        "INSERT INTO library_runs VALUES ('live', 'r', 'nature', 'h/1/2', 1, 2, 'success', '')"
    )


def fill_form_5(old: sqlite3.Connection) -> None:
    old.execute(
        "INSERT INTO libraries VALUES ('live', 'its-identity', 9, 0, NULL, 1, 10, 7, NULL, 'b', 3)"
    )
    add_photos(old, PHOTO_3)
    old.execute("UPDATE photos SET api = 'https://api.unsplash.com'")
    old.execute(
        "INSERT INTO library_runs VALUES ('live', 'r', 'nature', 'h/1/2', 1, 2, 'success', '', 2)"
    )
    old.execute(
        "INSERT INTO exhausted_topics VALUES ('live', 'https://api.unsplash.com', 'nature',"
        " 'any low', 1, 3.0, 'no more')"
    )


FILL: dict[str, Callable[[sqlite3.Connection], None]] = {
    "1": fill_form_1,
    "2": fill_form_2,
    "3": fill_form_3,
    "4": fill_form_4,
    "5": fill_form_5,
}
MakeOld = Callable[[str], Path]


@pytest.fixture
def make_old(tmp_path: Path) -> MakeOld:
    """Make a library of an earlier program, with its photos, requests, and a run."""

    def make(form: str) -> Path:
        folder = tmp_path / "library"
        folder.mkdir()
        with closing(sqlite3.connect(folder / "catalogue.db")) as old:
            old.executescript(FORMS[form])
            FILL[form](old)
            old.commit()
        return folder

    return make


@pytest.fixture(params=sorted(FORMS))
def library(request: pytest.FixtureRequest, make_old: MakeOld) -> Path:
    """A library of each earlier program in turn."""
    return make_old(request.param)


@pytest.fixture
def first_library(make_old: MakeOld) -> Path:
    """A library of the first program."""
    return make_old("1")


@pytest.fixture
def second_library(make_old: MakeOld) -> Path:
    """A library of the program that brought events, favourites and UNSPLASH_KEEP."""
    return make_old("2")


@pytest.fixture
def third_library(make_old: MakeOld) -> Path:
    """A library of the last program that did not know which API a photo is from."""
    return make_old("3")


@contextmanager
def migrated(folder: Path) -> Iterator[Database]:
    with closing(open_database(folder, None, "live")) as database:
        yield database


def read(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Return what plain SQLite finds in a library's catalogue."""
    with closing(sqlite3.connect(folder / "catalogue.db")) as connection:
        return connection.execute(query).fetchall()


def indexes(folder: Path) -> dict[str, str]:
    """Return the statements that made the indexes, by name; quotes do not matter."""
    return {name: sql.replace('"', "") for name, sql in read(folder, INDEXES)}


def test_the_files_lead_to_what_the_program_describes(library: Path) -> None:
    open_database(library, None, "live").close()
    engine = sa.create_engine(f"sqlite:///{library / 'catalogue.db'}")
    with engine.connect() as connection:
        options = {"version_table": forms.VERSION_TABLE, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, db.metadata) == []
    engine.dispose()


def test_the_indexes_are_those_of_a_new_catalogue(library: Path, tmp_path: Path) -> None:
    """Alembic does not compare the conditions of partial indexes, so this test does."""
    for folder in (library, tmp_path / "new"):
        open_database(folder, None, "live").close()
    assert indexes(library) == indexes(tmp_path / "new")


@pytest.mark.parametrize(
    ("name", "where"), [("photos_prunable", db.PRUNABLE), ("photos_miscounted", db.MISCOUNTED)]
)
def test_a_partial_index_keeps_its_condition(library: Path, name: str, where: str) -> None:
    """Without it the index would hold every photo, and each pruning would read them all."""
    open_database(library, None, "live").close()
    assert indexes(library)[name].endswith(f" WHERE {where}")


def test_photos_of_an_earlier_catalogue_are_still_there(library: Path) -> None:
    with migrated(library) as database:
        catalogue = Photos(database)
        stored = catalogue.stored_after(0, newest=9)
        assert [found.id for found in stored] == ["one", "two"]
        assert [(found.path, found.bytes, found.sha256) for found in stored] == [
            ("nature/one.jpg", 10, "abc"),
            ("nature/two.jpg", 10, "abc"),
        ]
        assert catalogue.waiting("nature") == 1
        assert database.identity() == "its-identity"
        assert catalogue.newest_sequence() == 2


def test_a_photo_that_waits_in_an_earlier_catalogue_can_be_chosen(library: Path) -> None:
    with migrated(library) as database:
        (chosen,) = Photos(database).choose("nature", 9, "mine", "full", lambda urls: urls["full"])
        assert (chosen.id, chosen.url) == ("three", "https://images.unsplash.com/a")


def test_photos_can_be_added_to_an_earlier_catalogue(library: Path) -> None:
    with migrated(library) as database:
        assert Photos(database).add("nature", [photo(1)]) == {photo(1).id}
        assert Photos(database).waiting("nature") == 2


def test_the_columns_that_nothing_read_are_gone(library: Path) -> None:
    open_database(library, None, "live").close()
    columns = {str(row[1]) for row in read(library, "PRAGMA table_info(photos)")}
    assert columns.isdisjoint({"fetched_at", "original_width", "original_height"})
    assert columns == set(db.photos.c.keys())


def test_runs_of_an_earlier_catalogue_are_still_there(library: Path) -> None:
    open_database(library, None, "live").close()
    assert read(library, "SELECT run_id, topic, outcome FROM library_runs") == [
        ("r", "nature", "success")
    ]


def test_photos_stored_before_there_was_a_download_event_have_theirs_due(
    first_library: Path,
) -> None:
    with migrated(first_library) as database:
        (event,) = DownloadEvents(database).take(9)
        assert (event.photo_id, event.location) == ("one", "https://a/1?ixid=x")


def test_download_events_of_form_2_stay_due_or_sent(second_library: Path) -> None:
    with migrated(second_library) as database:
        (event,) = DownloadEvents(database).take(9)
        assert (event.photo_id, event.location, event.failures) == ("one", "https://a/1?ixid=x", 2)
    assert read(second_library, "SELECT id, event_sent_at FROM photos WHERE event_sent_at") == [
        ("two", 8.0)
    ]


def test_favourites_of_form_2_are_favourites_still(second_library: Path) -> None:
    with migrated(second_library) as database:
        retention = Retention(database, Keep(size=1))
        assert retention.mark("now") == 1
        assert [marked.id for marked in retention.marked()] == ["one"]
        Curation(database).unfavour("two")


def test_requests_of_form_2_still_count(second_library: Path) -> None:
    open_database(second_library, None, "live").close()
    query = "SELECT key, count, told, ours, reserved_at, settled_at FROM requests"
    assert read(second_library, query) == [("k", 3, 3, 1, 1.0, 2.0)]


APIS = {
    "https://images.unsplash.com/a": "https://api.unsplash.com",
    "https://unsplash-demo.invalid/photo-1": "https://unsplash-demo.invalid",
    "http://127.0.0.1:8000/photo-1": "http://127.0.0.1:8000",
    "https://photos.example/x?u=https://images.unsplash.com/a": "https://photos.example",
}


@pytest.mark.parametrize("state", PhotoState)
@pytest.mark.parametrize(("url", "api"), APIS.items())
def test_each_photo_of_form_3_belongs_to_the_api_that_its_pictures_are_from(
    third_library: Path, url: str, api: str, state: str
) -> None:
    with closing(sqlite3.connect(third_library / "catalogue.db")) as old:
        values = (json.dumps({"raw": url, "full": url}), state)
        old.execute("UPDATE photos SET urls = ?, state = ? WHERE id = 'three'", values)
        old.commit()
    open_database(third_library, None, "live").close()
    assert read(third_library, "SELECT api FROM photos WHERE id = 'three'") == [(api,)]


def test_a_photo_of_form_3_that_is_long_gone_belongs_to_no_api(third_library: Path) -> None:
    with closing(sqlite3.connect(third_library / "catalogue.db")) as old:
        old.execute("UPDATE photos SET urls = '{}', state = 'pruned' WHERE id = 'one'")
        old.commit()
    open_database(third_library, None, "live").close()
    assert read(third_library, "SELECT api FROM photos WHERE id = 'one'") == [(None,)]


def test_what_waits_in_form_3_waits_for_its_own_api_alone(third_library: Path) -> None:
    with migrated(third_library) as database:
        assert Photos(database, api_url="http://127.0.0.1:8000").waiting("nature") == 0
        assert Photos(database).waiting("nature") == 1


def test_a_banned_photo_of_form_3_can_wait_again(third_library: Path) -> None:
    with migrated(third_library) as database:
        Curation(database).ban("two")
        Curation(database).unban("two")
        assert Photos(database).waiting("nature") == 2


def test_the_clock_of_form_3_is_that_of_its_newest_photo(third_library: Path) -> None:
    with closing(sqlite3.connect(third_library / "catalogue.db")) as old:
        old.execute("INSERT INTO libraries VALUES ('demo', 'another', 0, 0, NULL, 0, 0)")
        old.execute("UPDATE photos SET stored_at = 8.5 WHERE id = 'one'")
        old.commit()
    open_database(third_library, None, "live").close()
    query = "SELECT mode, clock_at, clock_jumped_at FROM libraries ORDER BY mode"
    assert read(third_library, query) == [("demo", None, None), ("live", 8.5, None)]


def test_a_key_that_was_refused_in_form_3_gets_its_second_look(third_library: Path) -> None:
    open_database(third_library, None, "live").close()
    assert read(third_library, "SELECT key_refused_at, key_refusals FROM quotas") == [(3.0, 0)]


def test_a_run_that_went_on_in_form_4_is_over(make_old: MakeOld) -> None:
    """Its process's name has a host and a time, by which nobody can find it any more."""
    library = make_old("4")
    with closing(sqlite3.connect(library / "catalogue.db")) as old:
        old.execute("UPDATE library_runs SET ended_at = NULL")
        old.commit()
    with migrated(library) as database, database.reading() as connection:
        assert Runs(database).live(connection) == frozenset()
        assert Runs(database).was_killed("r")


def test_a_topic_that_was_exhausted_in_form_5_is_asked_for_again(make_old: MakeOld) -> None:
    library = make_old("5")
    open_database(library, None, "live").close()
    assert read(library, "SELECT count(*) FROM exhausted_topics") == [(0,)]


def test_a_catalogue_comes_forward_once(library: Path) -> None:
    for _ in range(2):
        open_database(library, None, "live").close()
    assert read(library, "SELECT version_num FROM catalogue_version") == [(forms.CURRENT,)]


def test_the_newest_form_is_the_one_that_the_program_knows() -> None:
    files = (Path(forms.__file__).with_name("versions")).glob("form_*.py")
    assert max(int(file.stem.removeprefix("form_")) for file in files) == int(forms.CURRENT)


def test_every_earlier_form_has_its_dump_here() -> None:
    """A new form needs a dump of the one before it, made by the program of that time."""
    assert sorted(FORMS) == [str(form) for form in range(1, int(forms.CURRENT))]


def test_a_catalogue_of_a_newer_program_is_left_alone_and_says_so(library: Path) -> None:
    open_database(library, None, "live").close()
    with closing(sqlite3.connect(library / "catalogue.db")) as newer:
        newer.execute("UPDATE catalogue_version SET version_num = '99'")
        newer.commit()
    before = (library / "catalogue.db").read_bytes()
    with pytest.raises(LibraryError, match=r"newer unsplash_assets \(form 99, this one knows"):
        open_database(library, None, "live")
    assert (library / "catalogue.db").read_bytes() == before


def test_a_migration_that_fails_leaves_the_catalogue_as_it_was(first_library: Path) -> None:
    with closing(sqlite3.connect(first_library / "catalogue.db")) as old:
        old.execute("CREATE TABLE quotas (in_the_way INTEGER)")
        old.commit()
    with pytest.raises(LibraryError, match="quotas"):
        open_database(first_library, None, "live")
    assert read(first_library, "SELECT count(*) FROM requests") == [(1,)]
    assert read(first_library, "SELECT count(*) FROM runs") == [(1,)]


def test_a_migration_from_form_2_that_fails_leaves_the_catalogue_as_it_was(
    second_library: Path,
) -> None:
    with closing(sqlite3.connect(second_library / "catalogue.db")) as old:
        old.execute("CREATE TABLE _alembic_tmp_photos (in_the_way INTEGER)")
        old.commit()
    with pytest.raises(LibraryError, match="_alembic_tmp_photos"):
        open_database(second_library, None, "live")
    assert read(second_library, "SELECT version_num FROM catalogue_version") == [("2",)]
    assert read(second_library, "SELECT id, fetched_at FROM photos ORDER BY arrival") == [
        ("one", 5.0),
        ("two", 5.0),
        ("three", 5.0),
    ]


IDENTIFIES = """
import sys
from pathlib import Path
from unsplash_assets.catalogue.database import open_database
print(open_database(Path(sys.argv[1]), None, "live").identity())
"""


@pytest.mark.process
def test_several_programs_bring_one_catalogue_forward_together(
    library: Path, processes: Processes
) -> None:
    ended = processes.run_together(*[python(IDENTIFIES, library)] * 4)
    assert [process.stdout for process in ended] == ["its-identity\n"] * 4
