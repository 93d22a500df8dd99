"""Tests of `gallery.thumbnails`: one for each photo of the gallery, and no other."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from unsplash_assets.gallery.thumbnails import Thumbnails, update_thumbnails
from unsplash_assets.images.preview import GRID_SIZE
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.storage.digests import sha256
from unsplash_assets.storage.names import THUMBNAILS, THUMBNAILS_MADE
from unsplash_assets_tests.support.gallery_library import GalleryLibrary


@pytest.fixture
def library(tmp_path: Path) -> Iterator[GalleryLibrary]:
    library = GalleryLibrary(tmp_path / "library")
    yield library
    library.close()


@pytest.mark.parametrize("size", [(1200, 800), (800, 1200), (2000, 50)])
def test_a_thumbnail_is_the_picture_reduced_to_fit(
    library: GalleryLibrary, size: tuple[int, int]
) -> None:
    stored = library.hang(size=size)
    (path,) = update_thumbnails(library.folder, stored).available
    with Image.open(library.folder.path(path)) as thumbnail:
        assert thumbnail.format == "JPEG"
        assert thumbnail.width <= GRID_SIZE[0]
        assert thumbnail.height <= GRID_SIZE[1]
        assert abs(thumbnail.width / thumbnail.height - size[0] / size[1]) < size[0] / size[1] / 5


def test_a_thumbnail_is_made_once(library: GalleryLibrary) -> None:
    stored = library.hang(2)
    assert update_thumbnails(library.folder, stored).made == 2
    again = update_thumbnails(library.folder, stored + library.hang())
    assert (again.made, len(again.available)) == (1, 3)


def test_an_empty_thumbnail_as_a_power_failure_leaves_it_is_made_again(
    library: GalleryLibrary,
) -> None:
    stored = library.hang()
    (path,) = update_thumbnails(library.folder, stored).available
    library.folder.path(path).write_bytes(b"")
    assert update_thumbnails(library.folder, stored).made == 1
    assert library.folder.path(path).stat().st_size > 0


def test_a_thumbnail_goes_with_its_photo(library: GalleryLibrary) -> None:
    kept, gone = library.hang(2)
    update_thumbnails(library.folder, [kept, gone])
    available = update_thumbnails(library.folder, [kept]).available
    assert {path.rpartition("/")[2] for path in available} == library.thumbnails()
    assert len(available) == 1


@pytest.mark.parametrize("name", ["mine.webp", f"{'0' * 24}.webp", f"{'0' * 24}.jpg"])
def test_another_file_beside_the_thumbnails_is_left_alone(
    library: GalleryLibrary, name: str
) -> None:
    stored = library.hang()
    update_thumbnails(library.folder, stored)
    other = library.folder.path(THUMBNAILS) / name
    other.write_bytes(b"mine")
    update_thumbnails(library.folder, [])
    assert other.read_bytes() == b"mine"
    assert library.thumbnails() == {name}


def test_a_thumbnail_of_an_earlier_version_is_used_and_goes_with_its_photo(
    library: GalleryLibrary,
) -> None:
    """Earlier versions kept no record."""
    stored = library.hang()
    update_thumbnails(library.folder, stored)
    library.folder.delete(THUMBNAILS_MADE)
    assert update_thumbnails(library.folder, stored).made == 0
    update_thumbnails(library.folder, [])
    assert library.thumbnails() == set()


def test_thumbnails_that_looked_otherwise_are_made_again_once(library: GalleryLibrary) -> None:
    """An earlier version took no notice of orientation and colour profile."""
    stored = library.hang(2)
    update_thumbnails(library.folder, stored)
    record = json.loads(library.folder.read_text(THUMBNAILS_MADE) or "")
    del record["form"]
    library.folder.write_file(THUMBNAILS_MADE, json.dumps(record).encode())
    assert [update_thumbnails(library.folder, stored).made for _ in range(2)] == [2, 0]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b"7", b"\xff", b'{"made": 7}', b'{"made": [7], "failed": [[]]}',
        b'{"made": {"a": 1}}',
        b'{"made": ["index.html", "../mine.jpg", "sea/mine.jpg", "_gallery/thumbnails/mine.webp"]}',
    ],
    ids=repr,
)  # fmt: skip
def test_a_record_that_someone_has_changed_deletes_nothing_else(
    library: GalleryLibrary, content: bytes
) -> None:
    others = ["index.html", "sea/mine.jpg", f"{THUMBNAILS}/mine.webp", "../mine.jpg"]
    for name in others:
        library.folder.path(name).parent.mkdir(parents=True, exist_ok=True)
        library.folder.path(name).write_bytes(b"mine")
    library.folder.path(THUMBNAILS_MADE).write_bytes(content)
    update_thumbnails(library.folder, library.hang())
    assert len(library.thumbnails()) == 2
    for name in others:
        assert library.folder.path(name).read_bytes() == b"mine"


def test_a_picture_that_cannot_be_read_has_no_thumbnail(library: GalleryLibrary) -> None:
    cut, _ = stored = library.hang(2)
    library.folder.path(cut.path).write_bytes(b"\xff\xd8\xff\xe0 no more")
    made = update_thumbnails(library.folder, stored)
    assert (made.made, len(made.available)) == (1, 1)


def test_a_picture_that_costs_too_much_to_decode_has_no_thumbnail(library: GalleryLibrary) -> None:
    """An older version may have stored it."""
    costly, _ = stored = library.hang(2)
    path = library.folder.path(costly.path)
    Image.new("RGB", (60, 40)).save(path, "JPEG", progressive=True)
    content = path.read_bytes()
    scan = content.rindex(b"\xff\xda")
    path.write_bytes(content[:-2] + content[scan:-2] * 200 + content[-2:])
    made = update_thumbnails(library.folder, stored)
    assert (made.made, len(made.available)) == (1, 1)


def undecodable(library: GalleryLibrary) -> tuple[StoredPhoto, bytes]:
    """Hang a photo that was stored as it is, and cannot be decoded; give it, and a good file."""
    (photo,) = library.hang()
    path = library.folder.path(photo.path)
    whole = path.read_bytes()
    path.write_bytes(b"\xff\xd8\xff\xe0 no more")
    return dataclasses.replace(photo, sha256=sha256(path)), whole


def test_a_thumbnail_that_could_not_be_made_is_not_tried_again(library: GalleryLibrary) -> None:
    photo, whole = undecodable(library)
    for _ in range(2):
        assert update_thumbnails(library.folder, [photo]) == Thumbnails(set(), 0)
    library.folder.path(photo.path).write_bytes(whole)  # which another try would find
    assert update_thumbnails(library.folder, [photo]) == Thumbnails(set(), 0)


def test_a_photo_that_comes_again_is_tried_again(library: GalleryLibrary) -> None:
    photo, whole = undecodable(library)
    update_thumbnails(library.folder, [photo])
    update_thumbnails(library.folder, [])
    library.folder.path(photo.path).write_bytes(whole)
    assert update_thumbnails(library.folder, [photo]).made == 1


def test_a_damaged_file_is_tried_again_once_it_is_repaired(library: GalleryLibrary) -> None:
    (photo,) = library.hang()
    path = library.folder.path(photo.path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert update_thumbnails(library.folder, [photo]).made == 0
    path.write_bytes(whole)
    assert update_thumbnails(library.folder, [photo]).made == 1


def test_a_file_that_is_missing_for_a_while_is_tried_again(library: GalleryLibrary) -> None:
    (stored,) = library.hang()
    path = library.folder.path(stored.path)
    path.rename(path.with_suffix(".away"))
    assert update_thumbnails(library.folder, [stored]).made == 0
    path.with_suffix(".away").rename(path)
    assert update_thumbnails(library.folder, [stored]).made == 1


def test_a_record_that_has_not_changed_is_not_written_again(library: GalleryLibrary) -> None:
    stored = library.hang()
    update_thumbnails(library.folder, stored)
    before = library.folder.stamp(THUMBNAILS_MADE)
    update_thumbnails(library.folder, stored)
    assert library.folder.stamp(THUMBNAILS_MADE) == before
