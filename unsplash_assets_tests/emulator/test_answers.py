"""Tests of the emulated API's JSON beyond what the specification requires."""

import base64
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.emulator.answers import basic, full
from unsplash_assets.emulator.photos import EmulatedPhoto, topic_code
from unsplash_assets_tests.recorded import photo_objects, recordings

BASE = "http://127.0.0.1:8000"
PHOTO = EmulatedPhoto(topic_code("nature"), 7)
PHOTOS = st.builds(EmulatedPhoto, st.integers(0, (1 << 24) - 1), st.integers(0, 4999))


@pytest.fixture(scope="module")
def recorded_photos() -> list[dict[str, Any]]:
    """All recorded photos except previews, which have few keys."""
    answers = (recording for recording in recordings() if recording.name.endswith("_200.json"))
    photos = (photo for answer in answers for photo in photo_objects(answer.content))
    return [photo for photo in photos if {"user", "links"} <= set(photo)]


def places(value: Any, place: str = "photo") -> Iterator[tuple[str, str]]:
    """Yield each place within a value of JSON, with the type of what is there."""
    yield place, type(value).__name__
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, f"{place}.{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from places(inner, f"{place}[]")


def test_a_photo_has_all_keys_that_recorded_ones_share(
    recorded_photos: list[dict[str, Any]],
) -> None:
    recent = [photo for photo in recorded_photos if photo["updated_at"] > "2021"]
    shared = set.intersection(*(set(photo) for photo in recent))
    assert len(shared) >= 17
    assert shared <= set(basic(PHOTO, BASE, "nature"))


def test_what_a_photo_holds_has_the_types_of_recorded_ones(
    recorded_photos: list[dict[str, Any]],
) -> None:
    recorded = defaultdict(set)
    for photo in recorded_photos:
        for place, kind in places(photo):
            recorded[place].add(kind)
    photos = [full(EmulatedPhoto(PHOTO.topic_code, number), BASE, "nature") for number in range(6)]
    found = [(place, kind) for photo in photos for place, kind in places(photo)]
    strange = {(place, kind) for place, kind in found if place in recorded} - {
        (place, kind) for place, kinds in recorded.items() for kind in kinds
    }
    assert not strange
    assert len({place for place, _ in found if place in recorded}) > 60


@hypothesis.given(PHOTOS, st.text(max_size=20))
def test_an_answer_is_the_same_each_time(photo: EmulatedPhoto, query: str) -> None:
    again = EmulatedPhoto(photo.topic_code, photo.number)
    assert full(photo, BASE, query) == full(again, BASE, query)


@hypothesis.given(PHOTOS)
def test_the_full_answer_contains_all_that_a_list_contains(photo: EmulatedPhoto) -> None:
    assert full(photo, BASE, "art").items() >= basic(photo, BASE, "art").items()


@hypothesis.given(PHOTOS)
def test_no_photo_is_premium(photo: EmulatedPhoto) -> None:
    answer = basic(photo, BASE, "art")
    assert (answer["premium"], answer["plus"], answer["asset_type"]) == (False, False, "photo")


def test_what_is_often_null_is_null_at_times() -> None:
    answers = [basic(EmulatedPhoto(PHOTO.topic_code, number), BASE, "") for number in range(30)]
    for key in ("description", "promoted_at"):
        assert {answer[key] is None for answer in answers} == {True, False}


def test_the_size_is_that_of_the_original() -> None:
    answer = basic(PHOTO, BASE, "nature")
    assert (answer["width"], answer["height"]) == PHOTO.size


def test_times_are_in_order() -> None:
    answers = [basic(EmulatedPhoto(PHOTO.topic_code, number), BASE, "") for number in range(30)]
    for answer in answers:
        promoted = answer["promoted_at"] or answer["created_at"]
        assert answer["created_at"] <= promoted <= answer["updated_at"]


def test_the_photographer_has_one_name_everywhere() -> None:
    user = basic(PHOTO, BASE, "nature")["user"]
    assert (user["first_name"], user["last_name"]) == PHOTO.photographer
    assert user["name"] == " ".join(PHOTO.photographer)


@hypothesis.given(PHOTOS)
def test_the_photographer_s_name_in_links_is_plain(photo: EmulatedPhoto) -> None:
    user = basic(photo, BASE, "")["user"]
    first, last = user["username"].split("_")
    assert (first + last).isascii()
    assert (first + last).isalnum()
    assert all(user["username"] in link for link in user["links"].values())


@pytest.mark.long
def test_photographers_have_ids_and_links_of_their_own() -> None:
    photos = (EmulatedPhoto(PHOTO.topic_code, number) for number in range(3000))
    users = [basic(photo, BASE, "")["user"] for photo in photos]
    names = {user["name"] for user in users}
    assert len(names) > 350
    assert len({(user["name"], user["id"], user["username"]) for user in users}) == len(names)
    assert len({user["id"] for user in users}) == len({user["username"] for user in users})
    assert len({user["id"] for user in users}) == len(names)


@pytest.mark.parametrize(
    ("rendition", "parameters"),
    [
        ("raw", {}),
        ("full", {"fm": "jpg", "q": "85"}),
        ("regular", {"fm": "jpg", "q": "80", "w": "1080", "fit": "max"}),
        ("small", {"fm": "jpg", "q": "80", "w": "400", "fit": "max"}),
        ("thumb", {"fm": "jpg", "q": "80", "w": "200", "fit": "max"}),
    ],
)
def test_a_rendition_is_a_set_of_parameters(rendition: str, parameters: dict[str, str]) -> None:
    url = urlsplit(basic(PHOTO, BASE, "nature")["urls"][rendition])
    given = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{BASE}/{PHOTO.path}"
    assert given.pop("ixid")
    assert given.items() >= {"ixlib": "rb-4.1.0", **parameters}.items()
    assert "w" in parameters or "w" not in given


@hypothesis.given(st.text(max_size=30))
def test_urls_contain_the_query_as_unsplash_s_do(query: str) -> None:
    """The identifier is base64 without padding, its eighth part the quoted query."""
    urls = basic(PHOTO, BASE, query)["urls"]
    identifiers = {parse_qs(urlsplit(url).query).get("ixid", [""])[0] for url in urls.values()}
    identifiers.discard("")
    (ixid,) = identifiers
    assert "=" not in ixid
    content = base64.b64decode(ixid + "=" * (-len(ixid) % 4)).decode()
    assert content.split("|")[7] == _quoted(query)


def _quoted(query: str) -> str:
    plain = "/_.-~"
    return "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in plain)
        else f"%{byte:02X}"
        for byte in query.encode()
    )  # fmt: skip


def test_links_lead_to_the_photo() -> None:
    links = basic(PHOTO, BASE, "nature")["links"]
    assert links["self"].endswith(f"-{PHOTO.id}")
    assert links["html"].endswith(f"-{PHOTO.id}")
    location = urlsplit(links["download_location"])
    assert location.path == f"/photos/{PHOTO.id}/download"
    assert parse_qs(location.query)["ixid"]


@pytest.mark.parametrize("base", ["https://unsplash-demo.invalid", "http://[::1]:9"])
def test_all_addresses_are_on_the_base_that_was_asked(base: str) -> None:
    text = json.dumps(full(PHOTO, base, "nature"))
    assert text.count(base) == text.count("://") > 15
