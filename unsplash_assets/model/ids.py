"""A photo's id, as people name it: by itself, or by the address of the photo's page."""

import re
from typing import Final
from urllib.parse import urlsplit

_ID: Final = r"[A-Za-z0-9_-]{11}"  # docs/reference/unsplash.md
_PAGE: Final = re.compile(rf"(?:.+-)?({_ID})", re.DOTALL)
"""The last part of a page's path: the id, or a slug that ends with it."""
_SITE: Final = re.compile(r"(www\.)?unsplash\.com/", re.IGNORECASE)


def photo_id_of(text: str) -> str | None:
    """Return the id in a text that is an id or the URL of a photo's page, or None.

    A page may be that of any language, and an id may begin with `-` or `_`.
    """
    if re.fullmatch(_ID, text):
        return text
    try:
        page = urlsplit(f"https://{text}" if _SITE.match(text) else text)
    except ValueError:
        return None
    if page.scheme not in {"http", "https"} or not page.netloc:
        return None
    found = _PAGE.fullmatch(page.path.rstrip("/").rpartition("/")[2])
    return found[1] if found else None
