"""The emulated Unsplash as a WSGI application: keys, quota, headers, and pictures.

The API and its pictures share one origin. The application keeps no state but the quota's, so any
process that runs it answers alike. Shapes are those of the official specification and of recorded
answers (docs/reference/unsplash.md). What a path of the API answers is in `endpoints`.
"""

import json
import random
import time
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import parse_qsl
from wsgiref.types import StartResponse, WSGIEnvironment

from unsplash_assets.emulator.endpoints import Reply, Request, respond
from unsplash_assets.emulator.parameters import Refusal
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.emulator.pictures import render
from unsplash_assets.emulator.quota import NoQuota, Quota

Answer = tuple[str, list[tuple[str, str]], bytes]
"""Status, headers and body of an HTTP answer."""

_SMALL_PREFIX: Final = "/small"  # the path of pictures that Unsplash serves from S3
_SMALL_WIDTH: Final = "400"


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
        """Answer after `latency` seconds, within `quota` (default: none).

        `dice` choose random photos. Only `keys` are accepted; by default any key is.
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
        status, headers, body = self._answer(_parse(environ))
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _answer(self, request: Request) -> Answer:
        if request.path.startswith(("/photo-", f"{_SMALL_PREFIX}/photo-")):
            return _picture(request)
        accepted = bool(request.key) if self._keys is None else request.key in self._keys
        count = self._quota.take(1 if accepted else 0)
        limits = [
            ("X-Ratelimit-Limit", str(count.limit)),
            ("X-Ratelimit-Remaining", str(count.remaining)),
        ]
        if accepted and not count.granted:
            return "403 Forbidden", limits, b"Rate Limit Exceeded"
        try:
            status, reply = "200 OK", respond(request, self._dice, authorized=accepted)
        except Refusal as refusal:
            status = refusal.status
            reply = Reply({"errors": list(refusal.reasons)}, refusal.headers)
        body = json.dumps(reply.content, ensure_ascii=False).encode()
        return status, [("Content-Type", "application/json"), *reply.headers, *limits], body


def _picture(request: Request) -> Answer:
    photo = EmulatedPhoto.from_path(request.path.removeprefix(_SMALL_PREFIX).strip("/"))
    if photo is None:
        return "404 Not Found", [("Content-Type", "text/plain")], b"not found"
    small = {"w": _SMALL_WIDTH} if request.path.startswith(f"{_SMALL_PREFIX}/") else {}
    body, media_type = render(photo, {**request.query, **small})
    cached = ("Cache-Control", "public, max-age=31536000")
    return "200 OK", [("Content-Type", media_type), cached], body


def _parse(environ: WSGIEnvironment) -> Request:
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    scheme, _, credentials = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    key = credentials if scheme in {"Client-ID", "Bearer"} else query.get("client_id", "")
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    base = f"{environ['wsgi.url_scheme']}://{host}"
    return Request(environ["REQUEST_METHOD"], path, query, base, key.strip())
