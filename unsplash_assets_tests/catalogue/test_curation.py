"""Tests of `library.curation`: what is banned never comes again, what is a favourite is marked."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.curation import Ban, Curation, read_photo_id
from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.photos import Added, Photos, TopicCounts
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.errors import LibraryError, UnknownPhoto
from unsplash_assets.library.bringing import Shelf, store
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.storage.folder import Folder
from unsplash_assets.storage.names import photo_path
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.unsplash.client import UnsplashClient
from unsplash_assets_tests.catalogue.test_photos import chosen_ids, ids, photo
from unsplash_assets_tests.conftest import Clock, Serve

STATES = ["waiting", "chosen", "stored", "damaged", "refused", "banned"]
STRANGER = "-bcdefghij_"


@pytest.fixture
def curation(database: Database, clock: Clock) -> Curation:
    return Curation(database, clock)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "library")


Known = Callable[..., str]


@pytest.fixture
def known(database: Database, catalogue: Photos, folder: Folder) -> Known:
    """Make a photo known in a state, with its file where it has one; gives its id."""

    def make(state: str, number: int = 1) -> str:
        (photo_id,) = ids(number)
        catalogue.add("sea", [photo(number)])
        if state in {"stored", "damaged"}:
            path = place_file(folder, photo_id)
            catalogue.choose("sea", 1, "mine", "full", lambda urls: urls["full"])
            catalogue.store({photo_id: StoredFile(path, 7, 1, 1, "0" * 64)})
        set_columns(database, photo_id, state=state)
        return photo_id

    return make


def place_file(folder: Folder, photo_id: str, topic: str = "sea", extension: str = "jpg") -> str:
    path = photo_path(topic, "waves", photo_id, extension)
    folder.path(path).parent.mkdir(parents=True, exist_ok=True)
    folder.path(path).write_text("picture")
    return path


def set_columns(database: Database, photo_id: str, **values: object) -> None:
    with database.writing() as connection:
        row = sa.update(db.photos).where(db.photos.c.id == photo_id)
        connection.execute(row.values(**values))


def row_of(database: Database, photo_id: str) -> sa.RowMapping | None:
    with database.reading() as connection:
        found = connection.execute(sa.select(db.photos).where(db.photos.c.id == photo_id))
        return found.mappings().first()


def is_favourite(database: Database, photo_id: str) -> bool:
    row = row_of(database, photo_id)
    return bool(row and row["favourite"])


def files(folder: Folder) -> list[str]:
    return sorted(path.name for path in folder.root.glob("*/*.*"))


@pytest.mark.parametrize("state", STATES)
def test_a_photo_of_any_state_can_be_banned(
    catalogue: Photos, curation: Curation, folder: Folder, known: Known, state: str
) -> None:
    photo_id = known(state)
    done = curation.ban(photo_id, folder)
    assert done.was_known
    assert len(done.removed) == (state in {"stored", "damaged"})
    assert files(folder) == []
    assert catalogue.counts() == {}
    assert catalogue.add("sky", [photo(1)]) == Added(frozenset(), known=1)
    assert chosen_ids(catalogue, 9) == []
    assert catalogue.take_over("sea", "mine") == []
    assert catalogue.newest_stored("sea") is None
    assert catalogue.stored_by("mine") == catalogue.stored_after(0, newest=9) == []


@pytest.mark.parametrize("move", ["postpone", "refuse", "store"])
def test_nothing_that_a_run_still_says_lifts_a_ban(
    database: Database, catalogue: Photos, curation: Curation, folder: Folder, move: str
) -> None:
    catalogue.add("sea", [photo(1), photo(2)])
    banned, other = chosen_ids(catalogue, 2)
    curation.ban(banned, folder)
    if move == "store":
        file = StoredFile("sea/x.jpg", 1, 1, 1, "0" * 64)
        assert catalogue.store({banned: file, other: file}) == [banned]
        assert [stored.id for stored in catalogue.stored_by("mine")] == [other]
    else:
        getattr(catalogue, move)({banned: "gone", other: "gone"})
    row = row_of(database, banned)
    assert row is not None
    assert row["state"] == "banned"


def test_a_photo_that_is_not_known_is_banned_in_advance(
    catalogue: Photos, curation: Curation, folder: Folder
) -> None:
    assert curation.ban(STRANGER, folder) == Ban(was_known=False, removed=[])
    assert catalogue.add("sea", [photo(1, id=STRANGER)]) == Added(frozenset(), known=1)
    assert catalogue.counts() == {}
    assert curation.ban(STRANGER, folder).was_known


def test_a_ban_removes_every_file_of_the_photo_and_no_other(
    curation: Curation, folder: Folder, known: Known
) -> None:
    """Also what a crash has left, or what it was under another topic or in another format."""
    photo_id = known("stored")
    place_file(folder, photo_id, topic="sky", extension="webp")
    neighbours = [known("stored", 2), photo_id.swapcase(), f"a_{photo_id}", photo_id[1:]]
    kept = sorted(Path(place_file(folder, neighbour)).name for neighbour in neighbours)
    (folder.root / "sea" / f"my own {photo_id}.jpg").write_text("not ours")
    done = curation.ban(photo_id, folder)
    assert [Path(path).parts[0] for path in done.removed] == ["sea", "sky"]
    assert files(folder) == sorted([*kept, f"my own {photo_id}.jpg"])


def test_banning_again_removes_what_was_left_by_a_crash(
    curation: Curation, folder: Folder, known: Known
) -> None:
    photo_id = known("chosen")
    curation.ban(photo_id, folder)
    left = place_file(folder, photo_id)
    assert curation.ban(photo_id, folder) == Ban(was_known=True, removed=[left])
    assert files(folder) == []


def test_the_row_is_banned_before_the_file_is_removed(
    database: Database, curation: Curation, folder: Folder, known: Known
) -> None:
    """A crash in between must not leave a row that says stored without a file."""
    photo_id = known("stored")

    class Crashes(Folder):
        def delete(self, name: str) -> None:
            raise LibraryError(f"{name} is in use")

    with pytest.raises(LibraryError, match="in use"):
        curation.ban(photo_id, Crashes(folder.root))
    row = row_of(database, photo_id)
    assert row is not None
    assert row["state"] == "banned"
    assert len(files(folder)) == 1


@pytest.mark.parametrize("state", ["stored", "refused", "waiting"])
def test_a_ban_that_is_taken_back_lets_the_photo_wait_again(
    catalogue: Photos, curation: Curation, folder: Folder, known: Known, state: str
) -> None:
    photo_id = known(state)
    curation.ban(photo_id, folder)
    curation.unban(photo_id)
    assert catalogue.counts() == {"sea": TopicCounts("sea", waiting=1)}
    assert chosen_ids(catalogue, 1) == [photo_id]


def test_a_photo_that_is_let_in_again_has_all_its_tries(
    database: Database, catalogue: Photos, curation: Curation, folder: Folder, known: Known
) -> None:
    photo_id = known("refused")
    set_columns(database, photo_id, postponed=5)
    curation.ban(photo_id, folder)
    curation.unban(photo_id)
    catalogue.postpone({photo_id: "not now"})
    assert catalogue.waiting("sea") == 1


def test_a_ban_in_advance_that_is_taken_back_leaves_nothing(
    database: Database, catalogue: Photos, curation: Curation, folder: Folder
) -> None:
    curation.ban(STRANGER, folder)
    curation.unban(STRANGER)
    assert row_of(database, STRANGER) is None
    assert catalogue.add("sea", [photo(1, id=STRANGER)]) == Added(frozenset({STRANGER}), known=0)


@pytest.mark.parametrize("state", ["not known", "stored"])
def test_a_ban_that_is_not_there_cannot_be_taken_back(
    curation: Curation, known: Known, state: str
) -> None:
    photo_id = STRANGER if state == "not known" else known(state)
    with pytest.raises(UnknownPhoto, match=f"^photo {photo_id} is not banned$"):
        curation.unban(photo_id)


@pytest.mark.parametrize("state", ["stored", "damaged"])
def test_a_photo_with_a_file_can_be_a_favourite_and_a_photo_like_any_other_again(
    database: Database, curation: Curation, known: Known, state: str
) -> None:
    photo_id, other = known(state), known("stored", 2)
    assert not is_favourite(database, photo_id)
    for _ in range(2):
        curation.favour(photo_id)
        assert is_favourite(database, photo_id)
    assert not is_favourite(database, other)
    curation.unfavour(photo_id)
    assert not is_favourite(database, photo_id)
    with pytest.raises(UnknownPhoto, match=f"^photo {photo_id} is no favourite$"):
        curation.unfavour(photo_id)


@pytest.mark.parametrize("state", ["not known", "waiting", "chosen", "refused", "banned"])
def test_a_photo_without_a_file_cannot_be_a_favourite(
    curation: Curation, known: Known, state: str
) -> None:
    photo_id = STRANGER if state == "not known" else known(state)
    with pytest.raises(UnknownPhoto, match=f"^photo {photo_id} is not in the library"):
        curation.favour(photo_id)


def test_a_favourite_that_is_banned_is_none_any_more(
    database: Database, curation: Curation, folder: Folder, known: Known
) -> None:
    photo_id = known("stored")
    curation.favour(photo_id)
    curation.ban(photo_id, folder)
    assert not is_favourite(database, photo_id)


def test_what_is_decided_in_one_mode_does_not_touch_the_other(
    tmp_path: Path, curation: Curation, folder: Folder, known: Known
) -> None:
    photo_id = known("stored")
    other = open_database(tmp_path / "library", None, "demo")
    demo = Curation(other)
    with pytest.raises(UnknownPhoto):
        demo.favour(photo_id)
    assert demo.ban(photo_id, folder) == Ban(was_known=False, removed=[])
    with pytest.raises(UnknownPhoto):
        curation.unban(photo_id)
    curation.favour(photo_id)
    other.close()
    assert len(files(folder)) == 1


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
    ],
)
def test_a_photo_is_named_by_its_id_or_by_the_path_of_its_file(text: str, photo_id: str) -> None:
    assert read_photo_id(text) == photo_id


@pytest.mark.parametrize(
    "text",
    [
        "", "nature", "abcdefghij", "abcdefghijkl", "abcdefghij\n", "abcdefghijk\n", "ábcdefghijk",
        "library/nature", "waves_AbCdEfGhIjK_554.jpg", "waves_abcdefghijk_0_0.jpg", "_0.jpg",
        "%_.jpg", "waves_*_0.jpg", "waves_bcdefghijk_0.jpg", "../..", "catalogue.db",
        "https://unsplash.com/photos/abcdefghijk",
    ],
)  # fmt: skip
def test_what_is_no_id_is_not_taken_for_one(text: str) -> None:
    with pytest.raises(ValueError, match=r"^give a photo's id, 11 characters, or the path"):
        read_photo_id(text)


@pytest.fixture
def shelf(catalogue: Photos, database: Database, folder: Folder) -> Shelf:
    transport = HttpTransport()
    return Shelf(
        catalogue=catalogue,
        events=DownloadEvents(database),
        client=UnsplashClient(transport, "key"),
        folder=folder,
        transport=transport,
        limits=Limits(Timeouts(), 1_000_000),
        concurrency=2,
        app_name="my wall",
        mode="live",
    )


def top_up(shelf: Shelf, base_url: str) -> None:
    brought = UnsplashClient(HttpTransport(), "key", base_url).random_photos("sea", 2)
    shelf.catalogue.add("sea", brought.photos)


def test_a_ban_wins_over_a_download_that_is_going_on(
    serve: Serve, shelf: Shelf, curation: Curation
) -> None:
    asked, go_on = threading.Event(), threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/photo-"):
            asked.set()
            assert go_on.wait(10)
        return Emulator()(environ, start_response)

    top_up(shelf, serve(slow))
    banned, other = shelf.catalogue.choose("sea", 2, "mine", "thumb", lambda urls: urls["thumb"])
    outcomes = []
    run = threading.Thread(
        target=lambda: outcomes.append(store(shelf, [banned, other], last_try=True))
    )
    run.start()
    assert asked.wait(10)
    curation.ban(banned.id, shelf.folder)
    go_on.set()
    run.join(20)
    (outcome,) = outcomes
    assert outcome.refused == {banned.id: "it was banned meanwhile"}
    assert list(outcome.stored) == [other.id]
    (stored,) = shelf.catalogue.stored_by("mine")
    assert (stored.id, files(shelf.folder)) == (other.id, [Path(stored.path).name])
    curation.unban(banned.id)


def test_a_ban_wins_that_comes_when_the_file_has_its_name_and_the_row_not_yet(
    serve: Serve, shelf: Shelf, curation: Curation, database: Database, clock: Clock
) -> None:
    class BannedFirst(Photos):
        def store(self, files: Mapping[str, StoredFile]) -> list[str]:
            for photo_id in files:
                removed.extend(curation.ban(photo_id, shelf.folder).removed)
            return super().store(files)

    removed: list[str] = []
    top_up(shelf, serve(Emulator()))
    chosen = shelf.catalogue.choose("sea", 1, "mine", "thumb", lambda urls: urls["thumb"])
    outcome = store(replace(shelf, catalogue=BannedFirst(database, clock)), chosen, last_try=True)
    assert len(removed) == 1
    assert outcome.stored == {}
    assert files(shelf.folder) == []
    assert shelf.catalogue.stored_by("mine") == []
