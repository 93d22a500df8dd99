"""What obstore says of a bucket, as errors of ours that name the bucket; and how it is asked.

obstore asks again by itself, a few times, after an answer of 5xx, a lost connection, or a body that
was cut. What still fails then is the trouble of the whole bucket, never of one file.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

from obstore import exceptions
from obstore.store import ObjectStore, from_url

from unsplash_assets.errors import FileTaken, LibraryError, SettingsError, StoreUnavailable

CLIENT: Final[Any] = {"connect_timeout": "5s", "timeout": "60s", "allow_http": True}
RETRIES: Final[Any] = {
    "max_retries": 3,
    "retry_timeout": timedelta(seconds=20),
    "backoff": {
        "init_backoff": timedelta(milliseconds=100),
        "max_backoff": timedelta(seconds=2),
        "base": 2,
    },
}
"""Bounds that fit into a transaction of the catalogue; the run's own tries come on top of them."""
_OF_A_KIND: Final[dict[str, Any]] = {"s3": {"config": {"checksum_algorithm": "SHA256"}}}
"""S3 compares what arrives with a SHA-256 that is sent with it, so a cut upload is refused."""

_STATUS: Final = re.compile(r"status code: (\d{3}[^:\n]*)")
_HTTP: Final = re.compile(r"HTTP error: ([^\n]*)")
_NO_CREDENTIALS: Final = "169.254."  # where machines in a cloud ask for theirs
_NO_BUCKET: Final = ("NoSuchBucket", "ContainerNotFound", "bucket does not exist")
_REFUSED: Final = (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)
_DENIED: Final = ("401", "403")
_CONFLICTS: Final = (exceptions.AlreadyExistsError, exceptions.PreconditionError)


def connected(url: str) -> ObjectStore:
    """Return the bucket of a URL, with the credentials of the environment; nothing is sent yet."""
    options = _OF_A_KIND.get(url.partition("://")[0], {})
    try:
        return from_url(url, client_options=CLIENT, retry_config=RETRIES, **options)
    except (exceptions.BaseError, ValueError) as error:
        raise SettingsError(
            "UNSPLASH_LIBRARY",
            f"{url} ({_reason(error)})",
            "check the variables that begin with AWS_, GOOGLE_ or AZURE_",
        ) from None


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn obstore's errors into ours; that there is no such file stays FileNotFoundError."""
    try:
        yield
    except _CONFLICTS as error:
        raise FileTaken(
            f"the library {place} has another file under the photo's name by now"
        ) from error
    except FileNotFoundError as error:
        if any(name in str(error) for name in _NO_BUCKET):
            raise LibraryError(
                f"the library {place} is not there: make the bucket, or correct UNSPLASH_LIBRARY"
            ) from error
        raise FileNotFoundError(f"no such file in {place}") from None
    except exceptions.BaseError as error:
        raise _error(place, error) from error


def _error(place: str, error: exceptions.BaseError) -> LibraryError:
    text, reason = str(error), _reason(error)
    if any(name in text for name in _NO_BUCKET):
        return LibraryError(
            f"the library {place} is not there: make the bucket, or correct UNSPLASH_LIBRARY"
        )
    if _NO_CREDENTIALS in text:
        return LibraryError(
            f"the library {place} needs credentials, and none are set: see the variables that "
            "begin with AWS_, GOOGLE_ or AZURE_ in docs/how-to/library-in-a-bucket.md"
        )
    if isinstance(error, _REFUSED) or reason.startswith(_DENIED):
        return LibraryError(
            f"the library {place} refuses access ({reason}): check its credentials, and that they "
            "may list, read, write and delete there"
        )
    return StoreUnavailable(place, reason)


def _reason(error: Exception) -> str:
    """Return the reason in a few words, without URLs: one may hold a signature."""
    text = str(error)
    for pattern in (_STATUS, _HTTP):
        if found := pattern.search(text):
            return found[1].strip()
    return re.sub(r"\S+://\S+", "", text.partition("\n")[0]).strip()[:120]
