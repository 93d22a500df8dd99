"""The API's photos: the parts of an answer that this project needs, typed, checked and cleaned.

`PhotoAnswer` parses one photo of an answer and ignores all other keys, since keys come and go.
`read_photo` decides whether this project may use the photo, and returns the plain `Photo` that the
rest of the program knows. A photo needs an id, a URL of its picture and somebody to credit; what
else is missing or odd gets a default. Add a field here when the project needs one from the API;
`client` makes the requests. Facts and null rates are in docs/reference/unsplash.md.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final
from urllib.parse import quote, urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from unsplash_assets.errors import BadAnswer
from unsplash_assets.model.photos import Photo
from unsplash_assets.model.text import one_line
from unsplash_assets.settings.values import NAMED_RENDITIONS
from unsplash_assets.settings.variables import UNSPLASH_API_URL
from unsplash_assets.transport.urls import has_user, origin, path_of

PICTURES: Final = "https://images.unsplash.com"
PREMIUM: Final = "https://plus.unsplash.com"
PLACEHOLDER: Final = "source-404"
MALFORMED: Final = "malformed"
"""Why a photo is skipped that cannot be read."""
SITE: Final = "https://unsplash.com"

_TEXT_LENGTH: Final = 2_000
_BLUR_HASH: Final = r"^[0-9A-Za-z#$%*+,\-.:;=?@\[\]^_{|}~]{6,100}$"


def _clean(value: object) -> object:
    """Make a text safe for one line: no control characters, no outer spaces, a limited length."""
    return one_line(value)[:_TEXT_LENGTH] if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_clean)]
Url = Annotated[str, Field(pattern=r"^[!-\[\]-~]{1,4000}$")]
Side = Annotated[int, Field(gt=0, le=1_000_000)]


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _default_for_an_odd_value(
        cls, value: object, read: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> object:
        """Read a field; an odd value counts as absent, so it costs at most itself."""
        field = cls.model_fields[info.field_name or ""]
        try:
            return read(value)
        except ValidationError:
            if field.is_required():
                raise
            return field.get_default()


class Page(_Answer):
    """The links of a photographer; `html` is the page."""

    html: Text = ""


class User(_Answer):
    """A photographer."""

    name: Text = ""
    username: Text = ""
    links: Page = Page()


class Links(Page):
    """A photo's page, and the URL that receives its download event."""

    download_location: Text = ""


class Urls(_Answer):
    """The URLs of a photo's renditions; very old answers have no `raw`."""

    raw: Url | None = None
    full: Url | None = None
    regular: Url | None = None
    small: Url | None = None
    thumb: Url | None = None


class Place(_Answer):
    """A collection or a topic of Unsplash, looked up or named by a photo of it."""

    id: Text = ""
    slug: Text = ""
    """A topic's name in URLs."""
    total_photos: int | None = None


class Submission(_Answer):
    """What became of a photo that was submitted to a topic."""

    status: Text = "approved"


class PhotoAnswer(_Answer):
    """One photo of an answer. Only `id` and `urls` are always there."""

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    urls: Urls
    links: Links = Links()
    user: User = User()
    width: Side | None = None
    height: Side | None = None
    color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] | None = None
    blur_hash: Annotated[str, Field(pattern=_BLUR_HASH)] | None = None
    description: Text | None = None
    alt_description: Text | None = None
    premium: bool | None = None
    plus: bool | None = None
    topics: tuple[Place, ...] | None = None
    topic_submissions: Mapping[str, Submission] | None = None
    """By the topic's slug. Older answers, and those of some endpoints, have neither."""


def read_photo(
    content: Any,  # noqa: ANN401 - any JSON
    picture_origins: frozenset[str],
    why_not: Callable[[PhotoAnswer], str | None] = lambda _: None,
) -> Photo | str:
    """Read one photo of an answer; return, in a few words, why it is skipped, if it is.

    `why_not` says why it is not one of those that were asked for.
    """
    try:
        answer = PhotoAnswer.model_validate(content)
    except ValidationError:
        return MALFORMED
    read = _to_photo(answer, picture_origins)
    return read if isinstance(read, str) else why_not(answer) or read


def read_place(content: Any) -> Place:  # noqa: ANN401 - any JSON
    """Read a collection or topic that was looked up. Raises BadAnswer if it is neither."""
    try:
        place = Place.model_validate(content)
    except ValidationError:
        place = Place()
    if not place.id:
        raise BadAnswer("the API answered with something that is no collection and no topic")
    return place


def _to_photo(answer: PhotoAnswer, picture_origins: frozenset[str]) -> Photo | str:
    """Return the photo if it is free, credited, and at an allowed origin."""
    given = {name: url for name in NAMED_RENDITIONS if (url := getattr(answer.urls, name))}
    urls = {name: url for name, url in given.items() if _origin(url) in picture_origins}
    if answer.premium or answer.plus or any(_origin(url) == PREMIUM for url in given.values()):
        return "premium"
    if not urls:
        return "elsewhere" if given else MALFORMED
    if any(PLACEHOLDER in path_of(url) for url in urls.values()):
        return "placeholder"
    photographer = answer.user.name or answer.user.username
    if not photographer:
        return "uncredited"
    is_unsplash = PICTURES in picture_origins
    return Photo(
        id=answer.id,
        photographer=photographer,
        photographer_url=_link(answer.user.links.html) or (_profile(answer) if is_unsplash else ""),
        page_url=_link(answer.links.html) or (f"{SITE}/photos/{answer.id}" if is_unsplash else ""),
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
    """Return what should be the photos of an answer to /photos/random: an array or one object.

    Raises BadAnswer for anything else.
    """
    photos = content if isinstance(content, list) else [content]
    if not photos or not isinstance(content, dict | list):
        raise BadAnswer("the API answered with something that is not a photo: it may be at fault")
    return photos


def _profile(answer: PhotoAnswer) -> str:
    """Return the photographer's page on Unsplash, or an empty text without a username."""
    username = answer.user.username
    return f"{SITE}/@{quote(username, safe='')}" if username else ""


def _download_location(answer: PhotoAnswer, picture_origins: frozenset[str]) -> str | None:
    """Return the URL for the download event if it is at the API: the request carries the key."""
    url = answer.links.download_location
    api = {UNSPLASH_API_URL} if PICTURES in picture_origins else picture_origins
    return url if _origin(url) in api else None


def _origin(url: str) -> str | None:
    """Return a URL's origin, or None if it has none or names a user."""
    try:
        return None if has_user(url) else origin(url)
    except ValueError:
        return None


def _link(url: str) -> str:
    """Return a link that may be shown, or an empty text if it is not one for a browser."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    return url if is_web and not set(url) & set(" \"'<>()") else ""
