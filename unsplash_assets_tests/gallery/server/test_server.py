"""Tests of `gallery.server` over sockets: what it hands out, and how browsers may keep it."""

import gzip
import http.client
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from PIL import Image

from unsplash_assets.storage.names import thumbnail_path
from unsplash_assets_tests.support.gallery_library import GalleryLibrary
from unsplash_assets_tests.support.serving import Answer, ServedGallery, gallery_served
from unsplash_assets_tests.support.waiting import CEILING

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedGallery]:
    """A library with some photos; no test of this module changes it."""
    library = GalleryLibrary(tmp_path_factory.mktemp("served") / "library of Zoë #1")
    library.hang(3, "sea", description="Waves", alt_description=None, color="#2659d9")
    library.hang(1, "städte", (90, 60), description="Fog", alt_description=None, color="#c02626")
    with gallery_served(library) as served:
        yield served
    library.close()


def first(served: ServedGallery) -> dict[str, Any]:
    item: dict[str, Any] = served.ask("/api/photos").json["photos"][0]
    return item


def test_the_photos_come_as_pages_of_json(served: ServedGallery) -> None:
    page = served.ask("/api/photos?limit=3")
    assert page.headers["content-type"] == "application/json"
    assert [item["topic"] for item in page.json["photos"]] == ["städte", "sea", "sea"]
    assert page.json["more"]
    first, second, third = (item["number"] for item in page.json["photos"])
    rest = served.ask(f"/api/photos?limit=3&before={third}").json
    assert len(rest["photos"]) == 1
    assert not rest["more"]
    newer = served.ask(f"/api/photos?after={third}").json["photos"]
    assert [item["number"] for item in newer] == [first, second]


def test_photos_are_filtered_and_found(served: ServedGallery) -> None:
    for query, expected in (("topic=sea", 3), ("color=red", 1), ("search=FOG", 1)):
        assert len(served.ask(f"/api/photos?{query}").json["photos"]) == expected, query
    assert served.ask("/api/photos?favourites=1").json["photos"] == []
    assert served.ask("/api/topics").json == {
        "photos": 4,
        "topics": [{"topic": "sea", "photos": 3}, {"topic": "städte", "photos": 1}],
    }


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "limit=-1", "before=99999999999999", "color=sky", "after="],
)
def test_what_cannot_be_meant_is_refused_in_one_line(served: ServedGallery, query: str) -> None:
    answer = served.ask(f"/api/photos?{query}")
    assert answer.status == 400
    assert answer.body.decode().startswith(f"{query.partition('=')[0]}: use ")


def test_a_photo_has_its_credit_and_the_addresses_of_its_pictures(served: ServedGallery) -> None:
    item = first(served)
    alone = served.ask(f"/api/photos/{item['id']}").json
    assert alone == {**item, "credit_html": ANY}
    assert "utm_source=my+wall&amp;utm_medium=referral" in alone["credit_html"]
    assert item["credit_text"] == f"Photo by {item['photographer']} on Unsplash"
    assert "utm_source=my+wall" in item["photographer_link"]
    assert served.ask("/api/photos/unknown-one").status == 404


def test_a_picture_is_served_as_what_it_is(served: ServedGallery) -> None:
    item = first(served)
    answer = served.ask(item["picture"])
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert len(answer.body) == item["bytes"]
    again = served.ask(item["picture"], If_None_Match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    since = served.ask(item["picture"], If_Modified_Since=answer.headers["last-modified"])
    assert since.status == 304
    head = served.ask(item["picture"], "HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == str(item["bytes"])


@pytest.mark.parametrize(
    ("asked", "part"),
    [("bytes=0-9", slice(0, 10)), ("bytes=10-", slice(10, None)), ("bytes=-5", slice(-5, None))],
)
def test_a_picture_is_served_in_ranges(served: ServedGallery, asked: str, part: slice) -> None:
    item = first(served)
    whole = served.ask(item["picture"]).body
    answer = served.ask(item["picture"], Range=asked)
    assert (answer.status, answer.body) == (206, whole[part])
    assert answer.headers["content-range"].endswith(f"/{len(whole)}")


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "pages=1", "bytes=x-", "bytes=-"])
def test_what_is_no_single_range_is_all_of_it(served: ServedGallery, asked: str) -> None:
    answer = served.ask(first(served)["picture"], Range=asked)
    assert answer.status in {200, 416}
    assert answer.status == 200 or asked == "bytes=-"


def test_a_range_of_another_version_is_all_of_it(served: ServedGallery) -> None:
    headers = {"Range": "bytes=0-9", "If_Range": '"another"'}
    assert served.ask(first(served)["picture"], **headers).status == 200


def test_a_range_beyond_the_end_is_refused(served: ServedGallery) -> None:
    answer = served.ask(first(served)["picture"], Range="bytes=99999999-")
    assert answer.status == 416
    assert answer.headers["content-range"].startswith("bytes */")


def test_a_thumbnail_is_made_when_it_is_asked_for_and_kept_for_ever(
    served: ServedGallery,
) -> None:
    item = first(served)
    answer = served.ask(item["thumbnail"])
    assert (answer.status, answer.headers["content-type"]) == (200, "image/jpeg")
    assert Image.open(io.BytesIO(answer.body)).size == (90, 60)
    assert "immutable" in answer.headers["cache-control"]
    another = item["thumbnail"].rpartition("/")[0] + "/0000000000000000.jpg"
    assert served.ask(another).status == 404


def test_text_is_compressed_for_those_who_take_it(served: ServedGallery) -> None:
    plain = served.ask("/api/photos")
    packed = served.ask("/api/photos", Accept_Encoding="gzip, br")
    assert packed.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.body)) == plain.json
    assert packed.headers["vary"] == "Accept-Encoding"
    assert served.ask("/api/photos", If_None_Match=packed.headers["etag"]).status == 304


def test_the_health_is_told_with_the_time_of_the_newest_photo(served: ServedGallery) -> None:
    answer = served.ask("/healthz")
    assert (answer.status, answer.json["ok"], answer.json["reason"]) == (200, True, None)
    assert answer.json["newest_at"] == first(served)["stored_at"]


FORBIDDEN = ("default-src 'none'", "frame-ancestors 'none'")


@pytest.mark.parametrize(
    "path", ["/", "/api/photos", "/api/session", "/healthz", "/none", "/api/photos?limit=x"]
)
def test_every_answer_forbids_what_it_does_not_need(served: ServedGallery, path: str) -> None:
    headers = served.ask(path).headers
    assert all(rule in headers["content-security-policy"] for rule in FORBIDDEN)
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def read_event(answer: http.client.HTTPResponse) -> tuple[str, dict[str, object]]:
    """Return the next event, with its content."""
    kind, content = "", ""
    while line := answer.readline().decode().rstrip("\n") or (not content and " "):
        name, _, value = line.partition(": ")
        kind, content = (value, content) if name == "event" else (kind, content)
        content = value if name == "data" else content
    return kind, json.loads(content)


def test_an_open_page_is_told_of_new_photos_and_of_changes(tmp_path: Path) -> None:
    library = GalleryLibrary(tmp_path / "library")
    (old,) = library.hang()
    with gallery_served(library, may_change=True) as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=CEILING)
        connection.request("GET", "/events")
        answer = connection.getresponse()
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert read_event(answer)[0] == "build"
        assert read_event(answer) == ("newest", {"number": old.stored_sequence})
        (new,) = library.hang()
        assert read_event(answer) == ("newest", {"number": new.stored_sequence})
        served.ask(f"/api/photos/{old.id}/favourite", "PUT", **served.enter())
        assert read_event(answer) == ("changed", {"id": old.id, "favourite": True})
    assert answer.read() == b""  # the server has stopped, and said so
    connection.close()
    library.close()


def test_a_thumbnail_that_the_gallery_has_made_is_not_made_again(tmp_path: Path) -> None:
    library = GalleryLibrary(tmp_path / "library")
    (photo,) = library.hang()
    library.folder.write_file(thumbnail_path(photo.sha256), b"made before")
    with gallery_served(library) as served:
        assert served.ask(first(served)["thumbnail"]).body == b"made before"
    library.close()


def changed(served: ServedGallery, photo_id: str, what: str, method: str) -> Answer:
    return served.ask(f"/api/photos/{photo_id}/{what}", method, **served.enter())


def test_a_visitor_makes_favourites_and_bans_and_takes_them_back(tmp_path: Path) -> None:
    library = GalleryLibrary(tmp_path / "library")
    (photo,) = library.hang()
    with gallery_served(library, may_change=True) as served:
        assert changed(served, photo.id, "favourite", "PUT").status == 204
        assert served.ask("/api/photos?favourites=1").json["photos"][0]["id"] == photo.id
        assert changed(served, photo.id, "favourite", "DELETE").status == 204
        assert changed(served, photo.id, "favourite", "DELETE").status == 404
        assert changed(served, photo.id, "ban", "PUT").status == 204
        assert not library.folder.path(photo.path).exists()
        assert served.ask("/api/photos").json["photos"] == []
        assert changed(served, photo.id, "ban", "DELETE").status == 204
        assert library.catalogue.waiting("sea") == 1
        assert changed(served, "unknown-one", "favourite", "PUT").status == 404
    library.close()
