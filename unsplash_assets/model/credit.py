"""The credit that Unsplash's guidelines ask for, as text and as HTML with referral links.

Add a form of the credit here, so that all of them say the same; `images.xmp` puts it into a
picture's file. In demo mode every form says so, and claims neither Unsplash's licence nor anyone's
copyright.
"""

from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import ChosenPhoto

UNSPLASH: Final = "https://unsplash.com/"
LICENCE: Final = "https://unsplash.com/license"
DEMO: Final = "demo: drawn here, there is no such photo"
_CREDIT: Final = "Photo by {photographer} on {unsplash}"


def credit_line(photographer: str) -> str:
    """Return the credit as text."""
    return _CREDIT.format(photographer=photographer, unsplash="Unsplash")


def credit_html(photographer: str, photographer_url: str, page_url: str, app_name: str) -> str:
    """Return the credit as escaped HTML that links the photographer and the photo's page."""
    return _CREDIT.format(
        photographer=_anchor(photographer, referral(photographer_url, app_name)),
        unsplash=_anchor("Unsplash", referral(page_url or UNSPLASH, app_name)),
    )


@lru_cache(maxsize=1024)  # a served page shows the same photos again and again
def referral(url: str, app_name: str) -> str:
    """Return a link that tells Unsplash which application sent the visitor.

    An empty text stays empty.
    """
    if not url:
        return ""
    parts = urlsplit(url)
    added = {"utm_source": app_name, "utm_medium": "referral"}
    query = urlencode({**dict(parse_qsl(parts.query)), **added})
    return urlunsplit(parts._replace(query=query))


def without_referral(url: str) -> str:
    """Return the link from which `referral` made this one."""
    parts = urlsplit(url)
    query = [pair for pair in parse_qsl(parts.query) if pair[0] not in {"utm_source", "utm_medium"}]
    return urlunsplit(parts._replace(query=urlencode(query)))


@dataclass(frozen=True)
class Credit:
    """The credit for a photo's photographer and Unsplash, as `app_name` gives it."""

    photo: ChosenPhoto
    app_name: str
    mode: Mode

    @property
    def text(self) -> str:
        """The credit as text."""
        return credit_line(self.photo.photographer) + self.note

    @property
    def html(self) -> str:
        """The credit as HTML."""
        photo = self.photo
        links = photo.photographer_url, photo.page_url, self.app_name
        return credit_html(photo.photographer, *links) + self.note

    @property
    def note(self) -> str:
        """What follows every form of the credit: in demo mode, that the picture is not a photo."""
        return f" ({DEMO})" if self.is_demo else ""

    @property
    def is_demo(self) -> bool:
        """Whether the picture was drawn here."""
        return self.mode == "demo"

    @property
    def photographer_link(self) -> str:
        """The photographer's page, or an empty text if it is not known."""
        return referral(self.photo.photographer_url, self.app_name)

    @property
    def page_link(self) -> str:
        """The photo's page, or Unsplash if it is not known."""
        return referral(self.photo.page_url or UNSPLASH, self.app_name)

    @property
    def source(self) -> str:
        """The picture's source."""
        return DEMO if self.is_demo else "Unsplash"

    @property
    def rights(self) -> str:
        """The copyright notice; Unsplash's licence leaves the copyright with the photographer."""
        return DEMO if self.is_demo else f"© {self.photo.photographer}"

    @property
    def terms(self) -> str:
        """The terms of use, or an empty text if nobody's permission is needed."""
        return "" if self.is_demo else f"Unsplash License: {LICENCE}"

    @property
    def licence(self) -> str:
        """The licence's page, or an empty text if there is no licence."""
        return "" if self.is_demo else LICENCE


def _anchor(text: str, link: str) -> str:
    return f'<a href="{escape(link)}">{escape(text)}</a>' if link else escape(text)
