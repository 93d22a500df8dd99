"""The page's templates, and what a browser is told about what a page may do."""

import hashlib
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Final

import jinja2

_WEB: Final = Path(__file__).parent / "web"


@cache
def templates() -> jinja2.Environment:
    """Return the templates; all that is filled in is escaped."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_WEB),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def policy(*allowed: str) -> str:
    """Return a Content-Security-Policy that allows nothing else."""
    return "; ".join(("default-src 'none'", *allowed, "base-uri 'none'", "form-action 'none'"))


def hash_source(text: str) -> str:
    """Return what allows a style or a script in the page itself."""
    return f"'sha256-{b64encode(_digest(text)).decode()}'"


def build_of(*parts: object) -> str:
    """Return what changes when an open page must reload to be up to date."""
    return _digest("".join(map(str, parts))).hex()[:16]


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
