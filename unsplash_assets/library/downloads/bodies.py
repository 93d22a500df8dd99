"""Receives the body of a picture's answer, and says why it is none.

Whether the body is a whole picture is decided in `images.validation`.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Final

from unsplash_assets.errors import (
    BadPicture,
    PhotoDenied,
    PhotoGone,
    PhotoRefused,
    PhotoTooSlow,
    ServerError,
    TookTooLong,
)
from unsplash_assets.images.blocks import Content, mapped
from unsplash_assets.images.formats import FORMATS
from unsplash_assets.storage.folder import Folder, TemporaryFile
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import Answer, HttpTransport
from unsplash_assets.transport.reasons import page_from
from unsplash_assets.transport.urls import path_of
from unsplash_assets.unsplash.client import picture_origins
from unsplash_assets.unsplash.models import PLACEHOLDER

_HEADERS: Final = {
    "Accept": ", ".join(kind.media_type for kind in FORMATS),
    "Accept-Encoding": "identity",
}
_NO_PICTURE: Final = frozenset({"text/html", "application/xhtml+xml", "application/json"})
"""The media types of whoever answers in a picture's place."""
_TIME: Final = "UNSPLASH_TIMEOUT"
_SIZE: Final = "UNSPLASH_MAX_SIZE"
_IN_MEMORY: Final = 2_000_000
"""Bytes of the largest body that is kept in memory; a larger one is written to the disk."""
_RESUMPTIONS: Final = 3
"""How often a download that broke off goes on where it was, before another try begins anew."""


@dataclass(frozen=True)
class Body:
    """What came, and what it is announced as."""

    content: Content
    media_type: str
    """What the answer announces."""

    def check_type(self) -> None:
        """Refuse what is announced as a page or as data; any other type is but a hint."""
        announced = self.media_type.partition(";")[0].strip().lower()
        if announced in _NO_PICTURE:
            raise BadPicture(f"no picture arrived: the file is announced as {announced}")


@contextmanager
def receive(transport: HttpTransport, url: str, limits: Limits, folder: Folder) -> Iterator[Body]:
    """Give the body of a picture's answer until the `with` ends.

    It is in memory, or in a temporary file of the folder where it is large. Raises TemporaryError
    where another try may succeed, PermanentError where it would not.
    """
    with ExitStack() as stack:
        with transport.get(url, _HEADERS, limits) as answer:
            _check(answer)
            content = _received(stack, answer, folder)
            media_type = answer.headers.get("Content-Type", "")
        yield Body(content, media_type)


def _received(stack: ExitStack, answer: Answer, folder: Folder) -> Content:
    received, chunks = 0, list[bytes]()
    spooled: TemporaryFile | None = None
    try:
        for chunk in answer.chunks():
            received += len(chunk)
            if spooled is None and received > _IN_MEMORY:
                spooled = stack.enter_context(folder.temporary())
                folder.write(spooled, b"".join(chunks))
            if spooled is None:
                chunks.append(chunk)
            else:
                folder.write(spooled, chunk)
    except TookTooLong as error:
        if received:
            raise _too_slow(error, received, answer) from error
        raise
    if spooled is None:
        return b"".join(chunks)
    folder.flush(spooled)
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
    if status >= 500 or status in {408, 425, 429}:  # noqa: PLR2004 - HTTP
        raise ServerError(f"the picture's server answered {status}: try again later")
    is_page = "html" in answer.headers.get("Content-Type", "").lower()
    page = f" with {page_from(answer.headers)}: is a proxy or filter on the way?" if is_page else ""
    kinds = {401: PhotoDenied, 403: PhotoDenied, 404: PhotoGone, 407: PhotoDenied, 410: PhotoGone}
    raise kinds.get(status, PhotoRefused)(
        f"the picture is not available: its server answered {status}{page}"
    )
