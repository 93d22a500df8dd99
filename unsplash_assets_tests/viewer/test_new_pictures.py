"""Tests of `viewer.new_pictures`: which pictures are shown next, each once."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.viewer.new_pictures import AWAY_AFTER, START, Cursor, new_pictures
from unsplash_assets_tests.catalogue.test_photos import photo
from unsplash_assets_tests.conftest import NOON
from unsplash_assets_tests.support.stored import record_stored

LOOK = 10.0  # seconds between two looks

Store = Callable[..., list[str]]


@pytest.fixture
def store(catalogue: Photos) -> Store:
    """Store photos of these numbers in the catalogue; return their ids."""

    def make(*numbers: int) -> list[str]:
        catalogue.add("sea", [photo(number) for number in numbers])
        chosen = catalogue.choose("sea", len(numbers), "mine", "full", lambda urls: urls["full"])
        for found in chosen:
            file = StoredFile(f"sea/{found.id}.jpg", 1, 1, 1, "0" * 64)
            record_stored(catalogue, {found.id: file})
        return [found.id for found in chosen]

    return make


class Looks:
    """Looks at a catalogue repeatedly, as the sensor does."""

    def __init__(self, catalogue: Photos, identity: str) -> None:
        self.catalogue = catalogue
        self.identity = identity
        self.now = NOON
        self.cursor = START

    def look(self, after: float = LOOK, max_pictures: int = 10) -> list[str]:
        self.now += after
        pictures, cursor = new_pictures(
            self.catalogue, self.identity, self.cursor, self.now, max_pictures
        )
        self.cursor = Cursor.from_text(cursor.to_text())
        return [picture.id for picture in pictures]


@pytest.fixture
def looks(catalogue: Photos, database: Database) -> Looks:
    return Looks(catalogue, database.identity())


def test_pictures_from_before_the_first_look_are_not_shown(looks: Looks, store: Store) -> None:
    store(1, 2)
    assert looks.look() == []
    assert looks.look() == []


def test_each_new_picture_is_shown_once_in_order(looks: Looks, store: Store) -> None:
    looks.look()
    first = store(1, 2)
    assert looks.look() == first
    assert looks.look() == []
    second = store(3)
    assert looks.look() == second
    assert looks.look() == []


def test_a_picture_is_shown_in_a_catalogue_that_was_empty_at_first(
    looks: Looks, store: Store
) -> None:
    assert looks.look() == []
    assert looks.look() == []
    assert looks.look() == [] != store(1)
    assert len(looks.look()) == 1


def test_the_newest_of_many_are_shown_and_the_others_never(looks: Looks, store: Store) -> None:
    looks.look()
    stored = store(1, 2, 3, 4, 5)
    assert looks.look(max_pictures=2) == stored[-2:]
    assert looks.look() == []


@pytest.mark.parametrize(
    ("away", "shown"),
    [(AWAY_AFTER, 1), (AWAY_AFTER + 0.1, 0), (86_400.0, 0), (-60.0, 1)],
    ids=["just in time", "too long", "a day", "the clock was set back"],
)
def test_pictures_that_arrived_while_nobody_looked_are_not_shown(
    looks: Looks, store: Store, away: float, shown: int
) -> None:
    looks.look()
    stored = store(1)
    assert looks.look(after=away) == stored[:shown]
    assert looks.look() == []


def test_a_look_that_finds_nothing_counts_as_a_look(looks: Looks, store: Store) -> None:
    looks.look()
    for _ in range(4):
        assert looks.look(after=AWAY_AFTER - 1) == []
    for number in range(4):
        stored = store(number)
        assert looks.look(after=AWAY_AFTER - 1) == stored


def test_after_being_away_the_next_new_picture_is_shown(looks: Looks, store: Store) -> None:
    looks.look()
    store(1)
    assert looks.look(after=AWAY_AFTER * 2) == []
    stored = store(2)
    assert looks.look() == stored


def test_another_catalogue_starts_afresh(looks: Looks, store: Store) -> None:
    looks.look()
    store(1, 2)
    looks.cursor = replace(looks.cursor, catalogue="another", sequence=0)
    assert looks.look() == []
    stored = store(3)
    assert looks.look() == stored


def test_a_new_catalogue_is_not_mistaken_for_the_previous_one(looks: Looks, store: Store) -> None:
    """Its numbers start again at 1: with the old cursor, nothing would be shown."""
    looks.cursor = Cursor("the one before", 1_000, NOON)
    looks.look()
    stored = store(1)
    assert looks.look() == stored


def test_pictures_that_arrived_while_pictures_were_skipped_are_not_shown(
    looks: Looks, store: Store
) -> None:
    looks.look()
    looks.cursor = looks.cursor.skipping()
    store(1)
    assert looks.look() == []
    stored = store(2)
    assert looks.look() == stored


def test_no_look_forgets_that_the_page_was_opened(looks: Looks) -> None:
    looks.cursor = replace(START, pages=("mine",)).skipping()
    for after in (LOOK, LOOK, AWAY_AFTER * 2):
        looks.look(after)
        assert looks.cursor.pages == ("mine",)


def test_a_cursor_is_read_as_it_was_written() -> None:
    cursor = Cursor("a catalogue", 7, NOON + 0.25, ("a catalogue", "another"))
    assert Cursor.from_text(cursor.to_text()) == cursor


def test_a_cursor_of_a_version_without_pages_is_read() -> None:
    text = '{"catalogue": "x", "sequence": 1, "looked_at": 2.5}'
    assert Cursor.from_text(text) == Cursor("x", 1, 2.5)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "7",
        "null",
        "[]",
        "{}",
        "2026-11-23",
        '{"catalogue": "x", "sequence": 1}',
        '{"catalogue": "x", "sequence": 1, "looked_at": 2, "more": 3}',
        '{"catalogue": "x", "sequence": "1", "looked_at": "noon"}',
    ],
)
def test_a_cursor_of_another_version_begins_afresh(text: str | None) -> None:
    assert Cursor.from_text(text) == START
