"""Tests of `storage.stores.folder`: a file appears under its name whole or not at all."""

import hashlib
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest

from unsplash_assets.errors import FileRefused, LibraryError, UnsplashAssetsError
from unsplash_assets.storage.digests import sha256
from unsplash_assets.storage.names import MARKER, RelativePath
from unsplash_assets.storage.stores.base import INCOMING, TemporaryFile
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.rivals import gone_process

NAME = RelativePath("sea/a-name.jpg")

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="not on Windows")


def publish(folder: Folder, content: bytes, name: RelativePath = NAME) -> None:
    with folder.temporary() as temporary:
        folder.write(temporary, content)
        folder.complete(temporary)
        folder.publish(temporary, name)


def files(folder: Folder) -> list[str]:
    """Return all files in the folder."""
    found = (path for path in folder.root.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder.root).as_posix() for path in found)


def test_a_library_is_not_created_before_something_is_written(folder: Folder) -> None:
    folder.clean()
    assert not folder.root.exists()


def test_what_was_written_is_published_under_its_name(folder: Folder) -> None:
    with folder.temporary() as temporary:
        for chunk in (b"one ", b"", b"two"):
            folder.write(temporary, chunk)
        folder.complete(temporary)
        folder.publish(temporary, NAME)
    assert files(folder) == [NAME]
    assert folder.path(NAME).read_bytes() == b"one two"


def test_a_file_has_no_final_name_before_it_is_published(folder: Folder) -> None:
    with folder.temporary() as temporary:
        folder.write(temporary, b"some")
        folder.complete(temporary)
        assert temporary.path.read_bytes() == b"some"
        assert [Path(name).parent.as_posix() for name in files(folder)] == [INCOMING]
        assert temporary.path.suffix == ".part"


def test_what_is_flushed_can_be_read_by_its_path(folder: Folder) -> None:
    with folder.temporary() as temporary:
        folder.write(temporary, b"some")
        folder.flush(temporary)
        assert temporary.path.read_bytes() == b"some"


def test_a_file_that_is_not_published_does_not_remain(folder: Folder) -> None:
    with folder.temporary() as temporary:
        folder.write(temporary, b"some")
    assert files(folder) == []


def test_a_file_does_not_remain_when_something_goes_wrong(folder: Folder) -> None:
    with pytest.raises(ZeroDivisionError), folder.temporary() as temporary:
        folder.write(temporary, b"some" * (1 // 0))
    assert files(folder) == []


def test_simultaneous_temporary_files_are_separate(folder: Folder) -> None:
    with folder.temporary() as one, folder.temporary() as two:
        folder.write(one, b"one")
        folder.write(two, b"two")
        folder.publish(one, RelativePath("sea/1.jpg"))
        folder.publish(two, RelativePath("sea/2.jpg"))
    assert [folder.path(name).read_bytes() for name in files(folder)] == [b"one", b"two"]


def test_a_file_is_written_whole_under_its_name(folder: Folder) -> None:
    for content in (b"before", b"after"):
        folder.write_file(NAME, content)
        assert folder.path(NAME).read_bytes() == content
    assert files(folder) == [NAME]


def test_a_file_of_the_same_name_is_replaced(folder: Folder) -> None:
    publish(folder, b"before")
    publish(folder, b"after")
    assert files(folder) == [NAME]
    assert folder.path(NAME).read_bytes() == b"after"


@posix_only
def test_a_reader_sees_the_old_or_the_new_file_whole_while_it_is_replaced(folder: Folder) -> None:
    contents = {b"a" * 300_000, b"b" * 300_000}
    publish(folder, min(contents))
    seen, stop = set[bytes](), threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.add(folder.path(NAME).read_bytes())

    thread = threading.Thread(target=read)
    thread.start()
    for _ in range(30):
        for content in contents:
            publish(folder, content)
    stop.set()
    thread.join()
    assert seen <= contents


@posix_only
@pytest.mark.parametrize(
    ("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o027, 0o640), (0o002, 0o664)]
)
def test_the_umask_decides_who_may_read_a_file(folder: Folder, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        publish(folder, b"some")
        folder.write_file(MARKER, b"{}")
    finally:
        os.umask(before)
    for name in (NAME, MARKER):
        assert folder.path(name).stat().st_mode & 0o777 == mode


def one_line(error: UnsplashAssetsError) -> str:
    """Return the message of an error, which has to be one line."""
    message = str(error)
    assert len(message.splitlines()) == 1
    return message


def test_the_error_of_a_library_below_a_file_says_in_one_line_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LibraryError) as caught, Folder(tmp_path / "file" / "x").temporary():
        pass
    message = one_line(caught.value)
    assert message.startswith(f"the library {tmp_path / 'file' / 'x'} cannot be written (")
    assert "UNSPLASH_LIBRARY" in message


@pytest.mark.parametrize(
    ("place", "reason"), [("sea", "cannot be written ("), (NAME, "is a folder where a file")]
)
def test_an_obstructed_name_is_a_one_line_error_and_leaves_nothing(
    folder: Folder, place: str, reason: str
) -> None:
    """A file where the topic's folder should be, or a folder where the file should be."""
    folder.root.mkdir()
    obstacle = folder.path(place)
    if place == NAME:
        (obstacle / "full").mkdir(parents=True)
    else:
        obstacle.write_text("a file")
    before = files(folder)
    with pytest.raises(LibraryError) as caught:
        publish(folder, b"some")
    assert reason in one_line(caught.value)
    assert files(folder) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_the_error_of_a_full_disk_is_one_line(folder: Folder) -> None:
    path = Path("/dev/full")
    with path.open("wb", buffering=0) as file, pytest.raises(LibraryError) as caught:
        folder.write(TemporaryFile(path, file), b"some")
    assert (
        one_line(caught.value) == f"the disk of the library {folder.root} is full: free some space"
    )


@contextmanager
def small_files_only(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as on a disk that takes no larger ones."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(200_000, id="written at once"),
        pytest.param(
            5_000,
            id="still in the buffer",
            marks=[
                posix_only,
            ],
        ),
    ],
)
def test_a_file_that_is_too_large_for_the_disk_is_refused_in_one_line_and_leaves_nothing(
    folder: Folder, size: int
) -> None:
    with small_files_only(1_000), pytest.raises(FileRefused) as caught:
        publish(folder, b"x" * size)
    assert "refuses the photo's file (" in one_line(caught.value)
    assert files(folder) == []


def test_a_file_that_is_deleted_is_gone_and_its_neighbours_stay(folder: Folder) -> None:
    for name in (NAME, RelativePath("sea/b.jpg")):
        with folder.temporary() as temporary:
            folder.publish(temporary, name)
    for _ in range(2):  # deleting it again does no harm
        folder.delete(NAME)
    assert [path.name for path in folder.path("sea").iterdir()] == ["b.jpg"]


@pytest.mark.parametrize("name", ["../outside.jpg", "sea/../../outside.jpg", "linked/outside.jpg"])
def test_nothing_outside_the_library_is_deleted(folder: Folder, name: str) -> None:
    outside = folder.root.parent / "outside.jpg"
    outside.write_text("mine")
    folder.path("sea").mkdir(parents=True)
    if name.startswith("linked"):
        folder.path("linked").symlink_to(folder.root.parent, target_is_directory=True)
    with pytest.raises(LibraryError, match=r"outside\.jpg is not removed: it is outside the"):
        folder.delete(name)
    assert outside.read_text() == "mine"


def test_a_link_is_deleted_rather_than_its_target(folder: Folder) -> None:
    outside = folder.root.parent / "outside.jpg"
    outside.write_text("mine")
    folder.path("sea").mkdir(parents=True)
    folder.path(NAME).symlink_to(outside)
    folder.delete(NAME)
    assert (folder.path(NAME).is_symlink(), outside.read_text()) == (False, "mine")


@pytest.fixture
def elsewhere(folder: Folder) -> Path:
    """A folder outside the library, to which a topic's folder leads, as on a second disk."""
    place = folder.root.parent / "second disk"
    place.mkdir()
    folder.root.mkdir()
    folder.path("sea").symlink_to(place, target_is_directory=True)
    return place


def test_a_file_is_published_and_deleted_in_a_topics_folder_that_is_a_link(
    folder: Folder, elsewhere: Path
) -> None:
    publish(folder, b"some")
    assert [path.name for path in elsewhere.iterdir()] == ["a-name.jpg"]
    for _ in range(2):  # deleting it again does no harm
        folder.delete(NAME, size=4)
    assert list(elsewhere.iterdir()) == []


@pytest.fixture
def other_disk(folder: Folder) -> Iterator[Path]:
    """A folder on another disk than the library's."""
    folder.root.mkdir()
    for place in (Path("/dev/shm"), Path("/var/tmp"), Path.home()):  # noqa: S108 - it is removed
        if place.is_dir() and place.stat().st_dev != folder.root.stat().st_dev:
            with TemporaryDirectory(dir=place) as name:
                yield Path(name)
            return
    pytest.skip("there is no second disk here")


def test_a_topics_folder_may_lead_to_another_disk(folder: Folder, other_disk: Path) -> None:
    folder.path("sea").symlink_to(other_disk, target_is_directory=True)
    publish(folder, b"before")
    publish(folder, b"some")
    assert folder.path(NAME).read_bytes() == b"some"
    assert files(folder) == []  # nothing temporary, and links are not followed
    assert sorted(path.name for path in other_disk.rglob("*")) == [INCOMING, "a-name.jpg"]


@pytest.mark.process
def test_what_a_killed_process_left_on_another_disk_is_removed(
    folder: Folder, elsewhere: Path, processes: Processes
) -> None:
    left = elsewhere / INCOMING / f"{quote(str(gone_process(processes)), safe='')}+x.part"
    left.parent.mkdir()
    left.write_text("half a picture")
    folder.clean()
    assert not left.exists()


@posix_only
def test_a_file_whose_disk_knows_no_flushing_is_complete_all_the_same(folder: Folder) -> None:
    with Path(os.devnull).open("wb", buffering=0) as file:
        with pytest.raises(OSError, match="Invalid argument"):
            os.fsync(file.fileno())
        folder.complete(TemporaryFile(Path(os.devnull), file))


def test_a_name_that_cannot_be_has_no_file(folder: Folder) -> None:
    folder.root.mkdir()
    assert folder.stamp("x" * 300) is None


def test_a_name_that_cannot_be_is_refused_in_one_line_and_leaves_nothing(folder: Folder) -> None:
    with pytest.raises(FileRefused) as caught, folder.temporary() as temporary:
        folder.publish(temporary, RelativePath(f"sea/{'x' * 300}"))
    assert "refuses the photo's file (File name too long)" in one_line(caught.value)
    assert files(folder) == []


@pytest.mark.parametrize(
    "there",
    [
        pytest.param(b"longer than it was", id="another size"),
        pytest.param(b"", id="empty"),
        pytest.param(None, id="a folder"),
    ],
)
def test_behind_a_link_only_a_file_of_the_known_size_is_deleted(
    folder: Folder, elsewhere: Path, there: bytes | None
) -> None:
    path = elsewhere / "a-name.jpg"
    if there is None:
        path.mkdir()
    else:
        path.write_bytes(there)
    folder.delete(NAME, size=4)
    assert path.is_dir() if there is None else path.read_bytes() == there


def test_behind_a_link_no_further_link_is_deleted(folder: Folder, elsewhere: Path) -> None:
    target = folder.root.parent / "mine.jpg"
    target.write_bytes(b"some")
    (elsewhere / "a-name.jpg").symlink_to(target)
    folder.delete(NAME, size=4)
    assert (elsewhere / "a-name.jpg").is_symlink()
    assert target.read_bytes() == b"some"


@pytest.mark.parametrize(
    ("name", "size"),
    [
        pytest.param(NAME, None, id="of an unknown size"),
        pytest.param("sea/deep/a-name.jpg", 4, id="deeper than photos are"),
        pytest.param("deep/linked/a-name.jpg", 4, id="a link that is no topic's folder"),
        pytest.param("../a-name.jpg", 4, id="outside without a link"),
        pytest.param("sea/../../a-name.jpg", 4, id="past the link"),
    ],
)
def test_behind_any_other_link_nothing_is_deleted(
    folder: Folder, elsewhere: Path, name: str, size: int | None
) -> None:
    folder.path("deep").mkdir()
    folder.path("deep/linked").symlink_to(elsewhere, target_is_directory=True)
    (elsewhere / "deep").mkdir()
    found = folder.path(name)
    found.write_bytes(b"some")
    with pytest.raises(LibraryError, match=r"a-name\.jpg is not removed: it is outside the"):
        folder.delete(name, size)
    assert found.read_bytes() == b"some"


def test_a_sha_256_is_of_the_whole_file(tmp_path: Path) -> None:
    content = os.urandom(300_000)
    (tmp_path / "x").write_bytes(content)
    assert sha256(tmp_path / "x") == hashlib.sha256(content).hexdigest()


def test_inspecting_a_file_gives_its_size_hash_and_stamp(folder: Folder) -> None:
    content = os.urandom(300_000)
    publish(folder, content)
    state = folder.inspect(NAME)
    assert state
    assert (state.bytes, state.sha256) == (300_000, hashlib.sha256(content).hexdigest())
    assert state.stamp == folder.stamp(NAME)


@pytest.mark.parametrize("name", [NAME, "sea", "nowhere/x.jpg"])
def test_a_missing_file_has_neither_state_nor_stamp(folder: Folder, name: str) -> None:
    assert (folder.inspect(name), folder.stamp(name)) == (None, None)


def test_an_unreadable_file_has_no_hash(folder: Folder) -> None:
    folder.path(NAME).mkdir(parents=True)
    state = folder.inspect(NAME)
    assert state
    assert state.sha256 is None


@posix_only
def test_a_file_that_cannot_be_examined_has_an_empty_stamp(folder: Folder) -> None:
    folder.path("sea").mkdir(parents=True)
    folder.path(NAME).symlink_to(folder.path(NAME))
    assert folder.stamp(NAME) == ()


def test_a_stamp_changes_with_the_file_even_if_size_and_time_do_not(folder: Folder) -> None:
    publish(folder, b"one")
    before, times = folder.stamp(NAME), folder.path(NAME).stat()
    publish(folder, b"two")
    os.utime(folder.path(NAME), ns=(times.st_atime_ns, times.st_mtime_ns))
    assert folder.stamp(NAME) != before


def test_one_file_under_two_names_is_the_same(folder: Folder) -> None:
    publish(folder, b"stored")
    assert folder.is_same(NAME, f"sea/../{NAME}")
    assert not folder.is_same(NAME, "sea/other.jpg")
    assert not folder.is_same("sea/other.jpg", "sea/other.jpg")


def test_a_walk_gives_all_files_but_the_projects_own_and_the_systems(folder: Folder) -> None:
    publish(folder, b"stored")
    expected = ["a.txt", "sky/deep/b.jpg", "sky/index.html", "Thumbs.db.txt"]
    skipped = [
        "index.html",
        "catalogue.db",
        "catalogue.db.damaged-1-wal",
        "catalogue.db-wal",
        ".catalogue.lock",
        "sea/.hidden",
    ]
    skipped += [MARKER, "sea/THUMBS.DB", "$RECYCLE.BIN/x.jpg", f"{INCOMING}/x.part", "@eaDir/x.jpg"]
    for name in (*expected, *skipped):
        folder.path(name).parent.mkdir(parents=True, exist_ok=True)
        folder.path(name).touch()
    assert sorted(folder.walk()) == sorted([NAME, *expected])


@posix_only
def test_a_walk_of_topics_only_follows_links_and_goes_no_deeper(folder: Folder) -> None:
    folder.path("sea/deep").mkdir(parents=True)
    folder.path("around").symlink_to(folder.root, target_is_directory=True)
    for name in ("top.txt", "sea/x.jpg", "sea/deep/y.jpg"):
        folder.path(name).touch()
    assert sorted(folder.walk(topics_only=True)) == ["around/top.txt", "sea/x.jpg", "top.txt"]


@posix_only
def test_a_walk_does_not_enter_folders_that_are_links(folder: Folder) -> None:
    folder.path("sea").mkdir(parents=True)
    folder.path("sea/around").symlink_to(folder.root, target_is_directory=True)
    folder.path("sea/x.jpg").touch()
    assert list(folder.walk()) == ["sea/x.jpg"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        pytest.param("Höhe".encode(), "Höhe", id="text"),
        pytest.param(b"", "", id="empty"),
        pytest.param(b"\xff\xfe no text", None, id="bytes"),
        pytest.param(None, None, id="nothing"),
    ],
)
def test_a_text_is_read_or_is_not_there(
    folder: Folder, content: bytes | None, text: str | None
) -> None:
    if content is not None:
        publish(folder, content)
    assert folder.read_text(NAME) == text


@posix_only
def test_a_pipe_is_no_text_and_is_not_waited_for(folder: Folder) -> None:
    folder.path("sea").mkdir(parents=True)
    os.mkfifo(folder.path(NAME))
    assert folder.read_text(NAME) is None
    assert folder.read_text("sea") is None


def test_walking_a_missing_library_gives_nothing(folder: Folder) -> None:
    assert list(folder.walk()) == []
    assert not folder.root.exists()
