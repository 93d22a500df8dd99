"""The photos as JSON, for the page's script: pages of them, one of them, and their topics."""

import time
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from unsplash_assets.catalogue.browsing.pages import Wanted
from unsplash_assets.gallery.server.answers import error_answer, json_answer
from unsplash_assets.gallery.server.items import item, moment, whole_item
from unsplash_assets.gallery.server.served import Served
from unsplash_assets.model.search import query_words
from unsplash_assets.model.tones import TONES

_DEFAULT_LIMIT: Final = 60  # photos
_MOST: Final = 200  # photos
_LARGEST: Final = 2**31 - 1
"""The largest number that both databases have room for."""
_LOOKED_FOR: Final = 5.0  # seconds
_LONGEST: Final = 500  # characters of a topic or a search


class BadQuery(Exception):
    """A request asks for something that cannot be meant; the message is one line."""


class Api:
    """The JSON of a served library."""

    def __init__(self, served: Served) -> None:
        """Tell of what `served` has."""
        self._served = served
        self._looked: tuple[float, dict[str, Any]] = (-_LOOKED_FOR, {})

    def photos(self, request: Request) -> Response:
        """Answer with the newest photos that are asked for, older than `before`.

        With `after`, the oldest that are newer.
        """
        try:
            wanted, limit = _wanted(request), _number(request, "limit", 1, _MOST)
            before, after = (_number(request, name, 0, _LARGEST) for name in ("before", "after"))
        except BadQuery as error:
            return error_answer(400, str(error))
        browsing = self._served.browsing
        if after is None:
            page = browsing.page(wanted, limit or _DEFAULT_LIMIT, before)
        else:
            page = browsing.newer(wanted, limit or _DEFAULT_LIMIT, after)
        photos = [item(self._served, photo) for photo in page.photos]
        newest = browsing.newest_number()
        return json_answer(request, {"photos": photos, "more": page.has_more, "newest": newest})

    def photo(self, request: Request) -> Response:
        """Answer with one photo."""
        photo = self._served.browsing.find(request.path_params["photo_id"])
        if photo is None:
            return error_answer(404, "there is no such photo here")
        return json_answer(request, whole_item(self._served, photo))

    def topics(self, request: Request) -> Response:
        """Answer with the topics that have photos, and how many."""
        counts = self._served.browsing.topics()
        topics = [{"topic": topic, "photos": counts[topic]} for topic in sorted(counts)]
        return json_answer(request, {"photos": sum(counts.values()), "topics": topics})

    def health(self, request: Request) -> Response:
        """Answer whether photos arrive as they should, and since when none came."""
        return json_answer(request, self._health())

    def healthz(self, request: Request) -> Response:
        """Answer with 200 if photos arrive as they should, else with 503 and the reason."""
        health = self._health()
        if health["ok"]:
            return json_answer(request, health)
        return JSONResponse(health, 503, headers={"Cache-Control": "no-store"})

    def _health(self) -> dict[str, Any]:
        """Look at most once in a few seconds, however many ask."""
        at, health = self._looked
        if time.monotonic() > at + _LOOKED_FOR:
            reason, newest = self._served.trouble(), self._served.browsing.newest()
            newest_at = newest and moment(newest.stored_at)
            health = {"ok": not reason, "reason": reason, "newest_at": newest_at}
            self._looked = time.monotonic(), health
        return health


def _wanted(request: Request) -> Wanted:
    query = request.query_params
    tone = query.get("color") or None
    if tone is not None and tone not in TONES:
        raise BadQuery(f"color: use one of {', '.join(TONES)}")
    return Wanted(
        topic=query.get("topic", "")[:_LONGEST] or None,
        words=query_words(query.get("search", "")[:_LONGEST]),
        tone=tone,
        favourites=query.get("favourites", "") not in {"", "0", "false"},
    )


def _number(request: Request, name: str, least: int, most: int) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and least <= int(text[:12]) <= most):
        raise BadQuery(f"{name}: use a number from {least} to {most}")
    return int(text)
