"""Findings about the network: one request to the API tells of key, quota and clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from unsplash_assets.errors import (
    AccessDenied,
    BadAnswer,
    KeyRefused,
    NetworkError,
    NoPhotos,
    QuotaSpent,
    ServerError,
    SettingsError,
    UnsplashAssetsError,
)
from unsplash_assets.library.doctor.findings import Finding, bad, ok, warning
from unsplash_assets.library.downloads.bodies import picture_limits
from unsplash_assets.library.opening import Library
from unsplash_assets.transport.reasons import proxy_of
from unsplash_assets.transport.urls import origin, shown_host
from unsplash_assets.unsplash.client import picture_origins
from unsplash_assets.unsplash.quota import QuotaReport

_NOT_THERE: Final = (NetworkError, ServerError, BadAnswer, SettingsError)
"""Errors of the way to the API: its key was not judged."""
_OFF: Final = 10.0
"""Seconds by which a clock may be off: an answer under way, and full seconds in its Date."""
_FAR_OFF: Final = 3600.0


@dataclass(frozen=True)
class _Asked:
    """What one request to the API brought."""

    error: UnsplashAssetsError | None
    report: QuotaReport | None
    made: int
    asked_at: float
    answered_at: float
    picture: str | None
    """The URL of a small picture, to try its host with."""


def network(library: Library) -> Iterator[Finding]:
    """Give the findings of one request to the API, and of one picture, which costs none."""
    if library.settings.api_key is None:
        yield ok("key", "the demo needs none; for photos set UNSPLASH_API_KEY")
        yield ok("network", "the demo needs none: its pictures are drawn here")
        return
    asked = _ask(library)
    yield _way(library, asked)
    yield _key(asked)
    if asked.report and asked.report.date:
        yield _clock(asked, asked.report.date)
    yield quota(library)
    yield _pictures(library, asked.picture)


def _ask(library: Library) -> _Asked:
    word, error, picture = library.settings.topic_names[0], None, None
    with library.budget.reserve(1) as grant:
        asked_at = library.clock()
        try:
            answer = library.client.random_photos(word, 1, grant=grant)
            picture = next((photo.urls.get("thumb") for photo in answer.photos), None)
        except UnsplashAssetsError as raised:
            error = raised
        answered_at = library.clock()
    return _Asked(error, grant.newest, grant.made, asked_at, answered_at, picture)


def _way(library: Library, asked: _Asked) -> Finding:
    url = library.settings.api_url
    proxy = proxy_of(url)
    by = f" through the proxy {proxy}" if proxy else ""
    if isinstance(asked.error, _NOT_THERE):
        return bad("network", str(asked.error))
    if not asked.made:
        return warning("network", f"{shown_host(url)} was not asked")
    if isinstance(asked.error, AccessDenied):
        return bad("network", str(asked.error))
    took = asked.answered_at - asked.asked_at
    return ok("network", f"{shown_host(url)} answered{by} within {took:.1f} s")


def _key(asked: _Asked) -> Finding:
    error = asked.error
    if isinstance(error, KeyRefused):
        return bad("key", f"{error} (this cost 1 request)")
    if error is None or isinstance(error, NoPhotos):
        return ok("key", "it was accepted (this cost 1 request of the hour)")
    if isinstance(error, QuotaSpent):
        cost = " (this cost 1 request)" if asked.made else ""
        return warning("key", f"it could not be tried: {error}{cost}")
    return warning("key", "it could not be tried: see network")


def _clock(asked: _Asked, date: float) -> Finding:
    """Compare this machine's clock with the Date of the answer."""
    off = min((asked.asked_at - date, asked.answered_at - date), key=abs)
    said = f"{abs(off):,.0f} s {'ahead of' if off > 0 else 'behind'} the server's"
    advice = "set the clock, or let it be set (NTP)"
    if abs(off) > _FAR_OFF:
        return bad("clock", said, advice)
    return warning("clock", said, advice) if abs(off) > _OFF else ok("clock", "as the server's")


def quota(library: Library) -> Finding:
    """Say what is left of the hour's requests."""
    usage = library.budget.usage()
    if not usage.remaining:
        return warning("quota", library.budget.shortage().reason)
    return ok("quota", f"{usage.remaining:,} of {usage.limit:,} requests of this hour are left")


def _pictures(library: Library, picture: str | None) -> Finding:
    """Ask for a small picture; any answer will do where there is none to ask for."""
    settings = library.settings
    (place,) = picture_origins(settings.api_url)
    if picture is None and place == origin(settings.api_url):
        return ok("pictures", "they come from the same server as the API's answers")
    limits = picture_limits(settings.api_url, settings.timeout, settings.max_size)
    try:
        with library.transport.get(picture or f"{place}/", {}, limits) as answer:
            status = answer.status
    except UnsplashAssetsError as error:
        return bad("pictures", str(error))
    if picture and status != 200:  # noqa: PLR2004 - HTTP
        return bad(
            "pictures",
            f"{shown_host(place)} answered {status} when it was asked for a picture",
            "look for a proxy (HTTPS_PROXY) or a filter on the way",
        )
    return ok("pictures", f"{shown_host(place)} answers; pictures cost no request")
