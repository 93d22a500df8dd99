"""Tests of `library.asking.sources`: how a topic's source is asked for, and what comes of it."""

from collections.abc import Callable

import pytest

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.emulator.places import EmulatedTopic, code_of_collection
from unsplash_assets.errors import NoPhotos, QuotaSpent
from unsplash_assets.library.opening import Library
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.library.status import look
from unsplash_assets_tests.conftest import Noted, Opened, Serve
from unsplash_assets_tests.unsplash.test_sources import without_parameters

Wanting = Callable[..., Library]


@pytest.fixture
def api() -> Noted:
    """The API; its `application` can be exchanged for another."""
    return Noted(Emulator())


@pytest.fixture
def wanting(opened: Opened, serve: Serve, api: Noted) -> Wanting:
    """Open the library with these topics: `wanting("Desk=collection:1", photos_per_run="3")`."""
    url = serve(api)
    return lambda topics, **values: opened(api_url=url, topics=topics, **values)


def emulated(library: Library, topic: str) -> list[EmulatedPhoto]:
    chosen = choose(library, topic, "mine").photos
    return [photo for photo in map(EmulatedPhoto.from_id, (c.id for c in chosen)) if photo]


def test_a_topic_asks_for_its_source_with_its_options(wanting: Wanting, api: Noted) -> None:
    topics = "Faces=query:old faces[orientation=portrait],Desk=collection:7,sea"
    library = wanting(topics, orientation="landscape", content_filter="high")
    for topic in ("Faces", "Desk", "sea"):
        top_up(library, topic)
    general = "count=30&content_filter=high&orientation="
    assert [asked.query for asked in api.asked if asked.path == "/photos/random"] == [
        f"query=old+faces&{general}portrait",
        f"collections=7&{general}landscape",
        f"query=sea&{general}landscape",
    ]


@pytest.mark.long
def test_photos_of_each_source_wait_under_the_name_and_are_of_the_source(wanting: Wanting) -> None:
    library = wanting("Ana=user:ana_almeida,Walls=topic:wallpapers,Desk=collection:7+8")
    for topic, requests in (("Ana", 1), ("Walls", 2), ("Desk", 3)):
        found = top_up(library, topic)
        assert (found.requests, found.new, found.warnings) == (requests, 30, [])
    assert library.budget.usage().used == 6
    (ana,), (wall,), (desk,) = (emulated(library, topic) for topic in ("Ana", "Walls", "Desk"))
    assert ana.photographer == ("Ana", "Almeida")
    assert wall.submitted_to == EmulatedTopic("wallpapers")
    assert desk.topic_code in {code_of_collection("7"), code_of_collection("8")}


@pytest.mark.long
def test_a_source_is_looked_up_once_for_a_run_that_asks_several_times(wanting: Wanting) -> None:
    library = wanting("Walls=topic:wallpapers", photos_per_run="40")
    assert top_up(library, "Walls").requests == 3


def test_an_unknown_source_is_exhausted_and_named(wanting: Wanting) -> None:
    library = wanting("Walls=topic:gone,Nobody=user:nobody,Desk=collection:404")
    for topic in ("Walls", "Nobody", "Desk"):
        with pytest.raises(NoPhotos):
            top_up(library, topic)
    reasons = {name: found.reason for name, found in look(library).exhausted.items()}
    assert reasons["Walls"].startswith("Unsplash has no topic 'gone', or does not show it: choose")
    assert reasons["Nobody"].startswith("Unsplash has no user 'nobody', or does not show it:")
    assert reasons["Desk"].startswith("collection '404' is empty: choose another")
    assert library.budget.usage().used == 3


def test_an_unknown_topic_among_known_ones_is_told_of(wanting: Wanting) -> None:
    found = top_up(wanting("Walls=topic:gone+film"), "Walls")
    assert found.new == 30
    (warning,) = found.warnings
    assert warning.startswith("Walls: Unsplash has no topic 'gone'")


def test_photos_that_do_not_belong_are_skipped_and_told_of(wanting: Wanting, api: Noted) -> None:
    api.application = without_parameters(Emulator())
    library = wanting("Walls=topic:film")
    found = top_up(library, "Walls")
    assert (found.new, dict(found.skipped)) == (0, {"of another topic": 60})
    assert "no new photos of 'Walls', only known ones, and 60 skipped (of another topic)" in str(
        found.shortage
    )


def test_another_source_under_the_name_forgets_that_the_first_was_exhausted(
    wanting: Wanting,
) -> None:
    library = wanting("Walls=topic:film")
    library.exhaustion.note("Walls", "no new ones")
    assert set(wanting("Walls=topic:film").exhaustion.left_alone()) == {"Walls"}
    for topics in ("Walls=topic:travel", "Walls", "Walls=topic:film[content_filter=high]"):
        assert wanting(topics).exhaustion.left_alone() == {}


@pytest.mark.long
def test_another_source_under_the_name_keeps_the_photos(wanting: Wanting) -> None:
    top_up(wanting("Walls=topic:film"), "Walls")
    library = wanting("Walls=topic:travel", photos_per_run="31")
    assert library.photos.waiting("Walls") == 30
    assert top_up(library, "Walls").waiting == 60


def test_a_source_is_not_looked_up_where_the_budget_ends_there(
    wanting: Wanting, api: Noted
) -> None:
    library = wanting("Desk=collection:1+2")
    with library.budget.reserve(48) as grant:
        for _ in range(48):
            grant.settle(None)
    with pytest.raises(QuotaSpent, match="request budget spent: 50 of 50"):
        top_up(library, "Desk")
    assert api.asked == []


@pytest.mark.long
def test_the_demo_tells_which_sources_it_has_where_it_has_not_the_one(opened: Opened) -> None:
    library = opened(topics="Annie=user:anniespratt", api_key="")
    with pytest.raises(NoPhotos, match="the demo has its own, such as user:ana_almeida"):
        top_up(library, "Annie")
    for source in ("user:ana_almeida", "topic:wallpapers", "collection:1065976"):
        name = source.partition(":")[0]
        assert top_up(opened(topics=f"{name}={source}", api_key=""), name).new == 30
