"""Sorts the API's answers: what they say about the quota, and the error that each stands for.

Facts about the API's answers are in docs/reference/unsplash.md; what is asked is in `client`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

from unsplash_assets.errors import (
    AccessDenied,
    BadAnswer,
    KeyRefused,
    NoPhotos,
    PhotoGone,
    QuotaSpent,
    RequestRefused,
    ServerError,
    UnsplashAssetsError,
)
from unsplash_assets.model.text import one_line
from unsplash_assets.transport.reasons import ON_THE_WAY, is_page, page_from
from unsplash_assets.transport.urls import shown_host
from unsplash_assets.unsplash.quota import QuotaReport

_QUOTA_TEXT: Final = "Rate Limit Exceeded"
_NO_PHOTOS_TEXT: Final = "No photos found"
_NO_PHOTO_TEXT: Final = "Couldn't find Photo"
_UNKNOWN_TEXT: Final = re.compile("Couldn't find (User|Collection|Topic)")
CHOOSE_ANOTHER: Final = "choose another in UNSPLASH_TOPICS"
_NOT_OURS_TEXT: Final = "Unauthorized"
"""The whole text of a 401 about one photo (a paid one); a refused key gets an OAuth error."""

_OF_A_NETWORK: Final = frozenset({407, 511})
"""A proxy and a network that want a login; nothing that an API answers."""


@dataclass(frozen=True)
class Question:
    """What is asked of the API."""

    url: str
    about: str
    """In words, for errors."""
    of_one_photo: bool = False
    """Whether an answer may be about this one photo rather than about us."""
    of_a_source: bool = False
    """Whether an answer may be about the user, collection or topic that was named."""


def quota_report(headers: Mapping[str, str]) -> QuotaReport:
    """Return what an answer's headers say about the quota: nothing if they come from a cache.

    Source: docs/reference/unsplash.md, Quota.
    """
    names = {name.lower(): value for name, value in headers.items()}
    is_stale = (_number(names.get("age")) or 0) > 0 or "hit" in names.get("x-cache", "").lower()
    if is_stale:
        return QuotaReport()
    limit, remaining = names.get("x-ratelimit-limit"), names.get("x-ratelimit-remaining")
    return QuotaReport(_number(limit), _number(remaining), date=_date(names.get("date")))


def problem(
    status: int, headers: Mapping[str, str], body: bytes, question: Question
) -> UnsplashAssetsError:
    """Return the error for an answer other than 200 (docs/reference/unsplash.md, Errors)."""
    if status in _OF_A_NETWORK or (status < 500 and is_page(body) and not _is_counted(headers)):  # noqa: PLR2004 - HTTP
        return AccessDenied(not_the_api(status, headers, body, question))
    return _problem_of_the_api(status, headers, body, question)


def _problem_of_the_api(
    status: int, headers: Mapping[str, str], body: bytes, question: Question
) -> UnsplashAssetsError:
    reason = _reason(body)
    is_json_error = body.lstrip().startswith(b"{")
    spent = _QUOTA_TEXT in reason or (quota_report(headers).remaining == 0 and not is_json_error)
    said = f"{status}: {reason}" if reason else str(status)
    if status == 429 or (status == 403 and spent):  # noqa: PLR2004 - HTTP
        return QuotaSpent(f"Unsplash's hourly quota is spent ({said}): wait up to an hour")
    if status in {404, 410} and (absence := _absence(status, reason, question)):
        return absence
    if status >= 500 or status == 408:  # noqa: PLR2004 - HTTP
        return ServerError(f"the API is in trouble ({said}), not this program: try again later")
    if status == 401 and not (question.of_one_photo and reason == _NOT_OURS_TEXT):  # noqa: PLR2004 - HTTP
        return KeyRefused(
            f"Unsplash does not accept the key ({said}): copy the application's Access Key "
            "to UNSPLASH_API_KEY"
        )
    if status == 403:  # noqa: PLR2004 - HTTP
        others = (
            "" if is_json_error or _is_counted(headers) else ", or a proxy or filter on the way"
        )
        return AccessDenied(f"access is denied ({said}): check the application's state{others}")
    if status < 400:  # noqa: PLR2004 - HTTP
        return BadAnswer(f"the API answered {said} where 200 was expected")
    return RequestRefused(f"the API refuses the request for {question.about} ({said})")


def _absence(status: int, reason: str, question: Question) -> UnsplashAssetsError | None:
    """Return the error for photos that Unsplash has not, if that is what it says."""
    if _NO_PHOTOS_TEXT in reason:
        return NoPhotos(f"Unsplash has no photos of {question.about}: {CHOOSE_ANOTHER}")
    if question.of_one_photo and (_NO_PHOTO_TEXT in reason or status == 410):  # noqa: PLR2004 - HTTP
        said = f"{status}: {reason}" if reason else str(status)
        return PhotoGone(f"Unsplash no longer has the photo ({said})")
    if question.of_a_source and _UNKNOWN_TEXT.match(reason):
        return NoPhotos(f"Unsplash has no {question.about}, or does not show it: {CHOOSE_ANOTHER}")
    return None


def not_the_api(status: int, headers: Mapping[str, str], body: bytes, question: Question) -> str:
    """Return the line for an answer of a proxy, a filter or a login page on the way to the API."""
    page = f" with {page_from(headers)}" if is_page(body) else ""
    return (
        f"{shown_host(question.url)} answered {status}{page}, as its API never does: {ON_THE_WAY}"
    )


def _is_counted(headers: Mapping[str, str]) -> bool:
    """Return whether an answer tells of the quota, as those of the API do."""
    return any(name.lower() == "x-ratelimit-limit" for name in headers)


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
    return one_line(text)[:200]


def _date(text: str | None) -> float | None:
    try:
        return parsedate_to_datetime(text or "").timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _number(text: str | None) -> int | None:
    usable = text is not None and text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004
    return int(text) if usable and text else None
