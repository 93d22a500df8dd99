"""Tests of the emulator's faults, over a socket, as a client meets them."""

import io
import json
from collections.abc import Callable

import pytest
from PIL import Image

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import FAULTS, with_fault
from unsplash_assets.emulator.photos import EmulatedPhoto, topic_code
from unsplash_assets.emulator.pictures import render
from unsplash_assets.errors import NetworkError, TooLarge
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets_tests.conftest import Serve

KEY = {"Authorization": "Client-ID any-key"}
PHOTO = EmulatedPhoto(topic_code("nature"), 7)
API = f"/photos/{PHOTO.id}"
PICTURE = f"/{PHOTO.path}?w=120"
WHOLE_PICTURE = render(PHOTO, {"w": "120"})[0]

LIMITS = Limits(Timeouts(60, 60, 60), 1_000_000)

Fetched = tuple[int, dict[str, str], bytes]


def fetch(url: str) -> Fetched:
    with HttpTransport().get(url, KEY, LIMITS) as answer:
        return answer.status, dict(answer.headers), b"".join(answer.chunks())


@pytest.fixture
def spoiled(serve: Serve) -> Callable[[str], str]:
    """Serve an emulator with a fault; return its base URL."""
    return lambda name: serve(with_fault(Emulator(), name))


@pytest.mark.parametrize(
    ("name", "status", "media_type", "body"),
    [
        ("api-500", 500, "application/json", b'{"status":"500","error":"Internal Server Error"}'),
        ("api-not-a-photo", 200, "application/json", b'[{"id":"x"}]'),
        ("api-quota", 403, None, b"Rate Limit Exceeded"),
        ("picture-404", 404, "text/plain", b"not found"),
        ("picture-500", 500, "text/plain", b""),
        ("picture-empty", 200, "image/jpeg", b""),
    ],
)
def test_an_answer_is_replaced(
    spoiled: Callable[[str], str], name: str, status: int, media_type: str | None, body: bytes
) -> None:
    target = API if name.startswith("api-") else PICTURE
    answered, headers, content = fetch(spoiled(name) + target)
    assert (answered, headers.get("Content-Type"), content) == (status, media_type, body)


@pytest.mark.parametrize(
    ("name", "status", "reason"),
    [
        ("api-401", 401, "OAuth error: The access token is invalid"),
        ("api-403", 403, "OAuth error: missing permissions"),
        ("api-404", 404, "No photos found."),
    ],
)
def test_a_refusal_gives_its_reason_as_json(
    spoiled: Callable[[str], str], name: str, status: int, reason: str
) -> None:
    answered, headers, content = fetch(spoiled(name) + API)
    assert (answered, headers["Content-Type"]) == (status, "application/json")
    assert json.loads(content) == {"errors": [reason]}


def test_a_spent_quota_is_in_the_headers_too(spoiled: Callable[[str], str]) -> None:
    headers = fetch(spoiled("api-quota") + API)[1]
    assert (headers["X-Ratelimit-Limit"], headers["X-Ratelimit-Remaining"]) == ("50", "0")


@pytest.mark.parametrize(
    ("name", "target", "status"),
    [("api-503", API, 503), ("api-html", API, 200), ("picture-html", PICTURE, 200)],
)
def test_a_page_of_something_in_between_answers(
    spoiled: Callable[[str], str], name: str, target: str, status: int
) -> None:
    answered, headers, content = fetch(spoiled(name) + target)
    assert (answered, headers["Content-Type"]) == (status, "text/html")
    assert content.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize(("name", "target"), [("api-cut", API), ("picture-cut", PICTURE)])
def test_an_answer_ends_before_the_length_it_announced(
    serve: Serve, spoiled: Callable[[str], str], name: str, target: str
) -> None:
    whole = fetch(serve(Emulator()) + target)[2]
    received: list[bytes] = []
    with HttpTransport().get(spoiled(name) + target, KEY, LIMITS) as answer:
        assert answer.status == 200
        assert abs(int(answer.headers["Content-Length"]) - len(whole)) < 100  # ports differ
        with pytest.raises(NetworkError, match="was cut short"):
            received.extend(answer.chunks())
    assert len(b"".join(received)) < len(whole)


def test_a_picture_is_cut_and_only_its_content_shows_it(spoiled: Callable[[str], str]) -> None:
    status, headers, body = fetch(spoiled("picture-cut-silently") + PICTURE)
    assert (status, headers["Content-Type"]) == (200, "image/jpeg")
    assert headers["Content-Length"] == str(len(body))
    assert body == WHOLE_PICTURE[: len(WHOLE_PICTURE) // 2]
    with pytest.raises(OSError, match="truncated"):
        Image.open(io.BytesIO(body)).load()


def test_a_picture_goes_on_for_ever(spoiled: Callable[[str], str]) -> None:
    received: list[bytes] = []
    with HttpTransport().get(spoiled("picture-endless") + PICTURE, {}, LIMITS) as answer:
        assert "Content-Length" not in answer.headers
        with pytest.raises(TooLarge):
            received.extend(answer.chunks())
    assert b"".join(received).startswith(WHOLE_PICTURE * 2)


def test_each_fault_is_tested_here() -> None:
    """A new one needs a test of what it does."""
    assert set(FAULTS) == {
        "api-401", "api-403", "api-404", "api-500", "api-503", "api-cut", "api-html",
        "api-not-a-photo", "api-quota", "picture-404", "picture-500", "picture-cut",
        "picture-cut-silently", "picture-empty", "picture-endless", "picture-html",
    }  # fmt: skip


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("api-")])
def test_a_fault_of_the_api_leaves_pictures_alone(spoiled: Callable[[str], str], name: str) -> None:
    status, headers, body = fetch(spoiled(name) + PICTURE)
    assert (status, headers["Content-Type"], body) == (200, "image/jpeg", WHOLE_PICTURE)


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("picture-")])
def test_a_fault_of_pictures_leaves_the_api_alone(spoiled: Callable[[str], str], name: str) -> None:
    base = spoiled(name)
    assert json.loads(fetch(base + API)[2])["id"] == PHOTO.id
    assert fetch(f"{base}/photos/AAAAAAAAAAA")[0] == 404


def test_each_fault_has_one_of_the_two_scopes() -> None:
    assert {name.partition("-")[0] for name in FAULTS} == {"api", "picture"}
