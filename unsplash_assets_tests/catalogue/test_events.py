"""Tests of `catalogue.events`: when each stored photo's event is due, and what is kept of it.

How events are sent is tested in `library/test_events.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.events import DownloadEvent, DownloadEvents
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.library.opening import Library
from unsplash_assets.model.photos import StoredFile
from unsplash_assets_tests.catalogue.test_photos import ids, photo
from unsplash_assets_tests.conftest import NOON, Clock, Opened
from unsplash_assets_tests.support.stored import record_stored

BASE = "https://api.unsplash.com"


@dataclass
class StoredPhotos:
    """Photos that are stored without their files, and their events."""

    library: Library
    clock: Clock

    @property
    def catalogue(self) -> Photos:
        return self.library.photos

    @property
    def events(self) -> DownloadEvents:
        return self.library.events

    def store(self, *numbers: int, base: str = BASE) -> None:
        """Add photos, and record them as stored, in this order."""
        for number in numbers:
            link = location(number, base)
            self.catalogue.add("sea", [photo(number, download_location=link)])
            self.store_again(number)

    def store_again(self, number: int) -> None:
        record_stored(self.catalogue, {ids(number)[0]: StoredFile("sea/x.jpg", 1, 1, 1, "0" * 64)})

    def due(self) -> tuple[int, int]:
        """Return how many events are due now, and how many now or later."""
        return self.events.due(), self.events.unsent()

    def sent(self) -> dict[str, float]:
        """Return when events were sent, by photo, as the catalogue has it."""
        return {name: at for name, at, _ in self._recorded() if at is not None}

    def refused(self) -> dict[str, str]:
        """Return why events were refused, by photo, as the catalogue has it."""
        return {name: reason for name, _, reason in self._recorded() if reason is not None}

    def _recorded(self) -> Iterable[tuple[str, float | None, str | None]]:
        columns = db.photos.c.id, db.photos.c.event_sent_at, db.photos.c.event_error
        with self.library.database.reading() as connection:
            return [(*row,) for row in connection.execute(sa.select(*columns))]


def location(number: int, base: str) -> str:
    """Return the link of a photo's event."""
    return f"{base}/photos/{ids(number)[0]}/download?ixid=M3wx{number}%3D"


@pytest.fixture
def stored(opened: Opened, clock: Clock) -> StoredPhotos:
    return StoredPhotos(opened(), clock)


def taken(events: DownloadEvents, count: int = 99) -> list[str]:
    return [event.photo_id for event in events.take(count)]


def test_an_event_is_due_from_the_moment_its_photo_is_stored(stored: StoredPhotos) -> None:
    link = location(1, BASE)
    stored.catalogue.add("sea", [photo(1, download_location=link), photo(2)])
    stored.catalogue.choose("sea", 1, "mine", "full", lambda urls: urls["full"])
    assert (stored.due(), stored.events.take(9)) == ((0, 0), [])
    stored.store_again(1)
    assert stored.due() == (1, 1)
    assert stored.events.take(9) == [DownloadEvent(ids(1)[0], link, failures=0)]


def test_a_photo_without_a_link_for_it_has_no_event(stored: StoredPhotos) -> None:
    stored.catalogue.add("sea", [photo(1, download_location=None)])
    stored.store_again(1)
    assert stored.catalogue.newest_stored("sea")
    assert (stored.due(), stored.events.take(9)) == ((0, 0), [])


def test_events_are_taken_oldest_first_and_no_more_than_asked_for(stored: StoredPhotos) -> None:
    for number in (3, 1, 2):
        stored.store(number)
        stored.clock.now += 1
    assert taken(stored.events, 2) == ids(3, 1)
    assert taken(stored.events, 2) == ids(2)


def test_a_taken_event_is_due_again_after_ten_minutes(stored: StoredPhotos) -> None:
    stored.store(1)
    assert taken(stored.events) == ids(1)
    stored.clock.now += 599
    assert (stored.due(), taken(stored.events)) == ((0, 1), [])
    stored.clock.now += 1
    assert stored.due() == (1, 1)
    assert stored.events.take(9) == [DownloadEvent(ids(1)[0], location(1, BASE), failures=0)]


def test_an_event_that_was_sent_is_remembered_and_never_due_again(
    opened: Opened, stored: StoredPhotos
) -> None:
    stored.store(1, 2)
    (event,) = stored.events.take(1)
    stored.clock.now += 5
    stored.events.mark_sent([event])
    stored.clock.now += 1e6
    again = StoredPhotos(opened(), stored.clock)
    assert taken(again.events) == ids(2)
    assert again.sent() == {ids(1)[0]: NOON + 5}
    assert again.refused() == {}


def test_an_event_that_another_has_sent_meanwhile_is_not_put_off(stored: StoredPhotos) -> None:
    """Its sender slept, and its connection broke."""
    stored.store(1)
    (event,) = stored.events.take(1)
    stored.events.mark_sent([event])
    stored.events.postpone(event)
    stored.clock.now += 1e6
    assert stored.due() == (0, 0)


def test_an_event_that_was_refused_is_remembered_with_its_reason_and_never_due_again(
    stored: StoredPhotos,
) -> None:
    stored.store(1)
    (event,) = stored.events.take(1)
    stored.events.mark_refused(event, "it is gone")
    stored.clock.now += 1e6
    assert (stored.due(), taken(stored.events)) == ((0, 0), [])
    assert stored.refused() == {ids(1)[0]: "it is gone"}
    assert stored.sent() == {}


@pytest.mark.parametrize("end", ["sent", "refused", "taken"])
def test_a_photo_that_is_stored_again_has_no_second_event(stored: StoredPhotos, end: str) -> None:
    stored.store(1)
    (event,) = stored.events.take(1)
    if end == "sent":
        stored.events.mark_sent([event])
    elif end == "refused":
        stored.events.mark_refused(event, "it is gone")
    stored.store_again(1)
    assert stored.due() == (0, end == "taken")


@pytest.mark.only_sqlite("its hundred examples compare numbers, and take long on a server")
@pytest.mark.long
def test_an_event_that_failed_waits_twice_as_long_each_time_and_a_day_at_most(
    stored: StoredPhotos,
) -> None:
    stored.store(1)
    waits = []
    for failures in range(13):
        (event,) = stored.events.take(1)
        assert event.failures == failures
        stored.events.postpone(event)
        failed_at = stored.clock.now
        while not stored.events.due():
            stored.clock.now += 60
        waits.append(stored.clock.now - failed_at)
    assert waits[:4] == [60, 120, 240, 480]
    assert waits[-3:] == [61_440, 86_400, 86_400]


def test_the_modes_of_one_database_have_their_own_events(
    opened: Opened, stored: StoredPhotos
) -> None:
    demo = StoredPhotos(opened(api_key="", library="library"), stored.clock)
    demo.store(1)
    stored.store(1, 2)
    assert (demo.due(), stored.due()) == ((1, 1), (2, 2))
    (event,) = demo.events.take(9)
    assert (demo.due(), stored.due()) == ((0, 1), (2, 2))
    demo.events.mark_sent([event])
    assert (demo.due(), stored.due()) == ((0, 0), (2, 2))


@pytest.mark.parametrize("failures", [20, 10_000])
def test_an_event_that_failed_very_often_still_waits_a_day(
    stored: StoredPhotos, failures: int
) -> None:
    stored.store(1)
    stored.events.postpone(DownloadEvent(ids(1)[0], location(1, BASE), failures))
    stored.clock.now += 86_399
    assert stored.due() == (0, 1)
    stored.clock.now += 1
    (event,) = stored.events.take(1)
    assert event.failures == failures + 1
