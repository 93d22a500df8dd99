"""Tests of `library.damage`: what is written down of files, and when it is not.

How it works with real downloads is tested in `test_verification` and `test_repairing`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from unsplash_assets.catalogue.integrity import FileRecord, Verdict
from unsplash_assets_tests.conftest import Clock
from unsplash_assets_tests.support.libraries import Library, delete, library


@pytest.fixture
def mine(tmp_path: Path, clock: Clock) -> Iterator[Library]:
    with library(tmp_path / "library", clock) as opened:
        yield opened


def records(mine: Library) -> list[FileRecord]:
    return [record for some in mine.integrity.records() for record in some]


def test_the_files_that_there_should_be_are_those_of_stored_damaged_and_lost_photos(
    mine: Library,
) -> None:
    states = ["stored", "damaged", "lost", "banned", "pruning", "pruned", "refused", "chosen"]
    photos = mine.bring(len(states))
    for photo, state in zip(photos, states, strict=True):
        mine.set(photo.id, state=state)
    assert mine.integrity.count() == 3
    assert {(record.photo_id, record.state) for record in records(mine)} == {
        (photo.id, state) for photo, state in zip(photos[:3], states, strict=False)
    }


def test_what_is_known_of_a_file_is_what_was_stored(mine: Library) -> None:
    (photo,) = mine.bring(1)
    expected = FileRecord(photo.id, photo.path, photo.sha256, photo.bytes, "stored")
    assert records(mine) == [expected]


def test_files_of_the_other_mode_are_not_among_them(mine: Library, clock: Clock) -> None:
    with library(mine.folder.root, clock, "demo") as demo:
        demo.bring(2)
    assert (mine.integrity.count(), records(mine)) == (0, [])


@pytest.mark.parametrize("changed", [{"path": "sea/x.jpg"}, {"sha256": "0" * 64}])
def test_a_verdict_on_a_record_that_is_another_by_now_does_not_hold(
    mine: Library, changed: dict[str, str]
) -> None:
    (photo,) = mine.bring(1)
    (record,) = records(mine)
    mine.set(photo.id, **changed)
    verdict = Verdict(record, mine.folder.look(photo.path), "not the one that was stored")
    written = mine.integrity.write_down([verdict])
    assert written.held == []
    assert written.changed == records(mine)
    assert mine.row(photo.id)["state"] == "stored"


def test_a_verdict_on_a_file_that_is_another_by_now_does_not_hold(mine: Library) -> None:
    (photo,) = mine.bring(1)
    (record,) = records(mine)
    verdict = Verdict(record, mine.folder.look(photo.path), "not the one that was stored")
    delete(mine.folder.path(photo.path))
    assert mine.integrity.write_down([verdict]).held == []
    missing = Verdict(record, None, "there is no file")
    assert mine.integrity.write_down([missing]).held == [missing]


@pytest.mark.parametrize("state", ["stored", "banned"])
def test_only_a_bad_photo_can_be_lost_or_wait_for_its_repair(mine: Library, state: str) -> None:
    (photo,) = mine.bring(1)
    mine.set(photo.id, state=state)
    before = mine.row(photo.id)
    mine.integrity.lose(photo.id, "gone")
    mine.integrity.postpone(photo.id, "later")
    assert mine.row(photo.id) == before
    assert mine.integrity.bad([photo.id]) == []


def test_no_photo_claims_a_name_that_carries_no_id(mine: Library) -> None:
    mine.bring(1)
    assert mine.integrity.unclaimed(["sea/x.jpg", "x"]) == ["sea/x.jpg", "x"]
    assert mine.integrity.unclaimed([]) == []


def test_one_file_under_two_names_is_the_photos(mine: Library) -> None:
    """As where a file system folds case, or the form of accents."""
    (photo,) = mine.bring(1)
    folder, name = photo.path.split("/")
    other = f"{folder}/Words_{name.partition('_')[2]}"
    assert mine.integrity.unclaimed([other]) == [other]
    mine.folder.path(other).hardlink_to(mine.folder.path(photo.path))
    assert mine.integrity.unclaimed([other]) == []
