"""Downloads one picture: streamed to a temporary file, validated, credited, ready for its name.

Nothing bad gets a final name: the caller publishes the file, and what is published is what was
validated. Which pictures, and how many at a time, is decided in `bringing` and `repair`.
"""

import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any, Final

from unsplash_assets.errors import (
    BadPicture,
    FileRefused,
    PhotoDenied,
    PhotoGone,
    PhotoPutOff,
    PhotoRefused,
    PhotoSpoiled,
    PhotoTooSlow,
    ServerError,
    TookTooLong,
    UnsplashAssetsError,
)
from unsplash_assets.images.embedding import embed, read_packet
from unsplash_assets.images.validation import FORMATS, ValidPicture, validate
from unsplash_assets.images.xmp import CREDIT_MARK, packet
from unsplash_assets.model.credit import Credit
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import ChosenPhoto, StoredFile
from unsplash_assets.storage.folder import Folder, TemporaryFile, sha256
from unsplash_assets.storage.names import RelativePath, other_name, photo_path, plainer_names
from unsplash_assets.storage.refusals import is_of_one_file, library_error
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import Answer, HttpTransport
from unsplash_assets.transport.reasons import page_from
from unsplash_assets.transport.urls import path_of
from unsplash_assets.unsplash.client import picture_origins
from unsplash_assets.unsplash.models import PLACEHOLDER

_HEADERS: Final = {
    "Accept": ", ".join(kind.media_type for kind in FORMATS),
    "Accept-Encoding": "identity",
}
_NO_PICTURE: Final = frozenset({"text/html", "application/xhtml+xml", "application/json"})
"""The media types of whoever answers in a picture's place."""


_TIME: Final = "UNSPLASH_TIMEOUT"
_SIZE: Final = "UNSPLASH_MAX_SIZE"
_REASON_LENGTH: Final = 200  # characters
_RESUMPTIONS: Final = 3
"""How often a download that broke off goes on where it was, before another try begins anew."""


@dataclass(frozen=True)
class Download:
    """A whole, credited picture in a temporary file, which waits for its name."""

    folder: Folder
    temporary: TemporaryFile
    picture: ValidPicture
    names: Iterable[RelativePath]
    """Names that it may get, the best first."""

    def publish(self) -> StoredFile:
        """Give the file the best name that the file system takes; return what is stored.

        Raises FileRefused where it takes none, and LibraryError where it takes no file at all.
        """
        refusal = None
        for name in self.names:
            try:
                self.folder.publish(self.temporary, name)
            except FileRefused as error:
                refusal = error
            else:
                found = self.picture
                return StoredFile(name, found.bytes, found.width, found.height, found.sha256)
        raise refusal or FileRefused("there is no name for the photo's file")


@dataclass(frozen=True)
class Downloader:
    """Downloads pictures into a folder, within limits, with the credit in each file."""

    transport: HttpTransport
    folder: Folder
    limits: Limits
    app_name: str
    mode: Mode
    bad: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of the last bad download of each photo that had one."""

    @contextmanager
    def download(self, photo: ChosenPhoto, own_path: str = "") -> Iterator[Download]:
        """Download a photo's picture; after the `with` it is gone unless it was published.

        It gets a name that no stranger's file has; `own_path` is the photo's own file, if any.
        Raises TemporaryError where another try may succeed, PermanentError where it would not,
        and LibraryError where the folder cannot be written.
        """
        if not photo.url:
            raise PhotoRefused("its URL is not known: its catalogue was made anew from the files")
        credit = packet(Credit(photo, self.app_name, self.mode))
        with self.folder.temporary() as plain, self.folder.temporary() as credited:
            media_type = self._fetch(photo.url, plain)
            with self._judged(photo.id, plain):
                validate(plain.path)
                _check_type(media_type)
                with plain.path.open("rb") as picture:
                    for chunk in embed(credit, picture):
                        self.folder.write(credited, chunk)
                self.folder.complete(credited)
                valid = validate(credited.path)
            usual = photo_path(photo.topic, photo.description, photo.id, valid.format.extension)
            names = (self._free_name(name, own_path) for name in plainer_names(usual))
            yield Download(self.folder, credited, valid, names)

    @contextmanager
    def _judged(self, photo_id: str, plain: TemporaryFile) -> Iterator[None]:
        """Raise PhotoSpoiled in place of BadPicture if the last download brought the same bytes.

        Nothing arrived is no proof: a connection that ends at once leaves the same nothing twice.
        """
        try:
            yield
        except BadPicture as error:
            content = sha256(plain.path) if plain.path.stat().st_size else ""
            before, self.bad[photo_id] = self.bad.get(photo_id), content
            if content and content == before:
                raise PhotoSpoiled(f"{error} (two downloads brought the same)") from error
            raise

    def _free_name(self, usual: RelativePath, own_path: str) -> RelativePath:
        names = chain((usual,), (other_name(usual, number) for number in count(2)))
        return next(name for name in names if name == own_path or self._may_replace(name))

    def _may_replace(self, name: RelativePath) -> bool:
        """Whether a name is free, or has a file with our credit, which a killed run left behind."""
        if self.folder.stamp(name) is None:
            return True
        try:
            with self.folder.open(name) as file:
                return CREDIT_MARK in (read_packet(file) or b"")
        except (OSError, BadPicture):
            return False

    def _fetch(self, url: str, temporary: TemporaryFile) -> str:
        """Write the answer to a temporary file; return the media type that it announces."""
        with self.transport.get(url, _HEADERS, self.limits) as answer:
            _check(answer)
            received = 0
            try:
                for chunk in answer.chunks():
                    self.folder.write(temporary, chunk)
                    received += len(chunk)
            except TookTooLong as error:
                if received:
                    raise _too_slow(error, received, answer) from error
                raise
            media_type = answer.headers.get("Content-Type", "")
        self.folder.flush(temporary)
        return media_type


def error_of(future: Future[Any], folder: Folder) -> UnsplashAssetsError | None:
    """Return why the work on one photo failed, or None if it did not.

    What nobody foresaw is the trouble of that photo, unless the disk is to blame for it.
    """
    error = future.exception()
    if error is None or isinstance(error, UnsplashAssetsError):
        return error
    if isinstance(error, OSError) and error.errno and not is_of_one_file(error):
        return library_error(folder.root, error)
    if not isinstance(error, Exception):
        raise error
    reason = " ".join(str(error).split())[:_REASON_LENGTH]
    return PhotoPutOff(f"an unforeseen error ({type(error).__name__}: {reason})")


def picture_limits(api_url: str, timeout: float, size: int) -> Limits:
    """Return the bounds of a download, in seconds and bytes; no other host is asked.

    The catalogue may hold URLs of an API that is no longer used.
    """
    return Limits(
        Timeouts(total=timeout),
        size,
        picture_origins(api_url),
        is_confined=True,
        resumptions=_RESUMPTIONS,
        time_setting=_TIME,
        size_setting=_SIZE,
    )


def _too_slow(error: TookTooLong, received: int, answer: Answer) -> PhotoTooSlow:
    """Return why another try is of no use: it would begin anew, on the same line."""
    announced = answer.headers.get("Content-Length", "")
    whole = f" of {int(announced):,}" if re.fullmatch(r"[0-9]{1,15}", announced) else ""
    return PhotoTooSlow(
        f"{error}: {received:,}{whole} bytes had come; raise it, or choose a smaller "
        "UNSPLASH_RENDITION"
    )


def _check_type(media_type: str) -> None:
    """Refuse what is announced as a page or as data; any other type is but a hint."""
    announced = media_type.partition(";")[0].strip().lower()
    if announced in _NO_PICTURE:
        raise BadPicture(f"no picture arrived: the file is announced as {announced}")


def _check(answer: Answer) -> None:
    status = answer.status
    if PLACEHOLDER in path_of(answer.url):  # see docs/reference/unsplash.md, Photos
        raise PhotoGone("the picture is gone: its server sends a placeholder instead")
    if status == 200:  # noqa: PLR2004 - HTTP
        return
    if status >= 500 or status in {408, 425, 429}:  # noqa: PLR2004 - HTTP
        raise ServerError(f"the picture's server answered {status}: try again later")
    is_page = "html" in answer.headers.get("Content-Type", "").lower()
    page = f" with {page_from(answer.headers)}: is a proxy or filter on the way?" if is_page else ""
    kinds = {401: PhotoDenied, 403: PhotoDenied, 404: PhotoGone, 407: PhotoDenied, 410: PhotoGone}
    raise kinds.get(status, PhotoRefused)(
        f"the picture is not available: its server answered {status}{page}"
    )
