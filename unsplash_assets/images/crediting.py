"""Reads a credit back from a picture's file, where this project has put it."""

import re
from dataclasses import dataclass
from typing import BinaryIO, Final
from xml.etree import ElementTree as ET

from unsplash_assets.images.embedding import read_packet
from unsplash_assets.images.xmp import CREDIT_MARK, named
from unsplash_assets.model.credit import DEMO, UNSPLASH, without_referral
from unsplash_assets.model.mode import Mode

_LINE: Final = re.compile(rf"Photo by (.+) on Unsplash( \({re.escape(DEMO)}\))?", re.DOTALL)
_DECLARATION: Final = b"<!"  # begins what defines entities; a packet needs none


@dataclass(frozen=True)
class FoundCredit:
    """What the file of a picture says about its photo; texts are empty where it says nothing."""

    mode: Mode
    photographer: str
    photographer_url: str
    page_url: str
    description: str


def read_credit(picture: BinaryIO) -> FoundCredit | None:
    """Return the credit that is in a picture's file, or None if it has none of ours.

    Raises BadPicture if the structure of the file is invalid.
    """
    packet = read_packet(picture) or b""
    if CREDIT_MARK not in packet or _DECLARATION in packet:
        return None
    try:
        root = ET.fromstring(packet)  # noqa: S314 - it has no entities
    except (ET.ParseError, ValueError):
        return None
    line = _LINE.fullmatch(_text(root, "photoshop:Credit"))
    if line is None:
        return None
    page = without_referral(_text(root, "dc:source"))
    return FoundCredit(
        mode="demo" if line[2] else "live",
        photographer=line[1],
        photographer_url=without_referral(_text(root, "Iptc4xmpCore:CiUrlWork")),
        page_url="" if page == UNSPLASH else page,
        description=_text(root, "dc:description", "rdf:Alt", "rdf:li"),
    )


def _text(root: ET.Element, *names: str) -> str:
    """Return the text of an element, found by the names on the way to it; empty if none is."""
    return (root.findtext(f".//{'/'.join(map(named, names))}") or "").strip()
