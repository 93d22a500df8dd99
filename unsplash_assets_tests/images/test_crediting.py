"""Tests of `images.crediting`: what was put into a picture's file is read back from it."""

import io
from dataclasses import replace
from typing import get_args

import pytest
from PIL import Image

from unsplash_assets.images.crediting import FoundCredit, read_credit
from unsplash_assets.images.embedding import embed
from unsplash_assets.images.xmp import packet
from unsplash_assets.model.credit import UNSPLASH, Credit, referral
from unsplash_assets.model.mode import Mode
from unsplash_assets_tests.support.stored import CHOSEN

PHOTO = replace(
    CHOSEN,
    photographer="Zoë <Ng> & Co. on Unsplash",
    photographer_url="https://unsplash.com/@zoe?a=1",
    description="Waves & rocks",
)


def picture(content: bytes, kind: str = "JPEG") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (30, 20)).save(out, kind)
    return io.BytesIO(b"".join(embed(content, out)))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", get_args(Mode))
def test_the_credit_of_a_file_is_read_back(mode: Mode, kind: str) -> None:
    found = read_credit(picture(packet(Credit(PHOTO, "my wall", mode)), kind))
    assert found == FoundCredit(
        mode=mode,
        photographer=PHOTO.photographer,
        photographer_url=PHOTO.photographer_url,
        page_url=PHOTO.page_url,
        description="Waves & rocks",
    )


def test_what_a_credit_does_not_say_is_empty() -> None:
    bare = replace(PHOTO, photographer_url="", page_url="", description=None)
    found = read_credit(picture(packet(Credit(bare, "my wall", "live"))))
    assert found == FoundCredit("live", PHOTO.photographer, "", "", "")
    assert referral(UNSPLASH, "my wall") != UNSPLASH


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"<x>Photo by Ana on Flickr</x>", id="another's"),
        pytest.param(b"<x>Photo by Ana on Unsplash</x>", id="no field"),
        pytest.param(b"<x>Photo by Ana on Unsplash", id="cut"),
        pytest.param(b'<!DOCTYPE x [<!ENTITY a "b">]><x> on Unsplash&a;</x>', id="entities"),
        pytest.param(b"\xff\xfe on Unsplash", id="no text"),
    ],
)
def test_any_other_packet_is_no_credit(content: bytes) -> None:
    assert read_credit(picture(content)) is None


def test_a_file_without_a_packet_has_no_credit() -> None:
    out = io.BytesIO()
    Image.new("RGB", (30, 20)).save(out, "JPEG")
    assert read_credit(out) is None
