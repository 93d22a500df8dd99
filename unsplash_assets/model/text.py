"""Makes text from elsewhere, such as a file's name, safe to show in one line."""

import re
from typing import Final

_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Controls and line ends, and what Python reads for the bytes of a name that is no UTF-8."""


def printable(text: str) -> str:
    """Return a text with its control characters, and whatever is no UTF-8, escaped."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)
