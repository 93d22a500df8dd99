"""Tests of `unsplash.sources`: what is asked for a source, and which photos belong to it."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.emulator.places import EMPTY_COLLECTION, code_of_collection, find_topic
from unsplash_assets.errors import BadAnswer, NoPhotos, QuotaSpent, RequestRefused
from unsplash_assets.model.topics import Filters, Kind, Source
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.unsplash.answers import Question, problem
from unsplash_assets.unsplash.budget import Grant
from unsplash_assets.unsplash.client import UnsplashClient
from unsplash_assets.unsplash.models import PICTURES, Place, read_photo
from unsplash_assets.unsplash.sources import Wanted
from unsplash_assets_tests.conftest import Noted, Serve
from unsplash_assets_tests.recorded import recordings

PHOTOS = {
    photo["id"]: photo
    for answer in recordings()
    if answer.name.partition("_get_photos_random")[1] and answer.status == 200
    for photo in (answer.content if isinstance(answer.content, list) else [answer.content])
}
"""The recorded answers to requests for random photos, by id."""
BY_ANDY, OF_TOPICS, OF_NO_TOPIC, OLD = "_-BxCUIRjuE", "hlPongnSUns", "TzUQ1ZuuXxc", "LIHoumDou1I"
TRAVEL = Place(id="Fzo3zuOHN6w", slug="travel")
FILM = Place(id="hmenvQhUmxM", slug="film")


def why_not(content: dict[str, Any], kind: Kind, *values: str, places: Iterable[Place] = ()) -> Any:
    """Return why a photo is skipped, or its id."""
    wanted = Wanted(Source(kind, values), tuple(places))
    read = read_photo(content, frozenset({PICTURES}), wanted.why_not)
    return read if isinstance(read, str) else read.id


@pytest.mark.parametrize("username", ["andy_brunner", "Andy_Brunner"])
def test_a_recorded_photo_of_the_user_belongs(username: str) -> None:
    assert why_not(PHOTOS[BY_ANDY], "user", username) == BY_ANDY


@pytest.mark.parametrize("photo_id", [OF_TOPICS, OF_NO_TOPIC, OLD])
def test_a_recorded_photo_of_another_user_is_skipped(photo_id: str) -> None:
    assert why_not(PHOTOS[photo_id], "user", "andy_brunner") == "by another user"


def test_a_photo_without_a_username_is_not_taken_for_a_users() -> None:
    content = {**PHOTOS[BY_ANDY], "user": {"name": "Andy Brunner"}}
    assert why_not(content, "user", "andy_brunner") == "by another user"


@pytest.mark.parametrize("places", [[TRAVEL], [FILM, TRAVEL], [Place(id="Fzo3zuOHN6w")]])
def test_a_recorded_photo_of_the_topic_belongs(places: list[Place]) -> None:
    assert why_not(PHOTOS[OF_TOPICS], "topic", "travel", places=places) == OF_TOPICS


@pytest.mark.parametrize("photo_id", [OF_TOPICS, OF_NO_TOPIC])
def test_a_recorded_photo_that_says_that_it_is_of_other_topics_is_skipped(photo_id: str) -> None:
    assert why_not(PHOTOS[photo_id], "topic", "film", places=[FILM]) == "of another topic"


def test_a_recorded_photo_that_does_not_say_which_topics_have_it_is_taken() -> None:
    assert "topics" not in PHOTOS[OLD]
    assert why_not(PHOTOS[OLD], "topic", "film", places=[FILM]) == OLD


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("approved", OF_TOPICS),
        ("rejected", "of another topic"),
        ("unevaluated", "of another topic"),
    ],
)
def test_a_photo_belongs_to_a_topic_that_has_approved_it(status: str, outcome: str) -> None:
    submitted = {"film": {"status": status}}
    content = {**PHOTOS[OF_TOPICS], "topics": None, "topic_submissions": submitted}
    assert why_not(content, "topic", "film", places=[FILM]) == outcome


@pytest.mark.parametrize("odd", [[], "travel", 5, {"travel": "yes"}, [{"id": 5, "slug": None}]])
def test_odd_words_about_topics_cost_no_photo(odd: Any) -> None:
    content = {**PHOTOS[OF_TOPICS], "topic_submissions": odd}
    assert why_not(content, "topic", "travel", places=[TRAVEL]) == OF_TOPICS
    content = {**PHOTOS[OF_TOPICS], "topics": odd}
    assert why_not(content, "query", "sea") == OF_TOPICS


def test_a_premium_photo_is_skipped_as_one_whatever_the_source() -> None:
    assert why_not({**PHOTOS[OLD], "premium": True}, "user", "andy_brunner") == "premium"


@pytest.mark.parametrize(
    ("wanted", "parameters"),
    [
        (Wanted(Source("query", ("sea fog",))), {"query": "sea fog"}),
        (Wanted(Source("user", ("anniespratt",))), {"username": "anniespratt"}),
        (
            Wanted(Source("topic", ("travel", "film")), (TRAVEL, FILM)),
            {"topics": "Fzo3zuOHN6w,hmenvQhUmxM"},
        ),
        (
            Wanted(Source("collection", ("1", "2")), (Place(id="2"),), {"1": "empty"}),
            {"collections": "2"},
        ),
    ],
)
def test_each_source_has_a_parameter_of_its_own(wanted: Wanted, parameters: dict[str, str]) -> None:
    """A search cannot be combined with the others, and of topics the ids alone are known."""
    general = {"count": "30", "content_filter": "high", "orientation": "portrait"}
    assert wanted.parameters(30, Filters("portrait", "high")) == {**parameters, **general}


# With the emulator


@pytest.fixture
def api() -> Noted:
    """The API; its `application` can be exchanged for another."""
    return Noted(Emulator())


@pytest.fixture
def client(serve: Serve, api: Noted) -> UnsplashClient:
    return UnsplashClient(HttpTransport(), "key", serve(api))


def test_photos_of_a_user_are_by_that_user(client: UnsplashClient) -> None:
    brought = client.random_photos(client.look_up(Source("user", ("ana_almeida",))))
    assert {photo.photographer for photo in brought.photos} == {"Ana Almeida"}
    assert (len(brought.photos), brought.skipped) == (30, {})


@pytest.mark.parametrize("value", ["travel", "topic id"])
def test_photos_of_a_topic_are_of_that_topic_by_slug_and_by_id(
    client: UnsplashClient, value: str
) -> None:
    topic = find_topic("travel")
    assert topic
    wanted = client.look_up(Source("topic", (topic.id if value == "topic id" else value,)))
    assert [(place.id, place.slug) for place in wanted.places] == [(topic.id, "travel")]
    found = [EmulatedPhoto.from_id(photo.id) for photo in client.random_photos(wanted).photos]
    assert {photo.topic_code for photo in found if photo} == {topic.code}


def test_photos_of_collections_are_of_any_of_them(client: UnsplashClient, api: Noted) -> None:
    wanted = client.look_up(Source("collection", ("1065976", "3178572")))
    found = [EmulatedPhoto.from_id(photo.id) for photo in client.random_photos(wanted).photos]
    codes = {code_of_collection("1065976"), code_of_collection("3178572")}
    assert {photo.topic_code for photo in found if photo} == codes
    assert parse_qs(api.asked[-1].query)["collections"] == ["1065976,3178572"]


def test_a_search_and_a_user_need_no_request_to_be_looked_up(client: UnsplashClient) -> None:
    none = Grant(0)
    for source in (Source("query", ("sea",)), Source("user", ("nobody",))):
        assert client.look_up(source, none) == Wanted(source)


def test_each_collection_and_topic_is_looked_up_with_one_request(client: UnsplashClient) -> None:
    source, grant = Source("collection", ("1", "2", "3")), Grant(3)
    client.look_up(source, grant)
    assert (grant.made, source.lookups, source.cost) == (3, 3, 4)
    with pytest.raises(QuotaSpent):
        client.look_up(source, Grant(2))


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Source("user", ("anyone",)), "Unsplash has no user 'anyone', or does not show it"),
        (Source("topic", ("gone",)), "Unsplash has no topic 'gone', or does not show it"),
        (Source("collection", ("x",)), "Unsplash has no collection 'x', or does not show it"),
        (Source("collection", (EMPTY_COLLECTION,)), f"collection '{EMPTY_COLLECTION}' is empty"),
    ],
)
def test_what_is_unknown_is_told_apart_from_what_is_empty(
    client: UnsplashClient, source: Source, said: str
) -> None:
    with pytest.raises(NoPhotos) as refused:
        client.random_photos(client.look_up(source))
    assert str(refused.value) == f"{said}: choose another in UNSPLASH_TOPICS"


def test_one_that_is_unknown_costs_the_others_nothing(client: UnsplashClient) -> None:
    wanted = client.look_up(Source("topic", ("gone", "film")))
    assert [place.slug for place in wanted.places] == ["film"]
    assert list(wanted.unusable) == ["gone"]
    assert len(client.random_photos(wanted).photos) == 30


def test_photos_that_the_api_adds_of_its_own_are_skipped_and_counted(
    client: UnsplashClient, api: Noted
) -> None:
    """It passes over an unknown topic, and answers with any photos."""
    wanted = client.look_up(Source("topic", ("film",)))
    api.application = without_parameters(Emulator())
    brought = client.random_photos(wanted)
    assert (brought.photos, brought.skipped) == ((), {"of another topic": 30})
    assert client.random_photos(Wanted(Source("user", ("nobody",)))).skipped == {
        "by another user": 30
    }


def without_parameters(application: WSGIApplication) -> WSGIApplication:
    """Answer requests for random photos as if they had asked for thirty of any."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return application({**environ, "QUERY_STRING": "count=30"}, start_response)

    return answer


@pytest.mark.parametrize("content", [{}, [], None, {"id": ""}, {"id": {}}, "x"])
def test_what_is_no_collection_and_no_topic_is_not_taken_for_one(
    serve: Serve, content: Any
) -> None:
    def answer(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [json.dumps(content).encode()]

    with pytest.raises(BadAnswer, match="no collection and no topic"):
        UnsplashClient(HttpTransport(), "key", serve(answer)).look_up(Source("topic", ("film",)))


def test_recorded_answers_about_what_is_unknown_are_read_as_such() -> None:
    question = Question("https://api.unsplash.com/photos/random", "user 'nobody'", of_a_source=True)
    unknown = [
        answer
        for answer in recordings()
        if answer.status == 404 and answer.body.startswith(b'{"errors":["Couldn\'t find ')
        and b"find Photo" not in answer.body
    ]  # fmt: skip
    assert len(unknown) > 3
    for answer in unknown:
        error = problem(answer.status, answer.headers, answer.body, question)
        assert str(error).startswith("Unsplash has no user 'nobody', or does not show it"), answer
    no_endpoint = b'{"errors":["Unable to find endpoint"]}'
    assert isinstance(problem(404, {}, no_endpoint, question), RequestRefused)
