"""Tests of `catalogue.integrity`: what is recorded about files, and when it is not.

How it works with real downloads is tested in `library/test_verification.py` and
`library/test_repair.py`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from unsplash_assets.catalogue.integrity import Verdict
from unsplash_assets.model.photos import FileRecord
from unsplash_assets_tests.conftest import Clock
from unsplash_assets_tests.support.libraries import StockedLibrary, delete, library


@pytest.fixture
def mine(tmp_path: Path, clock: Clock) -> Iterator[StockedLibrary]:
    with library(tmp_path / "library", clock) as opened:
        yield opened


def records(mine: StockedLibrary) -> list[FileRecord]:
    return [record for some in mine.integrity.records() for record in some]


@pytest.mark.long
def test_the_files_that_there_should_be_are_those_of_stored_damaged_and_lost_photos(
    mine: StockedLibrary,
) -> None:
    states = ["stored", "damaged", "lost", "banned", "pruning", "pruned", "refused", "chosen"]
    photos = mine.bring(len(states))
    for photo, state in zip(photos, states, strict=True):
        mine.set(photo.id, state=state)
    assert mine.integrity.count() == 3
    assert {(record.photo_id, record.state) for record in records(mine)} == {
        (photo.id, state) for photo, state in zip(photos[:3], states, strict=False)
    }


@pytest.mark.long
def test_what_is_known_of_a_file_is_what_was_stored(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    expected = FileRecord(photo.id, photo.path, photo.sha256, photo.bytes, "stored")
    assert records(mine) == [expected]


@pytest.mark.long
def test_files_of_the_other_mode_are_not_among_them(mine: StockedLibrary, clock: Clock) -> None:
    with library(mine.folder.root, clock, "demo") as demo:
        demo.bring(2)
    assert (mine.integrity.count(), records(mine)) == (0, [])


@pytest.mark.long
@pytest.mark.parametrize("changed", [{"path": "sea/x.jpg"}, {"sha256": "0" * 64}])
def test_a_verdict_on_a_record_that_is_another_by_now_does_not_hold(
    mine: StockedLibrary, changed: dict[str, str]
) -> None:
    (photo,) = mine.bring(1)
    (record,) = records(mine)
    mine.set(photo.id, **changed)
    verdict = Verdict(record, mine.folder.inspect(photo.path), "not the one that was stored")
    recorded = mine.integrity.record([verdict])
    assert recorded.held == []
    assert recorded.changed == records(mine)
    assert mine.row(photo.id)["state"] == "stored"


@pytest.mark.long
def test_a_verdict_on_a_file_that_is_another_by_now_does_not_hold(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    (record,) = records(mine)
    verdict = Verdict(record, mine.folder.inspect(photo.path), "not the one that was stored")
    delete(mine.folder.path(photo.path))
    assert mine.integrity.record([verdict]).held == []
    missing = Verdict(record, None, "there is no file")
    assert mine.integrity.record([missing]).held == [missing]


@pytest.mark.long
@pytest.mark.parametrize("state", ["stored", "banned"])
def test_only_a_bad_photo_can_be_lost_or_wait_for_its_repair(
    mine: StockedLibrary, state: str
) -> None:
    (photo,) = mine.bring(1)
    mine.set(photo.id, state=state)
    before = mine.row(photo.id)
    mine.integrity.lose(photo.id, "gone")
    mine.integrity.postpone(photo.id, "later")
    assert mine.row(photo.id) == before
    assert mine.integrity.bad([photo.id]) == []


@pytest.mark.long
def test_no_photo_claims_a_name_that_carries_no_id(mine: StockedLibrary) -> None:
    mine.bring(1)
    assert mine.integrity.unclaimed(["sea/x.jpg", "x"]) == ["sea/x.jpg", "x"]
    assert mine.integrity.unclaimed([]) == []


def test_one_file_under_two_names_is_the_photos(mine: StockedLibrary) -> None:
    """As where a file system folds case, or the form of accents."""
    (photo,) = mine.bring(1)
    folder, name = photo.path.split("/")
    other = f"{folder}/Words_{name.partition('_')[2]}"
    assert mine.integrity.unclaimed([other]) == [other]
    mine.folder.path(other).hardlink_to(mine.folder.path(photo.path))
    assert mine.integrity.unclaimed([other]) == []


@pytest.mark.parametrize("state", ["damaged", "lost"])
def test_a_bad_file_that_is_whole_after_all_is_stored_again(
    mine: StockedLibrary, state: str
) -> None:
    (photo,) = mine.bring(1)
    before = mine.row(photo.id)
    mine.set(photo.id, state=state, reason="it was cut", repair_due_at=5.0, postponed=3)
    (record,) = records(mine)
    verdict = Verdict(record, mine.folder.inspect(photo.path), None)
    assert mine.integrity.record([verdict]).held == [verdict]
    assert mine.row(photo.id) == before


def test_a_lost_photo_stays_lost_whatever_is_wrong_with_its_file(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    mine.set(photo.id, state="lost", reason="gone")
    before = mine.row(photo.id)
    (record,) = records(mine)
    verdict = Verdict(record, mine.folder.inspect(photo.path), "not the one that was stored")
    assert mine.integrity.record([verdict]).held == [verdict]
    assert mine.row(photo.id) == before


@pytest.mark.long
def test_a_repair_that_failed_waits_twice_as_long_each_time_and_a_day_at_most(
    mine: StockedLibrary, clock: Clock
) -> None:
    (photo,) = mine.bring(1)
    mine.set(photo.id, state="damaged", repair_due_at=clock.now)
    waits = []
    for _ in range(13):
        assert [bad.id for bad in mine.integrity.due("sea", 9)] == [photo.id]
        mine.integrity.postpone(photo.id, "no network")
        due_at = mine.row(photo.id)["repair_due_at"]
        waits.append(due_at - clock.now)
        clock.now = due_at - 1
        assert mine.integrity.due("sea", 9) == []
        clock.now = due_at
    assert waits[:4] == [60, 120, 240, 480]
    assert waits[-3:] == [61_440, 86_400, 86_400]


def test_a_repair_that_failed_ten_thousand_times_still_waits_a_day(
    mine: StockedLibrary, clock: Clock
) -> None:
    (photo,) = mine.bring(1)
    mine.set(photo.id, state="damaged", postponed=10_000)
    mine.integrity.postpone(photo.id, "no network")
    row = mine.row(photo.id)
    assert (row["repair_due_at"], row["postponed"]) == (clock.now + 86_400, 10_001)
