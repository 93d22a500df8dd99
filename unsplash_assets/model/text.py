"""Makes text from elsewhere, such as a person's or a file's name, safe to show in one line."""

import re
from typing import Final

_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Controls and line ends, and what Python reads for the bytes of a name that is no UTF-8."""

JOINERS: Final = frozenset("\u200c\u200d")
"""The zero-width non-joiner and joiner: invisible, and part of how a word is spelt. Persian and the
scripts of India have both, a family of emoji has the latter."""

_SIGNS: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
"""Unicode's Prepended_Concatenation_Mark: drawn around the digits or letters that follow."""


def is_shown(character: str) -> bool:
    """Return whether a line of text may have a character: it is visible, or part of a word.

    Controls, line ends, direction marks and other invisible characters are not shown.
    """
    return character.isprintable() or character in JOINERS or character in _SIGNS


def one_line(text: str) -> str:
    """Return a text as one line: what is not shown becomes a space, and spaces do not repeat."""
    words = "".join(c if is_shown(c) else " " for c in text).split()
    return " ".join(word for word in words if not JOINERS.issuperset(word))


def printable(text: str) -> str:
    """Return a text with its control characters, and whatever is no UTF-8, escaped."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
