"""The endpoints of the emulated API: what each path answers.

They cover what this project and common clients use: random, search, one photo, the download event,
one collection, and one topic. Errors are raised as `Refusal`. `application` speaks HTTP and counts
requests, `parameters` checks what a query holds, `answers` makes the JSON.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from unsplash_assets.emulator import answers, places
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
    path = request.path.strip("/")
    for pattern, answer in _ENDPOINTS.items():
        if found := re.fullmatch(pattern, path):
            if request.method not in {"GET", "HEAD"}:
                allowed = ("Allow", "GET, HEAD")
                raise Refusal("405 Method Not Allowed", "405 Not Allowed", headers=(allowed,))
            return answer(request, dice, *found.groups())
    raise Refusal("404 Not Found", "Unable to find endpoint")


def _random(request: Request, dice: random.Random) -> Reply:
    check_values(request.query, "orientation", "content_filter")
    query, orientation = request.query.get("query", ""), request.query.get("orientation")
    count = min(whole(request.query, "count", 1), _MOST_AT_ONCE)
    codes = [] if _unmatched(query) else _codes(request.query)
    photos = random_photos(codes, count, orientation, dice)
    if not photos:
        raise Refusal("404 Not Found", "No photos found.")
    listed = [answers.full(photo, request.base, query) for photo in photos]
    return Reply(listed if "count" in request.query else listed[0])


def _codes(query: Mapping[str, str]) -> list[int]:
    """Return the codes of what is asked for: a photographer, else a search, else other sources.

    A search cannot be combined with collections or topics: it alone counts. What is no topic's id
    is passed over, a slug too, and without any other source any photo may come.
    """
    if username := query.get("username"):
        if username not in places.photographers():
            raise Refusal("404 Not Found", "Couldn't find User")
        return [places.code_of_user(username)]
    if "query" in query:
        return [topic_code(query["query"])]
    collections, ids = (query.get(name, "").split(",") for name in ("collections", "topics"))
    named = [_find_collection(known) for known in filter(None, collections)]
    codes = [
        places.code_of_collection(known) for known in named if known != places.EMPTY_COLLECTION
    ]
    codes += [places.topics()[known].code for known in ids if known in places.topics()]
    return codes if codes or named else [topic_code("")]


def _find_collection(collection_id: str) -> str:
    if not places.has_collection(collection_id):
        raise Refusal("404 Not Found", "Couldn't find Collection")
    return collection_id


def _search(request: Request, _: random.Random) -> Reply:
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


def _photo(request: Request, _: random.Random, slug: str) -> Reply:
    return Reply(answers.full(_find(slug), request.base, ""))


def _download(request: Request, _: random.Random, slug: str) -> Reply:
    return Reply({"url": answers.basic(_find(slug), request.base, "")["urls"]["full"]})


def _collection(request: Request, _: random.Random, collection_id: str) -> Reply:
    return Reply(answers.collection(_find_collection(collection_id), request.base))


def _topic(request: Request, _: random.Random, id_or_slug: str) -> Reply:
    topic = places.find_topic(id_or_slug)
    if topic is None:
        raise Refusal("404 Not Found", "Couldn't find Topic")
    return Reply(answers.topic(topic, request.base))


_ENDPOINTS: Final[dict[str, Callable[..., Reply]]] = {
    r"photos/random": _random,
    r"search/photos": _search,
    r"photos/([^/]*)": _photo,
    r"photos/([^/]*)/download": _download,
    r"collections/([^/]*)": _collection,
    r"topics/([^/]*)": _topic,
}
"""What answers a path, given what its groups match."""
