"""The Access Key as a secret: found in whatever form a text has it, and taken out.

An API that repeats the key, in an error or a photo's description, must not bring it into a log,
an event, a file or the catalogue. That the key is sent to nobody else is the client's.
"""

import base64
import html
import json
import re
from collections.abc import Iterator
from typing import Any, Final, TypeVar
from urllib.parse import quote, quote_plus

from unsplash_assets.errors import UnsplashAssetsError

INSTEAD: Final = "(key)"
_SECRET_FROM: Final = 8  # characters: what is shorter, such as `any` for an emulator, is no secret

Error = TypeVar("Error", bound=UnsplashAssetsError)


class Secret:
    """One key, in all the forms in which a text may have it."""

    def __init__(self, key: str) -> None:
        """Know the key; one that is too short to be secret is found nowhere."""
        forms = sorted(set(_forms(key)), key=len, reverse=True)
        pattern = "|".join(map(re.escape, forms)) if len(key) >= _SECRET_FROM else "(?!)"
        self._forms = re.compile(pattern, re.IGNORECASE)

    def is_in(self, text: str) -> bool:
        """Whether the text has the key in any form."""
        return self._forms.search(text) is not None

    def taken_out_of(self, content: Any) -> Any:  # noqa: ANN401 - any JSON
        """Return a text, or JSON, with another word where it had the key."""
        match content:
            case str():
                return self._forms.sub(INSTEAD, content)
            case list():
                return [self.taken_out_of(item) for item in content]
            case dict():
                return {
                    self.taken_out_of(name): self.taken_out_of(value)
                    for name, value in content.items()
                }
            case _:
                return content

    def taken_out_of_error(self, error: Error) -> Error:
        """Return the error, or if its words had the key, one of its kind whose words do not."""
        words = str(error)
        return type(error)(self.taken_out_of(words)) if self.is_in(words) else error


def _forms(key: str) -> Iterator[str]:
    yield from (key, quote(key), quote(key, safe=""), quote_plus(key), html.escape(key))
    yield from (json.dumps(key)[1:-1], repr(key)[1:-1])
    for offset in range(3):
        coded = base64.b64encode(bytes(offset) + key.encode())
        # What stands before or after the key shares its first and last characters.
        own = coded[
            (0, 2, 3)[offset] : len(coded) - (0, 3, 2)[(offset + len(key.encode())) % 3] - 1
        ]
        if len(own) >= _SECRET_FROM:
            yield own.decode()
            yield own.decode().replace("+", "-").replace("/", "_")
