"""Tests of `images.validation`: what is a whole picture, and what only looks like one."""

import hashlib
import io
import random
import struct
import zlib
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from unsplash_assets.errors import BadPicture, PhotoRefused
from unsplash_assets.images.decoding import MAX_DECODED_PIXELS, MAX_PIXELS
from unsplash_assets.images.formats import JPEG, PNG, WEBP, Format
from unsplash_assets.images.validation import ValidPicture, validate
from unsplash_assets_tests.support.odd_pictures import (
    FILM,
    ODD_JPEGS,
    SIZE,
    in_the_header,
    segment,
    with_odd_scan_parameters,
)

FORMATS = {"JPEG": JPEG, "PNG": PNG, "WEBP": WEBP}


def picture(kind: str, mode: str = "RGB", **options: Any) -> bytes:
    """Return a small picture of noise."""
    out = io.BytesIO()
    Image.effect_noise((41, 30), 80).convert("RGB").convert(mode).save(out, kind, **options)
    return out.getvalue()


WHOLE = {kind: picture(kind) for kind in FORMATS}


def png_that_claims(width: int, height: int) -> bytes:
    """Return a PNG of this size without data."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def jpeg_that_claims(width: int, height: int) -> bytes:
    start = WHOLE["JPEG"].index(b"\xff\xc0")
    claimed = struct.pack(">HH", height, width)
    return WHOLE["JPEG"][: start + 5] + claimed + WHOLE["JPEG"][start + 9 :]


def plain_jpeg(width: int, height: int) -> bytes:
    """Return a JPEG of this size of one colour."""
    out = io.BytesIO()
    Image.new("L", (width, height), 90).save(out, "JPEG")
    return out.getvalue()


def webp_that_claims(width: int, height: int) -> bytes:
    """Return a lossless WebP, whose header holds both sides in 14 bits each."""
    content = picture("WEBP", lossless=True)
    return content[:21] + struct.pack("<I", width - 1 | height - 1 << 14) + content[25:]


def webp_of(content: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(content) + 4) + b"WEBP" + content


def photograph(kind: str, mode: str = "RGB", brightness: float = 1, **options: Any) -> bytes:
    """Return a picture that is large enough for a hole in its middle."""
    out = io.BytesIO()
    smooth = Image.effect_noise((900, 600), 80).filter(ImageFilter.GaussianBlur(1))
    smooth = smooth.point(lambda value: value * brightness)
    smooth.convert("RGB").convert(mode).save(out, kind, **options)
    return out.getvalue()


def validated(content: bytes) -> ValidPicture:
    """Validate a content in a file of the current folder, which belongs to the test."""
    path = Path("picture.part")
    path.write_bytes(content)
    return validate(path)


def validated_or_refused(content: bytes) -> ValidPicture | None:
    try:
        return validated(content)
    except (BadPicture, PhotoRefused):
        return None


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        pytest.param("JPEG", picture("JPEG"), id="JPEG"),
        pytest.param("JPEG", picture("JPEG", progressive=True), id="progressive JPEG"),
        pytest.param("JPEG", picture("JPEG", "L"), id="grey JPEG"),
        pytest.param("JPEG", picture("JPEG", "CMYK"), id="CMYK JPEG"),
        pytest.param("PNG", picture("PNG"), id="PNG"),
        pytest.param("PNG", picture("PNG", "RGBA"), id="PNG with transparency"),
        pytest.param("PNG", picture("PNG", "P"), id="PNG with a palette"),
        pytest.param("WEBP", picture("WEBP"), id="WebP"),
        pytest.param("WEBP", picture("WEBP", "RGBA", lossless=True), id="lossless WebP"),
    ],
)
def test_a_whole_picture_is_valid_and_has_its_facts(kind: str, content: bytes) -> None:
    expected: Format = FORMATS[kind]
    assert validated(content) == ValidPicture(
        format=expected,
        bytes=len(content),
        width=41,
        height=30,
        sha256=hashlib.sha256(content).hexdigest(),
    )


@pytest.mark.parametrize("behind", [b"\0", bytes(4096), b"\r\n", b"<script>", WHOLE["JPEG"], FILM])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_with_something_behind_its_end_is_whole(kind: str, behind: bytes) -> None:
    content = WHOLE[kind] + behind
    assert validated(content).sha256 == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("odd", ODD_JPEGS.values(), ids=ODD_JPEGS)
def test_a_jpeg_that_every_decoder_shows_is_whole_however_odd(odd: bytes) -> None:
    assert (validated(odd).width, validated(odd).height) == SIZE


BLACK = photograph("JPEG", "L", brightness=0, optimize=True)


@pytest.mark.long
@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(with_odd_scan_parameters(BLACK), id="parameters of a scan"),
        pytest.param(in_the_header(b"\0\1\2", BLACK), id="bytes between segments"),
        pytest.param(in_the_header(b"\xff" * 100, BLACK), id="fill bytes between segments"),
        pytest.param(BLACK + bytes(4096), id="padding"),
        pytest.param(in_the_header(segment(0xE0, b"JFIF\0\7\7\0"), BLACK), id="another JFIF"),
    ],
)
def test_an_odd_jpeg_is_whole_under_suspicion_too(odd: bytes) -> None:
    """A black picture is a run of zeros, for which it is decoded strictly."""
    assert bytes(64) in odd[odd.index(b"\xff\xda") :]
    assert validated(odd).format is JPEG


@pytest.mark.parametrize("where", [0.3, 0.9])
@pytest.mark.parametrize("odd", ["behind", "profile", "parameters", "between"])
def test_a_hole_in_the_data_of_an_odd_jpeg_is_found(odd: str, where: float) -> None:
    whole = photograph("JPEG")
    at = int(len(whole) * where)
    spoiled = whole[:at] + bytes(4096) + whole[at + 4096 :]
    content = {
        "behind": spoiled + FILM,
        "profile": in_the_header(segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(300)), spoiled),
        "parameters": with_odd_scan_parameters(spoiled),
        "between": in_the_header(b"\0\1\2", spoiled),
    }[odd]
    with pytest.raises(BadPicture, match="has a hole"):
        validated(content)


def grainy(**options: Any) -> bytes:
    """Return a JPEG like a photograph, always the same: what damage does to it is no chance."""
    out = io.BytesIO()
    grain = Image.frombytes("L", (900, 600), random.Random(1).randbytes(900 * 600))  # noqa: S311
    grain.filter(ImageFilter.GaussianBlur(1)).convert("RGB").save(out, "JPEG", **options)
    return out.getvalue()


def without(whole: bytes, at: int, size: int) -> bytes:
    return whole[:at] + whole[at + size :]


def swapped(whole: bytes, one: int, other: int, size: int) -> bytes:
    """Return a file with two of its blocks in each other's place."""
    first, second = whole[one : one + size], whole[other : other + size]
    return whole[:one] + second + whole[one + size : other] + first + whole[other + size :]


@pytest.mark.parametrize("where", [0.3, 0.6])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_that_was_spliced_is_bad_without_a_run_of_zeros(
    *, where: float, progressive: bool
) -> None:
    whole = grainy(progressive=progressive)
    at, size = int(len(whole) * where), 4096
    elsewhere = whole[at // 2 : at // 2 + size]
    for content in (without(whole, at, size), whole[:at] + elsewhere + whole[at:]):
        with pytest.raises(BadPicture, match="has a hole or other damage"):
            validated(content)


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_with_two_swapped_blocks_is_bad(*, progressive: bool) -> None:
    """Most are: decoders see a swap that changes how many coefficients there are."""
    whole = grainy(progressive=progressive)
    with pytest.raises(BadPicture, match="has a hole or other damage"):
        validated(swapped(whole, len(whole) // 3, len(whole) * 2 // 3, 4096))


def test_a_jpeg_with_a_wrong_restart_marker_is_bad() -> None:
    whole = grainy(restart_marker_rows=1)
    assert validated(whole).format is JPEG
    with pytest.raises(BadPicture, match="has a hole or other damage"):
        validated(whole.replace(b"\xff\xd2", b"\xff\xd5", 1))


@pytest.mark.parametrize("marker", [b"\xff\xdb", b"\xff\xc4"])
@pytest.mark.parametrize("size", [64, 512])
def test_a_hole_in_the_tables_is_no_padding_between_segments(marker: bytes, size: int) -> None:
    whole = photograph("JPEG")
    at = whole.index(marker)
    with pytest.raises(BadPicture):
        validated(whole[:at] + bytes(size) + whole[at + size :])


def test_a_picture_that_is_cut_within_what_looks_like_its_end_is_bad() -> None:
    """Exif has a small picture of its own, whose end is not that of the large one."""
    whole = in_the_header(segment(0xE1, b"Exif\0\0" + WHOLE["JPEG"]), photograph("JPEG"))
    with pytest.raises(BadPicture, match="is cut short"):
        validated(whole[: len(whole) // 2])


@pytest.mark.parametrize(
    ("content", "what"),
    [
        pytest.param(b"", "empty", id="nothing"),
        pytest.param(b"\xff\xd8", "not a JPEG, PNG or WebP", id="two bytes"),
        pytest.param(b"<!DOCTYPE html><html></html>", "not a JPEG, PNG or WebP", id="HTML"),
        pytest.param(b'{"errors":["gone"]}', "not a JPEG, PNG or WebP", id="JSON"),
        pytest.param(b"GIF89a" + b"\0" * 99, "not a JPEG, PNG or WebP", id="GIF"),
        pytest.param(picture("BMP"), "not a JPEG, PNG or WebP", id="BMP"),
        pytest.param(picture("TIFF"), "not a JPEG, PNG or WebP", id="TIFF"),
        pytest.param(b"\0\0\0\x1cftypavif" + b"\0" * 99, "not a JPEG, PNG or WebP", id="AVIF"),
        pytest.param(b"\n" + picture("JPEG"), "not a JPEG, PNG or WebP", id="one byte before"),
        pytest.param(b"RIFF\x04\0\0\0WAVE", "not a JPEG, PNG or WebP", id="sound"),
        pytest.param(b"\0" * 10_000, "not a JPEG, PNG or WebP", id="zeros"),
    ],
)
def test_a_file_that_is_not_a_picture_is_bad(content: bytes, what: str) -> None:
    with pytest.raises(BadPicture, match=f"^no picture arrived: the file is {what}$"):
        validated(content)


@pytest.mark.parametrize("kind", FORMATS)
@hypothesis.given(data=st.data())
def test_a_picture_that_is_cut_anywhere_is_bad(kind: str, data: st.DataObject) -> None:
    whole = WHOLE[kind]
    length = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(BadPicture):
        validated(whole[:length])


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@hypothesis.given(data=st.data())
def test_a_picture_whose_end_is_zeros_is_bad(kind: str, data: st.DataObject) -> None:
    """As if a disk or a server gave up midway, though the length is right."""
    whole = WHOLE[kind]
    length = data.draw(st.integers(0, len(whole) - 1))
    spoiled = whole[:length] + bytes(len(whole) - length)
    with pytest.raises(BadPicture):
        validated(spoiled)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff\xd8\xff" + b"junk" * 50 + b"\xff\xd9", id="JPEG"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + b"junk" * 50 + WHOLE["PNG"][-12:], id="PNG"),
        pytest.param(webp_of(b"junk" * 50), id="WebP"),
        pytest.param(webp_of(b""), id="WebP without content"),
        pytest.param(png_that_claims(0, 30), id="PNG without width"),
        pytest.param(jpeg_that_claims(0, 30), id="JPEG without width"),
    ],
)
def test_a_picture_with_an_unreadable_header_is_bad(content: bytes) -> None:
    with pytest.raises(BadPicture, match="the picture's header cannot be read"):
        validated(content)


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(jpeg_that_claims(15_001, 10_000), id="a little more"),
        pytest.param(png_that_claims(10_001, 5_000), id="PNG, a little more"),
        pytest.param(webp_that_claims(10_001, 5_000), id="WebP, a little more"),
        pytest.param(webp_that_claims(16_000, 16_000), id="WebP, which Pillow sees"),
        pytest.param(png_that_claims(30_000, 30_000), id="900 million"),
        pytest.param(
            png_that_claims(2**31 - 1, 2**31 - 1),
            id="the most that a header can claim",
        ),
        pytest.param(png_that_claims(1, 200_000_000), id="a line"),
        pytest.param(jpeg_that_claims(65_000, 65_000), id="JPEG"),
    ],
)
def test_a_picture_that_claims_more_pixels_than_any_photo_is_refused(content: bytes) -> None:
    """It is whole, so another try would bring the same."""
    with pytest.raises(PhotoRefused, match="pixels"):
        validated(content)


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_the_largest_photos_are_within_the_limits() -> None:
    assert MAX_PIXELS == 15_000 * 10_000
    assert validated(plain_jpeg(15_000, 10_000)).width == 15_000
    assert MAX_DECODED_PIXELS == 10_000 * 5_000
    assert validated(png_that_claims(10_000, 5_000)).width == 10_000


@pytest.mark.long
@pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")
def test_a_photo_of_100_million_pixels_is_valid_without_a_warning() -> None:
    """Unsplash has such photos; a warning about Pillow's internals helps nobody."""
    assert validated(plain_jpeg(12_000, 8_400)).height == 8_400


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(photograph("JPEG"), id="JPEG"),
        pytest.param(photograph("JPEG", progressive=True), id="progressive JPEG"),
        pytest.param(photograph("JPEG", "L"), id="grey JPEG"),
        pytest.param(photograph("JPEG", "CMYK"), id="CMYK JPEG"),
        pytest.param(photograph("PNG"), id="PNG"),
        pytest.param(photograph("WEBP", lossless=True), id="lossless WebP"),
    ],
)
@pytest.mark.parametrize("where", [0.2, 0.5, 0.8])
def test_a_picture_with_a_hole_in_its_middle_is_bad(content: bytes, where: float) -> None:
    """Its length, beginning and end are right, but a disk or a cache lost a block."""
    at = int(len(content) * where)
    spoiled = content[:at] + bytes(4096) + content[at + 4096 :]
    assert len(spoiled) == len(content)
    with pytest.raises(BadPicture, match="has a hole"):
        validated(spoiled)


@pytest.mark.long
def test_a_png_whose_data_does_not_match_its_checksum_is_bad() -> None:
    """It has no run of zeros that would raise suspicion."""
    png = bytearray(photograph("PNG"))
    assert bytes(64) not in png
    png[len(png) // 2] ^= 1
    with pytest.raises(BadPicture, match="has a hole or other damage"):
        validated(bytes(png))


def test_a_png_without_data_is_bad() -> None:
    png = png_that_claims(41, 30)
    at = png.index(b"IDAT") - 4
    with pytest.raises(BadPicture, match="has a hole or other damage"):
        validated(png[:at] + png[at + 12 :])


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("kind", FORMATS)
def test_a_whole_picture_with_a_run_of_zeros_is_valid(kind: str, mode: str) -> None:
    if mode == "CMYK" and kind != "JPEG":
        pytest.skip(f"{kind} has no such colours")
    out = io.BytesIO()
    special: dict[str, Any] = {"JPEG": {"progressive": True}, "PNG": {"compress_level": 0}}
    options = special.get(kind, {})
    Image.new(mode, (1200, 800), 0).save(out, kind, **options)
    comment = bytes(70) if kind == "WEBP" else b""
    content = out.getvalue() if kind != "WEBP" else webp_with(out.getvalue(), b"NULL", comment)
    assert bytes(64) in content
    assert validated(content).width == 1200


@pytest.mark.long
@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255), (10, 200, 90)])
@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 1}, {"quality": 100}])
def test_a_large_plain_webp_is_valid(colour: tuple[int, int, int], options: Any) -> None:
    out = io.BytesIO()
    Image.new("RGB", (6000, 4000), colour).save(out, "WEBP", **options)
    assert validated(out.getvalue()).width == 6000


def webp_with(webp: bytes, name: bytes, content: bytes) -> bytes:
    """Return a WebP with one more chunk at its end."""
    return webp_of(webp[12:] + name + struct.pack("<I", len(content)) + content)


HEADS = [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"RIFF"]
ENDS = [b"\xff\xd9", b"\0\0\0\0IEND\xaeB`\x82", b""]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@hypothesis.given(
    head=st.sampled_from(HEADS),
    middle=st.binary(max_size=200),
    end=st.sampled_from(ENDS),
)
def test_any_file_is_valid_bad_or_refused_and_raises_nothing_else(
    head: bytes, middle: bytes, end: bytes
) -> None:
    content = webp_of(middle + end) if head == b"RIFF" else head + middle + end
    valid = validated_or_refused(content)
    assert valid is None or valid.width * valid.height > 0


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("kind", FORMATS)
@hypothesis.given(data=st.data())
def test_a_flipped_byte_never_raises_anything_else(kind: str, data: st.DataObject) -> None:
    content = bytearray(WHOLE[kind])
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    valid = validated_or_refused(bytes(content))
    assert valid is None or valid.sha256 == hashlib.sha256(content).hexdigest()
