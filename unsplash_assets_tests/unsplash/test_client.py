"""Tests of `unsplash.client`: requests as they leave, answers as they come, over real HTTP."""

import json
import socket
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.emulator import answers
from unsplash_assets.emulator.application import UNMATCHED_QUERY, Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.errors import (
    AccessDenied,
    BadAnswer,
    KeyRefused,
    NetworkError,
    NoPhotos,
    QuotaSpent,
    RequestRefused,
    ServerError,
    TooLarge,
    UnsplashAssetsError,
)
from unsplash_assets.transport.base import Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.unsplash.budget import Answered, NoBudget
from unsplash_assets.unsplash.client import (
    Filters,
    Question,
    UnsplashClient,
    is_at,
    numbers,
    picture_origins,
    problem,
)
from unsplash_assets.unsplash.quota import Numbers
from unsplash_assets_tests.conftest import RawServe, Serve
from unsplash_assets_tests.recorded import Recording, recordings

KEY = "Zq7_a-made-up-Access-Key_81"
SHORT = Timeouts(0.5, 0.3, 0.6)
HTML = b"<!DOCTYPE html><html><body><h1>503 first byte timeout</h1>Guru Mediation</body></html>"


class Told:
    """A budget of one reservation that remembers what it was told, once for each request."""

    def __init__(self, count: int = 1) -> None:
        self.count = count
        self.answers: list[Answered | None] = []
        self.open = 0

    @contextmanager
    def reserve(self, count: int) -> Iterator["Told"]:
        assert count == 1
        if not self.left:
            raise QuotaSpent("nothing is left")
        self.open += 1
        try:
            yield self
        finally:
            self.open -= 1

    def spent_words(self, needed: int = 1) -> str:
        return f"{needed} are to be had"

    def free(self) -> int:
        return self.left

    @property
    def left(self) -> int:
        return self.count - len(self.answers)

    def settle(self, answered: Answered | None) -> None:
        assert self.open, "a request is settled while it is reserved"
        self.answers.append(answered)


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


def client(url: str, budget: Told | None = None) -> UnsplashClient:
    return UnsplashClient(HttpTransport(), KEY, url, budget=budget)


def impatient(url: str, budget: Told | None = None) -> UnsplashClient:
    return UnsplashClient(HttpTransport(), KEY, url, timeouts=SHORT, budget=budget)


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
    budget = Told()
    brought = client(emulator_url, budget).random_photos("sea")
    assert len({found.id for found in brought.photos}) == 30
    assert brought.skipped == {}
    assert budget.answers == [Answered(Numbers(1_000_000, 1_000_000))]
    assert budget.open == 0


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
    budget = Told()
    with pytest.raises(BadAnswer):
        client(serve(Api(body, Content_Type="application/json")), budget).random_photos("sea")
    assert budget.answers == [Answered()]


NOTHING = Answered()
WHOLE = Answered(Numbers(1_000_000, 1_000_000))


@pytest.mark.parametrize(
    ("fault", "error", "told"),
    [
        ("api-401", KeyRefused, Answered(key_refused=True)),
        ("api-403", AccessDenied, NOTHING),
        ("api-404", NoPhotos, NOTHING),
        ("api-500", ServerError, NOTHING),
        ("api-503", ServerError, NOTHING),
        ("api-cut", NetworkError, WHOLE),
        ("api-html", BadAnswer, NOTHING),
        ("api-not-a-photo", BadAnswer, NOTHING),
        ("api-quota", QuotaSpent, Answered(Numbers(50, 0), quota_spent=True)),
    ],
)
def test_a_fault_of_the_api_is_an_error_and_the_budget_is_told(
    serve: Serve, fault: str, error: type[Exception], told: Answered
) -> None:
    budget = Told()
    with pytest.raises(error) as caught:
        client(serve(with_fault(Emulator(), fault)), budget).random_photos("sea")
    assert type(caught.value) is error
    assert budget.answers == [told]
    assert budget.open == 0


def test_nothing_is_asked_that_the_budget_refuses(serve: Serve) -> None:
    api = Api([])
    with pytest.raises(QuotaSpent, match="nothing is left"):
        client(serve(api), Told(count=0)).random_photos("sea")
    assert api.asked == []


def test_a_request_is_reserved_before_it_is_sent(serve: Serve) -> None:
    budget, reserved = Told(), list[int]()

    def api(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        reserved.append(budget.open)
        return Api([])(environ, start_response)

    with pytest.raises(BadAnswer):
        client(serve(api), budget).random_photos("sea")
    assert reserved == [1]


def test_no_match_says_which_topic_to_change(emulator_url: str) -> None:
    with pytest.raises(NoPhotos, match=r"no photos of topic 'no-such-topic'.*UNSPLASH_TOPICS"):
        client(emulator_url).random_photos(UNMATCHED_QUERY)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5000", 5000),
        ("7", 7),
        ("0", 0),
        ("many", None),
        ("-5", None),
        ("1e9", None),
        ("\xb2", None),
        ("99999999999999999999", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("case", [str.title, str.lower, str.upper])
def test_the_budget_is_told_the_numbers_that_the_answer_tells(
    raw_serve: RawServe, case: Any, text: str, number: int | None
) -> None:
    names = [case(name) for name in ("x-ratelimit-limit", "x-ratelimit-remaining")]
    both = "".join(f"{name}: {text}\r\n" for name in names)
    answer = f"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{both}\r\n[]".encode("latin-1")
    budget = Told()
    with pytest.raises(BadAnswer):
        client(raw_serve(lambda connection, _: connection.sendall(answer)), budget).random_photos(
            "x"
        )
    assert budget.answers == [Answered(Numbers(number, number))]


FRESH = {"X-Ratelimit-Limit": "50", "X-Ratelimit-Remaining": "44"}


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({}, Numbers(50, 44)),
        ({"Age": "0", "X-Cache": "MISS, MISS"}, Numbers(50, 44)),
        ({"Age": "soon"}, Numbers(50, 44)),
        ({"Age": "1"}, Numbers()),
        ({"age": "86400"}, Numbers()),
        ({"X-Cache": "HIT"}, Numbers()),
        ({"x-cache": "MISS, hit"}, Numbers()),
        ({"X-Cache": "Hit from cloudfront"}, Numbers()),
    ],
)
def test_the_numbers_of_an_answer_from_a_cache_are_ignored(
    serve: Serve, others: dict[str, str], told: Numbers
) -> None:
    assert numbers({**FRESH, **others}) == told
    headers = {name.replace("-", "_"): value for name, value in {**FRESH, **others}.items()}
    budget = Told()
    with pytest.raises(BadAnswer):
        client(serve(Api([], **headers)), budget).random_photos("sea")
    assert budget.answers == [Answered(told)]


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
def test_trouble_below_http_is_an_error_and_the_budget_is_told(
    raw_serve: RawServe, script: Any, error: type[Exception]
) -> None:
    budget = Told()
    with pytest.raises(error):
        impatient(raw_serve(script), budget).random_photos("sea")
    has_answered = script in (_cut, _huge)
    assert budget.answers == [NOTHING if has_answered else None]
    assert budget.open == 0


def test_a_server_that_is_not_there_is_a_network_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    budget = Told()
    with pytest.raises(NetworkError):
        impatient(f"http://127.0.0.1:{port}", budget).random_photos("sea")
    assert budget.answers == [None]


def test_a_redirect_to_another_origin_is_refused_and_not_asked(serve: Serve) -> None:
    other = Api([])
    api = Api(status="302 Found", Location=f"{serve(other)}/photos/random")
    with pytest.raises(RequestRefused, match="redirects elsewhere"):
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


@pytest.mark.parametrize("script", [_silent, _cut, _closed, _nonsense])
def test_the_key_is_in_no_error_of_the_network(raw_serve: RawServe, script: Any) -> None:
    with pytest.raises(NetworkError) as caught:
        impatient(raw_serve(script)).random_photos("sea")
    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_a_client_may_be_used_by_several_threads(emulator_url: str) -> None:
    budget = Told(count=16)
    shared = client(emulator_url, budget)
    with ThreadPoolExecutor(8) as pool:
        brought = list(pool.map(shared.random_photos, ["sea", "sky"] * 8))
    assert [len(found.photos) for found in brought] == [30] * 16
    assert len(budget.answers) == 16


def location(base: str) -> str:
    """Return the link of a download event, with an ixid that is easily spoiled."""
    return f"{base}/photos/Ab-_1234567/download?ixid=M3wx%2B%3DfA%7E~.+/=&x=%E5%B1%B1&x"


def report(url: str, location: str, budget: Told | None = None, **options: Any) -> Told:
    """Report one download to the API at `url`; return the budget that was told of it."""
    budget = budget or Told()
    speaker = UnsplashClient(HttpTransport(), KEY, url, budget=budget, **options)
    with budget.reserve(1) as reservation:
        speaker.report_download(location, reservation)
    return budget


def test_a_download_is_reported_with_the_links_own_query_and_the_key(raw_serve: RawServe) -> None:
    heads: list[str] = []

    def answer(connection: socket.socket, head: bytes) -> None:
        heads.append(head.decode())
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    base = raw_serve(answer)
    assert report(base, location(base)).answers == [NOTHING]
    (head,) = heads
    path = head.splitlines()[0].split()[1]
    assert parse_qs(path.partition("?")[2], keep_blank_values=True) == {
        "ixid": ["M3wx+=fA~~. /="],
        "x": ["山", ""],
    }
    assert path.startswith("/photos/Ab-_1234567/download?ixid=M3wx%2B%3DfA")
    assert f"\r\nAuthorization: Client-ID {KEY}\r\n" in head
    assert "\r\nAccept-Version: v1\r\n" in head


def test_a_report_uses_one_request_of_the_reservation(emulator_url: str) -> None:
    speaker = client(emulator_url)
    (photo,) = speaker.random_photos("sea", count=1).photos
    assert photo.download_location
    budget = Told(count=3)
    report(emulator_url, photo.download_location, budget)
    assert (budget.left, budget.answers) == (2, [WHOLE])


def test_an_event_whose_link_leads_elsewhere_is_not_sent(serve: Serve) -> None:
    api, other = Api({}), Api({})
    base, elsewhere = serve(api), serve(other)
    host = base.partition("//")[2]
    budget = Told()
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
            report(base, link, budget)
    assert (api.asked, other.asked, budget.answers) == ([], [], [])


def test_an_event_that_is_redirected_elsewhere_is_refused_and_does_not_take_the_key_there(
    serve: Serve,
) -> None:
    other = Api({})
    base = serve(Api(status="302 Found", Location=f"{serve(other)}/photos/x/download"))
    budget = Told()
    with pytest.raises(RequestRefused, match="redirects elsewhere"):
        report(base, location(base), budget)
    assert (other.asked, budget.answers) == ([], [None])


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
        ("404 Not Found", "Couldn't find Photo", RequestRefused, False),
    ],
)
def test_an_event_that_is_refused_for_its_photo_is_not_taken_for_a_refused_key(
    serve: Serve, status: str, reason: str, error: type[Exception], *, refused: bool
) -> None:
    base = serve(Api({"errors": [reason]}, status))
    budget = Told()
    with pytest.raises(error) as caught:
        report(base, location(base), budget)
    assert type(caught.value) is error
    assert budget.answers == [Answered(key_refused=refused)]


def test_a_search_that_is_unauthorized_is_a_refused_key(serve: Serve) -> None:
    budget = Told()
    with pytest.raises(KeyRefused):
        client(serve(Api({"errors": ["Unauthorized"]}, "401 Unauthorized")), budget).random_photos(
            "sea"
        )
    assert budget.answers == [Answered(key_refused=True)]


@pytest.mark.parametrize(("script", "answer"), [(_silent, None), (_cut, NOTHING), (_closed, None)])
def test_a_report_that_gets_no_whole_answer_is_a_network_error(
    raw_serve: RawServe, script: Any, answer: Answered | None
) -> None:
    base, budget = raw_serve(script), Told()
    with pytest.raises(NetworkError):
        report(base, location(base), budget, timeouts=SHORT)
    assert budget.answers == [answer]


def test_without_a_budget_every_request_is_granted(emulator_url: str) -> None:
    speaker = UnsplashClient(HttpTransport(), KEY, emulator_url)
    assert isinstance(speaker.budget, NoBudget)
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
    assert client(base_url).picture_origins == {pictures}


BY_STATUS = {401: KeyRefused, 403: QuotaSpent, 404: RequestRefused}
"""What the recorded errors stand for: the 403 are plain text, the 404 things not found."""


@pytest.mark.parametrize(
    "recording",
    [recording for recording in recordings() if recording.status >= 400],
    ids=lambda recording: recording.name,
)
def test_a_recorded_error_is_sorted_and_quoted(recording: Recording) -> None:
    error = problem(
        recording.status, recording.headers, recording.body, Question("", "topic 'sea'")
    )
    assert type(error) is BY_STATUS[recording.status]
    is_json = recording.body.startswith(b"{")
    said = recording.content["errors"][0] if is_json else "Rate Limit Exceeded"
    assert f"({recording.status}: {said})" in str(error)
    assert "trace" not in str(error)


SPENT = {"x-ratelimit-limit": "50", "X-Ratelimit-Remaining": "0"}
LEFT = {"X-Ratelimit-Remaining": "49"}
MISSING = b'{"errors":["OAuth error: missing permissions"]}'
PROBLEMS: list[tuple[int, dict[str, str], bytes, type[Exception], str]] = [
    (400, {}, b'{"errors":["query is missing"]}', RequestRefused, "400: query is missing"),
    (400, {}, b'{"errors":["a","b"]}', RequestRefused, "400: a; b"),
    (401, {}, b'{"errors":["Unauthorized"]}', KeyRefused, "401: Unauthorized"),
    (401, {}, b"", KeyRefused, "(401): copy the application's Access Key to UNSPLASH_API_KEY"),
    (401, SPENT, b"OAuth error: unauthorized", KeyRefused, "401: OAuth error: unauthorized"),
    (403, {}, b"Rate Limit Exceeded", QuotaSpent, "403: Rate Limit Exceeded"),
    (403, LEFT, b"Rate Limit Exceeded\n", QuotaSpent, "403: Rate Limit Exceeded"),
    (403, {}, b'{"errors":["Rate Limit Exceeded"]}', QuotaSpent, "403: Rate Limit Exceeded"),
    (403, SPENT, b"", QuotaSpent, "(403)"),
    (403, SPENT, HTML, QuotaSpent, "(403)"),
    (403, {**SPENT, "Age": "9"}, HTML, AccessDenied, "(403)"),
    (403, {}, MISSING, AccessDenied, "403: OAuth error: missing permissions"),
    (403, SPENT, MISSING, AccessDenied, "403: OAuth error: missing permissions"),
    (403, LEFT, b"", AccessDenied, "(403)"),
    (403, {}, HTML, AccessDenied, "(403)"),
    (429, {}, b"", QuotaSpent, "(429)"),
    (429, LEFT, MISSING, QuotaSpent, "429: "),
    (404, {}, b'{"errors":["No photos found."]}', NoPhotos, "no photos of topic 'sea'"),
    (404, {}, b'{"errors":["Couldn\'t find Photo"]}', RequestRefused, "Couldn't find Photo"),
    (404, {}, b'{"errors":["Unable to find endpoint"]}', RequestRefused, "404: Unable to find"),
    (404, {}, HTML, RequestRefused, "(404)"),
    (410, {}, b'{"errors":["Query flagged as spam"]}', RequestRefused, "Query flagged as spam"),
    (422, {}, b"[]", RequestRefused, "topic 'sea' (422)"),
    (408, {}, b"", ServerError, "(408)"),
    (500, {}, b'{"status":"500","error":"Internal Server Error"}', ServerError, "500: Internal"),
    (500, SPENT, b'{"error":"oops"}', ServerError, "500: oops"),
    (502, {}, b"Bad Gateway", ServerError, "502: Bad Gateway"),
    (503, {}, HTML, ServerError, "(503)"),
    (503, {}, b"\n  <?xml version='1.0'?><error/>", ServerError, "(503)"),
    (503, {}, b"", ServerError, "(503)"),
    (204, {}, b"", BadAnswer, "204 where 200 was expected"),
    (304, {}, b"", BadAnswer, "304 where 200 was expected"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "headers", "body", "error", "said"), PROBLEMS)
def test_an_answer_other_than_200_is_sorted(
    status: int, headers: dict[str, str], body: bytes, error: type[Exception], said: str
) -> None:
    found = problem(status, headers, body, Question("", "topic 'sea'"))
    assert type(found) is error
    assert said in str(found)


def test_errors_that_are_null_say_nothing() -> None:
    assert "None" not in str(problem(500, {}, b'{"errors":null}', Question("", "topic 'sea'")))


BODIES = st.binary() | st.recursive(
    st.none() | st.text(st.characters()) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries({}, optional={"errors": inner, "error": inner})
    ),
).map(lambda content: json.dumps(content).encode())


@hypothesis.given(
    status=st.integers(201, 599),
    remaining=st.text(st.characters(), max_size=5),
    body=BODIES | st.builds(bytes.__mul__, BODIES, st.just(500)),
)
def test_whatever_the_body_says_the_error_is_one_line(
    status: int, remaining: str, body: bytes
) -> None:
    said = str(
        problem(status, {"X-Ratelimit-Remaining": remaining}, body, Question("", "topic 'sea'"))
    )
    assert said.isprintable()
    assert str(status) in said or "no photos of topic 'sea'" in said
    assert len(said) < 400
