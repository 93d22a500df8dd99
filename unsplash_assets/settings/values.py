"""What the text of a setting may be: one parser a kind of value.

Each parser takes the text of a variable, already stripped and not empty, and returns the value;
or raises ValueError with the words that say what is allowed. Which variable uses which parser
stands in `variables`. How a text that is refused is quoted, where it may hold a secret, is here
too.
"""

import re
import shlex
import string
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from unsplash_assets.model.keep import SPANS, UNITS, Keep
from unsplash_assets.model.text import is_shown
from unsplash_assets.settings.shells import check_fields

NAMED_RENDITIONS: Final = ("raw", "full", "regular", "small", "thumb")
VIEWER_FIELDS: Final = frozenset({"path", "credit", "topic", "url"})


def choice(*allowed: str) -> Callable[[str], str]:
    """One of a few words, in any case."""

    def parse(text: str) -> str:
        if text.lower() not in allowed:
            raise ValueError(f"use {', '.join(allowed[:-1])} or {allowed[-1]}")
        return text.lower()

    return parse


orientation: Final = choice("any", "landscape", "portrait", "squarish")
content_filter: Final = choice("low", "high")


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A whole number within bounds."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", text) or not low <= int(text) <= high:
            raise ValueError(f"use a whole number from {low} to {high}")
        return int(text)

    return parse


def seconds(low: float, high: float) -> Callable[[str], float]:
    """A number of seconds within bounds, fractions allowed."""

    def parse(text: str) -> float:
        if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) or not low <= float(text) <= high:
            raise ValueError(f"use a number of seconds from {low:g} to {high:g}")
        return float(text)

    return parse


def access_key(text: str) -> str:
    """An Access Key: printable ASCII, safe in a header."""
    if not re.fullmatch(r"[!#-&(-~]{1,256}", text):
        raise ValueError("paste the Access Key alone, without spaces, quotes or line breaks")
    return text


def describe_key(text: str) -> str:
    """What an error says of a text that is no key: a mistyped key is nearly one."""
    return f"{len(text)} characters that are no key"


def api_url(text: str) -> str:
    """The base URL of an API; plain http only for a server on this machine."""
    allowed = "use https://host[:port][/path], or http:// for a server on this machine"
    try:
        parts = urlsplit(text)
        port_is_usable = parts.port is None or parts.port > 0
    except ValueError as error:
        raise ValueError(allowed) from error
    extra = set(text) & set("?#@\\")
    is_host = re.fullmatch(r"([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]+)?", parts.netloc.lower())
    plain_is_safe = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not (parts.scheme == "https" or plain_is_safe) or not is_host:
        raise ValueError(allowed)
    if extra or not port_is_usable or re.search(r"[^!-~]", text):
        raise ValueError(allowed)
    return text.rstrip("/")


def describe_url(text: str) -> str:
    """A URL, or what was meant for one, as an error quotes it: without user, password and query.

    Each of them may be, or hold, a secret.
    """
    masked = re.sub(r"^([a-z0-9+.-]+://)?.*@", r"\1***@", text, flags=re.IGNORECASE | re.DOTALL)
    return repr(re.sub(r"([?#]).*", r"\1***", masked, flags=re.DOTALL))


def is_loopback(host: str) -> bool:
    """Whether a host name or address of a URL is this machine itself, for all who read it."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def app_name(text: str) -> str:
    """An application's name as it goes into links."""
    if not all(map(is_shown, text)) or len(text) > 100:
        raise ValueError("use up to 100 printable characters")
    return text


def library_place(text: str) -> str:
    """A folder, which need not exist yet, or the URL of a bucket, perhaps with a prefix in it."""
    if "://" in text:
        if not re.fullmatch(r"(s3|gs|az)://[\w.-]+(/[^/?#@%\\\s]+)*/?", text, re.ASCII):
            raise ValueError("use a folder, or s3://BUCKET/PREFIX, gs://BUCKET or az://CONTAINER")
        return text.rstrip("/")
    if "\0" in text:
        raise ValueError("use the path of a folder")
    return text


def public_url(text: str) -> str:
    """The URL under which anybody finds the files of a bucket."""
    if not re.fullmatch(r"https?://[^\s?#@]+", text):
        raise ValueError("use https://HOST/PATH, where the bucket's files can be read")
    return text.rstrip("/")


def catalogue_url(text: str) -> str:
    """An SQLAlchemy URL of a database that the catalogue can live in."""
    if not re.match(r"(sqlite:///.|postgresql(\+[a-z0-9]+)?://.)", text):
        raise ValueError(
            "use an SQLAlchemy URL such as sqlite:///catalogue.db or postgresql://host/name"
        )
    _, _, options = text.partition("?")
    if text.startswith("sqlite") and not re.fullmatch(r"([a-z_]+=[^&]+(&|$))*", options):
        raise ValueError("a question mark begins options: use a path without one")
    if text.startswith("postgresql") and text.count("@") > 1:  # part of the password would be host
        raise ValueError("use %40 for each @ but the one before the host")
    return text


def rendition(text: str) -> str:
    """A named rendition, or a width in pixels as text."""
    named = text.lower() in NAMED_RENDITIONS
    if not named and not (re.fullmatch(r"[1-9][0-9]{1,4}", text) and 16 <= int(text) <= 12_000):
        raise ValueError(f"use {', '.join(NAMED_RENDITIONS)} or a width in pixels from 16 to 12000")
    return text.lower()


def size(text: str) -> int:
    """A size such as 50MB (decimal units), in bytes."""
    match = re.fullmatch(r"([0-9]{1,12})\s*([KMGT]?B)", text.upper())
    if not match or int(match[1]) == 0:
        raise ValueError("use a size such as 500KB, 50MB or 2GB")
    return int(match[1]) * UNITS[match[2]]


def span(text: str) -> timedelta:
    """A span of time."""
    match = re.fullmatch(r"([1-9][0-9]{0,4})\s*([smhdw])", text.lower())
    if not match:
        raise ValueError("use a span such as 12h, 1d or 2w")
    return timedelta(seconds=int(match[1]) * SPANS[match[2]])


def max_size(text: str) -> int:
    """A size in bytes that a picture may sensibly be limited to."""
    limit = size(text)
    if not 1_000 <= limit <= 2 * 10**9:
        raise ValueError("use a size from 1KB to 2GB")
    return limit


def viewer(text: str) -> str:
    """How new pictures are shown: a word, or a command with {path}."""
    if text.lower() in {"auto", "off", "gallery"}:
        return text.lower()
    allowed = "use auto, off, gallery, or a command with {path} in it"
    try:
        words = shlex.split(text, posix=sys.platform != "win32")
        fields = [field for word in words for field in string.Formatter().parse(word)]
    except ValueError as error:
        raise ValueError(allowed) from error
    named = {name for _, name, _, _ in fields} - {None}
    altered = any(spec or conversion for _, _, spec, conversion in fields)
    if "path" not in named or not named <= VIEWER_FIELDS or altered:
        raise ValueError(allowed)
    check_fields(words)
    return text


def keep(text: str) -> Keep:
    """How much of the library to keep."""
    if text.lower() == "all":
        return Keep()
    if re.fullmatch(r"[1-9][0-9]{0,8}", text):
        return Keep(photos=int(text))
    with suppress(ValueError):
        return Keep(size=size(text))
    with suppress(ValueError):
        return Keep(age=span(text))
    raise ValueError("use all, a number of photos, a size such as 2GB, or a span such as 30d")
