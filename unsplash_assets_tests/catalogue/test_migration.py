"""Tests of `library.migration`: catalogues of earlier programs come forward, none is lost."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from unsplash_assets.catalogue import migration
from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import open_database
from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.errors import LibraryError

FORM_1 = Path(__file__).with_name("form_1.sql").read_text()
"""What the first program made of an empty SQLite database, as SQLite tells it."""

PHOTO = """
INSERT INTO photos (mode, id, topic, state, arrival, postponed, fetched_at, photographer,
    photographer_url, page_url, download_location, urls, rendition, url, path, bytes, width,
    height, sha256, stored_at, stored_sequence)
VALUES ('live', '{id}', 'nature', '{state}', {n}, 0, 5.0, 'Ana', '', '', {location}, '{{}}',
    'regular', 'https://images.unsplash.com/a', 'nature/{id}.jpg', 10, 2, 3, 'abc', 7.0, {sequence})
"""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A library of the first program, with two stored photos, one waiting, and requests."""
    folder = tmp_path / "library"
    folder.mkdir()
    with closing(sqlite3.connect(folder / "catalogue.db")) as old:
        old.executescript(FORM_1)
        old.execute("INSERT INTO libraries VALUES ('live', 'its-identity', 9, 40, 0, NULL)")
        old.execute(
            PHOTO.format(id="one", state="stored", n=1, sequence=1, location="'https://a/1?ixid=x'")
        )
        old.execute(PHOTO.format(id="two", state="stored", n=2, sequence=2, location="NULL"))
        old.execute(
            PHOTO.format(
                id="three", state="waiting", n=3, sequence="NULL", location="'https://a/3'"
            )
        )
        old.execute("INSERT INTO requests (mode, sent_at) VALUES ('live', 1.0)")
        old.execute("INSERT INTO runs VALUES ('live', 'r', 'nature', 'h/1/2', 1, 2, 'success', '')")
        old.commit()
    return folder


def test_the_files_lead_to_what_the_program_describes(library: Path) -> None:
    open_database(library, None, "live").close()
    engine = sa.create_engine(f"sqlite:///{library / 'catalogue.db'}")
    with engine.connect() as connection:
        options = {"version_table": migration.VERSION_TABLE, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, db.metadata) == []
    engine.dispose()


def test_photos_of_an_earlier_catalogue_are_still_there(library: Path) -> None:
    database = open_database(library, None, "live")
    catalogue = Photos(database)
    assert [photo.id for photo in catalogue.stored_after(0, newest=9)] == ["one", "two"]
    assert catalogue.waiting("nature") == 1
    assert database.identity() == "its-identity"
    assert catalogue.newest_sequence() == 2
    database.close()


def test_photos_stored_before_there_was_a_download_event_have_theirs_due(library: Path) -> None:
    database = open_database(library, None, "live")
    (event,) = DownloadEvents(database).take(9)
    assert (event.photo_id, event.location) == ("one", "https://a/1?ixid=x")
    database.close()


def test_a_catalogue_comes_forward_once(library: Path) -> None:
    for _ in range(2):
        open_database(library, None, "live").close()
    with closing(sqlite3.connect(library / "catalogue.db")) as new:
        numbers = new.execute("SELECT version_num FROM catalogue_version").fetchall()
    assert numbers == [(migration.CURRENT,)]


def test_the_newest_form_is_the_one_that_the_program_knows() -> None:
    files = (Path(migration.__file__).with_name("migrations") / "versions").glob("form_*.py")
    assert max(int(file.stem.removeprefix("form_")) for file in files) == int(migration.CURRENT)


def test_a_catalogue_of_a_newer_program_is_left_alone_and_says_so(library: Path) -> None:
    open_database(library, None, "live").close()
    with closing(sqlite3.connect(library / "catalogue.db")) as newer:
        newer.execute("UPDATE catalogue_version SET version_num = '99'")
        newer.commit()
    before = (library / "catalogue.db").read_bytes()
    with pytest.raises(LibraryError, match=r"newer unsplash_assets \(form 99, this one knows"):
        open_database(library, None, "live")
    assert (library / "catalogue.db").read_bytes() == before


def test_a_migration_that_fails_leaves_the_catalogue_as_it_was(library: Path) -> None:
    with closing(sqlite3.connect(library / "catalogue.db")) as old:
        old.execute("CREATE TABLE quotas (in_the_way INTEGER)")
        old.commit()
    with pytest.raises(LibraryError, match="quotas"):
        open_database(library, None, "live")
    with closing(sqlite3.connect(library / "catalogue.db")) as old:
        assert old.execute("SELECT count(*) FROM requests").fetchone() == (1,)
        assert old.execute("SELECT count(*) FROM runs").fetchone() == (1,)


def test_several_programs_bring_one_catalogue_forward_together(library: Path) -> None:
    program = f"""
from pathlib import Path
from unsplash_assets.library.database import open_database
print(open_database(Path({str(library)!r}), None, "live").identity())
"""
    command = [sys.executable, "-c", program]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = [process.communicate(timeout=60)[0] for process in started]
    assert said == ["its-identity\n"] * 4
