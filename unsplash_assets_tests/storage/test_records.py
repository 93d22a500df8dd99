"""Tests of `storage.records`: which libraries a project has used, and that it is no more than that.

What the record is for is tested in `storage/test_marker.py` and `defs/test_history.py`.
"""

from pathlib import Path

import pytest

from unsplash_assets.storage.records import RECORD_FOLDER, known_libraries, remember_library


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that Dagster has been started in."""
    (tmp_path / RECORD_FOLDER).mkdir()
    return tmp_path


def record_of(project: Path) -> Path:
    return project / RECORD_FOLDER / "libraries.json"


def test_each_library_and_mode_is_remembered(project: Path) -> None:
    one, other = project / "library", Path("/mnt/photos of Zoë")
    remember_library(project, one, "live", "first")
    remember_library(project, other, "live", "second")
    remember_library(project, other, "demo", "third")
    assert known_libraries(project) == {
        str(one): {"live": "first"},
        str(other): {"live": "second", "demo": "third"},
    }


def test_a_new_catalogue_takes_the_place_of_the_one_before(project: Path) -> None:
    for identity in ("first", "second"):
        remember_library(project, project / "library", "live", identity)
    assert known_libraries(project) == {str(project / "library"): {"live": "second"}}


def test_what_is_known_is_not_written_again(project: Path) -> None:
    remember_library(project, project / "library", "live", "first")
    before = record_of(project).stat()
    remember_library(project, project / "library", "live", "first")
    after = record_of(project).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert [path.name for path in (project / RECORD_FOLDER).iterdir()] == ["libraries.json"]


def test_without_dagsters_folder_nothing_is_remembered_and_none_is_made(tmp_path: Path) -> None:
    remember_library(tmp_path, tmp_path / "library", "live", "first")
    assert known_libraries(tmp_path) == {}
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"3", b"null", b"\xff\xfe", b'{"a": "b"'], ids=repr
)
def test_a_record_that_cannot_be_read_is_begun_anew(project: Path, content: bytes) -> None:
    record_of(project).write_bytes(content)
    assert known_libraries(project) == {}
    remember_library(project, project / "library", "live", "first")
    assert known_libraries(project) == {str(project / "library"): {"live": "first"}}


@pytest.mark.parametrize("entry", ['"text"', "[]", "null", "7"])
def test_an_entry_of_another_form_is_no_library(project: Path, entry: str) -> None:
    root = project / "library"
    record_of(project).write_text(f'{{"{root}": {entry}, "/other": {{"live": "second"}}}}')
    assert known_libraries(project) == {"/other": {"live": "second"}}
    remember_library(project, root, "live", "first")
    assert known_libraries(project)[str(root)] == {"live": "first"}


def test_a_record_that_cannot_be_written_holds_up_nothing(project: Path) -> None:
    record_of(project).mkdir()
    remember_library(project, project / "library", "live", "first")
    assert known_libraries(project) == {}
