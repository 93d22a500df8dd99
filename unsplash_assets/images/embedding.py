"""Puts an XMP packet into a picture's file, beside the pixels, and reads it back.

Nothing is decoded: the packet takes a place of its own among the segments of a JPEG or the
chunks of a PNG or WebP, one that is there already gives way, and all else stays byte for
byte. What a packet says is in `xmp`, whether a file is a whole picture in `proof`.

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

_COPIED_AT_ONCE: Final = 262_144  # bytes
_LABEL: Final = 40  # bytes of a block's content that tell what it is
_BLOCKS_AT_MOST: Final = 100_000  # no picture has so many; a file of empty ones would fill memory

_JPEG_START: Final = b"\xff\xd8"
_APP0: Final = b"\xe0"
_APP1: Final = b"\xe1"
_START_OF_SCAN: Final = b"\xda"
_WITHOUT_LENGTH: Final = frozenset({0x00, 0x01, *range(0xD0, 0xDA)})
_PNG_START: Final = b"\x89PNG\r\n\x1a\n"
_WEBP_START: Final = 12  # bytes: RIFF, the length of what follows, WEBP
_HAS_ALPHA: Final = 0x10
_HAS_XMP: Final = 0x04


@dataclass(frozen=True)
class _Block:
    """A segment of a JPEG, or a chunk of a PNG or WebP; the ranges are bytes of the file."""

    name: bytes
    whole: range
    content: range
    label: bytes
    """How its content begins."""

    def is_one(self, name: bytes, *labels: bytes) -> bool:
        return self.name == name and self.label.startswith(labels)


_Parts = Sequence[bytes | range]
"""What a new file consists of: bytes, and ranges of the old one."""


@dataclass(frozen=True)
class _Container:
    """How the files of a format are divided, and which of their blocks hold XMP."""

    divide: Callable[[BinaryIO, int], Iterator[_Block]]
    arrange: Callable[[Sequence[_Block], bytes], _Parts]
    """Puts a labelled packet among the other blocks."""
    name: bytes
    label: bytes
    """What stands before the packet in its block."""
    old_labels: tuple[bytes, ...]


def embed(packet: bytes, picture: BinaryIO) -> Iterator[bytes]:
    """Yield, in chunks, the picture's file with the packet in it.

    `packet` is at most `xmp.PACKET_AT_MOST` bytes. Raises BadPicture, before the first chunk,
    where the file is not divided as its format has it; every whole picture is.
    """
    container, blocks = _open(picture)
    others = [b for b in blocks if not b.is_one(container.name, *container.old_labels)]
    for part in container.arrange(others, container.label + packet):
        if isinstance(part, bytes):
            yield part
        else:
            yield from _copy(picture, part)


def read_packet(picture: BinaryIO) -> bytes | None:
    """Return the packet that `embed` put into a picture's file, or None; cheap at any size.

    Raises BadPicture as `embed` does.
    """
    container, blocks = _open(picture)
    for block in blocks:
        if block.is_one(container.name, container.label):
            return b"".join(_copy(picture, block.content[len(container.label) :]))
    return None


def _open(picture: BinaryIO) -> tuple[_Container, Iterator[_Block]]:
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
        raise _malformed()
    return container, _not_too_many(container.divide(picture, size))


def _not_too_many(blocks: Iterator[_Block]) -> Iterator[_Block]:
    for number, block in enumerate(blocks, start=1):
        if number > _BLOCKS_AT_MOST:
            raise _malformed()
        yield block


def _segments(picture: BinaryIO, size: int) -> Iterator[_Block]:
    """Yield a JPEG's segments; the last one is its first scan, with all that follows."""
    start, name = len(_JPEG_START), b""
    while name != _START_OF_SCAN:
        picture.seek(start)
        name = _marker(picture)
        length = int.from_bytes(_read(picture, 2), "big")
        content = range(picture.tell(), picture.tell() + length - 2)
        end = size if name == _START_OF_SCAN else content.stop
        yield _block(picture, size, name, range(start, end), content)
        start = end


def _marker(picture: BinaryIO) -> bytes:
    """Return the second byte of a segment's marker; the first may stand there repeatedly."""
    name = first = _read(picture, 1)
    while name == b"\xff":
        name = _read(picture, 1)
    if first != b"\xff" or name[0] in _WITHOUT_LENGTH:
        raise _malformed()
    return name


def _png_chunks(picture: BinaryIO, size: int) -> Iterator[_Block]:
    start = len(_PNG_START)
    while start < size:
        picture.seek(start)
        length, name = struct.unpack(">I4s", _read(picture, 8))
        content = range(start + 8, start + 8 + length)
        end = content.stop + 4  # a checksum
        yield _block(picture, size, name, range(start, end), content)
        start = end


def _webp_chunks(picture: BinaryIO, size: int) -> Iterator[_Block]:
    start = _WEBP_START
    while start < size:
        picture.seek(start)
        name, length = struct.unpack("<4sI", _read(picture, 8))
        content = range(start + 8, start + 8 + length)
        end = content.stop + length % 2
        yield _block(picture, size, name, range(start, end), content)
        start = end


def _block(picture: BinaryIO, size: int, name: bytes, whole: range, content: range) -> _Block:
    if whole.stop > size:
        raise _malformed()
    picture.seek(content.start)
    return _Block(name, whole, content, picture.read(min(_LABEL, len(content))))


def _into_jpeg(blocks: Sequence[_Block], content: bytes) -> _Parts:
    """Put the packet behind what must come first: JFIF's header, and Exif."""
    first = list(takewhile(lambda b: b.name == _APP0 or b.is_one(_APP1, b"Exif\0"), blocks))
    segment = b"\xff" + _APP1 + struct.pack(">H", len(content) + 2) + content
    ranges = [block.whole for block in blocks]
    return [_JPEG_START, *ranges[: len(first)], segment, *ranges[len(first) :]]


def _into_png(blocks: Sequence[_Block], content: bytes) -> _Parts:
    """Put the packet behind the header, before the pixels, for those who read no further."""
    if not blocks or blocks[0].name != b"IHDR":
        raise _malformed()
    header, *rest = (block.whole for block in blocks)
    chunk = b"iTXt" + content
    checksum = struct.pack(">I", zlib.crc32(chunk))
    return [_PNG_START, header, struct.pack(">I", len(content)) + chunk + checksum, *rest]


def _into_webp(blocks: Sequence[_Block], content: bytes) -> _Parts:
    """Put the packet at the end, which is its place, and say in the header that it is there."""
    if not blocks:
        raise _malformed()
    packet = struct.pack("<4sI", b"XMP ", len(content)) + content + bytes(len(content) % 2)
    parts = [*_extended(blocks[0]), *(block.whole for block in blocks[1:]), packet]
    return [struct.pack("<4sI4s", b"RIFF", 4 + sum(map(len, parts)), b"WEBP"), *parts]


def _extended(first: _Block) -> _Parts:
    """Return a WebP's first chunk with the flag for XMP, or with a header that has it."""
    start, end = first.whole.start, first.whole.stop
    if first.name == b"VP8X" and first.label:
        flags = first.content.start
        return [range(start, flags), bytes([first.label[0] | _HAS_XMP]), range(flags + 1, end)]
    width, height, alpha = _canvas(first)
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return [struct.pack("<4sII", b"VP8X", 10, _HAS_XMP | alpha) + sides, range(start, end)]


def _canvas(first: _Block) -> tuple[int, int, int]:
    """Return width and height in pixels, and the flag for alpha, of a WebP without a header."""
    label = first.label
    if first.name == b"VP8L" and label.startswith(b"\x2f"):
        bits = int.from_bytes(label[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, _HAS_ALPHA * (bits >> 28 & 1)
    if first.name == b"VP8 " and label[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(label[at : at + 2], "little") & 0x3FFF for at in (6, 8))
        if width and height:
            return width, height, 0
    raise _malformed()


def _read(picture: BinaryIO, size: int) -> bytes:
    content = picture.read(size)
    if len(content) < size:
        raise _malformed()
    return content


def _copy(picture: BinaryIO, part: range) -> Iterator[bytes]:
    for start in range(part.start, part.stop, _COPIED_AT_ONCE):
        picture.seek(start)
        yield _read(picture, min(_COPIED_AT_ONCE, part.stop - start))


def _malformed() -> BadPicture:
    return BadPicture("the picture's file is not divided as its format has it")


_JPEG_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_JPEG_MORE_XMP: Final = b"http://ns.adobe.com/xmp/extension/\0"
_PNG_XMP: Final = b"XML:com.adobe.xmp\0"

_JPEG: Final = _Container(
    _segments, _into_jpeg, name=_APP1, label=_JPEG_XMP, old_labels=(_JPEG_XMP, _JPEG_MORE_XMP)
)
_PNG: Final = _Container(
    _png_chunks,
    _into_png,
    name=b"iTXt",
    label=_PNG_XMP + bytes(4),  # not compressed, in no language
    old_labels=(_PNG_XMP,),
)
_WEBP: Final = _Container(_webp_chunks, _into_webp, name=b"XMP ", label=b"", old_labels=(b"",))
