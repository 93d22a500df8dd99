"""Every foreseeable error of this project; what each stands for is said at its class.

    UnsplashAssetsError: SettingsError SettingsChanged LibraryError ViewerError UnknownPhoto
                         TemporaryError PermanentError QuotaSpent
    LibraryError: LibraryMissing CatalogueDamaged LeaseLost CatalogueUnavailable StoreUnavailable
    TemporaryError: NetworkError ServerError BadAnswer BadPicture CatalogueUnavailable
                    StoreUnavailable
    NetworkError: TookTooLong
    PermanentError: KeyRefused AccessDenied NoPhotos RequestRefused TooLarge PhotoRefused
    AccessDenied: RedirectedAway
    PhotoRefused: PhotoGone PhotoPutOff
    PhotoPutOff: PhotoDenied PhotoSpoiled PhotoTooSlow FileRefused FileTaken

This module imports nothing of the package, so every other module may raise from it. `defs.failures`
decides what Dagster makes of an error, `cli` what a shell sees of it.
"""


class UnsplashAssetsError(Exception):
    """The base class; the message is one line that says what is wrong and what to do."""


class SettingsError(UnsplashAssetsError):
    """A variable of the environment has a value that cannot be used."""

    def __init__(self, variable: str, value: str, allowed: str) -> None:
        """Name the variable, its value (masked by the caller if secret) and what is allowed."""
        super().__init__(f"{variable} is {value}: {allowed}")
        self.variable, self.value, self.allowed = variable, value, allowed

    def of(self, place: str) -> "SettingsError":
        """Return the same error for a value that came from another place."""
        return SettingsError(place, self.value, self.allowed)


class SettingsChanged(UnsplashAssetsError):
    """The settings are not those that Dagster has loaded, so nothing is done with either."""

    def __init__(self, *variables: str) -> None:
        """Name the variables that have changed, never their values."""
        super().__init__(
            f"{', '.join(variables)} changed after Dagster loaded the settings, so nothing was"
            " done: reload the definitions in the UI, or restart"
        )


class LibraryError(UnsplashAssetsError):
    """The library's folder or its catalogue cannot be read or written."""


class LibraryMissing(LibraryError):
    """The library's folder is not the one that the catalogue belongs to: is its disk mounted?"""


class CatalogueDamaged(LibraryError):
    """The catalogue's file is damaged, cut off or gone; another can be made from the photos."""

    def __init__(self, trouble: str) -> None:
        """Say what the trouble is; the ways on are always the same."""
        super().__init__(
            f"{trouble}: put it back from a backup, or run `unsplash-assets verify --rebuild`, "
            "which makes another from the photos and the credit in them"
        )


class LeaseLost(LibraryError):
    """A run that gave no sign of life wakes, and another has taken over its photos meanwhile."""

    def __init__(self) -> None:
        """Say what has happened; there is nothing to do."""
        super().__init__(
            "this run gave no sign of life for a while, and another has taken over its photos: it "
            "writes nothing more, and the other goes on"
        )


class ViewerError(UnsplashAssetsError):
    """This machine cannot show a picture or the gallery."""


class UnknownPhoto(UnsplashAssetsError):
    """A person named a photo that is not here, or not in the state that the work needs."""


class TemporaryError(UnsplashAssetsError):
    """The same request may succeed a little later."""


class CatalogueUnavailable(LibraryError, TemporaryError):
    """The catalogue's server is out of reach or busy, or has ended a transaction."""

    def __init__(self, trouble: str) -> None:
        """Say what the trouble is; where the server should be is always said by one variable."""
        super().__init__(
            f"the catalogue's database is out of reach or busy ({trouble}): it is tried again "
            "later; UNSPLASH_CATALOGUE says where it is"
        )


class StoreUnavailable(LibraryError, TemporaryError):
    """The bucket of the library is out of reach or busy, or has given an answer that is none."""

    def __init__(self, place: str, trouble: str) -> None:
        """Name the bucket, and say what the trouble is."""
        super().__init__(
            f"the library {place} is out of reach, or its answers are no good ({trouble}): it is "
            "tried again later; UNSPLASH_LIBRARY says where it is"
        )


class NetworkError(TemporaryError):
    """There was no connection, a timeout, or a body shorter than announced."""


class TookTooLong(NetworkError):
    """The exchange was under way, and had not ended when its time was up."""


class ServerError(TemporaryError):
    """The server answered 5xx."""


class BadAnswer(TemporaryError):
    """The API answered 200 with something that is not JSON, or not a photo."""


class BadPicture(TemporaryError):
    """The file downloaded from a picture's URL is not a whole picture."""


class PermanentError(UnsplashAssetsError):
    """The same request would fail again: it takes a person, or another photo."""


class KeyRefused(PermanentError):
    """The API does not accept the Access Key (401)."""


class AccessDenied(PermanentError):
    """The API denies access (403 with JSON), or a proxy or filter on the way to it does."""


class RedirectedAway(AccessDenied):
    """A redirect leads to a host that is not allowed, as to a network's login page."""


class NoPhotos(PermanentError):
    """Nothing matches the topic, or the previous step left nothing to work on."""


class RequestRefused(PermanentError):
    """The server refuses the request (another 4xx), or its URL is not allowed."""


class TooLarge(PermanentError):
    """An answer has more bytes than the limit allows."""


class PhotoRefused(PermanentError):
    """This one photo cannot become a picture here, for example because it is too large."""


class PhotoGone(PhotoRefused):
    """The picture server no longer has the photo (404, 410, or a placeholder)."""


class PhotoPutOff(PhotoRefused):
    """This one photo cannot be stored now; a few retries would not help, a later run may."""


class PhotoDenied(PhotoPutOff):
    """The picture's server denies access, or a login page or filter answers in its place."""


class PhotoSpoiled(PhotoPutOff):
    """Two downloads in a row brought the same bad bytes; a few retries would not help."""


class PhotoTooSlow(PhotoPutOff):
    """Its bytes arrive too slowly for UNSPLASH_TIMEOUT; another try would begin anew."""


class FileRefused(PhotoPutOff):
    """The library's file system takes other files, but not this one."""


class FileTaken(PhotoPutOff):
    """Another process has stored a file under the same name since this one looked."""


class QuotaSpent(UnsplashAssetsError):
    """The API's hourly quota is used up; a retry would only cost more of it."""
