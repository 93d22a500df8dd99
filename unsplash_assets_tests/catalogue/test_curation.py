"""Tests of `catalogue.curation`: what is banned never comes again, what is a favourite is marked.

What becomes of a banned photo's files is tested in `library/test_curation.py`.
"""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.curation import Curation
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.errors import UnknownPhoto
from unsplash_assets.model.photos import PhotoState, StoredFile, TopicCounts
from unsplash_assets_tests.catalogue.test_photos import chosen_ids, file, ids, photo
from unsplash_assets_tests.conftest import Opened
from unsplash_assets_tests.support.stored import record_stored

WITH_A_FILE = ["stored", "damaged", "lost"]
WITHOUT = ["waiting", "chosen", "refused", "banned", "pruning", "pruned"]
STRANGER = "-bcdefghij_"


@pytest.fixture
def curation(database: Database) -> Curation:
    return Curation(database)


Known = Callable[..., str]


@pytest.fixture
def known(database: Database, catalogue: Photos) -> Known:
    """Make a photo known in a state; gives its id."""

    def make(state: str, number: int = 1) -> str:
        (photo_id,) = ids(number)
        catalogue.add("sea", [photo(number)])
        if state in WITH_A_FILE:
            chosen_ids(catalogue, 1)
            record_stored(catalogue, {photo_id: file(number)})
        set_columns(database, photo_id, state=state)
        return photo_id

    return make


def set_columns(database: Database, photo_id: str, **values: object) -> None:
    with database.writing() as connection:
        row = sa.update(db.photos).where(db.photos.c.id == photo_id)
        connection.execute(row.values(**values))


def row_of(database: Database, photo_id: str) -> sa.RowMapping | None:
    with database.reading() as connection:
        found = connection.execute(sa.select(db.photos).where(db.photos.c.id == photo_id))
        return found.mappings().first()


def state_of(database: Database, photo_id: str) -> str | None:
    row = row_of(database, photo_id)
    return str(row["state"]) if row else None


def is_favourite(database: Database, photo_id: str) -> bool:
    row = row_of(database, photo_id)
    return bool(row and row["favourite"])


@pytest.mark.parametrize("state", PhotoState)
def test_a_photo_of_any_state_can_be_banned(
    database: Database, catalogue: Photos, curation: Curation, known: Known, state: str
) -> None:
    photo_id = known(state)
    assert curation.ban(photo_id)
    assert state_of(database, photo_id) == "banned"
    assert catalogue.counts() == {}
    assert catalogue.add("sky", [photo(1)]) == frozenset()
    assert chosen_ids(catalogue, 9) == []
    assert catalogue.take_over("sea", "mine") == []
    assert catalogue.newest_stored("sea") is None
    assert catalogue.stored_by("mine") == catalogue.stored_after(0, newest=9) == []


@pytest.mark.parametrize("move", ["postpone", "refuse", "store", "release"])
def test_nothing_that_a_run_still_records_lifts_a_ban(
    database: Database, catalogue: Photos, curation: Curation, move: str
) -> None:
    catalogue.add("sea", [photo(1), photo(2)])
    banned, other = chosen_ids(catalogue, 2)
    curation.ban(banned)
    if move == "store":
        stored = StoredFile("sea/x.jpg", 1, 1, 1, "0" * 64)
        assert record_stored(catalogue, {banned: stored, other: stored}) == [banned]
        assert [found.id for found in catalogue.stored_by("mine")] == [other]
    else:
        getattr(catalogue, move)({banned: "gone", other: "gone"})
        assert state_of(database, other) != "chosen"
    assert state_of(database, banned) == "banned"


def test_a_photo_that_is_not_known_is_banned_in_advance(
    catalogue: Photos, curation: Curation
) -> None:
    assert not curation.ban(STRANGER)
    assert catalogue.add("sea", [photo(1, id=STRANGER)]) == frozenset()
    assert catalogue.counts() == {}
    assert curation.ban(STRANGER)


@pytest.mark.long
@pytest.mark.parametrize("state", ["stored", "refused", "waiting"])
def test_a_ban_that_is_taken_back_lets_the_photo_wait_again(
    catalogue: Photos, curation: Curation, known: Known, state: str
) -> None:
    photo_id = known(state)
    curation.ban(photo_id)
    curation.unban(photo_id)
    assert catalogue.counts() == {"sea": TopicCounts("sea", waiting=1)}
    assert chosen_ids(catalogue, 1) == [photo_id]


def test_a_photo_that_is_let_in_again_has_all_its_tries(
    database: Database, catalogue: Photos, curation: Curation, known: Known
) -> None:
    photo_id = known("refused")
    set_columns(database, photo_id, postponed=5)
    curation.ban(photo_id)
    curation.unban(photo_id)
    chosen_ids(catalogue, 1)
    catalogue.postpone({photo_id: "not now"})
    assert catalogue.waiting("sea") == 1


def test_a_ban_in_advance_that_is_taken_back_leaves_nothing(
    database: Database, catalogue: Photos, curation: Curation
) -> None:
    curation.ban(STRANGER)
    curation.unban(STRANGER)
    assert row_of(database, STRANGER) is None
    assert catalogue.add("sea", [photo(1, id=STRANGER)]) == {STRANGER}


@pytest.mark.parametrize(
    "state", ["not known", *(state for state in PhotoState if state != PhotoState.BANNED)]
)
def test_a_ban_that_is_not_there_cannot_be_taken_back(
    database: Database, curation: Curation, known: Known, state: str
) -> None:
    photo_id = STRANGER if state == "not known" else known(state)
    before = row_of(database, photo_id)
    with pytest.raises(UnknownPhoto, match=f"^photo {photo_id} is not banned$"):
        curation.unban(photo_id)
    assert row_of(database, photo_id) == before


@pytest.mark.parametrize("state", WITH_A_FILE)
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
    with pytest.raises(UnknownPhoto, match=f"^photo {photo_id} is not a favourite$"):
        curation.unfavour(photo_id)


@pytest.mark.parametrize("state", ["not known", *WITHOUT])
def test_a_photo_without_a_file_cannot_be_a_favourite(
    curation: Curation, known: Known, state: str
) -> None:
    photo_id = STRANGER if state == "not known" else known(state)
    with pytest.raises(UnknownPhoto, match=f"^photo {photo_id} is not in the library"):
        curation.favour(photo_id)


def test_a_favourite_that_is_banned_is_none_any_more(
    database: Database, curation: Curation, known: Known
) -> None:
    photo_id = known("stored")
    curation.favour(photo_id)
    curation.ban(photo_id)
    assert not is_favourite(database, photo_id)


def test_what_is_decided_in_one_mode_does_not_touch_the_other(
    opened: Opened, database: Database, curation: Curation, known: Known
) -> None:
    photo_id = known("stored")
    demo = opened(api_key="", library="library").curation
    with pytest.raises(UnknownPhoto):
        demo.favour(photo_id)
    assert not demo.ban(photo_id)
    with pytest.raises(UnknownPhoto):
        curation.unban(photo_id)
    curation.favour(photo_id)
    demo.unban(photo_id)
    with database.reading() as connection:
        query = sa.select(db.photos.c.mode, db.photos.c.state, db.photos.c.favourite)
        assert [tuple(row) for row in connection.execute(query)] == [("live", "stored", True)]


@pytest.mark.parametrize("state", PhotoState)
def test_the_file_of_a_banned_photo_is_the_one_of_its_row(
    curation: Curation, known: Known, state: str
) -> None:
    photo_id = known(state)
    known("stored", 2)
    curation.ban(photo_id)
    mine = [(file(1).path, file(1).bytes, file(1).sha256)] if state in WITH_A_FILE else []
    for _ in range(2):  # after a crash it is asked for again
        assert curation.files_to_remove(photo_id) == mine
    assert curation.files_to_remove(STRANGER) == []


def test_a_photo_that_is_banned_in_advance_has_no_file(curation: Curation) -> None:
    curation.ban(STRANGER)
    assert curation.files_to_remove(STRANGER) == []


@pytest.mark.parametrize("state", PhotoState)
def test_a_file_stays_while_the_photo_has_it_in_the_other_mode(
    opened: Opened, database: Database, curation: Curation, known: Known, state: str
) -> None:
    """Demo and live may share a folder."""
    demo = opened(api_key="", library="library")
    photo_id = known("stored")
    demo.photos.add("sea", [photo(1)])
    chosen_ids(demo.photos, 1)
    record_stored(demo.photos, {photo_id: file(1)})
    with database.writing() as connection:
        theirs = sa.update(db.photos).where(db.photos.c.mode == "demo")
        connection.execute(theirs.values(state=state))
    curation.ban(photo_id)
    mine = [(file(1).path, file(1).bytes, file(1).sha256)]
    assert curation.files_to_remove(photo_id) == ([] if state in WITH_A_FILE else mine)
