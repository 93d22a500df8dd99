"""Tests of `library.asking.single`: how one photo that a person names becomes a run's own."""

import json
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from unsplash_assets.catalogue.browsing.listing import find
from unsplash_assets.emulator import answers
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.errors import BadAnswer, QuotaSpent, UnknownPhoto
from unsplash_assets.library.asking.single import claim_photo
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import Library
from unsplash_assets.library.removal import ban
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.model.photos import PhotoState
from unsplash_assets_tests.conftest import Noted, Opened, Serve

PHOTO = EmulatedPhoto(7, 1)
GONE = "AAAAAAAAAAA"
IDS = [
    next(found.id for found in photos if found.id.startswith(first))
    for first in "-_"
    for photos in [(EmulatedPhoto(7, number) for number in range(2000))]
]
"""Ids that begin with a dash and with an underscore."""


@pytest.fixture
def api() -> Noted:
    """The API; its `application` can be exchanged for another."""
    return Noted(Emulator())


@pytest.fixture
def url(serve: Serve, api: Noted) -> str:
    return serve(api)


@pytest.fixture
def library(opened: Opened, url: str) -> Library:
    return opened(api_url=url, rendition="thumb")


def state(library: Library, photo_id: str = PHOTO.id) -> str | None:
    known = find(library.database, photo_id, library.settings.api_url)
    return known.state if known else None


@pytest.mark.parametrize("photo_id", [PHOTO.id, *IDS])
def test_an_unknown_photo_is_asked_for_with_one_request_and_brought(
    library: Library, api: Noted, photo_id: str
) -> None:
    assert claim_photo(library, photo_id, "sea", "mine") is None
    assert [asked.path for asked in api.asked] == [f"/photos/{photo_id}"]
    brought = bring(library, "sea", "mine", last_try=True)
    assert [(photo.id, photo.topic, photo.rendition) for photo in brought.photos] == [
        (photo_id, "sea", "thumb")
    ]
    assert [asked.photo_id for asked in api.events] == [photo_id]
    assert library.budget.usage().used == 2


@pytest.mark.long
def test_a_photo_that_waits_for_any_topic_costs_no_request_and_changes_its_topic(
    library: Library, api: Noted
) -> None:
    top_up(library, "sky")
    waiting = [photo.id for photo in choose(library, "sky", "first").photos]
    library.photos.release(waiting)
    claim_photo(library, waiting[0], "sea", "mine")
    assert len(api.asked) == 1
    (photo,) = bring(library, "sea", "mine", last_try=True).photos
    assert (photo.id, photo.topic) == (waiting[0], "sea")


def test_a_stored_photo_is_returned_as_it_is(library: Library, api: Noted) -> None:
    claim_photo(library, PHOTO.id, "sea", "mine")
    (stored,) = bring(library, "sea", "mine", last_try=True).photos
    asked = len(api.asked)
    known = claim_photo(library, PHOTO.id, "sky", "another")
    assert known
    assert (known.path, known.topic) == (stored.path, "sea")
    assert len(api.asked) == asked
    assert library.photos.waiting("sky") == 0


def refuse(library: Library) -> None:
    claim_photo(library, PHOTO.id, "sky", "before")
    library.photos.refuse({PHOTO.id: "too large"})


def prune_it(library: Library) -> None:
    claim_photo(library, PHOTO.id, "sky", "before")
    with library.database.writing() as connection:
        connection.exec_driver_sql("UPDATE photos SET state = 'pruned', path = 'sky/old.jpg'")


@pytest.mark.parametrize("end", [refuse, prune_it])
def test_a_photo_that_was_refused_or_pruned_comes_again_for_a_person(
    library: Library, end: Callable[[Library], None]
) -> None:
    end(library)
    assert claim_photo(library, PHOTO.id, "sea", "mine") is None
    assert [photo.id for photo in bring(library, "sea", "mine", last_try=True).photos] == [PHOTO.id]


def test_a_banned_photo_is_refused_without_a_request(library: Library, api: Noted) -> None:
    ban(library, PHOTO.id)
    with pytest.raises(UnknownPhoto) as refused:
        claim_photo(library, PHOTO.id, "sea", "mine")
    assert str(refused.value) == (
        f"photo {PHOTO.id} is banned: `unsplash-assets ban {PHOTO.id} --undo` lets it come again"
    )
    assert api.asked == []


def test_a_damaged_photo_is_left_to_the_repair(library: Library) -> None:
    claim_photo(library, PHOTO.id, "sea", "mine")
    bring(library, "sea", "mine", last_try=True)
    with library.database.writing() as connection:
        connection.exec_driver_sql("UPDATE photos SET state = 'damaged'")
    with pytest.raises(UnknownPhoto, match="its file is bad: `unsplash-assets verify --repair`"):
        claim_photo(library, PHOTO.id, "sea", "another")


def test_a_photo_of_a_run_at_work_is_left_to_that(library: Library) -> None:
    claim_photo(library, PHOTO.id, "sea", "first")
    with pytest.raises(UnknownPhoto, match=f"photo {PHOTO.id} is being brought by another run"):
        claim_photo(library, PHOTO.id, "sea", "second")
    library.runs.end("first")
    assert claim_photo(library, PHOTO.id, "sea", "third") is None
    assert state(library) == PhotoState.CHOSEN


class OnePhoto:
    """An API that answers each request with one photo, with changes."""

    def __init__(self, **changes: Any) -> None:
        self._changes = changes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        photo = answers.full(PHOTO, f"http://{environ['HTTP_HOST']}", "")
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps({**photo, **self._changes}).encode()]


def test_a_premium_photo_is_refused_in_one_line(library: Library, api: Noted) -> None:
    api.application = OnePhoto(premium=True)
    with pytest.raises(UnknownPhoto) as refused:
        claim_photo(library, PHOTO.id, "sea", "mine")
    assert str(refused.value) == (
        f"photo {PHOTO.id}: Unsplash has this photo only as one that is skipped (premium)"
    )
    assert state(library) is None
    assert library.runs.last() is None


def test_a_photo_that_unsplash_has_not_is_refused_in_one_line(library: Library) -> None:
    with pytest.raises(UnknownPhoto, match=f"^photo {GONE}: Unsplash no longer has the photo"):
        claim_photo(library, GONE, "sea", "mine")


def test_an_answer_with_another_photo_is_not_taken_for_the_one(
    library: Library, api: Noted
) -> None:
    api.application = OnePhoto()
    with pytest.raises(BadAnswer, match=f"answered with photo {PHOTO.id} where {GONE} was asked"):
        claim_photo(library, GONE, "sea", "mine")


def test_no_photo_is_asked_for_beyond_the_budget(library: Library, api: Noted) -> None:
    with library.budget.reserve(50) as grant:
        for _ in range(50):
            grant.settle(None)
    with pytest.raises(QuotaSpent, match="request budget spent: 50 of 50"):
        claim_photo(library, PHOTO.id, "sea", "mine")
    assert api.asked == []
    assert state(library) is None
