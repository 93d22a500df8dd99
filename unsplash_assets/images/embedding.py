"""Puts an XMP packet into a picture's file, beside the pixels, and reads it back.

The packet gets a block of its own and replaces an older one; `containers` knows where each format
has it. `xmp` writes the packet.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

from unsplash_assets.images.blocks import read_exactly
from unsplash_assets.images.containers import open_container

_CHUNK_SIZE: Final = 262_144  # bytes


def embed(packet: bytes, picture: BinaryIO) -> Iterator[bytes]:
    """Yield, in chunks, the picture's file with the packet in it.

    `packet` has at most `xmp.MAX_PACKET_SIZE` bytes. Raises BadPicture before the first chunk if
    the structure of the file is invalid; that of a whole picture never is.
    """
    container, blocks = open_container(picture)
    others = [block for block in blocks if not container.is_replaced(block)]
    for part in container.insert(others, container.xmp_prefix + packet):
        if isinstance(part, bytes):
            yield part
        else:
            yield from _copy(picture, part)


def read_packet(picture: BinaryIO) -> bytes | None:
    """Return the packet that `embed` put into a picture's file, or None.

    Reads little of the file, whatever its size. Raises BadPicture as `embed` does.
    """
    container, blocks = open_container(picture)
    for block in blocks:
        if block.matches(container.xmp_name, container.xmp_prefix):
            return b"".join(_copy(picture, block.content[len(container.xmp_prefix) :]))
    return None


def _copy(picture: BinaryIO, part: range) -> Iterator[bytes]:
    for start in range(part.start, part.stop, _CHUNK_SIZE):
        picture.seek(start)
        yield read_exactly(picture, min(_CHUNK_SIZE, part.stop - start))
