"""Tests of `model.search`: what is said of a photo and what is asked for are folded alike."""

import pytest

from unsplash_assets.model.search import query_words, searchable


def found(query: str, *said: str | None) -> bool:
    text = searchable(said)
    return all(word in text for word in query_words(query))


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SEA", "The sea at dawn"),
        ("sea fog", "fog above the sea"),
        ("cafe", "Café à Paris"),
        ("café", "cafe"),
        ("strasse", "Eine Straße"),
        ("京都", "秋の京都の寺"),
        ("\uff46og", "fog"),
        ("नमस्ते", "नमस्ते दुनिया"),
        ("", "anything"),
    ],
)
def test_a_photo_is_found_by_what_is_said_of_it(query: str, said: str) -> None:
    assert found(query, said)


def test_every_word_of_a_query_is_looked_for() -> None:
    assert not found("sea fog", "the sea")


def test_what_is_not_said_is_left_out() -> None:
    assert searchable([None, "Ana", "", "a  hill\n"]) == "ana a hill"


@pytest.mark.parametrize("text", ["x" * 9_000, "x " * 9_000, "\ufdfa" * 400, "\x00" * 3])
def test_the_longest_texts_are_bounded(text: str) -> None:
    assert len(searchable([text])) <= 400
    words = query_words(text)
    assert len(words) <= 8
    assert all(0 < len(word) <= 60 for word in words)
