"""Every kind of bad answer of the API to the request for photos, and its expected result.

A run asks for three photos. `faults` prints their table; `test_faults.py` has the run.
"""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from unsplash_assets_tests.support.fault_server import BAD, PLACEHOLDER, Answer, Exchange
from unsplash_assets_tests.support.picture_faults import (
    CUT,
    ELSEWHERE,
    HTML,
    LINE,
    METADATA,
    NO_ANSWER,
    NOT_DIVIDED,
    TOO_LONG,
    bomb,
    bytes_of,
    dripping,
    endless,
    half,
    raw,
    redirect,
    reset,
    silent,
)

RENDITIONS = ("raw", "full", "regular", "small", "thumb")


class Verdict(Enum):
    """What becomes of the answer, and how many files the run brings."""

    READ = "read as usual", 3
    SKIPPED = "that photo is skipped, the others are used", 3
    AGAIN = "retried, then the run fails", 0
    AT_ONCE = "the run fails at once", 0


@dataclass(frozen=True)
class ApiFault:
    """One kind: what the API does, what becomes of it, and what is said of it."""

    name: str
    answer: Answer
    fate: Verdict
    says: str = ""


def body(spoil: Callable[[bytes], bytes], **headers: str) -> Answer:
    """Answer with what is made of the answer's bytes."""
    return lambda exchange: exchange.reply(spoil(exchange.body), "application/json", **headers)


def fixed(content: bytes, media_type: str = "application/json") -> Answer:
    return lambda exchange: exchange.reply(content, media_type)


def status(line: str, content: bytes = b"", media_type: str = "", **headers: str) -> Answer:
    return lambda exchange: exchange.reply(content, media_type, line, **headers)


def errors(text: str) -> bytes:
    return json.dumps({"errors": [text]}).encode()


def photos(spoil: Callable[[list[Any]], Any]) -> Answer:
    """Answer with what is made of the photos."""
    return body(lambda content: json.dumps(spoil(json.loads(content))).encode())


def one(**changes: Any) -> Answer:
    """Change one photo of each answer; `urls__raw=x` stands for x at urls.raw."""

    def spoil(listed: list[Any]) -> list[Any]:
        for name, value in changes.items():
            *folders, last = name.split("__")
            place = listed[BAD]
            for folder in folders:
                place = place[folder]
            place[last] = value
        return listed

    return photos(spoil)


def instead_of_one(content: Any) -> Answer:
    """Give something else instead of one photo of each answer."""
    return photos(lambda listed: [*listed[:BAD], content, *listed[BAD + 1 :]])


def one_at(url: str) -> Answer:
    """Let all pictures of one photo be at a URL."""
    return one(urls=dict.fromkeys(RENDITIONS, url))


def placeholder(exchange: Exchange) -> None:
    one_at(f"{exchange.base}{PLACEHOLDER}?fit=crop")(exchange)


def every(spoil: Callable[[dict[str, Any]], Any]) -> Answer:
    return photos(lambda listed: [spoil(photo) for photo in listed])


def nulls(content: Any, depth: int) -> Any:
    """Return JSON of the same shape, all null from a depth on."""
    if depth == 0 or not isinstance(content, dict):
        return None
    return {name: nulls(value, depth - 1) for name, value in content.items()}


def alike(listed: list[Any]) -> list[Any]:
    """Return three photos whose ids differ in case alone."""
    ids = ("AbCdEfGhIjK", "abcdefghijk", "ABCDEFGHIJK")
    return [{**photo, "id": name} for photo, name in zip(listed, ids, strict=False)]


def thousand(listed: list[Any]) -> list[Any]:
    """Return a thousand photos: those of the answer, with other ids."""
    return [{**listed[i % len(listed)], "id": f"{i:011d}"} for i in range(1_000)]


def nested(depth: int) -> Any:
    content: Any = "deep"
    for _ in range(depth):
        content = [content]
    return content


def deep_in_one(depth: int) -> Answer:
    """Put lists within lists into one photo, by hand: Python's own writer would not."""
    mark = b'"in here"'
    deep = b"[" * depth + b"]" * depth

    def answer(exchange: Exchange) -> None:
        listed = json.loads(exchange.body)
        listed[BAD]["surprise"] = "in here"
        exchange.reply(json.dumps(listed).encode().replace(mark, deep), "application/json")

    return answer


def number_in_one(number: bytes) -> Answer:
    """Give one photo a width that JSON, or Python's writer of it, does not know."""
    mark = b'"in here"'

    def answer(exchange: Exchange) -> None:
        listed = json.loads(exchange.body)
        listed[BAD]["width"] = "in here"
        exchange.reply(json.dumps(listed).encode().replace(mark, number), "application/json")

    return answer


def cut(exchange: Exchange) -> None:
    length = b"Content-Length: %d\r\n\r\n" % len(exchange.body)
    exchange.send(HEADERS, length, half(exchange.body))


def packed(exchange: Exchange) -> None:
    exchange.reply(gzip.compress(exchange.body), "application/json", Content_Encoding="gzip")


HEADERS = LINE + b"Content-Type: application/json\r\n"
CHUNKED = HEADERS + b"Transfer-Encoding: chunked\r\n\r\n"
STATUS_500 = b'{"status":"500","error":"Internal Server Error"}'
INVALID = "OAuth error: The access token is invalid"
RATE = b"Rate Limit Exceeded"
SCRIPT = "javascript:alert(1)"
MANY_SCRIPTS = "<script>alert(1)</script><img src=x onerror=alert(1)> & [x](javascript:y)"

FOREIGN = (
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:image/jpeg;base64,AAAA",
    METADATA,
    "http://127.0.0.1:9/x",
    "http://[::1]/x",
    "http://0x7f.1/x",
    "http://localhost/x",
    "https://photos.example/x",
)

NOT_JSON = "the API answered with something that is not JSON"
PAGE = "HOST answered {} with a page of HTML, as its API never does"
NO_PHOTO = "the API answered with something that is not a photo: it may be at fault"
UNREADABLE = "none of the answer's 30 photos could be read"
LARGE = "HOST sends more than the 10,000,000 bytes allowed"
TROUBLE = "the API is in trouble ("

_AGAIN: Final[list[tuple[str, Answer, str]]] = [
    ("cut short, its length announced", cut, CUT),
    (
        "cut short, its length not announced",
        lambda e: e.send(HEADERS, b"\r\n", half(e.body)),
        NOT_JSON,
    ),
    ("cut short inside a chunk", raw(CHUNKED, b"fff\r\n[{"), CUT),
    ("a chunk of negative length", raw(CHUNKED, b"-5\r\n"), NOT_DIVIDED),
    ("empty", fixed(b""), NOT_JSON),
    ("a page of HTML with status 200", fixed(HTML, "text/html"), PAGE.format(200)),
    ("plain text with status 200", fixed(b"OK", "text/plain"), NOT_JSON),
    ("invalid UTF-8", body(lambda b: b.replace(b"demo", b"\xff\xfe\xfd")), NOT_JSON),
    ("Latin-1", body(lambda b: b.replace(b"demo", b"d\xe9mo")), NOT_JSON),
    ("nested lists, 100,000 deep, unclosed", fixed(b"[" * 100_000), NOT_JSON),
    ("nested lists, 100,000 deep", deep_in_one(100_000), NOT_JSON),
    ("nested lists, 900 deep", deep_in_one(900), NOT_JSON),
    ("a number of 5,000 digits", number_in_one(b"9" * 5_000), NOT_JSON),
    ("null", fixed(b"null"), NO_PHOTO),
    ("a number", fixed(b"7"), NO_PHOTO),
    ("a text", fixed(b'"photo"'), NO_PHOTO),
    ("an empty list", fixed(b"[]"), NO_PHOTO),
    ("an empty object", fixed(b"{}"), "none of the answer's 1 photos could be read"),
    ("an object of errors with status 200", fixed(errors("no")), "none of the answer's 1 photos"),
    (
        "the answer to a search",
        photos(lambda listed: {"results": listed}),
        "none of the answer's 1 photos could be read",
    ),
    ("a list of texts", every(lambda photo: photo["id"]), UNREADABLE),
    ("a list of nulls", every(lambda _: None), UNREADABLE),
    ("a list of lists", every(lambda photo: [photo]), UNREADABLE),
    (
        "a list of NaN and infinities",
        fixed(b"[NaN, Infinity, -Infinity, 1e999]"),
        "none of the answer's 4 photos could be read",
    ),
    ("photos whose every field is null", every(lambda photo: nulls(photo, 1)), UNREADABLE),
    ("photos that are null one level down", every(lambda photo: nulls(photo, 2)), UNREADABLE),
    ("photos without fields", every(lambda _: {}), UNREADABLE),
    ("one byte now and then", dripping(HEADERS + b"\r\n", bytes_of(b"[" * 999)), TOO_LONG),
    ("headers that arrive byte by byte", dripping(LINE, bytes_of(b"X-Y: z\r\n" * 999)), TOO_LONG),
    ("silence", silent(), TOO_LONG),
    ("reset at once", reset(lambda _: b""), NO_ANSWER),
    ("reset inside the headers", reset(lambda _: LINE + b"Content-Ty"), NO_ANSWER),
    ("reset inside the answer", reset(lambda b: HEADERS + b"\r\n" + half(b)), CUT),
    ("closed at once", raw(), NO_ANSWER),
    ("an invalid status line", raw(b"ICY two hundred\r\n\r\n"), NO_ANSWER),
    ("a circle of redirects", redirect("{url}"), "HOST redirects more than 5 times in a row"),
    (
        "a redirect without a target",
        status("302 Found"),
        "the API answered 302 where 200 was expected",
    ),
    ("status 204", status("204 No Content"), "the API answered 204 where 200 was expected"),
    ("status 408", status("408 Request Timeout"), TROUBLE),
    (
        "status 500, JSON",
        status("500 Internal Server Error", STATUS_500, "application/json"),
        TROUBLE,
    ),
    ("status 500, empty", status("500 Internal Server Error"), TROUBLE),
    ("status 502, a page of HTML", status("502 Bad Gateway", HTML, "text/html"), TROUBLE),
    ("status 503, a page of HTML", status("503 Service Unavailable", HTML, "text/html"), TROUBLE),
]

_AT_ONCE: Final[list[tuple[str, Answer, str]]] = [
    ("more than 10 MB of JSON", one(description="x" * 10_000_000), LARGE),
    ("a gzip bomb", bomb("gzip", 31, b" "), LARGE),
    ("endless", endless(HEADERS + b"\r\n[", b" " * 65_536), LARGE),
    ("a redirect to another host", redirect("https://photos.example/"), ELSEWHERE),
    ("a redirect to another port", redirect("http://127.0.0.1:9/"), ELSEWHERE),
    ("a redirect to a file", redirect("file:///etc/passwd"), ELSEWHERE),
    (
        "status 400",
        status("400 Bad Request", errors("query is missing")),
        "(400: query is missing)",
    ),
    (
        "status 401",
        status("401 Unauthorized", errors(INVALID)),
        "copy the application's Access Key to UNSPLASH_API_KEY",
    ),
    (
        "status 403, JSON",
        status("403 Forbidden", errors("OAuth error: missing permissions")),
        "check the application's state",
    ),
    (
        "status 403, a page of HTML of a filter",
        status("403 Forbidden", HTML, "text/html", Server="a filter"),
        "HOST answered 403 with a page of HTML from 'a filter', as its API never does",
    ),
    (
        "status 403, the quota in plain text",
        status("403 Forbidden", RATE, X_Ratelimit_Remaining="0"),
        "Unsplash's hourly quota is spent",
    ),
    (
        "status 404, for the topic",
        status("404 Not Found", errors("No photos found.")),
        "choose another in UNSPLASH_TOPICS",
    ),
    (
        "status 404, for the path",
        status("404 Not Found", errors("Unable to find endpoint")),
        "the API refuses the request for topic 'nature' (404: Unable to find endpoint)",
    ),
    (
        "status 410",
        status("410 Gone", errors("Query flagged as spam")),
        "(410: Query flagged as spam)",
    ),
    ("status 429", status("429 Too Many Requests"), "Unsplash's hourly quota is spent"),
]

_SKIPPED: Final[list[tuple[str, Answer, str]]] = [
    ("an id that is a path upwards", one(id="../../x"), "malformed"),
    ("an id of 1 MB", one(id="x" * 1_000_000), "malformed"),
    ("an id with a NUL", one(id="abc\0"), "malformed"),
    ("an id that is a number", one(id=7), "malformed"),
    ("null instead of a photo", instead_of_one(None), "malformed"),
    ("a text instead of a photo", instead_of_one("photo"), "malformed"),
    ("no URLs", one(urls=None), "malformed"),
    ("URLs that are a list", one(urls=[]), "malformed"),
    ("no photographer", one(user=None), "uncredited"),
    ("a photographer without a name", one(user__name=None, user__username=""), "uncredited"),
    ("a premium photo", one(premium=True), "premium"),
    (
        "a picture on plus.unsplash.com",
        one_at("https://plus.unsplash.com/premium_photo-1"),
        "premium",
    ),
    ("a placeholder", placeholder, "placeholder"),
    *[(f"a picture at {url}", one_at(url), "elsewhere") for url in FOREIGN],
]

_READ: Final[list[tuple[str, Answer]]] = [
    ("one photo instead of a list", photos(lambda listed: listed[0])),
    ("a byte order mark", body(lambda content: b"\xef\xbb\xbf" + content)),
    ("UTF-16", body(lambda content: content.decode().encode("utf-16"))),
    ("in gzip", packed),
    ("announced as HTML", lambda e: e.reply(e.body, "text/html")),
    ("each photo three times", photos(lambda listed: listed * 3)),
    ("a thousand photos", photos(thousand)),
    ("just under 10 MB of JSON", one(description="x" * 9_000_000)),
    ("unknown keys, nested 20 deep", one(surprise=nested(20))),
    ("a width that is not a number", number_in_one(b"NaN")),
    ("an infinite width", number_in_one(b"1e999")),
    ("a width of 30 digits", number_in_one(b"9" * 30)),
    ("a name that is an object", one(user__name={"first": "Ana"})),
    ("no links, no colour, no size", one(links=None, user__links=None, color="#fff", width=0)),
    ("one URL alone", one(urls__raw=None, urls__full="", urls__regular=7, urls__small=[])),
    ("a description of HTML and Markdown", one(description=MANY_SCRIPTS, alt_description=None)),
    ("a photographer's name of HTML", one(user__name=MANY_SCRIPTS)),
    ("links that are javascript:", one(links__html=SCRIPT, user__links__html=SCRIPT)),
    ("a download event on another host", one(links__download_location="https://photos.example/x")),
    ("half of a surrogate pair in a text", one(alt_description="half \ud83d a character")),
    ("ids that differ only in case", photos(alike)),
]

API_FAULTS: Final = (
    *(ApiFault(name, answer, Verdict.AGAIN, says) for name, answer, says in _AGAIN),
    *(ApiFault(name, answer, Verdict.AT_ONCE, says) for name, answer, says in _AT_ONCE),
    *(ApiFault(name, answer, Verdict.SKIPPED, says) for name, answer, says in _SKIPPED),
    *(ApiFault(name, answer, Verdict.READ) for name, answer in _READ),
)
