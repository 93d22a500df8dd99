"""Tests of `model.credit`: the words and links that Unsplash's guidelines ask for."""

import re
from dataclasses import replace
from html import unescape

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.model.credit import UNSPLASH, Credit, credit_html, credit_line, referral
from unsplash_assets_tests.support.stored import CHOSEN

SENT = "utm_source=my+wall&utm_medium=referral"


def test_a_credit_names_the_photographer_and_unsplash() -> None:
    assert credit_line("Zoë O'Neil") == "Photo by Zoë O'Neil on Unsplash"


def test_a_credit_in_html_links_the_photographer_and_the_photo() -> None:
    links = ("https://unsplash.com/@ana?a=1", "https://unsplash.com/photos/x")
    assert credit_html("Ana <b>", *links, "my wall") == (
        f'Photo by <a href="https://unsplash.com/@ana?a=1&amp;{SENT.replace("&", "&amp;")}">'
        f"Ana &lt;b&gt;</a> on "
        f'<a href="https://unsplash.com/photos/x?{SENT.replace("&", "&amp;")}">Unsplash</a>'
    )


def test_a_credit_in_html_omits_unknown_links() -> None:
    assert credit_html("Ana", "", "", "my wall") == (
        f'Photo by Ana on <a href="{UNSPLASH}?{SENT.replace("&", "&amp;")}">Unsplash</a>'
    )


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("", ""),
        (UNSPLASH, f"https://unsplash.com/?{SENT}"),
        ("https://unsplash.com/@ana", f"https://unsplash.com/@ana?{SENT}"),
        ("https://unsplash.com/@ana?a=1", f"https://unsplash.com/@ana?a=1&{SENT}"),
        ("https://unsplash.com/@ana#top", f"https://unsplash.com/@ana?{SENT}#top"),
        (f"https://unsplash.com/?{SENT}", f"https://unsplash.com/?{SENT}"),
        (
            "https://unsplash.com/?utm_source=other&b=x%26y",
            "https://unsplash.com/?utm_source=my+wall&b=x%26y&utm_medium=referral",
        ),
    ],
)
def test_a_link_names_the_application_and_keeps_the_rest(url: str, sent: str) -> None:
    assert referral(url, "my wall") == sent


ANA = "https://unsplash.com/@ana"
WAVES = "https://unsplash.com/photos/waves-AbCdEfGhIjK"
PHOTO = replace(CHOSEN, photographer="Ana & <Bo>")


def test_the_credit_in_html_links_the_photographer_and_the_photos_page() -> None:
    sent = SENT.replace("&", "&amp;")
    assert credit_html("Ana", ANA, WAVES, "my wall") == (
        f'Photo by <a href="{ANA}?{sent}">Ana</a> on <a href="{WAVES}?{sent}">Unsplash</a>'
    )


def test_in_html_a_photographer_without_a_page_is_named_and_unsplash_is_linked_anyway() -> None:
    assert credit_html("Ana & Bo", "", "", "x") == (
        'Photo by Ana &amp; Bo on <a href="https://unsplash.com/?utm_source=x&amp;utm_medium=referral">'
        "Unsplash</a>"
    )


UNSAFE = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("<>&\"'/")))


@hypothesis.given(name=UNSAFE, app_name=UNSAFE)
def test_no_name_breaks_the_html(name: str, app_name: str) -> None:
    html = credit_html(name, ANA, WAVES, app_name)
    found = re.fullmatch(
        r'Photo by <a href="[^"<>]+">([^<>"\']*)</a> on <a href="[^"<>]+">Unsplash</a>', html
    )
    assert found
    assert unescape(found[1]) == name


def test_a_photos_credit_is_the_same_in_every_form() -> None:
    credit = Credit(PHOTO, "my wall", "live")
    assert credit.text == "Photo by Ana & <Bo> on Unsplash"
    assert credit.html == credit_html("Ana & <Bo>", ANA, WAVES, "my wall")
    assert credit.photographer_link == f"{ANA}?{SENT}"
    assert credit.page_link == f"{WAVES}?{SENT}"
    assert credit.source == "Unsplash"
    assert credit.rights == "© Ana & <Bo>"
    assert credit.terms == "Unsplash License: https://unsplash.com/license"
    assert credit.licence == "https://unsplash.com/license"


def test_a_credit_without_pages_links_unsplash() -> None:
    credit = Credit(replace(PHOTO, photographer_url="", page_url=""), "my wall", "live")
    assert (credit.photographer_link, credit.page_link) == ("", f"{UNSPLASH}?{SENT}")


def test_the_credit_of_a_demo_says_so_and_claims_no_licence() -> None:
    credit = Credit(PHOTO, "my wall", "demo")
    note = "demo: drawn here, there is no such photo"
    assert credit.text == f"Photo by Ana & <Bo> on Unsplash ({note})"
    assert credit.html.endswith(f">Unsplash</a> ({note})")
    assert (credit.source, credit.rights) == (note, note)
    assert (credit.terms, credit.licence) == ("", "")


@hypothesis.given(
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=100)
)
def test_no_name_of_an_application_breaks_the_link(app_name: str) -> None:
    sent = referral("https://unsplash.com/@ana", app_name)
    assert referral(sent, app_name) == sent
    assert sent.startswith("https://unsplash.com/@ana?utm_source=")
    assert sent.endswith("&utm_medium=referral")
    assert not set(sent) & set(" \"'<>()[]\\")
