"""Tests of `images.seen`: a small copy has what a viewer shows of the picture."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from PIL import Image

from unsplash_assets.images.preview import grid_thumbnail, larger_preview, preview
from unsplash_assets.images.seen import appearance, seen
from unsplash_assets.images.validation import validate
from unsplash_assets_tests.images.test_preview import shown
from unsplash_assets_tests.support.odd_pictures import (
    CORNERS,
    ODD_JPEGS,
    SIZE,
    encoded,
    exchanging_profile,
    exif,
    quarters,
)

STORED = {
    1: [], 2: [Image.Transpose.FLIP_LEFT_RIGHT], 3: [Image.Transpose.ROTATE_180],
    4: [Image.Transpose.FLIP_TOP_BOTTOM],
    5: [Image.Transpose.ROTATE_90, Image.Transpose.FLIP_TOP_BOTTOM],
    6: [Image.Transpose.ROTATE_90],
    7: [Image.Transpose.ROTATE_270, Image.Transpose.FLIP_TOP_BOTTOM],
    8: [Image.Transpose.ROTATE_270],
}  # fmt: skip
"""How an upright picture is turned to be stored, by the orientation that undoes it.

The words of Exif 2.32: with 6, the first row is the right side of what is seen, and so on.
"""


def corners(image: Image.Image) -> list[tuple[int, ...]]:
    """Return the colours in the middles of a picture's quarters."""
    right, bottom = image.width * 3 // 4, image.height * 3 // 4
    places = [(x, y) for y in (image.height // 4, bottom) for x in (image.width // 4, right)]
    return [tuple(image.convert("RGB").getpixel(place)) for place in places]  # type: ignore[arg-type]


def is_like(image: Image.Image, colours: Any, tolerance: int = 12) -> bool:
    return all(
        abs(channel - wanted) <= tolerance
        for found, colour in zip(corners(image), colours, strict=True)
        for channel, wanted in zip(found, colour, strict=True)
    )


def copies(content: bytes, kind: str) -> list[Image.Image]:
    """Return all small copies of a picture."""
    path = Path(f"picture.{kind.lower().replace('jpeg', 'jpg')}")
    path.write_bytes(content)
    grid = Image.open(io.BytesIO(grid_thumbnail(path)))
    return [grid, shown(larger_preview(path)), shown(preview(path, 10_000), "webp")]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", STORED)
def test_a_picture_is_shown_upright_and_has_its_upright_size(kind: str, orientation: int) -> None:
    stored = quarters()
    for turn in STORED[orientation]:
        stored = stored.transpose(turn)
    content = encoded(stored, kind, exif=exif(orientation))
    for copy in copies(content, kind):
        assert copy.size == SIZE
        assert is_like(copy, CORNERS)
    Path("picture.part").write_bytes(content)
    valid = validate(Path("picture.part"))
    assert (valid.width, valid.height) == SIZE


def test_a_large_picture_on_its_side_is_reduced_to_fit_once_it_is_upright() -> None:
    stored = quarters().resize((1_200, 900)).transpose(Image.Transpose.ROTATE_90)
    grid, larger, _ = copies(encoded(stored, exif=exif(6)), "JPEG")
    assert (grid.size, larger.size) == ((533, 400), (240, 180))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_colours_are_those_that_the_profile_says(kind: str) -> None:
    exchanged = [(green, red, blue) for red, green, blue in CORNERS]
    for copy in copies(encoded(quarters(), kind, icc_profile=exchanging_profile()), kind):
        assert is_like(copy, exchanged)


@pytest.mark.parametrize("profile", [b"none", bytes(200), exchanging_profile()[:200]])
def test_a_profile_that_is_none_changes_nothing(profile: bytes) -> None:
    for copy in copies(encoded(quarters(), icc_profile=profile), "JPEG"):
        assert is_like(copy, CORNERS)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_a_profile_of_other_colours_than_the_pictures_changes_no_grey(mode: str) -> None:
    image = quarters().convert("L")
    for copy in copies(encoded(image.convert(mode), icc_profile=exchanging_profile()), "JPEG"):
        assert is_like(copy, [(grey,) * 3 for (grey,) in _greys(image)], tolerance=20)


def _greys(image: Image.Image) -> list[tuple[int, ...]]:
    return [colour[:1] for colour in corners(image)]


def sixteen_bits(rows: list[list[int]], transparent: int) -> bytes:
    """Return a PNG of 16-bit grey, in which a grey that it has not is transparent."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 16, 0, 0, 0, 0)
    data = b"".join(b"\0" + struct.pack(f">{len(row)}H", *row) for row in rows)
    head = chunk(b"IHDR", header) + chunk(b"tRNS", struct.pack(">H", transparent))
    parts = head + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_a_grey_of_16_bits_is_the_grey_that_it_is_in_8() -> None:
    dark, light = [0x2000] * 24 + [0x8000] * 24, [0xC000] * 24 + [0xFFFF] * 24
    for copy in copies(sixteen_bits([dark] * 16 + [light] * 16, transparent=7), "PNG"):
        assert is_like(copy, [(32,) * 3, (128,) * 3, (192,) * 3, (255,) * 3])


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_a_transparent_picture_is_shown_on_white(mode: str) -> None:
    image = Image.new("RGBA", SIZE, (20, 30, 40, 0)).convert(mode)
    for copy in copies(encoded(image, "PNG"), "PNG"):
        assert is_like(copy, [(255,) * 3] * 4)


@pytest.mark.parametrize("odd", ODD_JPEGS.values(), ids=ODD_JPEGS)
def test_an_odd_jpeg_looks_like_any_other(odd: bytes) -> None:
    for copy in copies(odd, "JPEG"):
        assert is_like(copy, CORNERS)


@hypothesis.given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda b: exif(6)[:9] + b))
def test_no_exif_raises_anything(content: bytes) -> None:
    image = quarters()
    image.info["exif"] = content
    assert sorted(appearance(image).turned(image.size)) == sorted(SIZE)
    assert sorted(seen(image, SIZE).size) == sorted(SIZE)
