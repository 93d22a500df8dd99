"""Streams one picture into a temporary file, proves it, credits it, and gives it its name.

Nothing bad gets a final name: the rename comes last, and what is renamed is what was proven.
Which pictures, and how many at a time, is decided in `storing`.
"""

from urllib.parse import urlsplit

from unsplash_assets.errors import PhotoRefused, ServerError
from unsplash_assets.library.catalogue import ChosenPhoto, StoredFile
from unsplash_assets.library.embedding import embed
from unsplash_assets.library.files import Folder, photo_path
from unsplash_assets.library.proof import FORMATS, prove
from unsplash_assets.transport.base import Answer, Limits, Transport
from unsplash_assets.unsplash.models import PLACEHOLDER

_HEADERS = {
    "Accept": ", ".join(kind.media_type for kind in FORMATS),
    "Accept-Encoding": "identity",
}


def download(
    photo: ChosenPhoto, transport: Transport, folder: Folder, limits: Limits, packet: bytes
) -> StoredFile:
    """Bring a photo's picture into the library, with its credit, an XMP packet, in the file.

    Raises TemporaryError where another try may do, PermanentError where it would not, and
    LibraryError where the folder is the trouble.
    """
    with folder.incoming() as incoming, folder.incoming() as credited:
        with transport.get(photo.url, _HEADERS, limits) as answer:
            _check(answer)
            for chunk in answer.chunks():
                folder.write(incoming, chunk)
            media_type = answer.headers.get("Content-Type", "")
        folder.flush(incoming)
        prove(incoming.path, media_type)
        with incoming.path.open("rb") as picture:
            for chunk in embed(packet, picture):
                folder.write(credited, chunk)
        folder.complete(credited)
        proof = prove(credited.path, media_type)
        name = photo_path(photo.topic, photo.description, photo.id, proof.format.extension)
        folder.publish(credited, name)
    return StoredFile(name, proof.bytes, proof.width, proof.height, proof.sha256)


def _check(answer: Answer) -> None:
    status = answer.status
    if PLACEHOLDER in urlsplit(answer.url).path:  # redirected to: docs/unsplash.md, Photos
        raise PhotoRefused("the picture is gone: its server gives a placeholder instead")
    if status == 200:  # noqa: PLR2004 - HTTP
        return
    if status >= 500 or status in {408, 425, 429}:  # noqa: PLR2004 - HTTP
        raise ServerError(f"the picture's server answered {status}: later may do")
    raise PhotoRefused(f"the picture is not to be had: its server answered {status}")
