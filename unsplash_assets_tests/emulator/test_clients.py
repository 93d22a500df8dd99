"""Tests of the emulated API with independent clients, unchanged and pointed at its port.

unsplash-js is Unsplash's own client, python-unsplash a third party's. The constructor of the latter
takes no base URL, so the tests set its attribute.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from unsplash.api import Api
from unsplash.auth import Auth
from unsplash.errors import UnsplashError

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.endpoints import UNMATCHED_QUERY
from unsplash_assets.emulator.photos import EmulatedPhoto, topic_code
from unsplash_assets.emulator.quota import HourlyQuota
from unsplash_assets_tests.conftest import Clock, Serve
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.waiting import CEILING

KEY = "the-only-key"
PHOTO = EmulatedPhoto(topic_code("nature"), 7)

NO_KEY = (401, "OAuth error: The access token is invalid")
NO_PHOTOS = (404, "No photos found.")
NO_PHOTO = (404, "Couldn't find Photo")
NO_ENDPOINT = (404, "Unable to find endpoint")
SPENT = (403, "Rate Limit Exceeded")

SCRIPT = Path(__file__).with_name("unsplash_js.mjs")


@pytest.fixture
def url(serve: Serve) -> str:
    return serve(Emulator(keys=frozenset({KEY})))


@pytest.fixture
def spent_url(serve: Serve, clock: Clock) -> str:
    return serve(Emulator(HourlyQuota(0, clock)))


def topic_of(photo_id: str) -> str | None:
    photo = EmulatedPhoto.from_id(photo_id)
    return photo.topic if photo else None


def assert_picture(address: str) -> None:
    answer = requests.get(address, timeout=CEILING)
    assert answer.headers["Content-Type"] == "image/jpeg"


# unsplash-js


Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def unsplash_js(processes: Processes) -> Ask:
    """GET an endpoint; gives data or error as the client has it, status and headers."""

    def ask(url: str, endpoint: str, key: str = KEY, **parameters: Any) -> dict[str, Any]:
        command = ["node", str(SCRIPT), url, key, endpoint, json.dumps(parameters)]
        answer: dict[str, Any] = json.loads(processes.run(command, check=True).stdout)
        return answer

    return ask


@pytest.mark.process
@pytest.mark.needs("node", "npm", "unsplash-js")
def test_unsplash_js_gets_a_photo_of_a_topic(unsplash_js: Ask, url: str) -> None:
    photo = unsplash_js(url, "/photos/random", query={"query": "nature"})["data"]
    assert topic_of(photo["id"]) == "nature"
    assert_picture(photo["urls"]["thumb"])


@pytest.mark.process
@pytest.mark.needs("node", "npm", "unsplash-js")
def test_unsplash_js_gets_several_photos_of_a_topic(unsplash_js: Ask, url: str) -> None:
    """It sends lists, too: a search cannot be combined with collections, and counts alone."""
    query = {
        "query": "写真 & art",
        "count": 3,
        "orientation": "portrait",
        "collections": ["a", "b"],
    }
    photos = unsplash_js(url, "/photos/random", query=query)["data"]
    assert len({photo["id"] for photo in photos}) == 3
    assert all(photo["width"] < photo["height"] for photo in photos)


@pytest.mark.process
@pytest.mark.needs("node", "npm", "unsplash-js")
def test_unsplash_js_gets_photos_of_a_user(unsplash_js: Ask, url: str) -> None:
    query = {"username": "ana_almeida", "count": 2}
    photos = unsplash_js(url, "/photos/random", query=query)["data"]
    assert [photo["user"]["name"] for photo in photos] == ["Ana Almeida"] * 2


@pytest.mark.process
@pytest.mark.needs("node", "npm", "unsplash-js")
def test_unsplash_js_searches(unsplash_js: Ask, url: str) -> None:
    query = {"query": "art", "page": 2, "per_page": 5, "order_by": "latest", "color": "blue"}
    answer = unsplash_js(url, "/search/photos", query=query)
    assert {topic_of(photo["id"]) for photo in answer["data"]["results"]} == {"art"}
    assert len(answer["data"]["results"]) == 5
    assert (answer["headers"]["x-total"], answer["headers"]["x-per-page"]) == ("10000", "5")
    assert 'rel="next"' in answer["headers"]["link"]


@pytest.mark.process
@pytest.mark.needs("node", "npm", "unsplash-js")
def test_unsplash_js_finds_a_photo(unsplash_js: Ask, url: str) -> None:
    photo = unsplash_js(url, "/photos/{assetSlug}", path={"assetSlug": PHOTO.id})["data"]
    assert (photo["id"], photo["alt_description"]) == (PHOTO.id, PHOTO.description)


@pytest.mark.process
@pytest.mark.needs("node", "npm", "unsplash-js")
def test_unsplash_js_tells_of_a_download(unsplash_js: Ask, url: str) -> None:
    event = unsplash_js(url, "/photos/{id}/download", path={"id": PHOTO.id})["data"]
    assert_picture(f"{event['url']}&w=200")


@pytest.mark.process
@pytest.mark.needs("node", "npm", "unsplash-js")
@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        (("", "/photos/random", {}), NO_KEY),
        (("another", "/photos/random", {}), NO_KEY),
        ((KEY, "/photos/random", {"query": {"query": UNMATCHED_QUERY}}), NO_PHOTOS),
        ((KEY, "/photos/{assetSlug}", {"path": {"assetSlug": "none"}}), NO_PHOTO),
        ((KEY, "/photos/{id}/download", {"path": {"id": "none"}}), NO_PHOTO),
        ((KEY, "/search/photos", {}), (400, "query is missing")),
        ((KEY, "/stats/total", {}), NO_ENDPOINT),
    ],
)
def test_unsplash_js_reads_why_it_was_refused(
    unsplash_js: Ask, url: str, asked: tuple[str, str, dict[str, Any]], refusal: tuple[int, str]
) -> None:
    key, endpoint, parameters = asked
    answer = unsplash_js(url, endpoint, key, **parameters)
    status, reason = refusal
    assert (answer["status"], answer["error"]) == (status, {"errors": [reason]})


@pytest.mark.process
@pytest.mark.needs("node", "npm", "unsplash-js")
def test_unsplash_js_reads_that_the_quota_is_spent(unsplash_js: Ask, spent_url: str) -> None:
    answer = unsplash_js(spent_url, "/photos/random")
    assert (answer["status"], answer["error"]) == SPENT
    assert answer["headers"]["x-ratelimit-remaining"] == "0"


@pytest.mark.process
@pytest.mark.needs("node", "npm", "unsplash-js")
def test_unsplash_js_reads_the_quota(unsplash_js: Ask, serve: Serve, clock: Clock) -> None:
    url = serve(Emulator(HourlyQuota(50, clock)))
    answers = [unsplash_js(url, "/photos/random") for _ in range(2)]
    assert {answer["headers"]["x-ratelimit-limit"] for answer in answers} == {"50"}
    assert [answer["headers"]["x-ratelimit-remaining"] for answer in answers] == ["49", "48"]


# python-unsplash


def python_unsplash(url: str, key: str = KEY) -> Any:
    api = Api(Auth(key, client_secret="", redirect_uri=""))
    api.base_url = url
    return api


def test_python_unsplash_gets_a_photo_of_a_topic(url: str) -> None:
    (photo,) = python_unsplash(url).photo.random(query="nature")
    assert topic_of(photo.id) == "nature"
    assert photo.user.name.startswith(photo.user.first_name)
    assert_picture(photo.urls.thumb)


def test_python_unsplash_gets_several_photos_of_a_topic(url: str) -> None:
    photos = python_unsplash(url).photo.random(count=3, query="写真 & art", orientation="portrait")
    assert len({photo.id for photo in photos}) == 3
    assert all(photo.width < photo.height for photo in photos)


def test_python_unsplash_gets_photos_of_a_user_and_of_a_collection(url: str) -> None:
    api = python_unsplash(url)
    photos = api.photo.random(count=2, username="ana_almeida")
    assert [photo.user.name for photo in photos] == ["Ana Almeida"] * 2
    assert len(api.photo.random(count=2, collections="1065976")) == 2
    assert api.collection.get("1065976").title == "Collection 1065976"


def test_python_unsplash_searches(url: str) -> None:
    found = python_unsplash(url).search.photos("art", page=2, per_page=5, color="blue")
    assert found["total"] == 10_000
    assert [topic_of(photo.id) for photo in found["results"]] == ["art"] * 5


def test_python_unsplash_finds_a_photo(url: str) -> None:
    photo = python_unsplash(url).photo.get(PHOTO.id)
    assert (photo.id, photo.alt_description) == (PHOTO.id, PHOTO.description)
    assert photo.exif.make == "Emulated"


def test_python_unsplash_reports_a_download(url: str) -> None:
    event = python_unsplash(url).photo.download(PHOTO.id)
    assert_picture(f"{event['url']}&w=200")


Call = Callable[[Any], object]


@pytest.mark.parametrize(
    ("key", "call", "refusal"),
    [
        ("", lambda api: api.photo.random(), NO_KEY),
        ("another", lambda api: api.photo.random(), NO_KEY),
        (KEY, lambda api: api.photo.random(query=UNMATCHED_QUERY), NO_PHOTOS),
        (KEY, lambda api: api.photo.get("none"), NO_PHOTO),
        (KEY, lambda api: api.photo.download("none"), NO_PHOTO),
        (KEY, lambda api: api.search.photos("art", page=0), (400, "page is invalid")),
        (KEY, lambda api: api.stat.total(), NO_ENDPOINT),
    ],
)
def test_python_unsplash_reads_why_it_was_refused(
    url: str, key: str, call: Call, refusal: tuple[int, str]
) -> None:
    """It keeps the reason and drops the status."""
    with pytest.raises(UnsplashError) as refused:
        call(python_unsplash(url, key))
    assert str(refused.value) == refusal[1]


def test_python_unsplash_reads_that_the_quota_is_spent(spent_url: str) -> None:
    with pytest.raises(UnsplashError) as refused:
        python_unsplash(spent_url).photo.random()
    assert str(refused.value) == SPENT[1]
