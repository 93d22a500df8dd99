"""Tests of `images.embedding`: the credit in real files, the pixels untouched."""

import io
import json
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from PIL import Image, ImageCms

from unsplash_assets.errors import BadPicture
from unsplash_assets.images.embedding import embed, read_packet
from unsplash_assets.images.xmp import CREDIT_MARK, MAX_PACKET_SIZE, packet
from unsplash_assets.model.credit import Credit
from unsplash_assets_tests.support.odd_pictures import FILM, in_the_header
from unsplash_assets_tests.support.odd_pictures import WHOLE as PLAIN
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.stored import CHOSEN

PHOTO = replace(
    CHOSEN, photographer='Zoë <山田> 👩🏽\u200d🎨 & "O\'Neil"', description="Waves & <foam>"
)
PACKET = packet(Credit(PHOTO, "my wall", "live"))
ODD_PACKET = PACKET + b" " * (len(PACKET) % 2 == 0)

JPEG_XMP = b"http://ns.adobe.com/xap/1.0/\0"
PNG_XMP = b"XML:com.adobe.xmp\0\0\0\0\0"


def picture(kind: str, mode: str = "RGB", size: tuple[int, int] = (41, 30), **how: Any) -> bytes:
    """Return a small picture of noise, with alpha if its mode has it."""
    noise = Image.effect_noise(size, 80)
    image = Image.merge("RGBA", (noise, noise.rotate(90), noise.rotate(180), noise.rotate(270)))
    out = io.BytesIO()
    image.convert("RGB" if mode == "CMYK" else mode).convert(mode).save(out, kind, **how)
    return out.getvalue()


def exif() -> bytes:
    found = Image.Exif()
    found[0x010F] = "A camera's maker"
    return found.tobytes()


PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
PICTURES = {
    "JPEG": picture("JPEG"),
    "progressive JPEG": picture("JPEG", progressive=True),
    "grey JPEG": picture("JPEG", "L"),
    "CMYK JPEG": picture("JPEG", "CMYK"),
    "JPEG with Exif": picture("JPEG", exif=exif()),
    "JPEG with a profile and a comment": picture("JPEG", icc_profile=PROFILE, comment="hello"),
    "JPEG with fill bytes": picture("JPEG").replace(b"\xff\xdb", b"\xff\xff\xff\xdb", 1),
    "PNG": picture("PNG"),
    "PNG with a palette": picture("PNG", "P", transparency=3),
    "PNG with alpha and a profile": picture("PNG", "RGBA", icc_profile=PROFILE),
    "PNG with Exif": picture("PNG", exif=exif()),
    "WebP": picture("WEBP"),
    "WebP with alpha": picture("WEBP", "RGBA"),
    "lossless WebP": picture("WEBP", lossless=True),
    "lossless WebP with alpha": picture("WEBP", "RGBA", lossless=True),
    "WebP with Exif and a profile": picture("WEBP", exif=exif(), icc_profile=PROFILE),
    "large WebP": picture("WEBP", size=(300, 5000)),
    "large lossless WebP": picture("WEBP", size=(5000, 300), lossless=True),
}
each_picture = pytest.mark.parametrize("whole", PICTURES.values(), ids=PICTURES)


def embedded(packet: bytes, whole: bytes) -> bytes:
    return b"".join(embed(packet, io.BytesIO(whole)))


def read(whole: bytes) -> bytes | None:
    return read_packet(io.BytesIO(whole))


def segment(content: bytes, marker: bytes = b"\xe1") -> bytes:
    """Return a segment of a JPEG."""
    return b"\xff" + marker + struct.pack(">H", len(content) + 2) + content


def png_chunk(name: bytes, content: bytes) -> bytes:
    checked = name + content
    return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))


def webp_chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def webp(content: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(content) + 4) + b"WEBP" + content


@each_picture
@pytest.mark.parametrize("content", [PACKET, PACKET + b" ", b"x" * MAX_PACKET_SIZE])
def test_an_embedded_packet_is_read_back(whole: bytes, content: bytes) -> None:
    assert read(whole) is None
    assert read(embedded(content, whole)) == content


@pytest.mark.long
@each_picture
def test_pixels_and_all_other_metadata_stay(whole: bytes) -> None:
    before, after = (Image.open(io.BytesIO(x)) for x in (whole, embedded(PACKET, whole)))
    assert (after.mode, after.size, after.tobytes()) == (before.mode, before.size, before.tobytes())
    assert after.getpalette() == before.getpalette()
    known = {name: after.info.get(name) for name in before.info}
    assert known == before.info
    assert after.getexif() == before.getexif()


@pytest.mark.parametrize("name", [name for name in PICTURES if "JPEG" in name])
def test_a_jpeg_gets_one_segment_and_stays_byte_for_byte(name: str) -> None:
    new = segment(JPEG_XMP + PACKET)
    credited = embedded(PACKET, PICTURES[name])
    assert credited.count(new) == 1
    assert credited.replace(new, b"") == PICTURES[name]


@pytest.mark.parametrize("name", [name for name in PICTURES if "PNG" in name])
def test_a_png_gets_one_chunk_after_its_header_and_stays_byte_for_byte(name: str) -> None:
    whole = PICTURES[name]
    new = png_chunk(b"iTXt", PNG_XMP + PACKET)
    assert embedded(PACKET, whole) == whole[:33] + new + whole[33:]


@pytest.mark.parametrize("content", [PACKET, ODD_PACKET], ids=["even", "odd"])
@pytest.mark.parametrize("name", ["WebP", "lossless WebP", "lossless WebP with alpha"])
def test_a_webp_without_a_header_gets_one_and_stays_byte_for_byte(
    name: str, content: bytes
) -> None:
    flags = 0x14 if "alpha" in name else 0x04
    header = webp_chunk(b"VP8X", struct.pack("<I", flags) + b"\x28\0\0\x1d\0\0")
    expected = webp(header + PICTURES[name][12:] + webp_chunk(b"XMP ", content))
    assert embedded(content, PICTURES[name]) == expected


@pytest.mark.parametrize("name", ["WebP with alpha", "WebP with Exif and a profile"])
def test_a_webp_with_a_header_gets_its_flag_and_stays_byte_for_byte(name: str) -> None:
    whole = PICTURES[name]
    flagged = whole[12:20] + bytes([whole[20] | 0x04]) + whole[21:]
    assert whole[20] & 0x04 == 0
    assert embedded(PACKET, whole) == webp(flagged + webp_chunk(b"XMP ", PACKET))


def test_in_a_jpeg_the_packet_follows_what_must_come_first() -> None:
    start, end = picture("JPEG")[:20], picture("JPEG")[20:]
    assert start.endswith(b"JFIF\0\1\1\0\0\1\0\1\0\0")
    first = segment(b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0")
    later = segment(b"ICC_PROFILE\0\1\1", b"\xe2")
    credited = embedded(PACKET, start + first + later + end)
    assert credited == start + first + segment(JPEG_XMP + PACKET) + later + end


OTHER = PACKET.replace(b"Waves", b"Another description")
OLD = {
    "Pillow's JPEG": picture("JPEG", xmp=OTHER),
    "Pillow's JPEG with Exif": picture("JPEG", xmp=OTHER, exif=exif()),
    "Pillow's WebP": picture("WEBP", xmp=OTHER),
    "JPEG with more XMP": PICTURES["JPEG"][:20]
    + segment(JPEG_XMP + OTHER)
    + segment(b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40 + OTHER)
    + segment(b"http://ns.adobe.com/xmp/extension/\0" + b"1" * 40 + OTHER)
    + PICTURES["JPEG"][20:],
    "PNG with compressed XMP": PICTURES["PNG"][:33]
    + png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(OTHER))
    + PICTURES["PNG"][33:],
    "PNG with XMP at its end": PICTURES["PNG"][:-12]
    + png_chunk(b"iTXt", PNG_XMP + OTHER)
    + PICTURES["PNG"][-12:],
}


@pytest.mark.parametrize("old", OLD.values(), ids=OLD)
def test_an_older_packet_of_ours_is_replaced(old: bytes) -> None:
    credited = embedded(PACKET, old)
    assert read(credited) == PACKET
    assert b"Another description" not in credited
    assert b"xmp/extension" not in credited
    assert credited.count(b"com.adobe.xmp") <= 1
    Image.open(io.BytesIO(credited)).load()


@each_picture
def test_embedding_twice_is_the_same_as_once(whole: bytes) -> None:
    once = embedded(PACKET, whole)
    assert embedded(PACKET, once) == once
    assert embedded(PACKET, embedded(OTHER, whole)) == once


@each_picture
def test_what_is_behind_the_end_of_a_picture_stays_there(whole: bytes) -> None:
    credited = embedded(PACKET, whole)
    assert embedded(PACKET, whole + FILM) == credited + FILM
    assert embedded(PACKET, credited + FILM) == credited + FILM


def test_what_stands_between_segments_stays_there() -> None:
    added = b"\0\1\2"
    assert embedded(PACKET, in_the_header(added)) == in_the_header(added, embedded(PACKET, PLAIN))


def test_other_text_of_a_png_stays() -> None:
    comment = png_chunk(b"iTXt", b"Comment\0\0\0\0\0hello")
    whole = PICTURES["PNG"][:33] + comment + PICTURES["PNG"][33:]
    assert comment in embedded(PACKET, whole)
    assert read(whole) is None


@pytest.mark.long
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_large_picture_is_never_in_memory_as_a_whole(kind: str) -> None:
    whole = picture(kind, size=(1500, 1500), quality=100)
    assert len(whole) > 1_000_000
    assert max(map(len, embed(PACKET, io.BytesIO(whole)))) <= 262_144


JPEG, PNG, WEBP = PICTURES["JPEG"], PICTURES["PNG"], PICTURES["WebP"]
VP8 = webp_chunk(b"VP8 ", WEBP[20:])


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GIF89a" + bytes(50), id="another format"),
        pytest.param(JPEG[:2], id="JPEG of a start"),
        pytest.param(JPEG[:21], id="JPEG cut in a marker"),
        pytest.param(JPEG[:2] + b"\xff\x01" + JPEG[2:], id="JPEG with a marker of no segment"),
        pytest.param(JPEG[:20] + bytes(70_000) + JPEG[20:], id="JPEG with much between segments"),
        pytest.param(JPEG[:2] + b"\xff\xe0\0\0" + JPEG[2:], id="JPEG with a length of nothing"),
        pytest.param(JPEG[:20] + b"\xff\xd9", id="JPEG without a scan"),
        pytest.param(JPEG[:20] + b"\xff\xe2\xff\xff" + JPEG[20:], id="JPEG with a long segment"),
        pytest.param(PNG[:8], id="PNG of a start"),
        pytest.param(PNG[:-1], id="PNG without its last byte"),
        pytest.param(PNG[:8] + PNG[33:], id="PNG without its header"),
        pytest.param(webp(b""), id="WebP of a start"),
        pytest.param(webp(WEBP[12:-2]), id="WebP that is cut"),
        pytest.param(webp(webp_chunk(b"ABCD", b"12") + VP8), id="WebP that begins otherwise"),
        pytest.param(webp(webp_chunk(b"VP8X", b"")), id="WebP with an empty header"),
        pytest.param(webp(webp_chunk(b"VP8 ", WEBP[20:28])), id="WebP without its height"),
        pytest.param(webp(webp_chunk(b"VP8L", b"\0" * 30)), id="lossless WebP that is none"),
    ],
)
def test_a_file_of_invalid_structure_is_a_bad_picture(broken: bytes) -> None:
    chunks = embed(PACKET, io.BytesIO(broken))
    with pytest.raises(BadPicture, match="the structure of the picture's file is invalid"):
        next(chunks)


@pytest.mark.parametrize("whole", [*PICTURES.values(), *OLD.values()], ids=[*PICTURES, *OLD])
@hypothesis.given(data=st.data())
def test_any_file_is_credited_or_a_bad_picture(whole: bytes, data: st.DataObject) -> None:
    head = min(len(whole), 1_000) - 1
    spoiled = bytearray(whole)
    spoiled[data.draw(st.integers(0, head))] ^= data.draw(st.integers(0, 255))
    content = bytes(spoiled[: data.draw(st.integers(0, head) | st.just(len(whole)))])
    with suppress(BadPicture):
        read(content)
    with suppress(BadPicture):
        assert CREDIT_MARK in (read(embedded(PACKET, content)) or b"")


@pytest.mark.long
def test_a_file_of_too_many_blocks_is_a_bad_picture() -> None:
    whole = PNG[:33] + png_chunk(b"abCd", b"") * 100_000 + PNG[33:]
    with pytest.raises(BadPicture):
        next(embed(PACKET, io.BytesIO(whole)))


Exiftool = Callable[[bytes], dict[str, Any]]


@pytest.fixture
def exiftool(processes: Processes, tmp_path: Path) -> Exiftool:
    """Ask exiftool, an independent reader, what it finds in a file."""

    def ask(content: bytes) -> dict[str, Any]:
        path = tmp_path / "picture"
        path.write_bytes(content)
        options = ["-json", "-G1", "-a", "-struct", "-validate", "-all"]
        done = processes.run(["exiftool", *options, path], check=True)
        (found,) = json.loads(done.stdout)
        return dict(found)

    return ask


@pytest.mark.process
@pytest.mark.needs("exiftool")
@pytest.mark.parametrize("whole", [*PICTURES.values(), *OLD.values()], ids=[*PICTURES, *OLD])
def test_exiftool_reads_the_credit(whole: bytes, exiftool: Exiftool) -> None:
    found = exiftool(embedded(PACKET, whole))
    sent = "utm_source=my+wall&utm_medium=referral"
    assert {name: value for name, value in found.items() if name.startswith("XMP-")} == {
        "XMP-dc:Creator": [PHOTO.photographer],
        "XMP-dc:Description": PHOTO.description,
        "XMP-dc:Rights": f"© {PHOTO.photographer}",
        "XMP-photoshop:Credit": f"Photo by {PHOTO.photographer} on Unsplash",
        "XMP-photoshop:Source": "Unsplash",
        "XMP-dc:Source": f"{PHOTO.page_url}?{sent}",
        "XMP-xmpRights:WebStatement": f"{PHOTO.page_url}?{sent}",
        "XMP-xmpRights:UsageTerms": "Unsplash License: https://unsplash.com/license",
        "XMP-iptcCore:CreatorContactInfo": {"CiUrlWork": f"{PHOTO.photographer_url}?{sent}"},
        "XMP-plus:Licensor": [
            {"LicensorName": "Unsplash", "LicensorURL": "https://unsplash.com/license"}
        ],
    }
    assert found["Composite:ImageSize"] == exiftool(whole)["Composite:ImageSize"]
    assert found["ExifTool:Validate"] in {"OK", exiftool(whole)["ExifTool:Validate"]}
