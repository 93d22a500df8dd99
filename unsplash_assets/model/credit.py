"""The credit that Unsplash's guidelines ask for: words, and links that say who sent them.

Each form of it stands here once; `xmp` puts it into a picture's file. In demo mode it says so
wherever it goes, and claims neither Unsplash's licence nor anyone's copyright.
"""

from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import ChosenPhoto

UNSPLASH: Final = "https://unsplash.com/"
LICENCE: Final = "https://unsplash.com/license"
DEMO: Final = "demo: drawn here, there is no such photo"


def credit_line(photographer: str) -> str:
    """Return the credit in words."""
    return f"Photo by {photographer} on Unsplash"


def credit_html(photographer: str, photographer_url: str, page_url: str, app_name: str) -> str:
    """Return the credit in HTML, escaped, with the photographer and the photo's page linked."""
    name = _anchor(photographer, referral(photographer_url, app_name))
    return f"Photo by {name} on {_anchor('Unsplash', referral(page_url or UNSPLASH, app_name))}"


def referral(url: str, app_name: str) -> str:
    """Return a link with the parameters that tell Unsplash which application sent the visitor.

    Nothing stays nothing.
    """
    if not url:
        return ""
    parts = urlsplit(url)
    added = {"utm_source": app_name, "utm_medium": "referral"}
    query = urlencode({**dict(parse_qsl(parts.query)), **added})
    return urlunsplit(parts._replace(query=query))


@dataclass(frozen=True)
class Credit:
    """What is due to a photo's photographer and to Unsplash, by the application of that name."""

    photo: ChosenPhoto
    app_name: str
    mode: Mode

    @property
    def text(self) -> str:
        """The credit in words."""
        return credit_line(self.photo.photographer) + self.note

    @property
    def html(self) -> str:
        """The credit in HTML."""
        photo = self.photo
        links = photo.photographer_url, photo.page_url, self.app_name
        return credit_html(photo.photographer, *links) + self.note

    @property
    def note(self) -> str:
        """What is to follow the credit, whatever its form: in demo mode, that it is one."""
        return f" ({DEMO})" if self.is_demo else ""

    @property
    def is_demo(self) -> bool:
        """Whether the picture was drawn here."""
        return self.mode == "demo"

    @property
    def photographer_link(self) -> str:
        """Where the photographer is found, or nothing where that is not known."""
        return referral(self.photo.photographer_url, self.app_name)

    @property
    def page_link(self) -> str:
        """The photo's page, or Unsplash where that is not known."""
        return referral(self.photo.page_url or UNSPLASH, self.app_name)

    @property
    def source(self) -> str:
        """Who the picture comes from."""
        return DEMO if self.is_demo else "Unsplash"

    @property
    def rights(self) -> str:
        """The copyright notice: under Unsplash's licence too, a photo is its photographer's."""
        return DEMO if self.is_demo else f"© {self.photo.photographer}"

    @property
    def terms(self) -> str:
        """What may be done with the picture, or nothing where nobody's leave is needed."""
        return "" if self.is_demo else f"Unsplash License: {LICENCE}"

    @property
    def licence(self) -> str:
        """The licence's page, or nothing where there is none."""
        return "" if self.is_demo else LICENCE


def _anchor(text: str, link: str) -> str:
    return f'<a href="{escape(link)}">{escape(text)}</a>' if link else escape(text)
