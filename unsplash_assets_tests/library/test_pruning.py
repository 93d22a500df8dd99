"""Tests of `library.removal`: the files that go with UNSPLASH_KEEP, and what a crash leaves.

Which photos go is tested in `catalogue/test_retention.py`.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from unsplash_assets.errors import LibraryError
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.library.removal import Pruned, ban, prune
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets_tests.catalogue.test_curation import set_columns
from unsplash_assets_tests.catalogue.test_photos import ids, photo
from unsplash_assets_tests.catalogue.test_retention import copy_photo, states, stored
from unsplash_assets_tests.conftest import Clock, MakeSettings, Opened
from unsplash_assets_tests.library.test_curation import place_file
from unsplash_assets_tests.support.libraries import folder_of
from unsplash_assets_tests.support.stored import record_stored

DAYS = 86_400.0
SIZE = 100
"""Bytes of each stored photo, as the catalogue has it."""


@pytest.fixture
def library(opened: Opened) -> Library:
    return opened()


Store = Callable[..., list[str]]


@pytest.fixture
def store(library: Library, clock: Clock) -> Store:
    """Store photos, by their numbers, in a run that has ended, a minute apart."""

    def make(*numbers: int, run_id: str = "earlier") -> list[str]:
        return store_in(library, clock, numbers, run_id)

    return make


def store_in(
    library: Library, clock: Clock, numbers: Sequence[int], run_id: str = "earlier"
) -> list[str]:
    for number, photo_id in zip(numbers, ids(*numbers), strict=True):
        clock.now += 60
        library.photos.add("sea", [photo(number)])
        library.photos.choose("sea", 1, run_id, "full", lambda urls: urls["full"])
        path = place_file(folder_of(library), photo_id)
        record_stored(library.photos, {photo_id: StoredFile(path, SIZE, 1, 1, "0" * 64)})
    return ids(*numbers)


def files(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.root.glob("*/*.*"))


def held(library: Library) -> set[str]:
    """Return the ids of the photos that have a file."""
    return {name.partition("_")[2].rpartition("_")[0] for name in files(folder_of(library))}


@pytest.mark.parametrize("keep", ["2", f"{2 * SIZE}B", f"{3 * SIZE - 1}B", "60s"])
def test_the_oldest_files_go_until_the_bound_holds(
    opened: Opened, library: Library, store: Store, keep: str
) -> None:
    names = store(1, 2, 3, 4, 5)
    assert prune(opened(keep=keep), "now") == Pruned(photos=3, bytes=3 * SIZE)
    assert stored(library.database) == names[3:]
    assert held(library) == set(names[3:])
    assert {states(library.database)[name] for name in names[:3]} == {"pruned"}


def test_the_file_of_a_damaged_photo_is_pruned_like_a_whole_one(
    opened: Opened, library: Library, store: Store
) -> None:
    names = store(1, 2, 3)
    set_columns(library.database, names[0], state="damaged")
    assert prune(opened(keep="2"), "now").photos == 1
    assert held(library) == set(names[1:])


@pytest.mark.parametrize("keep", ["1", f"{SIZE}B", "30s"])
def test_the_file_of_a_favourite_stays(
    opened: Opened, library: Library, store: Store, keep: str
) -> None:
    names = store(1, 2, 3, 4)
    library.curation.favour(names[0])
    library.curation.favour(names[2])
    assert prune(opened(keep=keep), "now").photos == 1
    assert held(library) == {names[0], *names[2:]} == set(stored(library.database))


def test_files_that_are_not_ours_stay(opened: Opened, library: Library, store: Store) -> None:
    store(1)
    root = folder_of(library).root
    (root / "sea" / "holiday.jpg").write_text("mine")
    (root / "readme.txt").write_text("mine")
    assert prune(opened(keep="1B"), "now").photos == 1
    assert files(folder_of(library)) == ["holiday.jpg"]
    assert (root / "readme.txt").exists()


@pytest.mark.long
def test_files_of_the_other_mode_stay(
    opened: Opened, library: Library, clock: Clock, store: Store
) -> None:
    demo = opened(api_key="", library="library", keep="2")
    theirs = store_in(demo, clock, [6, 7, 8])
    store(1, 2, 3)
    assert prune(opened(keep="1"), "now").photos == 2
    assert stored(demo.database) == theirs
    assert set(theirs) <= held(library)
    assert prune(demo, "now").photos == 1


@pytest.mark.long
def test_many_are_pruned_in_one_go(opened: Opened, library: Library, store: Store) -> None:
    store(1)
    for path in (paths := copy_photo(library.database, 1_200)):
        folder_of(library).path(path).write_text("picture")
    assert prune(opened(keep="3"), "now").photos == 1_198
    left = [path for path in paths if folder_of(library).path(path).exists()]
    assert left == paths[-3:]
    assert held(library) == set()
    assert len(stored(library.database)) == 3


def test_a_file_that_is_gone_already_is_no_error(
    opened: Opened, library: Library, store: Store
) -> None:
    names = store(1, 2)
    for name in files(folder_of(library)):
        (folder_of(library).root / "sea" / name).unlink()
    assert prune(opened(keep="1"), "now") == Pruned(photos=1, bytes=SIZE)
    assert stored(library.database) == names[1:]


def refuse_to_delete(name: str, _: int) -> NoReturn:
    """Fail as for a file that is open on Windows."""
    raise LibraryError(f"{name} is open elsewhere")


def test_a_file_that_cannot_be_removed_is_reported_and_goes_the_next_time(
    opened: Opened, library: Library, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = store(1, 2)
    bounded = opened(keep="1")
    with monkeypatch.context() as patched:
        patched.setattr(folder_of(bounded), "delete", refuse_to_delete)
        pruned = prune(bounded, "now")
    assert (pruned.photos, pruned.bytes) == (0, 0)
    assert pruned.error
    assert "is open elsewhere" in pruned.error
    assert stored(library.database) == names[1:]
    assert held(library) == set(names)
    assert prune(bounded, "now") == Pruned(photos=1, bytes=SIZE)
    assert held(library) == set(names[1:])


def test_one_file_that_cannot_be_removed_keeps_no_other(
    opened: Opened, library: Library, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = store(1, 2, 3, 4)
    bounded = opened(keep="1")
    delete = folder_of(bounded).delete

    def delete_others(name: str, size: int = 0) -> None:
        if names[1] in name:
            refuse_to_delete(name, size)
        delete(name, size)

    monkeypatch.setattr(folder_of(bounded), "delete", delete_others)
    pruned = prune(bounded, "now")
    assert (pruned.photos, pruned.bytes) == (2, 2 * SIZE)
    assert names[1] in str(pruned.error)
    assert held(library) == {names[1], names[3]}


class Crash(BaseException):
    """The end of the process, at this point."""


@pytest.mark.parametrize("is_removed", [False, True])
def test_after_a_crash_no_row_says_stored_without_its_file_and_none_is_left_behind(
    opened: Opened,
    library: Library,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_removed: bool,
) -> None:
    names = store(1, 2, 3)
    bounded = opened(keep="1")
    delete = folder_of(bounded).delete

    def crash(name: str, size: int) -> NoReturn:
        if is_removed:
            delete(name, size)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(folder_of(bounded), "delete", crash)
        with pytest.raises(Crash):
            prune(bounded, "now")
    assert set(stored(library.database)) <= held(library)
    assert prune(opened(), "later") == Pruned(photos=2, bytes=2 * SIZE)
    assert held(library) == set(stored(library.database)) == {names[2]}
    assert set(states(library.database).values()) == {"stored", "pruned"}


def test_a_photo_that_is_being_pruned_can_be_banned(
    opened: Opened, library: Library, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = store(1, 2)
    bounded = opened(keep="1")
    with monkeypatch.context() as patched:
        patched.setattr(folder_of(bounded), "delete", refuse_to_delete)
        prune(bounded, "now")
    assert len(ban(library, names[0]).removed) == 1
    assert prune(bounded, "now") == Pruned()
    assert states(library.database)[names[0]] == "banned"
    assert held(library) == {names[1]}


@pytest.mark.long
@pytest.mark.parametrize(("photos_per_run", "expected"), [("1", 52), ("30", 110)])
def test_one_run_removes_only_some_for_their_age(
    opened: Opened, clock: Clock, store: Store, photos_per_run: str, expected: int
) -> None:
    """A wrong clock makes every photo old; a right one needs no more."""
    store(1)
    aged = opened(keep="30m", photos_per_run=photos_per_run)
    copy_photo(aged.database, 199)
    clock.now += 3600
    assert prune(aged, "now").photos == expected
    assert list(states(aged.database).values()).count("pruned") == expected
    assert prune(aged, "later").photos == min(expected, 200 - expected)


@pytest.mark.long
@pytest.mark.parametrize("keep", ["3", f"{3 * SIZE}B"])
def test_a_number_and_a_size_are_kept_in_one_run(
    opened: Opened, library: Library, store: Store, keep: str
) -> None:
    store(1)
    copy_photo(library.database, 199)
    assert prune(opened(keep=keep), "now").photos == 197


def test_a_clock_far_ahead_removes_no_file_for_its_age_and_is_reported(
    opened: Opened, clock: Clock, store: Store
) -> None:
    aged = opened(keep="30d")
    aged.runs.begin("before", "sea")
    aged.runs.end("before")
    names = store(1, 2)
    clock.now += 365 * DAYS
    aged.runs.begin("ahead", "sea")
    pruned = prune(aged, "ahead")
    assert (pruned.photos, held(aged)) == (0, set(names))
    assert pruned.error
    assert pruned.error.startswith("the clock is more than a day ahead of the run before: ")
    assert prune(opened(keep="1"), "ahead") == Pruned(photos=1, bytes=SIZE)


def test_what_an_earlier_run_had_marked_goes_whatever_the_clock(
    opened: Opened, library: Library, clock: Clock, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = store(1, 2)
    bounded = opened(keep="1")
    with monkeypatch.context() as patched:
        patched.setattr(folder_of(bounded), "delete", refuse_to_delete)
        prune(bounded, "now")
    library.runs.begin("before", "sea")
    clock.now += 365 * DAYS
    library.runs.begin("ahead", "sea")
    pruned = prune(opened(keep="30d"), "ahead")
    assert (pruned.photos, held(library)) == (1, {names[1]})
    assert "the clock is" in str(pruned.error)


def test_what_was_pruned_adds_up_and_keeps_an_error() -> None:
    assert Pruned(1, 10) + Pruned(2, 20) == Pruned(3, 30)
    assert Pruned(1, 10, "open") + Pruned(2, 20) == Pruned(3, 30, "open")
    assert Pruned(1, 10) + Pruned(0, 0, "open") == Pruned(1, 10, "open")


@pytest.mark.slow
@pytest.mark.parametrize("bound", ["photos", "size"])
def test_pruning_costs_the_same_at_a_hundred_thousand_photos_as_at_a_hundred(
    tmp_path: Path, make_settings: MakeSettings, clock: Clock, bound: str
) -> None:
    def cost(count: int) -> float:
        """Return the seconds that a run's pruning takes, in a library that is at its bound."""
        keep, folder = str(count), str(tmp_path / str(count))
        if bound == "size":
            keep = f"{count * SIZE}B"
        with open_library(make_settings(library=folder, keep=keep), clock=clock) as library:
            store_in(library, clock, [0])
            copy_photo(library.database, count - 1)
            prune(library, "first")
            times = []
            for number in range(1, 101):
                store_in(library, clock, [number], f"run {number}")
                begun = time.perf_counter()
                assert prune(library, f"run {number}").photos == 1
                times.append(time.perf_counter() - begun)
            return statistics.median(times)

    few, many = cost(100), cost(100_000)
    print(f"\n{bound}: {few * 1000:.2f} ms and {many * 1000:.2f} ms, {many / few:.2f} times")  # noqa: T201
    assert many < 2 * few
