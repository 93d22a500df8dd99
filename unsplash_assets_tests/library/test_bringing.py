"""Tests of `library.bringing`: several pictures at once, each for itself, over real sockets."""

import errno
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest

from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.emulator.quota import HourlyQuota
from unsplash_assets.errors import (
    BadPicture,
    LibraryError,
    NoPhotos,
    PhotoRefused,
    QuotaSpent,
    UnsplashAssetsError,
)
from unsplash_assets.images.embedding import read_packet
from unsplash_assets.images.xmp import packet
from unsplash_assets.library.bringing import Brought, bring, store
from unsplash_assets.library.downloads.outcomes import Outcome
from unsplash_assets.library.events import Sent
from unsplash_assets.library.opening import Library, working_on
from unsplash_assets.library.removal import Pruned
from unsplash_assets.library.repair import Repairs
from unsplash_assets.library.selection import choose as choose_photos
from unsplash_assets.library.selection import top_up
from unsplash_assets.library.verification import verify
from unsplash_assets.model.credit import Credit
from unsplash_assets.model.keep import Keep
from unsplash_assets.model.photos import ChosenPhoto, StoredFile
from unsplash_assets.storage.digests import sha256
from unsplash_assets.storage.names import RelativePath, folder_name, is_thumbnail
from unsplash_assets.storage.refusals import translate_errors
from unsplash_assets.storage.stores.base import TemporaryFile
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets.unsplash.quota import QuotaReport
from unsplash_assets_tests.conftest import NOON, Clock, Noted, Opened, Serve
from unsplash_assets_tests.support.libraries import cut, folder_of
from unsplash_assets_tests.support.stored import record_stored
from unsplash_assets_tests.support.together import Together
from unsplash_assets_tests.support.waiting import CEILING, eventually

COUNT = 5


def answering(status: str, *headers: tuple[str, str]) -> WSGIApplication:
    """Return an application that answers everything with a status and headers alone."""

    def answer(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, [("Content-Length", "0"), *headers])
        return []

    return answer


class Troubled:
    """The emulated Unsplash, with something else where a path begins with that one's name.

    Without a trouble of that name, the rest of the path is answered.
    """

    def __init__(self) -> None:
        self.emulator = Emulator()
        self.troubles: dict[str, WSGIApplication] = {
            "gone": answering("404 Not Found"),
            "down": answering("503 Service Unavailable"),
            "shut": answering("403 Forbidden"),
            "login": answering("302 Found", ("Location", "https://portal.example/login")),
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        name, _, rest = environ["PATH_INFO"][1:].partition("/")
        if rest.startswith("photo-"):
            environ["PATH_INFO"] = f"/{rest}"
        return self.troubles.get(name, self.emulator)(environ, start_response)


@pytest.fixture
def troubled() -> Troubled:
    return Troubled()


@pytest.fixture
def api(troubled: Troubled) -> Noted:
    """The API, which also has the pictures."""
    return Noted(troubled)


@pytest.fixture
def library(opened: Opened, serve: Serve, api: Noted) -> Library:
    """A library whose topic has a few photos waiting."""
    mine: Library = opened(
        api_url=serve(api), topics="sea", app_name="my wall", rendition="thumb", concurrency="3"
    )
    mine.photos.add("sea", mine.client.random_photos("sea", COUNT).photos)
    api.asked.clear()
    return mine


@pytest.fixture
def budget(library: Library) -> RequestBudget:
    return library.budget


def leave(budget: RequestBudget, count: int, troubled: Troubled | None = None) -> None:
    """Let the answer to one request say that so many are left; `troubled` grants no more."""
    if troubled:
        troubled.emulator = Emulator(HourlyQuota(count, lambda: NOON))
    with budget.reserve(1) as grant:
        grant.settle(QuotaReport(limit=count + 1, remaining=count))


Choose = Callable[..., list[ChosenPhoto]]


@pytest.fixture
def choose(library: Library) -> Choose:
    """Let a run choose photos of the sea; `choose(gone=1)` lets the first be gone."""

    def make(count: int = COUNT, *, run_id: str = "mine", **troubles: int) -> list[ChosenPhoto]:
        left = [name for name, number in troubles.items() for _ in range(number)]

        def url_of(urls: Mapping[str, str]) -> str:
            parts = urlsplit(urls["thumb"])
            place = f"/{left.pop(0)}" if left else ""
            return parts._replace(path=place + parts.path).geturl()

        return library.photos.choose("sea", count, run_id, "thumb", url_of)

    return make


def ids(photos: Iterable[ChosenPhoto]) -> list[str]:
    return [photo.id for photo in photos]


def pictures(library: Library) -> list[str]:
    root = folder_of(library).root
    found = (path for path in root.rglob("*.*") if path.suffix in {".jpg", ".part"})
    paths = (path.relative_to(root).as_posix() for path in found)
    return sorted(path for path in paths if not is_thumbnail(path))


@pytest.mark.long
def test_all_photos_are_stored_each_with_its_own_file(library: Library, choose: Choose) -> None:
    photos = choose()
    outcome = store(library, photos, last_try=False)
    assert set(outcome.stored) == set(ids(photos))
    assert (outcome.refused, outcome.denied, outcome.failed) == ({}, {}, {})
    stored = library.photos.stored_by("mine")
    assert {photo.id: photo.path for photo in stored} == {
        photo_id: file.path for photo_id, file in outcome.stored.items()
    }
    assert pictures(library) == sorted(photo.path for photo in stored)
    for photo in stored:
        assert sha256(folder_of(library).path(photo.path)) == photo.sha256
        assert photo.id in photo.path


@pytest.mark.long
@pytest.mark.parametrize("mode", ["live", "demo"])
def test_each_file_carries_the_credit_of_its_own_photo(
    opened: Opened, emulator_url: str, mode: str
) -> None:
    api = {"api_url": emulator_url} if mode == "live" else {"api_key": ""}
    library = opened(**api, app_name="my wall", rendition="thumb", photos_per_run=str(COUNT))
    assert library.settings.mode == mode
    top_up(library, "sea")
    photos = choose_photos(library, "sea", "mine").photos
    outcome = store(library, photos, last_try=False)
    assert len(outcome.stored) == COUNT
    for photo in photos:
        with folder_of(library).path(outcome.stored[photo.id].path).open("rb") as picture:
            assert read_packet(picture) == packet(Credit(photo, "my wall", library.settings.mode))


def test_nothing_to_store_is_nothing_done(library: Library, api: Noted) -> None:
    assert store(library, [], last_try=True) == Outcome()
    assert pictures(library) == []
    assert api.asked == []


@pytest.mark.long
def test_the_trouble_of_one_does_not_cost_its_neighbours(library: Library, choose: Choose) -> None:
    photos = choose(gone=1, down=1)
    outcome = store(library, photos, last_try=False)
    assert set(outcome.stored) == set(ids(photos[2:]))
    assert outcome.refused == {
        photos[0].id: "the picture is not available: its server answered 404"
    }
    assert outcome.failed == {photos[1].id: "the picture's server answered 503: try again later"}
    assert pictures(library) == sorted(file.path for file in outcome.stored.values())


def test_what_is_denied_goes_to_the_end_of_the_list_without_another_try(
    library: Library, choose: Choose
) -> None:
    """A server that denies everything for a weekend must not cost every photo that there is."""
    photos = choose(shut=1)
    outcome = store(library, photos, last_try=False)
    reason = "the picture is not available: its server answered 403"
    assert (outcome.denied, outcome.refused, outcome.failed) == ({photos[0].id: reason}, {}, {})
    assert library.photos.take_over("sea", "mine") == []
    assert library.photos.waiting("sea") == 1


def test_a_photo_that_every_run_finds_elsewhere_is_put_off_and_in_the_end_refused(
    library: Library, choose: Choose
) -> None:
    """Once or twice it is the login page of a network; a photo that lives there is of no use."""
    for run in range(5):
        assert library.photos.waiting("sea") == COUNT, run
        outcome = store(library, choose(login=COUNT), last_try=False)
        (said,) = set(outcome.denied.values())
        assert "redirects elsewhere, to 'https://portal.example'" in said
    assert library.photos.waiting("sea") == 0


def test_a_run_whose_photos_are_all_denied_fails_and_says_so(
    library: Library, choose: Choose
) -> None:
    choose(1, shut=1)
    brought = bring(library, "sea", "mine", last_try=False)
    assert "answered 403; the next run takes another" in said(brought, PhotoRefused)


def test_what_was_refused_is_never_asked_for_again_and_what_failed_stays_chosen(
    library: Library, choose: Choose
) -> None:
    photos = choose(gone=1, down=1)
    store(library, photos, last_try=False)
    assert ids(library.photos.take_over("sea", "mine")) == [photos[1].id]
    assert library.photos.waiting("sea") == 0


@pytest.mark.long
def test_another_try_stores_only_what_is_left(
    library: Library, choose: Choose, troubled: Troubled
) -> None:
    photos = choose(down=2)
    store(library, photos, last_try=False)
    del troubled.troubles["down"]
    again = store(library, library.photos.take_over("sea", "mine"), last_try=False)
    assert set(again.stored) == set(ids(photos[:2]))
    assert set(ids(library.photos.stored_by("mine"))) == set(ids(photos))


def test_after_the_last_try_what_failed_waits_again_behind_the_others(
    library: Library, choose: Choose
) -> None:
    photos = choose(2, down=1)
    store(library, photos, last_try=True)
    assert library.photos.take_over("sea", "mine") == []
    assert library.photos.waiting("sea") == COUNT - 1
    assert photos[0].id not in ids(choose(COUNT - 2))
    assert photos[0].id in ids(choose(COUNT - 1))


def test_a_photo_that_fails_five_runs_is_not_chosen_any_more(
    library: Library, choose: Choose
) -> None:
    everything = COUNT
    for _ in range(5):
        store(library, choose(everything, down=everything), last_try=True)
    assert choose(everything) == []


def reported(api: Noted) -> list[str]:
    """Return the photos whose download events the API got, sorted."""
    return sorted(asked.photo_id for asked in api.asked)


@pytest.mark.long
def test_each_stored_photo_is_reported_once_and_no_other(
    library: Library, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    photos = choose(gone=1, down=1)
    outcome = store(library, photos, last_try=False)
    assert outcome.sent == Sent(3, None)
    assert reported(api) == sorted(ids(photos[2:]))
    assert budget.usage().used == 3
    assert library.events.unsent() == 0


def test_a_failing_event_costs_no_photo_and_is_sent_by_another_run(
    library: Library, choose: Choose, api: Noted, troubled: Troubled, clock: Clock
) -> None:
    api.application = with_fault(troubled, "api-500")
    outcome = store(library, photos := choose(1), last_try=False)
    assert set(outcome.stored) == set(ids(photos))
    assert (outcome.failed, outcome.refused, outcome.sent.sent) == ({}, {}, 0)
    assert "500: Internal Server Error" in str(outcome.sent.error)
    written = folder_of(library).path(outcome.stored[photos[0].id].path).stat()
    api.application = troubled
    clock.now += 60
    assert store(library, [], last_try=False) == Outcome(sent=Sent(1, None))
    assert folder_of(library).path(outcome.stored[photos[0].id].path).stat() == written
    assert reported(api) == ids([*photos, *photos])


def test_a_run_pays_the_events_that_are_owed(
    library: Library, choose: Choose, api: Noted, clock: Clock, budget: RequestBudget
) -> None:
    owed = []
    for _ in range(2):
        owed += recorded(library, choose(1, run_id="earlier"))
        clock.now += 1
    (photo,) = choose(1)
    assert store(library, [photo], last_try=False).sent == Sent(3, None)
    assert reported(api) == sorted([*owed, photo.id])
    assert (library.events.unsent(), budget.usage().used) == (0, 3)


def test_a_run_pays_before_it_brings_more(
    library: Library, choose: Choose, api: Noted, troubled: Troubled, budget: RequestBudget
) -> None:
    owed = recorded(library, choose(2, run_id="earlier"))
    leave(budget, 3, troubled)
    photos = choose(3)
    outcome = store(library, photos, last_try=False)
    assert (list(outcome.stored), outcome.postponed) == ([photos[0].id], 2)
    assert reported(api) == sorted([*owed, photos[0].id])


def test_a_run_takes_one_event_along_that_failed_before(
    library: Library, choose: Choose, clock: Clock
) -> None:
    recorded(library, choose(2, run_id="earlier"))
    for event in library.events.take(2):
        library.events.postpone(event)
    clock.now += 3600
    (photo,) = choose(1)
    assert store(library, [photo], last_try=False).sent == Sent(2, None)
    assert library.events.unsent() == 1


def test_a_persons_run_on_a_spent_budget_brings_what_waits_and_owes_its_events(
    library: Library, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    leave(budget, 0)
    photos = choose(COUNT)
    brought = bring(library, "sea", "mine", last_try=False, for_person=True)
    assert brought.error is None
    assert set(ids(brought.photos)) == set(ids(photos))
    assert (brought.unsent_events, reported(api)) == (COUNT, [])
    assert f"{COUNT} download events still due" in brought.summary


def test_no_more_than_five_events_are_owed_in_all(
    library: Library, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    recorded(library, choose(3, run_id="earlier"))
    leave(budget, 0)
    library.photos.add("sea", library.client.random_photos("sea", COUNT).photos)
    api.asked.clear()
    photos = choose(4)
    outcome = store(library, photos, last_try=False, for_person=True)
    assert (list(outcome.stored), outcome.postponed) == (ids(photos[:2]), 2)
    again = choose(1, run_id="again")
    brought = bring(library, "sea", "again", last_try=False, for_person=True)
    bound = "; no more than 5 download events may be owed"
    assert said(brought, QuotaSpent) == budget.shortage().reason + bound
    assert again[0].id in ids(choose(1, run_id="next"))
    assert library.events.unsent() == 5


def test_a_photo_that_does_not_come_leaves_its_debt_to_the_next(
    library: Library, choose: Choose, budget: RequestBudget
) -> None:
    recorded(library, choose(3, run_id="earlier"))
    leave(budget, 0)
    photos = choose(gone=1)
    outcome = store(library, photos, last_try=False, for_person=True)
    assert list(outcome.stored) == ids(photos[1:])


def test_a_persons_run_pays_the_oldest_events_where_some_can_be_paid(
    library: Library, choose: Choose, api: Noted, clock: Clock, troubled: Troubled
) -> None:
    owed = recorded(library, choose(1, run_id="earlier"))
    clock.now += 1
    leave(library.budget, 1, troubled)
    photos = choose(2)
    outcome = store(library, photos, last_try=False, run_id="mine", for_person=True)
    assert set(outcome.stored) == set(ids(photos))
    assert (reported(api), library.events.unsent()) == (owed, 2)


def test_requests_of_photos_that_did_not_come_are_used_for_overdue_events_or_given_back(
    library: Library, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    overdue = recorded(library, choose(2, run_id="earlier"))
    outcome = store(library, choose(gone=3), last_try=False)
    assert outcome.sent == Sent(2, None)
    assert reported(api) == sorted(overdue)
    assert budget.usage().used == 2


def test_no_more_photos_are_downloaded_than_the_budget_has_events_for(
    library: Library, choose: Choose, api: Noted, troubled: Troubled, budget: RequestBudget
) -> None:
    leave(budget, 2, troubled)
    photos = choose()
    outcome = store(library, photos, last_try=False)
    assert set(outcome.stored) == set(ids(photos[:2]))
    assert (outcome.postponed, outcome.sent) == (3, Sent(2, None))
    assert len(pictures(library)) == 2
    assert reported(api) == sorted(ids(photos[:2]))
    assert library.photos.take_over("sea", "mine") == []
    assert ids(choose(3, run_id="next")) == ids(photos[2:])


@pytest.mark.long
def test_a_larger_budget_that_the_events_tell_of_counts_at_once(
    library: Library, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    leave(budget, 2)
    photos = choose()
    outcome = store(library, photos, last_try=False)
    assert set(outcome.stored) == set(ids(photos))
    assert (outcome.postponed, outcome.shortage, outcome.sent) == (0, None, Sent(COUNT, None))
    assert reported(api) == sorted(ids(photos))


def test_a_photo_that_does_not_come_leaves_its_event_to_the_next(
    library: Library, choose: Choose, troubled: Troubled, budget: RequestBudget
) -> None:
    leave(budget, 1, troubled)
    photos = choose(gone=1)
    outcome = store(library, photos, last_try=False)
    assert list(outcome.refused) == [photos[0].id]
    assert list(outcome.stored) == [photos[1].id]
    assert (outcome.postponed, outcome.sent) == (COUNT - 2, Sent(1, None))


def test_a_spent_budget_leaves_all_photos_for_later_and_asks_nobody(
    library: Library, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    leave(budget, 0)
    photos = choose(2)
    outcome = store(library, photos, last_try=False)
    assert outcome == Outcome(postponed=2, shortage=budget.shortage().reason)
    assert (pictures(library), api.asked) == ([], [])
    assert ids(choose(2, run_id="next")) == ids(photos)


def test_a_spent_budget_keeps_an_overdue_event_for_later(
    library: Library, choose: Choose, api: Noted, budget: RequestBudget
) -> None:
    recorded(library, choose(1, run_id="earlier"))
    leave(budget, 0)
    assert store(library, [], last_try=False) == Outcome()
    assert (api.asked, library.events.due()) == ([], 1)


def test_a_run_that_was_taken_for_dead_writes_over_nothing_when_it_wakes(
    library: Library, choose: Choose
) -> None:
    """As on a laptop that slept for hours while another machine went on."""
    photos = choose(2)
    taken = library.photos.take_over("sea", "other")
    assert ids(taken) == ids(photos)
    store(library, taken[:1], last_try=True, run_id="other")
    (path,) = pictures(library)
    before, rows = folder_of(library).stamp(path), library.photos.stored_by("other")
    woken = store(library, photos, last_try=True, run_id="mine")
    assert woken.stored == {}
    assert set(woken.refused) == set(ids(photos))
    assert pictures(library) == [path]
    assert folder_of(library).stamp(path) == before
    assert library.photos.stored_by("other") == rows
    assert ids(library.photos.take_over("sea", "other")) == ids(photos[1:])


def test_a_run_that_wakes_leaves_the_photos_of_others_as_they_are(
    library: Library, choose: Choose
) -> None:
    photos = choose(gone=1, down=1, count=2)
    taken = library.photos.take_over("sea", "other")
    store(library, photos, last_try=True, run_id="mine")
    library.photos.release(ids(photos), "mine")
    assert ids(library.photos.take_over("sea", "other")) == ids(taken)


def test_a_photo_that_nobody_has_taken_over_is_stored_by_a_run_that_wakes(
    library: Library, choose: Choose
) -> None:
    (photo,) = choose(1)
    library.photos.release([photo.id])
    assert set(store(library, [photo], last_try=True, run_id="mine").stored) == {photo.id}


def with_concurrency(library: Library, concurrency: int) -> Library:
    """Return the same library with another concurrency."""
    return replace(library, settings=replace(library.settings, concurrency=concurrency))


@pytest.mark.long
def test_an_event_that_is_refused_for_the_quota_stops_all_who_share_the_key(
    library: Library, choose: Choose, api: Noted, troubled: Troubled, budget: RequestBudget
) -> None:
    api.application = with_fault(troubled, "api-quota")
    outcome = store(with_concurrency(library, 1), choose(), last_try=False)
    assert len(outcome.stored) == COUNT
    assert "Unsplash's hourly quota is spent" in str(outcome.sent.error)
    assert len(api.asked) <= 2
    assert budget.free() == 0
    assert budget.shortage().reason.startswith(
        "Unsplash's hourly quota is spent, it refuses requests"
    )
    assert library.events.unsent() == COUNT


def test_an_event_that_is_refused_for_its_photo_does_not_mark_the_key_as_refused(
    library: Library, choose: Choose, api: Noted, troubled: Troubled, budget: RequestBudget
) -> None:
    def paid(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"].startswith("/photo-"):
            return troubled(environ, start_response)
        start_response("401 Unauthorized", [("Content-Type", "application/json")])
        return [b'{"errors":["Unauthorized"]}']

    api.application = paid
    assert len(store(library, choose(2), last_try=False).stored) == 2
    assert budget.key_refusal() is None
    api.application = with_fault(troubled, "api-401")
    assert len(store(library, choose(1), last_try=False).stored) == 1
    assert "did not accept the key in UNSPLASH_API_KEY" in str(budget.key_refusal())


@pytest.mark.long
def test_each_picture_is_known_as_soon_as_it_has_come(
    library: Library, choose: Choose, troubled: Troubled
) -> None:
    """A slow neighbour must not keep the others from the catalogue, or a kill from being lost."""
    go_on = threading.Event()

    def slow(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        go_on.wait(CEILING)
        return Emulator()(environ, start_response)

    troubled.troubles["slow"] = slow
    photos = choose(slow=1)
    thread = threading.Thread(target=store, args=(library, photos), kwargs={"last_try": False})
    thread.start()
    eventually(lambda: len(library.photos.stored_by("mine")) == COUNT - 1)
    assert set(ids(library.photos.stored_by("mine"))) == set(ids(photos[1:]))
    go_on.set()
    thread.join()
    assert len(library.photos.stored_by("mine")) == COUNT


@pytest.mark.long
@pytest.mark.parametrize("concurrency", [1, 3])
def test_as_many_are_downloaded_at_the_same_time_as_the_settings_allow(
    library: Library, choose: Choose, troubled: Troubled, concurrency: int
) -> None:
    together = troubled.troubles["together"] = Together(concurrency)
    photos = choose(together=COUNT)
    outcome = store(with_concurrency(library, concurrency), photos, last_try=False)
    assert (len(outcome.stored), together.most) == (COUNT, concurrency)


def test_a_folder_that_cannot_be_written_is_raised(library: Library, choose: Choose) -> None:
    folder_of(library).path("sea").write_text("a file where the topic's folder should be")
    photos = choose()
    with pytest.raises(LibraryError, match="cannot be written"):
        store(library, photos, last_try=True)
    assert ids(library.photos.take_over("sea", "mine")) == ids(photos)
    assert pictures(library) == []


def test_a_photo_that_is_banned_during_its_download_is_refused_and_leaves_no_file(
    library: Library, choose: Choose, troubled: Troubled
) -> None:
    first, second = choose(2, late=1)

    def late(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        library.curation.ban(first.id)
        return Emulator()(environ, start_response)

    troubled.troubles["late"] = late
    outcome = store(library, [first, second], last_try=False)
    assert (set(outcome.stored), outcome.refused) == (
        {second.id},
        {first.id: "it was banned or taken over meanwhile"},
    )
    assert pictures(library) == [outcome.stored[second.id].path]
    assert outcome.sent == Sent(1, None)


FILE = StoredFile("sea/x.jpg", 1, 1, 1, "0" * 64)


def recorded(library: Library, photos: Sequence[ChosenPhoto]) -> list[str]:
    """Record photos as stored; return their ids."""
    record_stored(library.photos, {photo.id: FILE for photo in photos})
    return ids(photos)


def said(brought: Brought, error: type[UnsplashAssetsError]) -> str:
    """Return what the error of a try says, which is of this kind."""
    assert type(brought.error) is error
    return str(brought.error)


@pytest.mark.parametrize("last_try", [False, True])
def test_a_run_that_has_stored_is_well(
    library: Library,
    choose: Choose,
    last_try: bool,  # noqa: FBT001 - as parametrize has it
) -> None:
    photos = choose(3, gone=1)
    brought = bring(library, "sea", "mine", last_try=last_try)
    assert brought.error is None
    assert set(ids(brought.photos)) == set(ids(photos[1:]))
    assert set(brought.outcome.refused) == {photos[0].id}


def test_a_run_with_photos_that_failed_is_worth_another_try(
    library: Library, choose: Choose
) -> None:
    photos = choose(3, down=2)
    brought = bring(library, "sea", "mine", last_try=False)
    reason = "the picture's server answered 503: try again later"
    assert said(brought, BadPicture) == f"2 of 'sea' not stored yet: {reason}"
    assert ids(brought.photos) == [photos[2].id]
    assert brought.warnings == [
        f"photo {photo_id}: {reason}" for photo_id in brought.outcome.failed
    ]
    assert set(brought.outcome.failed) == set(ids(photos[:2]))
    assert brought.not_stored == {}, "another try of this run may store them"


def test_another_try_of_a_run_brings_the_photos_of_the_tries_before_too(
    library: Library, choose: Choose, troubled: Troubled
) -> None:
    photos = choose(3, down=2)
    bring(library, "sea", "mine", last_try=False)
    del troubled.troubles["down"]
    brought = bring(library, "sea", "mine", last_try=False)
    assert brought.error is None
    assert len(brought.outcome.stored) == 2
    assert set(ids(brought.photos)) == set(ids(photos))


def test_after_the_last_try_a_part_is_well(library: Library, choose: Choose) -> None:
    failed, well = choose(2, down=1)
    brought = bring(library, "sea", "mine", last_try=True)
    assert brought.error is None
    assert ids(brought.photos) == [well.id]
    assert brought.not_stored == {failed.id: "the picture's server answered 503: try again later"}


def test_after_the_last_try_nothing_stored_is_a_failure(library: Library, choose: Choose) -> None:
    choose(1, down=1)
    brought = bring(library, "sea", "mine", last_try=True)
    assert "answered 503" in said(brought, BadPicture)
    assert brought.photos == ()


def test_a_run_whose_photos_were_all_refused_says_why_and_what_comes(
    library: Library, choose: Choose
) -> None:
    (photo,) = choose(1, gone=1)
    brought = bring(library, "sea", "mine", last_try=False)
    reason = "the picture is not available: its server answered 404"
    assert said(brought, PhotoRefused) == (
        f"photo {photo.id} of 'sea': {reason}; the next run takes another"
    )
    assert brought.not_stored == {photo.id: reason}


def test_a_run_whose_photos_were_all_left_for_later_says_until_when(
    library: Library, choose: Choose, budget: RequestBudget
) -> None:
    recorded(library, choose(1, run_id="earlier"))
    leave(budget, 0)
    choose(1)
    brought = bring(library, "sea", "mine", last_try=False)
    assert said(brought, QuotaSpent) == budget.shortage().reason
    assert "next at " in str(brought.error)
    assert (brought.outcome.postponed, brought.waiting) == (1, COUNT - 1)


def test_a_run_that_has_stored_before_the_budget_was_spent_is_well(
    library: Library, choose: Choose, troubled: Troubled, budget: RequestBudget
) -> None:
    leave(budget, 1, troubled)
    photos = choose()
    brought = bring(library, "sea", "mine", last_try=False)
    assert brought.error is None
    assert (ids(brought.photos), brought.outcome.postponed) == ([photos[0].id], COUNT - 1)
    again = bring(library, "sea", "mine", last_try=False)
    assert again.error is None
    assert ids(again.photos) == [photos[0].id]


def test_a_run_with_nothing_to_do_shows_the_topics_newest(library: Library, choose: Choose) -> None:
    newest = recorded(library, choose(2, run_id="earlier"))[-1]
    brought = bring(library, "sea", "mine", last_try=False)
    assert brought.error is None
    assert ids(brought.photos) == [newest]


def test_a_run_whose_photos_another_has_taken_ends_well_without_any(
    library: Library, choose: Choose
) -> None:
    library.runs.begin("theirs", "sea")
    choose(run_id="theirs")
    brought = bring(library, "sea", "mine", last_try=True)
    assert (brought.photos, brought.error) == ((), None)
    assert brought.summary == "sea: stored 0"


def test_a_run_with_nothing_to_do_and_nothing_there_says_which_step_to_run(
    library: Library,
) -> None:
    brought = bring(library, "sea", "mine", last_try=False)
    assert said(brought, NoPhotos).startswith("no photo of 'sea' is chosen: materialize image_url")
    assert brought.photos == ()


@pytest.mark.long
def test_a_run_repairs_what_is_damaged_and_reports_what_cannot_be(
    library: Library, choose: Choose, api: Noted
) -> None:
    store(library, choose(2, run_id="earlier"), last_try=False)
    bad, worse = library.photos.stored_by("earlier")
    for photo in (bad, worse):
        cut(folder_of(library).path(photo.path))
    folder_of(library).path(worse.path).unlink()
    folder_of(library).path(worse.path).mkdir()
    verify(library)
    events = len(api.events)
    (chosen,) = choose(1)
    brought = bring(library, "sea", "mine", last_try=False)
    assert brought.error is None
    assert ids(brought.photos) == [chosen.id]
    assert brought.repairs.repaired == [bad.path]
    assert set(brought.repairs.failed) == {worse.path}
    assert [warning.split(": ")[0] for warning in brought.warnings] == [f"photo {worse.path}"]
    assert len(api.events) == events + 1, "a repair has no download event"
    assert [str(finding) for finding in verify(library).bad] == [f"damaged {worse.path}"]


def test_a_run_prunes_unless_it_failed(library: Library, choose: Choose) -> None:
    store(library, choose(2, run_id="earlier"), last_try=False)
    (first, second), root = library.photos.stored_by("earlier"), folder_of(library).root
    small = replace(library, settings=replace(library.settings, keep=Keep(photos=1)))
    choose(1, down=1)
    assert bring(small, "sea", "mine", last_try=False).pruned == Pruned()
    assert (root / first.path).exists()
    choose(1)
    brought = bring(small, "sea", "mine", last_try=False)
    assert (brought.pruned, brought.repairs) == (Pruned(2, first.bytes + second.bytes), Repairs())
    assert pictures(library) == [photo.path for photo in brought.photos]
    assert brought.summary == (
        f"sea: stored 1, newest {brought.photos[-1].path}; "
        f"pruned 2 of the oldest, {first.bytes + second.bytes:,} bytes"
    )


@pytest.mark.long
def test_a_run_says_that_it_prunes_nothing_because_of_the_clock(
    library: Library, choose: Choose, clock: Clock
) -> None:
    aged = replace(library, settings=replace(library.settings, keep=Keep(age=timedelta(days=30))))
    with working_on(aged, "earlier", "sea"):
        store(library, choose(2, run_id="earlier"), last_try=False)
    clock.now += 365 * 86_400
    with working_on(aged, "mine", "sea"):
        choose(1)
        brought = bring(aged, "sea", "mine", last_try=False)
    assert brought.error is None
    (warning,) = brought.warnings
    assert warning.startswith("the clock is more than a day ahead of the run before: ")
    assert (brought.pruned.photos, len(pictures(library))) == (0, 3)


def test_the_result_has_what_is_still_to_do(
    library: Library, choose: Choose, api: Noted, troubled: Troubled
) -> None:
    api.application = with_fault(troubled, "api-500")
    choose(2)
    brought = bring(library, "sea", "mine", last_try=False)
    assert brought.error is None, "an event that failed costs no photo"
    assert (brought.unsent_events, brought.waiting) == (2, COUNT - 2)


LONGEST_PATH = 4_095
"""Bytes of a path on Linux."""


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="needs a known bound of paths")
def test_a_name_that_the_file_system_does_not_take_is_shortened(
    opened: Opened, serve: Serve, tmp_path: Path
) -> None:
    """The folder is so deep that the end of a path has 220 bytes left."""
    root = tmp_path
    while (left := LONGEST_PATH - 220 - len(str(root))) > 0:
        root /= "d" * min(left, 200)
    topic = "ю" * 60
    mine: Library = opened(
        api_url=serve(Emulator()),
        topics=topic,
        library=str(root),
        catalogue=f"sqlite:///{tmp_path}/catalogue.db",
        rendition="thumb",
        photos_per_run="2",
    )
    photos = mine.client.random_photos(topic, 2).photos
    described = (replace(photo, alt_description="ж" * 90) for photo in photos)
    mine.photos.add(topic, list(described))
    with working_on(mine, "mine", topic):
        chosen = choose_photos(mine, topic, "mine").photos
        brought = bring(mine, topic, "mine", last_try=True)
    assert (brought.error, brought.not_stored) == (None, {})
    assert sorted(brought.outcome.stored) == sorted(ids(chosen))
    for file in brought.outcome.stored.values():
        assert file.path.startswith(f"{folder_name(topic)}/{'ж' * 30}_")
        assert sha256(root / file.path) == file.sha256
    assert verify(mine).findings == ()


class Odd(Folder):
    """A folder in which one file cannot get its name, for a reason of its own."""

    def __init__(self, root: Path, error: Exception, photo_id: str) -> None:
        super().__init__(root)
        self._error = error
        self._photo_id = photo_id

    def publish(self, file: TemporaryFile, name: RelativePath, *rest: Any) -> None:
        if self._photo_id not in name:
            super().publish(file, name, *rest)
            return
        with translate_errors(self.root, of_one_file=True):
            raise self._error


@pytest.mark.long
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(
            OSError(errno.EINVAL, "Invalid argument"), "refuses the photo's file (Inv", id="name"
        ),
        pytest.param(OSError(errno.EILSEQ, "Odd"), "refuses the photo's file (Odd)", id="script"),
        pytest.param(OSError(errno.EPERM, "Not so"), "the photo's file (Not so)", id="permission"),
        pytest.param(OSError(errno.EFBIG, "Too large"), "file (Too large)", id="size"),
        pytest.param(ValueError("no\nidea"), "unforeseen error (ValueError: no idea)", id="bug"),
    ],
)
def test_whatever_the_error_of_one_photo_it_costs_no_other_and_blocks_no_topic(
    library: Library, choose: Choose, error: Exception, reason: str
) -> None:
    odd, *others = ids(choose())
    vars(library)["store"] = Odd(folder_of(library).root, error, odd)
    brought = bring(library, "sea", "mine", last_try=False)
    assert sorted(brought.outcome.stored) == sorted(others)
    assert (brought.error, list(brought.not_stored)) == (None, [odd])
    assert reason in brought.not_stored[odd]
    assert verify(library).findings == ()
    library.photos.add("sea", library.client.random_photos("sea", 2).photos)
    assert odd not in ids(library.photos.choose("sea", 2, "next", "thumb", lambda u: u["thumb"]))


@pytest.mark.parametrize("number", [errno.EROFS, errno.EIO, errno.ENOENT, errno.EACCES])
def test_the_trouble_of_the_whole_disk_is_raised_and_what_was_stored_is_recorded(
    library: Library, choose: Choose, number: int
) -> None:
    odd, *others = ids(choose(2))
    vars(library)["store"] = Odd(folder_of(library).root, OSError(number, "of the test"), odd)
    with pytest.raises(LibraryError, match=r"the library .* cannot be written"):
        bring(library, "sea", "mine", last_try=False)
    assert sorted(ids(library.photos.stored_by("mine"))) in ([], others)
    assert verify(library).findings == ()
    del vars(library)["store"], vars(library)["downloader"]
    assert odd in ids(library.photos.take_over("sea", "mine"))


def test_a_run_takes_over_no_more_photos_than_it_may_bring(
    library: Library, choose: Choose
) -> None:
    left = choose(3, run_id="another, which died")
    brought = bring(library, "sea", "mine", last_try=True)
    assert [photo.id for photo in brought.photos] == ids(left[:1])
    assert ids(library.photos.take_over("sea", "later")) == ids(left[1:])
