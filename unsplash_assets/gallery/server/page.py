"""The page that is served: the same as the one that is a file, with another source of photos."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from unsplash_assets.gallery.scripts import joined, own_text
from unsplash_assets.gallery.server.answers import text_answer
from unsplash_assets.gallery.templates import build_of, hash_source, policy, templates
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.tones import TONES

_BLANK: Final[dict[str, Any]] = {
    **dict.fromkeys(("key", "topic", "color", "picture", "thumbnail", "alt", "credit"), ""),
    "blur_hash": None,
    **dict.fromkeys(("width", "height", "bytes"), 1),
    "stored_at": datetime.fromtimestamp(0, UTC),
}
"""A photo that the page's script fills in."""


@dataclass(frozen=True)
class ServedPage:
    """The page, as it is as long as the server runs."""

    text: str
    build: str
    policy: str

    def answer(self, request: Request) -> Response:
        """Answer with the page."""
        return text_answer(
            request, self.text, "text/html", {"Content-Security-Policy": self.policy}
        )


def page_of(mode: Mode) -> ServedPage:
    """Return the page of a library in this mode."""
    style = own_text("page.css") + own_text("served.css")
    script = joined("served/served.js")
    allowed = policy(
        f"style-src {hash_source(style)}",
        f"script-src {hash_source(script)}",
        "img-src 'self' data:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    )
    is_demo = mode == "demo"
    template = templates().get_template("index.html")
    build = build_of(style, script, is_demo)
    told = {"is_served": True, "is_demo": is_demo, "is_partial": False, "build": build}
    shown = {"photos": (), "blank": _BLANK, "tones": TONES}
    text = template.render(**told, **shown, style=style, script=script, policy=allowed)
    return ServedPage(text, build, allowed)
