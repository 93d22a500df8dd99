"""Tests of `images.xmp`: a packet that any XML reader accepts, whatever the names are."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.images.xmp import MAX_PACKET_SIZE, packet
from unsplash_assets.model.credit import Credit
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import ChosenPhoto
from unsplash_assets_tests.support.stored import CHOSEN

PHOTO = replace(CHOSEN, photographer="Zoë O'Neil", photographer_url="https://unsplash.com/@zoe")
SENT = "utm_source=my+wall&utm_medium=referral"
PREFIXES = {
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://ns.adobe.com/photoshop/1.0/": "photoshop",
    "http://ns.adobe.com/xap/1.0/rights/": "xmpRights",
    "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/": "Iptc4xmpCore",
    "http://ns.useplus.org/ldf/xmp/1.0/": "plus",
}


def fields(photo: ChosenPhoto = PHOTO, mode: Mode = "live") -> dict[str, str]:
    """Return the texts in the packet of a photo by the property around each."""
    content = packet(Credit(photo, "my wall", mode))
    assert len(content) <= MAX_PACKET_SIZE
    found: dict[str, str] = {}

    def collect(element: ET.Element, name: str) -> None:
        uri, _, local = element.tag[1:].partition("}")
        name = f"{PREFIXES[uri]}:{local}" if uri in PREFIXES else name
        if element.text and element.text.strip():
            found[name] = element.text
        for child in element:
            collect(child, name)

    collect(ET.fromstring(content), "")  # noqa: S314 - it was made here
    return found


def test_a_packet_has_the_fields_of_the_iptc_standard() -> None:
    assert fields() == {
        "dc:creator": "Zoë O'Neil",
        "Iptc4xmpCore:CiUrlWork": f"https://unsplash.com/@zoe?{SENT}",
        "dc:description": "Waves",
        "dc:rights": "© Zoë O'Neil",
        "photoshop:Credit": "Photo by Zoë O'Neil on Unsplash",
        "photoshop:Source": "Unsplash",
        "dc:source": f"https://unsplash.com/photos/waves-AbCdEfGhIjK?{SENT}",
        "xmpRights:WebStatement": f"https://unsplash.com/photos/waves-AbCdEfGhIjK?{SENT}",
        "xmpRights:UsageTerms": "Unsplash License: https://unsplash.com/license",
        "plus:LicensorName": "Unsplash",
        "plus:LicensorURL": "https://unsplash.com/license",
    }


def test_unknown_facts_are_omitted() -> None:
    bare = fields(replace(PHOTO, description=None, photographer_url="", page_url=""))
    assert set(fields()) - set(bare) == {"Iptc4xmpCore:CiUrlWork", "dc:description"}
    assert bare["xmpRights:WebStatement"] == f"https://unsplash.com/?{SENT}"


def test_the_packet_of_a_demo_picture_says_so_and_names_no_licensor() -> None:
    demo = fields(mode="demo")
    note = "demo: drawn here, there is no such photo"
    assert demo["photoshop:Credit"] == f"Photo by Zoë O'Neil on Unsplash ({note})"
    assert demo["photoshop:Source"] == demo["dc:rights"] == note
    assert set(fields()) - set(demo) == {
        "xmpRights:UsageTerms", "plus:LicensorName", "plus:LicensorURL",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Ana \t\r\n Lima ", "Ana Lima"),
        ("<b>&amp;\"'</b>]]>", "<b>&amp;\"'</b>]]>"),
        ("{0} {} %s", "{0} {} %s"),
        ("山田 太郎 محمد 👩🏽\u200d🎨", "山田 太郎 محمد 👩🏽\u200d🎨"),
        ("a\0b\x1bc\x7f", "a b c\x7f"),
        ("a\ud800b\udfffc", "a b c"),
        ("a\ufffeb\uffffc\ufffd", "a b c\ufffd"),
        ("\U0001fffe\U0010ffff", "\U0001fffe\U0010ffff"),
        ("?><?xpacket end='w'?>", "?><?xpacket end='w'?>"),
    ],
)
def test_names_of_any_script_are_kept_and_forbidden_characters_become_spaces(
    text: str, expected: str
) -> None:
    found = fields(replace(PHOTO, photographer=text, description=text))
    assert found["dc:creator"] == found["dc:description"] == expected


def fits_xml(character: str) -> bool:
    code = ord(character)
    return code >= 0x20 and not 0xD800 <= code <= 0xDFFF and code not in {0xFFFE, 0xFFFF}


ANY_TEXT = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cs", "Cc", "Zs", "Zl", "Zp"]),
        st.sampled_from("<>&'\"{}]\ufffe\uffff\ufeff"),
    )
)


@hypothesis.given(ANY_TEXT, ANY_TEXT)
def test_no_text_breaks_a_packet(name: str, description: str) -> None:
    found = fields(replace(PHOTO, photographer=name, description=description))
    for text, field in ((name, "dc:creator"), (description, "dc:description")):
        kept = "".join(c if fits_xml(c) else " " for c in text)
        assert found.get(field, "") == " ".join(kept.split())


@pytest.mark.parametrize("path", ["a\0b", "a\ud800b", "a\uffffb", " a  b", "x" * 2_000])
def test_a_link_that_does_not_fit_as_it_is_is_omitted(path: str) -> None:
    found = fields(replace(PHOTO, page_url=f"https://unsplash.com/{path}"))
    assert set(fields()) - set(found) == {"xmpRights:WebStatement", "dc:source"}


@pytest.mark.parametrize("character", ["x", "&", "é", "山", "😀"])
def test_texts_that_are_too_long_for_a_jpeg_are_cut(character: str) -> None:
    long = character * 100_000
    found = fields(replace(PHOTO, photographer=long, description=long))
    assert found["dc:description"] == found["dc:creator"] == character * 1_700
    assert found["photoshop:Credit"].startswith(f"Photo by {character}")


def test_the_longest_of_everything_fits_into_a_packet() -> None:
    path = "https://unsplash.com/" + "&" * 1_600
    most = fields(
        replace(
            PHOTO,
            photographer="&" * 9_999,
            description="&" * 9_999,
            photographer_url=path,
            page_url=path,
        )
    )
    assert set(most) == set(fields())


def test_a_photo_has_one_packet() -> None:
    assert packet(Credit(PHOTO, "x", "live")) == packet(Credit(replace(PHOTO), "x", "live"))
