"""Divides picture files into blocks: JPEG segments, PNG and WebP chunks.

Nothing is decoded. `containers` knows what the blocks are for, `jpeg` looks into scans.

Sources: ITU-T T.81 (JPEG), PNG Specification, WebP Container Specification.
"""

import io
import mmap
import os
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

from unsplash_assets.errors import BadPicture

JPEG_START: Final = b"\xff\xd8"
PNG_START: Final = b"\x89PNG\r\n\x1a\n"
WEBP_START: Final = 12  # bytes: RIFF, the length of the rest, WEBP
REST: Final = b""
"""The name of the block that is no part of the picture: it stands behind its end."""

_PREFIX_SIZE: Final = 40  # bytes, enough to tell what a block is
_START_OF_SCAN: Final = b"\xda"
_LENGTH_SIZE: Final = 2  # bytes, which a segment's length counts too
_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_WITHOUT_LENGTH: Final = frozenset({0x01, 0xD8, 0xD9})
_MAX_BETWEEN: Final = 65_536
"""Bytes between two segments that decoders pass over; usually there are none."""
_PNG_LAST: Final = b"IEND"


@dataclass(frozen=True)
class Block:
    """A JPEG segment, or a PNG or WebP chunk; the ranges count bytes of the file."""

    name: bytes
    extent: range
    content: range
    prefix: bytes
    """The first bytes of the content."""

    def matches(self, name: bytes, *prefixes: bytes) -> bool:
        """Return whether the block has this name, and content with one of these prefixes."""
        return self.name == name and self.prefix.startswith(prefixes)


Content = bytes | mmap.mmap
"""The bytes of a file, in memory or mapped into it."""


@contextmanager
def mapped(path: Path) -> Iterator[Content]:
    """Give the content of a file without reading all of it into memory."""
    with path.open("rb") as file, mapped_file(file) as content:
        yield content


@contextmanager
def mapped_file(file: BinaryIO) -> Iterator[Content]:
    """Give the content of an open file as `mapped` does."""
    try:
        size = os.fstat(file.fileno()).st_size
    except io.UnsupportedOperation:  # it is no file of this machine
        yield file.read()
        return
    if not size:
        yield b""
        return
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield content


def as_file(content: Content) -> BinaryIO:
    """Return the content as a file to read from; nothing is copied."""
    if isinstance(content, bytes):
        return io.BytesIO(content)
    content.seek(0)
    return cast("BinaryIO", content)


def read_exactly(picture: BinaryIO, size: int) -> bytes:
    """Read that many bytes. Raises BadPicture if the file ends before."""
    content = picture.read(size)
    if len(content) < size:
        raise malformed()
    return content


def malformed() -> BadPicture:
    """Return the error of a file whose structure is invalid."""
    return BadPicture("the structure of the picture's file is invalid")


def jpeg_segments(picture: BinaryIO, size: int) -> Iterator[Block]:
    """Yield a JPEG's segments; the last one is the first scan and all that follows.

    A segment's extent includes what stands before it that decoders pass over.
    """
    start, name = len(JPEG_START), b""
    while name != _START_OF_SCAN:
        name, at = _jpeg_marker(picture, start)
        picture.seek(at)
        length = int.from_bytes(read_exactly(picture, _LENGTH_SIZE), "big")
        if length < _LENGTH_SIZE:
            raise malformed()
        content = range(at + _LENGTH_SIZE, at + length)
        end = size if name == _START_OF_SCAN else content.stop
        yield _block(picture, size, name, range(start, end), content)
        start = end


def _jpeg_marker(picture: BinaryIO, start: int) -> tuple[bytes, int]:
    """Return the second byte of the next marker, and where it ends."""
    for size in (2, _MAX_BETWEEN):
        picture.seek(start)
        found = _MARKER.search(picture.read(size))
        if found:
            name = found[0][1:]
            if name[0] in _WITHOUT_LENGTH:
                break
            return name, start + found.end()
    raise malformed()


def png_chunks(picture: BinaryIO, size: int) -> Iterator[Block]:
    """Yield a PNG's chunks, and what is behind the last one."""
    start, name = len(PNG_START), b""
    while start < size and name != _PNG_LAST:
        picture.seek(start)
        length, name = struct.unpack(">I4s", read_exactly(picture, 8))
        content = range(start + 8, start + 8 + length)
        end = content.stop + 4  # a checksum
        yield _block(picture, size, name, range(start, end), content)
        start = end
    yield from _rest(start, size)


def webp_chunks(picture: BinaryIO, size: int) -> Iterator[Block]:
    """Yield a WebP's chunks, and what is behind the length that its start announces."""
    start = WEBP_START
    picture.seek(4)
    stop = min(size, int.from_bytes(read_exactly(picture, 4), "little") + 8)
    while start < stop:
        picture.seek(start)
        name, length = struct.unpack("<4sI", read_exactly(picture, 8))
        content = range(start + 8, start + 8 + length)
        end = content.stop + length % 2
        yield _block(picture, stop, name, range(start, end), content)
        start = end
    yield from _rest(start, size)


def _rest(start: int, size: int) -> Iterator[Block]:
    """Yield what follows the end of the picture, if anything does."""
    if start < size:
        yield Block(REST, range(start, size), range(start, size), b"")


def _block(picture: BinaryIO, size: int, name: bytes, extent: range, content: range) -> Block:
    if extent.stop > size:
        raise malformed()
    picture.seek(content.start)
    return Block(name, extent, content, picture.read(min(_PREFIX_SIZE, len(content))))
