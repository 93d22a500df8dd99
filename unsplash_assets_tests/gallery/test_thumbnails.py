"""Tests of `library.thumbnails`: there is one for each photo of the gallery, and no other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from unsplash_assets.gallery.thumbnails import renew
from unsplash_assets.images.preview import GRID_SIZE
from unsplash_assets_tests.support.gallery_library import GalleryLibrary


@pytest.fixture
def library(tmp_path: Path) -> Iterator[GalleryLibrary]:
    library = GalleryLibrary(tmp_path / "library")
    yield library
    library.database.close()


@pytest.mark.parametrize("size", [(1200, 800), (800, 1200), (2000, 50)])
def test_a_thumbnail_is_the_picture_made_to_fit(
    library: GalleryLibrary, size: tuple[int, int]
) -> None:
    stored = library.hang(size=size)
    (path,) = renew(library.folder, stored).there
    with Image.open(library.folder.path(path)) as thumbnail:
        assert thumbnail.format == "WEBP"
        assert thumbnail.width <= GRID_SIZE[0]
        assert thumbnail.height <= GRID_SIZE[1]
        assert abs(thumbnail.width / thumbnail.height - size[0] / size[1]) < size[0] / size[1] / 5


def test_a_thumbnail_is_made_once(library: GalleryLibrary) -> None:
    stored = library.hang(2)
    assert renew(library.folder, stored).made == 2
    again = renew(library.folder, stored + library.hang())
    assert (again.made, len(again.there)) == (1, 3)


def test_a_thumbnail_goes_with_its_photo(library: GalleryLibrary) -> None:
    kept, gone = library.hang(2)
    renew(library.folder, [kept, gone])
    there = renew(library.folder, [kept]).there
    assert library.folder.thumbnails() == there
    assert len(there) == 1


def test_a_file_of_others_beside_the_thumbnails_is_left_alone(library: GalleryLibrary) -> None:
    stored = library.hang()
    renew(library.folder, stored)
    stranger = library.folder.path("_gallery/thumbnails/mine.webp")
    stranger.write_bytes(b"mine")
    renew(library.folder, [])
    assert stranger.read_bytes() == b"mine"
    assert library.folder.thumbnails() == set()


def test_a_picture_that_cannot_be_read_has_no_thumbnail(library: GalleryLibrary) -> None:
    cut, _ = stored = library.hang(2)
    library.folder.path(cut.path).write_bytes(b"\xff\xd8\xff\xe0 no more")
    made = renew(library.folder, stored)
    assert (made.made, len(made.there)) == (1, 1)
