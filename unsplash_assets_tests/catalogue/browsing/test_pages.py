"""Tests of `catalogue.browsing.pages`: pages of photos, filters and search, on each database."""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue.browsing.pages import Browsing, Wanted
from unsplash_assets.catalogue.curation import Curation
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.model.search import query_words
from unsplash_assets_tests.catalogue.test_photos import photo
from unsplash_assets_tests.support.stored import record_stored

Hang = Callable[..., list[str]]


@pytest.fixture
def browsing(database: Database) -> Browsing:
    return Browsing(database)


@pytest.fixture
def hang(catalogue: Photos) -> Hang:
    """Store photos of a topic; returns their ids, the oldest first."""
    number = 0

    def hang(count: int = 1, topic: str = "sea", **said: Any) -> list[str]:
        nonlocal number
        new = [photo(number + i, **said) for i in range(count)]
        number += count
        catalogue.add(topic, new)
        catalogue.choose(topic, count, "run", "full", lambda urls: urls["full"])
        files = {one.id: StoredFile(f"{topic}/{one.id}.jpg", 9, 3, 2, "0" * 64) for one in new}
        record_stored(catalogue, files)
        return [one.id for one in new]

    return hang


def ids(browsing: Browsing, limit: int = 50, before: int | None = None, **wanted: Any) -> list[str]:
    return [one.id for one in browsing.page(Wanted(**wanted), limit, before).photos]


def test_pages_follow_each_other_from_the_newest_to_the_oldest(
    browsing: Browsing, hang: Hang
) -> None:
    stored = hang(5)
    first = browsing.page(Wanted(), 2)
    second = browsing.page(Wanted(), 2, before=first.photos[-1].stored_sequence)
    third = browsing.page(Wanted(), 2, before=second.photos[-1].stored_sequence)
    found = [[one.id for one in page.photos] for page in (first, second, third)]
    assert found == [stored[:2:-1], stored[2:0:-1], stored[:1]]
    assert [page.has_more for page in (first, second, third)] == [True, True, False]


def test_a_photo_that_arrives_meanwhile_moves_no_page(browsing: Browsing, hang: Hang) -> None:
    stored = hang(4)
    first = browsing.page(Wanted(), 2)
    hang(3)
    assert ids(browsing, 2, first.photos[-1].stored_sequence) == stored[1::-1]


def test_what_is_newer_begins_beside_what_is_known(browsing: Browsing, hang: Hang) -> None:
    stored = hang(5)
    oldest = browsing.page(Wanted(), 5).photos[-1].stored_sequence
    newer = browsing.newer(Wanted(), 2, after=oldest)
    assert [one.id for one in newer.photos] == [stored[2], stored[1]]
    assert newer.has_more
    assert not browsing.newer(Wanted(), 9, after=oldest).has_more


def test_an_empty_library_has_no_page(browsing: Browsing) -> None:
    assert browsing.page(Wanted(), 9).photos == ()
    assert browsing.newest() is None
    assert browsing.newest_number() == 0
    assert browsing.topics() == {}


def test_topic_tone_and_favourites_are_filters(
    browsing: Browsing, hang: Hang, database: Database
) -> None:
    (blue,) = hang(topic="sea", color="#2659d9")
    (red,) = hang(topic="sea", color="#c02626")
    (sky,) = hang(topic="sky", color="#2659d9")
    Curation(database).favour(red)
    assert ids(browsing, topic="sea") == [red, blue]
    assert ids(browsing, tone="blue") == [sky, blue]
    assert ids(browsing, favourites=True) == [red]
    assert ids(browsing, topic="sky", tone="blue") == [sky]
    assert ids(browsing, favourites=True, tone="blue") == []
    assert browsing.topics() == {"sea": 2, "sky": 1}


def test_a_search_looks_at_description_photographer_and_topic(
    browsing: Browsing, hang: Hang
) -> None:
    (words,) = hang(topic="sky", photographer="Ana", alt_description="A Café in the fog")
    (person,) = hang(topic="sky", photographer="Zoë Fogg", alt_description=None, description=None)
    (topic,) = hang(topic="fog", photographer="Ana", alt_description=None, description=None)
    for query, expected in (
        ("fog", [topic, person, words]),
        ("FOG cafe", [words]),
        ("zoe", [person]),
        ("ana", [topic, words]),
        ("storm", []),
    ):
        assert ids(browsing, words=query_words(query)) == expected, query


def test_signs_of_patterns_are_looked_for_as_they_are(browsing: Browsing, hang: Hang) -> None:
    (percent,) = hang(alt_description="100% wool")
    hang(alt_description="1000 wools")
    assert ids(browsing, words=("100%",)) == [percent]
    assert ids(browsing, words=("_",)) == []


def test_what_is_not_stored_is_not_shown(
    browsing: Browsing, hang: Hang, database: Database, catalogue: Photos
) -> None:
    banned, stored = hang(2)
    catalogue.add("sea", [photo(99)])
    Curation(database).ban(banned)
    assert ids(browsing) == [stored]
    assert browsing.find(banned) is None
    assert browsing.find(stored) is not None
    assert browsing.find("unknown-one") is None


def test_a_photo_says_whether_it_is_a_favourite(
    browsing: Browsing, hang: Hang, database: Database
) -> None:
    plain, favourite = hang(2)
    Curation(database).favour(favourite)
    assert [one.favourite for one in browsing.page(Wanted(), 2).photos] == [True, False]
    assert plain == browsing.page(Wanted(), 2).photos[1].id


@pytest.mark.only_sqlite("it reads SQLite's plans")
@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Wanted(), "photos_shown"),
        (Wanted(words=("fog",)), "photos_shown"),
        (Wanted(topic="sea"), "photos_shown_by_topic"),
        (Wanted(tone="blue"), "photos_shown_by_tone"),
        (Wanted(favourites=True), "photos_favourite"),
    ],
)
def test_a_page_is_found_in_an_index_alone_and_in_its_order(
    browsing: Browsing, hang: Hang, database: Database, wanted: Wanted, index: str
) -> None:
    hang(3)
    plans: list[str] = []

    def before(_: Any, cursor: sqlite3.Cursor, statement: str, parameters: Any, *__: Any) -> None:
        if "photos.stored_sequence" in statement and "LIMIT" in statement:
            plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(step[3] for step in plan)

    with database.reading() as connection:
        engine = connection.engine
    sa.event.listen(engine, "before_cursor_execute", before)
    browsing.page(wanted, 2, before=99)
    browsing.newer(wanted, 2, after=0)
    sa.event.remove(engine, "before_cursor_execute", before)
    assert len(plans) == 2
    for plan in plans:
        assert plan.startswith(f"SEARCH photos USING COVERING INDEX {index} (")
