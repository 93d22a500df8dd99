"""A finding: what was looked at, how it is, and what to do."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["ok", "warning", "bad"]


@dataclass(frozen=True)
class Finding:
    """How one part of a set-up is."""

    name: str
    verdict: Verdict
    text: str
    advice: str = ""
    """What to do; empty where there is nothing to do, or the text says it."""


def ok(name: str, text: str) -> Finding:
    """Return that a part works."""
    return Finding(name, "ok", text)


def warning(name: str, text: str, advice: str = "") -> Finding:
    """Return that a part works only in a way, or cannot be looked at."""
    return Finding(name, "warning", text, advice)


def bad(name: str, text: str, advice: str = "") -> Finding:
    """Return that a part does not work."""
    return Finding(name, "bad", text, advice)
