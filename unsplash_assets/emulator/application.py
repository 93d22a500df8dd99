"""The emulated Unsplash as a WSGI application: the same paths, answers, headers and errors.

It has the endpoints that this project and common clients use: random, search, one photo, the
download event; and the pictures, on the same origin. It keeps no state but the quota's, so
any process that runs it answers alike. Shapes are from the official specification and
recorded answers (docs/unsplash.md), JSON is made in `answers`, what a query may hold is known
to `parameters`.
"""

import json
import random
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from unsplash_assets.emulator import answers
from unsplash_assets.emulator.parameters import Refusal, check_values, whole
from unsplash_assets.emulator.photos import EmulatedPhoto, random_photos, topic_code
from unsplash_assets.emulator.pictures import render
from unsplash_assets.emulator.quota import Count, NoQuota, Quota

UNMATCHED_QUERY: Final = "no-such-topic"
"""The one query that matches nothing, so that the API's answer to it can be seen."""

_SEARCHED: Final = 10_000  # photos that a search tells of at the most, as the API does
_METHODS: Final = ("GET", "HEAD")


@dataclass(frozen=True)
class _Request:
    method: str
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
        keys: frozenset[str] | None = None,
    ) -> None:
        """Answer after `latency` seconds, within `quota` (default: none), choosing by `dice`.

        Only `keys` are accepted; by default any key is.
        """
        self._quota = quota or NoQuota()
        self._latency = latency
        self._dice = dice or random.Random()  # noqa: S311 - chooses pictures, no secret
        self._sleep = sleep
        self._keys = keys

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
        count = self._quota.take() if self._accepts(request.key) else self._quota.look()
        limits = _quota_headers(count)
        if self._accepts(request.key) and not count.granted:
            return "403 Forbidden", limits, b"Rate Limit Exceeded"
        try:
            status, reply = "200 OK", self._reply(request)
        except Refusal as refusal:
            status = refusal.status
            reply = _Reply({"errors": list(refusal.reasons)}, refusal.headers)
        body = json.dumps(reply.content, ensure_ascii=False).encode()
        return status, [("Content-Type", "application/json"), *reply.headers, *limits], body

    def _accepts(self, key: str) -> bool:
        return bool(key) if self._keys is None else key in self._keys

    def _reply(self, request: _Request) -> _Reply:
        if not self._accepts(request.key):
            raise Refusal("401 Unauthorized", "OAuth error: The access token is invalid")
        endpoint = self._endpoint(request.path)
        if request.method not in _METHODS:
            allowed = ("Allow", ", ".join(_METHODS))
            raise Refusal("405 Method Not Allowed", "405 Not Allowed", headers=(allowed,))
        return endpoint(request)

    def _endpoint(self, path: str) -> Callable[[_Request], _Reply]:
        match path.strip("/").split("/"):
            case ["photos", "random"]:
                return self._random
            case ["search", "photos"]:
                return _search
            case ["photos", slug]:
                return partial(_single, slug)
            case ["photos", slug, "download"]:
                return partial(_download, slug)
            case _:
                raise Refusal("404 Not Found", "Unable to find endpoint")

    def _random(self, request: _Request) -> _Reply:
        check_values(request.query, "orientation", "content_filter")
        query = request.query.get("query", "")
        orientation = request.query.get("orientation")
        count = min(whole(request.query, "count", 1), 30)
        photos = (
            []
            if query.strip().casefold() == UNMATCHED_QUERY
            else random_photos(query, count, orientation, self._dice)
        )
        if not photos:
            raise Refusal("404 Not Found", "No photos found.")
        listed = [answers.full(photo, request.base, query) for photo in photos]
        return _Reply(listed if "count" in request.query else listed[0])


def _single(slug: str, request: _Request) -> _Reply:
    return _Reply(answers.full(_find(slug), request.base, ""))


def _download(slug: str, request: _Request) -> _Reply:
    return _Reply({"url": answers.basic(_find(slug), request.base, "")["urls"]["full"]})


def _search(request: _Request) -> _Reply:
    check_values(request.query, "orientation", "content_filter", "order_by", "color", "lang")
    if "query" not in request.query:
        raise Refusal("400 Bad Request", "query is missing")
    query, orientation = request.query["query"], request.query.get("orientation")
    page = whole(request.query, "page", 1)
    size = min(whole(request.query, "per_page", 10), 30)
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
        raise Refusal("404 Not Found", "Couldn't find Photo")
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
    base = f"{environ['wsgi.url_scheme']}://{host}"
    return _Request(environ["REQUEST_METHOD"], path, query, base, key.strip())


def _quota_headers(count: Count) -> list[tuple[str, str]]:
    return [
        ("X-Ratelimit-Limit", str(count.limit)),
        ("X-Ratelimit-Remaining", str(count.remaining)),
    ]
