"""Tests of `library.removal`: a ban removes the photo's files, also beside a run at work."""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.errors import LibraryError
from unsplash_assets.library.bringing import store
from unsplash_assets.library.opening import Library
from unsplash_assets.library.removal import Ban, ban, read_photo_id
from unsplash_assets.library.verification import verify
from unsplash_assets.model.photos import ChosenPhoto, PhotoState, StoredFile
from unsplash_assets.storage.names import photo_path
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets_tests.catalogue.test_curation import (
    STRANGER,
    WITH_A_FILE,
    set_columns,
    state_of,
)
from unsplash_assets_tests.catalogue.test_photos import chosen_ids, ids, photo
from unsplash_assets_tests.conftest import Opened, Serve
from unsplash_assets_tests.support.libraries import folder_of
from unsplash_assets_tests.support.stored import record_stored
from unsplash_assets_tests.support.waiting import CEILING


@pytest.fixture
def library(opened: Opened) -> Library:
    return opened()


def known(library: Library, state: str, number: int = 1) -> str:
    """Make a photo known in a state, with its file where it has one; gives its id."""
    (photo_id,) = ids(number)
    library.photos.add("sea", [photo(number)])
    if state in WITH_A_FILE:
        path = place_file(folder_of(library), photo_id)
        chosen_ids(library.photos, 1)
        record_stored(library.photos, {photo_id: StoredFile(path, 7, 1, 1, "0" * 64)})
    set_columns(library.database, photo_id, state=state)
    return photo_id


def place_file(folder: Folder, photo_id: str, topic: str = "sea", extension: str = "jpg") -> str:
    """Place a file as a photo's; gives its path."""
    path = photo_path(topic, "waves", photo_id, extension)
    folder.write_file(path, b"picture")
    return path


def files(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.root.glob("*/*.*"))


@pytest.mark.parametrize("state", PhotoState)
def test_a_ban_removes_the_file_of_a_photo_in_any_state(library: Library, state: str) -> None:
    photo_id = known(library, state)
    before = [f"sea/{name}" for name in files(folder_of(library))]
    assert len(before) == (state in WITH_A_FILE)
    assert ban(library, photo_id) == Ban(was_known=True, removed=before)
    assert files(folder_of(library)) == []
    assert state_of(library.database, photo_id) == "banned"


def test_a_photo_that_is_not_known_is_banned_in_advance(library: Library) -> None:
    assert ban(library, STRANGER) == Ban(was_known=False, removed=[])
    assert library.photos.add("sea", [photo(1, id=STRANGER)]) == frozenset()
    assert ban(library, STRANGER) == Ban(was_known=True, removed=[])


def test_a_ban_removes_the_file_of_its_row_and_no_other(library: Library) -> None:
    """Copies are the user's, also under the name that the photo would have elsewhere."""
    folder, photo_id = folder_of(library), known(library, "stored")
    (mine,) = files(folder)
    copies = [
        place_file(folder, photo_id, topic="sky", extension="webp"),
        place_file(folder, photo_id, topic="holidays 2026"),
        place_file(folder, photo_id, extension="png"),
    ]
    neighbours = [known(library, "stored", 2), photo_id.swapcase(), f"a_{photo_id}", photo_id[1:]]
    copies += [place_file(folder, neighbour) for neighbour in neighbours]
    for name in (f"sea/my own {photo_id}.jpg", f"sea/{mine}.xmp", f"deep/sea/{mine}"):
        folder.path(name).parent.mkdir(exist_ok=True, parents=True)
        folder.path(name).write_text("not ours")
        copies.append(name)
    before = {name: folder.path(name).read_bytes() for name in copies}
    assert ban(library, photo_id) == Ban(was_known=True, removed=[f"sea/{mine}"])
    assert {name: folder.path(name).read_bytes() for name in copies} == before
    assert not folder.path(f"sea/{mine}").exists()


def test_a_file_that_no_row_claims_is_left_by_a_ban(library: Library) -> None:
    """A run that was killed may have left it, or a person put it there: verify lists it."""
    photo_id = known(library, "chosen")
    left = place_file(folder_of(library), photo_id)
    for _ in range(2):
        assert ban(library, photo_id) == Ban(was_known=True, removed=[])
    assert [str(finding) for finding in verify(library).findings] == [f"unknown {left}"]


def test_a_ban_in_a_topics_folder_that_is_a_link_removes_the_file(
    library: Library, tmp_path: Path
) -> None:
    (tmp_path / "second disk").mkdir()
    folder_of(library).path("sea").symlink_to(tmp_path / "second disk", target_is_directory=True)
    photo_id = known(library, "stored")
    assert len(ban(library, photo_id).removed) == 1
    assert list((tmp_path / "second disk").iterdir()) == []


def test_the_row_is_banned_before_the_file_is_removed(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash in between must not leave a row that says stored without a file."""
    photo_id = known(library, "stored")

    def crash(name: str, _: int = 0) -> NoReturn:
        raise LibraryError(f"{name} is in use")

    with monkeypatch.context() as patched:
        patched.setattr(folder_of(library), "delete", crash)
        with pytest.raises(LibraryError, match="in use"):
            ban(library, photo_id)
    assert state_of(library.database, photo_id) == "banned"
    assert len(files(folder_of(library))) == 1
    assert len(ban(library, photo_id).removed) == 1
    assert files(folder_of(library)) == []


def test_a_ban_in_one_mode_leaves_the_files_of_the_other(opened: Opened, library: Library) -> None:
    photo_id = known(library, "stored")
    demo = opened(api_key="", library="library")
    assert ban(demo, photo_id) == Ban(was_known=False, removed=[])
    assert len(files(folder_of(library))) == 1
    demo.curation.unban(photo_id)
    assert known(demo, "stored") == photo_id
    assert ban(demo, photo_id) == Ban(was_known=True, removed=[])
    assert len(files(folder_of(library))) == 1
    assert len(ban(library, photo_id).removed) == 1
    assert files(folder_of(library)) == []


@pytest.mark.parametrize(
    ("text", "photo_id"),
    [
        ("abcdefghijk", "abcdefghijk"),
        ("-bcdefghij_", "-bcdefghij_"),
        ("waves_-bcdefghij__0.jpg", "-bcdefghij_"),
        ("library/blue-hour/waves-rocks_AbCdEfGhIjK_555.webp", "AbCdEfGhIjK"),
        ("/somewhere/夜の山_abcdefghijk_0.png", "abcdefghijk"),
        ("./sea_a_bcdefgh_0_0.jpg", "a_bcdefgh_0"),
        ("a_bcdefgh_0", "a_bcdefgh_0"),
        ("https://unsplash.com/photos/waves-AbCdEfGhIjK?utm_source=x", "AbCdEfGhIjK"),
    ],
)
def test_a_photo_is_named_by_its_id_its_page_or_the_path_of_its_file(
    text: str, photo_id: str
) -> None:
    assert read_photo_id(text) == photo_id


@pytest.mark.parametrize(
    "text",
    [
        "", "nature", "abcdefghij", "abcdefghijkl", "abcdefghij\n", "abcdefghijk\n", "ábcdefghijk",
        "library/nature", "waves_AbCdEfGhIjK_554.jpg", "waves_abcdefghijk_0_0.jpg", "_0.jpg",
        "%_.jpg", "waves_*_0.jpg", "waves_bcdefghijk_0.jpg", "../..", "catalogue.db",
    ],
)  # fmt: skip
def test_what_is_no_id_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^give a photo's id, 11 characters, the URL of its page, or the path"
    ):
        read_photo_id(text)


def stocked(opened: Opened, base_url: str) -> Library:
    """Open a library with an Unsplash of its own, and two photos that wait."""
    library = opened(api_url=base_url, concurrency="2")
    library.photos.add("sea", library.client.random_photos("sea", 2).photos)
    return library


def choose(library: Library, count: int) -> list[ChosenPhoto]:
    return library.photos.choose("sea", count, "mine", "thumb", lambda urls: urls["thumb"])


@pytest.mark.long
def test_a_ban_wins_over_a_download_that_is_going_on(opened: Opened, serve: Serve) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/photo-"):
            asked.set()
            assert go_on.wait(CEILING)
        return Emulator()(environ, start_response)

    library = stocked(opened, serve(slow))
    banned, other = choose(library, 2)
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(store, library, [banned, other], last_try=True)
        assert asked.wait(CEILING)
        ban(library, banned.id)
        go_on.set()
        outcome = run.result(CEILING)
    assert outcome.refused == {banned.id: "it was banned or taken over meanwhile"}
    assert list(outcome.stored) == [other.id]
    (stored,) = library.photos.stored_by("mine")
    assert (stored.id, files(folder_of(library))) == (other.id, [Path(stored.path).name])
    library.curation.unban(banned.id)


def test_a_ban_wins_that_comes_when_the_download_is_whole_and_has_no_name_yet(
    opened: Opened, emulator_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = stocked(opened, emulator_url)
    removed: list[str] = []
    publish = library.photos.publish

    def banned_first(files: dict[str, Any], *rest: Any) -> dict[str, StoredFile]:
        for photo_id in files:
            removed.extend(ban(library, photo_id).removed)
        return publish(files, *rest)

    monkeypatch.setattr(library.photos, "publish", banned_first)
    outcome = store(library, choose(library, 1), last_try=True)
    assert removed == []
    assert outcome.stored == {}
    assert list(outcome.refused.values()) == ["it was banned or taken over meanwhile"]
    assert files(folder_of(library)) == []
    assert library.photos.stored_by("mine") == []
