"""Tests of `library.offline.moving`: every file arrives whole, once, whatever interrupts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from unsplash_assets.errors import LibraryError, LibraryMissing
from unsplash_assets.library.offline.moving import Moved, move, settings_after
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.library.verification import verify
from unsplash_assets.storage.names import MARKER, PAGE, THUMBNAILS
from unsplash_assets.storage.stores.base import Store
from unsplash_assets.storage.stores.choice import store_of
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets_tests.conftest import Clock
from unsplash_assets_tests.support.libraries import StockedLibrary, cut, library


@pytest.fixture
def mine(tmp_path: Path, clock: Clock) -> Iterator[StockedLibrary]:
    with library(tmp_path / "library", clock) as opened:
        yield opened


def moved(mine: StockedLibrary, place: str) -> Library:
    """Return the library as it is opened after a move."""
    catalogue = f"sqlite:///{mine.database.file}"
    settings = replace(mine.library.settings.placed(place), catalogue=catalogue)
    return replace(mine.library, settings=settings, given_store=store_of(settings))


def content(store: Store) -> dict[str, bytes]:
    def read(name: str) -> bytes:
        with store.open(name) as file:
            return file.read()

    return {name: read(name) for name in store.walk()}


@pytest.mark.bucket
def test_a_library_goes_into_a_bucket_and_back(
    mine: StockedLibrary, bucket: str, tmp_path: Path
) -> None:
    photos = mine.bring(3)
    before = content(mine.store)
    size = sum(photo.bytes for photo in photos)
    assert move(mine.library, bucket) == Moved(bucket, files=3, sent=3, bytes=size)
    there = moved(mine, bucket)
    assert content(there.store) == before == content(mine.store)
    assert verify(there).findings == ()
    assert there.store.read_text(PAGE)
    assert len(there.store.sizes(THUMBNAILS)) == 3
    back = str(tmp_path / "back")
    assert move(there, back).sent == 3
    assert content(Folder(tmp_path / "back")) == before
    with open_library(moved(mine, back).settings) as again:
        assert verify(again).findings == ()


def test_what_is_there_already_is_not_sent_again(mine: StockedLibrary, tmp_path: Path) -> None:
    first, second = mine.bring(2)
    place = tmp_path / "other"
    assert move(mine.library, str(place)).sent == 2
    cut(place / second.path)
    inode = (place / first.path).stat().st_ino
    assert move(mine.library, str(place)) == Moved(str(place), 2, 1, second.bytes)
    assert (place / first.path).stat().st_ino == inode
    assert content(Folder(place)) == content(mine.store)


def test_a_file_that_is_not_whole_is_left_and_named(mine: StockedLibrary, tmp_path: Path) -> None:
    gone, changed, known, whole = mine.bring(4)
    cut(mine.folder.path(known.path))
    mine.verify()
    mine.folder.path(gone.path).unlink()
    cut(mine.folder.path(changed.path))
    done = move(mine.library, str(tmp_path / "other"))
    assert (done.files, done.left) == (
        1,
        {
            gone.path: "it is not there",
            changed.path: "it is not the file that was stored",
            known.path: "it is damaged",
        },
    )
    assert list(content(Folder(tmp_path / "other"))) == [whole.path]


def test_a_place_of_another_catalogue_is_refused(mine: StockedLibrary, tmp_path: Path) -> None:
    other = Folder(tmp_path / "other")
    other.write_file(MARKER, b'{"live": "another"}')
    mine.bring(1)
    with pytest.raises(LibraryMissing, match="belongs to another catalogue"):
        move(mine.library, str(other.root))
    assert content(other) == {}
    with pytest.raises(LibraryError, match="already"):
        move(mine.library, str(mine.folder.root))


def test_what_to_set_afterwards_is_said(mine: StockedLibrary, tmp_path: Path) -> None:
    settings, file = mine.library.settings, str(mine.database.file)
    assert settings_after(settings, "s3://bucket/wall/", file) == {
        "UNSPLASH_LIBRARY": "s3://bucket/wall",
        "UNSPLASH_CATALOGUE": f"sqlite:///{file}",
    }
    apart = replace(settings, catalogue="postgresql://host/photos")
    place = str(tmp_path / "other")
    assert settings_after(apart, place, None) == {"UNSPLASH_LIBRARY": place}
