"""Receives the body of a picture's answer, and says why it is none.

Whether the body is a whole picture is decided in `images.validation`.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from unsplash_assets.errors import (
    BadPicture,
    PhotoDenied,
    PhotoGone,
    PhotoRefused,
    PhotoTooSlow,
    RedirectedAway,
    ServerError,
    TookTooLong,
)
from unsplash_assets.images.blocks import Content, mapped
from unsplash_assets.images.formats import FORMATS
from unsplash_assets.storage.stores.base import Store, TemporaryFile
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import Answer, HttpTransport
from unsplash_assets.transport.reasons import ON_THE_WAY, announces_page, is_page, page_from
from unsplash_assets.transport.urls import path_of, shown_host
from unsplash_assets.unsplash.client import picture_origins
from unsplash_assets.unsplash.models import PLACEHOLDER

_HEADERS: Final = {
    "Accept": ", ".join(kind.media_type for kind in FORMATS),
    "Accept-Encoding": "identity",
}
_JSON: Final = "application/json"
_GONE: Final = frozenset({404, 410})
_DENIED: Final = frozenset({401, 403, 407, 451, 511})
"""Answers of a server or network that lets nobody in, or not yet."""
_TIME: Final = "UNSPLASH_TIMEOUT"
_SIZE: Final = "UNSPLASH_MAX_SIZE"
_IN_MEMORY: Final = 2_000_000
"""Bytes of the largest body that is kept in memory; a larger one is written to the disk."""
_RESUMPTIONS: Final = 3
"""How often a download that broke off goes on where it was, before another try begins anew."""


@dataclass(frozen=True)
class Body:
    """What came, from where, and what it is announced as."""

    content: Content
    url: str
    headers: Mapping[str, str]

    def check(self) -> None:
        """Refuse a page, and what is announced as one, or as data; other types are but a hint."""
        if is_page(self.content) or announces_page(self.headers):
            raise PhotoDenied(
                f"{shown_host(self.url)} sent {page_from(self.headers)} in the picture's place: "
                f"{ON_THE_WAY}"
            )
        if self.headers.get("Content-Type", "").partition(";")[0].strip().lower() == _JSON:
            raise BadPicture(f"no picture arrived: the file is announced as {_JSON}")


@contextmanager
def receive(transport: HttpTransport, url: str, limits: Limits, store: Store) -> Iterator[Body]:
    """Give the body of a picture's answer until the `with` ends.

    It is in memory, or in a temporary file of the store where it is large. Raises TemporaryError
    where another try may succeed, PermanentError where it would not.
    """
    with ExitStack() as stack:
        with _asked(transport, url, limits) as answer:
            _check(answer)
            body = Body(_received(stack, answer, store), answer.url, answer.headers)
        yield body


@contextmanager
def _asked(transport: HttpTransport, url: str, limits: Limits) -> Iterator[Answer]:
    """Ask for a picture; a redirect to where none is may be over with the login to a network."""
    try:
        with transport.get(url, _HEADERS, limits) as answer:
            yield answer
    except RedirectedAway as error:
        raise PhotoDenied(str(error)) from error


def _received(stack: ExitStack, answer: Answer, store: Store) -> Content:
    received, chunks = 0, list[bytes]()
    spooled: TemporaryFile | None = None
    try:
        for chunk in answer.chunks():
            received += len(chunk)
            if spooled is None and received > _IN_MEMORY:
                spooled = stack.enter_context(store.temporary())
                store.write(spooled, b"".join(chunks))
            if spooled is None:
                chunks.append(chunk)
            else:
                store.write(spooled, chunk)
    except TookTooLong as error:
        if received:
            raise _too_slow(error, received, answer) from error
        raise
    if spooled is None:
        return b"".join(chunks)
    store.flush(spooled)
    return stack.enter_context(mapped(spooled.path))


def picture_limits(api_url: str, timeout: float, size: int) -> Limits:
    """Return the bounds of a download, in seconds and bytes; no other host is asked.

    The catalogue may hold URLs of an API that is no longer used.
    """
    return Limits(
        Timeouts(total=timeout),
        size,
        picture_origins(api_url),
        is_confined=True,
        resumptions=_RESUMPTIONS,
        time_setting=_TIME,
        size_setting=_SIZE,
    )


def _too_slow(error: TookTooLong, received: int, answer: Answer) -> PhotoTooSlow:
    """Return why another try is of no use: it would begin anew, on the same line."""
    announced = answer.headers.get("Content-Length", "")
    whole = f" of {int(announced):,}" if re.fullmatch(r"[0-9]{1,15}", announced) else ""
    return PhotoTooSlow(
        f"{error}: {received:,}{whole} bytes had come; raise it, or choose a smaller "
        "UNSPLASH_RENDITION"
    )


def _check(answer: Answer) -> None:
    status = answer.status
    if PLACEHOLDER in path_of(answer.url):  # see docs/reference/unsplash.md, Photos
        raise PhotoGone("the picture is gone: its server sends a placeholder instead")
    if status == 200:  # noqa: PLR2004 - HTTP
        return
    if status not in _DENIED and (status >= 500 or status in {408, 425, 429}):  # noqa: PLR2004 - HTTP
        raise ServerError(f"the picture's server answered {status}: try again later")
    is_page = announces_page(answer.headers)
    page = f" with {page_from(answer.headers)}: {ON_THE_WAY}" if is_page else ""
    line = f"the picture is not available: its server answered {status}{page}"
    if status in _GONE:
        raise PhotoGone(line)
    raise PhotoDenied(line) if is_page or status in _DENIED else PhotoRefused(line)
