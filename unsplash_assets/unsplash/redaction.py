"""The Access Key as a secret: found in whatever form a text has it, and taken out.

An API that repeats the key, in an error or a photo's description, must not bring it into a log,
an event, a file or the catalogue. That the key is sent to nobody else is the client's.
"""

import base64
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from unsplash_assets.errors import UnsplashAssetsError

INSTEAD: Final = "(key)"
_SECRET_FROM: Final = 8  # characters: what is shorter, such as `any` for an emulator, is no secret
_WAYS: Final = ("{0}", "%{1:02x}", "u{1:04x}", "&#{1};", "&#x{1:x};")
"""How a character is written, given it and its number: plain, or escaped in URL, JSON or HTML."""
_NAMED: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BACKSLASHES: Final = r"\\{0,32}+"
"""Before any character: JSON within JSON has several. They are taken or left together, so that a
long row of them costs no time."""

Error = TypeVar("Error", bound=UnsplashAssetsError)


class Redactor:
    """One key, in all the forms in which a text may have it."""

    def __init__(self, key: str) -> None:
        """Know the key; one that is too short to be secret is found nowhere."""
        forms = [_escaped(key), *map(re.escape, _coded(key))]
        pattern = "|".join(forms) if len(key) >= _SECRET_FROM else "(?!)"
        self._forms = re.compile(pattern, re.IGNORECASE)

    def is_in(self, text: str) -> bool:
        """Whether the text has the key in any form."""
        return self._forms.search(text) is not None

    def redact(self, content: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return a text, or JSON, with another word where it had the key."""
        match content:
            case str():
                return self._forms.sub(INSTEAD, content)
            case list():
                return [self.redact(item) for item in content]
            case dict():
                return {self.redact(name): self.redact(value) for name, value in content.items()}
            case _:
                return content

    def redact_error(self, error: Error) -> Error:
        """Return the error, or if its words had the key, one of its kind whose words do not."""
        words = str(error)
        return type(error)(self.redact(words)) if self.is_in(words) else error

    @contextmanager
    def redacting_errors(self) -> Iterator[None]:
        """Let no error of ours out whose words, or those of its causes, have the key."""
        try:
            yield
        except UnsplashAssetsError as error:
            if not self.is_in("".join(traceback.format_exception(error))):
                raise
            raise self.redact_error(error) from None


def _escaped(key: str) -> str:
    """Return a pattern of the key with any of its characters escaped."""
    return "".join(map(_written, re.findall(r"\\+|.", key)))


def _written(part: str) -> str:
    """Return a pattern of one character, or of a row of backslashes, however many it has become."""
    character = part[0]
    ways = [_NAMED.get(character, character), *(w.format(character, ord(character)) for w in _WAYS)]
    if character != "\\":
        return f"{_BACKSLASHES}(?:{'|'.join(map(re.escape, dict.fromkeys(ways)))})"
    others = "|".join(map(re.escape, ways[2:]))
    return rf"(?:(?:{_BACKSLASHES}(?:{others}))+|\\{{1,32}}+)"


def _coded(key: str) -> Iterator[str]:
    """Yield what base64 makes of the key, wherever it stands in what is coded."""
    for offset in range(3):
        plain = bytes(offset) + key.encode()
        coded = base64.b64encode(plain).decode()
        # What stands before or after the key shares its first and last characters.
        own = coded[(0, 2, 3)[offset] : len(coded) - (0, 3, 2)[len(plain) % 3]]
        if len(own) >= _SECRET_FROM:
            yield own
            yield own.replace("+", "-").replace("/", "_")
