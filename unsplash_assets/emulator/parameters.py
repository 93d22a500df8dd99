"""Checks the parameters of the emulated API's queries, and refuses bad ones in the API's words.

The allowed values are those of the official specification.
"""

import re
from collections.abc import Mapping
from typing import Final

_VALUES: Final[dict[str, frozenset[str]]] = {
    "orientation": frozenset({"landscape", "portrait", "squarish"}),
    "content_filter": frozenset({"low", "high"}),
    "order_by": frozenset({"latest", "editorial", "relevant"}),
    "color": frozenset({
        "black_and_white", "black", "white", "yellow", "orange", "red", "purple", "magenta",
        "green", "teal", "blue",
    }),
    "lang": frozenset({
        "af", "am", "ar", "as", "az", "ba", "bg", "bn", "bo", "bs", "ca", "cs", "cy", "da", "de",
        "dv", "el", "en", "es", "et", "eu", "fa", "fi", "fil", "fj", "fo", "fr", "fr-ca", "ga",
        "gl", "gu", "he", "hi", "hr", "hsb", "ht", "hu", "hy", "id", "ikt", "is", "it", "iu",
        "iu-Latn", "ja", "ka", "kk", "km", "kmr", "kn", "ko", "ku", "ky", "lo", "lt", "lv", "lzh",
        "mg", "mi", "mk", "ml", "mn-Cyrl", "mn-Mong", "mr", "ms", "mt", "mww", "my", "nb", "ne",
        "nl", "or", "otq", "pa", "pl", "prs", "ps", "pt", "pt-pt", "ro", "ru", "sk", "sl", "sm",
        "so", "sq", "sr-Cyrl", "sr-Latn", "sv", "sw", "ta", "te", "th", "ti", "tk", "to", "tr",
        "tt", "ty", "ug", "uk", "ur", "uz", "vi", "yua", "yue", "zh-Hans", "zh-Hant", "zu",
    }),
}  # fmt: skip


class Refusal(Exception):
    """Ends a request with an error: a status, the reasons for its body, and further headers."""

    def __init__(
        self, status: str, *reasons: str, headers: tuple[tuple[str, str], ...] = ()
    ) -> None:
        super().__init__(status)
        self.status = status
        self.reasons = reasons
        self.headers = headers


def whole(query: Mapping[str, str], name: str, default: int) -> int:
    """Return a parameter that is a number of 1 or more; raise Refusal for anything else."""
    text = query.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,1000}", text) or int(text) < 1:
        raise Refusal("400 Bad Request", f"{name} is invalid")
    return int(text)


def check_values(query: Mapping[str, str], *names: str) -> None:
    """Raise Refusal if one of these parameters has a value that the API does not know."""
    for name in names:
        if name in query and query[name] not in _VALUES[name]:
            raise Refusal("400 Bad Request", f"{name} does not have a valid value")
