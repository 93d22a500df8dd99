"""Finds the Access Key in a text, in whatever form it is written, and replaces it.

An API may repeat the key, in an error or a photo's description; it must not get into a log, an
event, a file or the catalogue. `client` makes sure that the key is sent to nobody but the API.
"""

import base64
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from unsplash_assets.errors import UnsplashAssetsError

_REPLACEMENT: Final = "(key)"
_MIN_LENGTH: Final = 8  # characters; a shorter key, such as `any` for an emulator, is no secret
_SPELLINGS: Final = ("{0}", "%{1:02x}", "u{1:04x}", "&#{1};", "&#x{1:x};")
"""How a character may be written, given it and its code: plain, or escaped in URL, JSON or HTML."""
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BACKSLASHES: Final = r"\\{0,32}+"
"""May precede any character: JSON within JSON has several. The quantifier is possessive, so a long
row of them costs no time."""


class Redactor:
    """Finds and replaces one key, in all the forms in which a text may contain it."""

    def __init__(self, key: str) -> None:
        """Take the key; a key that is too short to be a secret is never found."""
        encoded = list(_encoded(key))
        forms = [_pattern(key), *map(re.escape, encoded)]
        pattern = "|".join(forms) if len(key) >= _MIN_LENGTH else "(?!)"
        self._forms = re.compile(pattern, re.IGNORECASE)
        self._shortest = min(map(len, [key.replace("\\", ""), *encoded]))
        self._encoded = [form.lower() for form in encoded]
        self._begun = re.compile(_pattern(key).removeprefix(_BACKSLASHES).lower())
        self._is_plain = key.isascii()

    def finds(self, text: str) -> bool:
        """Return whether the text contains the key in any form."""
        return self._may_find(text) and self._forms.search(text) is not None

    def _may_find(self, text: str) -> bool:
        """Whether it is worth while to look closer: for most texts, which are many, it is not.

        In lower case a pattern has few characters to begin with, so a search for it is fast.
        """
        if len(text) < self._shortest:
            return False
        if not (self._is_plain and text.isascii()):
            return True
        lower = text.lower()
        has_encoded = any(form in lower for form in self._encoded)
        return has_encoded or self._begun.search(lower) is not None

    def redact(self, content: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return a text, or JSON, with the key replaced."""
        match content:
            case str():
                return (
                    self._forms.sub(_REPLACEMENT, content) if self._may_find(content) else content
                )
            case list():
                return [self.redact(item) for item in content]
            case dict():
                return {self.redact(name): self.redact(value) for name, value in content.items()}
            case _:
                return content

    @contextmanager
    def redacting_errors(self) -> Iterator[None]:
        """Replace the key in errors that leave the `with`; drop causes that contain it."""
        try:
            yield
        except UnsplashAssetsError as error:
            if not self.finds("".join(traceback.format_exception(error))):
                raise
            message = str(error)
            raise (type(error)(self.redact(message)) if self.finds(message) else error) from None


def _pattern(key: str) -> str:
    """Return a pattern that finds the key with any of its characters escaped."""
    return "".join(map(_part_pattern, re.findall(r"\\+|.", key)))


def _part_pattern(part: str) -> str:
    """Return a pattern for one character, or for a row of backslashes of any new length."""
    character = part[0]
    ways = [
        _ENTITIES.get(character, character),
        *(s.format(character, ord(character)) for s in _SPELLINGS),
    ]
    if character != "\\":
        return f"{_BACKSLASHES}(?:{'|'.join(map(re.escape, dict.fromkeys(ways)))})"
    others = "|".join(map(re.escape, ways[2:]))
    return rf"(?:(?:{_BACKSLASHES}(?:{others}))+|\\{{1,32}}+)"


def _encoded(key: str) -> Iterator[str]:
    """Yield the key in base64, at every offset at which it may be within the encoded text."""
    for offset in range(3):
        plain = bytes(offset) + key.encode()
        encoded = base64.b64encode(plain).decode()
        # The text before and after the key shares the first and last characters.
        own = encoded[(0, 2, 3)[offset] : len(encoded) - (0, 3, 2)[len(plain) % 3]]
        if len(own) >= _MIN_LENGTH:
            yield own
            yield own.replace("+", "-").replace("/", "_")
