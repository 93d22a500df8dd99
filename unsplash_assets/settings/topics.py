"""What UNSPLASH_TOPICS may be: entries, each a name, with a source and options if it has any.

    nature
    Desk=collection:1065976+3178572
    Portraits=query:faces[orientation=portrait,content_filter=high]

Commas divide the entries, and the options within brackets. What a source means to Unsplash stands
in `unsplash.sources`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Final, NoReturn, cast

from unsplash_assets.model.text import JOINERS, is_shown
from unsplash_assets.model.topics import Kind, Source, Topic
from unsplash_assets.settings import values

_PART: Final = re.compile(r"(?:\[[^\[\]]*\]|[^,])+")
"""What is between two commas that are not within brackets."""
_ENTRY: Final = re.compile(
    r"(?P<name>[^=\[\]]*)(=(?P<kind>[^:\[\]]*):(?P<values>[^\[\]]*))?(\[(?P<options>[^\[\]]*)\])?"
)
_EXAMPLES: Final[Mapping[Kind, str]] = {
    "query": "Calm=query:sea fog",
    "collection": "Desk=collection:1065976, several ids with + in between",
    "user": "Annie=user:anniespratt",
    "topic": "Walls=topic:wallpapers, several with + in between",
}
_OPTIONS: Final[Mapping[str, Callable[[str], str]]] = {
    "orientation": values.orientation,
    "content_filter": values.content_filter,
}
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
_USERNAME: Final = re.compile(r"[A-Za-z0-9_]{1,60}")
_NAME_LENGTH: Final = 60
_WORDS_LENGTH: Final = 100
_IDS_AT_MOST: Final = 10
"""Each costs a request whenever photos are asked for."""


def topics(text: str) -> tuple[Topic, ...]:
    """Comma-separated topics, each name once whatever its case, fit to be Dagster partitions."""
    found: dict[str, Topic] = {}
    for topic in map(_topic, _entries(text)):
        word = "".join(c for c in topic.name.casefold() if c not in JOINERS)
        known = found.setdefault(word, topic)
        if (known.named_source, known.options) != (topic.named_source, topic.options):
            raise ValueError(f"give {str(topic)!r} a name of its own, another topic has that one")
    if not found:
        raise ValueError("name at least one topic, such as nature,art")
    return tuple(found.values())


def _entries(text: str) -> Iterator[str]:
    for part in _PART.findall(text):
        if entry := unicodedata.normalize("NFC", " ".join(part.split())):
            yield entry


def _topic(entry: str) -> Topic:
    parts = _ENTRY.fullmatch(entry)
    if parts is None:
        _refuse(entry, "use NAME=SOURCE[OPTIONS]", "Desk=collection:1065976[orientation=portrait]")
    name = parts["name"].strip()
    _check_name(name)
    options = tuple(_options(entry, parts["options"])) if parts["options"] is not None else ()
    if parts["kind"] is None:
        return Topic.search(name, options)
    return Topic(name, _source(entry, parts["kind"].strip().lower(), parts["values"]), options)


def _check_name(name: str) -> None:
    kinds = {unicodedata.category(character)[0] for character in name}
    others = {c for c in name if unicodedata.category(c)[0] not in "LMN" and c not in " -_'&+."}
    if others - JOINERS or not kinds & {"L", "N"} or len(name) > _NAME_LENGTH or "..." in name:
        raise ValueError(
            "use comma-separated words of letters and digits in any script, with spaces "
            f"or - _ ' & + . in between, up to {_NAME_LENGTH} characters each ({name!r} is not)"
        )


def _source(entry: str, kind: str, text: str) -> Source:
    if kind not in _EXAMPLES:
        sources = ", ".join(_EXAMPLES)
        _refuse(entry, f"use one of the sources {sources}", _EXAMPLES["collection"])
    known = cast("Kind", kind)
    words: tuple[str, ...] = (text.strip(),)
    if known in {"collection", "topic"}:
        words = tuple(dict.fromkeys(part.strip() for part in text.split("+")))
    if known == "user":
        words = (text.strip().removeprefix("@"),)
    if not all(map(_READABLE[known], words)) or len(words) > _IDS_AT_MOST:
        _refuse(entry, f"name a {known} as Unsplash does", _EXAMPLES[known])
    return Source(known, words)


def _are_words(text: str) -> bool:
    return 0 < len(text) <= _WORDS_LENGTH and all(map(is_shown, text)) and not text.isspace()


_READABLE: Final[Mapping[Kind, Callable[[str], object]]] = {
    "query": _are_words,
    "collection": _ID.fullmatch,
    "user": _USERNAME.fullmatch,
    "topic": _ID.fullmatch,
}


def _options(entry: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the options in brackets, in an order of their own, so that theirs does not matter."""
    given = dict(part.partition("=")[::2] for part in text.replace(" ", "").lower().split(","))
    example = "Portraits=query:faces[orientation=portrait,content_filter=high]"
    if not given.keys() <= _OPTIONS.keys():
        _refuse(entry, f"options are {' and '.join(_OPTIONS)}", example)
    for name in filter(given.__contains__, _OPTIONS):
        try:
            yield name, _OPTIONS[name](given[name])
        except ValueError as error:
            _refuse(entry, f"{error} for {name}", example)


def _refuse(entry: str, allowed: str, example: str) -> NoReturn:
    raise ValueError(f"in the entry {entry!r}, {allowed}, such as {example}")
