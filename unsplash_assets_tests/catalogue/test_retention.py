"""Tests of `catalogue.retention`: which photos go to make room, and what is kept of them.

What becomes of their files is tested in `library/test_pruning.py`.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.curation import Curation
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.retention import AT_ONCE, MarkedPhoto, Retention
from unsplash_assets.catalogue.runs import CLOCK_DISTRUST, Runs
from unsplash_assets.library.opening import Library
from unsplash_assets.model.keep import Keep
from unsplash_assets.model.photos import PhotoState, StoredFile
from unsplash_assets_tests.catalogue.test_curation import set_columns
from unsplash_assets_tests.catalogue.test_photos import ids, photo
from unsplash_assets_tests.conftest import Clock, Opened
from unsplash_assets_tests.support.stored import record_stored

SIZE = 100
"""Bytes of each stored photo."""
PATH = "sea/{}.jpg"


def store_rows(
    catalogue: Photos, clock: Clock, numbers: Sequence[int], run_id: str = "earlier"
) -> list[str]:
    """Record photos as stored in a run, a minute apart; gives their ids."""
    for number, photo_id in zip(numbers, ids(*numbers), strict=True):
        clock.now += 60
        catalogue.add("sea", [photo(number)])
        catalogue.choose("sea", 1, run_id, "full", lambda urls: urls["full"])
        file = StoredFile(PATH.format(photo_id), SIZE, 1, 1, "0" * 64)
        record_stored(catalogue, {photo_id: file})
    return ids(*numbers)


Store = Callable[..., list[str]]


@pytest.fixture
def store(catalogue: Photos, clock: Clock) -> Store:
    """Record photos, by their numbers, as stored in a run that has ended, a minute apart."""

    def make(*numbers: int, run_id: str = "earlier") -> list[str]:
        return store_rows(catalogue, clock, numbers, run_id)

    return make


def pruned_by(retention: Retention, run_id: str = "now") -> list[str]:
    """Let a run prune as `library.removal` does, but for the files; gives the ids, in order."""
    gone: list[str] = []
    more = True
    while more:
        more = retention.mark(run_id) == AT_ONCE
        some = [marked.id for marked in retention.marked()]
        retention.forget(some)
        gone += some
    return gone


Prune = Callable[..., list[str]]


@pytest.fixture
def prune(database: Database, clock: Clock) -> Prune:
    """Prune to a bound, in a run of its own: `prune(photos=2)`; gives the ids, sorted."""

    def make(run_id: str = "now", **bound: Any) -> list[str]:
        return sorted(pruned_by(Retention(database, Keep(**bound), clock), run_id))

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
    database: Database, store: Store, prune: Prune, bound: dict[str, Any]
) -> None:
    names = store(1, 2, 3, 4, 5)
    assert prune(**bound) == sorted(names[:3])
    assert stored(database) == names[3:]
    assert {states(database)[name] for name in names[:3]} == {"pruned"}


@pytest.mark.parametrize(
    "bound",
    [{}, {"photos": 5}, {"size": 5 * SIZE}, {"age": timedelta(seconds=240)}],
    ids=["all", "number", "size", "span"],
)
def test_what_is_within_the_bound_stays(
    database: Database, store: Store, prune: Prune, bound: dict[str, Any]
) -> None:
    names = store(1, 2, 3, 4, 5)
    assert prune(**bound) == []
    assert stored(database) == names


def test_a_marked_photo_is_gone_for_readers_and_keeps_its_path_until_it_is_forgotten(
    database: Database, clock: Clock, store: Store
) -> None:
    names = store(1, 2)
    retention = Retention(database, Keep(photos=1), clock)
    assert retention.mark("now") == 1
    marked = MarkedPhoto(names[0], PATH.format(names[0]), SIZE, "0" * 64)
    assert retention.marked() == [marked]
    assert stored(database) == names[1:]
    assert retention.mark("now") == 0
    assert retention.marked() == [marked]
    retention.forget([marked.id])
    assert retention.marked() == []


@pytest.mark.parametrize("state", [state for state in PhotoState if state != PhotoState.PRUNING])
def test_only_a_marked_photo_is_forgotten(
    database: Database, clock: Clock, store: Store, state: str
) -> None:
    names = store(1)
    set_columns(database, names[0], state=state)
    with database.reading() as connection:
        before = connection.execute(sa.select(db.photos)).all()
    Retention(database, Keep(photos=1), clock).forget(names)
    with database.reading() as connection:
        assert connection.execute(sa.select(db.photos)).all() == before


@pytest.mark.long
def test_no_more_are_marked_at_once_than_are_removed_at_once(
    database: Database, clock: Clock, store: Store
) -> None:
    store(1)
    copy_photo(database, AT_ONCE + 10)
    retention = Retention(database, Keep(photos=1), clock)
    assert [retention.mark("now") for _ in range(3)] == [AT_ONCE, 10, 0]
    assert len(retention.marked()) == AT_ONCE + 10


def test_a_pruned_photo_is_known_and_not_brought_again(
    catalogue: Photos, store: Store, prune: Prune
) -> None:
    store(1, 2)
    prune(photos=1)
    assert catalogue.add("sea", [photo(1)]) == frozenset()
    assert catalogue.waiting("sea") == 0


def test_a_pruned_photo_counts_no_more(catalogue: Photos, store: Store, prune: Prune) -> None:
    store(1, 2, 3)
    prune(photos=1)
    counts = catalogue.counts()["sea"]
    assert (counts.stored, counts.damaged, counts.bytes) == (1, 0, SIZE)


@pytest.mark.only_sqlite("it measures SQLite's pages")
@pytest.mark.long
def test_a_pruned_photo_takes_little_room_in_the_catalogue(
    database: Database, store: Store, prune: Prune
) -> None:
    store(1)
    copy_photo(database, 1_000)
    full = _pages(database)
    for _ in range(4):
        copy_photo(database, 1_000)
        assert len(prune(photos=1_000)) >= 1_000
    assert _pages(database) < 3 * full


def _pages(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)


def test_the_sequence_of_stored_photos_does_not_go_back(
    catalogue: Photos, store: Store, prune: Prune
) -> None:
    store(1, 2)
    before = catalogue.newest_sequence()
    assert len(prune(size=1)) == 2
    assert catalogue.newest_sequence() == before


def test_the_download_event_of_a_pruned_photo_is_still_due(
    database: Database, clock: Clock, store: Store, prune: Prune
) -> None:
    names = store(1, 2)
    for name in names:
        set_columns(database, name, event_due_at=clock.now)
    prune(photos=1)
    assert DownloadEvents(database, clock).due() == 2


@pytest.mark.parametrize("state", ["damaged", "lost"])
def test_a_bad_photo_is_pruned_like_a_whole_one(
    database: Database, store: Store, prune: Prune, state: str
) -> None:
    names = store(1, 2, 3)
    set_columns(database, names[0], state=state)
    assert prune(photos=2) == names[:1]
    assert stored(database) == names[1:]


@pytest.mark.parametrize("bound", [{"photos": 1}, {"size": SIZE}, {"age": timedelta(seconds=30)}])
def test_a_favourite_stays_and_counts_for_nothing(
    database: Database, store: Store, prune: Prune, bound: dict[str, Any]
) -> None:
    names = store(1, 2, 3, 4)
    Curation(database).favour(names[0])
    Curation(database).favour(names[2])
    assert prune(**bound) == [names[1]]
    assert stored(database) == [names[0], *names[2:]]


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
    database: Database, store: Store, prune: Prune
) -> None:
    earlier = store(1, 2)
    mine = store(3, 4, 5, run_id="mine")
    assert prune("mine", photos=1) == sorted(earlier)
    assert stored(database) == mine


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
    assert prune(photos=1) == []
    runs.end("theirs")
    assert prune(photos=1) == names[:1]
    assert stored(database) == names[1:]


def test_photos_of_the_other_mode_stay_and_do_not_count(
    opened: Opened, clock: Clock, store: Store, prune: Prune
) -> None:
    demo = opened(api_key="", library="library", keep="2")
    theirs = store_rows(demo.photos, clock, [6, 7, 8])
    names = store(1, 2, 3)
    assert prune(photos=1) == sorted(names[:2])
    assert stored(demo.database) == theirs
    assert pruned_by(demo.retention) == theirs[:1]


@pytest.mark.long
def test_many_are_pruned_in_one_go(database: Database, store: Store, prune: Prune) -> None:
    store(1)
    copy_photo(database, 1_200)
    assert len(prune(photos=3)) == 1_198
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
    database: Database, store: Store, prune: Prune
) -> None:
    names = store(1, 2, 3, 4, 5, 6)
    prune(photos=100)
    assert totals(database) == (6, 6 * SIZE)
    Curation(database).ban(names[0])
    Curation(database).favour(names[1])
    set_columns(database, names[2], state="damaged")
    set_columns(database, names[3], bytes=SIZE + 11)
    prune(photos=100)
    assert totals(database) == (4, 4 * SIZE + 11)


def test_a_photo_that_is_being_pruned_can_be_banned(
    database: Database, clock: Clock, store: Store, prune: Prune
) -> None:
    names = store(1, 2)
    retention = Retention(database, Keep(photos=1), clock)
    retention.mark("now")
    Curation(database).ban(names[0])
    assert retention.marked() == []
    retention.forget(names[:1])
    assert prune(photos=1) == []
    assert states(database)[names[0]] == "banned"


@pytest.mark.parametrize("is_forgotten", [False, True])
def test_a_pruned_photo_is_not_stored_again_by_who_still_works_on_it(
    catalogue: Photos, database: Database, clock: Clock, store: Store, *, is_forgotten: bool
) -> None:
    names = store(1, 2)
    retention = Retention(database, Keep(photos=1), clock)
    retention.mark("now")
    if is_forgotten:
        retention.forget(names[:1])
    file = StoredFile("sea/again.jpg", SIZE, 1, 1, "0" * 64)
    assert record_stored(catalogue, {names[0]: file}) == [names[0]]
    assert states(database)[names[0]] == ("pruned" if is_forgotten else "pruning")


HOURS = 3600.0
DAYS = 24 * HOURS


def begin_run(database: Database, clock: Clock, run_id: str) -> None:
    """Begin a run and end it, which is when the clock is looked at."""
    runs = Runs(database, clock)
    runs.begin(run_id, "sea")
    runs.end(run_id)


def test_a_clock_a_year_ahead_removes_nothing_for_its_age_for_a_day(
    database: Database, clock: Clock, store: Store, prune: Prune
) -> None:
    begin_run(database, clock, "before")
    names = store(1, 2)
    right = clock.now
    clock.now += 365 * DAYS
    ahead = clock.now
    bound = Keep(age=timedelta(days=30))
    for hours in (0, 12, 23.9):
        clock.now = ahead + hours * HOURS
        begin_run(database, clock, f"ahead {hours}")
        assert prune(age=bound.age) == []
    reason = Retention(database, bound, clock).pause()
    assert reason
    again = datetime.fromtimestamp(ahead + CLOCK_DISTRUST).astimezone()
    assert f"removes photos again from {again:%Y-%m-%d %H:%M} on" in reason
    assert len(reason.splitlines()) == 1
    clock.now = right
    begin_run(database, clock, "right")
    assert Retention(database, bound, clock).pause() is None
    assert prune(age=bound.age) == []
    assert stored(database) == names


def test_a_clock_that_is_right_after_all_removes_photos_after_a_day(
    database: Database, clock: Clock, store: Store, prune: Prune
) -> None:
    begin_run(database, clock, "before")
    names = store(1, 2)
    for jump in (365 * DAYS, CLOCK_DISTRUST):
        clock.now += jump
        begin_run(database, clock, "later")
    assert prune(age=timedelta(days=30)) == sorted(names)


@pytest.mark.long
def test_after_nine_days_off_photos_stay_one_day_more(
    database: Database, clock: Clock, store: Store, prune: Prune
) -> None:
    begin_run(database, clock, "before")
    names = store(1, 2)
    clock.now += 9 * DAYS
    begin_run(database, clock, "on again")
    assert prune(age=timedelta(days=7)) == []
    clock.now += DAYS - 60
    begin_run(database, clock, "nearly a day")
    assert prune(age=timedelta(days=7)) == []
    clock.now += 60
    begin_run(database, clock, "a day")
    assert prune(age=timedelta(days=7)) == sorted(names)


@pytest.mark.parametrize("bound", [{"photos": 1}, {"size": SIZE}])
def test_a_wrong_clock_does_not_matter_to_a_number_or_a_size(
    database: Database, clock: Clock, store: Store, prune: Prune, bound: dict[str, Any]
) -> None:
    begin_run(database, clock, "before")
    names = store(1, 2)
    clock.now += 365 * DAYS
    begin_run(database, clock, "ahead")
    assert Retention(database, Keep(**bound), clock).pause() is None
    assert prune(**bound) == names[:1]


def test_no_more_are_marked_than_are_allowed(
    database: Database, clock: Clock, store: Store
) -> None:
    names = store(1, 2, 3, 4)
    retention = Retention(database, Keep(photos=1), clock)
    assert retention.mark("now", at_most=2) == 2
    assert [marked.id for marked in retention.marked()] == names[:2]
    assert retention.mark("now", at_most=0) == 0
    assert retention.mark("now", at_most=9) == 1


@pytest.mark.only_sqlite("it reads SQLite's plans")
def test_no_query_of_a_pruning_looks_at_photos_that_stay_as_they_are(
    database: Database, clock: Clock, store: Store
) -> None:
    retention = Retention(database, Keep(photos=3), clock)
    store(1, 2, 3)
    pruned_by(retention)
    store(4)
    with _explained(database) as plans:
        assert retention.marked() == []  # as a run begins: what an earlier one has left
        assert len(pruned_by(retention)) == 1
    assert len(plans) >= 8
    for statement, plan in plans:
        for step in plan:
            assert step.startswith("SEARCH"), (statement, plan)
    used = " ".join(step for _, plan in plans for step in plan)
    assert "photos_prunable" in used
    assert "photos_miscounted" in used


@pytest.mark.only_sqlite("it counts SQLite's steps")
@pytest.mark.long
@pytest.mark.parametrize("bound", ["photos", "size"])
def test_pruning_takes_no_more_steps_in_a_large_library(
    opened: Opened, clock: Clock, bound: str
) -> None:
    """Whatever it has, and whatever it once had: no query reads through either."""
    few, many = (
        _steps(opened(library=str(count), keep=_keep(bound, count)), clock, count)
        for count in (50, 2_000)
    )
    assert 0 < many < 1.1 * few


def _keep(bound: str, count: int) -> str:
    return f"{count * SIZE}B" if bound == "size" else str(count)


def _steps(library: Library, clock: Clock, count: int) -> int:
    """Return how many steps SQLite takes to prune 20 photos of `count`, with `count` pruned before.

    Steps of its virtual machine, which do not depend on how busy this machine is.
    """
    store_rows(library.photos, clock, [0])
    copy_photo(library.database, 2 * count - 1)
    assert len(pruned_by(library.retention, "first")) == count
    copy_photo(library.database, 20)
    taken = itertools.count()

    def before(_: Any, cursor: Any, *_rest: Any) -> None:
        cursor.connection.set_progress_handler(lambda: next(taken) < 0, 1)

    with library.database.reading() as connection:
        engine = connection.engine
    sa.event.listen(engine, "before_cursor_execute", before)
    assert len(pruned_by(library.retention)) == 20
    sa.event.remove(engine, "before_cursor_execute", before)
    engine.dispose()
    return next(taken)


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
