"""Walks a JPEG as decoders do: from marker to marker, past what they pass over, to its end.

Segments hold tables, frames, and metadata such as profiles; the data of a scan follows its segment.
Whatever lies behind the end, such as padding, more pictures or a telephone's film, is no part of
the picture. `decoding` counts the scans, `validation` looks at what the picture is made of.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from unsplash_assets.images.blocks import Content, malformed

FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PROGRESSIVE: Final = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
SCAN: Final = 0xDA

_MAX_PARTS: Final = 100_000

_MARKER: Final = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
"""What follows 0xFF in a scan's data is zero, or a restart (D0 to D7); anything else ends it."""
_LAST_WITHOUT_LENGTH: Final = 0xBF
_START: Final = 0xD8
_END: Final = 0xD9
_METADATA: Final = frozenset({*range(0xE0, 0xF0), 0xFE})
"""Application segments and comments."""
_SEQUENTIAL: Final = frozenset({0xC0, 0xC1})
_SEQUENTIAL_PARAMETERS: Final = b"\x00\x3f\x00"
"""What a scan's segment ends with in a sequential JPEG, where decoders ignore it."""
_APP14: Final = b"\xff\xee"
_TRANSFORMS: Final = frozenset({b"\0", b"\1", b"\2"})


class Kind(Enum):
    """What a part of a JPEG is."""

    SEGMENT = auto()
    METADATA = auto()
    """A segment that is no part of the picture."""
    DATA = auto()
    """The data of a scan, up to the next segment."""
    BETWEEN = auto()
    """Bytes before a segment that decoders pass over."""


@dataclass(frozen=True)
class Part:
    """A part of a JPEG; `name` is the second byte of a segment's marker."""

    kind: Kind
    extent: range
    name: int = 0


@dataclass(frozen=True)
class Structure:
    """The parts of a JPEG from its start to its end, without a gap."""

    parts: tuple[Part, ...]
    is_complete: bool
    """Whether it has an end; one that is cut short has none."""

    def segments(self) -> Iterator[Part]:
        """Yield the parts that begin with a marker, in order."""
        return (part for part in self.parts if part.name)


def structure(content: Content) -> Structure:
    """Walk a JPEG once. Raises BadPicture."""
    found: list[Part] = []
    at, gap = 2, Kind.BETWEEN
    for name, extent in _segments(content):
        if extent.start > at:
            found.append(Part(gap, range(at, extent.start)))
        found.append(Part(Kind.METADATA if name in _METADATA else Kind.SEGMENT, extent, name))
        at, gap = extent.stop, Kind.DATA if name == SCAN else Kind.BETWEEN
    return Structure(tuple(found), bool(found) and found[-1].name == _END)


def _segments(content: Content) -> Iterator[tuple[int, range]]:
    """Yield the name and the extent, marker included, of each segment up to the picture's end.

    The end itself is the last one; a JPEG that is cut short has none. Raises BadPicture.
    """
    at = 2
    for _ in range(_MAX_PARTS):
        found = _MARKER.search(content, at)
        if found is None:
            return
        name, at = content[found.end() - 1], found.end()
        if name == _END:
            yield name, range(found.start(), at)
            return
        if name > _LAST_WITHOUT_LENGTH and name != _START:
            at += int.from_bytes(content[at : at + 2], "big")
            if at > len(content):
                return
            yield name, range(found.start(), at)
    raise malformed()


def bare(content: Content, parts: Iterable[Part]) -> bytes:
    """Return a JPEG of the same picture without anything that a strict decoder could object to.

    Metadata before the first scan, bytes between segments and whatever is behind the end are left
    out, and the parameters that decoders of sequential scans ignore are what they should be. What
    says how the numbers of the colours are meant stays.
    """
    kept, frame, has_scan = [content[:2]], 0, False
    for part in parts:
        piece = content[part.extent.start : part.extent.stop]
        is_metadata = part.kind is Kind.METADATA and not has_scan
        if part.kind is Kind.BETWEEN or (is_metadata and not _tells_colours(piece)):
            continue
        frame = frame or (part.name if part.name in FRAMES else 0)
        has_scan = has_scan or part.name == SCAN
        if part.name == SCAN and frame in _SEQUENTIAL:
            piece = piece[: -len(_SEQUENTIAL_PARAMETERS)] + _SEQUENTIAL_PARAMETERS
        kept.append(piece)
    return b"".join(kept)


def unpadded(bare: bytes) -> bytes:
    """Return a whole JPEG without zeros between the data of its last scan and its end.

    The data itself may end with zeros, so try the JPEG as it is first.
    """
    data, end = bare[:-2].rstrip(b"\0"), bare[-2:]
    return data + b"\0" * data.endswith(b"\xff") + end


def _tells_colours(segment: bytes) -> bool:
    """Whether a segment is Adobe's, with a transform of colours that decoders know."""
    return segment[:2] == _APP14 and segment[4:9] == b"Adobe" and segment[15:16] in _TRANSFORMS
