"""Tests of `model.text`: whatever a file is called, its name is shown in one line of UTF-8."""

import os

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.model.text import is_shown, one_line, printable


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


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("می\u200cروم", "می\u200cروم"),
        ("ක්\u200dරීඩා", "ක්\u200dරීඩා"),
        ("\u0600٢٣", "\u0600٢٣"),
        ("family \U0001f469\u200d\U0001f467", "family \U0001f469\u200d\U0001f467"),
        ("a\u200eb\u200fc\u061cd\u202ee\u2066f", "a b c d e f"),
        ("a\0b\x1bc\u2028d\u00ade\ufefff", "a b c d e f"),
        (" \u200c ", ""),
        ("one \u200d two", "one two"),
    ],
)
def test_a_word_keeps_the_joiners_it_is_spelt_with_and_no_other_invisible_character(
    text: str, line: str
) -> None:
    assert one_line(text) == line


@hypothesis.given(st.text(st.characters(codec=None)))
def test_any_text_becomes_a_line_of_which_each_character_is_shown(text: str) -> None:
    line = one_line(text)
    assert all(map(is_shown, line))
    assert one_line(line) == line
