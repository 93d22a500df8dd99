"""Tests of the use cases on a library in a bucket, over sockets; other tests have a folder."""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from unsplash_assets.catalogue.database import open_database
from unsplash_assets.defs.metadata import of_files
from unsplash_assets.errors import LibraryMissing
from unsplash_assets.gallery.page import write_gallery
from unsplash_assets.images.embedding import read_packet
from unsplash_assets.images.xmp import CREDIT_MARK
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.doctor.places import place
from unsplash_assets.library.offline.rebuild import rebuild
from unsplash_assets.library.opening import check_place, open_library
from unsplash_assets.library.removal import ban, prune
from unsplash_assets.library.verification import uncredited, verify
from unsplash_assets.model.keep import Keep
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.names import MARKER, NEWS, PAGE, RelativePath, thumbnail_path
from unsplash_assets.viewer.new_pictures import START
from unsplash_assets.viewer.programs import Viewer
from unsplash_assets.viewer.showing import show_new_pictures
from unsplash_assets_tests.conftest import Clock
from unsplash_assets_tests.support.libraries import StockedLibrary, library

pytestmark = [pytest.mark.bucket]


@pytest.fixture
def mine(bucket: str, tmp_path: Path, clock: Clock) -> Iterator[StockedLibrary]:
    """A library in a bucket; its catalogue is on this machine."""
    with library(tmp_path / "library", clock, bucket=bucket) as opened:
        yield opened


def put(mine: StockedLibrary, name: str, content: bytes) -> None:
    mine.store.write_file(RelativePath(name), content)


def content(mine: StockedLibrary, name: str) -> bytes:
    with mine.store.open(name) as file:
        return file.read()


def cut(mine: StockedLibrary, photo: StoredPhoto) -> None:
    put(mine, photo.path, content(mine, photo.path)[: photo.bytes // 2])


def paths(mine: StockedLibrary) -> list[str]:
    return sorted(mine.store.walk())


def test_each_row_has_its_file_with_the_credit_in_it(mine: StockedLibrary) -> None:
    photos = mine.bring(5)
    assert paths(mine) == sorted(photo.path for photo in photos)
    assert mine.verify().findings == ()
    assert list(uncredited(mine.library)) == []
    assert mine.verify().bytes == sum(photo.bytes for photo in photos)


def test_a_picture_comes_with_its_thumbnail(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    assert content(mine, thumbnail_path(photo.sha256)).startswith(b"\xff\xd8")


def test_what_is_missing_or_changed_is_found_and_repaired(mine: StockedLibrary) -> None:
    gone, changed, whole = mine.bring(3)
    mine.store.delete(gone.path)
    cut(mine, changed)
    assert mine.found() == sorted([f"missing {gone.path}", f"damaged {changed.path}"], key=_path)
    assert sorted(mine.repair().repaired) == sorted([gone.path, changed.path])
    assert mine.found() == []
    assert paths(mine) == sorted(photo.path for photo in (gone, changed, whole))


def _path(line: str) -> str:
    return line.partition(" ")[2]


def test_a_quick_verification_asks_for_no_object_that_is_as_it_was(mine: StockedLibrary) -> None:
    first, second = mine.bring(2)
    assert mine.verify().read is None
    put(mine, first.path, bytes(first.bytes))
    seen = verify(mine.library, quick=True)
    assert ([str(found) for found in seen.findings], seen.read) == ([f"damaged {first.path}"], 1)
    mine.store.delete(second.path)
    assert len(verify(mine.library, quick=True).findings) == 2


def test_a_file_that_is_whole_again_is_stored_again(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    whole = content(mine, photo.path)
    cut(mine, photo)
    assert mine.found() == [f"damaged {photo.path}"]
    put(mine, photo.path, whole)
    assert mine.found() == []
    assert mine.row(photo.id)["state"] == "stored"


def test_a_strangers_file_is_named_and_left_alone(mine: StockedLibrary) -> None:
    mine.bring(1)
    put(mine, "sea/mine.jpg", b"mine")
    assert mine.found() == ["unknown sea/mine.jpg"]
    assert content(mine, "sea/mine.jpg") == b"mine"


def test_a_strangers_file_keeps_its_name(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    mine.store.delete(photo.path)
    mine.verify()
    put(mine, photo.path.replace(".jpg", "_2.jpg"), b"mine")
    ban(mine.library, photo.id)
    mine.library.curation.unban(photo.id)
    put(mine, photo.path, b"a stranger's")
    (again,) = mine.bring(1, run_id="again")
    assert content(mine, photo.path) == b"a stranger's"
    assert again.path != photo.path


def test_what_a_killed_run_left_is_replaced(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    whole = content(mine, photo.path)
    ban(mine.library, photo.id)
    mine.library.curation.unban(photo.id)
    put(mine, photo.path, whole + b"more")
    (again,) = mine.bring(1, run_id="again")
    if again.id == photo.id:
        assert again.path == photo.path
    assert mine.found() in ([], [f"unknown {photo.path}"])


def test_the_oldest_go_with_their_thumbnails(mine: StockedLibrary, clock: Clock) -> None:
    old = mine.bring(2, run_id="old")
    mine.library.runs.end("old")
    clock.now += 60
    new = mine.bring(2, run_id="new")
    bounded = replace(mine.library, settings=replace(mine.library.settings, keep=Keep(photos=2)))
    assert prune(bounded, "new").photos == 2
    assert paths(mine) == sorted(photo.path for photo in new)
    assert [mine.store.stamp(thumbnail_path(photo.sha256)) for photo in old] == [None, None]
    assert mine.found() == []


def test_a_banned_photo_is_gone(mine: StockedLibrary) -> None:
    first, second = mine.bring(2)
    assert ban(mine.library, first.id).removed == [first.path]
    assert paths(mine) == [second.path]


def test_a_photo_that_is_banned_meanwhile_is_not_published(mine: StockedLibrary) -> None:
    mine.library.runs.begin("mine", "sea")
    mine.catalogue.add("sea", mine.library.client.random_photos("sea", 2).photos)
    chosen = mine.catalogue.choose("sea", 1, "mine", "thumb", lambda urls: urls["thumb"])
    download = mine.library.downloader.download(chosen[0])
    with download:
        mine.library.curation.ban(chosen[0].id)
        assert mine.catalogue.publish({chosen[0].id: download.publish}, "mine") == {}
    assert paths(mine) == []


def test_the_gallery_shows_the_newest_with_links_that_are_relative(mine: StockedLibrary) -> None:
    photos = mine.bring(3)
    written = write_gallery(mine.catalogue, mine.store, mine.library.settings)
    assert (written.photos, written.thumbnails, written.strangers) == (3, 0, ())
    page = mine.store.read_text(PAGE)
    assert page is not None
    for photo in photos:
        assert f'href="{photo.path}"' in page
        assert f'src="{thumbnail_path(photo.sha256)}"' in page
    assert mine.store.read_text(NEWS)
    again = write_gallery(mine.catalogue, mine.store, mine.library.settings)
    assert (again.thumbnails, again.strangers) == (0, ())


def test_the_gallery_makes_the_thumbnails_that_are_missing(mine: StockedLibrary) -> None:
    (photo,) = mine.bring(1)
    mine.store.delete(thumbnail_path(photo.sha256))
    assert write_gallery(mine.catalogue, mine.store, mine.library.settings).thumbnails == 1
    assert content(mine, thumbnail_path(photo.sha256)).startswith(b"\xff\xd8")


def test_the_gallery_leaves_a_strangers_page_alone(mine: StockedLibrary) -> None:
    put(mine, PAGE, b"<html>mine</html>")
    written = write_gallery(mine.catalogue, mine.store, mine.library.settings)
    assert written.strangers == (PAGE,)
    assert content(mine, PAGE) == b"<html>mine</html>"


def test_a_catalogue_can_be_made_from_the_files(mine: StockedLibrary) -> None:
    photos, settings = mine.bring(3), mine.library.settings
    file = mine.database.file
    assert file is not None
    mine.database.close()
    file.unlink()
    rebuilt = rebuild(settings)
    assert (rebuilt.file, rebuilt.photos) == (file, 3)
    with open_library(settings) as again:
        found = again.photos.stored_after(0, newest=9)
    assert {each.path: each.sha256 for each in found} == {p.path: p.sha256 for p in photos}


def test_the_place_says_to_which_catalogue_it_belongs(mine: StockedLibrary) -> None:
    marks = json.loads(content(mine, MARKER))
    assert marks == {"live": mine.database.identity()}


def test_a_place_without_the_photos_is_not_taken_for_a_damaged_library(
    mine: StockedLibrary,
) -> None:
    for photo in mine.bring(2):
        mine.store.delete(photo.path)
    mine.store.delete(MARKER)
    with pytest.raises(LibraryMissing, match=f"none of the stored photos is in {mine.store.place}"):
        mine.verify()
    with pytest.raises(LibraryMissing):
        check_place(mine.library)


def test_another_catalogue_is_refused(mine: StockedLibrary, tmp_path: Path) -> None:
    other = replace(mine.library.settings, catalogue=f"sqlite:///{tmp_path}/other.db")
    with (
        closing(open_database(tmp_path, other.catalogue, "live")),
        pytest.raises(LibraryMissing, match=f"^{mine.store.place} belongs to another catalogue"),
        open_library(other),
    ):
        pass


class Noting(Viewer):
    """A viewer that reads what it is to open."""

    seen: list[tuple[str, bytes]]

    def open(self, path: Path, fields: object) -> None:  # noqa: ARG002
        vars(self).setdefault("seen", []).append((path.name, path.read_bytes()))


def test_a_program_is_shown_a_picture_by_a_path_of_this_machine(
    mine: StockedLibrary, clock: Clock
) -> None:
    mine.bring(1)
    viewer, catalogue = Noting("auto", has_screen=True), mine.catalogue
    start = show_new_pictures(viewer, mine.store, catalogue, START, clock.now).cursor
    (photo,) = mine.bring(1, run_id="next")
    shown = show_new_pictures(viewer, mine.store, catalogue, start, clock.now)
    assert shown.message == f"opened {photo.path}"
    assert viewer.seen == [(Path(photo.path).name, content(mine, photo.path))]


def test_a_runs_metadata_has_the_picture_and_says_where_it_is(mine: StockedLibrary) -> None:
    settings: Settings = mine.library.settings
    mine.library.runs.begin("mine", "sea")
    mine.catalogue.add("sea", mine.library.client.random_photos("sea", 2).photos)
    mine.catalogue.choose("sea", 1, "mine", "thumb", lambda urls: urls["thumb"])
    brought = bring(mine.library, "sea", "mine", last_try=True)
    found = of_files(settings, brought)
    (photo,) = brought.photos
    assert {"preview", "larger preview"} <= found.keys()
    assert found["path"].value == f"{settings.place}/{photo.path}"  # type: ignore[union-attr]


def test_a_large_picture_passes_through_this_machines_disk(mine: StockedLibrary) -> None:
    photos = mine.bring(1)
    with mine.store.open(photos[0].path) as file:
        assert CREDIT_MARK in (read_packet(file) or b"")
    desk = mine.library.settings.library
    assert [path for path in desk.rglob("*.part") if path.is_file()] == []


def test_the_doctor_tries_the_bucket_out_and_leaves_nothing(mine: StockedLibrary) -> None:
    found = place(mine.library)
    assert found.text == (
        f"{mine.store.place} can be listed, read and written, and refuses what would overwrite "
        "unseen"
    )
    assert mine.store.stamps("") == {MARKER: mine.store.stamp(MARKER)}
