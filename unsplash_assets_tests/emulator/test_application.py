"""Tests of the emulated API: its endpoints, refusals and quota, against the specification."""

import io
import random
import re
import threading
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication
from wsgiref.validate import validator

import hypothesis
import jsonschema
import pytest
import requests
import requests.adapters
from hypothesis import strategies as st
from PIL import Image

from unsplash_assets.emulator import places
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.endpoints import UNMATCHED_QUERY
from unsplash_assets.emulator.photos import EmulatedPhoto, topic_code
from unsplash_assets.emulator.quota import HourlyQuota
from unsplash_assets.transport.wsgi import WsgiPool
from unsplash_assets_tests.conftest import Clock, Serve
from unsplash_assets_tests.recorded import recordings
from unsplash_assets_tests.support.specification import specification
from unsplash_assets_tests.support.waiting import CEILING

BASE = "http://emulator.invalid"
KEY = {"Authorization": "Client-ID any-key"}
PHOTO = EmulatedPhoto(topic_code("nature"), 7)
PHOTOS = st.builds(EmulatedPhoto, st.integers(0, (1 << 24) - 1), st.integers(0, 4999))
LINKS = re.compile(r'<[^>]*>; *rel="[^"]*"(, *<[^>]*>; *rel="[^"]*")*')
SPECIFIED = specification()


class Wsgi(requests.adapters.HTTPAdapter):
    """Lets requests ask an application of this process."""

    def __init__(self, application: WSGIApplication) -> None:
        super().__init__()
        self._pool = WsgiPool(application)

    def send(
        self, request: requests.PreparedRequest, *_: object, **__: object
    ) -> requests.Response:
        url, headers = str(request.url), request.headers
        answer = self._pool.urlopen(str(request.method), url, headers=headers)
        return self.build_response(request, answer)


def dice(seed: int = 1) -> random.Random:
    return random.Random(seed)  # noqa: S311 - chooses pictures, no secret


def ask(
    emulator: Emulator | None = None,
    target: str = "/photos/random",
    headers: dict[str, str] | None = None,
    method: str = "GET",
    **query: Any,
) -> requests.Response:
    """Ask an emulator in process; without headers of its own, with a key."""
    with requests.Session() as session:
        session.mount(BASE, Wsgi(emulator or Emulator()))
        given = KEY if headers is None else headers
        url = target if target.startswith(BASE) else BASE + target
        return session.request(method, url, params=query, headers=given)


def orientation_of(photo: dict[str, Any]) -> str:
    width, height = photo["width"], photo["height"]
    return "squarish" if width == height else "landscape" if width > height else "portrait"


# The specification


def _is_uri(text: object) -> bool:
    """RFC 3986: nothing but its characters, whole escapes, and here a host too."""
    if not isinstance(text, str):
        return True
    allowed = r"([A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+"
    return bool(re.fullmatch(rf"https?://{allowed}", text) and urlsplit(text).hostname)


def _is_date_time(text: object) -> bool:
    """RFC 3339: a date, a time, and how far that is from UTC."""
    if not isinstance(text, str):
        return True
    plain = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    return bool(re.fullmatch(plain, text) and datetime.fromisoformat(text))


FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("uri", raises=ValueError)(_is_uri)
FORMATS.checks("date-time", raises=ValueError)(_is_date_time)


def violations(path: str, status: str, content: Any) -> list[str]:
    """Return where content differs from what the specification defines for a path."""
    answers = SPECIFIED["paths"][path]["get"]["responses"]
    answer = answers.get(status, answers["default"])
    if "$ref" in answer:
        answer = SPECIFIED["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    schema = {
        "components": SPECIFIED["components"],
        "allOf": [answer["content"]["application/json"]["schema"]],
    }
    checker = jsonschema.Draft202012Validator(schema, format_checker=FORMATS)
    return [f"{error.json_path}: {error.message[:200]}" for error in checker.iter_errors(content)]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("urls", {}),
        ("width", "2400"),
        ("created_at", "2020-01-01"),
        ("links", dict.fromkeys(("html", "download", "self", "download_location"), "no uri")),
        ("user", {"name": "Ana"}),
    ],
)
def test_content_against_the_specification_is_noticed(key: str, value: object) -> None:
    """So that the tests below can fail."""
    photo = ask().json()
    assert violations("/photos/random", "200", photo) == []
    assert violations("/photos/random", "200", photo | {key: value}) != []


@pytest.mark.long
@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(
    query=st.text(max_size=20),
    count=st.none() | st.integers(1, 5),
    orientation=st.none() | st.sampled_from(["landscape", "portrait"]),
    seed=st.integers(0, 1000),
)
def test_random_photos_are_as_specified(
    query: str, count: int | None, orientation: str | None, seed: int
) -> None:
    given = {"query": query, "count": count, "orientation": orientation}
    wanted: dict[str, Any] = {
        name: str(value) for name, value in given.items() if value is not None
    }
    answer = ask(Emulator(dice=dice(seed)), **wanted)
    assert answer.status_code == 200
    assert violations("/photos/random", "200", answer.json()) == []


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(PHOTOS)
def test_a_single_photo_is_as_specified(photo: EmulatedPhoto) -> None:
    answer = ask(target=f"/photos/{photo.id}")
    assert answer.status_code == 200
    assert violations("/photos/{assetSlug}", "200", answer.json()) == []


def test_a_download_event_is_as_specified() -> None:
    answer = ask(target=f"/photos/{PHOTO.id}/download")
    assert answer.status_code == 200
    assert violations("/photos/{id}/download", "200", answer.json()) == []


@pytest.mark.parametrize("query", ["nature", "fotó & more", UNMATCHED_QUERY])
@pytest.mark.parametrize("page", ["1", "2", "1000", "1001"])
def test_a_search_is_as_specified(query: str, page: str) -> None:
    answer = ask(target="/search/photos", query=query, page=page)
    assert answer.status_code == 200
    assert violations("/search/photos", "200", answer.json()) == []
    assert LINKS.fullmatch(answer.headers.get("Link", '<>; rel=""'))


@pytest.mark.parametrize("slug", places.TOPICS[:3])
def test_a_topic_is_as_specified_and_found_by_slug_and_id(slug: str) -> None:
    answer = ask(target=f"/topics/{slug}")
    assert answer.status_code == 200
    assert violations("/topics/{topicSlug}", "200", answer.json()) == []
    assert ask(target=f"/topics/{answer.json()['id']}").json() == answer.json()


@pytest.mark.parametrize("number", ["1", "1065976", places.EMPTY_COLLECTION])
def test_a_collection_is_as_specified(number: str) -> None:
    answer = ask(target=f"/collections/{number}")
    assert answer.status_code == 200
    assert violations("/collections/{collectionId}", "200", answer.json()) == []
    assert answer.json()["id"] == number


REFUSALS = [
    ("/photos/random", {"username": "nobody"}, 404, "Couldn't find User"),
    ("/photos/random", {"collections": "1,x"}, 404, "Couldn't find Collection"),
    ("/photos/random", {"collections": places.EMPTY_COLLECTION}, 404, "No photos found."),
    ("/collections/0", {}, 404, "Couldn't find Collection"),
    ("/collections/", {}, 404, "Unable to find endpoint"),
    ("/topics/gone", {}, 404, "Couldn't find Topic"),
    ("/photos/random", {"query": UNMATCHED_QUERY}, 404, "No photos found."),
    ("/photos/random", {"query": " No-Such-Topic "}, 404, "No photos found."),
    ("/photos/random", {"count": "0"}, 400, "count is invalid"),
    ("/photos/random", {"count": "-1"}, 400, "count is invalid"),
    ("/photos/random", {"count": "many"}, 400, "count is invalid"),
    ("/photos/random", {"count": ""}, 400, "count is invalid"),
    ("/photos/random", {"count": "٣"}, 400, "count is invalid"),
    ("/photos/random", {"orientation": "round"}, 400, "orientation does not have a valid value"),
    ("/photos/random", {"content_filter": "no"}, 400, "content_filter does not have a valid value"),
    ("/search/photos", {}, 400, "query is missing"),
    ("/search/photos", {"query": "art", "lang": "no"}, 400, "lang does not have a valid value"),
    ("/search/photos", {"query": "art", "color": "any"}, 400, "color does not have a valid value"),
    ("/search/photos", {"query": "art", "order_by": "x"}, 400, "order_by does not have a valid"),
    ("/search/photos", {"query": "art", "content_filter": ""}, 400, "content_filter does not"),
    ("/search/photos", {"query": "art", "page": "0"}, 400, "page is invalid"),
    ("/search/photos", {"query": "art", "per_page": "x"}, 400, "per_page is invalid"),
    ("/search/photos", {"query": "art", "orientation": "round"}, 400, "orientation does not"),
    ("/photos/abc123", {}, 404, "Couldn't find Photo"),
    ("/photos/AAAAAAAAAAA", {}, 404, "Couldn't find Photo"),
    ("/photos/a-slug-AAAAAAAAAAA", {}, 404, "Couldn't find Photo"),
    ("/photos/AAAAAAAAAAA/download", {}, 404, "Couldn't find Photo"),
    ("/photos/", {}, 404, "Unable to find endpoint"),
    ("/", {}, 404, "Unable to find endpoint"),
    ("/photos/random/more", {}, 404, "Unable to find endpoint"),
    ("/stats/total", {}, 404, "Unable to find endpoint"),
    ("/%ff", {}, 404, "Unable to find endpoint"),
]


@pytest.mark.parametrize(("target", "query", "status", "reason"), REFUSALS)
def test_a_request_is_refused_with_its_reason(
    target: str, query: dict[str, Any], status: int, reason: str
) -> None:
    answer = ask(target=target, **query)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["errors"][0].startswith(reason)
    assert violations("/photos/random", "default", answer.json()) == []


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Client-ID "}, {"Authorization": "any"}])
@pytest.mark.parametrize("target", ["/photos/random", f"/photos/{PHOTO.id}/download", "/nowhere"])
def test_a_request_without_a_key_is_refused(headers: dict[str, str], target: str) -> None:
    answer = ask(target=target, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {"errors": ["OAuth error: The access token is invalid"]}
    assert violations("/photos/random", "default", answer.json()) == []


def test_refusals_read_as_recorded_ones_do() -> None:
    recorded = {
        (answer.status, reason)
        for answer in recordings()
        if answer.status >= 400 and answer.name.endswith(".json")
        for reason in answer.content["errors"]
    }
    answers = [ask(headers={}), ask(target="/photos/abc123")]
    assert {(answer.status_code, answer.json()["errors"][0]) for answer in answers} <= recorded


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_only_reading_is_known(method: str) -> None:
    answer = ask(method=method)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "GET, HEAD"
    assert violations("/photos/random", "default", answer.json()) == []


def test_an_unknown_endpoint_is_not_found_whatever_the_method() -> None:
    answer = ask(target="/nowhere", method="POST")
    assert answer.status_code == 404
    assert "Allow" not in answer.headers


@pytest.mark.parametrize(
    "headers", [{"Authorization": "Client-ID any-key"}, {"Authorization": "Bearer any-token"}]
)
def test_a_key_or_a_token_is_accepted(headers: dict[str, str]) -> None:
    assert ask(headers=headers).status_code == 200


def test_a_key_in_the_query_is_accepted() -> None:
    assert ask(headers={}, client_id="any-key").status_code == 200


@pytest.mark.parametrize(
    ("key", "status"), [("first", 200), ("second", 200), ("third", 401), ("", 401)]
)
def test_an_emulator_may_know_certain_keys_only(key: str, status: int) -> None:
    emulator = Emulator(keys=frozenset({"first", "second"}))
    answer = ask(emulator, headers={"Authorization": f"Client-ID {key}"})
    assert answer.status_code == status
    assert ask(emulator, target=f"/{PHOTO.path}?w=9", headers={}).status_code == 200


def test_no_key_is_known_where_there_is_none() -> None:
    assert ask(Emulator(keys=frozenset())).status_code == 401


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("target", ["/photos/random", "/nowhere", f"/{PHOTO.path}?w=9", "/photo-"])
def test_the_emulator_keeps_to_the_rules_of_wsgi(target: str) -> None:
    """Otherwise the standard library's validator raises AssertionError."""
    with requests.Session() as session:
        session.mount(BASE, Wsgi(validator(Emulator())))
        assert session.get(BASE + target, headers=KEY).content


# Random photos


@pytest.mark.parametrize(
    ("count", "photos"), [("1", 1), ("2", 2), ("30", 30), ("31", 30), ("999999999", 30)]
)
def test_with_a_count_the_answer_is_a_list_of_up_to_30_photos(count: str, photos: int) -> None:
    content = ask(query="nature", count=count).json()
    assert isinstance(content, list)
    assert len({photo["id"] for photo in content}) == len(content) == photos
    assert violations("/photos/random", "200", content) == []


def test_without_a_count_the_answer_is_one_photo() -> None:
    content = ask(query="nature").json()
    assert isinstance(content, dict)
    assert EmulatedPhoto.from_id(content["id"])


def test_photos_are_of_the_topic_that_was_asked_for() -> None:
    for query in ("nature", "NATURE", "写真"):
        ids = [photo["id"] for photo in ask(query=query, count="30").json()]
        photos = [EmulatedPhoto.from_id(photo_id) for photo_id in ids]
        assert {photo.topic_code for photo in photos if photo} == {topic_code(query)}
        assert None not in photos


@pytest.mark.parametrize("orientation", ["landscape", "portrait", "squarish"])
def test_only_photos_of_the_orientation_are_given(orientation: str) -> None:
    photos = ask(query="nature", count="30", orientation=orientation).json()
    assert [orientation_of(photo) for photo in photos] == [orientation] * 30


@pytest.mark.parametrize("content_filter", ["low", "high"])
def test_a_content_filter_is_accepted(content_filter: str) -> None:
    assert ask(query="nature", content_filter=content_filter).status_code == 200


def test_each_time_the_photos_are_others_as_the_dice_fall() -> None:
    emulator, same = Emulator(dice=dice()), Emulator(dice=dice())
    first, second = (ask(emulator, query="art", count="9").json() for _ in range(2))
    assert [photo["id"] for photo in first] != [photo["id"] for photo in second]
    assert [photo["id"] for photo in first] == [
        photo["id"] for photo in ask(same, query="art", count="9").json()
    ]


def test_without_dice_two_emulators_do_not_fall_into_step() -> None:
    chosen = [ask(Emulator(), query="art", count="9").json() for _ in range(2)]
    assert [photo["id"] for photo in chosen[0]] != [photo["id"] for photo in chosen[1]]


# Photos of a user, of collections, of topics

USER = "ana_almeida"
TRAVEL = places.EmulatedTopic("travel")


def codes_of(photos: list[dict[str, Any]]) -> set[int]:
    found = [EmulatedPhoto.from_id(photo["id"]) for photo in photos]
    return {photo.topic_code for photo in found if photo}


def test_photos_of_a_user_say_who_took_them_here_and_on_their_own() -> None:
    photos = ask(username=USER, count="30", orientation="portrait").json()
    assert violations("/photos/random", "200", photos) == []
    assert len(photos) == 30
    alone = ask(target=f"/photos/{photos[0]['id']}").json()
    assert {photo["user"]["username"] for photo in [*photos, alone]} == {USER}
    assert {orientation_of(photo) for photo in photos} == {"portrait"}


def test_every_photographer_is_found_by_username() -> None:
    photos = ask(query="sea", count="30").json()
    names = {photo["user"]["username"]: photo["user"]["name"] for photo in photos}
    for username, name in names.items():
        assert ask(username=username).json()["user"]["name"] == name


def test_photos_of_topics_say_which_topic_has_them_here_and_on_their_own() -> None:
    photos = ask(topics=f"{TRAVEL.id},unknown", count="30").json()
    assert violations("/photos/random", "200", photos) == []
    alone = ask(target=f"/photos/{photos[0]['id']}").json()
    for photo in [*photos, alone]:
        assert [topic["slug"] for topic in photo["topics"]] == ["travel"]
        assert photo["topic_submissions"]["travel"]["status"] == "approved"


@pytest.mark.parametrize("topics", ["", "unknown", "travel", "travel,unknown"])
def test_what_is_no_topics_id_is_passed_over_and_any_photos_come(topics: str) -> None:
    """As from Unsplash, of which `/photos/random` knows ids alone, not the slugs."""
    photos = ask(topics=topics, count="9").json()
    assert codes_of(photos) == codes_of([ask().json()])
    assert [photo["topics"] for photo in photos] == [[]] * 9


def test_photos_of_several_collections_and_topics_come_from_each() -> None:
    photos = ask(collections=f"1,2,{places.EMPTY_COLLECTION}", topics=TRAVEL.id, count="30").json()
    numbers = [places.code_of_collection(number) for number in ("1", "2")]
    assert codes_of(photos) == {*numbers, TRAVEL.code}


def test_a_search_cannot_be_combined_with_collections_or_topics() -> None:
    photos = ask(query="sea", collections="x", topics=TRAVEL.id, count="9").json()
    assert codes_of(photos) == {topic_code("sea")}


# One photo


@pytest.mark.parametrize("slug", ["{id}", "any-words-{id}", "--{id}"])
def test_a_photo_is_found_by_its_id_or_a_slug_that_ends_with_it(slug: str) -> None:
    answer = ask(target=f"/photos/{slug.format(id=PHOTO.id)}").json()
    assert answer["id"] == PHOTO.id


@pytest.mark.long
@hypothesis.settings(max_examples=20, deadline=None)
@hypothesis.given(PHOTOS)
def test_a_photo_s_links_lead_back_to_it(photo: EmulatedPhoto) -> None:
    """Some ids begin with a dash, as the end of a slug does."""
    links = ask(target=f"/photos/{photo.id}").json()["links"]
    assert ask(target=links["self"]).json()["id"] == photo.id
    event = ask(target=links["download_location"]).json()
    assert urlsplit(event["url"]).path == f"/{photo.path}"


def test_what_random_gives_is_what_any_other_emulator_finds() -> None:
    given = ask(query="nature").json()
    found = ask(Emulator(), target=f"/photos/{given['id']}").json()
    moving = {"urls", "links"}  # their identifiers tell the query
    assert {k: v for k, v in given.items() if k not in moving} == {
        k: v for k, v in found.items() if k not in moving
    }


# Search


def results(**query: Any) -> list[str]:
    answer = ask(target="/search/photos", **{"query": "nature", **query})
    return [photo["id"] for photo in answer.json()["results"]]


def test_a_search_has_pages_of_ten() -> None:
    answer = ask(target="/search/photos", query="nature")
    assert (answer.json()["total"], answer.json()["total_pages"]) == (10_000, 1000)
    assert (answer.headers["X-Total"], answer.headers["X-Per-Page"]) == ("10000", "10")
    assert len(results()) == 10


def test_pages_follow_each_other_without_overlap() -> None:
    ids = [photo_id for page in range(1, 6) for photo_id in results(page=str(page))]
    assert len(set(ids)) == 50
    assert results(page="1", per_page="30") + results(page="2", per_page="30")[:20] == ids


@pytest.mark.parametrize(
    ("per_page", "page", "count"),
    [("30", "1", 30), ("31", "1", 30), ("1", "10000", 1), ("30", "334", 10), ("30", "335", 0)],
)
def test_a_page_has_up_to_30_photos_and_the_last_the_rest(
    per_page: str, page: str, count: int
) -> None:
    assert len(results(per_page=per_page, page=page)) == count


@pytest.mark.parametrize("page", ["1001", "9" * 50])
def test_a_page_beyond_the_last_is_empty(page: str) -> None:
    answer = ask(target="/search/photos", query="art", page=page)
    assert (answer.json()["total"], answer.json()["results"]) == (10_000, [])
    assert "next" not in answer.links


def test_a_search_may_be_for_nothing_but_has_to_say_so() -> None:
    """The specification asks for a query, not for one with letters in it."""
    assert len(ask(target="/search/photos?query=").json()["results"]) == 10


def test_a_search_that_finds_nothing_is_empty() -> None:
    answer = ask(target="/search/photos", query=UNMATCHED_QUERY)
    assert answer.json() == {"total": 0, "total_pages": 0, "results": []}
    assert "Link" not in answer.headers


def test_a_search_keeps_to_the_orientation() -> None:
    photos = ask(
        target="/search/photos", query="art", per_page="30", orientation="portrait"
    ).json()["results"]
    assert {orientation_of(photo) for photo in photos} == {"portrait"}


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("1", {"last", "next"}),
        ("2", {"first", "prev", "last", "next"}),
        ("1000", {"first", "prev"}),
    ],
)
def test_pages_are_linked(page: str, names: set[str]) -> None:
    answer = ask(target="/search/photos", query="fotó & more", page=page)
    assert set(answer.links) == names
    targets = {"first": 1, "prev": int(page) - 1, "next": int(page) + 1, "last": 1000}
    for name in names:
        linked = ask(target=answer.links[name]["url"]).json()["results"]
        expected = results(query="fotó & more", page=str(targets[name]))
        assert [photo["id"] for photo in linked] == expected


def test_the_next_page_keeps_to_the_orientation() -> None:
    answer = ask(target="/search/photos", query="art", orientation="portrait")
    following = ask(target=answer.links["next"]["url"]).json()["results"]
    assert {orientation_of(photo) for photo in following} == {"portrait"}


def test_no_link_repeats_a_key() -> None:
    answer = ask(target="/search/photos", headers={}, query="art", client_id="made-up-key")
    assert "next" in answer.links
    assert "made-up-key" not in answer.headers["Link"]


# Pictures


def test_a_picture_needs_no_key_and_may_be_kept() -> None:
    answer = ask(target=f"/{PHOTO.path}", headers={}, w="60", fm="png")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.headers["Content-Length"] == str(len(answer.content))
    assert "max-age" in answer.headers["Cache-Control"]
    assert Image.open(io.BytesIO(answer.content)).size[0] == 60


@pytest.mark.parametrize(
    "path", ["photo-", "photo-1500000000000-0123456789ab", f"{PHOTO.path}0", f"{PHOTO.path}/more"]
)
def test_a_picture_that_does_not_exist_is_not_found(path: str) -> None:
    assert ask(target=f"/{path}", headers={}).status_code == 404


@pytest.mark.parametrize(
    ("rendition", "width"),
    [
        ("raw", None),
        ("full", None),
        ("regular", 1080),
        ("small", 400),
        ("thumb", 200),
        ("small_s3", 400),
    ],
)
def test_each_url_of_an_answer_brings_its_picture(rendition: str, width: int | None) -> None:
    photo = ask(query="nature").json()
    answer = ask(target=photo["urls"][rendition], headers={})
    assert answer.status_code == 200
    size = Image.open(io.BytesIO(answer.content)).size
    assert size[0] == (width or photo["width"])
    assert size[0] / size[1] == pytest.approx(photo["width"] / photo["height"], rel=0.01)


def test_a_photographer_has_a_portrait() -> None:
    for url in ask().json()["user"]["profile_image"].values():
        assert ask(target=url, headers={}).headers["Content-Type"] == "image/jpeg"


# Quota


@pytest.fixture
def quota(clock: Clock) -> HourlyQuota:
    return HourlyQuota(3, clock)


def left(answer: requests.Response) -> tuple[str, str]:
    return answer.headers["X-Ratelimit-Limit"], answer.headers["X-Ratelimit-Remaining"]


def test_each_answer_states_what_is_left(quota: HourlyQuota) -> None:
    emulator = Emulator(quota)
    remaining = [left(ask(emulator, count="30")) for _ in range(3)]
    assert remaining == [("3", "2"), ("3", "1"), ("3", "0")]


def test_a_refusal_for_the_quota_is_plain_text_without_a_type(quota: HourlyQuota) -> None:
    emulator = Emulator(quota)
    for _ in range(3):
        assert ask(emulator).status_code == 200
    answer = ask(emulator)
    assert answer.status_code == 403
    assert answer.content == b"Rate Limit Exceeded"
    assert "Content-Type" not in answer.headers
    assert "Retry-After" not in answer.headers
    assert left(answer) == ("3", "0")


def test_a_refusal_for_the_quota_looks_so_on_the_wire_too(serve: Serve, clock: Clock) -> None:
    url = serve(Emulator(HourlyQuota(0, clock)))
    answer = requests.get(f"{url}/photos/random", headers=KEY, timeout=CEILING)
    assert (answer.status_code, answer.content) == (403, b"Rate Limit Exceeded")
    assert "Content-Type" not in answer.headers
    assert left(answer) == ("0", "0")


@pytest.mark.parametrize(
    "target",
    [
        "/photos/random?query=no-such-topic",
        "/photos/random?count=0",
        "/photos/AAAAAAAAAAA",
        "/nowhere",
        f"/photos/{PHOTO.id}/download",
        f"/photos/{PHOTO.id}",
        "/search/photos?query=art",
    ],
)
def test_every_request_counts_errors_too(quota: HourlyQuota, target: str) -> None:
    emulator = Emulator(quota)
    assert left(ask(emulator, target=target)) == ("3", "2")
    assert left(ask(emulator)) == ("3", "1")


def test_pictures_and_requests_without_a_key_do_not_count(quota: HourlyQuota) -> None:
    emulator = Emulator(quota)
    ask(emulator, target=f"/{PHOTO.path}?w=9")
    ask(emulator, target="/photo-unknown")
    ask(emulator, headers={})
    assert left(ask(emulator)) == ("3", "2")


def test_a_request_with_a_bad_key_does_not_count(clock: Clock) -> None:
    emulator = Emulator(HourlyQuota(1, clock), keys=frozenset({"known"}))
    answers = [ask(emulator) for _ in range(2)]
    assert [(answer.status_code, left(answer)) for answer in answers] == [(401, ("1", "1"))] * 2


def test_a_bad_key_is_refused_as_such_even_if_the_quota_is_spent(clock: Clock) -> None:
    answer = ask(Emulator(HourlyQuota(0, clock)), headers={})
    assert (answer.status_code, left(answer)) == (401, ("0", "0"))


def test_pictures_come_though_the_quota_is_spent(clock: Clock) -> None:
    emulator = Emulator(HourlyQuota(0, clock))
    assert ask(emulator, target=f"/{PHOTO.path}?w=9").status_code == 200


def test_an_hour_later_there_is_quota_again(quota: HourlyQuota, clock: Clock) -> None:
    emulator = Emulator(quota)
    for _ in range(4):
        answer = ask(emulator)
    assert answer.status_code == 403
    clock.now += 3600
    assert ask(emulator).status_code == 200


def test_the_quota_is_spent_exactly_by_requests_at_once(serve: Serve, clock: Clock) -> None:
    url = serve(Emulator(HourlyQuota(10, clock)))
    statuses: list[int] = []

    def take() -> None:
        for _ in range(5):
            answer = requests.get(f"{url}/nowhere", headers=KEY, timeout=CEILING)
            statuses.append(answer.status_code)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [403] * 10 + [404] * 10


@pytest.mark.long
def test_without_a_quota_nothing_is_refused() -> None:
    emulator = Emulator()
    assert {ask(emulator, target="/nowhere").status_code for _ in range(100)} == {404}


def test_an_answer_to_a_bad_key_states_the_quota_as_recorded_ones_do(quota: HourlyQuota) -> None:
    recorded = [
        answer for answer in recordings() if answer.status == 401 and answer.name[:3] == "rb_"
    ]
    assert recorded
    assert all("X-Ratelimit-Limit" in answer.headers for answer in recorded)
    emulator = Emulator(quota)
    assert left(ask(emulator, headers={})) == ("3", "3")
    ask(emulator)
    assert left(ask(emulator, headers={})) == ("3", "2")


# Behind a port


def test_addresses_are_those_by_which_the_emulator_was_asked(emulator_url: str) -> None:
    photo = requests.get(f"{emulator_url}/photos/random", headers=KEY, timeout=CEILING).json()
    assert photo["urls"]["raw"].startswith(f"{emulator_url}/photo-")
    assert (
        requests.get(photo["urls"]["thumb"], timeout=CEILING).headers["Content-Type"]
        == "image/jpeg"
    )


def test_head_gives_no_body() -> None:
    answer = ask(method="HEAD")
    assert (answer.status_code, answer.raw.read()) == (200, b"")


def test_head_states_the_length_and_sends_no_body(emulator_url: str) -> None:
    answer = requests.head(f"{emulator_url}/photos/{PHOTO.id}", headers=KEY, timeout=CEILING)
    whole = requests.get(f"{emulator_url}/photos/{PHOTO.id}", headers=KEY, timeout=CEILING)
    assert answer.content == b""
    assert answer.headers["Content-Length"] == str(len(whole.content))


@pytest.mark.parametrize("query", ["写真", "naïve art", "a&b=c", "100%"])
def test_any_query_passes_the_wire(emulator_url: str, query: str) -> None:
    answer = requests.get(
        f"{emulator_url}/photos/random", params={"query": query}, headers=KEY, timeout=5
    )
    photo = EmulatedPhoto.from_id(answer.json()["id"])
    assert photo
    assert photo.topic_code == topic_code(query)


# Latency


@pytest.mark.parametrize("target", ["/photos/random", "/nowhere", f"/{PHOTO.path}?w=9"])
def test_each_answer_waits_for_the_latency(target: str) -> None:
    waited: list[float] = []
    ask(Emulator(latency=2.5, sleep=waited.append), target=target)
    assert waited == [2.5]


def test_without_latency_nothing_waits() -> None:
    waited: list[float] = []
    ask(Emulator(sleep=waited.append))
    assert waited == []
