"""The emulated Unsplash as a WSGI application: the same paths, answers, headers and errors.

It has the endpoints that this project and common clients use: random, search, one photo, the
download event; and the pictures, on the same origin. It keeps no state but the quota's, so
any process that runs it answers alike. Shapes are from the official specification and
recorded answers (docs/unsplash.md), JSON is made in `answers`.
"""

import json
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from unsplash_assets.emulator import answers
from unsplash_assets.emulator.photos import EmulatedPhoto, random_photos, topic_code
from unsplash_assets.emulator.pictures import render
from unsplash_assets.emulator.quota import Count, NoQuota, Quota

UNMATCHED_QUERY: Final = "no-such-topic"
"""The one query that matches nothing, so that the API's answer to it can be seen."""

_SEARCHED: Final = 10_000  # photos that a search tells of at the most, as the API does
_ORIENTATIONS: Final = frozenset({"landscape", "portrait", "squarish"})


class _Refusal(Exception):
    def __init__(self, status: str, *reasons: str) -> None:
        super().__init__(status)
        self.status = status
        self.reasons = reasons


@dataclass(frozen=True)
class _Request:
    path: str
    query: Mapping[str, str]
    base: str
    key: str


@dataclass(frozen=True)
class _Reply:
    content: Any
    headers: tuple[tuple[str, str], ...] = ()


class Emulator:
    """A WSGI application that answers as api.unsplash.com and images.unsplash.com do."""

    def __init__(
        self,
        quota: Quota | None = None,
        latency: float = 0.0,
        dice: random.Random | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Answer after `latency` seconds, within `quota` (default: none), choosing by `dice`."""
        self._quota = quota or NoQuota()
        self._latency = latency
        self._dice = dice or random.Random()  # noqa: S311 - chooses pictures, no secret
        self._sleep = sleep

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if self._latency:
            self._sleep(self._latency)
        status, headers, body = self._answer(environ)
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, environ: WSGIEnvironment) -> tuple[str, list[tuple[str, str]], bytes]:
        request = _parse(environ)
        if request.path.startswith(("/photo-", "/small/photo-")):
            return _picture(request)
        if not request.key:
            status, headers, body = _errors(
                "401 Unauthorized", "OAuth error: The access token is invalid"
            )
            return status, [*headers, *_quota_headers(self._quota.look())], body
        count = self._quota.take()
        limits = _quota_headers(count)
        if not count.granted:
            return "403 Forbidden", limits, b"Rate Limit Exceeded"
        try:
            reply = self._route(environ["REQUEST_METHOD"], request)
        except _Refusal as refusal:
            status, headers, body = _errors(refusal.status, *refusal.reasons)
            return status, [*headers, *limits], body
        body = json.dumps(reply.content, ensure_ascii=False).encode()
        json_type = ("Content-Type", "application/json")
        return "200 OK", [json_type, *reply.headers, *limits], body

    def _route(self, method: str, request: _Request) -> _Reply:
        if method not in {"GET", "HEAD"}:
            raise _Refusal("405 Method Not Allowed", "405 Not Allowed")
        match request.path.strip("/").split("/"):
            case ["photos", "random"]:
                return self._random(request)
            case ["search", "photos"]:
                return _search(request)
            case ["photos", slug]:
                return _Reply(answers.full(_find(slug), request.base, ""))
            case ["photos", slug, "download"]:
                urls = answers.basic(_find(slug), request.base, "")["urls"]
                return _Reply({"url": urls["full"]})
            case _:
                raise _Refusal("404 Not Found", "Unable to find endpoint")

    def _random(self, request: _Request) -> _Reply:
        query = request.query.get("query", "")
        orientation = _orientation(request)
        if request.query.get("content_filter", "low") not in {"low", "high"}:
            raise _Refusal("400 Bad Request", "content_filter does not have a valid value")
        count = min(_whole(request, "count", 1), 30)
        photos = (
            []
            if query.strip().casefold() == UNMATCHED_QUERY
            else random_photos(query, count, orientation, self._dice)
        )
        if not photos:
            raise _Refusal("404 Not Found", "No photos found.")
        listed = [answers.full(photo, request.base, query) for photo in photos]
        return _Reply(listed if "count" in request.query else listed[0])


def _search(request: _Request) -> _Reply:
    query = request.query.get("query", "")
    if not query.strip():
        raise _Refusal("400 Bad Request", "query is missing")
    page, size = _whole(request, "page", 1), min(_whole(request, "per_page", 10), 30)
    orientation = _orientation(request)
    total = 0 if query.strip().casefold() == UNMATCHED_QUERY else _SEARCHED
    numbers = range((page - 1) * size, min(page * size, total))
    found = [EmulatedPhoto(topic_code(query), number) for number in numbers]
    results = [
        answers.basic(photo, request.base, query)
        for photo in found
        if orientation in {None, photo.orientation}
    ]
    pages = -(-total // size)
    link = _links(request, page, pages)
    numbers_of = (("X-Total", str(total)), ("X-Per-Page", str(size)))
    return _Reply({"total": total, "total_pages": pages, "results": results}, (*link, *numbers_of))


def _links(request: _Request, page: int, pages: int) -> tuple[tuple[str, str], ...]:
    targets = {"first": 1, "prev": page - 1} if page > 1 else {}
    targets |= {"last": pages, "next": page + 1} if page < pages else {}
    same = {name: value for name, value in request.query.items() if name != "client_id"}
    address = f"{request.base}/search/photos?"
    links = ", ".join(
        f'<{address}{urlencode({**same, "page": number})}>; rel="{name}"'
        for name, number in targets.items()
    )
    return (("Link", links),) if links else ()


def _find(slug: str) -> EmulatedPhoto:
    """Find a photo by its id or by a slug, which ends with the id."""
    photo = EmulatedPhoto.from_id(slug[-11:]) if re.fullmatch(r"(.+-)?.{11}", slug) else None
    if photo is None:
        raise _Refusal("404 Not Found", "Couldn't find Photo")
    return photo


def _picture(request: _Request) -> tuple[str, list[tuple[str, str]], bytes]:
    photo = EmulatedPhoto.from_path(request.path.removeprefix("/small").strip("/"))
    if photo is None:
        return "404 Not Found", [("Content-Type", "text/plain")], b"not found"
    small = {"w": "400"} if request.path.startswith("/small/") else {}
    body, media_type = render(photo, {**request.query, **small})
    cached = ("Cache-Control", "public, max-age=31536000")
    return "200 OK", [("Content-Type", media_type), cached], body


def _parse(environ: WSGIEnvironment) -> _Request:
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    scheme, _, credentials = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    key = credentials if scheme in {"Client-ID", "Bearer"} else query.get("client_id", "")
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    return _Request(path, query, f"{environ['wsgi.url_scheme']}://{host}", key.strip())


def _whole(request: _Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,9}", text) or int(text) < 1:
        raise _Refusal("400 Bad Request", f"{name} is invalid")
    return int(text)


def _orientation(request: _Request) -> str | None:
    orientation = request.query.get("orientation")
    if orientation not in {None, *_ORIENTATIONS}:
        raise _Refusal("400 Bad Request", "orientation does not have a valid value")
    return orientation


def _quota_headers(count: Count) -> list[tuple[str, str]]:
    return [
        ("X-Ratelimit-Limit", str(count.limit)),
        ("X-Ratelimit-Remaining", str(count.remaining)),
    ]


def _errors(status: str, *reasons: str) -> tuple[str, list[tuple[str, str]], bytes]:
    body = json.dumps({"errors": list(reasons)}).encode()
    return status, [("Content-Type", "application/json")], body
