"""Tests of `library.offline.rebuild`: a catalogue comes back from files and their credit."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from unsplash_assets.errors import CatalogueDamaged, LibraryError
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.offline.rebuild import rebuild
from unsplash_assets.library.opening import open_library, working_on
from unsplash_assets.library.repair import repair
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.library.verification import verify
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.names import CATALOGUE_FILE, MARKER, RelativePath, other_name
from unsplash_assets_tests.conftest import MakeSettings, Serve
from unsplash_assets_tests.support.libraries import Unsplash, cut


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings(topics="sea,blue hour", rendition="thumb", photos_per_run="2")


def bring_some(settings: Settings, topic: str = "blue hour") -> list[StoredPhoto]:
    """Do what a run does; return all photos of the library."""
    with open_library(settings) as library, working_on(library, "mine", topic):
        top_up(library, topic)
        choose(library, topic, "mine")
        bring(library, topic, "mine", last_try=True)
        return library.photos.stored_after(0, newest=99)


def stored(settings: Settings) -> list[StoredPhoto]:
    with open_library(settings) as library:
        return library.photos.stored_after(0, newest=99)


def findings(settings: Settings) -> list[str]:
    with open_library(settings) as library:
        return [str(finding) for finding in verify(library).findings]


def by_file(photos: list[StoredPhoto]) -> dict[str, StoredPhoto]:
    """Return photos by their paths, without what no file says, or not exactly."""
    return {
        photo.path: replace(
            photo,
            rendition="unknown",
            url="",
            color=None,
            blur_hash=None,
            stored_at=0,
            stored_sequence=0,
        )
        for photo in photos
    }


def spoil(settings: Settings) -> Path:
    """Let the catalogue be no database any more."""
    file = settings.library / CATALOGUE_FILE
    file.write_bytes(b"no database" * 999)
    return file


def spoil_a_page(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:8192] + b"\x5a" * (len(content) - 8192))


SPOILT: dict[str, Callable[[Path], object]] = {
    "no database": lambda file: file.write_bytes(b"no database" * 999),
    "bad pages": spoil_a_page,
    "empty": lambda file: file.write_bytes(b""),
    "gone": lambda file: file.unlink(),
}


@pytest.mark.long
@pytest.mark.parametrize("spoilt", SPOILT)
def test_photos_come_back_with_all_that_their_files_say(settings: Settings, spoilt: str) -> None:
    before = bring_some(settings)
    file = settings.library / CATALOGUE_FILE
    SPOILT[spoilt](file)
    damaged = file.read_bytes() if file.exists() else None
    with pytest.raises(LibraryError, match="verify --rebuild"):
        findings(settings)
    done = rebuild(settings)
    after = stored(settings)
    assert (done.file, done.photos) == (file, 2)
    assert by_file(after) == by_file(before)
    assert findings(settings) == []
    if damaged is None:
        assert done.set_aside is None
    else:
        assert done.set_aside
        assert done.set_aside.name.startswith("catalogue.db.damaged-")
        assert done.set_aside.read_bytes() == damaged


@pytest.mark.long
def test_a_catalogue_that_knows_no_file_gives_way_too(settings: Settings) -> None:
    """As one that was begun beside the photos of a lost one."""
    before = bring_some(settings)
    for name in (CATALOGUE_FILE, MARKER):
        (settings.library / name).unlink()
    assert len(findings(settings)) == 2
    assert rebuild(settings).set_aside
    assert by_file(stored(settings)) == by_file(before)
    assert findings(settings) == []


@pytest.mark.long
def test_a_catalogue_that_can_be_used_stays(settings: Settings) -> None:
    before = bring_some(settings)
    with pytest.raises(LibraryError, match="can be used, so it stays"):
        rebuild(settings)
    assert stored(settings) == before


@pytest.mark.long
def test_without_a_single_photo_nothing_is_touched(settings: Settings) -> None:
    bring_some(settings)
    content = spoil(settings).read_bytes()
    for picture in settings.library.glob("*/*.jpg"):
        picture.write_bytes(b"not ours")
    with pytest.raises(LibraryError, match="its disk seems not to be mounted"):
        rebuild(settings)
    assert spoil(settings).read_bytes() == content
    assert not list(settings.library.glob("*damaged*"))


@pytest.mark.long
def test_the_library_goes_on_as_the_same_one_and_reports_no_photo_again(settings: Settings) -> None:
    bring_some(settings)
    with open_library(settings) as library:
        identity, newest = library.photos.identity(), library.photos.newest_sequence()
    spoil(settings)
    rebuild(settings)
    with open_library(settings) as library:
        assert library.photos.identity() == identity
        assert library.events.due() == 0
        assert len(library.photos.stored_after(newest, newest=99)) == 2
    after = bring_some(settings)
    assert len(after) == 4
    assert findings(settings) == []


@pytest.mark.long
def test_files_that_are_not_whole_or_not_ours_stay_unknown(settings: Settings) -> None:
    one, other = bring_some(settings)
    library = settings.library
    cut(library / other.path)
    (library / "albums").mkdir()
    (library / "albums" / Path(one.path).name).write_bytes((library / one.path).read_bytes())
    again = other_name(RelativePath(one.path), 2)
    (library / again).write_bytes((library / one.path).read_bytes())
    (library / "blue-hour" / "mine_aaaaaaaaaaa_0.jpg").write_bytes(b"mine")
    spoil(settings)
    assert rebuild(settings).photos == 1
    assert [photo.path for photo in stored(settings)] == [one.path]
    assert len(findings(settings)) == 4


@pytest.mark.long
def test_a_topic_that_leads_elsewhere_is_followed(settings: Settings, tmp_path: Path) -> None:
    before = bring_some(settings)
    (settings.library / "blue-hour").rename(tmp_path / "second disk")
    (settings.library / "blue-hour").symlink_to(tmp_path / "second disk")
    spoil(settings)
    rebuild(settings)
    assert by_file(stored(settings)) == by_file(before)


@pytest.mark.long
def test_demo_and_live_in_one_folder_both_come_back(
    settings: Settings, make_settings: MakeSettings, serve: Serve
) -> None:
    unsplash = Unsplash()
    live = make_settings(
        api_key="key", api_url=serve(unsplash), topics="sea", library=str(settings.library)
    )
    before = bring_some(settings), bring_some(live, "sea")
    spoil(settings)
    assert rebuild(settings).photos == 3
    assert by_file(stored(settings)) == by_file(before[0])
    assert by_file(stored(live)) == by_file(before[1])
    assert (findings(settings), findings(live)) == ([], [])


@pytest.mark.long
def test_what_an_earlier_attempt_left_is_no_obstacle(settings: Settings) -> None:
    bring_some(settings)
    spoil(settings)
    (settings.library / ".catalogue.db.new").write_bytes(b"half")
    assert rebuild(settings).photos == 2
    assert findings(settings) == []


@pytest.mark.long
def test_a_catalogue_elsewhere_comes_back_where_it_was(settings: Settings, tmp_path: Path) -> None:
    apart = replace(settings, catalogue=f"sqlite:///{tmp_path}/apart.db")
    before = bring_some(apart)
    (tmp_path / "apart.db").write_bytes(b"no database" * 999)
    with pytest.raises(CatalogueDamaged, match=r"apart\.db is damaged"):
        stored(apart)
    assert rebuild(apart).file == tmp_path / "apart.db"
    assert by_file(stored(apart)) == by_file(before)


@pytest.mark.long
def test_a_file_that_is_damaged_later_is_repaired(settings: Settings) -> None:
    """Its URL is in no file: the API tells it again."""
    bring_some(settings)
    spoil(settings)
    rebuild(settings)
    one, _ = stored(settings)
    cut(settings.library / one.path)
    with open_library(settings) as library:
        (bad,) = verify(library).bad
        assert repair(library, [bad.photo_id or ""]).repaired == [one.path]
    assert findings(settings) == []
