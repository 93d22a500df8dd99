"""What a transport is: the bounds of one exchange, its answer, and the protocol of both.

Keep out: how bytes travel (`http`, `wsgi`), and what they mean (`unsplash`, `library`).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from urllib3.util import parse_url


@dataclass(frozen=True)
class Timeouts:
    """How long one exchange may take, in seconds."""

    connect: float = 5.0
    """To establish a connection."""
    read: float = 20.0
    """Of silence between two arrivals."""
    total: float = 30.0
    """From the request to the last byte, redirects included."""


@dataclass(frozen=True)
class Limits:
    """The bounds of one exchange."""

    timeouts: Timeouts
    size: int
    """Bytes of the decoded body: a longer one is refused once it is announced or has arrived."""
    redirect_origins: frozenset[str] = frozenset()
    """Redirects are followed to these origins only; to none if empty."""
    is_confined: bool = False
    """Whether the first URL, too, has to be at one of these origins."""
    redirects: int = 5
    """How many are followed in a row."""
    is_secret: Callable[[str], bool] = lambda _: False
    """Redirects to a URL that is secret are not followed: URLs are logged, and quoted in errors."""


class Answer(Protocol):
    """One answer, its body not yet read."""

    @property
    def url(self) -> str:
        """The URL that answered, after redirects."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, looked up in any case."""

    def chunks(self) -> Iterator[bytes]:
        """Yield the decoded body in pieces.

        Raises NetworkError if it ends before its announced end or takes too long, TooLarge if it
        is too long. That a packed body unpacks to the whole is for its reader to see.
        """


class Transport(Protocol):
    """Carries GET requests. Safe to use from several threads."""

    def get(
        self, url: str, headers: Mapping[str, str], limits: Limits
    ) -> AbstractContextManager[Answer]:
        """Ask for `url`; the answer is to be read inside the `with`.

        Raises NetworkError where no answer comes within the limits, RequestRefused where the
        URL or a redirect leads elsewhere, SettingsError where proxy or certificates cannot be used.
        """


def origin(url: str) -> str:
    """Return scheme, host and port of a URL, with the default port left out, in lower case.

    It reads the URL as the connection will (urllib3): parsers differ over such things as a
    backslash, and what is checked must be what is asked. Raises ValueError if it has no origin.
    """
    parts = parse_url(url)
    if not parts.scheme or not parts.host:
        raise ValueError("a URL has a scheme and a host")
    default = {"http": 80, "https": 443}.get(parts.scheme.lower())
    port = f":{parts.port}" if parts.port not in {None, default} else ""
    return f"{parts.scheme}://{parts.host}{port}".lower()
