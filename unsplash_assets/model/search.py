"""What a search finds: the text of a photo to look in, and the words of a query.

Both are folded alike: capitals and accents do not matter. A word is found anywhere, also inside
another one, because some scripts have no spaces between words.
"""

import unicodedata
from collections.abc import Iterable
from typing import Final

_LENGTH: Final = 400
"""Characters of a photo's text: an index of Postgres has no room for more than 2,700 bytes."""
_WORDS: Final = 8
"""Words of a query that are looked for; a longer one finds no less for it."""
_WORD_LENGTH: Final = 60  # characters


def searchable(texts: Iterable[str | None]) -> str:
    """Return the text in which a photo is searched, made of all that is said of it."""
    return _folded(" ".join(text for text in texts if text))[:_LENGTH]


def query_words(query: str) -> tuple[str, ...]:
    """Return the words of a query, each to be found in a photo's text."""
    words = _folded(query[: _WORDS * _WORD_LENGTH]).split()
    return tuple(word[:_WORD_LENGTH] for word in words[:_WORDS])


def _folded(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    plain = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    return " ".join(plain.replace("\x00", " ").casefold().split())
