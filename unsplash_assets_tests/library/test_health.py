"""Tests of `library.health`: what keeps photos from arriving, and what is no trouble."""

import dataclasses
from pathlib import Path

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.library import health
from unsplash_assets.library.health import FAILURE_FOR, PHOTO_WITHIN, TICK_WITHIN, trouble
from unsplash_assets.library.opening import Library, working_on
from unsplash_assets.library.ticks import claim
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.storage.names import MARKER
from unsplash_assets.unsplash.quota import QuotaReport
from unsplash_assets_tests.catalogue.test_photos import photo
from unsplash_assets_tests.conftest import Clock, Opened
from unsplash_assets_tests.support.stored import record_stored


@pytest.fixture
def library(opened: Opened) -> Library:
    """A library with a photo that has just arrived."""
    library = opened(topics="sea")
    tick(library)
    library.photos.add("sea", [photo(1)])
    library.photos.choose("sea", 1, "run", "full", lambda urls: urls["full"])
    record_stored(library.photos, {photo(1).id: StoredFile("sea/a.jpg", 1, 1, 1, "0")})
    return library


def tick(library: Library) -> None:
    assert claim(library, library.clock()) is None


def later(library: Library, clock: Clock, seconds: float) -> None:
    """Let time pass while the schedule comes round."""
    clock.now += seconds
    tick(library)


def fail(library: Library, error: str) -> None:
    with working_on(library, "failing", "sea", lambda: True):
        library.runs.report("failing", error)


def test_all_is_well_while_photos_arrive(library: Library) -> None:
    assert trouble(library) is None


def test_a_schedule_that_never_came_round_is_trouble(opened: Opened) -> None:
    assert trouble(opened()) == "the schedule has never come round: start it with `make run`"


def test_a_schedule_that_stands_still_is_trouble(library: Library, clock: Clock) -> None:
    clock.now += TICK_WITHIN + 61
    found = trouble(library)
    assert found
    assert found.startswith("no tick since 2026-11-23 12:00 UTC: is `make run` running")


def test_a_refused_key_is_trouble(library: Library) -> None:
    with library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(None, None, key_refused=True))
    found = trouble(library)
    assert found
    assert "key" in found


def test_a_spent_budget_is_no_trouble(library: Library, clock: Clock) -> None:
    later(library, clock, PHOTO_WITHIN + 60)
    with library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(50, 0))
    assert trouble(library) is None


def test_a_topic_without_photos_is_no_trouble(library: Library, clock: Clock) -> None:
    later(library, clock, PHOTO_WITHIN + 60)
    library.exhaustion.note("sea", "nothing matches")
    assert trouble(library) is None


def test_no_photo_for_long_is_trouble_if_the_budget_allows_some(
    library: Library, clock: Clock
) -> None:
    later(library, clock, PHOTO_WITHIN + 60)
    found = trouble(library)
    assert found
    assert found.startswith("no photo since 2026-11-23 12:00 UTC, though the budget allows some")


def test_one_failure_is_a_moments_trouble_and_many_are_not(library: Library, clock: Clock) -> None:
    fail(library, "no connection")
    assert trouble(library) is None
    later(library, clock, FAILURE_FOR + 60)
    found = trouble(library)
    assert found
    assert found.endswith("failed: no connection")


def test_a_full_disk_is_trouble(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "free_bytes", lambda _: 1_000_000)
    found = trouble(library)
    assert found == f"the disk of {library.store.root} is full: free some space"


@pytest.mark.only_sqlite("the folder is not asked for its catalogue elsewhere")
def test_a_folder_of_another_catalogue_is_trouble(library: Library, tmp_path: Path) -> None:
    other = dataclasses.replace(library.settings, library=tmp_path / "unmounted")
    found = trouble(dataclasses.replace(library, settings=other, given_store=None))
    assert found
    assert MARKER in found or "unmounted" in found


@pytest.mark.only_sqlite("it spoils SQLite's file")
def test_a_catalogue_that_cannot_be_read_is_trouble(library: Library) -> None:
    with library.database.writing() as connection:
        connection.execute(sa.text(f"DROP TABLE {db.quotas.name}"))
    found = trouble(library)
    assert found
    assert "catalogue" in found
