"""Knows where each file format has its XMP, and inserts an XMP block among the others.

Nothing is decoded: pixels and all other blocks stay byte for byte. Add a format here when its files
are stored. `blocks` divides a file, `xmp` writes the packet, `embedding` reads and writes whole
files, `validation` decides whether a file is a whole picture.

Sources: XMP Specification part 3 (JPEG, PNG), WebP Container Specification.
"""

import os
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import BinaryIO, Final

from unsplash_assets.images.blocks import (
    JPEG_START,
    PNG_START,
    REST,
    WEBP_START,
    Block,
    jpeg_segments,
    malformed,
    png_chunks,
    webp_chunks,
)
from unsplash_assets.images.xmp import MAX_PACKET_SIZE

MAX_PACKET: Final = 1_000_000
"""Bytes of the largest packet that is read or written; JPEG alone has a bound of its own."""

_MAX_BLOCKS: Final = 100_000  # far more than a picture has; a file of empty blocks fills memory
_APP0: Final = b"\xe0"
_APP1: Final = b"\xe1"
_HAS_ALPHA: Final = 0x10
_HAS_XMP: Final = 0x04

Parts = Sequence[bytes | range]
"""The parts of a new file: new bytes, and ranges of the old file."""


@dataclass(frozen=True)
class Container:
    """How the files of one format are divided, and which blocks hold XMP."""

    divide: Callable[[BinaryIO, int], Iterator[Block]]
    insert: Callable[[Sequence[Block], bytes], Parts]
    """Returns the parts of a file with this XMP content among these other blocks."""
    xmp_name: bytes
    keyword: bytes = b""
    """What tells XMP from other content of blocks of this name."""
    xmp_prefix: bytes = b""
    """What precedes the packet in a block that is made here."""
    max_packet: int = MAX_PACKET
    """Bytes."""
    unwrap: Callable[[bytes], bytes | None] = lambda content: content
    """Returns the packet in a block's content, or None if it cannot be read."""
    extension: bytes | None = None
    """What marks the blocks in which a packet goes on that says so."""

    def is_packet(self, block: Block) -> bool:
        """Return whether a block holds a packet; a new one replaces it."""
        return block.matches(self.xmp_name, self.keyword)

    def is_extension(self, block: Block) -> bool:
        """Return whether a packet goes on in a block."""
        return self.extension is not None and block.matches(self.xmp_name, self.extension)


def open_container(picture: BinaryIO) -> tuple[Container, Iterator[Block]]:
    """Return a file's format, and its blocks in order.

    Raises BadPicture, at once or from the iterator, if the file's structure is invalid.
    """
    picture.seek(0, os.SEEK_END)  # a mapped file returns nothing
    size = picture.tell()
    picture.seek(0)
    head = picture.read(WEBP_START)
    if head.startswith(JPEG_START):
        container = _JPEG
    elif head.startswith(PNG_START):
        container = _PNG
    elif head.startswith(b"RIFF") and head.endswith(b"WEBP"):
        container = _WEBP
    else:
        raise malformed()
    return container, _bounded(container.divide(picture, size))


def _bounded(blocks: Iterator[Block]) -> Iterator[Block]:
    for number, block in enumerate(blocks, start=1):
        if number > _MAX_BLOCKS:
            raise malformed()
        yield block


def _insert_into_jpeg(blocks: Sequence[Block], content: bytes) -> Parts:
    """Put the XMP after the segments that must come first: the JFIF header and Exif."""
    first = list(takewhile(lambda b: b.name == _APP0 or b.matches(_APP1, b"Exif\0"), blocks))
    segment = b"\xff" + _APP1 + struct.pack(">H", len(content) + 2) + content
    ranges = [block.extent for block in blocks]
    return [JPEG_START, *ranges[: len(first)], segment, *ranges[len(first) :]]


def _insert_into_png(blocks: Sequence[Block], content: bytes) -> Parts:
    """Put the XMP after the header and before the pixels, where some readers stop."""
    if not blocks or blocks[0].name != b"IHDR":
        raise malformed()
    header, *rest = (block.extent for block in blocks)
    chunk = b"iTXt" + content
    checksum = struct.pack(">I", zlib.crc32(chunk))
    return [PNG_START, header, struct.pack(">I", len(content)) + chunk + checksum, *rest]


def _insert_into_webp(blocks: Sequence[Block], content: bytes) -> Parts:
    """Put the XMP at the end, where it belongs, and set the header's flag for it."""
    if not blocks:
        raise malformed()
    packet = struct.pack("<4sI", b"XMP ", len(content)) + content + bytes(len(content) % 2)
    rest = [block.extent for block in blocks if block.name == REST]
    others = [block.extent for block in blocks[1:] if block.name != REST]
    parts = [*_with_xmp_flag(blocks[0]), *others, packet]
    return [struct.pack("<4sI4s", b"RIFF", 4 + sum(map(len, parts)), b"WEBP"), *parts, *rest]


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


def _png_packet(content: bytes) -> bytes | None:
    """Return the packet in an iTXt chunk; it may be compressed, and in a language."""
    is_compressed, rest = content[len(_PNG_XMP) :][:1], content[len(_PNG_XMP) + 2 :]
    *_, packet = rest.split(b"\0", 2)
    if is_compressed != b"\1":
        return packet
    try:
        return zlib.decompressobj().decompress(packet, MAX_PACKET)
    except zlib.error:
        return None


_JPEG_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_XMP: Final = b"XML:com.adobe.xmp\0"

_JPEG: Final = Container(
    jpeg_segments,
    _insert_into_jpeg,
    xmp_name=_APP1,
    keyword=_JPEG_XMP,
    xmp_prefix=_JPEG_XMP,
    max_packet=MAX_PACKET_SIZE,
    unwrap=lambda content: content[len(_JPEG_XMP) :],
    extension=b"http://ns.adobe.com/xmp/extension/\0",
)
_PNG: Final = Container(
    png_chunks,
    _insert_into_png,
    xmp_name=b"iTXt",
    keyword=_PNG_XMP,
    xmp_prefix=_PNG_XMP + bytes(4),  # not compressed, no language
    unwrap=_png_packet,
)
_WEBP: Final = Container(webp_chunks, _insert_into_webp, xmp_name=b"XMP ")
