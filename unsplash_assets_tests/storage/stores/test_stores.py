"""Tests of `storage.stores.base`: what a folder and a bucket do alike."""

import hashlib
from pathlib import Path

import pytest

from unsplash_assets.storage.names import RelativePath, thumbnail_path
from unsplash_assets.storage.stores.base import Store
from unsplash_assets.storage.stores.bucket import Bucket
from unsplash_assets.storage.stores.folder import Folder

NAME = RelativePath("sea/waves_abc_0.jpg")
CONTENT = b"picture" * 1000

pytestmark = [pytest.mark.bucket]


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, bucket: str, tmp_path: Path) -> Store:
    root = tmp_path / "library"
    return Folder(root) if request.param == "folder" else Bucket(root, bucket)


def publish(store: Store, name: RelativePath = NAME, content: bytes = CONTENT) -> None:
    with store.temporary() as file:
        store.write(file, content)
        store.complete(file)
        store.publish(file, name)


def test_a_file_is_there_whole_once_it_is_published_and_not_before(store: Store) -> None:
    with store.temporary() as file:
        store.write(file, CONTENT)
        store.complete(file)
        assert (store.stamp(NAME), list(store.walk())) == (None, [])
        store.publish(file, NAME)
    with store.open(NAME) as published:
        assert published.read() == CONTENT
    assert list(store.walk()) == [NAME]


def test_a_file_that_is_not_published_leaves_nothing(store: Store, tmp_path: Path) -> None:
    with store.temporary() as file:
        store.write(file, CONTENT)
    assert list(store.walk()) == []
    assert [path for path in tmp_path.rglob("*") if path.is_file() and "part" in path.name] == []


def test_reading_a_file_tells_its_size_and_its_hash(store: Store) -> None:
    publish(store)
    state = store.inspect(NAME)
    assert state is not None
    assert (state.bytes, state.sha256) == (len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    assert state.stamp == store.stamp(NAME)
    assert state.stamp[-2] == len(CONTENT)


def test_a_stamp_changes_with_the_file(store: Store) -> None:
    publish(store)
    before = store.stamp(NAME)
    publish(store, content=b"other" * 1400)
    assert store.stamp(NAME) not in {before, None}


def test_what_is_not_there_has_no_stamp_no_text_and_is_not_read(store: Store) -> None:
    assert (store.stamp(NAME), store.inspect(NAME), store.read_text(NAME)) == (None, None, None)
    with pytest.raises(OSError, match=r"(?i)no such file|not a file"):
        store.open(NAME)
    with pytest.raises(OSError, match=r"(?i)no such file|not a file"), store.local(NAME):
        pass
    with pytest.raises(OSError, match=r"(?i)no such file|not a file"):
        store.modified_at(NAME)
    assert store.sizes("sea") == {}
    store.delete(NAME)


def test_a_deleted_file_is_gone(store: Store) -> None:
    publish(store)
    store.delete(NAME, len(CONTENT))
    assert (store.stamp(NAME), list(store.walk())) == (None, [])


def test_a_program_gets_a_path_with_the_content_and_the_ending(store: Store) -> None:
    publish(store)
    with store.local(NAME) as path:
        assert (path.read_bytes(), path.suffix) == (CONTENT, ".jpg")
    assert store.lasting(NAME).read_bytes() == CONTENT


def test_the_beginning_of_a_file_is_read_alone(store: Store) -> None:
    store.write_file(NAME, CONTENT)
    assert store.start_of(NAME, 7) == b"picture"
    store.write_file(NAME, b"")
    assert store.start_of(NAME, 7) == b""


def test_a_walk_passes_over_the_projects_own_files(store: Store) -> None:
    thumbnail = thumbnail_path("a" * 64)
    for name in (NAME, "sea/deep/er.jpg", "index.html", thumbnail, ".unsplash_assets", "top.txt"):
        publish(store, RelativePath(name))
    assert sorted(store.walk()) == ["sea/deep/er.jpg", NAME, "top.txt"]
    assert sorted(store.walk(topics_only=True)) == [NAME, "top.txt"]
    assert store.sizes("_gallery/thumbnails") == {thumbnail: len(CONTENT)}


def test_names_in_any_script_and_with_odd_characters_are_kept(store: Store) -> None:
    names = ["山/波 & wave+1_abc_0.jpg", "sea/100% #1?.jpg", "sea/é_0.jpg"]
    for name in names:
        publish(store, RelativePath(name), name.encode())
    assert sorted(store.walk()) == sorted(names)
    assert [store.read_text(name) for name in names] == names


def test_work_for_several_files_gives_its_results_in_order(store: Store) -> None:
    publish(store)
    names = [NAME, "sea/none.jpg"] * 20
    assert [stamp is None for stamp in store.each(store.stamp, names)] == [False, True] * 20
