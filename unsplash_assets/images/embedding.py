"""Puts an XMP packet into a picture's file, beside the pixels, and reads it back.

The packet gets a block of its own and takes in an older one; `containers` knows where each format
has it. `xmp` writes the packet, `merging` joins it with the picture's own.
"""

from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final

from unsplash_assets.images.blocks import Block, read_exactly
from unsplash_assets.images.containers import MAX_PACKET, Container, Parts, open_container
from unsplash_assets.images.merging import merged

_CHUNK_SIZE: Final = 262_144  # bytes
_EXTENDED: Final = b"HasExtendedXMP"
"""The property of a JPEG's packet that goes on in further segments."""


def embed(packet: bytes, picture: BinaryIO) -> Iterator[bytes]:
    """Yield, in chunks, the picture's file with the packet in it, merged with its own.

    `packet` has at most `xmp.MAX_PACKET_SIZE` bytes. Raises BadPicture before the first chunk if
    the structure of the file is invalid; that of a whole picture never is.
    """
    container, found = open_container(picture)
    blocks = list(found)
    older = _packet_in(container, blocks, picture)
    content = merged(packet, older, container.max_packet) if older else packet
    goes_on = _EXTENDED in content
    others = [
        block
        for block in blocks
        if not container.is_packet(block) and (goes_on or not container.is_extension(block))
    ]
    for part in _joined(container.insert(others, container.xmp_prefix + content)):
        if isinstance(part, bytes):
            yield part
        else:
            yield from _copy(picture, part)


def read_packet(picture: BinaryIO) -> bytes | None:
    """Return the packet in a picture's file, or None if there is none that can be read.

    Reads little of the file, whatever its size. Raises BadPicture as `embed` does.
    """
    container, blocks = open_container(picture)
    return _packet_in(container, blocks, picture)


def _packet_in(container: Container, blocks: Iterable[Block], picture: BinaryIO) -> bytes | None:
    block = next(filter(container.is_packet, blocks), None)
    if block is None or len(block.content) > MAX_PACKET:
        return None
    return container.unwrap(b"".join(_copy(picture, block.content)))


def _joined(parts: Parts) -> Iterator[bytes | range]:
    """Yield the parts of a file, those that follow each other in the old file as one."""
    before: bytes | range = b""
    for part in parts:
        if isinstance(part, range) and isinstance(before, range) and part.start == before.stop:
            before = range(before.start, part.stop)
        else:
            yield from (before,) if before else ()
            before = part
    yield before


def _copy(picture: BinaryIO, part: range) -> Iterator[bytes]:
    for start in range(part.start, part.stop, _CHUNK_SIZE):
        picture.seek(start)
        yield read_exactly(picture, min(_CHUNK_SIZE, part.stop - start))
