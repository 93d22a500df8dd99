"""Bounds what decoding a picture may cost, in memory and in time, before anything is decoded.

A small file can claim many pixels, and a JPEG can go over all of them again and again: each of its
scans refines the picture. Time is pixels times scans, a few nanoseconds each, and what the file's
own bytes take, whose number is bounded too. So the bounds here bound the time: it is seconds at
most. Memory is bounded by the pixels, and by decoding one large picture at a time.

`formats` reads the pictures' headers and applies the bounds; `validation` and `preview` decode.
"""

import threading
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Final

from unsplash_assets.errors import PhotoRefused
from unsplash_assets.images.blocks import Content, malformed
from unsplash_assets.images.jpeg import FRAMES, PROGRESSIVE, SCAN, Structure

MAX_PIXELS: Final = 150_000_000
"""Unsplash's largest photos have about 100 million; far more than that is an attack."""
MAX_DECODED_PIXELS: Final = 50_000_000
"""For pictures held whole in memory while they are decoded, at 3 to 16 bytes per pixel: PNG, WebP,
and JPEG in several scans. Any other JPEG is reduced as it is decoded."""
MAX_SCANS: Final = 100
"""Progressive photos have about 10; 18 is usual for four colours."""
MAX_SCANNED_PIXELS: Final = 1_000_000_000
"""Pixels times scans: 20 scans of the most pixels."""
LARGE: Final = 10_000_000
"""More pixels than this are decoded one picture at a time."""

_HEAD_SIZE: Final = 4  # bytes: a segment's marker and length
_FRAME_SIZE: Final = 6  # bytes: precision, height, width, the number of components

_lock: Final = threading.Lock()


def one_at_a_time(pixels: int) -> AbstractContextManager[object]:
    """Decode a picture within this: large ones wait for each other, small ones for nobody."""
    return _lock if pixels > LARGE else nullcontext()


def check_jpeg(content: Content, structure: Structure, width: int, height: int) -> None:
    """Refuse a JPEG that is too costly to decode. Nothing is decoded.

    Raises PhotoRefused, or BadPicture if its structure is invalid or is not of this size.
    """
    jpeg = _read(content, structure)
    if (jpeg.width, jpeg.height) != (width, height):
        raise malformed()
    size = f"{width} x {height} pixels"
    if jpeg.is_held_in_memory and width * height > MAX_DECODED_PIXELS:
        raise PhotoRefused(f"the picture claims {size}, too many for a JPEG held in memory")
    if width * height * jpeg.scans > MAX_SCANNED_PIXELS:
        raise PhotoRefused(
            f"the picture takes too long to decode: its JPEG has {jpeg.scans} scans of {size}"
        )


@dataclass(frozen=True)
class _Jpeg:
    width: int
    height: int
    scans: int
    is_held_in_memory: bool


def _read(content: Content, structure: Structure) -> _Jpeg:
    """Return what decoders find out of a JPEG before they decode it."""
    frame, in_first_scan, scans = b"", 0, 0
    is_progressive = False
    for segment in structure.segments():
        at = segment.extent.start + _HEAD_SIZE
        if segment.name in FRAMES and not frame:
            frame, is_progressive = content[at : at + _FRAME_SIZE], segment.name in PROGRESSIVE
        if segment.name == SCAN:
            scans += 1
            in_first_scan = in_first_scan or int.from_bytes(content[at : at + 1], "big")
        if scans > MAX_SCANS:
            raise PhotoRefused(f"the picture's JPEG has more than {MAX_SCANS} scans")
    if len(frame) < _FRAME_SIZE or not scans:
        raise malformed()
    height, width = int.from_bytes(frame[1:3], "big"), int.from_bytes(frame[3:5], "big")
    return _Jpeg(width, height, scans, is_progressive or in_first_scan < frame[5])
