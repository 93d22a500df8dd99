"""Answers that a browser may keep: with a validator, compressed if they are text, in ranges if not.

An answer of text is kept only as long as its server says that it is still the same (`no-cache`).
"""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from typing import BinaryIO, Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

CHECKED: Final = "no-cache"
"""Kept, and asked for again each time."""
FOR_EVER: Final = "private, max-age=31536000, immutable"
"""Of an address that always means the same bytes."""

_WORTH_PACKING: Final = 1_000  # bytes
_LEVEL: Final = 5
_CHUNK: Final = 256 * 1024  # bytes
_RANGE: Final = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


def text_answer(
    request: Request, content: str, kind: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Return text, or 304 if the browser has it."""
    body = content.encode()
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    all_headers = {"ETag": etag, "Cache-Control": CHECKED, "Vary": "Accept-Encoding"}
    all_headers |= headers or {}
    if _has(request, etag):
        return Response(status_code=304, headers=all_headers)
    if len(body) > _WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
        body = gzip.compress(body, _LEVEL)
        all_headers["Content-Encoding"] = "gzip"
    return Response(body, media_type=kind, headers=all_headers)


def json_answer(request: Request, content: object) -> Response:
    """Return JSON, or 304 if the browser has it."""
    return text_answer(request, json.dumps(content, ensure_ascii=False), "application/json")


def error_answer(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error in one line."""
    kept = {"Cache-Control": "no-store", **(headers or {})}
    return Response(f"{message}\n", status, media_type="text/plain", headers=kept)


def bytes_answer(request: Request, content: bytes, kind: str, etag: str, cache: str) -> Response:
    """Return a small file that is in memory."""
    headers = {"ETag": etag, "Cache-Control": cache}
    if _has(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=kind, headers=headers)


@dataclass(frozen=True)
class File:
    """What is known of a file."""

    kind: str
    bytes: int
    etag: str
    modified_at: float
    """Seconds since 1970."""


def unchanged_answer(request: Request, known: File) -> Response | None:
    """Return 304 if the browser has the file; it need not be opened for that."""
    if _has(request, known.etag) or _is_unchanged(request, known.modified_at):
        return Response(status_code=304, headers=_headers(known))
    return None


def file_answer(request: Request, file: BinaryIO, known: File) -> Response:
    """Return an open file, or the range of it that is asked for; it is closed at the end."""
    headers = {**_headers(known), "Accept-Ranges": "bytes"}
    first, last = _range(request, known.bytes, known.etag)
    if first > last:
        file.close()
        return error_answer(416, "no such range", {"Content-Range": f"bytes */{known.bytes}"})
    length = last - first + 1
    is_part = length < known.bytes
    if is_part:
        headers["Content-Range"] = f"bytes {first}-{last}/{known.bytes}"
    headers["Content-Length"] = str(length)
    status = 206 if is_part else 200
    if request.method == "HEAD":
        file.close()
        return Response(None, status, headers, media_type=known.kind)
    part = _read(file, first, length)
    answer = _FileResponse(part, status, headers, media_type=known.kind)
    answer.file = file
    return answer


class _FileResponse(StreamingResponse):
    """A part of an open file, which is closed whatever becomes of the client."""

    file: BinaryIO

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.file.close()


def _headers(known: File) -> dict[str, str]:
    modified = formatdate(known.modified_at, usegmt=True)
    return {"ETag": known.etag, "Last-Modified": modified, "Cache-Control": CHECKED}


def _read(file: BinaryIO, first: int, length: int) -> Iterator[bytes]:
    file.seek(first)
    while length > 0 and (chunk := file.read(min(_CHUNK, length))):
        length -= len(chunk)
        yield chunk


def _has(request: Request, etag: str) -> bool:
    """Whether the browser has the answer with this validator."""
    known = request.headers.get("if-none-match")
    if known is None:
        return False
    plain = etag.removeprefix("W/")
    return known.strip() == "*" or plain in (
        one.strip().removeprefix("W/") for one in known.split(",")
    )


def _is_unchanged(request: Request, modified_at: float) -> bool:
    since = request.headers.get("if-modified-since")
    if since is None or "if-none-match" in request.headers:
        return False
    try:
        return int(modified_at) <= parsedate_to_datetime(since).timestamp()
    except (ValueError, OverflowError):
        return False


def _range(request: Request, size: int, etag: str) -> tuple[int, int]:
    """Return the first and the last byte to send; an empty range if there is no such.

    What is no single range, or of another version of the file, is all of it.
    """
    whole = (0, size - 1)
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if asked is None or request.headers.get("if-range", etag) != etag or size == 0:
        return whole
    begin, end = asked.groups()
    if begin:
        return int(begin), min(int(end or size), size - 1)
    return (max(0, size - int(end)), size - 1) if end and int(end) else (1, 0)
