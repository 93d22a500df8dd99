"""Tests of `images.containers`: a file is divided into its blocks, without a gap or an overlap."""

import io
import itertools
from typing import Any

import pytest
from PIL import Image

from unsplash_assets.errors import BadPicture
from unsplash_assets.images.blocks import read_exactly
from unsplash_assets.images.containers import open_container

START = {"JPEG": 2, "PNG": 8, "WEBP": 12}  # bytes before the first block
FIRST = {"JPEG": b"\xe0", "PNG": b"IHDR", "WEBP": b"VP8 "}
FORMATS = sorted(START)


def picture(kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((41, 30), 80).convert("RGB").save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
def test_the_blocks_cover_the_file_in_order(kind: str) -> None:
    content = picture(kind)
    _, blocks = open_container(io.BytesIO(content))
    extents = [block.extent for block in blocks]
    assert extents[0].start == START[kind]
    assert extents[-1].stop == len(content)
    assert all(before.stop == after.start for before, after in itertools.pairwise(extents))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_block_has_its_name_and_the_beginning_of_its_content(kind: str) -> None:
    content = picture(kind)
    _, blocks = open_container(io.BytesIO(content))
    first = next(blocks)
    own = content[first.content.start : first.content.stop]
    assert first.prefix == own[:40]
    assert first.matches(FIRST[kind], own[:4], b"another")
    assert not first.matches(FIRST[kind], b"another")
    assert not first.matches(b"another", own[:4])


@pytest.mark.parametrize("kind", FORMATS)
def test_only_the_block_of_an_older_packet_is_replaced(kind: str) -> None:
    older = b"<x:xmpmeta/>"
    content = picture(kind)
    container, blocks = open_container(io.BytesIO(content))
    parts = container.insert(list(blocks), container.xmp_prefix + older)
    changed = b"".join(
        part if isinstance(part, bytes) else content[part.start : part.stop] for part in parts
    )
    container, blocks = open_container(io.BytesIO(changed))
    assert [container.is_packet(block) for block in blocks].count(True) == 1


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"RIFF\0\0\0\0WAVE", b"\xff\xd9\xff"])
def test_an_unknown_format_is_a_bad_picture(content: bytes) -> None:
    with pytest.raises(BadPicture):
        open_container(io.BytesIO(content))


def test_a_file_that_ends_too_early_is_a_bad_picture() -> None:
    assert read_exactly(io.BytesIO(b"some"), 4) == b"some"
    with pytest.raises(BadPicture):
        read_exactly(io.BytesIO(b"some"), 5)
