"""Pictures that are odd and whole: what telephones, editors and servers make of a file.

Drawn small, in halves of four colours, so that a test sees which way up they are.
"""

import io
import struct
from typing import Any, Final

from PIL import Image, ImageCms

SIZE: Final = (48, 32)
CORNERS: Final = ((200, 60, 60), (60, 200, 60), (60, 60, 200), (200, 200, 60))
"""The colours of the quarters: top left, top right, bottom left, bottom right."""

XMP_START: Final = b"http://ns.adobe.com/xap/1.0/\0"
PANORAMA: Final = (
    b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    b' xmlns:GPano="http://ns.google.com/photos/1.0/panorama/"'
    b' GPano:ProjectionType="equirectangular">'
    b"<dc:subject><rdf:Bag><rdf:li>hill</rdf:li></rdf:Bag></dc:subject>"
    b'<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">(c) the photographer</rdf:li></rdf:Alt>'
    b"</dc:rights></rdf:Description></rdf:RDF></x:xmpmeta>"
    b'<?xpacket end="w"?>'
)
"""What a panorama says of itself."""


def quarters() -> Image.Image:
    """Return a picture of four colours."""
    image = Image.new("RGB", (2, 2))
    image.putdata(CORNERS)
    return image.resize(SIZE, Image.Resampling.NEAREST)


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    """Return a picture's file."""
    out = io.BytesIO()
    special: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": 95, "subsampling": 0},
        "WEBP": {"lossless": True},
    }
    image.save(out, kind, **{**special.get(kind, {}), **options})
    return out.getvalue()


WHOLE: Final = encoded(quarters())
"""A JPEG that is not odd."""


def segment(name: int, content: bytes) -> bytes:
    """Return a segment of a JPEG."""
    return bytes([0xFF, name]) + struct.pack(">H", len(content) + 2) + content


def in_the_header(added: bytes, whole: bytes = WHOLE) -> bytes:
    """Return a JPEG with these bytes before its first table."""
    at = whole.index(b"\xff\xdb")
    return whole[:at] + added + whole[at:]


def with_odd_scan_parameters(whole: bytes) -> bytes:
    """Return a sequential JPEG whose scan has parameters that decoders ignore."""
    at = whole.index(b"\xff\xda")
    end = at + 2 + int.from_bytes(whole[at + 2 : at + 4], "big")
    return whole[: end - 3] + b"\0\0\0" + whole[end:]


def exif(orientation: int) -> bytes:
    """Return Exif that says how a picture is to be turned."""
    found = Image.Exif()
    found[0x0112] = orientation
    return found.tobytes()


def exchanging_profile() -> bytes:
    """Return a colour profile in which red is green, and green red."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return (
        profile.replace(b"rXYZ", b"-XYZ", 1)
        .replace(b"gXYZ", b"rXYZ", 1)
        .replace(b"-XYZ", b"gXYZ", 1)
    )


FILM: Final = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 8

ODD_JPEGS: Final = {
    "padding behind the end": WHOLE + bytes(4096),
    "a film behind the end": WHOLE + FILM,
    "a page behind the end": WHOLE + b"<!DOCTYPE html><html></html>",
    "zeros before the end": WHOLE[:-2] + bytes(100) + WHOLE[-2:],
    "zeros in a profile": in_the_header(segment(0xE2, b"ICC_PROFILE\0\1\1" + bytes(300))),
    "zeros in a comment": in_the_header(segment(0xFE, bytes(300))),
    "three bytes between segments": in_the_header(b"\0\1\2"),
    "an escaped byte between segments": in_the_header(b"\xff\0"),
    "odd parameters of a scan": with_odd_scan_parameters(WHOLE),
    "a panorama's XMP": in_the_header(segment(0xE1, XMP_START + PANORAMA)),
}
"""JPEGs that every decoder shows as it shows WHOLE."""
