"""The credit that Unsplash's guidelines ask for: words, and links that say who sent them."""

from html import escape
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

UNSPLASH: Final = "https://unsplash.com/"
LICENCE: Final = "https://unsplash.com/license"
DEMO: Final = "demo: drawn here, there is no such photo"


def credit_line(photographer: str) -> str:
    """Return the credit in words."""
    return f"Photo by {photographer} on Unsplash"


def credit_html(photographer: str, photographer_url: str, page_url: str, app_name: str) -> str:
    """Return the credit in HTML: the photographer and the photo's page linked, all escaped."""
    by = _anchor(photographer, photographer_url, app_name)
    return f"Photo by {by} on {_anchor('Unsplash', page_url or UNSPLASH, app_name)}"


def _anchor(text: str, url: str, app_name: str) -> str:
    shown = escape(text)
    return f'<a href="{escape(referral(url, app_name))}">{shown}</a>' if url else shown


def referral(url: str, app_name: str) -> str:
    """Return a link with the parameters that tell Unsplash which application sent the visitor."""
    parts = urlsplit(url)
    added = {"utm_source": app_name, "utm_medium": "referral"}
    query = urlencode({**dict(parse_qsl(parts.query)), **added})
    return urlunsplit(parts._replace(query=query))
