"""Tests of `library.storing`: several pictures at once, each for itself, over real sockets."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.events import DownloadEvents, Sent
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.errors import BadPicture, LibraryError, NoPhotos, PhotoRefused, QuotaSpent
from unsplash_assets.images.embedding import read_packet
from unsplash_assets.images.xmp import packet
from unsplash_assets.library.bringing import Outcome, Shelf, store, verdict
from unsplash_assets.model.credit import Credit
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import ChosenPhoto, StoredFile
from unsplash_assets.storage.folder import Folder, sha256
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.unsplash.budget import Answered
from unsplash_assets.unsplash.client import UnsplashClient
from unsplash_assets.unsplash.quota import Numbers
from unsplash_assets_tests.conftest import Clock, Noted, Serve

COUNT = 5
TROUBLES = {"gone": "404 Not Found", "down": "503 Service Unavailable", "shut": "403 Forbidden"}


def troubled(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer as the emulated Unsplash, but with a trouble where a path begins with its name."""
    status = TROUBLES.get(environ["PATH_INFO"].split("/")[1])
    if status is None:
        return Emulator()(environ, start_response)
    start_response(status, [("Content-Length", "0")])
    return []


@pytest.fixture
def api() -> Noted:
    """The API, which also has the pictures."""
    return Noted(troubled)


@pytest.fixture
def base(serve: Serve, api: Noted) -> str:
    return serve(api)


@pytest.fixture
def budget(database: Database, clock: Clock) -> RequestBudget:
    return RequestBudget(database, "of the key", clock)


def leave(budget: RequestBudget, count: int) -> None:
    """Let the answer to one request tell that so many are left."""
    with budget.reserve(1) as reservation:
        reservation.settle(Answered(Numbers(count + 1, count)))


@pytest.fixture
def shelf(
    catalogue: Photos, database: Database, clock: Clock, base: str, budget: RequestBudget
) -> Shelf:
    return Shelf(
        catalogue=catalogue,
        events=DownloadEvents(database, clock),
        client=UnsplashClient(HttpTransport(), "key", base, budget=budget),
        folder=Folder(Path("library").resolve()),
        transport=HttpTransport(),
        limits=Limits(Timeouts(), size=1_000_000),
        concurrency=3,
        app_name="my wall",
        mode="live",
    )


Choose = Callable[..., list[ChosenPhoto]]


@pytest.fixture
def choose(base: str, api: Noted, catalogue: Photos) -> Choose:
    """Let a run choose photos of the sea; `choose(gone=1)` lets the first be gone."""
    brought = UnsplashClient(HttpTransport(), "key", base).random_photos("sea", COUNT)
    catalogue.add("sea", brought.photos)
    api.asked.clear()

    def make(count: int = COUNT, *, run_id: str = "mine", **troubles: int) -> list[ChosenPhoto]:
        chosen = catalogue.choose("sea", count, run_id, "thumb", lambda urls: urls["thumb"])
        spoiled = [name for name, number in troubles.items() for _ in range(number)]
        return [
            replace(photo, url=f"{base}/{spoiled[i]}/{photo.id}") if i < len(spoiled) else photo
            for i, photo in enumerate(chosen)
        ]

    return make


def ids(photos: Iterable[ChosenPhoto]) -> list[str]:
    return [photo.id for photo in photos]


def pictures(shelf: Shelf) -> list[str]:
    found = (path for path in shelf.folder.root.rglob("*.*") if path.suffix in {".jpg", ".part"})
    return sorted(path.relative_to(shelf.folder.root).as_posix() for path in found)


def test_all_photos_are_stored_each_with_its_own_file(shelf: Shelf, choose: Choose) -> None:
    photos = choose()
    outcome = store(shelf, photos, last_try=False)
    assert set(outcome.stored) == set(ids(photos))
    assert (outcome.refused, outcome.failed) == ({}, {})
    stored = shelf.catalogue.stored_by("mine")
    assert {photo.id: photo.path for photo in stored} == {
        photo_id: file.path for photo_id, file in outcome.stored.items()
    }
    assert pictures(shelf) == sorted(photo.path for photo in stored)
    for photo in stored:
        assert sha256(shelf.folder.path(photo.path)) == photo.sha256
        assert photo.id in photo.path


@pytest.mark.parametrize("mode", ["live", "demo"])
def test_each_file_carries_the_credit_of_its_own_photo(
    shelf: Shelf, choose: Choose, mode: Mode
) -> None:
    photos = choose()
    outcome = store(replace(shelf, mode=mode), photos, last_try=False)
    for photo in photos:
        with shelf.folder.path(outcome.stored[photo.id].path).open("rb") as picture:
            assert read_packet(picture) == packet(Credit(photo, "my wall", mode))


def test_nothing_to_store_is_nothing_done(shelf: Shelf, api: Noted) -> None:
    assert store(shelf, [], last_try=True) == Outcome()
    assert pictures(shelf) == []
    assert api.asked == []


def test_the_trouble_of_one_does_not_cost_its_neighbours(shelf: Shelf, choose: Choose) -> None:
    photos = choose(gone=1, down=1)
    outcome = store(shelf, photos, last_try=False)
    assert set(outcome.stored) == set(ids(photos[2:]))
    assert outcome.refused == {
        photos[0].id: "the picture is not to be had: its server answered 404"
    }
    assert outcome.failed == {photos[1].id: "the picture's server answered 503: later may do"}
    assert pictures(shelf) == sorted(file.path for file in outcome.stored.values())


def test_what_is_denied_goes_to_the_end_of_the_list_without_another_try(
    shelf: Shelf, choose: Choose
) -> None:
    """A server that denies everything for a weekend must not cost every photo that there is."""
    photos = choose(shut=1)
    outcome = store(shelf, photos, last_try=False)
    reason = "the picture is not to be had: its server answered 403"
    assert (outcome.denied, outcome.refused, outcome.failed) == ({photos[0].id: reason}, {}, {})
    assert shelf.catalogue.take_over("sea", "mine") == []
    assert shelf.catalogue.waiting("sea") == 1


def test_a_run_whose_photos_are_all_denied_fails_and_says_so(shelf: Shelf, choose: Choose) -> None:
    outcome = store(shelf, choose(1, shut=1), last_try=False)
    with pytest.raises(PhotoRefused, match="answered 403; the next run takes another"):
        verdict(shelf, "sea", "mine", outcome, last_try=False)


def test_what_was_refused_is_never_asked_for_again_and_what_failed_stays_chosen(
    shelf: Shelf, choose: Choose
) -> None:
    photos = choose(gone=1, down=1)
    store(shelf, photos, last_try=False)
    assert ids(shelf.catalogue.take_over("sea", "mine")) == [photos[1].id]
    assert shelf.catalogue.waiting("sea") == 0


def test_another_try_stores_only_what_is_left(shelf: Shelf, choose: Choose) -> None:
    photos = choose(down=2)
    store(shelf, photos, last_try=False)
    again = store(shelf, shelf.catalogue.take_over("sea", "mine"), last_try=False)
    assert set(again.stored) == set(ids(photos[:2]))
    assert set(ids(shelf.catalogue.stored_by("mine"))) == set(ids(photos))


def test_after_the_last_try_what_failed_waits_again_behind_the_others(
    shelf: Shelf, choose: Choose
) -> None:
    photos = choose(2, down=1)
    store(shelf, photos, last_try=True)
    assert shelf.catalogue.take_over("sea", "mine") == []
    assert shelf.catalogue.waiting("sea") == COUNT - 1
    assert photos[0].id not in ids(choose(COUNT - 2))
    assert photos[0].id in ids(choose(COUNT - 1))


def test_a_photo_that_fails_five_runs_is_not_chosen_any_more(shelf: Shelf, choose: Choose) -> None:
    everything = COUNT
    for _ in range(5):
        store(shelf, choose(everything, down=everything), last_try=True)
    assert choose(everything) == []


def told(api: Noted) -> list[str]:
    """Return the photos whose download events the API was told, sorted."""
    return sorted(asked.photo_id for asked in api.asked)


def test_each_stored_photo_is_told_of_once_and_no_other(
    shelf: Shelf, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    photos = choose(gone=1, down=1)
    outcome = store(shelf, photos, last_try=False)
    assert outcome.sent == Sent(3, None)
    assert told(api) == sorted(ids(photos[2:]))
    assert budget.usage().used == 3
    assert shelf.events.unsent() == 0


def test_a_failing_event_costs_no_photo_and_is_sent_by_another_run(
    shelf: Shelf, choose: Choose, api: Noted, clock: Clock
) -> None:
    api.application = with_fault(troubled, "api-500")
    outcome = store(shelf, photos := choose(1), last_try=False)
    assert set(outcome.stored) == set(ids(photos))
    assert (outcome.failed, outcome.refused, outcome.sent.sent) == ({}, {}, 0)
    assert "500: Internal Server Error" in str(outcome.sent.trouble)
    written = shelf.folder.path(outcome.stored[photos[0].id].path).stat()
    api.application = troubled
    clock.now += 60
    assert store(shelf, [], last_try=False) == Outcome(sent=Sent(1, None))
    assert shelf.folder.path(outcome.stored[photos[0].id].path).stat() == written
    assert told(api) == ids([*photos, *photos])


def test_a_run_takes_one_overdue_event_along_the_oldest_first(
    shelf: Shelf, choose: Choose, api: Noted, clock: Clock, budget: RequestBudget
) -> None:
    overdue = []
    for _ in range(2):
        overdue += stored(shelf, choose(1, run_id="earlier"))
        clock.now += 1
    (photo,) = choose(1)
    assert store(shelf, [photo], last_try=False).sent == Sent(2, None)
    assert told(api) == sorted(overdue)
    assert (shelf.events.unsent(), budget.usage().used) == (1, 2)


def test_requests_of_photos_that_did_not_come_are_used_for_overdue_events_or_given_back(
    shelf: Shelf, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    overdue = stored(shelf, choose(2, run_id="earlier"))
    outcome = store(shelf, choose(gone=3), last_try=False)
    assert outcome.sent == Sent(2, None)
    assert told(api) == sorted(overdue)
    assert budget.usage().used == 2


def test_no_more_photos_are_downloaded_than_the_budget_has_events_for(
    shelf: Shelf, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    leave(budget, 2)
    photos = choose()
    outcome = store(shelf, photos, last_try=False)
    assert set(outcome.stored) == set(ids(photos[:2]))
    assert (outcome.postponed, outcome.sent) == (3, Sent(2, None))
    assert len(pictures(shelf)) == 2
    assert told(api) == sorted(ids(photos[:2]))
    assert shelf.catalogue.take_over("sea", "mine") == []
    assert ids(choose(3, run_id="next")) == ids(photos[2:])


def test_a_spent_budget_leaves_all_photos_for_later_and_asks_nobody(
    shelf: Shelf, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    leave(budget, 0)
    photos = choose(2)
    outcome = store(shelf, photos, last_try=False)
    assert outcome == Outcome(postponed=2, shortage=budget.spent_words())
    assert (pictures(shelf), api.asked) == ([], [])
    assert ids(choose(2, run_id="next")) == ids(photos)


def test_a_spent_budget_keeps_an_overdue_event_for_later(
    shelf: Shelf, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    stored(shelf, choose(1, run_id="earlier"))
    leave(budget, 0)
    assert store(shelf, [], last_try=False) == Outcome()
    assert (api.asked, shelf.events.due()) == ([], 1)


def test_an_event_that_is_refused_for_the_quota_stops_all_who_share_the_key(
    shelf: Shelf, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    api.application = with_fault(troubled, "api-quota")
    outcome = store(replace(shelf, concurrency=1), choose(), last_try=False)
    assert len(outcome.stored) == COUNT
    assert "Unsplash's hourly quota is spent" in str(outcome.sent.trouble)
    assert len(api.asked) <= 2
    assert budget.free() == 0
    assert budget.spent_words().startswith("Unsplash's hourly quota is spent, it refuses requests")
    assert shelf.events.unsent() == COUNT


def test_an_event_that_is_refused_for_its_photo_does_not_mark_the_key_as_refused(
    shelf: Shelf, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    def paid(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/photo-"):
            return troubled(environ, start_response)
        start_response("401 Unauthorized", [("Content-Type", "application/json")])
        return [b'{"errors":["Unauthorized"]}']

    api.application = paid
    assert len(store(shelf, choose(2), last_try=False).stored) == 2
    assert budget.key_refused_words() is None
    api.application = with_fault(troubled, "api-401")
    assert len(store(shelf, choose(1), last_try=False).stored) == 1
    assert "did not accept the key in UNSPLASH_API_KEY" in str(budget.key_refused_words())


def test_each_picture_is_known_as_soon_as_it_has_come(
    serve: Serve, shelf: Shelf, choose: Choose
) -> None:
    """A slow neighbour must not keep the others from the catalogue, or a kill from being lost."""
    go_on = threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        go_on.wait(5)
        return Emulator()(environ, start_response)

    photos = choose()
    path = photos[0].url.partition("/photo-")[2]
    photos[0] = replace(photos[0], url=f"{serve(slow)}/photo-{path}")
    thread = threading.Thread(target=store, args=(shelf, photos), kwargs={"last_try": False})
    thread.start()
    end = time.monotonic() + 5
    while len(shelf.catalogue.stored_by("mine")) < COUNT - 1 and time.monotonic() < end:
        time.sleep(0.01)
    assert set(ids(shelf.catalogue.stored_by("mine"))) == set(ids(photos[1:]))
    go_on.set()
    thread.join()
    assert len(shelf.catalogue.stored_by("mine")) == COUNT


class Together:
    """Answers once as many requests are there as are wanted, and notes the most there were."""

    def __init__(self, wanted: int) -> None:
        self.most = 0
        self._wanted = wanted
        self._now = 0
        self._changed = threading.Condition()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._changed:
            self._now += 1
            self.most = max(self.most, self._now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= self._wanted, timeout=5)
        time.sleep(0.02)
        with self._changed:
            self._now -= 1
        return Emulator()(environ, start_response)


@pytest.mark.parametrize("concurrency", [1, 3])
def test_as_many_are_downloaded_at_the_same_time_as_is_said(
    serve: Serve, shelf: Shelf, choose: Choose, concurrency: int
) -> None:
    together = Together(concurrency)
    base = serve(together)
    photos = [
        replace(photo, url=f"{base}/photo-{photo.url.partition('/photo-')[2]}")
        for photo in choose()
    ]
    store(replace(shelf, concurrency=concurrency), photos, last_try=False)
    assert together.most == concurrency


def test_a_folder_that_cannot_be_written_is_raised(shelf: Shelf, choose: Choose) -> None:
    shelf.folder.path("sea").write_text("a file where the topic's folder should be")
    photos = choose()
    with pytest.raises(LibraryError, match="cannot be written"):
        store(shelf, photos, last_try=True)
    assert ids(shelf.catalogue.take_over("sea", "mine")) == ids(photos)
    assert pictures(shelf) == []


FILE = StoredFile("sea/x.jpg", 1, 1, 1, "0" * 64)


def stored(shelf: Shelf, photos: Sequence[ChosenPhoto]) -> list[str]:
    """Write down photos as stored; return their ids."""
    shelf.catalogue.store({photo.id: FILE for photo in photos})
    return ids(photos)


@pytest.mark.parametrize("try_", ["one of many", "last"])
def test_a_run_that_has_stored_is_well(shelf: Shelf, choose: Choose, try_: str) -> None:
    photos = choose()
    expected = stored(shelf, photos[1:3])
    outcome = Outcome(refused={photos[0].id: "gone"})
    found = verdict(shelf, "sea", "mine", outcome, last_try=try_ == "last")
    assert ids(found) == expected


def test_a_run_with_photos_that_failed_is_worth_another_try(shelf: Shelf, choose: Choose) -> None:
    photos = choose()
    stored(shelf, photos[:1])
    outcome = Outcome(failed={photos[1].id: "no network", photos[2].id: "no network"})
    with pytest.raises(BadPicture, match=r"^2 of 'sea' not stored yet: no network$"):
        verdict(shelf, "sea", "mine", outcome, last_try=False)


def test_after_the_last_try_a_part_is_well(shelf: Shelf, choose: Choose) -> None:
    photos = choose()
    expected = stored(shelf, photos[:1])
    outcome = Outcome(failed={photos[1].id: "no network"})
    assert ids(verdict(shelf, "sea", "mine", outcome, last_try=True)) == expected


def test_after_the_last_try_nothing_stored_is_a_failure(shelf: Shelf, choose: Choose) -> None:
    (photo,) = choose(1)
    with pytest.raises(BadPicture, match="no network"):
        verdict(shelf, "sea", "mine", Outcome(failed={photo.id: "no network"}), last_try=True)


def test_a_run_whose_photos_were_all_refused_says_why_and_what_comes(
    shelf: Shelf, choose: Choose
) -> None:
    (photo,) = choose(1)
    said = rf"^photo {photo.id} of 'sea': gone; the next run takes another$"
    with pytest.raises(PhotoRefused, match=said):
        verdict(shelf, "sea", "mine", Outcome(refused={photo.id: "gone"}), last_try=False)


def test_a_run_whose_photos_were_all_left_for_later_says_until_when(
    shelf: Shelf, choose: Choose
) -> None:
    stored(shelf, choose(1, run_id="earlier"))
    outcome = Outcome(postponed=1, shortage="next at 14:07")
    with pytest.raises(QuotaSpent, match=r"^next at 14:07$"):
        verdict(shelf, "sea", "mine", outcome, last_try=False)


def test_a_run_that_has_stored_before_the_budget_was_spent_is_well(
    shelf: Shelf, choose: Choose
) -> None:
    photos = choose()
    expected = stored(shelf, photos[:1])
    outcome = Outcome(postponed=4, shortage="next at 14:07")
    assert ids(verdict(shelf, "sea", "mine", outcome, last_try=False)) == expected


def test_a_run_with_nothing_to_do_shows_the_topics_newest(shelf: Shelf, choose: Choose) -> None:
    newest = stored(shelf, choose(2, run_id="earlier"))[-1]
    found = verdict(shelf, "sea", "mine", Outcome(), last_try=False)
    assert ids(found) == [newest]


def test_a_run_with_nothing_to_do_and_nothing_there_says_which_step_to_run(shelf: Shelf) -> None:
    with pytest.raises(NoPhotos, match=r"^no photo of 'sea' is chosen: materialize image_url"):
        verdict(shelf, "sea", "mine", Outcome(), last_try=False)
