"""Tests of `library.verification`: all that is bad is found, and nothing that is well."""

import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.errors import LibraryMissing
from unsplash_assets.library.removal import ban
from unsplash_assets.library.verification import Verification, uncredited, verify
from unsplash_assets.storage.names import photo_path
from unsplash_assets.storage.stores.base import INCOMING, FileState
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets_tests.conftest import Clock
from unsplash_assets_tests.support.libraries import (
    StockedLibrary,
    cut,
    delete,
    flip,
    library,
    opened,
    swap,
)
from unsplash_assets_tests.support.processes import Processes, environment, next_line, python

STORES = """
import sys
from pathlib import Path
from unsplash_assets_tests.support.libraries import Unsplash, opened
folder, base, run_id = sys.argv[1:]
with opened(Path(folder), Unsplash(base)) as mine:
    print(flush=True)
    for number in range(12):
        mine.bring(2, run_id=run_id)
"""


@pytest.fixture
def mine(tmp_path: Path, clock: Clock) -> Iterator[StockedLibrary]:
    with library(tmp_path / "library", clock) as mine:
        yield mine


def paths(mine: StockedLibrary, count: int, topic: str = "sea") -> list[str]:
    return [photo.path for photo in mine.bring(count, topic)]


@pytest.mark.long
def test_sixty_files_five_deleted_five_cut_five_altered_two_swapped_and_a_strangers(
    mine: StockedLibrary,
) -> None:
    stored = paths(mine, 30) + paths(mine, 30, "sky")
    before, stranger = mine.files(), mine.folder.path("sea/my own picture.jpg")
    stranger.write_bytes(b"mine")
    time = stranger.stat().st_mtime_ns
    damages = [*[delete] * 5, *[cut] * 5, *[flip] * 5]
    for path, damage in zip(stored[20:], damages, strict=False):
        damage(mine.folder.path(path))
    swap(mine.folder.path(stored[0]), mine.folder.path(stored[59]))
    asked = len(mine.unsplash.requests)

    bad = [f"missing {path}" for path in stored[20:25]]
    bad += [f"damaged {path}" for path in (stored[0], *stored[25:35], stored[59])]
    assert sorted(mine.found()) == sorted([*bad, "unknown sea/my own picture.jpg"])
    untouched = [path for path in stored if not any(path in line for line in bad)]
    asked_for_pictures = len(mine.unsplash.asked)

    repairs = mine.repair()
    assert sorted(repairs.repaired) == sorted(line.split(" ", 1)[1] for line in bad)
    assert repairs.failed == {}
    assert len(mine.unsplash.asked) - asked_for_pictures == len(bad)
    assert mine.found() == ["unknown sea/my own picture.jpg"]
    assert mine.files() == {**before, "sea/my own picture.jpg": b"mine"}
    assert stranger.stat().st_mtime_ns == time
    assert len(mine.unsplash.requests) == asked, "neither photos nor events were asked for"
    assert len(untouched) == 43
    counts = mine.catalogue.counts()
    assert [(counts[topic].stored, counts[topic].damaged) for topic in ("sea", "sky")] == [
        (30, 0)
    ] * 2


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[StockedLibrary, list[str]]]:
    with library(tmp_path_factory.mktemp("shared") / "library", Clock()) as mine:
        yield mine, paths(mine, 8)


FATES = st.lists(st.sampled_from(["whole", "missing", "cut", "flipped"]), min_size=8, max_size=8)


@pytest.mark.long
@hypothesis.given(fates=FATES, strangers=st.sets(st.sampled_from("abc")))
@hypothesis.settings(max_examples=25, deadline=None)
def test_whatever_the_damage_it_is_found_and_repaired_and_nothing_else_is(
    shared: tuple[StockedLibrary, list[str]], fates: list[str], strangers: set[str]
) -> None:
    mine, stored = shared
    before = mine.files()
    acts = {"missing": delete, "cut": cut, "flipped": flip}
    kinds = {"missing": "missing", "cut": "damaged", "flipped": "damaged"}
    for path, fate in zip(stored, fates, strict=True):
        acts.get(fate, Path.exists)(mine.folder.path(path))
    for name in strangers:
        mine.folder.path(f"sea/{name}").write_text(name)
    expected = [
        f"{kinds[fate]} {path}" for path, fate in zip(stored, fates, strict=True) if fate in kinds
    ]
    assert sorted(mine.found()) == sorted(expected + [f"unknown sea/{name}" for name in strangers])
    assert mine.repair().failed == {}
    assert mine.found() == [f"unknown sea/{name}" for name in sorted(strangers)]
    for name in strangers:
        mine.folder.path(f"sea/{name}").unlink()
    assert mine.files() == before


def test_a_library_without_anything_has_nothing_to_verify(mine: StockedLibrary) -> None:
    assert mine.verify() == Verification(0, 0, ())


@pytest.mark.long
def test_a_verification_reports_how_many_files_and_bytes_it_has_read(mine: StockedLibrary) -> None:
    stored = mine.bring(3)
    reported: list[tuple[int, int, int]] = []
    seen = verify(mine.library, lambda *numbers: reported.append(numbers))
    size = sum(photo.bytes for photo in stored)
    assert (seen.files, seen.bytes) == (3, size)
    assert [(done, total) for done, total, _ in reported] == [(1, 3), (2, 3), (3, 3)]
    assert reported[-1][2] == size


@pytest.mark.long
def test_more_files_than_are_read_at_once_are_all_read(
    mine: StockedLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unsplash_assets.catalogue.integrity.AT_ONCE", 2)
    monkeypatch.setattr("unsplash_assets.library.verification.AT_ONCE", 2)
    stored = paths(mine, 5)
    for path in stored:
        delete(mine.folder.path(path))
    for number in range(5):
        mine.folder.path(f"sea/{number}.jpg").write_text("")
    seen = mine.verify()
    assert seen.files == 5
    assert [finding.path for finding in seen.bad] == sorted(stored)
    assert seen.count("unknown") == 5


@pytest.mark.long
def test_what_is_damaged_is_recorded_with_the_reason(mine: StockedLibrary) -> None:
    gone, short, other = mine.bring(3)
    delete(mine.folder.path(gone.path))
    cut(mine.folder.path(short.path))
    flip(mine.folder.path(other.path))
    mine.verify()
    rows = [mine.row(photo.id) for photo in (gone, short, other)]
    assert {row["state"] for row in rows} == {"damaged"}
    size = short.bytes
    assert [row["reason"] for row in rows] == [
        "there is no file",
        f"the file has {size // 2} bytes instead of {size}",
        "the file is not the one that was stored",
    ]
    assert mine.catalogue.stored_by("mine") == []


@pytest.mark.long
def test_a_file_that_is_whole_again_is_stored_again(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    place = mine.folder.path(photo.path)
    aside = place.rename(place.with_suffix(".aside"))
    mine.verify()
    aside.rename(place)
    assert mine.found() == []
    assert mine.catalogue.stored_by("mine") == [photo]
    assert mine.row(photo.id)["reason"] is None


@pytest.mark.long
def test_a_file_that_cannot_be_read_is_damaged(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    place = mine.folder.path(photo.path)
    place.unlink()
    place.mkdir()
    assert mine.found() == [f"damaged {photo.path}"]
    assert mine.row(photo.id)["reason"] == "the file cannot be read"


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes among its files")
def test_a_pipe_in_the_place_of_a_file_is_damage_and_holds_nothing_up(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    place = mine.folder.path(photo.path)
    place.unlink()
    os.mkfifo(place)
    assert list(uncredited(mine.library)) == []
    assert mine.found() == [f"damaged {photo.path}"]
    assert mine.repair().repaired == [photo.path]
    assert mine.found() == []


@pytest.mark.long
def test_a_file_in_a_place_that_is_no_folder_is_missing(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    shutil.rmtree(mine.folder.path("sea"))
    mine.folder.path("sea").write_text("a file")
    assert mine.found() == ["unknown sea", f"missing {photo.path}"]


OURS = ["index.html", "catalogue.db-wal", "catalogue.db-shm", "catalogue.db-journal"]
OF_SYSTEMS = [".DS_Store", "sea/.DS_Store", "sea/Thumbs.db", "desktop.ini", "sea/._a.jpg"]
OF_SYSTEMS += ["sea/@eaDir/a.jpg", "lost+found/a", ".Trash-0/a.jpg", f"{INCOMING}/x.part"]
STRANGERS = ["my own.jpg", "sea/index.html", "sea/catalogue.db", "a/b/c.txt", "sea/a.jpg.part"]
STRANGERS += ["catalogue.db.bak", "sea/sea_abcdefghijk_0.jpg"]


@pytest.mark.parametrize("name", [*OURS, *OF_SYSTEMS])
def test_what_is_ours_or_a_systems_is_not_unknown(mine: StockedLibrary, name: str) -> None:
    place(mine.folder, name)
    assert mine.found() == []


@pytest.mark.parametrize("name", STRANGERS)
def test_what_no_photo_has_is_unknown_wherever_it_is(mine: StockedLibrary, name: str) -> None:
    place(mine.folder, name)
    assert mine.found() == [f"unknown {name}"]


ODD_NAMES = [
    b"f\xfcr.jpg", b"\xff\xfe.jpg", b"two\nlines.jpg", b"\x1b[31mred.jpg", b" .jpg", b"'\".jpg",
    b"sea_abcdefghijk_0\xff.jpg", b"sea_\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff_0.jpg",
    b"sea_abcdefgh\xedjk_0.jpg", b"%s%n.jpg", b"-rf", "\u202egpj.jpg".encode(),
]  # fmt: skip


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="other systems allow only names in UTF-8")
@pytest.mark.parametrize("name", ODD_NAMES, ids=ascii)
def test_a_file_of_any_name_is_listed_and_left_alone(mine: StockedLibrary, name: bytes) -> None:
    (photo,) = mine.bring(1)
    for folder in (b"", b"sea/", b"f\xfcr/"):
        path = os.fsencode(mine.folder.root) + b"/" + folder + name
        Path(os.fsdecode(path)).parent.mkdir(exist_ok=True)
        Path(os.fsdecode(path)).write_bytes(b"mine")
    before = mine.files()
    seen = mine.verify()
    places = sorted(os.fsdecode(folder + name) for folder in (b"", b"sea/", b"f\xfcr/"))
    assert [str(finding) for finding in seen.findings] == [f"unknown {place}" for place in places]
    ban(mine.library, photo.id)
    del before[photo.path]
    assert mine.files() == before


@pytest.mark.long
def test_a_disk_that_goes_during_a_verification_ends_it(tmp_path: Path, clock: Clock) -> None:
    """As one that is pulled out: its mount point is empty, and no photo is damaged."""
    catalogue = f"sqlite:///{tmp_path}/catalogue.db"
    with (
        library(tmp_path / "another", clock) as other,
        opened(tmp_path / "photos", other.unsplash, clock, catalogue=catalogue) as mine,
    ):
        mine.bring(3)

        inspected: list[str] = []

        class PulledOut(Folder):
            """Whose disk goes as its second file is to be read."""

            def inspect(self, name: str) -> FileState | None:
                inspected.append(name)
                if len(inspected) == 2:
                    (tmp_path / "photos").rename(tmp_path / "the disk")
                    (tmp_path / "photos").mkdir()
                return super().inspect(name)

        with pytest.raises(LibraryMissing, match="its disk seems not to be mounted"):
            verify(mine.changed(PulledOut(mine.folder.root)).library, threads=1)
        assert mine.catalogue.counts()["sea"].stored == 3
        assert list((tmp_path / "photos").iterdir()) == []
        (tmp_path / "photos").rmdir()
        (tmp_path / "the disk").rename(tmp_path / "photos")
        assert mine.found() == []


def place(folder: Folder, name: str) -> None:
    folder.path(name).parent.mkdir(parents=True, exist_ok=True)
    folder.path(name).touch()


@pytest.mark.long
def test_a_file_that_was_moved_is_missing_where_it_was_and_unknown_where_it_is(
    mine: StockedLibrary,
) -> None:
    (photo,) = mine.bring(1)
    (mine.folder.root / "sky").mkdir()
    mine.folder.path(photo.path).rename(mine.folder.path(photo.path.replace("sea/", "sky/")))
    moved = photo.path.replace("sea/", "sky/")
    assert mine.found() == [f"missing {photo.path}", f"unknown {moved}"]
    assert mine.found() == [f"missing {photo.path}", f"unknown {moved}"]


@pytest.mark.long
def test_a_catalogue_that_lies_in_the_library_under_another_name_is_not_unknown(
    mine: StockedLibrary,
) -> None:
    folder = mine.folder.root.parent / "another"
    file = folder / "my photos.sqlite"
    with opened(folder, mine.unsplash, catalogue=f"sqlite:///{file}") as theirs:
        theirs.bring(1)
        assert file.exists()
        assert theirs.found() == []


@pytest.mark.long
@pytest.mark.parametrize("state", ["stored", "damaged", "lost", "pruning", "chosen"])
def test_files_of_the_other_mode_in_the_same_folder_are_not_unknown(
    mine: StockedLibrary, clock: Clock, state: str
) -> None:
    with library(mine.folder.root, clock, "demo") as demo:
        (theirs,) = demo.bring(1, "sky")
        demo.set(theirs.id, state=state)
        assert mine.found() == []
        assert mine.verify().files == 0
        flip(mine.folder.path(theirs.path))
        assert mine.found() == []


@pytest.mark.long
def test_with_a_catalogue_of_its_own_each_mode_calls_the_others_files_unknown(
    tmp_path: Path, mine: StockedLibrary
) -> None:
    (photo,) = mine.bring(1)
    catalogue = f"sqlite:///{tmp_path}/apart.db"
    with opened(mine.folder.root, mine.unsplash, mode="demo", catalogue=catalogue) as apart:
        assert apart.found() == [f"unknown {photo.path}"]


@pytest.mark.long
def test_a_file_that_a_run_is_just_publishing_is_not_unknown(mine: StockedLibrary) -> None:
    """Its row comes after it."""
    mine.bring(1)
    (chosen,) = mine.catalogue.choose("sea", 1, "other", "thumb", lambda urls: urls["thumb"])
    with mine.library.downloader.download(chosen) as download:
        file = download.publish()
    assert file.path in mine.files()
    assert mine.found() == []


@pytest.mark.long
def test_a_file_of_a_banned_photo_that_a_crash_left_is_unknown(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    mine.set(photo.id, state="banned")
    assert mine.found() == [f"unknown {photo.path}"]


class Interrupted(Folder):
    """A folder in which something happens between the reading of a file and what follows."""

    def __init__(self, root: Path, act: Callable[[], object]) -> None:
        super().__init__(root)
        self.acts = [act]

    def inspect(self, name: str) -> FileState | None:
        state = super().inspect(name)
        if self.acts:
            self.acts.pop()()
        return state


def found_while(mine: StockedLibrary, act: Callable[[], object]) -> list[str]:
    """Verify while something happens; return what was found."""
    return mine.changed(Interrupted(mine.folder.root, act)).found()


@pytest.mark.long
@pytest.mark.parametrize("damage", [delete, cut, flip])
def test_a_file_that_is_replaced_while_it_is_judged_is_not_taken_for_damaged(
    mine: StockedLibrary, damage: Callable[[Path], None]
) -> None:
    """Its row has the same hash as before: only the file tells."""
    (photo,) = mine.bring(1)
    damage(mine.folder.path(photo.path))

    def mend() -> None:
        assert mine.repair().repaired == [photo.path]

    assert found_while(mine, mend) == []
    assert mine.catalogue.stored_by("mine") == [photo]


@pytest.mark.long
def test_a_file_that_gets_another_content_and_hash_while_it_is_judged_is_whole(
    mine: StockedLibrary,
) -> None:
    (photo,) = mine.bring(1)
    flip(mine.folder.path(photo.path))

    def mend() -> None:
        assert mine.changed(app_name="another name").repair().repaired == [photo.path]

    assert found_while(mine, mend) == []
    assert mine.row(photo.id)["sha256"] != photo.sha256


@pytest.mark.long
def test_a_file_that_is_damaged_again_while_it_is_judged_is_found(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    cut(mine.folder.path(photo.path))
    assert found_while(mine, lambda: cut(mine.folder.path(photo.path))) == [f"damaged {photo.path}"]
    assert mine.row(photo.id)["reason"].startswith(f"the file has {photo.bytes // 4} bytes")


@pytest.mark.long
def test_a_file_that_never_keeps_still_does_not_hold_the_verification_up(
    mine: StockedLibrary,
) -> None:
    (photo,) = mine.bring(1)
    cut(mine.folder.path(photo.path))

    class Restless(Folder):
        def inspect(self, name: str) -> FileState | None:
            found = super().inspect(name)
            with self.path(name).open("ab") as file:
                file.write(b"x")
            return found

    assert mine.changed(Restless(mine.folder.root)).found() == []
    assert mine.row(photo.id)["state"] == "stored"


@pytest.mark.long
@pytest.mark.parametrize("state", ["banned", "pruning", "pruned", "waiting"])
def test_a_photo_that_is_given_up_while_it_is_judged_is_not_missing(
    mine: StockedLibrary, state: str
) -> None:
    (photo,) = mine.bring(1)
    delete(mine.folder.path(photo.path))
    assert found_while(mine, lambda: mine.set(photo.id, state=state)) == []
    assert mine.row(photo.id)["state"] == state


@pytest.mark.long
def test_a_photo_that_is_banned_while_its_file_is_looked_for_is_nothing(
    mine: StockedLibrary,
) -> None:
    first, second = mine.bring(2)

    def ban_both() -> None:
        for photo in (first, second):
            ban(mine.library, photo.id)

    assert found_while(mine, ban_both) == []


@pytest.mark.process
def test_beside_runs_of_other_processes_nothing_is_found_that_is_well(
    mine: StockedLibrary, processes: Processes
) -> None:
    stored = mine.bring(6, "sky")
    commands = [python(STORES, mine.folder.root, mine.base, run) for run in "ab"]
    runs = [processes.start(c, stdout=subprocess.PIPE, env=environment()) for c in commands]
    for run in runs:
        next_line(run)
    seen, rounds = list[str](), 0
    while any(run.poll() is None for run in runs):
        seen += mine.found()
        if stored:
            ban(mine.library, stored.pop().id)
        rounds += 1
    assert [run.communicate()[0] for run in runs] == ["", ""]
    assert [run.returncode for run in runs] == [0, 0]
    assert (seen, mine.found()) == ([], [])
    assert rounds > 1
    assert mine.verify().files == 48 + len(stored)


@pytest.mark.long
def test_pictures_without_a_credit_are_named(mine: StockedLibrary) -> None:
    plain, credited, broken = mine.bring(3)
    with mine.library.transport.get(plain.url, {}, mine.library.downloader.limits) as answer:
        mine.folder.path(plain.path).write_bytes(b"".join(answer.chunks()))
    mine.folder.path(broken.path).write_text("no picture")
    assert set(uncredited(mine.library)) == {plain.path, broken.path}
    mine.folder.path(broken.path).unlink()
    assert list(uncredited(mine.library)) == [plain.path]
    mine.verify()
    assert list(uncredited(mine.library)) == []
    assert mine.folder.path(credited.path).exists()


@pytest.mark.long
def test_a_library_that_was_moved_to_another_folder_keeps_working(
    mine: StockedLibrary, tmp_path: Path
) -> None:
    before = mine.bring(3)
    mine.database.close()
    moved = Path(shutil.move(mine.folder.root, tmp_path / "another place"))
    with opened(moved, mine.unsplash) as there:
        assert there.verify().files == 3
        assert there.found() == []
        assert there.catalogue.stored_by("mine") == before
        there.bring(2, run_id="later")
        delete(moved / before[0].path)
        assert there.repair().repaired == [before[0].path]
        assert there.found() == []
    assert not mine.folder.root.exists()


@pytest.mark.long
def test_a_backup_of_a_library_in_use_has_every_file_that_its_catalogue_knows(
    mine: StockedLibrary, tmp_path: Path
) -> None:
    """As docs/how-to/repair-and-backup.md has it: first the catalogue, then the files."""
    mine.bring(4)
    ended = threading.Event()

    def write() -> None:
        while not ended.is_set():
            mine.bring(1)

    writer, backup = threading.Thread(target=write), tmp_path / "backup"
    writer.start()
    try:
        for _ in range(3):
            shutil.rmtree(backup, ignore_errors=True)
            backup.mkdir()
            with closing(sqlite3.connect(mine.folder.root / "catalogue.db")) as catalogue:
                catalogue.execute("VACUUM INTO ?", [str(backup / "catalogue.db")])
            mine.bring(2, run_id="between")
            some = shutil.ignore_patterns("catalogue.db*", ".*")
            shutil.copytree(mine.folder.root, backup, ignore=some, dirs_exist_ok=True)
            with opened(backup, mine.unsplash) as restored:
                seen = restored.verify()
                assert seen.files >= 4
                assert seen.bad == ()
                assert seen.count("unknown") >= 2
                delete(backup / restored.catalogue.stored_after(0, newest=1)[0].path)
                assert restored.repair().failed == {}
                assert restored.verify().bad == ()
    finally:
        ended.set()
        writer.join()


@pytest.mark.long
def test_the_name_of_a_photo_is_known_by_its_id_however_its_words_were_made(
    mine: StockedLibrary,
) -> None:
    """Words may be made otherwise one day; the catalogue's path is what counts."""
    (photo,) = mine.bring(1)
    other = photo_path("sky", "other words", photo.id, "jpg")
    place(mine.folder, other)
    mine.folder.path(photo.path).replace(mine.folder.path(other))
    mine.set(photo.id, path=other)
    assert mine.found() == []


def test_a_quick_one_reads_nothing_that_the_last_one_has_read(mine: StockedLibrary) -> None:
    mine.bring(3)
    first = verify(mine.library, quick=True)
    assert (first.files, first.read, first.findings) == (3, 0, ())
    assert mine.verify().read is None
    again = verify(mine.library, quick=True)
    assert (again.files, again.read, again.bytes) == (3, 0, first.bytes)


def test_a_quick_one_finds_what_is_gone_or_has_another_size(mine: StockedLibrary) -> None:
    gone, cut_off, _ = mine.bring(3)
    delete(mine.folder.path(gone.path))
    cut(mine.folder.path(cut_off.path))
    seen = verify(mine.library, quick=True)
    assert {str(finding) for finding in seen.findings} == {
        f"missing {gone.path}",
        f"damaged {cut_off.path}",
    }
    assert seen.read == 2


def test_a_quick_one_reads_what_was_written_since_and_notes_it(mine: StockedLibrary) -> None:
    touched, flipped = mine.bring(2)
    mine.verify()
    os.utime(mine.folder.path(touched.path), (1, 1))
    flip(mine.folder.path(flipped.path))
    os.utime(mine.folder.path(flipped.path), (1, 1))
    seen = verify(mine.library, quick=True)
    assert [str(finding) for finding in seen.findings] == [f"damaged {flipped.path}"]
    assert seen.read == 2
    assert verify(mine.library, quick=True).read == 1  # the damaged one is read each time


def test_a_quick_one_misses_what_changes_neither_size_nor_time(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    mine.verify()
    flip(mine.folder.path(photo.path))
    assert verify(mine.library, quick=True).findings == ()
    assert mine.found() == [f"damaged {photo.path}"]
