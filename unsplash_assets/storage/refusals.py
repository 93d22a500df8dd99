"""What it means when the system refuses something: the trouble of one file, or of the library.

Names and sizes are the trouble of one file: others can be stored. A full disk, a disk that only
reads or is not there, and missing rights are the trouble of the whole library.
"""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from unsplash_assets.errors import FileRefused, LibraryError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_NAME: Final = frozenset({errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ, errno.EPERM})
"""A name that is too long, or has a character that the file system does not know. Some say that
such a name is not permitted; a folder without the right to write there is another error, EACCES."""
_ONE_FILE: Final = _NAME | {errno.EFBIG}
_LACKING: Final = frozenset({errno.EINVAL, errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})


def is_of_a_name(error: OSError) -> bool:
    """Whether a file system refuses a name, so that it has no file of that name either."""
    return error.errno in _NAME


def is_of_one_file(error: OSError) -> bool:
    """Whether others may be stored nevertheless."""
    return error.errno in _ONE_FILE


def is_lacking(error: OSError) -> bool:
    """Whether a file system has no such ability, as some network folders have no locks."""
    return error.errno in _LACKING


@contextmanager
def translate_errors(root: Path, *, of_one_file: bool = False) -> Iterator[None]:
    """Turn an OSError into a LibraryError that says what to do.

    With `of_one_file` it becomes FileRefused where it is the trouble of the file alone.
    """
    try:
        yield
    except OSError as error:
        if of_one_file and is_of_one_file(error):
            raise FileRefused(
                f"the file system of the library {root} refuses the photo's file ({error.strerror})"
            ) from error
        raise library_error(root, error) from error


def library_error(root: Path, error: OSError) -> LibraryError:
    """Return the one line that says what to do."""
    if error.errno in _FULL:
        return LibraryError(f"the disk of the library {root} is full: free some space")
    if error.errno == errno.EROFS:
        return LibraryError(
            f"the library {root} cannot be written, because its file system is read-only: mount "
            "it writable, or choose another folder with UNSPLASH_LIBRARY"
        )
    return LibraryError(
        f"the library {root} cannot be written ({error.strerror or error}): "
        "check its permissions, or choose another folder with UNSPLASH_LIBRARY"
    )
