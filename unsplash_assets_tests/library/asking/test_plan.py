"""Tests of `library.asking.plan`: what a fetch would bring and cost, without asking anybody."""

import pytest

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.errors import UnknownPhoto
from unsplash_assets.library.asking.plan import plan, plan_photo
from unsplash_assets.library.asking.single import claim_photo
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import Library
from unsplash_assets.library.removal import ban
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets_tests.conftest import Noted, Opened, Serve

PHOTO = EmulatedPhoto(7, 1)


@pytest.fixture
def api() -> Noted:
    return Noted(Emulator())


@pytest.fixture
def library(opened: Opened, serve: Serve, api: Noted) -> Library:
    topics = "sea,Desk=collection:1+2,Walls=topic:film"
    return opened(api_url=serve(api), topics=topics, photos_per_run="3", rendition="thumb")


def test_waiting_photos_are_those_that_the_next_run_chooses(library: Library, api: Noted) -> None:
    top_up(library, "sea")
    asked = len(api.asked)
    planned = plan(library, "sea", 3)
    assert (planned.asking, planned.events, planned.earlier, planned.cost) == (0, 3, 0, 3)
    assert (planned.free, planned.reasons) == (library.budget.free(), ())
    assert len(api.asked) == asked
    assert library.photos.waiting("sea") == 30
    chosen = choose(library, "sea", "mine").photos
    assert [photo.id for photo in planned.photos] == [photo.id for photo in chosen]


@pytest.mark.parametrize(
    ("topic", "count", "asking"),
    [("sea", 1, 1), ("sea", 30, 1), ("sea", 31, 2), ("Desk", 1, 3), ("Walls", 45, 3)],
)
def test_photos_that_are_not_known_yet_cost_requests(
    library: Library, topic: str, count: int, asking: int
) -> None:
    planned = plan(library, topic, count)
    assert (planned.photos, planned.asking, planned.events) == ((), asking, count)


@pytest.mark.long
def test_a_plan_is_what_a_run_then_costs(library: Library) -> None:
    planned = plan(library, "Desk", 3)
    top_up(library, "Desk")
    library.runs.begin("mine", "Desk")
    choose(library, "Desk", "mine")
    bring(library, "Desk", "mine", last_try=True)
    assert library.budget.usage().used == planned.cost == 6


@pytest.mark.long
def test_photos_of_a_run_at_work_are_not_counted_and_those_left_behind_are(
    library: Library,
) -> None:
    top_up(library, "sea")
    library.runs.begin("mine", "sea")
    own = [photo.id for photo in choose(library, "sea", "mine").photos]
    assert not {photo.id for photo in plan(library, "sea", 30).photos} & set(own)
    library.runs.end("mine")
    assert [photo.id for photo in plan(library, "sea", 3).photos] == own


def test_what_would_keep_photos_from_coming_is_told(library: Library) -> None:
    library.exhaustion.note("sea", "no new ones of sea")
    with library.budget.reserve(48) as grant:
        for _ in range(48):
            grant.settle(None)
    exhausted, spent = plan(library, "sea", 5).reasons
    assert exhausted.startswith("no new ones of sea; the schedule asks again from ")
    assert spent.startswith("request budget too small for 6 requests: 48 of 50 in the last hour")


def test_one_photo_that_is_unknown_would_be_asked_for(library: Library, api: Noted) -> None:
    planned = plan_photo(library, PHOTO.id)
    assert (planned.photos, planned.wanted, planned.asking, planned.cost) == ((), 1, 1, 2)
    assert api.asked == []


def test_one_photo_that_waits_costs_its_event_alone(library: Library) -> None:
    top_up(library, "sea")
    waiting = plan(library, "sea", 1).photos[0]
    planned = plan_photo(library, waiting.id)
    assert (planned.photos, planned.asking, planned.cost) == ((waiting,), 0, 1)


def test_one_photo_that_is_stored_costs_nothing(library: Library) -> None:
    claim_photo(library, PHOTO.id, "sea", "mine")
    (stored,) = bring(library, "sea", "mine", last_try=True).photos
    planned = plan_photo(library, PHOTO.id)
    assert (planned.wanted, planned.cost) == (0, 0)
    assert planned.reasons == (f"photo {PHOTO.id} is here already: {stored.path}",)


def test_one_photo_that_would_not_be_brought_is_refused_as_in_a_fetch(library: Library) -> None:
    ban(library, PHOTO.id)
    with pytest.raises(UnknownPhoto, match=f"photo {PHOTO.id} is banned"):
        plan_photo(library, PHOTO.id)
