"""The endpoints of the emulated API: what each path answers.

They cover what this project and common clients use: random, search, one photo, and the download
event. Errors are raised as `Refusal`. `application` speaks HTTP and counts requests, `parameters`
checks what a query holds, `answers` makes the JSON of a photo.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from unsplash_assets.emulator import answers
from unsplash_assets.emulator.parameters import Refusal, check_values, whole
from unsplash_assets.emulator.photos import ID_LENGTH, EmulatedPhoto, random_photos, topic_code

UNMATCHED_QUERY: Final = "no-such-topic"
"""The one query that matches nothing, so that clients can meet the API's answer to it."""

_SEARCHED: Final = 10_000  # a search finds at most this many photos, as Unsplash's does
_MOST_AT_ONCE: Final = 30
_PER_PAGE: Final = 10


@dataclass(frozen=True)
class Request:
    """What a client asked; `base` is the origin that it asked, `key` its access key."""

    method: str
    path: str
    query: Mapping[str, str]
    base: str
    key: str


@dataclass(frozen=True)
class Reply:
    """Content to encode as JSON, and headers of its own."""

    content: Any
    headers: tuple[tuple[str, str], ...] = ()


def respond(request: Request, dice: random.Random, *, authorized: bool) -> Reply:
    """Answer a request; `dice` choose random photos. Raises Refusal for an error."""
    if not authorized:
        raise Refusal("401 Unauthorized", "OAuth error: The access token is invalid")
    is_read = request.method in {"GET", "HEAD"}
    match request.path.strip("/").split("/"):
        case ["photos", _] | ["photos", _, "download"] | ["search", "photos"] if not is_read:
            allowed = ("Allow", "GET, HEAD")
            raise Refusal("405 Method Not Allowed", "405 Not Allowed", headers=(allowed,))
        case ["photos", "random"]:
            return _random(request, dice)
        case ["search", "photos"]:
            return _search(request)
        case ["photos", slug]:
            return Reply(answers.full(_find(slug), request.base, ""))
        case ["photos", slug, "download"]:
            return Reply({"url": answers.basic(_find(slug), request.base, "")["urls"]["full"]})
        case _:
            raise Refusal("404 Not Found", "Unable to find endpoint")


def _random(request: Request, dice: random.Random) -> Reply:
    check_values(request.query, "orientation", "content_filter")
    query, orientation = request.query.get("query", ""), request.query.get("orientation")
    count = min(whole(request.query, "count", 1), _MOST_AT_ONCE)
    photos = [] if _unmatched(query) else random_photos(query, count, orientation, dice)
    if not photos:
        raise Refusal("404 Not Found", "No photos found.")
    listed = [answers.full(photo, request.base, query) for photo in photos]
    return Reply(listed if "count" in request.query else listed[0])


def _search(request: Request) -> Reply:
    check_values(request.query, "orientation", "content_filter", "order_by", "color", "lang")
    if "query" not in request.query:
        raise Refusal("400 Bad Request", "query is missing")
    query, orientation = request.query["query"], request.query.get("orientation")
    page = whole(request.query, "page", 1)
    size = min(whole(request.query, "per_page", _PER_PAGE), _MOST_AT_ONCE)
    total = 0 if _unmatched(query) else _SEARCHED
    numbers = range((page - 1) * size, min(page * size, total))
    found = [EmulatedPhoto(topic_code(query), number) for number in numbers]
    results = [
        answers.basic(photo, request.base, query)
        for photo in found
        if orientation in {None, photo.orientation}
    ]
    pages = -(-total // size)
    counts = (("X-Total", str(total)), ("X-Per-Page", str(size)))
    content = {"total": total, "total_pages": pages, "results": results}
    return Reply(content, (*_page_links(request, page, pages), *counts))


def _page_links(request: Request, page: int, pages: int) -> tuple[tuple[str, str], ...]:
    targets = {"first": 1, "prev": page - 1} if page > 1 else {}
    targets |= {"last": pages, "next": page + 1} if page < pages else {}
    same = {name: value for name, value in request.query.items() if name != "client_id"}
    address = f"{request.base}/search/photos?"
    links = ", ".join(
        f'<{address}{urlencode({**same, "page": number})}>; rel="{name}"'
        for name, number in targets.items()
    )
    return (("Link", links),) if links else ()


def _unmatched(query: str) -> bool:
    return query.strip().casefold() == UNMATCHED_QUERY


def _find(slug: str) -> EmulatedPhoto:
    """Find a photo by its id or by a slug, which ends with the id."""
    known = re.fullmatch(rf"(.+-)?.{{{ID_LENGTH}}}", slug)
    photo = EmulatedPhoto.from_id(slug[-ID_LENGTH:]) if known else None
    if photo is None:
        raise Refusal("404 Not Found", "Couldn't find Photo")
    return photo
