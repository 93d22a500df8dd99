"""Streams one picture into a temporary file, proves it, credits it, and gives it its name.

Nothing bad gets a final name: the rename comes last, and what is renamed is what was proven.
Which pictures, and how many at a time, is decided in `storing` and `repairing`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from unsplash_assets.errors import PhotoDenied, PhotoGone, PhotoRefused, ServerError
from unsplash_assets.images.embedding import embed
from unsplash_assets.images.validation import FORMATS, validate
from unsplash_assets.images.xmp import packet as packet_of
from unsplash_assets.model.credit import Credit
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import ChosenPhoto, StoredFile
from unsplash_assets.settings.settings import DEMO_URL, Settings
from unsplash_assets.storage.folder import Folder, TemporaryFile
from unsplash_assets.storage.names import RelativePath, photo_path
from unsplash_assets.transport.base import Answer, Limits, Timeouts, Transport
from unsplash_assets.transport.modes import transport_of
from unsplash_assets.unsplash.client import picture_origins
from unsplash_assets.unsplash.models import PLACEHOLDER

_HEADERS = {
    "Accept": ", ".join(kind.media_type for kind in FORMATS),
    "Accept-Encoding": "identity",
}


@dataclass(frozen=True)
class Fetched:
    """A whole, credited picture in a temporary file, and what it will be under its name."""

    temporary: TemporaryFile
    name: RelativePath
    file: StoredFile


@dataclass(frozen=True)
class Source:
    """Where pictures come from and go to, within what bounds, and who credits them."""

    transport: Transport
    folder: Folder
    limits: Limits
    app_name: str
    mode: Mode

    @classmethod
    def of(cls, settings: Settings) -> "Source":
        """Return what the settings make of it."""
        api_url = settings.api_url if settings.mode == "live" else DEMO_URL
        limits = picture_limits(api_url, settings.timeout, settings.max_size)
        folder = Folder(settings.library)
        return cls(transport_of(settings.mode), folder, limits, settings.app_name, settings.mode)

    def packet(self, photo: ChosenPhoto) -> bytes:
        """Return the credit that the photo's file is to carry."""
        return packet_of(Credit(photo, self.app_name, self.mode))

    def fetched(self, photo: ChosenPhoto) -> AbstractContextManager[Fetched]:
        """Bring a photo's picture as far as its name; see the function `fetched`."""
        return fetched(photo, self.transport, self.folder, self.limits, self.packet(photo))


def picture_limits(api_url: str, timeout: float, size: int) -> Limits:
    """Return the bounds of a download, in seconds and bytes: no other host is asked.

    That holds whatever the catalogue says, for an API that was left may be in it.
    """
    return Limits(Timeouts(total=timeout), size, picture_origins(api_url), is_confined=True)


def download(
    photo: ChosenPhoto, transport: Transport, folder: Folder, limits: Limits, packet: bytes
) -> StoredFile:
    """Bring a photo's picture into the library, with its credit, an XMP packet, in the file.

    Raises TemporaryError where another try may do, PermanentError where it would not, and
    LibraryError where the folder is the trouble.
    """
    with fetched(photo, transport, folder, limits, packet) as brought:
        folder.publish(brought.temporary, brought.name)
    return brought.file


@contextmanager
def fetched(
    photo: ChosenPhoto, transport: Transport, folder: Folder, limits: Limits, packet: bytes
) -> Iterator[Fetched]:
    """Bring a photo's picture as far as its name; it is gone after the `with` if it got none.

    Raises what `download` raises.
    """
    with folder.temporary() as temporary, folder.temporary() as credited:
        with transport.get(photo.url, _HEADERS, limits) as answer:
            _check(answer)
            for chunk in answer.chunks():
                folder.write(temporary, chunk)
            media_type = answer.headers.get("Content-Type", "")
        folder.flush(temporary)
        validate(temporary.path, media_type)
        with temporary.path.open("rb") as picture:
            for chunk in embed(packet, picture):
                folder.write(credited, chunk)
        folder.complete(credited)
        proof = validate(credited.path, media_type)
        name = photo_path(photo.topic, photo.description, photo.id, proof.format.extension)
        file = StoredFile(name, proof.bytes, proof.width, proof.height, proof.sha256)
        yield Fetched(credited, name, file)


def _check(answer: Answer) -> None:
    status = answer.status
    if PLACEHOLDER in urlsplit(answer.url).path:  # redirected to: docs/unsplash.md, Photos
        raise PhotoGone("the picture is gone: its server gives a placeholder instead")
    if status == 200:  # noqa: PLR2004 - HTTP
        return
    if status >= 500 or status in {408, 425, 429}:  # noqa: PLR2004 - HTTP
        raise ServerError(f"the picture's server answered {status}: later may do")
    kinds = {401: PhotoDenied, 403: PhotoDenied, 404: PhotoGone, 407: PhotoDenied, 410: PhotoGone}
    raise kinds.get(status, PhotoRefused)(
        f"the picture is not to be had: its server answered {status}"
    )
