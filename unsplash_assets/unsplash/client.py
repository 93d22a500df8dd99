"""The client of the API: asks for random photos and sorts every answer into photo or error.

It sends the key in a header only, to the API's own origin only, and its errors say what to
do. Retrying is the caller's (`failures`), as are the photos' pictures (`library.download`).
Facts about the API are in docs/unsplash.md.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from unsplash_assets.errors import (
    AccessDenied,
    BadAnswer,
    KeyRefused,
    NoPhotos,
    QuotaSpent,
    RequestRefused,
    ServerError,
    UnsplashAssetsError,
)
from unsplash_assets.settings.settings import UNSPLASH_API_URL
from unsplash_assets.transport.base import Limits, Timeouts, Transport, origin
from unsplash_assets.unsplash.budget import Answered, Budget, NoBudget, Reservation
from unsplash_assets.unsplash.models import PICTURES, Photo, photo_list, read_photo
from unsplash_assets.unsplash.quota import Numbers
from unsplash_assets.unsplash.redaction import Redactor

PHOTOS_PER_REQUEST: Final = 30
"""The most that /photos/random gives at once; a request costs the same whatever its count."""

_ANSWER_SIZE: Final = 10_000_000  # bytes; 30 photos come to about 200,000
_QUOTA_TEXT: Final = "Rate Limit Exceeded"
_NO_PHOTOS_TEXT: Final = "No photos found"
_NOT_OURS_TEXT: Final = "Unauthorized"
"""All that a 401 says of one photo (a paid one), while a refused key gets an OAuth error."""


@dataclass(frozen=True)
class RandomPhotos:
    """What one request for random photos brought."""

    photos: tuple[Photo, ...]
    skipped: Mapping[str, int]
    """Why photos of the answer were skipped, and how many each."""


@dataclass(frozen=True)
class Filters:
    """What photos are asked for, besides their topic; `any` asks for nothing."""

    orientation: str = "any"
    content_filter: str = "low"


@dataclass(frozen=True)
class Question:
    """What is asked of the API."""

    url: str
    about: str
    """In words, for errors."""
    of_one_photo: bool = False
    """Whether an answer may be about this one photo rather than about us."""


class UnsplashClient:
    """Talks to one API with one key. Safe to use from several threads."""

    def __init__(
        self,
        transport: Transport,
        key: str,
        base_url: str = UNSPLASH_API_URL,
        *,
        timeouts: Timeouts | None = None,
        budget: Budget | None = None,
    ) -> None:
        """Use `key` at `base_url`, and ask `budget` before each request."""
        self._transport = transport
        self._key = key
        self._secret = Redactor(key)
        self._base_url = base_url.rstrip("/")
        self._limits = Limits(
            timeouts or Timeouts(),
            size=_ANSWER_SIZE,
            redirect_origins=frozenset({origin(base_url)}),
            is_confined=True,
            is_secret=self._secret.is_in,
        )
        self.budget = budget or NoBudget()

    @property
    def picture_origins(self) -> frozenset[str]:
        """Where this API's pictures may come from: Unsplash, or the other API's own origin."""
        return picture_origins(self._base_url)

    def random_photos(
        self, topic: str, count: int = PHOTOS_PER_REQUEST, filters: Filters | None = None
    ) -> RandomPhotos:
        """Ask for up to `count` random photos of a topic; costs one request of the quota.

        Raises NoPhotos if nothing matches, and otherwise as `problem` sorts the answers.
        """
        wanted = filters or Filters()
        parameters = {"query": topic, "count": str(count), "content_filter": wanted.content_filter}
        if wanted.orientation != "any":
            parameters["orientation"] = wanted.orientation
        url = f"{self._base_url}/photos/random?{urlencode(parameters)}"
        with self.budget.reserve(1) as reservation:
            content = self._get(Question(url, f"topic {topic!r}"), reservation)
        photos: dict[str, Photo] = {}
        skipped: Counter[str] = Counter()
        for item in photo_list(content):
            read = read_photo(item, self.picture_origins)
            if isinstance(read, Photo):
                photos.setdefault(read.id, read)
            else:
                skipped[read.reason] += 1
        if not photos and set(skipped) == {"malformed"}:
            raise BadAnswer(f"none of the answer's {skipped.total()} photos could be read")
        return RandomPhotos(tuple(photos.values()), dict(skipped))

    def report_download(self, download_location: str, reservation: Reservation) -> None:
        """Tell Unsplash that a photo was downloaded; uses one request of the reservation.

        The link is sent as it came, with its own query (docs/unsplash.md, Guidelines). Raises
        RequestRefused if it leads away from the API, and otherwise as `problem` sorts the
        answers.
        """
        if not is_at(download_location, self._base_url):
            raise RequestRefused("the download event's link leads away from the API: not sent")
        self._get(Question(download_location, "a download event", of_one_photo=True), reservation)

    def _get(self, question: Question, reservation: Reservation) -> Any:  # noqa: ANN401 - any JSON
        headers = {
            "Accept": "application/json",
            "Accept-Version": "v1",
            "Authorization": f"Client-ID {self._key}",
        }
        answered: Answered | None = None
        try:
            with (
                self._secret.redacting_errors(),
                self._transport.get(question.url, headers, self._limits) as answer,
            ):
                status, answers_headers = answer.status, dict(answer.headers)
                answered = Answered(numbers(answers_headers))
                body = b"".join(answer.chunks())
            if status == 200:  # noqa: PLR2004 - HTTP
                return self._content(body)
            error = problem(status, answers_headers, self._redacted(body), question)
            answered = replace(
                answered,
                quota_spent=isinstance(error, QuotaSpent),
                key_refused=isinstance(error, KeyRefused),
            )
            raise error
        finally:
            reservation.settle(answered)

    def _content(self, body: bytes) -> Any:  # noqa: ANN401 - any JSON
        """Read an answer, without the key where it repeats it: the catalogue will have the rest."""
        try:
            return self._secret.redact(json.loads(body))
        except (ValueError, RecursionError):
            raise BadAnswer("the API answered with something that is not JSON") from None

    def _redacted(self, body: bytes) -> bytes:
        """Take the key out of an answer that is going to be quoted, before any of it is cut off."""
        try:
            return json.dumps(self._secret.redact(json.loads(body))).encode()
        except (ValueError, RecursionError):
            text = body.decode("utf-8", "replace")
            return str(self._secret.redact(text)).encode()


def is_at(url: str, base_url: str) -> bool:
    """Whether a URL has the same origin as an API's base URL."""
    try:
        return origin(url) == origin(base_url)
    except ValueError:
        return False


def numbers(headers: Mapping[str, str]) -> Numbers:
    """Return what an answer tells of the quota: nothing if it comes from a cache on the way.

    Source: docs/unsplash.md, Quota.
    """
    names = {name.lower(): value for name, value in headers.items()}
    is_stale = (_number(names.get("age")) or 0) > 0 or "hit" in names.get("x-cache", "").lower()
    if is_stale:
        return Numbers()
    limit, remaining = names.get("x-ratelimit-limit"), names.get("x-ratelimit-remaining")
    return Numbers(_number(limit), _number(remaining))


def picture_origins(base_url: str) -> frozenset[str]:
    """Return the origins that an API's pictures may come from."""
    return frozenset({PICTURES if origin(base_url) == UNSPLASH_API_URL else origin(base_url)})


def problem(
    status: int, headers: Mapping[str, str], body: bytes, question: Question
) -> UnsplashAssetsError:
    """Return the error that an answer other than 200 stands for (docs/unsplash.md, Errors)."""
    reason = _reason(body)
    is_json_error = body.lstrip().startswith(b"{")
    spent = _QUOTA_TEXT in reason or (numbers(headers).remaining == 0 and not is_json_error)
    said = f"{status}: {reason}" if reason else str(status)
    if status == 429 or (status == 403 and spent):  # noqa: PLR2004 - HTTP
        return QuotaSpent(f"Unsplash's hourly quota is spent ({said}): wait up to an hour")
    if status == 404 and _NO_PHOTOS_TEXT in reason:  # noqa: PLR2004 - HTTP
        return NoPhotos(
            f"Unsplash has no photos of {question.about}: choose another in UNSPLASH_TOPICS"
        )
    if status >= 500 or status == 408:  # noqa: PLR2004 - HTTP
        return ServerError(f"the API is in trouble ({said}), not this program: later may do")
    if status == 401 and not (question.of_one_photo and reason == _NOT_OURS_TEXT):  # noqa: PLR2004 - HTTP
        return KeyRefused(
            f"Unsplash does not accept the key ({said}): copy the application's Access Key "
            "to UNSPLASH_API_KEY"
        )
    if status == 403:  # noqa: PLR2004 - HTTP
        return AccessDenied(f"Unsplash denies access ({said}): check the application's state")
    if status < 400:  # noqa: PLR2004 - HTTP
        return BadAnswer(f"the API answered {said} where 200 was expected")
    return RequestRefused(f"the API refuses the request for {question.about} ({said})")


def _reason(body: bytes) -> str:
    """Return the answer's own words: its errors, or its first line if that is plain text."""
    text = body[:2_000].decode("utf-8", "replace").strip()
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return "" if text.startswith("<") else _line(text)
    if not isinstance(content, dict):
        return ""
    errors = content.get("errors") or content.get("error") or ""
    listed = errors if isinstance(errors, list) else [errors]
    return _line("; ".join(str(error) for error in listed if error))


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:200]


def _number(text: str | None) -> int | None:
    usable = text is not None and text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004
    return int(text) if usable and text else None
