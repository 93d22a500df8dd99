"""The limits of one exchange; `http` keeps to them."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Timeouts:
    """How long one exchange may take, in seconds."""

    connect: float = 5.0
    """For establishing a connection."""
    read: float = 20.0
    """Between two arrivals of data."""
    total: float = 30.0
    """From the request to the last byte, redirects included."""


@dataclass(frozen=True)
class Limits:
    """The limits of one exchange."""

    timeouts: Timeouts
    size: int
    """Bytes of the decoded body; a longer one is refused once it is announced or has arrived."""
    redirect_origins: frozenset[str] = frozenset()
    """The only origins to which redirects are followed."""
    is_confined: bool = False
    """Whether the first URL, too, must be at one of these origins."""
    redirects: int = 5
    """How many redirects are followed in a row."""
    resumptions: int = 0
    """How often the rest of a body that broke off is asked for, where the server allows it."""
    time_setting: str = ""
    """The variable that bounds the total time, if one does."""
    size_setting: str = ""
    """The variable that bounds the size, if one does."""
    is_secret: Callable[[str], bool] = lambda _: False
    """Tells which URLs redirects must not lead to, because URLs are logged and quoted in errors."""
