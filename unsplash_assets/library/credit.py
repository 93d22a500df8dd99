"""The credit that Unsplash's guidelines ask for: words, and links that say who sent them."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

UNSPLASH = "https://unsplash.com/"


def credit_line(photographer: str) -> str:
    """Return the credit in words."""
    return f"Photo by {photographer} on Unsplash"


def referral(url: str, app_name: str) -> str:
    """Return a link with the parameters that tell Unsplash which application sent the visitor."""
    parts = urlsplit(url)
    added = {"utm_source": app_name, "utm_medium": "referral"}
    query = urlencode({**dict(parse_qsl(parts.query)), **added})
    return urlunsplit(parts._replace(query=query))
