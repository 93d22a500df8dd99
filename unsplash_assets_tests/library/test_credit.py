"""Tests of `library.credit`: the words and links that Unsplash's guidelines ask for."""

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.library.credit import UNSPLASH, credit_html, credit_line, referral

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


def test_a_credit_in_html_does_without_links_that_are_not_known() -> None:
    assert credit_html("Ana", "", "", "my wall") == (
        f'Photo by Ana on <a href="{UNSPLASH}?{SENT.replace("&", "&amp;")}">Unsplash</a>'
    )


@pytest.mark.parametrize(
    ("url", "sent"),
    [
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
def test_a_link_says_which_application_sends_and_keeps_the_rest(url: str, sent: str) -> None:
    assert referral(url, "my wall") == sent


@hypothesis.given(
    st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=100)
)
def test_no_name_of_an_application_breaks_the_link(app_name: str) -> None:
    sent = referral("https://unsplash.com/@ana", app_name)
    assert referral(sent, app_name) == sent
    assert sent.startswith("https://unsplash.com/@ana?utm_source=")
    assert sent.endswith("&utm_medium=referral")
    assert not set(sent) & set(" \"'<>()[]\\")
