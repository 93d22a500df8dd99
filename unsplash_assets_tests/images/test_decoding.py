"""Tests of `images.decoding`: what a picture may cost, and that the large ones take turns."""

import io
import re
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from unsplash_assets.errors import BadPicture, PhotoRefused
from unsplash_assets.images.decoding import (
    LARGE,
    MAX_DECODED_PIXELS,
    MAX_SCANS,
    check_jpeg,
    one_at_a_time,
)
from unsplash_assets.images.jpeg import structure
from unsplash_assets.images.preview import grid_thumbnail, larger_preview, preview
from unsplash_assets.images.validation import ValidPicture, validate

FAST = 1.0  # seconds of processor time; decoding takes many
SCAN = b"\xff\xda"
END = b"\xff\xd9"


def jpeg(size: tuple[int, int] = (41, 30), *, progressive: bool = False) -> bytes:
    """Return a JPEG of noise."""
    out = io.BytesIO()
    noise = Image.effect_noise(size, 80).convert("RGB")
    noise.save(out, "JPEG", quality=30, progressive=progressive)
    return out.getvalue()


PROGRESSIVE = jpeg(progressive=True)
BASELINE = jpeg()


def with_scans(content: bytes, scans: int) -> bytes:
    """Return a JPEG whose last scan is repeated until it has this many."""
    last = content.rindex(SCAN)
    missing = scans - content.count(SCAN)
    return content[:-2] + content[last:-2] * missing + END


def that_claims(content: bytes, width: int, height: int) -> bytes:
    """Return a JPEG whose header claims this size."""
    (frame,) = re.finditer(rb"\xff[\xc0\xc2]\0", content)
    at = frame.start() + 5
    return content[:at] + struct.pack(">HH", height, width) + content[at + 4 :]


def segment(name: int, content: bytes) -> bytes:
    return bytes([0xFF, name]) + struct.pack(">H", len(content) + 2) + content


def before_the_first_scan(content: bytes, added: bytes) -> bytes:
    at = content.index(SCAN)
    return content[:at] + added + content[at:]


def in_the_first_scan(content: bytes, added: bytes) -> bytes:
    """Return a JPEG with these bytes among the data of its first scan."""
    at = content.index(SCAN)
    at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return content[:at] + added + content[at:]


def one_component_at_a_time(content: bytes) -> bytes:
    """Return a JPEG whose first scan announces one of its three components."""
    at = content.index(SCAN)
    end = at + 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return content[:at] + segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + content[end:]


def check(content: bytes, width: int, height: int) -> None:
    """Look whether a JPEG may be decoded, without decoding it."""
    check_jpeg(content, structure(content), width, height)


def validated(content: bytes) -> ValidPicture:
    """Validate a JPEG in a file of the current folder, which belongs to the test."""
    path = Path("picture.jpg")
    path.write_bytes(content)
    return validate(path)


@contextmanager
def fast() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < FAST


READERS: list[Callable[[Path], object]] = [
    validate,
    grid_thumbnail,
    larger_preview,
    lambda path: preview(path, 10_000),
]
each_reader = pytest.mark.parametrize(
    "read", READERS, ids=["validation", "thumbnail", "larger preview", "preview"]
)


@each_reader
def test_a_jpeg_of_thousands_of_scans_is_refused_before_it_is_decoded(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "x.jpg"
    Image.new("RGB", (2_000, 1_500)).save(path, "JPEG", progressive=True)
    path.write_bytes(with_scans(path.read_bytes(), 5_000))
    assert path.stat().st_size < 100_000
    with pytest.raises(PhotoRefused, match=f"more than {MAX_SCANS} scans"), fast():
        read(path)


@each_reader
def test_a_progressive_jpeg_that_would_fill_memory_is_refused_before_it_is_decoded(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(that_claims(PROGRESSIVE, 15_000, 10_000))
    with pytest.raises(PhotoRefused, match=r"15000 x 10000 pixels.*held in memory"), fast():
        read(path)


@each_reader
def test_a_jpeg_whose_scans_are_many_for_its_size_is_refused_before_it_is_decoded(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    path = tmp_path / "x.jpg"
    path.write_bytes(that_claims(with_scans(PROGRESSIVE, MAX_SCANS), 8_000, 6_000))
    with pytest.raises(PhotoRefused, match=r"100 scans of 8000 x 6000 pixels"), fast():
        read(path)


def test_a_jpeg_with_a_scan_for_each_component_is_held_in_memory_like_a_progressive_one() -> None:
    content = one_component_at_a_time(BASELINE)
    check(that_claims(content, 8_000, 6_000), 8_000, 6_000)
    with pytest.raises(PhotoRefused, match="held in memory"):
        check(that_claims(content, 10_000, 8_000), 10_000, 8_000)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PROGRESSIVE, id="as it is"),
        pytest.param(with_scans(PROGRESSIVE, 18), id="four components"),
        pytest.param(with_scans(PROGRESSIVE, MAX_SCANS), id="the most scans"),
    ],
)
def test_a_progressive_jpeg_may_be_decoded(content: bytes) -> None:
    check(content, 41, 30)


@pytest.mark.long
@pytest.mark.parametrize(
    ("width", "height", "progressive"), [(12_000, 8_400, False), (8_500, 5_800, True)]
)
def test_the_largest_photos_are_valid(*, width: int, height: int, progressive: bool) -> None:
    large = io.BytesIO()
    Image.new("L", (width, height), 90).save(large, "JPEG", progressive=progressive)
    assert validated(large.getvalue()).width == width


def test_the_largest_progressive_photos_may_be_decoded() -> None:
    assert MAX_DECODED_PIXELS > 8_500 * 5_800
    check(that_claims(with_scans(PROGRESSIVE, 18), 8_500, 5_800), 8_500, 5_800)


@pytest.mark.long
def test_the_most_that_is_decoded_takes_seconds() -> None:
    """The bounds bound the time: no picture within them takes longer a pixel than this one."""
    content = with_scans(jpeg((1_000, 800), progressive=True), MAX_SCANS)
    start = time.process_time()
    with Image.open(io.BytesIO(content)) as image:
        image.load()
    taken = time.process_time() - start
    assert taken / (1_000 * 800 * MAX_SCANS) < 30e-9


@each_reader
def test_a_jpeg_with_a_second_frame_of_another_size_is_bad_before_it_is_decoded(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    """Its header is read from the last frame, its data from the first: the bounds need one size."""
    (frame,) = re.finditer(rb"\xff\xc2\0", PROGRESSIVE)
    start = frame.start()
    end = start + 2 + int.from_bytes(PROGRESSIVE[start + 2 : start + 4], "big")
    path = tmp_path / "x.jpg"
    path.write_bytes(that_claims(PROGRESSIVE, 8_000, 6_000)[:end] + PROGRESSIVE[start:])
    with pytest.raises(BadPicture, match="structure of the picture's file is invalid"), fast():
        read(path)


@pytest.mark.parametrize(
    "name", [pytest.param(0xE1, id="Exif"), pytest.param(0xFE, id="a comment")]
)
def test_scans_of_a_picture_within_the_header_are_not_counted(name: int) -> None:
    """Exif holds a small JPEG of its own, and any segment may hold any bytes."""
    added = segment(name, SCAN * 300)
    assert validated(before_the_first_scan(BASELINE, added)).width == 41


def test_scans_of_another_picture_behind_the_end_are_not_counted() -> None:
    """A telephone adds more pictures to a file; decoders stop at the end of the first."""
    assert validated(BASELINE * 150).width == 41


def test_a_byte_of_data_that_looks_like_the_start_of_a_marker_is_no_scan() -> None:
    content = in_the_first_scan(BASELINE, (b"\xff\x00\xda" + b"\xff\xd0\xda") * 300)
    check(content, 41, 30)


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param(b"\xff\x02\xff\xff", id="behind a marker that does not exist"),
        pytest.param(b"\xff\x01\xff\xff", id="behind a marker without a length"),
        pytest.param(b"\xff\xd3\xff\xff", id="behind a restart"),
        pytest.param(b"\xff\xd8\xff\xff", id="behind another beginning"),
    ],
)
def test_scans_cannot_be_hidden_from_the_count(hidden: bytes) -> None:
    """Decoders find the next scan by its marker wherever the one before has ended."""
    scans = (SCAN + b"\x00\x08\x01\x01\x00\x00\x3f\x00") * 200
    with pytest.raises(PhotoRefused, match="scans"):
        validated(in_the_first_scan(BASELINE, hidden + scans))


@pytest.mark.long
def test_a_jpeg_of_nothing_but_parts_is_bad_at_once() -> None:
    with pytest.raises(BadPicture, match="structure"), fast():
        validated(in_the_first_scan(BASELINE, segment(0xFE, b"") * 3_000_000))


@pytest.mark.parametrize("rest", [b"\xff" * 10_000_000, b"\xff\x00" * 5_000_000])
def test_scans_are_counted_fast_in_any_data(rest: bytes) -> None:
    content = in_the_first_scan(PROGRESSIVE, rest)
    with fast():
        check(content, 41, 30)


def plain(path: Path, size: tuple[int, int]) -> Path:
    """Write a JPEG whose data has a run of zeros, for which validation decodes it."""
    Image.new("L", size).save(path, "JPEG", optimize=True)
    return path


@pytest.mark.long
@each_reader
def test_large_pictures_are_decoded_one_at_a_time_and_small_ones_beside_them(
    tmp_path: Path, read: Callable[[Path], object]
) -> None:
    large, small = plain(tmp_path / "l.jpg", (5_000, 3_000)), plain(tmp_path / "s.jpg", (300, 200))
    waiting = threading.Thread(target=read, args=[large])
    with one_at_a_time(LARGE + 1):
        waiting.start()
        read(small)
        waiting.join(1)
        assert waiting.is_alive()
    waiting.join(30)
    assert not waiting.is_alive()
