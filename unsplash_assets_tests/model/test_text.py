"""Tests of `model.text`: whatever a file is called, its name is shown in one line of UTF-8."""

import os

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.model.text import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sea/夜の山 é 🙂.jpg", "sea/夜の山 é 🙂.jpg"),
        ("a\nb\r\tc\x00\x7f", r"a\nb\r\tc\x00\x7f"),
        ("\x1b[31mred\x9b0m", r"\x1b[31mred\x9b0m"),
        ("one\u2028line\u2029", r"one\u2028line\u2029"),
        (os.fsdecode(b"f\xfcr.jpg"), r"f\udcfcr.jpg"),
        ("", ""),
    ],
)
def test_what_would_break_a_line_or_is_no_utf_8_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


@hypothesis.given(st.text(st.characters(codec=None)) | st.binary().map(os.fsdecode))
def test_any_text_becomes_one_line_of_utf_8(text: str) -> None:
    shown = printable(text)
    assert shown.encode().decode() == shown
    assert len(f"{shown}.".splitlines()) == 1
    assert printable(shown) == shown
