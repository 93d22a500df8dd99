"""Tests of `unsplash.client`: requests as they leave, answers as they come, over real HTTP."""

import json
import socket
import traceback
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from unsplash_assets.emulator import answers
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.endpoints import UNMATCHED_QUERY
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.emulator.server import marked
from unsplash_assets.errors import (
    AccessDenied,
    BadAnswer,
    KeyRefused,
    NetworkError,
    NoPhotos,
    PhotoGone,
    PhotoRefused,
    QuotaSpent,
    RedirectedAway,
    RequestRefused,
    ServerError,
    SettingsError,
    TooLarge,
    UnsplashAssetsError,
)
from unsplash_assets.model.topics import Filters
from unsplash_assets.transport.base import Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.unsplash.budget import Grant, Shortage
from unsplash_assets.unsplash.client import UnsplashClient, is_at, picture_origins
from unsplash_assets.unsplash.quota import QuotaReport
from unsplash_assets_tests.conftest import RawServe, Serve

KEY = "Zq7_a-made-up-Access-Key_81"
SHORT = Timeouts(0.5, 0.3, 0.6)
HTML = b"<!DOCTYPE html><html><body><h1>503 first byte timeout</h1>Guru Mediation</body></html>"


def outcome(grant: Grant) -> tuple[int, QuotaReport | None]:
    """Return how many requests of a grant were settled, and what the newest answer says.

    When that was sent is left out: it is the time of the test.
    """
    return grant.made, replace(grant.newest, date=None) if grant.newest else None


class Api:
    """An API that answers everything alike and remembers what it was asked."""

    def __init__(self, body: Any = b"", status: str = "200 OK", **headers: str) -> None:
        self.asked: list[WSGIEnvironment] = []
        self._status = status
        self._body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self._headers = [(name.replace("_", "-"), value) for name, value in headers.items()]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked.append(environ)
        start_response(self._status, [*self._headers, ("Content-Length", str(len(self._body)))])
        return [self._body]

    @property
    def query(self) -> dict[str, list[str]]:
        """The query of the last request."""
        return parse_qs(self.asked[-1]["QUERY_STRING"], keep_blank_values=True)


def client(url: str) -> UnsplashClient:
    return UnsplashClient(HttpTransport(), KEY, url)


def impatient(url: str) -> UnsplashClient:
    return UnsplashClient(HttpTransport(), KEY, url, timeouts=SHORT)


def photo(number: int, base: str, **changes: Any) -> dict[str, Any]:
    return {**answers.full(EmulatedPhoto(7, number), base, "sea"), **changes}


def photos(*contents: Any) -> Any:
    """Return an answer whose pictures are on the very server that is asked."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        base = f"http://{environ['HTTP_HOST']}"
        made = [photo(c, base) if isinstance(c, int) else c(base) for c in contents]
        return Api(made)(environ, start_response)

    return answer


def test_random_photos_of_a_topic_are_brought_with_one_request(emulator_url: str) -> None:
    grant = Grant(1)
    brought = client(emulator_url).random_photos("sea", grant=grant)
    assert len({found.id for found in brought.photos}) == 30
    assert brought.skipped == {}
    assert outcome(grant) == (1, QuotaReport(1_000_000, 1_000_000))


def test_one_photo_is_brought_by_its_id_with_one_request(serve: Serve) -> None:
    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        api.append(Api(photo(1, f"http://{environ['HTTP_HOST']}")))
        return api[-1](environ, start_response)

    api: list[Api] = []
    grant, photo_id = Grant(1), EmulatedPhoto(7, 1).id
    found = client(serve(answer)).photo(photo_id, grant)
    assert (found.id, set(found.urls) >= {"raw", "regular"}) == (photo_id, True)
    (asked,) = api[0].asked
    assert asked["PATH_INFO"] == f"/photos/{photo_id}"
    assert asked["HTTP_AUTHORIZATION"] == f"Client-ID {KEY}"
    assert outcome(grant)[0] == 1


@pytest.mark.parametrize(
    ("changes", "status", "error", "said"),
    [
        ({"premium": True}, "200 OK", PhotoRefused, r"skipped \(premium\)"),
        ({"urls": None}, "200 OK", BadAnswer, "something that is not a photo"),
        (
            {"errors": ["Couldn't find Photo"]},
            "404 Not Found",
            PhotoGone,
            "no longer has the photo",
        ),
        ({}, "410 Gone", PhotoGone, r"no longer has the photo \(410\)"),
        ({"errors": ["Unable to find endpoint"]}, "404 Not Found", RequestRefused, "refuses"),
    ],
)
def test_one_photo_that_is_not_to_be_had_is_gone_or_refused(
    serve: Serve, changes: dict[str, Any], status: str, error: type[Exception], said: str
) -> None:
    api = Api(photo(1, "http://127.0.0.1", **changes), status)
    with pytest.raises(error, match=said):
        client(serve(api)).photo("AAAAAAAAAAA", Grant(1))


def test_fewer_photos_can_be_asked_for(emulator_url: str) -> None:
    assert len(client(emulator_url).random_photos("sea", count=2).photos) == 2


def test_the_orientation_is_kept(emulator_url: str) -> None:
    brought = client(emulator_url).random_photos("sea", 10, Filters(orientation="portrait"))
    assert len(brought.photos) == 10
    assert all((found.height or 0) > (found.width or 0) for found in brought.photos)


@pytest.mark.parametrize("topic", ["sea", "rock & roll", "a=b+c%20d#e?f/g", "山 café"])
def test_a_topic_arrives_as_it_is_written(serve: Serve, topic: str) -> None:
    api = Api({"errors": ["no"]}, "400 Bad Request")
    with pytest.raises(RequestRefused):
        client(serve(api)).random_photos(topic)
    assert api.asked[0]["PATH_INFO"] == "/photos/random"
    assert api.query == {"query": [topic], "count": ["30"], "content_filter": ["low"]}


def test_filters_are_asked_for(serve: Serve) -> None:
    api = Api({"errors": ["no"]}, "400 Bad Request")
    with pytest.raises(RequestRefused):
        client(serve(api)).random_photos("sea", 3, Filters("squarish", "high"))
    assert api.query == {
        "query": ["sea"],
        "count": ["3"],
        "orientation": ["squarish"],
        "content_filter": ["high"],
    }


def test_an_api_below_a_path_is_asked_there(serve: Serve) -> None:
    api = Api([])
    with pytest.raises(BadAnswer):
        client(f"{serve(api)}/api/v1/").random_photos("sea")
    assert api.asked[0]["PATH_INFO"] == "/api/v1/photos/random"


def test_the_key_is_in_the_authorization_header_and_nowhere_else(serve: Serve) -> None:
    api = Api([])
    with pytest.raises(BadAnswer):
        client(serve(api)).random_photos("sea")
    headers = dict(api.asked[0])
    assert headers["HTTP_ACCEPT_VERSION"] == "v1"
    assert headers.pop("HTTP_AUTHORIZATION") == f"Client-ID {KEY}"
    assert KEY not in repr(headers)


def test_one_object_is_as_good_as_an_array(serve: Serve) -> None:
    base = "https://images.unsplash.com"
    elsewhere = UnsplashClient(HttpTransport(), KEY, serve(Api(photo(1, base))))
    assert elsewhere.random_photos("sea").skipped == {"elsewhere": 1}

    def one(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return Api(photo(1, f"http://{environ['HTTP_HOST']}"))(environ, start_response)

    brought = client(serve(one)).random_photos("sea")
    assert [found.id for found in brought.photos] == [EmulatedPhoto(7, 1).id]


def test_a_photo_that_an_answer_has_twice_is_brought_once(serve: Serve) -> None:
    brought = client(serve(photos(1, 2, 1, 1))).random_photos("sea")
    assert [found.id for found in brought.photos] == [EmulatedPhoto(7, n).id for n in (1, 2)]


def test_photos_that_are_not_for_us_are_skipped_and_counted(serve: Serve) -> None:
    api = photos(
        1,
        lambda base: photo(2, base, premium=True),
        lambda base: photo(3, base, plus=True),
        lambda base: photo(4, base, user=None),
        lambda base: photo(5, base, id="../../etc/passwd"),
        lambda _: photo(6, "https://photos.example"),
    )
    brought = client(serve(api)).random_photos("sea")
    assert len(brought.photos) == 1
    assert brought.skipped == {"premium": 2, "uncredited": 1, "malformed": 1, "elsewhere": 1}


@pytest.mark.parametrize("other", [None, "x", 7, [], {}])
def test_what_is_no_photo_among_photos_is_skipped_and_counted(serve: Serve, other: Any) -> None:
    brought = client(serve(photos(1, lambda _: other, 2))).random_photos("sea")
    assert [found.id for found in brought.photos] == [EmulatedPhoto(7, n).id for n in (1, 2)]
    assert brought.skipped == {"malformed": 1}


@pytest.mark.parametrize("links", [None, {}, {"download_location": "https://photos.example/x"}])
def test_a_photo_without_the_link_of_its_download_event_has_the_one_that_the_api_documents(
    serve: Serve, links: Any
) -> None:
    base = f"{serve(photos(lambda base: photo(1, base, links=links)))}/v1"
    (found,) = client(base).random_photos("sea").photos
    ixid = parse_qs(found.urls["raw"].partition("?")[2])["ixid"][0]
    assert found.download_location == f"{base}/photos/{found.id}/download?ixid={ixid}"


def test_an_answer_of_premium_photos_alone_is_no_error(serve: Serve) -> None:
    api = photos(*[lambda base, n=n: photo(n, base, premium=True) for n in range(3)])
    brought = client(serve(api)).random_photos("sea")
    assert (brought.photos, brought.skipped) == ((), {"premium": 3})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(HTML, id="HTML"),
        pytest.param(b"\xff\xfe\x00", id="bytes"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"9" * 10_000, id="a long number"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="an empty array"),
        pytest.param(b"[null]", id="an array of null"),
        pytest.param(b"{}", id="an empty object"),
        pytest.param(b'{"errors":["No photos found."]}', id="an error in good clothes"),
        pytest.param(b'[{"id":"x"},{"id":"y"}]', id="no photos"),
    ],
)
def test_an_answer_that_cannot_be_read_is_a_bad_answer(serve: Serve, body: bytes) -> None:
    grant = Grant(1)
    api = Api(body, Content_Type="application/json")
    with pytest.raises(BadAnswer):
        client(serve(api)).random_photos("sea", grant=grant)
    assert outcome(grant) == (1, QuotaReport())


def test_an_emulator_that_is_taken_for_unsplash_is_refused_and_says_how_to_use_it(
    serve: Serve,
) -> None:
    base, grant = serve(marked(Emulator())), Grant(2)
    for ask in (
        lambda: client(base).random_photos("sea", grant=grant),
        lambda: report(base, location(base), grant),
    ):
        with pytest.raises(SettingsError) as caught:
            ask()
        assert str(caught.value) == (
            f"UNSPLASH_API_URL is an emulated Unsplash ({base}): its pictures are drawn, "
            "set UNSPLASH_API_KEY=demo to have them in the demo"
        )
    assert grant.left == 0


def test_an_emulator_is_a_demo_for_who_asks_with_the_demos_key(serve: Serve) -> None:
    asker = UnsplashClient(HttpTransport(), "demo", serve(marked(Emulator())))
    assert len(asker.random_photos("sea").photos) == 30


NOTHING = QuotaReport()
WHOLE = QuotaReport(1_000_000, 1_000_000)


@pytest.mark.parametrize(
    ("fault", "error", "report"),
    [
        ("api-401", KeyRefused, QuotaReport(key_refused=True)),
        ("api-403", AccessDenied, NOTHING),
        ("api-404", NoPhotos, NOTHING),
        ("api-500", ServerError, NOTHING),
        ("api-503", ServerError, NOTHING),
        ("api-cut", NetworkError, WHOLE),
        ("api-html", BadAnswer, NOTHING),
        ("api-not-a-photo", BadAnswer, NOTHING),
        ("api-quota", QuotaSpent, QuotaReport(50, 0, quota_spent=True)),
    ],
)
def test_a_fault_of_the_api_is_an_error_and_settles_the_request(
    serve: Serve, fault: str, error: type[Exception], report: QuotaReport
) -> None:
    grant = Grant(1)
    with pytest.raises(error) as caught:
        client(serve(with_fault(Emulator(), fault))).random_photos("sea", grant=grant)
    assert type(caught.value) is error
    assert outcome(grant) == (1, report)


def test_nothing_is_asked_that_was_not_granted(serve: Serve) -> None:
    api = Api([])
    none = Grant(0, Shortage("nothing is left", 0.0))
    base = serve(api)
    with pytest.raises(QuotaSpent, match="nothing is left"):
        client(base).random_photos("sea", grant=none)
    with pytest.raises(QuotaSpent, match="nothing is left"):
        client(base).report_download(location(base), none)
    assert api.asked == []
    assert outcome(none) == (0, None)


def test_no_more_is_asked_than_was_granted(serve: Serve) -> None:
    api, grant = Api([]), Grant(2)
    asker = client(serve(api))
    for error in (BadAnswer, BadAnswer, QuotaSpent):
        with pytest.raises(error):
            asker.random_photos("sea", grant=grant)
    assert (len(api.asked), grant.made) == (2, 2)


def test_a_request_is_settled_once_it_is_answered_and_not_before(serve: Serve) -> None:
    grant, settled = Grant(1), list[int]()

    def api(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        settled.append(grant.made)
        return Api([])(environ, start_response)

    with pytest.raises(BadAnswer):
        client(serve(api)).random_photos("sea", grant=grant)
    assert (settled, grant.made) == ([0], 1)


def test_no_match_says_which_topic_to_change(emulator_url: str) -> None:
    with pytest.raises(NoPhotos, match=r"no photos of topic 'no-such-topic'.*UNSPLASH_TOPICS"):
        client(emulator_url).random_photos(UNMATCHED_QUERY)


@pytest.mark.parametrize(("text", "number"), [("5000", 5000), ("many", None), ("\xb2", None)])
def test_a_grant_gets_the_numbers_of_the_answer(
    raw_serve: RawServe, text: str, number: int | None
) -> None:
    both = f"x-ratelimit-limit: {text}\r\nX-Ratelimit-Remaining: {text}\r\n"
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{both}\r\n[]".encode("latin-1")
    grant = Grant(1)
    with pytest.raises(BadAnswer):
        client(raw_serve(lambda connection, _: connection.sendall(answer))).random_photos(
            "x", grant=grant
        )
    assert outcome(grant) == (1, QuotaReport(number, number))


def test_the_numbers_of_an_answer_from_a_cache_are_ignored(serve: Serve) -> None:
    stale = {"X_Ratelimit_Limit": "50", "X_Ratelimit_Remaining": "44", "Age": "1"}
    grant = Grant(1)
    with pytest.raises(BadAnswer):
        client(serve(Api([], **stale))).random_photos("sea", grant=grant)
    assert outcome(grant) == (1, QuotaReport())


def _silent(connection: socket.socket, _: bytes) -> None:
    connection.recv(1)


def _cut(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[")


def _closed(connection: socket.socket, _: bytes) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def _nonsense(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")


def _huge(connection: socket.socket, _: bytes) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000001\r\n\r\n[")


@pytest.mark.long
@pytest.mark.parametrize(
    ("script", "error"),
    [
        (_silent, NetworkError),
        (_cut, NetworkError),
        (_closed, NetworkError),
        (_nonsense, NetworkError),
        (_huge, TooLarge),
    ],
)
def test_trouble_below_http_is_an_error_and_settles_the_request(
    raw_serve: RawServe, script: Any, error: type[Exception]
) -> None:
    grant = Grant(1)
    with pytest.raises(error):
        impatient(raw_serve(script)).random_photos("sea", grant=grant)
    has_answered = script in (_cut, _huge)
    assert outcome(grant) == (1, NOTHING if has_answered else None)


def test_a_server_that_is_not_there_is_a_network_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    grant = Grant(1)
    with pytest.raises(NetworkError):
        impatient(f"http://127.0.0.1:{port}").random_photos("sea", grant=grant)
    assert outcome(grant) == (1, None)


def test_a_redirect_to_another_origin_is_refused_and_not_asked(serve: Serve) -> None:
    other = Api([])
    api = Api(status="302 Found", Location=f"{serve(other)}/photos/random")
    with pytest.raises(RedirectedAway, match="redirects elsewhere"):
        client(serve(api)).random_photos("sea")
    assert len(api.asked) == 1
    assert other.asked == []


def test_a_redirect_whose_host_can_be_read_in_two_ways_does_not_get_the_key(
    serve: Serve, raw_serve: RawServe
) -> None:
    other = Api([])
    elsewhere = serve(other)

    def redirect(connection: socket.socket, head: bytes) -> None:
        host = head.partition(b"Host: ")[2].partition(b"\r\n")[0]
        location = elsewhere.encode() + b"\\@" + host + b"/photos/random"
        connection.sendall(
            b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location + b"\r\n\r\n"
        )

    with pytest.raises(UnsplashAssetsError):
        client(raw_serve(redirect)).random_photos("sea")
    assert other.asked == []


def test_a_redirect_within_the_origin_is_followed_with_the_key(serve: Serve) -> None:
    moved, there = Api(status="301 Moved", Location="/v2/random"), Api(b"[]")

    def api(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = there if environ["PATH_INFO"] == "/v2/random" else moved
        return answer(environ, start_response)

    with pytest.raises(BadAnswer):
        client(serve(api)).random_photos("sea")
    assert [asked["HTTP_AUTHORIZATION"] for asked in there.asked] == [f"Client-ID {KEY}"]


ECHO = f"the key {KEY} of Client-ID {KEY} is not good"


@pytest.mark.parametrize(
    "api",
    [
        pytest.param(Api({"errors": [ECHO]}, "401 Unauthorized"), id="401 JSON"),
        pytest.param(Api(ECHO.encode(), "401 Unauthorized"), id="401 text"),
        pytest.param(Api({"errors": [ECHO]}, "403 Forbidden"), id="403"),
        pytest.param(Api({"errors": [ECHO]}, "404 Not Found"), id="404"),
        pytest.param(Api({"error": ECHO}, "500 Internal Server Error"), id="500"),
        pytest.param(Api(ECHO.encode(), "429 Too Many Requests"), id="429"),
        pytest.param(Api(ECHO.encode(), "200 OK"), id="200"),
        pytest.param(
            Api(status="302 Found", Location=f"https://photos.example/?client_id={KEY}"), id="302"
        ),
    ],
)
def test_a_key_that_the_server_sends_back_is_in_no_error(serve: Serve, api: Api) -> None:
    with pytest.raises(UnsplashAssetsError) as caught:
        client(serve(api)).random_photos("sea")
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_the_rest_of_an_answer_that_had_the_key_is_still_quoted(serve: Serve) -> None:
    api = Api({"errors": [ECHO]}, "401 Unauthorized")
    with pytest.raises(KeyRefused, match=r"401: the key \(key\) of Client-ID \(key\) is not good"):
        client(serve(api)).random_photos("sea")


@pytest.mark.long
@pytest.mark.parametrize("script", [_silent, _cut, _closed, _nonsense])
def test_the_key_is_in_no_error_of_the_network(raw_serve: RawServe, script: Any) -> None:
    with pytest.raises(NetworkError) as caught:
        impatient(raw_serve(script)).random_photos("sea")
    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.long
def test_a_client_may_be_used_by_several_threads(emulator_url: str) -> None:
    grant = Grant(16)
    shared = client(emulator_url)
    with ThreadPoolExecutor(8) as pool:
        brought = list(
            pool.map(lambda topic: shared.random_photos(topic, grant=grant), ["sea", "sky"] * 8)
        )
    assert [len(found.photos) for found in brought] == [30] * 16
    assert (grant.made, grant.counted, grant.left) == (16, 16, 0)


def location(base: str) -> str:
    """Return the link of a download event, with an ixid that is easily spoiled."""
    return f"{base}/photos/Ab-_1234567/download?ixid=M3wx%2B%3DfA%7E~.+/=&x=%E5%B1%B1&x"


def report(url: str, location: str, grant: Grant, **options: Any) -> None:
    """Report one download to the API at `url`, as one request of a grant."""
    UnsplashClient(HttpTransport(), KEY, url, **options).report_download(location, grant)


def test_a_download_is_reported_with_the_links_own_query_and_the_key(raw_serve: RawServe) -> None:
    heads: list[str] = []

    def answer(connection: socket.socket, head: bytes) -> None:
        heads.append(head.decode())
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    base = raw_serve(answer)
    grant = Grant(1)
    report(base, location(base), grant)
    assert outcome(grant) == (1, NOTHING)
    (head,) = heads
    path = head.splitlines()[0].split()[1]
    assert parse_qs(path.partition("?")[2], keep_blank_values=True) == {
        "ixid": ["M3wx+=fA~~. /="],
        "x": ["山", ""],
    }
    assert path.startswith("/photos/Ab-_1234567/download?ixid=M3wx%2B%3DfA")
    assert f"\r\nAuthorization: Client-ID {KEY}\r\n" in head
    assert "\r\nAccept-Version: v1\r\n" in head


def test_a_report_uses_one_request_of_the_grant(emulator_url: str) -> None:
    speaker = client(emulator_url)
    (photo,) = speaker.random_photos("sea", count=1).photos
    assert photo.download_location
    grant = Grant(3)
    report(emulator_url, photo.download_location, grant)
    assert (grant.left, outcome(grant)) == (2, (1, WHOLE))


def test_an_event_whose_link_leads_elsewhere_is_not_sent(serve: Serve) -> None:
    api, other = Api({}), Api({})
    base, elsewhere = serve(api), serve(other)
    host = base.partition("//")[2]
    grant = Grant(1)
    links = [
        location(elsewhere),
        location("https://api.unsplash.com"),
        location(base.replace("http:", "https:")),
        location(f"{elsewhere}\\@{host}"),
        location(f"http://{host}@{elsewhere.partition('//')[2]}"),
        location(f"http://{host}.photos.example"),
        location(f"//{host}"),
        "/photos/x/download",
        "",
        "http://[",
    ]
    for link in links:
        with pytest.raises(RequestRefused, match="leads away from the API: not sent"):
            report(base, link, grant)
    assert (api.asked, other.asked, grant.made) == ([], [], 0)


def test_an_event_that_is_redirected_elsewhere_is_refused_and_does_not_take_the_key_there(
    serve: Serve,
) -> None:
    other = Api({})
    base = serve(Api(status="302 Found", Location=f"{serve(other)}/photos/x/download"))
    grant = Grant(1)
    with pytest.raises(RedirectedAway, match="redirects elsewhere"):
        report(base, location(base), grant)
    assert (other.asked, outcome(grant)) == ([], (1, None))


@pytest.mark.parametrize(
    ("url", "base", "same"),
    [
        ("https://api.unsplash.com/photos/x/download?ixid=y", "https://api.unsplash.com", True),
        ("https://API.unsplash.com:443/photos", "https://api.unsplash.com/", True),
        ("https://photos.example/elsewhere", "https://photos.example/api/v1", True),
        ("https://images.unsplash.com/photo-1", "https://api.unsplash.com", False),
        ("https://api.unsplash.com:444/", "https://api.unsplash.com", False),
        ("https://api.unsplash.com.photos.example/", "https://api.unsplash.com", False),
    ],
)
def test_a_link_is_at_an_api_that_has_its_origin(url: str, base: str, *, same: bool) -> None:
    assert is_at(url, base) is same


OAUTH = "OAuth error: The access token is invalid"


@pytest.mark.parametrize(
    ("status", "reason", "error", "refused"),
    [
        ("401 Unauthorized", "Unauthorized", RequestRefused, False),
        ("401 Unauthorized", OAUTH, KeyRefused, True),
        ("404 Not Found", "Couldn't find Photo", PhotoGone, False),
    ],
)
def test_an_event_that_is_refused_for_its_photo_is_not_taken_for_a_refused_key(
    serve: Serve, status: str, reason: str, error: type[Exception], *, refused: bool
) -> None:
    base = serve(Api({"errors": [reason]}, status))
    grant = Grant(1)
    with pytest.raises(error) as caught:
        report(base, location(base), grant)
    assert type(caught.value) is error
    assert outcome(grant) == (1, QuotaReport(key_refused=refused))


def test_a_search_that_is_unauthorized_is_a_refused_key(serve: Serve) -> None:
    grant = Grant(1)
    with pytest.raises(KeyRefused):
        client(serve(Api({"errors": ["Unauthorized"]}, "401 Unauthorized"))).random_photos(
            "sea", grant=grant
        )
    assert outcome(grant) == (1, QuotaReport(key_refused=True))


@pytest.mark.long
@pytest.mark.parametrize(("script", "answer"), [(_silent, None), (_cut, NOTHING), (_closed, None)])
def test_a_report_that_gets_no_whole_answer_is_a_network_error(
    raw_serve: RawServe, script: Any, answer: QuotaReport | None
) -> None:
    base, grant = raw_serve(script), Grant(1)
    with pytest.raises(NetworkError):
        report(base, location(base), grant, timeouts=SHORT)
    assert outcome(grant) == (1, answer)


@pytest.mark.long
def test_without_a_grant_every_request_is_sent(emulator_url: str) -> None:
    speaker = UnsplashClient(HttpTransport(), KEY, emulator_url)
    for _ in range(3):
        assert len(speaker.random_photos("sea").photos) == 30


@pytest.mark.parametrize(
    ("base_url", "pictures"),
    [
        ("https://api.unsplash.com", "https://images.unsplash.com"),
        ("https://API.unsplash.com:443/", "https://images.unsplash.com"),
        ("https://photos.example/api", "https://photos.example"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ],
)
def test_pictures_come_from_unsplash_or_the_other_apis_own_origin(
    base_url: str, pictures: str
) -> None:
    assert picture_origins(base_url) == {pictures}
