"""Tests of `library.repair`: the same photo again, as if it had never been away."""

import signal
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.errors import LibraryError
from unsplash_assets.images.embedding import read_packet
from unsplash_assets.library.removal import ban
from unsplash_assets.library.repair import REPAIRED_AT_MOST, Repairs, repair, repair_due
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.storage.names import RelativePath, is_thumbnail
from unsplash_assets.storage.stores.base import TemporaryFile
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets.unsplash.quota import HOUR, MARGIN, QuotaReport
from unsplash_assets_tests.conftest import Clock
from unsplash_assets_tests.support.libraries import StockedLibrary, cut, delete, flip, library
from unsplash_assets_tests.support.processes import Processes, environment, next_line, python

REPAIRS = """
import sys
from pathlib import Path
from unsplash_assets_tests.support.libraries import Unsplash, opened
with opened(Path(sys.argv[1]), Unsplash(sys.argv[2])) as mine:
    print(flush=True)
    print(mine.repair().failed)
"""


@pytest.fixture
def mine(tmp_path: Path, clock: Clock) -> Iterator[StockedLibrary]:
    with library(tmp_path / "library", clock) as opened:
        yield opened


def damaged(mine: StockedLibrary, count: int = 1) -> list[StoredPhoto]:
    """Store photos, cut their files, and let that be known."""
    photos = mine.bring(count)
    for photo in photos:
        cut(mine.folder.path(photo.path))
    mine.verify()
    return photos


def repair_sea(mine: StockedLibrary) -> Repairs:
    """Repair what a run of the topic repairs besides its own work."""
    return repair_due(mine.library, "sea")


@pytest.mark.long
def test_a_repaired_photo_is_to_the_world_what_it_was(mine: StockedLibrary, clock: Clock) -> None:
    (photo,) = mine.bring(1)
    mine.library.curation.favour(photo.id)
    before, newest = mine.row(photo.id), mine.catalogue.newest_sequence()
    flip(mine.folder.path(photo.path))
    clock.now += 3600
    assert mine.repair() == Repairs(repaired=[photo.path])
    assert mine.row(photo.id) == {**before, "postponed": 0}
    assert before["favourite"]
    assert before["event_sent_at"]
    assert mine.catalogue.stored_after(newest, newest=9) == []
    assert mine.catalogue.stored_by("mine") == [photo]


@pytest.mark.long
def test_a_download_event_that_is_due_is_still_due_and_one(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    mine.set(photo.id, event_sent_at=None, event_due_at=5.0)
    delete(mine.folder.path(photo.path))
    mine.repair()
    row = mine.row(photo.id)
    assert (row["event_due_at"], row["event_sent_at"]) == (5.0, None)


@pytest.mark.long
def test_a_repair_asks_for_the_picture_alone(mine: StockedLibrary) -> None:
    damaged(mine, 3)
    mine.unsplash.asked.clear()
    mine.repair()
    assert len(mine.unsplash.asked) == 3
    assert mine.unsplash.requests == []


def of_unknown_url(mine: StockedLibrary) -> StoredPhoto:
    """Let a photo be damaged whose URL is not known, as in a catalogue made from the files."""
    (photo,) = damaged(mine)
    mine.set(photo.id, url="", urls={}, rendition="unknown", api=None, download_location=None)
    mine.unsplash.asked.clear()
    return photo


@pytest.mark.long
def test_a_photo_of_unknown_url_is_asked_for_at_the_api_once(mine: StockedLibrary) -> None:
    photo, before = of_unknown_url(mine), mine.library.budget.usage().used
    assert repair_sea(mine) == Repairs(repaired=[photo.path])
    assert mine.unsplash.requests == [f"/photos/{photo.id}"]
    assert mine.library.budget.usage().used == before + 1
    assert mine.found() == []
    row = mine.row(photo.id)
    assert (row["rendition"], row["url"].startswith(f"{mine.base}/photo-")) == ("thumb", True)
    cut(mine.folder.path(photo.path))
    mine.unsplash.asked.clear()
    assert mine.repair().repaired == [photo.path]
    assert mine.unsplash.requests == []


@pytest.mark.long
def test_a_photo_of_unknown_url_waits_for_a_request_of_the_budget(
    mine: StockedLibrary, clock: Clock
) -> None:
    photo = of_unknown_url(mine)
    with mine.library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(limit=50, remaining=0))
    (said,) = repair_sea(mine).failed.values()
    assert said.startswith("request budget spent")
    assert mine.unsplash.asked == []
    assert mine.row(photo.id)["state"] == "damaged"
    clock.now += HOUR + MARGIN
    assert repair_sea(mine).repaired == [photo.path]


@pytest.mark.long
def test_a_photo_of_unknown_url_that_the_api_has_no_more_is_lost(mine: StockedLibrary) -> None:
    photo = of_unknown_url(mine)
    mine.set(photo.id, id="AAAAAAAAAAA")
    (said,) = repair_sea(mine).failed.values()
    assert said == (
        "Unsplash no longer has the photo (404: Couldn't find Photo) "
        "(lost: runs no longer ask for it)"
    )
    assert mine.row("AAAAAAAAAAA")["state"] == "lost"


@pytest.mark.long
def test_a_new_file_may_have_another_hash_and_carries_the_credit(mine: StockedLibrary) -> None:
    (photo,) = damaged(mine)
    renamed = mine.changed(app_name="another name")
    assert repair(renamed.library, [photo.id]) == Repairs(repaired=[photo.path])
    (again,) = mine.catalogue.stored_by("mine")
    assert (again.path, again.sha256 == photo.sha256) == (photo.path, False)
    assert mine.found() == []
    with mine.folder.path(again.path).open("rb") as picture:
        assert b"another+name" in (read_packet(picture) or b"")


def named_otherwise(mine: StockedLibrary, photo: StoredPhoto) -> Path:
    """Let a photo's file be one of an earlier name, damaged."""
    old = mine.folder.path("sea/an-earlier-name.jpg")
    mine.folder.path(photo.path).rename(old)
    mine.set(photo.id, path="sea/an-earlier-name.jpg")
    cut(old)
    return old


@pytest.mark.long
def test_an_old_file_of_another_name_is_removed(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    before = mine.files()
    old = named_otherwise(mine, photo)
    assert mine.repair().repaired == ["sea/an-earlier-name.jpg"]
    assert mine.files() == before
    assert not old.exists()
    assert mine.found() == []
    assert mine.row(photo.id)["path"] == photo.path


@pytest.mark.long
def test_a_new_file_of_another_name_is_not_unknown_before_its_row_is_written(
    mine: StockedLibrary,
) -> None:
    (photo,) = mine.bring(1)
    named_otherwise(mine, photo)
    found: list[str] = []
    verifying = threading.Thread(target=lambda: found.extend(mine.found()))

    class Slow(Folder):
        def publish(self, temporary: TemporaryFile, name: RelativePath, *rest: Any) -> None:
            super().publish(temporary, name, *rest)
            if not is_thumbnail(name):
                verifying.start()
                time.sleep(0.3)

    assert mine.changed(Slow(mine.folder.root)).repair().failed == {}
    verifying.join()
    assert (found, mine.found()) == ([], [])


@pytest.mark.long
def test_an_old_file_stays_where_it_is_the_other_modes_too(
    mine: StockedLibrary, clock: Clock
) -> None:
    (photo,) = mine.bring(1)
    old = named_otherwise(mine, photo)
    with library(mine.folder.root, clock, "demo") as demo:
        demo.bring(1)
        (theirs,) = demo.catalogue.stored_by("mine")
        demo.set(theirs.id, id=photo.id, path="sea/an-earlier-name.jpg")
        mine.repair()
        assert old.exists()
        mine.set(photo.id, path="sea/an-earlier-name.jpg")


@pytest.mark.long
def test_an_old_file_that_cannot_be_removed_does_not_spoil_the_repair(mine: StockedLibrary) -> None:
    class InUse(Folder):
        def delete(self, name: str, size: int | None = None) -> None:
            raise LibraryError(f"{name} of {size} bytes is in use")

    (photo,) = mine.bring(1)
    named_otherwise(mine, photo)
    assert mine.changed(InUse(mine.folder.root)).repair().failed == {}
    assert mine.found() == ["unknown sea/an-earlier-name.jpg"]


@pytest.mark.long
@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
def test_a_photo_that_unsplash_has_no_more_is_lost(mine: StockedLibrary, status: str) -> None:
    gone, well = damaged(mine, 2)
    mine.unsplash.status = status
    failed = repair(mine.library, [gone.id]).failed
    said = f"the picture is not available: its server answered {status[:3]}"
    assert failed == {gone.path: f"{said} (lost: runs no longer ask for it)"}
    assert (mine.row(gone.id)["state"], mine.row(gone.id)["reason"]) == ("lost", said)
    assert mine.catalogue.counts()["sea"].damaged == 2
    mine.unsplash.status = ""
    assert repair_sea(mine).repaired == [well.path]
    assert mine.found() == [f"damaged {gone.path}"]


@pytest.mark.long
@pytest.mark.parametrize(
    "status", ["204 No Content", "400 Bad Request", "401 Unauthorized", "403 Forbidden"]
)
def test_a_photo_that_is_refused_and_not_said_to_be_gone_is_asked_for_again(
    mine: StockedLibrary, clock: Clock, status: str
) -> None:
    """It may be the trouble of a proxy, or of the pictures' server."""
    (photo,) = damaged(mine)
    mine.unsplash.status = status
    said = f"the picture is not available: its server answered {status[:3]}"
    assert repair_sea(mine).failed == {photo.path: said}
    assert (mine.row(photo.id)["state"], mine.row(photo.id)["reason"]) == ("damaged", said)
    assert repair_sea(mine) == Repairs()
    clock.now += 60
    mine.unsplash.status = ""
    assert repair_sea(mine).repaired == [photo.path]


@pytest.mark.long
def test_a_person_may_ask_for_a_lost_photo_again(mine: StockedLibrary) -> None:
    (photo,) = damaged(mine)
    mine.set(photo.id, state="lost")
    assert mine.repair().repaired == [photo.path]
    assert mine.catalogue.stored_by("mine") == [photo]


@pytest.mark.long
def test_a_lost_photo_whose_file_comes_back_is_stored_again(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    mine.set(photo.id, state="lost")
    assert mine.found() == []
    assert mine.catalogue.stored_by("mine") == [photo]


def test_a_lost_photo_can_be_banned_and_is_not_brought_again(mine: StockedLibrary) -> None:
    (photo,) = damaged(mine)
    mine.set(photo.id, state="lost")
    assert ban(mine.library, photo.id).removed == [photo.path]
    assert mine.found() == []


@pytest.mark.long
def test_the_trouble_of_one_does_not_cost_its_neighbours(mine: StockedLibrary) -> None:
    photos = damaged(mine, 5)
    well, cut_off = mine.unsplash.emulator, with_fault(Emulator(), "picture-cut")

    def unsplash(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        application = cut_off if "cut=1" in environ["QUERY_STRING"] else well
        return application(environ, start_response)

    mine.unsplash.emulator = unsplash
    mine.set(photos[0].id, url=f"{photos[0].url}&cut=1")
    mine.set(photos[1].id, url=photos[1].url.replace("/photo-", "/nothing-"))
    mine.set(photos[2].id, url="http://127.0.0.1:9/photo-elsewhere")
    repairs = mine.repair()
    assert sorted(repairs.repaired) == sorted(photo.path for photo in photos[3:])
    assert "was cut short" in repairs.failed[photos[0].path]
    assert "is not available" in repairs.failed[photos[1].path]
    assert "is not an allowed host: nothing was requested" in repairs.failed[photos[2].path]
    assert sorted(mine.found()) == sorted(f"damaged {photo.path}" for photo in photos[:3])
    assert list((mine.folder.root / ".incoming").iterdir()) == []


@pytest.mark.long
def test_a_place_that_cannot_be_written_is_the_trouble_of_one_photo(mine: StockedLibrary) -> None:
    first, second = mine.bring(2)
    for photo in (first, second):
        delete(mine.folder.path(photo.path))
    mine.folder.path(first.path).mkdir()
    repairs = mine.repair()
    assert repairs.repaired == [second.path]
    place = mine.folder.path(first.path)
    said = f"{place} is a folder where a file belongs: move it elsewhere"
    assert repairs.failed == {first.path: said}
    assert place.is_dir()


@pytest.mark.long
def test_a_run_repairs_a_bounded_number_those_of_its_own_topic_first(mine: StockedLibrary) -> None:
    (other,) = mine.bring(1, "sky", run_id="other")
    delete(mine.folder.path(other.path))
    photos = damaged(mine, REPAIRED_AT_MOST + 2)
    assert len(repair_sea(mine).repaired) == REPAIRED_AT_MOST
    assert mine.row(other.id)["state"] == "damaged"
    repaired = repair_sea(mine).repaired
    assert (len(repaired), other.path in repaired) == (3, True)
    assert repair_sea(mine) == Repairs()
    assert mine.found() == []
    assert len(mine.catalogue.stored_by("mine")) == len(photos)


@pytest.mark.long
def test_after_each_failure_a_run_waits_twice_as_long_and_others_come_first(
    mine: StockedLibrary, clock: Clock
) -> None:
    (photo,) = mine.bring(1)
    mine.set(photo.id, postponed=4)  # it was hard to get
    cut(mine.folder.path(photo.path))
    mine.verify()
    mine.unsplash.status = "503 Service Unavailable"
    waits = []
    for _ in range(14):
        assert list(repair_sea(mine).failed) == [photo.path]
        waits.append(mine.row(photo.id)["repair_due_at"] - clock.now)
        clock.now += waits[-1] - 1
        assert repair_sea(mine) == Repairs()
        clock.now += 1
    assert waits[:3] == [60, 120, 240]
    assert waits[-1] == 86_400
    mine.unsplash.status = ""
    assert repair_sea(mine).repaired == [photo.path]
    cut(mine.folder.path(photo.path))
    mine.verify()
    assert mine.row(photo.id)["repair_due_at"] == clock.now
    assert mine.row(photo.id)["postponed"] == 0


@pytest.mark.long
def test_what_was_damaged_before_there_was_a_time_for_its_repair_is_due(
    mine: StockedLibrary,
) -> None:
    (photo,) = damaged(mine)
    mine.set(photo.id, repair_due_at=None)
    assert repair_sea(mine).repaired == [photo.path]


@pytest.mark.long
@pytest.mark.parametrize("state", ["banned", "pruning", "pruned"])
def test_a_photo_that_is_given_up_during_its_repair_gets_no_file(
    mine: StockedLibrary, state: str
) -> None:
    (photo,) = damaged(mine)
    delete(mine.folder.path(photo.path))

    class GivesUp(Folder):
        def complete(self, temporary: TemporaryFile) -> None:
            mine.set(photo.id, state=state)
            super().complete(temporary)

    there = mine.changed(GivesUp(mine.folder.root))
    assert repair(there.library, [photo.id]).failed == {}
    assert mine.files() == {}
    assert mine.row(photo.id)["state"] == state


@pytest.mark.long
def test_a_file_that_others_made_whole_meanwhile_is_left_as_it_is(mine: StockedLibrary) -> None:
    (photo,) = damaged(mine)

    class Overtaken(Folder):
        def complete(self, temporary: TemporaryFile) -> None:
            mine.repair()
            super().complete(temporary)

    late = mine.changed(Overtaken(mine.folder.root), app_name="late")
    assert repair(late.library, [photo.id]).repaired == [photo.path]
    assert mine.catalogue.stored_by("mine") == [photo]
    assert mine.found() == []


@pytest.mark.long
def test_a_crash_between_the_new_file_and_its_row_is_found_and_repaired(
    mine: StockedLibrary,
) -> None:
    (photo,) = damaged(mine)

    class Dies(Folder):
        def publish(self, temporary: TemporaryFile, name: RelativePath, *rest: Any) -> None:
            super().publish(temporary, name, *rest)
            raise LibraryError("killed")

    dying = mine.changed(Dies(mine.folder.root), app_name="another name")
    assert repair(dying.library, [photo.id]).failed == {photo.path: "killed"}
    assert mine.found() == [f"damaged {photo.path}"]
    assert mine.repair().failed == {}
    assert mine.catalogue.stored_by("mine") == [photo]


@pytest.mark.long
def test_several_that_repair_the_same_files_at_once_agree_with_the_catalogue(
    mine: StockedLibrary,
) -> None:
    for turn in range(3):
        photos = damaged(mine, 6)
        ids = [photo.id for photo in photos]
        hands = [mine.changed(app_name=f"{turn} {number}") for number in range(3)]
        threads = [threading.Thread(target=repair, args=(hand.library, ids)) for hand in hands]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert mine.found() == []


@pytest.mark.process
@pytest.mark.parametrize("after", [0.05, 0.15, 0.3, 0.5])
def test_a_repair_that_is_killed_leaves_nothing_that_another_does_not_mend(
    mine: StockedLibrary, processes: Processes, after: float
) -> None:
    mine.unsplash.emulator = Emulator(latency=0.05)
    photos = mine.bring(12)
    for photo in photos:
        delete(mine.folder.path(photo.path))
    command = python(REPAIRS, mine.folder.root, mine.base)
    repairing = processes.start(command, stdout=subprocess.PIPE, env=environment())
    next_line(repairing)
    time.sleep(after)
    repairing.send_signal(signal.SIGTERM)
    repairing.wait()
    seen = mine.verify()
    stored = {photo.path for photo in mine.catalogue.stored_by("mine")}
    assert {finding.path for finding in seen.findings} == {p.path for p in photos} - stored
    assert set(mine.files()) <= {photo.path for photo in photos}
    assert mine.repair().failed == {}
    assert mine.found() == []
    assert len(mine.catalogue.stored_by("mine")) == 12


@pytest.mark.long
def test_progress_is_reported_over_all_photos(
    mine: StockedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unsplash_assets.library.repair.AT_ONCE", 2)
    photos, reported = damaged(mine, 5), list[int]()
    ids = [photo.id for photo in photos]
    assert repair(mine.library, ids, reported.append).failed == {}
    assert reported == [1, 2, 3, 4, 5]
