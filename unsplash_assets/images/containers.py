"""Divides picture files into blocks (JPEG segments, PNG and WebP chunks) and inserts an XMP block.

Nothing is decoded: pixels and all other blocks stay byte for byte. Add a format here when its files
are stored. `xmp` writes the packet, `embedding` reads and writes whole files, `validation` decides
whether a file is a whole picture.

Sources: XMP Specification part 3 (JPEG, PNG), WebP Container Specification.
"""

import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import BinaryIO, Final

from unsplash_assets.errors import BadPicture

_PREFIX_SIZE: Final = 40  # bytes, enough to tell what a block is
_MAX_BLOCKS: Final = 100_000  # far more than a picture has; a file of empty blocks fills memory

_JPEG_START: Final = b"\xff\xd8"
_APP0: Final = b"\xe0"
_APP1: Final = b"\xe1"
_START_OF_SCAN: Final = b"\xda"
_WITHOUT_LENGTH: Final = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})
_PNG_START: Final = b"\x89PNG\r\n\x1a\n"
_WEBP_START: Final = 12  # bytes: RIFF, the length of the rest, WEBP
_HAS_ALPHA: Final = 0x10
_HAS_XMP: Final = 0x04


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


Parts = Sequence[bytes | range]
"""The parts of a new file: new bytes, and ranges of the old file."""


@dataclass(frozen=True)
class Container:
    """How the files of one format are divided, and which blocks hold XMP."""

    divide: Callable[[BinaryIO, int], Iterator[Block]]
    insert: Callable[[Sequence[Block], bytes], Parts]
    """Returns the parts of a file with this XMP content among these other blocks."""
    xmp_name: bytes
    xmp_prefix: bytes
    """What precedes the packet in its block."""
    replaced_prefixes: tuple[bytes, ...]
    """The prefixes of the XMP that a new packet replaces."""

    def is_replaced(self, block: Block) -> bool:
        """Return whether a new packet replaces this block."""
        return block.matches(self.xmp_name, *self.replaced_prefixes)


def open_container(picture: BinaryIO) -> tuple[Container, Iterator[Block]]:
    """Return a file's format, and its blocks in order.

    Raises BadPicture, at once or from the iterator, if the file's structure is invalid.
    """
    size = picture.seek(0, os.SEEK_END)
    picture.seek(0)
    head = picture.read(_WEBP_START)
    if head.startswith(_JPEG_START):
        container = _JPEG
    elif head.startswith(_PNG_START):
        container = _PNG
    elif head.startswith(b"RIFF") and head.endswith(b"WEBP"):
        container = _WEBP
    else:
        raise malformed()
    return container, _bounded(container.divide(picture, size))


def read_exactly(picture: BinaryIO, size: int) -> bytes:
    """Read that many bytes. Raises BadPicture if the file ends before."""
    content = picture.read(size)
    if len(content) < size:
        raise malformed()
    return content


def _bounded(blocks: Iterator[Block]) -> Iterator[Block]:
    for number, block in enumerate(blocks, start=1):
        if number > _MAX_BLOCKS:
            raise malformed()
        yield block


def _jpeg_segments(picture: BinaryIO, size: int) -> Iterator[Block]:
    """Yield a JPEG's segments; the last one is the first scan and all that follows."""
    start, name = len(_JPEG_START), b""
    while name != _START_OF_SCAN:
        picture.seek(start)
        name = _jpeg_marker(picture)
        length = int.from_bytes(read_exactly(picture, 2), "big")
        content = range(picture.tell(), picture.tell() + length - 2)
        end = size if name == _START_OF_SCAN else content.stop
        yield _block(picture, size, name, range(start, end), content)
        start = end


def _jpeg_marker(picture: BinaryIO) -> bytes:
    """Return the second byte of a segment's marker; the first byte may be repeated."""
    name = first = read_exactly(picture, 1)
    while name == b"\xff":
        name = read_exactly(picture, 1)
    if first != b"\xff" or name[0] in _WITHOUT_LENGTH:
        raise malformed()
    return name


def _png_chunks(picture: BinaryIO, size: int) -> Iterator[Block]:
    start = len(_PNG_START)
    while start < size:
        picture.seek(start)
        length, name = struct.unpack(">I4s", read_exactly(picture, 8))
        content = range(start + 8, start + 8 + length)
        end = content.stop + 4  # a checksum
        yield _block(picture, size, name, range(start, end), content)
        start = end


def _webp_chunks(picture: BinaryIO, size: int) -> Iterator[Block]:
    start = _WEBP_START
    while start < size:
        picture.seek(start)
        name, length = struct.unpack("<4sI", read_exactly(picture, 8))
        content = range(start + 8, start + 8 + length)
        end = content.stop + length % 2
        yield _block(picture, size, name, range(start, end), content)
        start = end


def _block(picture: BinaryIO, size: int, name: bytes, extent: range, content: range) -> Block:
    if extent.stop > size:
        raise malformed()
    picture.seek(content.start)
    return Block(name, extent, content, picture.read(min(_PREFIX_SIZE, len(content))))


def _insert_into_jpeg(blocks: Sequence[Block], content: bytes) -> Parts:
    """Put the XMP after the segments that must come first: the JFIF header and Exif."""
    first = list(takewhile(lambda b: b.name == _APP0 or b.matches(_APP1, b"Exif\0"), blocks))
    segment = b"\xff" + _APP1 + struct.pack(">H", len(content) + 2) + content
    ranges = [block.extent for block in blocks]
    return [_JPEG_START, *ranges[: len(first)], segment, *ranges[len(first) :]]


def _insert_into_png(blocks: Sequence[Block], content: bytes) -> Parts:
    """Put the XMP after the header and before the pixels, where some readers stop."""
    if not blocks or blocks[0].name != b"IHDR":
        raise malformed()
    header, *rest = (block.extent for block in blocks)
    chunk = b"iTXt" + content
    checksum = struct.pack(">I", zlib.crc32(chunk))
    return [_PNG_START, header, struct.pack(">I", len(content)) + chunk + checksum, *rest]


def _insert_into_webp(blocks: Sequence[Block], content: bytes) -> Parts:
    """Put the XMP at the end, where it belongs, and set the header's flag for it."""
    if not blocks:
        raise malformed()
    packet = struct.pack("<4sI", b"XMP ", len(content)) + content + bytes(len(content) % 2)
    parts = [*_with_xmp_flag(blocks[0]), *(block.extent for block in blocks[1:]), packet]
    return [struct.pack("<4sI4s", b"RIFF", 4 + sum(map(len, parts)), b"WEBP"), *parts]


def _with_xmp_flag(first: Block) -> Parts:
    """Return a WebP's first chunk with the XMP flag set, or behind a new header that has it."""
    start, end = first.extent.start, first.extent.stop
    if first.name == b"VP8X" and first.prefix:
        flags = first.content.start
        return [range(start, flags), bytes([first.prefix[0] | _HAS_XMP]), range(flags + 1, end)]
    width, height, alpha = _webp_canvas(first)
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return [struct.pack("<4sII", b"VP8X", 10, _HAS_XMP | alpha) + sides, range(start, end)]


def _webp_canvas(first: Block) -> tuple[int, int, int]:
    """Return width and height in pixels, and the alpha flag, of a WebP without a header."""
    prefix = first.prefix
    if first.name == b"VP8L" and prefix.startswith(b"\x2f"):
        bits = int.from_bytes(prefix[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, _HAS_ALPHA * (bits >> 28 & 1)
    if first.name == b"VP8 " and prefix[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(prefix[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        if width and height:
            return width, height, 0
    raise malformed()


def malformed() -> BadPicture:
    """Return the error of a file whose structure is invalid."""
    return BadPicture("the structure of the picture's file is invalid")


_JPEG_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_MORE_XMP: Final = b"http://ns.adobe.com/xmp/extension/\0"
_PNG_XMP: Final = b"XML:com.adobe.xmp\0"

_JPEG: Final = Container(
    _jpeg_segments,
    _insert_into_jpeg,
    xmp_name=_APP1,
    xmp_prefix=_JPEG_XMP,
    replaced_prefixes=(_JPEG_XMP, _JPEG_MORE_XMP),
)
_PNG: Final = Container(
    _png_chunks,
    _insert_into_png,
    xmp_name=b"iTXt",
    xmp_prefix=_PNG_XMP + bytes(4),  # not compressed, no language
    replaced_prefixes=(_PNG_XMP,),
)
_WEBP: Final = Container(
    _webp_chunks, _insert_into_webp, xmp_name=b"XMP ", xmp_prefix=b"", replaced_prefixes=(b"",)
)
