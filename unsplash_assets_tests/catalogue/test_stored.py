"""Tests of `catalogue.stored`: each type has what its row has."""

import dataclasses

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.stored import Row, bad_photo, chosen_photo, stored_photo
from unsplash_assets.model.photos import PhotoState
from unsplash_assets.model.states import WITH_FILE
from unsplash_assets_tests.catalogue.test_photos import chosen_ids, file, ids, photo, put, row_of
from unsplash_assets_tests.conftest import NOON
from unsplash_assets_tests.support.stored import record_stored


@pytest.fixture
def row(database: Database, catalogue: Photos) -> Row:
    """The row of a photo that was stored."""
    catalogue.add("sea", [photo(1)])
    chosen_ids(catalogue, 1)
    record_stored(catalogue, {ids(1)[0]: file(1)})
    with database.reading() as connection:
        return connection.execute(sa.select(db.photos)).one()


def test_a_chosen_photo_has_what_its_credit_and_download_need(row: Row) -> None:
    chosen, added = chosen_photo(row), photo(1)
    assert (chosen.id, chosen.topic, chosen.rendition) == (added.id, "sea", "full")
    assert (chosen.url, chosen.color) == (added.urls["full"], added.color)
    assert (chosen.photographer, chosen.page_url) == (added.photographer, added.page_url)
    assert chosen.photographer_url == added.photographer_url


@pytest.mark.parametrize(
    ("description", "alt_description", "expected"),
    [("mine", "a machine's", "a machine's"), ("mine", None, "mine"), (None, None, None)],
)
def test_a_photo_is_described_by_a_machine_or_else_by_its_author(
    database: Database, catalogue: Photos, description: str, alt_description: str, expected: str
) -> None:
    words = {"description": description, "alt_description": alt_description}
    catalogue.add("sea", [photo(1, **words)])
    with database.reading() as connection:
        found = connection.execute(sa.select(db.photos)).one()
    assert chosen_photo(found).description == expected


def test_a_stored_photo_is_a_chosen_one_with_its_file(row: Row) -> None:
    stored = dataclasses.asdict(stored_photo(row))
    assert stored == {
        **dataclasses.asdict(chosen_photo(row)),
        **dataclasses.asdict(file(1)),
        "stored_at": NOON,
        "stored_sequence": row.stored_sequence,
        "blur_hash": row.blur_hash,
    }


def test_a_bad_photo_is_a_chosen_one_with_the_path_of_its_file(row: Row) -> None:
    chosen = dataclasses.asdict(chosen_photo(row))
    assert dataclasses.asdict(bad_photo(row)) == {**chosen, "path": file(1).path}


def test_the_newest_paths_are_of_photos_that_should_have_a_file(
    database: Database, catalogue: Photos
) -> None:
    numbers = range(1, 12)
    catalogue.add("sea", [photo(number) for number in numbers])
    for number in numbers:
        catalogue.choose("sea", 1, "mine", "full", lambda urls: urls["full"])
        record_stored(catalogue, {ids(number)[0]: file(number)})
    for number, state in zip(numbers, PhotoState, strict=False):
        put(database, number, state)
    with_file = [file(number).path for number in numbers if state_of(database, number) in WITH_FILE]
    assert len(with_file) == 5
    assert catalogue.newest_paths(20) == with_file[::-1]
    assert catalogue.newest_paths(2) == with_file[:-3:-1]


def state_of(database: Database, number: int) -> str:
    return str(row_of(database, number)["state"])


def test_an_empty_catalogue_has_no_newest_paths(catalogue: Photos) -> None:
    assert catalogue.newest_paths(20) == []
