"""The client of the API: asks for photos and sorts every answer into photo or error.

It sends the key only in a header and only to the API's own origin, and sends no request that was
not granted. Its errors say what to do. Retries are decided in `defs.failures`; pictures are
downloaded by `library.downloads`. Facts about the API are in docs/reference/unsplash.md.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from unsplash_assets.errors import (
    BadAnswer,
    KeyRefused,
    NoPhotos,
    PhotoRefused,
    QuotaSpent,
    RequestRefused,
    SettingsError,
)
from unsplash_assets.model.photos import Photo
from unsplash_assets.model.topics import Filters, Source
from unsplash_assets.settings.settings import DEMO_KEY, EMULATOR_MARK
from unsplash_assets.settings.variables import UNSPLASH_API_URL
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.transport.reasons import is_page
from unsplash_assets.transport.urls import origin, origin_or_none
from unsplash_assets.unsplash.answers import (
    CHOOSE_ANOTHER,
    Question,
    not_the_api,
    problem,
    quota_report,
)
from unsplash_assets.unsplash.budget import Grant
from unsplash_assets.unsplash.models import (
    MALFORMED,
    PICTURES,
    Place,
    photo_list,
    read_photo,
    read_place,
)
from unsplash_assets.unsplash.quota import QuotaReport
from unsplash_assets.unsplash.redaction import Redactor
from unsplash_assets.unsplash.sources import Wanted, path_of, question_of

PHOTOS_PER_REQUEST: Final = 30
"""The most that /photos/random gives at once; a request costs the same whatever its count."""

_ANSWER_SIZE: Final = 10_000_000  # bytes; 30 photos come to about 200,000


@dataclass(frozen=True)
class RandomPhotos:
    """What one request for random photos brought."""

    photos: tuple[Photo, ...]
    skipped: Mapping[str, int]
    """Why photos of the answer were skipped, and how many each."""


class UnsplashClient:
    """Talks to one API with one key. Safe to use from several threads."""

    def __init__(
        self,
        transport: HttpTransport,
        key: str,
        base_url: str = UNSPLASH_API_URL,
        *,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Use `key` at `base_url`."""
        self._transport = transport
        self._key = key
        self._secret = Redactor(key)
        self._base_url = base_url.rstrip("/")
        self._limits = Limits(
            timeouts or Timeouts(),
            size=_ANSWER_SIZE,
            redirect_origins=frozenset({origin(base_url)}),
            is_confined=True,
            is_secret=self._secret.finds,
        )

    def look_up(self, source: Source, grant: Grant | None = None) -> Wanted:
        """Learn what there is of a source; uses `source.lookups` requests of `grant`.

        Raises NoPhotos if it is collections or topics, and Unsplash has none of them or they are
        empty; and otherwise as `random_photos` does.
        """
        places, unusable = [], {}
        for value in source.values if source.lookups else ():
            one = Source(source.kind, (value,))
            try:
                places.append(self._look_up_one(one, grant or Grant.unlimited()))
            except NoPhotos as error:
                unusable[value] = str(error)
        if unusable and not places:
            raise NoPhotos("; ".join(unusable.values()))
        return Wanted(source, tuple(places), unusable)

    def _look_up_one(self, source: Source, grant: Grant) -> Place:
        url = f"{self._base_url}/{path_of(source)}"
        place = read_place(self._get(question_of(source, url), grant))
        if place.total_photos == 0:
            raise NoPhotos(f"{source.described} is empty: {CHOOSE_ANOTHER}")
        return place

    def random_photos(
        self,
        wanted: Wanted | str,
        count: int = PHOTOS_PER_REQUEST,
        filters: Filters | None = None,
        grant: Grant | None = None,
    ) -> RandomPhotos:
        """Ask for up to `count` random photos; uses one request of `grant`.

        Wanted are search words, or a source as `look_up` returns it. Without a grant, nobody keeps
        count of the requests. Raises QuotaSpent, before anything is sent, if nothing was granted;
        NoPhotos if nothing matches; and otherwise as `problem` sorts the answers.
        """
        if isinstance(wanted, str):
            wanted = Wanted(Source("query", (wanted,)))
        parameters = wanted.parameters(count, filters or Filters())
        url = f"{self._base_url}/photos/random?{urlencode(parameters, safe=',')}"
        content = self._get(question_of(wanted.source, url), grant or Grant.unlimited())
        photos: dict[str, Photo] = {}
        skipped: Counter[str] = Counter()
        for item in photo_list(content):
            read = read_photo(item, picture_origins(self._base_url), wanted.why_not)
            if isinstance(read, Photo):
                photos.setdefault(read.id, self._with_event(read))
            else:
                skipped[read] += 1
        if not photos and set(skipped) == {MALFORMED}:
            raise BadAnswer(f"none of the answer's {skipped.total()} photos could be read")
        return RandomPhotos(tuple(photos.values()), dict(skipped))

    def photo(self, photo_id: str, grant: Grant) -> Photo:
        """Ask for one photo by its id; uses one request of `grant`.

        Raises PhotoGone if Unsplash no longer has it, PhotoRefused if it may not be used any more,
        and otherwise as `problem` sorts the answers.
        """
        url = f"{self._base_url}/photos/{photo_id}"
        content = self._get(Question(url, f"photo {photo_id}", of_one_photo=True), grant)
        read = read_photo(content, picture_origins(self._base_url))
        if isinstance(read, Photo):
            return self._with_event(read)
        if read == MALFORMED:
            raise BadAnswer("the API answered with something that is not a photo")
        raise PhotoRefused(f"Unsplash has this photo only as one that is skipped ({read})")

    def report_download(self, download_location: str, grant: Grant) -> None:
        """Notify Unsplash that a photo was downloaded; uses one request of `grant`.

        The link is sent unchanged, with its own query (docs/reference/unsplash.md, Guidelines).
        Raises RequestRefused if it leads away from the API, and otherwise as `problem` sorts the
        answers.
        """
        if not is_at(download_location, self._base_url):
            raise RequestRefused("the download event's link leads away from the API: not sent")
        self._get(Question(download_location, "a download event", of_one_photo=True), grant)

    def _with_event(self, photo: Photo) -> Photo:
        """Return a photo with a link for its download event: the API's own, or the documented."""
        if photo.download_location:
            return photo
        link = f"{self._base_url}/photos/{photo.id}/download"
        picture = urlsplit(next(iter(photo.urls.values())))
        if ixid := parse_qs(picture.query).get("ixid"):
            link += f"?{urlencode({'ixid': ixid[0]})}"
        return replace(photo, download_location=link)

    def _get(self, question: Question, grant: Grant) -> Any:  # noqa: ANN401 - any JSON
        grant.require()
        headers = {
            "Accept": "application/json",
            "Accept-Version": "v1",
            "Authorization": f"Client-ID {self._key}",
        }
        report: QuotaReport | None = None
        try:
            with (
                self._secret.redacting_errors(),
                self._transport.get(question.url, headers, self._limits) as answer,
            ):
                self._check_mark(answer.headers)
                status, answers_headers = answer.status, self._secret.redact(dict(answer.headers))
                report = quota_report(answers_headers)
                body = b"".join(answer.chunks())
            if status == 200:  # noqa: PLR2004 - HTTP
                return self._content(body, answers_headers, question)
            error = problem(status, answers_headers, self._redacted(body), question)
            report = replace(
                report,
                quota_spent=isinstance(error, QuotaSpent),
                key_refused=isinstance(error, KeyRefused),
            )
            raise error
        finally:
            grant.settle(report)

    def _check_mark(self, headers: Mapping[str, str]) -> None:
        """Raise SettingsError for an emulator that was taken for Unsplash: its pictures are drawn.

        They would get into a library of photos, with the credit and the licence of photos.
        """
        if EMULATOR_MARK in headers and self._key != DEMO_KEY:
            raise SettingsError(
                "UNSPLASH_API_URL",
                f"an emulated Unsplash ({self._base_url})",
                f"its pictures are drawn, set UNSPLASH_API_KEY={DEMO_KEY} to have them in the demo",
            )

    def _content(self, body: bytes, headers: Mapping[str, str], question: Question) -> Any:  # noqa: ANN401
        """Read an answer, without the key where it repeats it: the catalogue will have the rest."""
        try:
            return self._secret.redact(json.loads(body))
        except (ValueError, RecursionError):
            page = not_the_api(200, headers, body, question) if is_page(body) else ""
            raise BadAnswer(page or "the API answered with something that is not JSON") from None

    def _redacted(self, body: bytes) -> bytes:
        """Take the key out of an answer that is going to be quoted, before any of it is cut off."""
        try:
            return json.dumps(self._secret.redact(json.loads(body))).encode()
        except (ValueError, RecursionError):
            text = body.decode("utf-8", "replace")
            return str(self._secret.redact(text)).encode()


def is_at(url: str, base_url: str) -> bool:
    """Whether a URL has the same origin as an API's base URL."""
    return origin_or_none(url) == origin(base_url)


def picture_origins(base_url: str) -> frozenset[str]:
    """Return where an API's pictures may come from: Unsplash, or the other API's own origin."""
    own = origin(base_url)
    return frozenset({PICTURES if own == UNSPLASH_API_URL else own})
