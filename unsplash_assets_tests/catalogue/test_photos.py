"""Tests of `catalogue.photos`: what becomes of photos, and whose they are."""

import dataclasses
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import sqlalchemy as sa
from hypothesis import stateful
from hypothesis import strategies as st

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.curation import Curation
from unsplash_assets.catalogue.database import Database, read_database
from unsplash_assets.catalogue.photos import POSTPONED_AT_MOST, Photos
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.emulator import answers
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.errors import UnknownPhoto
from unsplash_assets.model.photos import (
    ChosenPhoto,
    Photo,
    PhotoState,
    StoredFile,
    StoredPhoto,
    TopicCounts,
)
from unsplash_assets.unsplash.models import PICTURES, read_photo
from unsplash_assets_tests.conftest import NOON, Clock, Opened
from unsplash_assets_tests.support.processes import Processes, next_line, python
from unsplash_assets_tests.support.stored import record_stored
from unsplash_assets_tests.support.waiting import CEILING

CHOOSES_AND_WAITS = """
import sys
from pathlib import Path
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.database import open_database
from unsplash_assets.catalogue.runs import Runs
database = open_database(Path(sys.argv[1]), None, "live")
Runs(database).begin("theirs", "sea")
chosen = Photos(database).choose("sea", 2, "theirs", "full", lambda urls: urls["full"])
print(*(photo.id for photo in chosen), flush=True)
sys.stdin.read()
"""

CHOOSES_ONE_BY_ONE = """
import sys
from pathlib import Path
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.catalogue.database import open_database
from unsplash_assets.catalogue.runs import Runs
database, run_id = open_database(Path(sys.argv[1]), None, "live"), sys.argv[2]
catalogue, runs = Photos(database), Runs(database)
sys.stdin.readline()
runs.begin(run_id, "sea")
for number in range(10):
    (photo,) = catalogue.choose("sea", 1, run_id, "full", lambda urls: urls["full"])
    file = StoredFile(f"sea/{photo.id}.jpg", 1, 1, 1, "0" * 64)
    catalogue.publish({photo.id: lambda file=file: file})
    print(photo.id)
runs.end(run_id)
"""


def photo(number: int, **changes: Any) -> Photo:
    """Return one photo of many."""
    content = answers.full(EmulatedPhoto(7, number), PICTURES, "sea")
    read = read_photo(content, frozenset({PICTURES}))
    assert isinstance(read, Photo)
    return dataclasses.replace(read, **changes)


def ids(*numbers: int) -> list[str]:
    return [EmulatedPhoto(7, number).id for number in numbers]


def file(number: int) -> StoredFile:
    return StoredFile(f"sea/{number}.jpg", 100 + number, 30, 20, f"{number:064x}")


def put(database: Database, number: int, state: str) -> None:
    """Put a photo in a state, whatever its own was."""
    with database.writing() as connection:
        row = sa.update(db.photos).where(db.photos.c.id == ids(number)[0])
        connection.execute(row.values(state=state))


def row_of(database: Database, number: int) -> dict[str, Any]:
    query = sa.select(db.photos).where(db.photos.c.id == ids(number)[0])
    with database.reading() as connection:
        return dict(connection.execute(query).mappings().one())


def full(urls: Mapping[str, str]) -> str:
    return urls["full"]


def chosen_ids(
    catalogue: Photos, count: int, run_id: str = "mine", topic: str = "sea"
) -> list[str]:
    return [found.id for found in catalogue.choose(topic, count, run_id, "full", full)]


@pytest.fixture
def runs(database: Database, clock: Clock) -> Runs:
    return Runs(database, clock)


@pytest.fixture
def stocked(catalogue: Photos) -> Photos:
    """A catalogue in which photos 0 to 4 of the sea wait."""
    catalogue.add("sea", [photo(number) for number in range(5)])
    return catalogue


def test_new_photos_wait(catalogue: Photos) -> None:
    assert catalogue.add("sea", [photo(1), photo(2)]) == frozenset(ids(1, 2))
    assert (catalogue.waiting("sea"), catalogue.waiting("sky")) == (2, 0)


def test_a_photo_that_is_known_is_not_added_again(catalogue: Photos) -> None:
    catalogue.add("sea", [photo(1), photo(2)])
    assert catalogue.add("sea", [photo(2), photo(3)]) == frozenset(ids(3))
    assert catalogue.waiting("sea") == 3


def test_a_photo_is_known_whatever_topic_brought_it(catalogue: Photos) -> None:
    catalogue.add("sea", [photo(1)])
    assert catalogue.add("sky", [photo(1)]) == frozenset()
    assert (catalogue.waiting("sea"), catalogue.waiting("sky")) == (1, 0)


@pytest.mark.parametrize("end", ["chosen", "stored", "refused", "postponed"])
def test_a_photo_is_known_whatever_became_of_it(catalogue: Photos, end: str) -> None:
    catalogue.add("sea", [photo(1)])
    chosen_ids(catalogue, 1)
    if end == "stored":
        record_stored(catalogue, {ids(1)[0]: file(1)})
    elif end == "refused":
        catalogue.refuse({ids(1)[0]: "gone"})
    elif end == "postponed":
        catalogue.postpone({ids(1)[0]: "not now"})
    assert catalogue.add("sea", [photo(1)]) == frozenset()


def test_ids_that_differ_in_case_alone_are_two_photos(catalogue: Photos) -> None:
    both = [photo(1, id="abcdefghijk"), photo(1, id="ABCDEFGHIJK")]
    assert catalogue.add("sea", both) == frozenset({"abcdefghijk", "ABCDEFGHIJK"})


def test_an_answer_without_photos_adds_none(catalogue: Photos) -> None:
    assert catalogue.add("sea", []) == frozenset()


def test_a_choice_has_what_credit_and_download_need(catalogue: Photos) -> None:
    catalogue.add("sea", [photo(1, description="of the author", alt_description="of a machine")])
    (chosen,) = catalogue.choose("sea", 1, "mine", "thumb", lambda urls: urls["thumb"])
    answered = photo(1)
    assert chosen == ChosenPhoto(
        id=answered.id,
        topic="sea",
        rendition="thumb",
        url=answered.urls["thumb"],
        photographer=answered.photographer,
        photographer_url=answered.photographer_url,
        page_url=answered.page_url,
        description="of a machine",
        color=answered.color,
    )


def test_a_photo_is_described_by_its_author_where_no_machine_did(catalogue: Photos) -> None:
    catalogue.add("sea", [photo(1, description="of the author", alt_description=None)])
    (chosen,) = catalogue.choose("sea", 1, "mine", "full", full)
    assert chosen.description == "of the author"


def test_those_that_wait_longest_are_chosen_first(catalogue: Photos) -> None:
    catalogue.add("sea", [photo(3), photo(1)])
    catalogue.add("sky", [photo(9)])
    catalogue.add("sea", [photo(2)])
    assert chosen_ids(catalogue, 2) == ids(3, 1)
    assert catalogue.waiting("sea") == 1
    assert chosen_ids(catalogue, 3) == ids(3, 1, 2)


def test_no_more_are_chosen_than_wait(stocked: Photos) -> None:
    assert chosen_ids(stocked, 99) == ids(0, 1, 2, 3, 4)
    assert chosen_ids(stocked, 1, topic="sky") == []


def test_choosing_again_gives_the_same_photos_with_the_rendition_anew(
    stocked: Photos, runs: Runs
) -> None:
    runs.begin("mine", "sea")
    assert chosen_ids(stocked, 2) == ids(0, 1)
    again = stocked.choose("sea", 2, "mine", "small", lambda urls: urls["small"])
    assert [found.id for found in again] == ids(0, 1)
    assert {found.rendition for found in again} == {"small"}
    assert [found.url for found in again] == [photo(n).urls["small"] for n in (0, 1)]


def test_photos_that_are_chosen_already_count(stocked: Photos, runs: Runs) -> None:
    runs.begin("mine", "sea")
    chosen_ids(stocked, 2)
    assert chosen_ids(stocked, 3) == ids(0, 1, 2)


def test_postponed_photos_go_last(stocked: Photos) -> None:
    chosen_ids(stocked, 2)
    stocked.postpone(dict.fromkeys(ids(0), "not now"))
    assert stocked.waiting("sea") == 4
    stocked.add("sea", [photo(9)])
    assert chosen_ids(stocked, 5) == ids(1, 2, 3, 4, 9)
    assert set(chosen_ids(stocked, 6)) == set(ids(1, 2, 3, 4, 9, 0))


def test_a_photo_that_was_postponed_more_often_goes_behind(catalogue: Photos) -> None:
    catalogue.add("sea", [photo(1), photo(2)])
    for numbers in ((1, 2), (1,)):
        catalogue.choose("sea", len(numbers), "mine", "full", full)
        catalogue.postpone(dict.fromkeys(ids(*numbers), "not now"))
    assert chosen_ids(catalogue, 1) == ids(2)


def test_released_photos_wait_again_in_their_old_places(stocked: Photos, runs: Runs) -> None:
    runs.begin("mine", "sea")
    assert chosen_ids(stocked, 3) == ids(0, 1, 2)
    stocked.release(ids(1, 0))
    assert stocked.waiting("sea") == 4
    assert [found.id for found in stocked.take_over("sea", "mine")] == ids(2)
    assert chosen_ids(stocked, 2, "theirs") == ids(0, 1)


def test_a_photo_that_was_postponed_is_released_to_the_end(stocked: Photos) -> None:
    chosen_ids(stocked, 1)
    stocked.postpone(dict.fromkeys(ids(0), "not now"))
    chosen_ids(stocked, 5)
    stocked.release(ids(0, 1, 2, 3, 4))
    assert chosen_ids(stocked, 1) == ids(1)


def test_a_photo_that_is_not_chosen_any_more_is_not_released(stocked: Photos) -> None:
    chosen_ids(stocked, 2)
    record_stored(stocked, {ids(0)[0]: file(0)})
    stocked.refuse({ids(1)[0]: "gone"})
    stocked.release(ids(0, 1))
    assert stocked.counts() == {"sea": TopicCounts("sea", waiting=3, stored=1, bytes=100)}
    assert [found.id for found in stocked.stored_by("mine")] == ids(0)


def test_a_photo_is_refused_when_it_has_failed_five_runs(catalogue: Photos) -> None:
    assert POSTPONED_AT_MOST == 5
    catalogue.add("sea", [photo(1)])
    for _ in range(4):
        assert chosen_ids(catalogue, 1) == ids(1)
        catalogue.postpone({ids(1)[0]: "no network"})
        assert catalogue.waiting("sea") == 1
    chosen_ids(catalogue, 1)
    catalogue.postpone({ids(1)[0]: "no network"})
    assert catalogue.waiting("sea") == 0
    assert chosen_ids(catalogue, 1) == []


def test_a_refused_photo_is_never_chosen_again(stocked: Photos) -> None:
    chosen_ids(stocked, 1)
    stocked.refuse({ids(0)[0]: "gone"})
    assert chosen_ids(stocked, 99) == ids(1, 2, 3, 4)


def test_a_stored_photo_is_known_with_its_file(stocked: Photos, clock: Clock) -> None:
    (chosen,) = stocked.choose("sea", 1, "mine", "full", full)
    clock.now += 7
    record_stored(stocked, {chosen.id: file(1)})
    (stored,) = stocked.stored_by("mine")
    assert stored == StoredPhoto(
        **dataclasses.asdict(chosen),
        **dataclasses.asdict(file(1)),
        stored_at=NOON + 7,
        stored_sequence=stored.stored_sequence,
        blur_hash=photo(0).blur_hash,
    )
    assert stocked.newest_stored("sea") == stored
    assert stocked.take_over("sea", "mine") == []


def test_stored_photos_are_listed_in_the_order_in_which_they_were_stored(
    stocked: Photos,
) -> None:
    chosen_ids(stocked, 3)
    for number in (2, 0, 1):
        record_stored(stocked, {ids(number)[0]: file(number)})
    assert [found.id for found in stocked.stored_by("mine")] == ids(2, 0, 1)
    assert len(stocked.stored_by("mine")) == 3
    assert [found.id for found in stocked.stored_after(0, newest=2)] == ids(0, 1)
    first = stocked.stored_by("mine")[0].stored_sequence
    assert [found.id for found in stocked.stored_after(first, newest=9)] == ids(0, 1)
    assert stocked.newest_sequence() == stocked.stored_by("mine")[-1].stored_sequence
    assert stocked.stored_after(stocked.newest_sequence(), newest=9) == []


def test_all_stored_photos_are_read_in_order_as_they_were_at_one_moment(
    stocked: Photos,
) -> None:
    stocked.add("sky", [photo(9)])
    chosen_ids(stocked, 4)
    chosen_ids(stocked, 1, topic="sky")
    for number in (2, 9, 0):
        record_stored(stocked, {ids(number)[0]: file(number)})
    with stocked.all_stored() as photos:
        first = next(photos)
        record_stored(stocked, {ids(1)[0]: file(1)})
        rest = list(photos)
    assert [found.id for found in (first, *rest)] == ids(2, 9, 0)
    assert [first, *rest][1:] == [stocked.newest_stored("sky"), *stocked.stored_by("mine")[2:3]]


def test_who_reads_all_stored_photos_may_stop_and_leaves_the_catalogue_free(
    stocked: Photos,
) -> None:
    chosen_ids(stocked, 3)
    record_stored(stocked, {photo_id: file(n) for n, photo_id in enumerate(ids(0, 1))})
    for _ in range(20):  # more often than there are connections
        with stocked.all_stored() as photos:
            next(photos)
    record_stored(stocked, {ids(2)[0]: file(2)})
    assert len(stocked.stored_by("mine")) == 3


def test_what_another_run_or_topic_has_stored_is_told_apart(stocked: Photos) -> None:
    stocked.add("sky", [photo(9)])
    chosen_ids(stocked, 1)
    chosen_ids(stocked, 1, "other", "sky")
    record_stored(stocked, {ids(0)[0]: file(0), ids(9)[0]: file(9)})
    assert [found.id for found in stocked.stored_by("mine")] == ids(0)
    assert [found.id for found in stocked.stored_by("other")] == ids(9)
    assert [len(stocked.stored_by(run_id)) for run_id in ("mine", "other", "third")] == [1, 1, 0]
    newest = [stocked.newest_stored(topic) for topic in ("sea", "sky", "art")]
    assert [found and found.id for found in newest] == [*ids(0, 9), None]


def test_nothing_is_stored_at_first(catalogue: Photos) -> None:
    assert catalogue.stored_by("mine") == []
    assert catalogue.newest_stored("sea") is None
    assert catalogue.newest_sequence() == 0


def test_the_sequence_never_goes_back(database: Database, stocked: Photos) -> None:
    """The sensor's cursor is a number of it: one used again would hide a picture."""
    chosen_ids(stocked, 2)
    record_stored(stocked, {ids(0)[0]: file(0)})
    highest = stocked.newest_sequence()
    with database.writing() as connection:
        connection.execute(sa.delete(db.photos).where(db.photos.c.id == ids(0)[0]))
    assert stocked.newest_sequence() == 0
    record_stored(stocked, {})
    record_stored(stocked, {ids(1)[0]: file(1)})
    assert stocked.newest_sequence() > highest


def test_photos_of_a_run_that_is_going_on_are_its_own(stocked: Photos, runs: Runs) -> None:
    runs.begin("theirs", "sea")
    assert chosen_ids(stocked, 2, "theirs") == ids(0, 1)
    assert stocked.take_over("sea", "mine") == []
    assert chosen_ids(stocked, 2) == ids(2, 3)


@pytest.mark.parametrize("how", ["choose", "take_over"])
def test_photos_of_a_run_that_has_ended_are_taken_over(
    stocked: Photos, runs: Runs, how: str
) -> None:
    runs.begin("mine", "sea")
    runs.begin("theirs", "sea")
    left = stocked.choose("sea", 2, "theirs", "small", lambda urls: urls["small"])
    runs.end("theirs")
    if how == "choose":
        assert chosen_ids(stocked, 3) == ids(0, 1, 2)
    else:
        assert stocked.take_over("sea", "mine") == left
    assert stocked.take_over("sea", "theirs") == []


def test_photos_of_another_topic_are_not_taken_over(stocked: Photos, runs: Runs) -> None:
    runs.begin("theirs", "sea")
    chosen_ids(stocked, 2, "theirs")
    runs.end("theirs")
    assert stocked.take_over("sky", "mine") == []
    assert stocked.take_over("sea", "theirs") != []


def another_process(processes: Processes, library: Path) -> "subprocess.Popen[str]":
    """Start a process in the middle of a run, which has chosen two photos of the sea."""
    pipe = subprocess.PIPE
    process = processes.start(python(CHOOSES_AND_WAITS, library), stdin=pipe, stdout=pipe)
    assert next_line(process).split() == ids(0, 1)
    return process


@pytest.mark.process
@pytest.mark.parametrize("end", ["killed", "ended without a word"])
def test_photos_belong_to_a_run_as_long_as_its_process_lives(
    tmp_path: Path, stocked: Photos, runs: Runs, processes: Processes, end: str
) -> None:
    runs.begin("mine", "sea")
    process = another_process(processes, tmp_path / "library")
    assert chosen_ids(stocked, 1) == ids(2)
    assert [found.id for found in stocked.take_over("sea", "mine")] == ids(2)
    if end == "killed":
        process.kill()
    process.communicate()
    assert [found.id for found in stocked.take_over("sea", "mine")] == ids(0, 1, 2)


@pytest.mark.process
def test_several_processes_on_one_file_choose_each_photo_once(
    tmp_path: Path, catalogue: Photos, processes: Processes
) -> None:
    catalogue.add("sea", [photo(number) for number in range(40)])
    pipe = subprocess.PIPE
    started = [
        processes.start(
            python(CHOOSES_ONE_BY_ONE, tmp_path / "library", f"run {number}"),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )
        for number in range(4)
    ]
    for process in started:
        assert process.stdin
        process.stdin.write("now\n")
        process.stdin.flush()
    said = [process.communicate(timeout=CEILING) for process in started]
    assert [errors for _, errors in said] == [""] * 4
    chosen = [photo_id for out, _ in said for photo_id in out.split()]
    assert sorted(chosen) == sorted(ids(*range(40)))
    stored = catalogue.stored_after(0, newest=99)
    assert len({found.stored_sequence for found in stored}) == 40


@pytest.fixture
def elsewhere(database: Database, clock: Clock) -> Photos:
    """The photos of the same library, by another API, such as an emulator that is tried out."""
    return Photos(database, clock, "http://127.0.0.1:8000")


def test_what_waits_for_one_api_is_not_chosen_for_another_and_comes_back_with_it(
    stocked: Photos, elsewhere: Photos
) -> None:
    """Its pictures are elsewhere, so each would fail a run."""
    assert elsewhere.waiting("sea") == 0
    assert chosen_ids(elsewhere, 9) == []
    elsewhere.add("sea", [photo(7)])
    assert (elsewhere.waiting("sea"), stocked.waiting("sea")) == (1, 5)
    assert chosen_ids(elsewhere, 9, "theirs") == ids(7)
    assert chosen_ids(stocked, 9) == ids(0, 1, 2, 3, 4)


def test_what_was_chosen_for_one_api_is_not_taken_over_for_another(
    stocked: Photos, elsewhere: Photos, runs: Runs
) -> None:
    runs.begin("mine", "sea")
    assert chosen_ids(stocked, 2) == ids(0, 1)
    runs.end("mine")
    assert elsewhere.take_over("sea", "later") == []
    assert chosen_ids(elsewhere, 9, "later") == []
    assert [found.id for found in stocked.take_over("sea", "later")] == ids(0, 1)


def test_a_photo_that_both_apis_give_moves_over(stocked: Photos, elsewhere: Photos) -> None:
    stocked.postpone(dict.fromkeys(chosen_ids(stocked, 1), "not now"))
    here = {"full": "http://127.0.0.1:8000/photo-1"}
    assert elsewhere.add("sky", [photo(0, urls=here), photo(9)]) == frozenset(ids(0, 9))
    assert stocked.waiting("sea") == 4
    chosen = elsewhere.choose("sky", 9, "theirs", "full", full)
    assert [found.id for found in chosen] == ids(0, 9)
    assert chosen[0].url == here["full"]
    assert elsewhere.add("sky", [photo(0, urls=here)]) == frozenset()


@pytest.mark.parametrize("state", [state for state in PhotoState if state != PhotoState.WAITING])
@pytest.mark.usefixtures("stocked")
def test_only_a_photo_that_waits_moves_over(
    database: Database, elsewhere: Photos, state: str
) -> None:
    put(database, 0, state)
    before = row_of(database, 0)
    assert elsewhere.add("sky", [photo(0)]) == frozenset()
    assert row_of(database, 0) == before


def test_a_photo_that_waits_for_no_known_api_is_given_again(
    database: Database, stocked: Photos
) -> None:
    with database.writing() as connection:
        connection.execute(sa.update(db.photos).values(api=None))
    assert (stocked.waiting("sea"), chosen_ids(stocked, 9)) == (0, [])
    assert stocked.add("sea", [photo(0)]) == frozenset(ids(0))
    assert chosen_ids(stocked, 9) == ids(0)


def test_stored_photos_are_those_of_every_api(stocked: Photos, elsewhere: Photos) -> None:
    (mine,) = chosen_ids(stocked, 1)
    record_stored(stocked, {mine: file(0)})
    elsewhere.add("sea", [photo(7)])
    (theirs,) = chosen_ids(elsewhere, 1, "theirs")
    record_stored(elsewhere, {theirs: file(7)})
    for photos in (stocked, elsewhere):
        assert [found.id for found in photos.stored_after(0, newest=9)] == [mine, theirs]


def test_demo_and_live_photos_do_not_mix_in_one_database(opened: Opened, stocked: Photos) -> None:
    demo = opened(api_key="", library="library").photos
    assert demo.identity() != stocked.identity()
    assert demo.add("sea", [photo(0)]) == frozenset(ids(0))
    assert (demo.waiting("sea"), stocked.waiting("sea")) == (1, 5)
    assert chosen_ids(demo, 9, "demo") == ids(0)
    assert chosen_ids(stocked, 1, "live") == ids(0)
    assert [found.id for found in stocked.take_over("sea", "live")] == ids(0)
    record_stored(demo, {ids(0)[0]: file(0)})
    assert demo.newest_stored("sea") is not None
    assert stocked.newest_stored("sea") is None
    assert stocked.stored_after(0, newest=9) == []
    assert stocked.newest_sequence() == 0
    assert demo.counts() == {"sea": TopicCounts("sea", stored=1, bytes=100)}
    demo.refuse(dict.fromkeys(ids(0, 1, 2), "gone"))
    assert stocked.counts() == {"sea": TopicCounts("sea", waiting=4)}


def test_photos_are_counted_by_topic_and_state(database: Database, stocked: Photos) -> None:
    stocked.add("sky", [photo(8), photo(9)])
    chosen_ids(stocked, 4)
    record_stored(stocked, {ids(0)[0]: file(0), ids(1)[0]: file(1), ids(2)[0]: file(2)})
    stocked.refuse({ids(3)[0]: "gone"})
    put(database, 1, "damaged")
    assert stocked.counts() == {
        "sea": TopicCounts("sea", waiting=1, stored=2, damaged=1, bytes=100 + 102),
        "sky": TopicCounts("sky", waiting=2),
    }
    assert [found.id for found in stocked.stored_by("mine")] == ids(0, 2)
    assert len(stocked.stored_by("mine")) == 2


def test_the_catalogue_outlives_its_process(opened: Opened, stocked: Photos) -> None:
    chosen_ids(stocked, 1)
    record_stored(stocked, {ids(0)[0]: file(0)})
    again = opened().photos
    assert again.counts() == stocked.counts()
    assert again.newest_stored("sea") == stocked.newest_stored("sea")
    assert again.identity() == stocked.identity()


def test_a_lost_photo_counts_as_a_damaged_one(database: Database, stocked: Photos) -> None:
    chosen_ids(stocked, 2)
    record_stored(stocked, {ids(0)[0]: file(0), ids(1)[0]: file(1)})
    for number, state in enumerate(("damaged", "lost")):
        put(database, number, state)
    assert stocked.counts() == {"sea": TopicCounts("sea", waiting=3, damaged=2)}


def test_what_a_run_could_not_store_is_known_by_its_reason(catalogue: Photos, runs: Runs) -> None:
    runs.begin("mine", "sea")
    catalogue.add("sea", [photo(number) for number in range(5)])
    catalogue.choose("sea", 4, "mine", "full", full)
    catalogue.choose("sea", 1, "another", "full", full)
    catalogue.refuse(dict(zip(ids(0, 4), ("gone", "of another run"), strict=True)))
    record_stored(catalogue, {ids(1)[0]: file(1)})
    catalogue.postpone({ids(2)[0]: "no network"})
    catalogue.release(ids(3))
    expected = dict(zip(ids(0, 2), ("gone", "no network"), strict=True))
    assert catalogue.not_stored("mine") == expected


@pytest.mark.parametrize("state", [state for state in PhotoState if state != PhotoState.CHOSEN])
def test_only_a_chosen_photo_is_postponed_refused_or_released(
    database: Database, stocked: Photos, state: PhotoState
) -> None:
    put(database, 0, state)
    before = row_of(database, 0)
    stocked.postpone({ids(0)[0]: "not now"})
    stocked.refuse({ids(0)[0]: "gone"})
    stocked.release(ids(0))
    assert row_of(database, 0) == before


@pytest.mark.long
@pytest.mark.parametrize("state", ["waiting", "refused"])
def test_a_run_that_was_taken_for_dead_may_still_store_its_photo(
    database: Database, stocked: Photos, state: str
) -> None:
    chosen_ids(stocked, 1)
    put(database, 0, state)
    assert record_stored(stocked, {ids(0)[0]: file(0)}) == []
    assert [found.id for found in stocked.stored_by("mine")] == ids(0)


@pytest.mark.parametrize("state", ["banned", "pruning", "pruned"])
def test_a_photo_that_may_no_longer_be_stored_is_named_and_left_alone(
    database: Database, stocked: Photos, state: str
) -> None:
    chosen_ids(stocked, 2)
    put(database, 0, state)
    before = row_of(database, 0)
    assert record_stored(stocked, {ids(0)[0]: file(0), ids(1)[0]: file(1)}) == ids(0)
    assert row_of(database, 0) == before
    assert [found.id for found in stocked.stored_by("mine")] == ids(1)


RUNS = st.sampled_from(["a", "b"])
TOPICS = st.sampled_from(["sea", "sky"])


@dataclasses.dataclass
class Known:
    """What should be known of a photo."""

    topic: str
    arrival: int
    state: str = "waiting"
    owner: str = ""
    postponed: int = 0


class Moves(stateful.RuleBasedStateMachine):
    """Plays any moves on a catalogue and on a plain model of it."""

    def __init__(self) -> None:
        super().__init__()
        database = read_database(Path("no such folder"), None, "live")
        self.catalogue, self.runs = Photos(database), Runs(database)
        self.curation = Curation(database)
        self.known: dict[str, Known] = {}
        self.live: set[str] = set()
        self.highest = 0

    def chosen(self, topic: str, run_id: str) -> list[str]:
        return [
            photo_id
            for photo_id, known in self.known.items()
            if (known.topic, known.state, known.owner) == (topic, "chosen", run_id)
        ]

    def free(self, topic: str, run_id: str) -> list[str]:
        others = self.live - {run_id}
        return [
            photo_id
            for photo_id, known in self.known.items()
            if (known.topic, known.state) == (topic, "chosen") and known.owner not in others
        ]

    @stateful.rule(topic=TOPICS, numbers=st.lists(st.integers(0, 20), max_size=5, unique=True))
    def add(self, topic: str, numbers: list[int]) -> None:
        new = [photo_id for photo_id in ids(*numbers) if photo_id not in self.known]
        added = self.catalogue.add(topic, [photo(number) for number in numbers])
        assert added == frozenset(new)
        self.known.update({photo_id: Known(topic, len(self.known)) for photo_id in new})

    @stateful.rule(run_id=RUNS)
    def begin(self, run_id: str) -> None:
        self.runs.begin(run_id, None)
        self.live.add(run_id)

    @stateful.rule(run_id=RUNS)
    def end(self, run_id: str) -> None:
        self.runs.end(run_id)
        self.live.discard(run_id)

    @stateful.rule(topic=TOPICS, run_id=RUNS, count=st.integers(1, 4))
    def choose(self, topic: str, run_id: str, count: int) -> None:
        waiting = [p for p, k in self.known.items() if (k.topic, k.state) == (topic, "waiting")]
        waiting.sort(key=lambda photo_id: self.known[photo_id].postponed)
        for photo_id in (self.free(topic, run_id) + waiting)[:count]:
            self.known[photo_id].state, self.known[photo_id].owner = "chosen", run_id
        found = chosen_ids(self.catalogue, count, run_id, topic)
        assert found == self.chosen(topic, run_id)

    @stateful.rule(topic=TOPICS, run_id=RUNS)
    def take_over(self, topic: str, run_id: str) -> None:
        for photo_id in self.free(topic, run_id):
            self.known[photo_id].owner = run_id
        found = self.catalogue.take_over(topic, run_id)
        assert [chosen.id for chosen in found] == self.chosen(topic, run_id)

    @stateful.rule(topic=TOPICS, run_id=RUNS)
    def store(self, topic: str, run_id: str) -> None:
        photo_ids = self.chosen(topic, run_id)
        banned = [photo_id for photo_id, known in self.known.items() if known.state == "banned"]
        files = {photo_id: file(1) for photo_id in (*banned, *photo_ids)}
        assert record_stored(self.catalogue, files) == banned
        for photo_id in photo_ids:
            self.known[photo_id].state = "stored"
        newest = self.catalogue.newest_sequence()
        assert newest - self.highest >= len(photo_ids)
        self.highest = newest

    @stateful.rule(topic=TOPICS, run_id=RUNS)
    def postpone(self, topic: str, run_id: str) -> None:
        photo_ids = self.chosen(topic, run_id)
        self.catalogue.postpone(dict.fromkeys(photo_ids, "not now"))
        for known in (self.known[photo_id] for photo_id in photo_ids):
            known.postponed += 1
            known.state = "refused" if known.postponed == 5 else "waiting"

    @stateful.rule(topic=TOPICS, run_id=RUNS)
    def release(self, topic: str, run_id: str) -> None:
        photo_ids = self.chosen(topic, run_id)[1:]
        self.catalogue.release(photo_ids)
        for photo_id in photo_ids:
            self.known[photo_id].state = "waiting"

    @stateful.rule(topic=TOPICS, run_id=RUNS)
    def refuse(self, topic: str, run_id: str) -> None:
        photo_ids = self.chosen(topic, run_id)[:1]
        self.catalogue.refuse(dict.fromkeys(photo_ids, "gone"))
        for photo_id in photo_ids:
            self.known[photo_id].state = "refused"

    @stateful.rule(number=st.integers(0, 20))
    def ban(self, number: int) -> None:
        (photo_id,) = ids(number)
        was_known = photo_id in self.known
        assert self.curation.ban(photo_id) is was_known
        self.known.setdefault(photo_id, Known("", 0)).state = "banned"

    @stateful.rule(number=st.integers(0, 20))
    def unban(self, number: int) -> None:
        (photo_id,) = ids(number)
        known = self.known.get(photo_id)
        if known is None or known.state != "banned":
            with pytest.raises(UnknownPhoto):
                self.curation.unban(photo_id)
            return
        self.curation.unban(photo_id)
        known.state, known.postponed = "waiting", 0
        if not known.topic:
            del self.known[photo_id]

    @stateful.invariant()
    def counts_agree(self) -> None:
        expected: dict[str, TopicCounts] = {}
        for topic in {known.topic for known in self.known.values() if known.state != "banned"}:
            states = [known.state for known in self.known.values() if known.topic == topic]
            stored = states.count("stored")
            waiting = states.count("waiting")
            expected[topic] = TopicCounts(topic, waiting, stored, bytes=stored * file(1).bytes)
        assert self.catalogue.counts() == expected


TestAnyMoves = pytest.mark.long(Moves.TestCase)
TestAnyMoves.settings = hypothesis.settings(deadline=None, max_examples=15, stateful_step_count=30)
