"""What becomes of photos that are downloaded: stored, or the reason why not."""

from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final

from unsplash_assets.errors import LibraryError, PermanentError, PhotoPutOff, UnsplashAssetsError
from unsplash_assets.library.events import Sent
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.storage.refusals import is_of_one_file, library_error
from unsplash_assets.storage.stores.base import Store

_REASON_LENGTH: Final = 200  # characters


@dataclass
class Outcome:
    """What became of the photos of one try: by id, files stored, and reasons why not."""

    stored: dict[str, StoredFile] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    denied: dict[str, str] = field(default_factory=dict)
    """Put off without another try, by their server or by the file system."""
    failed: dict[str, str] = field(default_factory=dict)
    fault: LibraryError | None = None
    """Why no photo can be stored at all."""
    postponed: int = 0
    """How many photos the request budget left for later."""
    shortage: str | None = None
    """Why it left them; None if it left none."""
    sent: Sent = field(default_factory=Sent)

    @property
    def unavailable(self) -> dict[str, str]:
        """The photos that no other try of this run would bring."""
        return self.refused | self.denied

    def note(self, photo_id: str, error: UnsplashAssetsError) -> None:
        """Note why a photo could not be stored."""
        match error:
            case LibraryError():
                self.fault = error
            case PhotoPutOff():
                self.denied[photo_id] = str(error)
            case PermanentError():
                self.refused[photo_id] = str(error)
            case _:
                self.failed[photo_id] = str(error)

    def add(self, later: "Outcome") -> None:
        """Add what became of more photos; what is left for later is as it was left last."""
        self.stored |= later.stored
        self.refused |= later.refused
        self.denied |= later.denied
        self.failed |= later.failed
        self.postponed, self.shortage = later.postponed, later.shortage
        self.sent = self.sent.and_then(later.sent)


def error_of(future: Future[Any], store: Store) -> UnsplashAssetsError | None:
    """Return why the work on one photo failed, or None if it did not."""
    error = future.exception()
    return None if error is None else photos_error(error, store)


def photos_error(error: BaseException, store: Store) -> UnsplashAssetsError:
    """Return an error of the work on one photo as one of ours.

    What nobody foresaw is the trouble of that photo, unless the disk is to blame for it.
    """
    if isinstance(error, UnsplashAssetsError):
        return error
    if isinstance(error, OSError) and error.errno and not is_of_one_file(error):
        return library_error(store.root, error)
    if not isinstance(error, Exception):
        raise error
    reason = " ".join(str(error).split())[:_REASON_LENGTH]
    return PhotoPutOff(f"an unforeseen error ({type(error).__name__}: {reason})")
