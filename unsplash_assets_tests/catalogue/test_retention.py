"""Tests of `library.retention`: what goes to make room, what stays, and what a crash leaves."""

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.curation import Curation
from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.photos import Added, Photos
from unsplash_assets.catalogue.retention import Pruned, Retention
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.errors import LibraryError
from unsplash_assets.model.keep import Keep
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.storage.folder import Folder
from unsplash_assets_tests.catalogue.test_curation import place_file, set_columns
from unsplash_assets_tests.catalogue.test_photos import ids, photo
from unsplash_assets_tests.conftest import Clock

SIZE = 100
"""Bytes of each stored photo."""


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "library")


Store = Callable[..., list[str]]


@pytest.fixture
def store(catalogue: Photos, folder: Folder, clock: Clock) -> Store:
    """Store photos, by their numbers, in a run that has ended, a minute apart."""

    def make(*numbers: int, run_id: str = "earlier") -> list[str]:
        return store_in(catalogue, folder, clock, numbers, run_id)

    return make


def store_in(
    catalogue: Photos, folder: Folder, clock: Clock, numbers: Sequence[int], run_id: str
) -> list[str]:
    for number, photo_id in zip(numbers, ids(*numbers), strict=True):
        clock.now += 60
        catalogue.add("sea", [photo(number)])
        catalogue.choose("sea", 1, run_id, "full", lambda urls: urls["full"])
        path = place_file(folder, photo_id)
        catalogue.store({photo_id: StoredFile(path, SIZE, 1, 1, "0" * 64)})
    return ids(*numbers)


Prune = Callable[..., Pruned]


@pytest.fixture
def prune(database: Database, folder: Folder, clock: Clock) -> Prune:
    """Prune to a bound, in a run of its own: `prune(photos=2)`."""

    def make(run_id: str = "now", **bound: Any) -> Pruned:
        return Retention(database, folder, Keep(**bound), clock).prune(run_id)

    return make


def stored(database: Database) -> list[str]:
    return [found.id for found in Photos(database).stored_after(0, newest=100)]


def states(database: Database) -> dict[str, str]:
    with database.reading() as connection:
        rows = connection.execute(sa.select(db.photos.c.id, db.photos.c.state))
        return {row.id: row.state for row in rows}


def totals(database: Database) -> tuple[int, int]:
    library = db.libraries.c
    query = sa.select(library.kept_photos, library.kept_bytes)
    with database.reading() as connection:
        row = connection.execute(query.where(library.mode == database.mode)).one()
    return row.kept_photos, row.kept_bytes


def files(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.root.glob("*/*"))


def held(folder: Folder) -> set[str]:
    """Return the ids of the photos of which there is a file."""
    return {name.partition("_")[2].rpartition("_")[0] for name in files(folder)}


@pytest.mark.parametrize(
    "bound",
    [
        pytest.param({"photos": 2}, id="a number"),
        pytest.param({"size": 2 * SIZE}, id="a size"),
        pytest.param({"size": 3 * SIZE - 1}, id="a size between two"),
        pytest.param({"age": timedelta(seconds=60)}, id="a span"),
    ],
)
def test_the_oldest_go_until_the_bound_holds(
    database: Database, folder: Folder, store: Store, prune: Prune, bound: dict[str, Any]
) -> None:
    names = store(1, 2, 3, 4, 5)
    assert prune(**bound) == Pruned(photos=3, bytes=3 * SIZE)
    assert stored(database) == names[3:]
    assert held(folder) == set(names[3:])
    assert {states(database)[name] for name in names[:3]} == {"pruned"}


@pytest.mark.parametrize(
    "bound",
    [
        {},
        {"photos": 5},
        {"size": 5 * SIZE},
        {"age": timedelta(seconds=240)},
    ],
    ids=["all", "number", "size", "span"],
)
def test_what_is_within_the_bound_stays(
    database: Database, folder: Folder, store: Store, prune: Prune, bound: dict[str, Any]
) -> None:
    names = store(1, 2, 3, 4, 5)
    assert prune(**bound) == Pruned()
    assert stored(database) == names
    assert held(folder) == set(names)


def test_a_pruned_photo_is_known_and_not_brought_again(
    catalogue: Photos, store: Store, prune: Prune
) -> None:
    store(1, 2)
    prune(photos=1)
    assert catalogue.add("sea", [photo(1)]) == Added(frozenset(), known=1)
    assert catalogue.waiting("sea") == 0


def test_a_pruned_photo_counts_no_more(catalogue: Photos, store: Store, prune: Prune) -> None:
    store(1, 2, 3)
    prune(photos=1)
    counts = catalogue.counts()["sea"]
    assert (counts.stored, counts.damaged, counts.bytes) == (1, 0, SIZE)


def test_a_pruned_photo_takes_little_room_in_the_catalogue(
    database: Database, store: Store, prune: Prune
) -> None:
    store(1)
    copy_photo(database, 1_000)
    full = _pages(database)
    for _ in range(4):
        copy_photo(database, 1_000)
        assert prune(photos=1_000).photos >= 1_000
    assert _pages(database) < 3 * full


def _pages(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)


def test_the_sequence_of_stored_photos_does_not_go_back(
    catalogue: Photos, store: Store, prune: Prune
) -> None:
    store(1, 2)
    before = catalogue.newest_sequence()
    assert prune(size=1).photos == 2
    assert catalogue.newest_sequence() == before


def test_the_download_event_of_a_pruned_photo_is_still_due(
    database: Database, clock: Clock, store: Store, prune: Prune
) -> None:
    names = store(1, 2)
    for name in names:
        set_columns(database, name, event_due_at=clock.now)
    prune(photos=1)
    assert DownloadEvents(database, clock).due() == 2


def test_a_damaged_photo_is_pruned_like_a_whole_one(
    database: Database, folder: Folder, store: Store, prune: Prune
) -> None:
    names = store(1, 2, 3)
    set_columns(database, names[0], state="damaged")
    assert prune(photos=2).photos == 1
    assert held(folder) == set(names[1:])


@pytest.mark.parametrize("bound", [{"photos": 1}, {"size": SIZE}, {"age": timedelta(seconds=30)}])
def test_a_favourite_stays_and_counts_for_nothing(
    database: Database, folder: Folder, store: Store, prune: Prune, bound: dict[str, Any]
) -> None:
    names = store(1, 2, 3, 4)
    Curation(database).favour(names[0])
    Curation(database).favour(names[2])
    assert prune(**bound).photos == 1
    assert stored(database) == [names[0], *names[2:]]
    assert held(folder) == set(stored(database))


def test_a_former_favourite_is_a_photo_like_any_other(
    database: Database, store: Store, prune: Prune
) -> None:
    names = store(1, 2)
    Curation(database).favour(names[0])
    prune(photos=1)
    Curation(database).unfavour(names[0])
    prune(photos=1)
    assert stored(database) == [names[1]]


def test_what_the_run_has_stored_stays_even_beyond_the_bound(
    database: Database, folder: Folder, store: Store, prune: Prune
) -> None:
    store(1, 2)
    mine = store(3, 4, 5, run_id="mine")
    assert prune("mine", photos=1).photos == 2
    assert stored(database) == mine
    assert held(folder) == set(mine)


def test_a_later_run_prunes_what_a_large_one_left_beyond_the_bound(
    database: Database, store: Store, prune: Prune
) -> None:
    names = store(1, 2, 3, run_id="mine")
    prune("mine", photos=1)
    prune("later", photos=1)
    assert stored(database) == names[2:]


def test_what_another_run_has_stored_stays_while_it_is_going(
    database: Database, clock: Clock, store: Store, prune: Prune
) -> None:
    runs = Runs(database, clock)
    runs.begin("theirs", "sea")
    names = store(1, 2, run_id="theirs")
    assert prune(photos=1) == Pruned()
    runs.end("theirs")
    assert prune(photos=1).photos == 1
    assert stored(database) == names[1:]


def test_files_that_are_not_ours_stay(folder: Folder, store: Store, prune: Prune) -> None:
    store(1)
    (folder.root / "sea" / "holiday.jpg").write_text("mine")
    (folder.root / "readme.txt").write_text("mine")
    assert prune(size=1).photos == 1
    assert files(folder) == ["holiday.jpg"]
    assert (folder.root / "readme.txt").exists()


def test_photos_of_the_other_mode_stay(
    folder: Folder, clock: Clock, store: Store, prune: Prune
) -> None:
    with _opened(folder.root, "demo") as demo:
        theirs = store_in(Photos(demo, clock), folder, clock, [6, 7, 8], "earlier")
        store(1, 2, 3)
        assert prune(photos=1).photos == 2
        assert stored(demo) == theirs
        assert set(theirs) <= held(folder)
        assert Retention(demo, folder, Keep(photos=2), clock).prune("now").photos == 1


@contextmanager
def _opened(folder: Path, mode: Mode) -> Iterator[Database]:
    opened = open_database(folder, None, mode)
    yield opened
    opened.close()


def test_many_are_pruned_in_one_go(
    database: Database, folder: Folder, store: Store, prune: Prune
) -> None:
    store(1)
    paths = copy_photo(database, 1_200)
    for path in paths:
        folder.path(path).write_text("picture")
    assert prune(photos=3).photos == 1_198
    assert sorted(f"sea/{name}" for name in files(folder)) == sorted(paths[-3:])
    assert len(stored(database)) == 3


def copy_photo(database: Database, count: int) -> list[str]:
    """Store a photo that is there again, under other ids, later; gives the paths."""
    with database.writing() as connection:
        stored = sa.select(db.photos).where(db.photos.c.state == "stored").limit(1)
        row = connection.execute(stored).mappings().one()
        first = database.advance(connection, count) + 1
        copy = {**row, "counted_bytes": 0}
        many = [
            {**copy, "id": f"{number:011}", "stored_sequence": number, "path": f"sea/{number}"}
            for number in range(first, first + count)
        ]
        connection.execute(sa.insert(db.photos), many)
    return [str(photo["path"]) for photo in many]


def test_the_totals_follow_whatever_became_of_the_photos(
    database: Database, folder: Folder, store: Store, prune: Prune
) -> None:
    names = store(1, 2, 3, 4, 5, 6)
    prune(photos=100)
    assert totals(database) == (6, 6 * SIZE)
    Curation(database).ban(names[0], folder)
    Curation(database).favour(names[1])
    set_columns(database, names[2], state="damaged")
    set_columns(database, names[3], bytes=SIZE + 11)
    prune(photos=100)
    assert totals(database) == (4, 4 * SIZE + 11)


def test_a_file_that_is_gone_already_is_no_trouble(
    database: Database, folder: Folder, store: Store, prune: Prune
) -> None:
    names = store(1, 2)
    for name in files(folder):
        (folder.root / "sea" / name).unlink()
    assert prune(photos=1) == Pruned(photos=1, bytes=SIZE)
    assert stored(database) == names[1:]


class StubbornFolder(Folder):
    """A folder of which no file can be removed, as one that is open on Windows."""

    def delete(self, name: str) -> None:
        raise LibraryError(f"{name} is open elsewhere")


def test_a_file_that_cannot_be_removed_is_told_and_goes_the_next_time(
    database: Database, folder: Folder, clock: Clock, store: Store, prune: Prune
) -> None:
    names = store(1, 2)
    stubborn = StubbornFolder(folder.root)
    told = Retention(database, stubborn, Keep(photos=1), clock).prune("now")
    assert (told.photos, told.bytes) == (0, 0)
    assert told.trouble
    assert "is open elsewhere" in told.trouble
    assert stored(database) == names[1:]
    assert prune(photos=1) == Pruned(photos=1, bytes=SIZE)
    assert held(folder) == set(names[1:])


class Crash(BaseException):
    """The end of the process, at this point."""


class CrashingFolder(Folder):
    """A folder in which the process ends before, or after, a file is removed."""

    def __init__(self, root: Path, *, before: bool) -> None:
        super().__init__(root)
        self._before = before

    def delete(self, name: str) -> None:
        if not self._before:
            super().delete(name)
        raise Crash


@pytest.mark.parametrize("before", [True, False])
def test_after_a_crash_no_row_says_stored_without_its_file_and_none_is_left_behind(
    database: Database,
    folder: Folder,
    store: Store,
    prune: Prune,
    before: bool,  # noqa: FBT001 - as parametrize has it
) -> None:
    names = store(1, 2, 3)
    crashing = CrashingFolder(folder.root, before=before)
    with pytest.raises(Crash):
        Retention(database, crashing, Keep(photos=1)).prune("now")
    assert set(stored(database)) <= held(folder)
    assert prune() == Pruned(photos=2, bytes=2 * SIZE)
    assert held(folder) == set(stored(database)) == {names[2]}
    assert set(states(database).values()) == {"stored", "pruned"}


def test_a_photo_that_is_being_pruned_can_be_banned(
    database: Database, folder: Folder, clock: Clock, store: Store, prune: Prune
) -> None:
    names = store(1, 2)
    Retention(database, StubbornFolder(folder.root), Keep(photos=1), clock).prune("now")
    Curation(database).ban(names[0], folder)
    assert prune(photos=1) == Pruned()
    assert states(database)[names[0]] == "banned"


def test_a_pruned_photo_is_not_stored_again_by_who_still_works_on_it(
    catalogue: Photos, database: Database, store: Store, prune: Prune
) -> None:
    names = store(1, 2)
    prune(photos=1)
    file = StoredFile("sea/again.jpg", SIZE, 1, 1, "0" * 64)
    assert catalogue.store({names[0]: file}) == [names[0]]
    assert states(database)[names[0]] == "pruned"


def test_no_query_of_a_pruning_looks_at_photos_that_stay_as_they_are(
    database: Database, store: Store, prune: Prune
) -> None:
    store(1, 2, 3)
    prune(photos=3)
    store(4)
    with _explained(database) as plans:
        assert prune(photos=3).photos == 1
    assert len(plans) >= 8
    for statement, plan in plans:
        for step in plan:
            assert step.startswith("SEARCH"), (statement, plan)
    used = " ".join(step for _, plan in plans for step in plan)
    assert "photos_prunable" in used
    assert "photos_miscounted" in used


@pytest.mark.slow
@pytest.mark.parametrize("bound", ["photos", "size"])
def test_pruning_costs_the_same_at_a_hundred_thousand_photos_as_at_a_hundred(
    tmp_path: Path, clock: Clock, bound: str
) -> None:
    few, many = (_cost(tmp_path / str(count), clock, bound, count) for count in (100, 100_000))
    print(f"\n{bound}: {few * 1000:.2f} ms and {many * 1000:.2f} ms, {many / few:.2f} times")  # noqa: T201
    assert many < 2 * few


def _cost(root: Path, clock: Clock, bound: str, count: int) -> float:
    """Return the seconds that a run's pruning takes, in a library that is at its bound."""
    with _opened(root, "live") as database:
        catalogue, folder = Photos(database, clock), Folder(root)
        store_in(catalogue, folder, clock, [0], "earlier")
        copy_photo(database, count - 1)
        keep = Keep(size=count * SIZE) if bound == "size" else Keep(photos=count)
        retention, times = Retention(database, folder, keep, clock), []
        retention.prune("first")
        for number in range(1, 101):
            store_in(catalogue, folder, clock, [number], f"run {number}")
            begun = time.perf_counter()
            assert retention.prune(f"run {number}").photos == 1
            times.append(time.perf_counter() - begun)
        return statistics.median(times)


Plans = list[tuple[str, list[str]]]


@contextmanager
def _explained(database: Database) -> Iterator[Plans]:
    """Gather the plan that SQLite makes of each statement on the photos."""
    plans: Plans = []

    def before(_: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if "photos" not in statement or statement.startswith("INSERT"):
            return
        some = parameters[0] if rest[-1] else parameters
        steps = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", some).fetchall()
        plans.append((statement, [step[3] for step in steps if "LIST SUBQUERY" not in step[3]]))

    with database.reading() as connection:
        engine = connection.engine
    sa.event.listen(engine, "before_cursor_execute", before)
    yield plans
    sa.event.remove(engine, "before_cursor_execute", before)
