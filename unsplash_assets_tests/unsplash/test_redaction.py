"""Tests of `unsplash.redaction`: the key is replaced in whatever is kept or shown."""

import base64
import html
import json
import traceback
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.errors import NetworkError, RequestRefused, ServerError, UnsplashAssetsError
from unsplash_assets.unsplash.redaction import Redactor

KEY = "aB3+/=%&<>\\_-key~(42)"
REDACTOR = Redactor(KEY)

WRITTEN: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in lower case": str.lower,
    "in upper case": str.upper,
    "quoted": lambda key: quote(key, safe=""),
    "quoted but for slashes": quote,
    "quoted with plus": quote_plus,
    "as JSON": lambda key: json.dumps(key)[1:-1],
    "as JSON within JSON": lambda key: json.dumps(json.dumps(key))[3:-3],
    "as PHP's JSON": lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    "as Python": lambda key: repr(key)[1:-1],
    "as HTML": html.escape,
    "quoted in every character": lambda key: "".join(f"%{ord(c):02X}" for c in key),
    "quoted as JavaScript does": lambda key: quote(key, safe="~()*!'"),
    "as JSON in every character": lambda key: "".join(f"\\u{ord(c):04x}" for c in key),
    "as HTML in numbers": lambda key: "".join(f"&#{ord(c)};" for c in key),
    "as base64": lambda key: base64.b64encode(key.encode()).decode(),
    "as base64 for URLs": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "as base64 after one letter": lambda key: base64.b64encode(f"x{key}".encode()).decode(),
    "as base64 after a word": lambda key: base64.b64encode(f"Client-ID {key}".encode()).decode(),
    "as base64 before a letter": lambda key: base64.b64encode(f"{key}xyz".encode()).decode(),
}
each_form = pytest.mark.parametrize("write", WRITTEN.values(), ids=WRITTEN)


@each_form
def test_the_key_is_found_in_every_form(write: Callable[[str], str]) -> None:
    assert REDACTOR.finds(f"before {write(KEY)} after")
    assert not REDACTOR.finds(f"before {write('another-key-of-the-same-kind')} after")


@each_form
def test_the_key_is_replaced_in_every_form(write: Callable[[str], str]) -> None:
    cleaned = REDACTOR.redact(f"before {write(KEY)} after")
    assert isinstance(cleaned, str)
    assert not REDACTOR.finds(cleaned)
    assert cleaned.startswith("before ")
    assert cleaned.endswith(" after")


@pytest.mark.parametrize("before", ["", "x", "xy"])
def test_base64_leaves_at_most_a_shared_character_of_the_key_on_each_side(before: str) -> None:
    coded = base64.b64encode(f"{before}{KEY}".encode()).decode()
    left = str(REDACTOR.redact(coded)).rstrip("=")
    assert len(left.replace("(key)", "")) <= len(before) + 2


def test_the_key_is_replaced_everywhere_in_an_answer() -> None:
    answer = {"a": [f"x{KEY}", {"b": KEY, KEY: None}], "n": 1.5, "t": True}
    assert REDACTOR.redact(answer) == {
        "a": ["x(key)", {"b": "(key)", "(key)": None}],
        "n": 1.5,
        "t": True,
    }


def test_an_answer_without_the_key_is_the_same_object() -> None:
    text = "Waves at dusk"
    assert REDACTOR.redact(text) is text


def _raised_for(error: UnsplashAssetsError) -> UnsplashAssetsError:
    """Return the error that leaves `redacting_errors` for this one."""
    with pytest.raises(UnsplashAssetsError) as raised, REDACTOR.redacting_errors():
        raise error
    return raised.value


def test_an_error_that_quotes_the_key_is_replaced_by_one_without_it() -> None:
    error = _raised_for(ServerError(f"503: {KEY} is unknown"))
    assert type(error) is ServerError
    assert str(error) == "503: (key) is unknown"


def test_an_error_without_the_key_is_the_same() -> None:
    error = RequestRefused("400: no")
    assert _raised_for(error) is error


def _traceback_of(error: UnsplashAssetsError, cause: Exception) -> str:
    """Return the traceback of an error that left `redacting_errors`."""
    with pytest.raises(UnsplashAssetsError) as raised, REDACTOR.redacting_errors():
        raise error from cause
    return "".join(traceback.format_exception(raised.value))


def test_an_error_whose_cause_contains_the_key_loses_its_cause() -> None:
    shown = _traceback_of(NetworkError("no answer"), OSError(f"GET /photos/{quote(KEY)}"))
    assert not REDACTOR.finds(shown)
    assert shown.endswith("NetworkError: no answer\n")


def test_an_error_whose_cause_does_not_contain_the_key_keeps_it() -> None:
    assert "OSError: reset" in _traceback_of(NetworkError("no answer"), OSError("reset"))


def test_a_short_key_is_not_replaced_in_every_text() -> None:
    """Such as `any`, which people give to an emulator: it is no secret."""
    assert Redactor("any").redact("anything, anywhere") == "anything, anywhere"


def test_a_redactor_does_not_show_its_key() -> None:
    assert KEY not in repr(REDACTOR)


@hypothesis.given(
    key=st.text(st.characters(min_codepoint=40, max_codepoint=126), min_size=8, max_size=60),
    before=st.text(max_size=5),
    form=st.sampled_from(sorted(WRITTEN)),
)
def test_any_key_is_found_in_any_form(key: str, before: str, form: str) -> None:
    assert Redactor(key).finds(f"{before}{WRITTEN[form](key)}")
