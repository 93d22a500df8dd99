"""The API's photos: what this project needs of an answer, typed, checked, and made harmless.

`PhotoAnswer` reads one photo of an answer and ignores what it does not need, for keys come and
go. `to_photo` decides whether it is a photo for us and gives the plain `Photo` that the rest
of the program knows. Facts and null rates are in docs/unsplash.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from urllib3.util import parse_url

from unsplash_assets.errors import BadAnswer
from unsplash_assets.settings.settings import UNSPLASH_API_URL
from unsplash_assets.settings.values import NAMED_RENDITIONS
from unsplash_assets.transport.base import origin

PICTURES: Final = "https://images.unsplash.com"
PREMIUM: Final = "https://plus.unsplash.com"
PLACEHOLDER: Final = "source-404"

_TEXT_LENGTH: Final = 2_000
_BLUR_HASH: Final = r"^[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}$"


def _clean(value: object) -> object:
    """Make a text fit for one line: no control characters, no edges, a bounded length."""
    if not isinstance(value, str):
        return value
    words = "".join(c if c.isprintable() or c == "\u200d" else " " for c in value).split()
    return " ".join(words)[:_TEXT_LENGTH]


Text = Annotated[str, BeforeValidator(_clean)]
Url = Annotated[str, Field(pattern=r"^[!-\[\]-~]{1,4000}$")]
Side = Annotated[int, Field(gt=0, le=1_000_000)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class UserLinks(_Answer):
    """Where a photographer is found."""

    html: Text = ""


class User(_Answer):
    """A photographer."""

    name: Text = ""
    username: Text = ""
    links: UserLinks = UserLinks()


class Links(_Answer):
    """Where a photo is found, and where its download event goes."""

    html: Text = ""
    download_location: Text | None = None


class Urls(_Answer):
    """A photo's picture in its renditions; very old answers have no `raw`."""

    raw: Url | None = None
    full: Url
    regular: Url
    small: Url
    thumb: Url


class PhotoAnswer(_Answer):
    """One photo of an answer. Only id and urls are sure to be there."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    urls: Urls
    links: Links = Links()
    user: User | None = None
    width: Side | None = None
    height: Side | None = None
    color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] | None = None
    blur_hash: Annotated[str, Field(pattern=_BLUR_HASH)] | None = None
    description: Text | None = None
    alt_description: Text | None = None
    premium: bool | None = None
    plus: bool | None = None


@dataclass(frozen=True)
class Photo:
    """A photo that this project may use. Sizes are those of the original, pixels."""

    id: str
    photographer: str
    photographer_url: str
    page_url: str
    download_location: str | None
    urls: Mapping[str, str]
    """Rendition (one of NAMED_RENDITIONS) to URL."""
    width: int | None
    height: int | None
    color: str | None
    blur_hash: str | None
    description: str | None
    alt_description: str | None


@dataclass(frozen=True)
class Skipped:
    """A photo of an answer that is not for us, and why, in a word or two."""

    reason: str


def read_photo(content: Any, picture_origins: frozenset[str]) -> Photo | Skipped:  # noqa: ANN401
    """Read one photo of an answer; a malformed one is skipped rather than raised."""
    try:
        answer = PhotoAnswer.model_validate(content)
    except ValidationError:
        return Skipped("malformed")
    return to_photo(answer, picture_origins)


def to_photo(answer: PhotoAnswer, picture_origins: frozenset[str]) -> Photo | Skipped:
    """Return the photo if it is one for us: free, complete, credited, from the right place."""
    urls = {name: url for name in NAMED_RENDITIONS if (url := getattr(answer.urls, name))}
    if answer.premium or answer.plus or any(_origin(url) == PREMIUM for url in urls.values()):
        return Skipped("premium")
    if any(_origin(url) not in picture_origins for url in urls.values()):
        return Skipped("elsewhere")
    if any(PLACEHOLDER in (parse_url(url).path or "") for url in urls.values()):
        return Skipped("placeholder")
    name = answer.user.name or answer.user.username if answer.user else ""
    if not answer.user or not name:
        return Skipped("uncredited")
    return Photo(
        id=answer.id,
        photographer=name,
        photographer_url=_link(answer.user.links.html),
        page_url=_link(answer.links.html),
        download_location=_download_location(answer, picture_origins),
        urls=urls,
        width=answer.width,
        height=answer.height,
        color=answer.color,
        blur_hash=answer.blur_hash,
        description=answer.description or None,
        alt_description=answer.alt_description or None,
    )


def photo_list(content: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """Return the photos of an answer to /photos/random, which is an array or one object.

    Raises BadAnswer for anything else.
    """
    photos = content if isinstance(content, list) else [content]
    if not photos or not all(isinstance(photo, dict) for photo in photos):
        raise BadAnswer("the API answered with something that is not a photo: it may be at fault")
    return photos


def _download_location(answer: PhotoAnswer, picture_origins: frozenset[str]) -> str | None:
    """Return where the download event goes, if that is the API: the key goes with it."""
    url = answer.links.download_location or ""
    api = {UNSPLASH_API_URL} if PICTURES in picture_origins else picture_origins
    return url if _origin(url) in api else None


def _origin(url: str) -> str | None:
    """Return a URL's origin; None where it has none, or a user's name in it."""
    try:
        return None if parse_url(url).auth else origin(url)
    except ValueError:
        return None


def _link(url: str) -> str:
    """Return a link that may be shown, or nothing where it is not one for a browser."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    fit = parts.scheme in {"http", "https"} and parts.hostname and not set(url) & set(" \"'<>()")
    return url if fit else ""
