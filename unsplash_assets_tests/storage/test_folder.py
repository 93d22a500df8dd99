"""Tests of `library.files`: names that fit anywhere, and files that are there whole or not."""

import hashlib
import os
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.errors import LibraryError
from unsplash_assets.storage.folder import INCOMING, Folder, TemporaryFile, sha256
from unsplash_assets.storage.names import RelativePath, folder_name, photo_id_of, photo_path

NAME = RelativePath("sea/a-name.jpg")

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="not on Windows")


@pytest.mark.parametrize(
    ("topic", "description", "photo_id", "path"),
    [
        ("sea", "Waves & Rocks", "AbCdEfGhIjK", "sea/waves-rocks_AbCdEfGhIjK_555.jpg"),
        ("sea", None, "abcdefghijk", "sea/sea_abcdefghijk_0.jpg"),
        ("Blue Hour", "", "-bcdefghij_", "blue-hour/blue-hour_-bcdefghij__0.jpg"),
        ("山 と 川", "夜の山。", "abcdefghijk", "山-と-川/夜の山_abcdefghijk_0.jpg"),
        ("मौसम", "बारिश का दिन", "abcdefghijk", "मौसम/बारिश-का-दिन_abcdefghijk_0.jpg"),
        ("بحر", "أمواج", "abcdefghijk", "بحر/أمواج_abcdefghijk_0.jpg"),
        ("Straße", "Ärger", "abcdefghijk", "strasse/ärger_abcdefghijk_0.jpg"),
        ("a & b", "../../etc/passwd", "abcdefghijk", "a-b/etc-passwd_abcdefghijk_0.jpg"),
        ("con", "con", "abcdefghijk", "con-/con_abcdefghijk_0.jpg"),
        ("a.b", "C:\\x.exe ", "abcdefghijk", "a-b/c-x-exe_abcdefghijk_0.jpg"),
        ("+", "???", "abcdefghijk", "topic/photo_abcdefghijk_0.jpg"),
    ],
)  # fmt: skip
def test_a_path_is_topic_words_id_and_the_number_of_its_capitals(
    topic: str, description: str | None, photo_id: str, path: str
) -> None:
    assert photo_path(topic, description, photo_id, "jpg") == path


def test_an_accent_written_in_two_ways_gives_one_name() -> None:
    composed, decomposed = "café", "cafe\N{COMBINING ACUTE ACCENT}"
    assert folder_name(composed) == folder_name(decomposed) == "café"


@pytest.mark.parametrize(
    "topic", ["CON", "con", "Prn", "aux", "NUL", "com0", "COM9", "lpt1", "COM\N{SUPERSCRIPT ONE}"]
)
def test_a_topic_that_windows_keeps_for_devices_gets_another_folder(topic: str) -> None:
    name = folder_name(topic)
    assert name == f"{unicodedata.normalize('NFKC', topic).casefold()}-"


def test_a_long_description_is_cut_and_the_id_kept() -> None:
    path = photo_path("sea", "wave " * 50, "abcdefghijk", "webp")
    words, _, rest = path.removeprefix("sea/").partition("_abcdefghijk_")
    assert words == "-".join(["wave"] * 12)
    assert rest == "0.webp"


IDS = st.from_regex(r"[A-Za-z0-9_-]{11}", fullmatch=True)
ANY_IDS = IDS | st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
"""Unsplash's ids have 11 characters; an answer's may have 1 to 64."""
WORDS = st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF)) | st.text(
    st.characters(codec="utf-8", categories=["L", "M", "N"]), min_size=40
)
TYPES = st.sampled_from(["jpg", "png", "webp"])
RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"}
RESERVED |= {f"{port}{n}" for port in ("com", "lpt") for n in (*range(10), "¹", "²", "³")}


def fits_everywhere(name: str) -> bool:
    return (
        0 < len(name.encode()) <= 255
        and not set(name) & set('<>:"/\\|?*')
        and name.isprintable()
        and name[0] != "."
        and name[-1] not in ". "
        and name.partition(".")[0].casefold() not in RESERVED
        and unicodedata.normalize("NFC", name) == name
    )


@hypothesis.given(topic=WORDS, description=st.none() | WORDS, photo_id=ANY_IDS, extension=TYPES)
def test_a_path_fits_every_file_system_and_stays_in_its_topics_folder(
    topic: str, description: str | None, photo_id: str, extension: str
) -> None:
    folder, _, name = photo_path(topic, description, photo_id, extension).partition("/")
    assert folder == folder_name(topic)
    assert fits_everywhere(folder)
    assert fits_everywhere(name)
    assert f"_{photo_id}_" in name
    assert name.endswith(f".{extension}")


@hypothesis.given(
    topic=st.sampled_from(["sea", "Sea", "山"]),
    words=st.none() | WORDS,
    first=ANY_IDS,
    second=ANY_IDS,
)
def test_two_photos_never_share_a_name(
    topic: str, words: str | None, first: str, second: str
) -> None:
    hypothesis.assume(first != second)
    assert _folded(photo_path(topic, words, first, "jpg")) != _folded(
        photo_path(topic, words, second, "jpg")
    )


@hypothesis.given(words=WORDS, photo_id=IDS, flips=st.lists(st.booleans(), min_size=11))
def test_two_photos_whose_ids_differ_in_case_alone_never_share_a_name(
    words: str, photo_id: str, flips: list[bool]
) -> None:
    """Names are compared as a file system does that folds case and decomposes accents."""
    other = "".join(c.swapcase() if flip else c for c, flip in zip(photo_id, flips, strict=False))
    hypothesis.assume(other != photo_id)
    assert _folded(photo_path("sea", words, photo_id, "jpg")) != _folded(
        photo_path("sea", words, other, "jpg")
    )


def _folded(path: str) -> str:
    return unicodedata.normalize("NFD", path.casefold())


@hypothesis.given(words=st.text("\u0390\u1fa7\uac01\u1e17é", min_size=1), photo_id=IDS)
def test_a_path_fits_a_file_system_that_counts_after_it_has_decomposed_accents(
    words: str, photo_id: str
) -> None:
    """One of an older macOS counts 255 units of UTF-16; these letters become three or four."""
    for name in photo_path(words, words, photo_id, "webp").split("/"):
        assert len(unicodedata.normalize("NFD", name).encode("utf-16-le")) <= 2 * 255


def test_two_photos_with_ids_of_other_lengths_share_no_name() -> None:
    """Unsplash's ids have 11 characters; an answer's may have 1 to 64."""
    assert photo_path("sea", "a", "b-c", "jpg") != photo_path("sea", "a b", "c", "jpg")


def test_a_description_in_a_script_of_four_bytes_gives_a_name_that_fits() -> None:
    name = photo_path("sea", "\N{ADLAM SMALL LETTER ALIF}" * 60, "ABCDEFGHIJK", "webp")
    assert fits_everywhere(name.partition("/")[2])


@pytest.mark.parametrize("character", ["x", "é", "山", "\N{ADLAM SMALL LETTER ALIF}"])
def test_a_long_topic_gives_a_folder_that_fits(character: str) -> None:
    name = folder_name(character * 200)
    assert fits_everywhere(name)
    assert set(name) == {character}


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "library")


def publish(folder: Folder, content: bytes, name: RelativePath = NAME) -> None:
    with folder.temporary() as temporary:
        folder.write(temporary, content)
        folder.complete(temporary)
        folder.publish(temporary, name)


def files(folder: Folder) -> list[str]:
    """Return all files that are in the folder."""
    found = (path for path in folder.root.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder.root).as_posix() for path in found)


def test_a_library_is_not_made_before_something_is_written(folder: Folder) -> None:
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


def test_files_that_come_in_at_once_do_not_meet(folder: Folder) -> None:
    with folder.temporary() as one, folder.temporary() as two:
        folder.write(one, b"one")
        folder.write(two, b"two")
        folder.publish(one, RelativePath("sea/1.jpg"))
        folder.publish(two, RelativePath("sea/2.jpg"))
    assert [folder.path(name).read_bytes() for name in files(folder)] == [b"one", b"two"]


def test_a_file_of_the_same_name_is_replaced(folder: Folder) -> None:
    publish(folder, b"before")
    publish(folder, b"after")
    assert files(folder) == [NAME]
    assert folder.path(NAME).read_bytes() == b"after"


@posix_only
def test_who_looks_while_a_file_is_replaced_sees_one_or_the_other_whole(folder: Folder) -> None:
    contents = {b"a" * 300_000, b"b" * 300_000}
    publish(folder, min(contents))
    seen, stop = set[bytes](), threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.add(folder.path(NAME).read_bytes())

    thread = threading.Thread(target=look)
    thread.start()
    for _ in range(30):
        for content in contents:
            publish(folder, content)
    stop.set()
    thread.join()
    assert seen <= contents


@posix_only
def test_a_published_file_can_be_read_by_others(folder: Folder) -> None:
    publish(folder, b"some")
    assert folder.path(NAME).stat().st_mode & 0o777 == 0o644


def said_by(error: LibraryError) -> str:
    said = str(error)
    assert len(said.splitlines()) == 1
    return said


def test_a_library_below_a_file_is_one_line_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(LibraryError) as caught, Folder(tmp_path / "file" / "x").temporary():
        pass
    said = said_by(caught.value)
    assert said.startswith(f"the library {tmp_path / 'file' / 'x'} cannot be written (")
    assert "UNSPLASH_LIBRARY" in said


@pytest.mark.parametrize(
    ("place", "said"), [("sea", "cannot be written ("), (NAME, "is a folder, where a file")]
)
def test_a_name_that_cannot_be_had_is_one_line_and_leaves_nothing(
    folder: Folder, place: str, said: str
) -> None:
    """A file where the topic's folder should be, or a folder where the file should be."""
    folder.root.mkdir()
    in_the_way = folder.path(place)
    if place == NAME:
        (in_the_way / "full").mkdir(parents=True)
    else:
        in_the_way.write_text("a file")
    before = files(folder)
    with pytest.raises(LibraryError) as caught:
        publish(folder, b"some")
    assert said in said_by(caught.value)
    assert files(folder) == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_one_line_that_says_so(folder: Folder) -> None:
    path = Path("/dev/full")
    with path.open("wb", buffering=0) as file, pytest.raises(LibraryError) as caught:
        folder.write(TemporaryFile(path, file), b"some")
    assert said_by(caught.value) == f"the disk of the library {folder.root} is full: make room"


@contextmanager
def small_files_only(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as a disk without room would."""
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
def test_a_disk_without_room_is_one_line_and_leaves_nothing(folder: Folder, size: int) -> None:
    with small_files_only(1_000), pytest.raises(LibraryError) as caught:
        publish(folder, b"x" * size)
    assert "cannot be written (" in said_by(caught.value)
    assert files(folder) == []


def test_a_file_that_is_deleted_is_gone_and_its_neighbours_stay(folder: Folder) -> None:
    for name in (NAME, RelativePath("sea/b.jpg")):
        with folder.temporary() as temporary:
            folder.publish(temporary, name)
    for _ in range(2):  # one that is gone already is no trouble
        folder.delete(NAME)
    assert [path.name for path in folder.path("sea").iterdir()] == ["b.jpg"]


@pytest.mark.parametrize("name", ["../outside.jpg", "sea/../../outside.jpg", "linked/outside.jpg"])
def test_nothing_outside_of_the_library_is_deleted(folder: Folder, name: str) -> None:
    outside = folder.root.parent / "outside.jpg"
    outside.write_text("mine")
    folder.path("sea").mkdir(parents=True)
    if name.startswith("linked"):
        folder.path("linked").symlink_to(folder.root.parent, target_is_directory=True)
    with pytest.raises(LibraryError, match=r"outside\.jpg is not removed: it is outside of the"):
        folder.delete(name)
    assert outside.read_text() == "mine"


def test_a_link_is_deleted_rather_than_what_it_leads_to(folder: Folder) -> None:
    outside = folder.root.parent / "outside.jpg"
    outside.write_text("mine")
    folder.path("sea").mkdir(parents=True)
    folder.path(NAME).symlink_to(outside)
    folder.delete(NAME)
    assert (folder.path(NAME).is_symlink(), outside.read_text()) == (False, "mine")


@hypothesis.given(topic=WORDS, description=st.none() | WORDS, photo_id=ANY_IDS, extension=TYPES)
def test_the_id_can_be_read_from_any_name(
    topic: str, description: str | None, photo_id: str, extension: str
) -> None:
    path = photo_path(topic, description, photo_id, extension)
    assert photo_id_of(path.rpartition("/")[2]) == photo_id


def test_the_files_of_a_photo_are_found_by_their_names(folder: Folder) -> None:
    assert folder.files_of("abcdefghijk") == []
    mine = [photo_path(topic, None, "Abcdefghijk", "jpg") for topic in ("sea", "sky")]
    others = [
        photo_path("sea", None, of, "jpg") for of in ("abcdefghijk", "b_Abcdefghijk", "ghijk")
    ]
    for name in (*mine, *others):
        with folder.temporary() as temporary:
            folder.publish(temporary, name)
    assert folder.files_of("Abcdefghijk") == mine


WRITES = """
import sys
from pathlib import Path
from unsplash_assets.library.files import Folder
folder = Folder(Path(sys.argv[1]))
with folder.incoming() as incoming:
    print(incoming.path, flush=True)
    sys.stdin.read()
"""


@contextmanager
def written_elsewhere(folder: Folder) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """Let another process have a temporary file open; gives the file, and the process."""
    command = [sys.executable, "-c", WRITES, str(folder.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout
        yield Path(it.stdout.readline().strip()), it
        it.kill()


def let_be_old(*paths: Path) -> None:
    """Let files look as if nothing had been written to them for more than an hour."""
    for path in paths:
        os.utime(path, (time.time() - 3601,) * 2)


def test_cleaning_removes_what_a_killed_process_left_at_once(folder: Folder) -> None:
    with written_elsewhere(folder) as (path, process):
        process.kill()
        process.wait()
        assert path.exists()
        folder.clean()
    assert files(folder) == []


def test_cleaning_leaves_a_living_process_its_file_however_old(folder: Folder) -> None:
    with written_elsewhere(folder) as (theirs, _), folder.temporary() as mine:
        let_be_old(theirs, mine.path)
        folder.clean()
        assert len(files(folder)) == 2


@pytest.mark.parametrize("name", ["another-host%2F1%2F1795435200.0+x.part", "tmp123.part"])
def test_cleaning_removes_an_unknown_process_s_file_once_it_is_old(
    folder: Folder, name: str
) -> None:
    path = folder.root / INCOMING / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"some")
    folder.clean()
    assert path.exists()
    let_be_old(path)
    folder.clean()
    assert not path.exists()


def test_cleaning_leaves_what_is_no_temporary_file(folder: Folder) -> None:
    publish(folder, b"stored")
    other = folder.root / INCOMING / "other.txt"
    other.write_bytes(b"some")
    let_be_old(other, folder.path(NAME))
    folder.clean()
    assert files(folder) == [f"{INCOMING}/other.txt", NAME]


def test_a_sha_256_is_of_the_whole_file(tmp_path: Path) -> None:
    content = os.urandom(300_000)
    (tmp_path / "x").write_bytes(content)
    assert sha256(tmp_path / "x") == hashlib.sha256(content).hexdigest()


def test_a_look_tells_what_a_file_is(folder: Folder) -> None:
    content = os.urandom(300_000)
    publish(folder, content)
    look = folder.look(NAME)
    assert look
    assert (look.bytes, look.sha256) == (300_000, hashlib.sha256(content).hexdigest())
    assert look.stamp == folder.stamp(NAME)


@pytest.mark.parametrize("name", [NAME, "sea", "nowhere/x.jpg"])
def test_where_there_is_no_file_there_is_no_look(folder: Folder, name: str) -> None:
    assert (folder.look(name), folder.stamp(name)) == (None, None)


def test_what_cannot_be_read_has_no_hash(folder: Folder) -> None:
    folder.path(NAME).mkdir(parents=True)
    look = folder.look(NAME)
    assert look
    assert look.sha256 is None


@posix_only
def test_what_cannot_be_looked_at_has_an_empty_stamp(folder: Folder) -> None:
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


def test_a_walk_gives_all_files_but_ours_and_those_of_systems(folder: Folder) -> None:
    publish(folder, b"stored")
    given = ["a.txt", "sky/deep/b.jpg", "sky/index.html", "Thumbs.db.txt"]
    passed = ["index.html", "catalogue.db", "catalogue.db-wal", ".catalogue.lock", "sea/.hidden"]
    passed += ["sea/THUMBS.DB", "$RECYCLE.BIN/x.jpg", f"{INCOMING}/x.part", "@eaDir/x.jpg"]
    for name in (*given, *passed):
        folder.path(name).parent.mkdir(parents=True, exist_ok=True)
        folder.path(name).touch()
    assert sorted(folder.walk()) == sorted([NAME, *given])


@posix_only
def test_a_walk_does_not_enter_folders_that_are_links(folder: Folder) -> None:
    folder.path("sea").mkdir(parents=True)
    folder.path("sea/around").symlink_to(folder.root, target_is_directory=True)
    folder.path("sea/x.jpg").touch()
    assert list(folder.walk()) == ["sea/x.jpg"]


def test_a_walk_through_a_library_that_is_not_there_gives_nothing(folder: Folder) -> None:
    assert list(folder.walk()) == []
    assert not folder.root.exists()
