"""Every foreseeable error of this project, as one tree.

    UnsplashAssetsError      one line for a person: what is wrong and what to do
    ├── SettingsError        a variable of the environment is not usable
    ├── LibraryError         the library's folder or catalogue cannot be used
    ├── ViewerError          a picture, or the gallery, cannot be shown on this machine
    ├── UnknownPhoto         a person names a photo that is not here, or not as it would have to be
    ├── TemporaryError       worth retrying
    │   ├── NetworkError     no connection, a timeout, or an answer that was cut
    │   ├── ServerError      the server answered 5xx
    │   ├── BadAnswer        the API's answer is not JSON, or not a photo
    │   └── BadPicture       what arrived is not a whole picture
    ├── PermanentError       not worth retrying
    │   ├── KeyRefused       401: the Access Key is not accepted
    │   ├── AccessDenied     403 with a reason that is not the quota
    │   ├── NoPhotos         nothing matches the topic, or nothing is there to work on
    │   ├── TooLarge         more bytes than the limit allows
    │   ├── RequestRefused   another 4xx: our own fault, or an endpoint that is gone
    │   └── PhotoRefused     this photo will not become a picture here
    │       ├── PhotoGone    Unsplash has it no more
    │       └── PhotoDenied  its server denies it, now
    └── QuotaSpent           403 "Rate Limit Exceeded" or 429: wait, asking again costs more

This module imports nothing of ours, so that any other may raise from it. What Dagster makes
of an error is decided in `failures`, what a shell gets to see of it in `cli`.
"""


class UnsplashAssetsError(Exception):
    """The base of all: its text is one line that says what is wrong and what to do."""


class SettingsError(UnsplashAssetsError):
    """A variable of the environment has a value that cannot be used."""

    def __init__(self, variable: str, value: str, allowed: str) -> None:
        """Name the variable, the value it had (masked by the caller if secret), what is allowed."""
        super().__init__(f"{variable} is {value}: {allowed}")
        self.variable = variable


class LibraryError(UnsplashAssetsError):
    """The library's folder or its catalogue cannot be read or written."""


class ViewerError(UnsplashAssetsError):
    """A picture, or the gallery, cannot be shown on this machine."""


class UnknownPhoto(UnsplashAssetsError):
    """A photo that a person names is not here, or not in the state that the work needs."""


class TemporaryError(UnsplashAssetsError):
    """The same request may succeed a little later."""


class NetworkError(TemporaryError):
    """No connection, a timeout, or a body shorter than announced."""


class ServerError(TemporaryError):
    """The server answered 5xx."""


class BadAnswer(TemporaryError):
    """The API answered 200 with something that is not JSON, or not a photo."""


class BadPicture(TemporaryError):
    """What arrived under a picture's URL is not a whole picture."""


class PermanentError(UnsplashAssetsError):
    """The same request would fail again: a person, or another photo, is needed."""


class KeyRefused(PermanentError):
    """The API does not accept the Access Key (401)."""


class AccessDenied(PermanentError):
    """The API denies access for a reason that is not the quota (403 with JSON)."""


class NoPhotos(PermanentError):
    """Nothing matches the topic, or the step before has left nothing to work on."""


class RequestRefused(PermanentError):
    """The server refuses the request itself (another 4xx)."""


class TooLarge(PermanentError):
    """An answer has more bytes than the limit allows."""


class PhotoRefused(PermanentError):
    """This one photo will not become a picture here, such as one that is denied or too large."""


class PhotoGone(PhotoRefused):
    """The pictures' server says that it has the photo no more (404, 410, or a placeholder)."""


class PhotoDenied(PhotoRefused):
    """The pictures' server denies it (401, 403, 407): a trouble that a few tries would not end."""


class QuotaSpent(UnsplashAssetsError):
    """The API's hourly quota is used up; a retry would only cost more of it."""
