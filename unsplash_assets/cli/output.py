"""How every command writes: data to standard output, words to standard error.

Nothing else in this room writes to either. Data must arrive whole, or the command fails with one
line. Words are only helpful: where they cannot be written, the work goes on without them.
"""

import errno
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final, TextIO

import click

from unsplash_assets.errors import UnsplashAssetsError

_COLOURS: Final = re.compile(rb"\x1b\[[0-9;]*m")
_READER_GONE: Final = frozenset({errno.EPIPE, errno.EINVAL})
"""The errors of a pipe whose reader has closed it; EINVAL on Windows."""


@contextmanager
def data_output() -> Iterator[TextIO]:
    """Give standard output for data: UTF-8 on every system, line ends exactly as written.

    The name of a file is written as its own bytes, even if they are no UTF-8. Ends silently when a
    reader such as `head` closes the pipe. Raises UnsplashAssetsError if the output cannot be
    written for another reason, such as a full disk.
    """
    with _written() as output:
        if isinstance(output, io.TextIOWrapper):
            output.reconfigure(encoding="utf-8", errors="surrogateescape", newline="")
        yield output


@contextmanager
def text_output() -> Iterator[TextIO]:
    """Give standard output for a person: in its own encoding, and what that lacks is escaped.

    It ends and fails as `data_output` does.
    """
    with _written() as output:
        if isinstance(output, io.TextIOWrapper):
            output.reconfigure(errors="backslashreplace")
        yield output


def say(words: str) -> None:
    """Write a line to standard error, if that is possible."""
    try:
        click.echo(words, err=True)
    except OSError:
        _silence(sys.stderr)


def write_plain(line: bytes) -> None:
    """Write a line of another program to standard output, without its colours."""
    with suppress(OSError, ValueError, AttributeError):  # nobody reads it: the program goes on
        sys.stdout.buffer.write(_COLOURS.sub(b"", line))
        sys.stdout.buffer.flush()


@contextmanager
def guarded() -> Iterator[None]:
    """Let what click writes by itself, such as its help, fail as `data_output` does."""
    try:
        yield
    except OSError as error:
        if not [stream for stream in (sys.stdout, sys.stderr) if _fails(stream)]:
            raise
        say(f"unsplash-assets: {_message(error)}")
        sys.exit(1)


@contextmanager
def _written() -> Iterator[TextIO]:
    output: TextIO | None = sys.stdout
    if output is None:  # Python sets it to None if file descriptor 1 is closed
        raise UnsplashAssetsError("standard output is closed: redirect it to a file or a program")
    try:
        yield output
        output.flush()
    except OSError as error:
        _silence(output)
        if error.errno not in _READER_GONE:
            raise UnsplashAssetsError(_message(error)) from error


def _message(error: OSError) -> str:
    return f"standard output cannot be written ({error.strerror}): redirect it elsewhere"


def _fails(stream: TextIO | None) -> bool:
    """Return whether a stream cannot write what it still holds, and let it lead nowhere then."""
    if stream is None:
        return False
    try:
        stream.flush()
    except OSError:
        _silence(stream)
        return True
    return False


def _silence(stream: TextIO) -> None:
    """Let a stream lead nowhere: Python would try at exit to write what it still holds."""
    with suppress(OSError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a device
        os.dup2(nowhere.fileno(), stream.fileno())
