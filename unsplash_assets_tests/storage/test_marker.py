"""Tests of `storage.marker`: which catalogue a folder belongs to, and which disk is not mounted.

That a run, a tick and the commands keep to it is tested where they are: `library/test_opening.py`,
`defs/test_schedules.py`, `defs/test_sensors.py` and `cli/test_main.py`.
"""

import json
from pathlib import Path

import pytest

from unsplash_assets.errors import LibraryMissing
from unsplash_assets.storage.marker import check_marker, check_new_library, read_marker
from unsplash_assets.storage.names import CATALOGUE_FILE, MARKER, RelativePath
from unsplash_assets.storage.records import RECORD_FOLDER, remember_library
from unsplash_assets.storage.stores.folder import Folder

STORED = [RelativePath("sea/one.jpg"), RelativePath("sea/two.jpg")]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / RECORD_FOLDER).mkdir()
    return tmp_path


def mark(folder: Folder, content: str) -> None:
    folder.root.mkdir(exist_ok=True)
    folder.path(MARKER).write_text(content)


def names(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.root.iterdir()) if folder.root.exists() else []


def one_line(caught: pytest.ExceptionInfo[LibraryMissing]) -> str:
    """Return the message of an error, which has to be one line."""
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    return message


def test_a_catalogue_without_photos_marks_its_folder(folder: Folder) -> None:
    check_marker(folder, "live", "mine", [])
    assert read_marker(folder) == {"live": "mine"}
    check_marker(folder, "live", "mine", STORED)


def test_an_older_library_gets_its_marker_when_one_of_its_files_is_there(folder: Folder) -> None:
    folder.write_file(STORED[1], b"a photo")
    check_marker(folder, "live", "mine", STORED)
    assert read_marker(folder) == {"live": "mine"}


@pytest.mark.parametrize("place", ["no folder", "an empty folder", "another file"])
def test_a_folder_without_marker_and_files_is_not_the_librarys(folder: Folder, place: str) -> None:
    if place != "no folder":
        folder.root.mkdir()
    if place == "another file":
        folder.path("mine.jpg").write_text("mine")
    before = names(folder)
    with pytest.raises(LibraryMissing) as caught:
        check_marker(folder, "live", "mine", STORED)
    assert one_line(caught).startswith(
        f"none of the stored photos is in {folder.root}: its disk seems not to be mounted. Mount it"
    )
    assert names(folder) == before


def test_the_advice_for_photos_that_are_gone_for_good_works(folder: Folder) -> None:
    folder.root.mkdir()
    with pytest.raises(LibraryMissing) as caught:
        check_marker(folder, "live", "mine", STORED)
    _, _, advice = one_line(caught).partition(f"create the file {MARKER} there with the content ")
    content, _, rest = advice.partition(" and run ")
    mark(folder, content)
    check_marker(folder, "live", "mine", STORED)
    assert rest == "`unsplash-assets verify --repair`"


def test_the_folder_of_another_catalogue_is_refused_whatever_is_in_it(folder: Folder) -> None:
    mark(folder, '{"live": "another"}')
    folder.write_file(STORED[0], b"a photo of the same name")
    for stored in (STORED, []):
        with pytest.raises(LibraryMissing, match=r"^/.* belongs to another catalogue: "):
            check_marker(folder, "live", "mine", stored)
    assert read_marker(folder) == {"live": "another"}


def test_demo_and_live_may_share_a_folder(folder: Folder) -> None:
    check_marker(folder, "live", "mine", [])
    check_marker(folder, "demo", "the demo's", [])
    assert read_marker(folder) == {"live": "mine", "demo": "the demo's"}
    check_marker(folder, "live", "mine", STORED)


@pytest.mark.parametrize("content", ["", "{", "[]", "7", "null", '"mine"', "\0"], ids=repr)
def test_a_marker_that_says_nothing_counts_as_none(folder: Folder, content: str) -> None:
    mark(folder, content)
    with pytest.raises(LibraryMissing, match="none of the stored photos"):
        check_marker(folder, "live", "mine", STORED)
    folder.write_file(STORED[0], b"a photo")
    check_marker(folder, "live", "mine", STORED)
    assert json.loads(folder.path(MARKER).read_text()) == {"live": "mine"}


def test_a_marker_that_cannot_be_written_is_left_to_those_who_write(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    check_marker(Folder(tmp_path / "file" / "library"), "live", "mine", [])


def test_a_folder_that_never_was_a_library_may_become_one(folder: Folder, project: Path) -> None:
    check_new_library(folder, "live", project)
    folder.root.mkdir()
    check_new_library(folder, "live", project)
    folder.path("mine.jpg").write_text("mine")
    check_new_library(folder, "live", project)


def test_an_empty_folder_that_was_a_library_is_no_new_one(folder: Folder, project: Path) -> None:
    remember_library(project, folder.root, "live", "mine")
    folder.root.mkdir()
    with pytest.raises(LibraryMissing) as caught:
        check_new_library(folder, "live", project)
    assert one_line(caught) == (
        f"the library in {folder.root} is not there: its disk seems not to be mounted. Mount it; "
        "or, to begin a new library, delete this folder"
    )
    check_new_library(folder, "demo", project)
    folder.root.rmdir()
    check_new_library(folder, "live", project)


def test_a_folder_with_its_catalogue_is_no_new_library(folder: Folder, project: Path) -> None:
    remember_library(project, folder.root, "live", "mine")
    mark(folder, '{"live": "mine"}')
    folder.path(CATALOGUE_FILE).touch()
    check_new_library(folder, "live", project)


def test_photos_whose_catalogue_is_gone_are_not_begun_anew(folder: Folder, project: Path) -> None:
    mark(folder, '{"live": "mine"}')
    with pytest.raises(LibraryMissing) as caught:
        check_new_library(folder, "live", project)
    assert one_line(caught).startswith(f"{folder.root} has photos but no {CATALOGUE_FILE}: put it ")
    folder.path(MARKER).unlink()
    check_new_library(folder, "live", project)
