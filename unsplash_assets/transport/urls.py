"""Reads URLs as the connection will, with urllib3.

Parsers differ over such things as a backslash, and the URL that is checked must be the URL that is
requested. Add a function here when a check needs another part of a URL.
"""

from contextlib import suppress
from functools import lru_cache
from typing import Final
from urllib.parse import urljoin, urlsplit

from urllib3.util import Url, parse_url

from unsplash_assets.settings.values import is_loopback

_SHOWN: Final = 60  # characters


@lru_cache(maxsize=256)  # a URL is checked in several places, one after the other
def parsed(url: str) -> Url:
    """Return the parts of a URL. Raises ValueError if it is no URL."""
    return parse_url(url)


def origin(url: str) -> str:
    """Return a URL's scheme, host and port in lower case, without the default port.

    Raises ValueError if the URL has no origin.
    """
    parts = parsed(url)
    if not parts.scheme or not parts.host:
        raise ValueError("a URL has a scheme and a host")
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    port = f":{parts.port}" if parts.port not in {None, default} else ""
    return f"{parts.scheme}://{parts.host}{port}".lower()


def origin_or_none(url: str) -> str | None:
    """Return a URL's origin, or None if it has none."""
    try:
        return origin(url)
    except ValueError:
        return None


def has_user(url: str) -> bool:
    """Return whether a URL names a user before its host. Raises ValueError if it is no URL."""
    return bool(parsed(url).auth)


def path_of(url: str) -> str:
    """Return a URL's path. Raises ValueError if it is no URL."""
    return parsed(url).path or ""


def join(url: str, location: str) -> str:
    """Return the target of a redirect, or an empty text if it cannot be read."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def is_local(url: str) -> bool:
    """Return whether a URL is on this machine."""
    try:
        return is_loopback(urlsplit(url).hostname or "")
    except ValueError:
        return False


def shown_host(url: str) -> str:
    """Return a URL's host and port for a message, or the beginning of a URL without a host."""
    with suppress(ValueError):
        if host := urlsplit(url).netloc.rpartition("@")[2]:
            return host
    return repr(url[:_SHOWN])
