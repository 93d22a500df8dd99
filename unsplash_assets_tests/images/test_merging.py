"""Tests of `images.merging`: ours is added, and what only a picture's own packet says stays."""

import io
import struct
import zlib
from contextlib import suppress
from xml.etree import ElementTree as ET

import hypothesis
import pytest
from hypothesis import strategies as st
from PIL import Image

from unsplash_assets.images.embedding import embed, read_packet
from unsplash_assets.images.merging import merged
from unsplash_assets.images.xmp import CREDIT_MARK, MAX_PACKET_SIZE, NAMESPACES, packet, wrapped
from unsplash_assets.model.credit import Credit
from unsplash_assets_tests.images.test_xmp import PHOTO
from unsplash_assets_tests.support.odd_pictures import (
    PANORAMA,
    WHOLE,
    XMP_START,
    encoded,
    in_the_header,
    quarters,
    segment,
)

OURS = packet(Credit(PHOTO, "my wall", "live"))
RDF = NAMESPACES["rdf"]
DC = NAMESPACES["dc"]


def theirs(properties: str, attributes: str = "", about: str = "") -> bytes:
    """Return a packet that somebody else made."""
    known = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return wrapped(
        f'<rdf:RDF{known}><rdf:Description rdf:about="{about}" {attributes}>{properties}'
        "</rdf:Description></rdf:RDF>"
    )


def words(properties: str, language: str = "x-default") -> str:
    return f'<rdf:Alt><rdf:li xml:lang="{language}">{properties}</rdf:li></rdf:Alt>'


def said(content: bytes, name: str) -> list[str]:
    """Return the texts of a property in a packet, one for each item."""
    prefix, _, local = name.partition(":")
    root = ET.fromstring(content)  # noqa: S314 - it was made here
    found = root.findall(f".//{{{NAMESPACES[prefix]}}}{local}")
    assert len(found) == 1
    return ["".join(part.itertext()) for part in found[0].iter(f"{{{RDF}}}li")] or [
        "".join(found[0].itertext())
    ]


def both(their: bytes) -> bytes:
    content = merged(OURS, their, MAX_PACKET_SIZE)
    assert CREDIT_MARK in content
    return content


def test_a_panorama_stays_one_with_its_keywords_and_its_photographers_rights() -> None:
    content = both(PANORAMA)
    assert b'GPano:ProjectionType="equirectangular"' in content
    assert said(content, "dc:subject") == ["hill"]
    assert said(content, "dc:rights") == ["(c) the photographer"]
    assert said(content, "dc:creator") == ["Zo\u00eb O'Neil"]
    assert said(content, "photoshop:Source") == ["Unsplash"]


@pytest.mark.parametrize(
    ("name", "their", "expected"),
    [
        ("dc:rights", words("\u00a9 Zo\u00eb"), ["\u00a9 Zo\u00eb O'Neil"]),
        ("dc:rights", words(""), ["\u00a9 Zo\u00eb O'Neil"]),
        ("dc:rights", words("all mine"), ["all mine"]),
        ("xmpRights:UsageTerms", words("ask me"), ["ask me"]),
        ("dc:description", words("Sea"), ["Waves"]),
        ("dc:description", words("Waves at the pier", "en"), ["Waves at the pier"]),
        ("dc:creator", "<rdf:Seq><rdf:li>Z.</rdf:li></rdf:Seq>", ["Zo\u00eb O'Neil", "Z."]),
        ("dc:creator", "<rdf:Bag><rdf:li>Zo\u00eb O'Neil</rdf:li></rdf:Bag>", ["Zo\u00eb O'Neil"]),
        ("dc:creator", "Z.", ["Zo\u00eb O'Neil", "Z."]),
        ("photoshop:Credit", "Agency", ["Photo by Zo\u00eb O'Neil on Unsplash"]),
        ("photoshop:Source", "Agency", ["Unsplash"]),
        ("plus:Licensor", "", ["Unsplashhttps://unsplash.com/license"]),
    ],
)
def test_of_what_both_say_the_one_that_says_more_is_kept(
    name: str, their: str, expected: list[str]
) -> None:
    assert said(both(theirs(f"<{name}>{their}</{name}>")), name) == expected


def test_a_property_may_be_written_as_an_attribute() -> None:
    content = both(theirs("", 'photoshop:Credit="Agency" photoshop:City="Oslo"'))
    assert b'photoshop:City="Oslo"' in content
    assert b"Agency" not in content
    assert said(content, "photoshop:Credit") == ["Photo by Zo\u00eb O'Neil on Unsplash"]


FIELD = "Iptc4xmpCore:CiEmailWork"
LINK = "Iptc4xmpCore:CiUrlWork"


@pytest.mark.parametrize(
    "contact",
    [
        f"<{{}}><rdf:Description><{FIELD}>a@b</{FIELD}></rdf:Description></{{}}>",
        f'<{{}} rdf:parseType="Resource"><{FIELD}>a@b</{FIELD}></{{}}>',
        f'<{{}} {FIELD}="a@b"/>',
    ],
)
def test_a_contact_has_the_fields_of_both_however_it_is_written(contact: str) -> None:
    name = "Iptc4xmpCore:CreatorContactInfo"
    content = both(theirs(contact.format(name, name)))
    assert said(content, FIELD) == ["a@b"]
    assert said(content, LINK)[0].startswith("https://unsplash.com/@zoe?")


def test_all_descriptions_are_about_the_same() -> None:
    content = both(theirs("<dc:subject>sea</dc:subject>", about="uuid:1"))
    root = ET.fromstring(content)  # noqa: S314 - it was made here
    about = [e.get(f"{{{RDF}}}about") for e in root.findall(f"*/{{{RDF}}}Description")]
    assert about == ["uuid:1", "uuid:1"]


def test_prefixes_stay_since_some_readers_look_for_them_and_none_gets_two_meanings() -> None:
    their = (
        f'<a:RDF xmlns:a="{RDF}"><a:Description xmlns:dc="urn:other" xmlns:d="{DC}">'
        '<dc:x>1</dc:x><d:subject>2</d:subject><y xmlns="urn:third">3</y>'
        '<MP:z xmlns:MP="urn:fourth">4</MP:z></a:Description></a:RDF>'
    )
    content = both(their.encode())
    assert b"<MP:z>4</MP:z>" in content
    assert b"<dc:subject>2</dc:subject>" in content
    root = ET.fromstring(content)  # noqa: S314 - it was made here
    assert [root.find(f".//{{urn:{name}") is not None for name in ("other}x", "third}y")] == [
        True
    ] * 2


DEEP = "<x>" * 5_000 + "</x>" * 5_000


@pytest.mark.parametrize(
    "their",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"<x:xmpmeta", id="cut"),
        pytest.param("<?xml version='1.0' encoding='UTF-16'?><x/>".encode("utf-16"), id="UTF-16"),
        pytest.param(b"<x/>", id="no RDF"),
        pytest.param(theirs(DEEP), id="deep"),
        pytest.param(
            b'<!DOCTYPE x [<!ENTITY a "a"><!ENTITY b "&a;&a;">]>' + theirs("<dc:x>&b;</dc:x>"),
            id="entities",
        ),
        pytest.param(
            b'<!DOCTYPE x SYSTEM "file:///etc/passwd">' + theirs("<dc:subject>x</dc:subject>"),
            id="a document elsewhere",
        ),
        pytest.param(theirs("<dc:subject>&b;</dc:subject>"), id="an entity from nowhere"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_replaced(their: bytes) -> None:
    assert merged(OURS, their, MAX_PACKET_SIZE) == OURS


def test_what_does_not_fit_goes_the_largest_first() -> None:
    large = f"<photoshop:History>{'x' * 70_000}</photoshop:History>"
    content = both(theirs(f"{large}<dc:subject>sea</dc:subject>"))
    assert len(content) <= MAX_PACKET_SIZE
    assert said(content, "dc:subject") == ["sea"]
    assert b"History" not in content
    assert len(merged(OURS, theirs(large), 1_000_000)) > 70_000


def test_a_large_attribute_goes_like_any_other_property() -> None:
    content = both(theirs("", f'photoshop:City="Oslo" photoshop:History="{"x" * 70_000}"'))
    assert said(content, "photoshop:City") == ["Oslo"]
    assert b"History" not in content


def test_rights_that_do_not_fit_give_way() -> None:
    assert both(theirs(f"<dc:rights>{'x' * 70_000}</dc:rights>")) == OURS


@hypothesis.given(data=st.data())
def test_any_packet_is_merged_or_replaced(data: st.DataObject) -> None:
    spoiled = bytearray(PANORAMA)
    for _ in range(data.draw(st.integers(1, 3))):
        spoiled[data.draw(st.integers(0, len(spoiled) - 1))] ^= data.draw(st.integers(0, 255))
    ET.fromstring(both(bytes(spoiled)))  # noqa: S314 - it was made here


PNG_XMP = b"XML:com.adobe.xmp\0"


def png_with(chunk: bytes) -> bytes:
    whole = encoded(quarters(), "PNG")
    checked = b"iTXt" + chunk
    added = struct.pack(">I", len(chunk)) + checked + struct.pack(">I", zlib.crc32(checked))
    return whole[:33] + added + whole[33:]


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(in_the_header(segment(0xE1, XMP_START + PANORAMA)), id="JPEG"),
        pytest.param(png_with(PNG_XMP + bytes(4) + PANORAMA), id="PNG"),
        pytest.param(png_with(PNG_XMP + b"\1\0de\0x\0" + zlib.compress(PANORAMA)), id="packed"),
        pytest.param(encoded(quarters(), "WEBP", xmp=PANORAMA), id="WebP"),
    ],
)
def test_the_packet_of_a_file_takes_in_its_own(picture: bytes) -> None:
    credited = b"".join(embed(OURS, io.BytesIO(picture)))
    content = read_packet(io.BytesIO(credited))
    assert content == both(PANORAMA)
    assert b"".join(embed(OURS, io.BytesIO(credited))).count(b"equirectangular") == 1
    assert Image.open(io.BytesIO(credited)).tobytes() == Image.open(io.BytesIO(picture)).tobytes()


def test_a_packet_that_unpacks_to_too_much_is_not_unpacked() -> None:
    bomb = zlib.compress(theirs(" " * 5_000_000))
    credited = b"".join(embed(OURS, io.BytesIO(png_with(PNG_XMP + b"\1\0\0\0" + bomb))))
    assert read_packet(io.BytesIO(credited)) == OURS


@pytest.mark.parametrize("says_so", [True, False])
def test_what_a_packet_has_in_further_segments_stays_if_it_says_so(says_so: bool) -> None:  # noqa: FBT001
    note = 'xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="0"'
    extension = segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 40 + b"<more/>")
    main = segment(0xE1, XMP_START + theirs("", note if says_so else ""))
    credited = b"".join(embed(OURS, io.BytesIO(in_the_header(main + extension))))
    assert (extension in credited) == says_so
    with suppress(OSError):
        Image.open(io.BytesIO(credited)).load()
    assert len(credited) > len(WHOLE)
