"""A bucket of object storage, through obstore: S3 and what speaks like it, Google, Azure.

An object appears whole under its name, or not at all. Before a file counts as published, the bucket
is asked for it. What is written where something else has appeared meanwhile is refused by the
bucket, so a process that slept while another took over its work overwrites nothing.
"""

import hashlib
import secrets
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path, PurePosixPath
from threading import BoundedSemaphore
from typing import Any, BinaryIO, Final, cast
from urllib.parse import quote

import obstore
from obstore.exceptions import InvalidPathError, NotSupportedError

from unsplash_assets.errors import FileTaken, StoreUnavailable, ViewerError
from unsplash_assets.storage.digests import sha256 as sha256_of
from unsplash_assets.storage.names import RelativePath, hidden_name, may_be_a_photo
from unsplash_assets.storage.stores import copies
from unsplash_assets.storage.stores.base import (
    FileState,
    One,
    Over,
    Result,
    Stamp,
    Store,
    TemporaryFile,
)
from unsplash_assets.storage.stores.headers import headers_of
from unsplash_assets.storage.stores.objects import connected, translated

_AT_ONCE: Final = 16
"""Files that are read or published side by side: each waits for the network, most of the time."""
_IN_MEMORY: Final = 2_000_000  # bytes of a file that is read
_CHUNK: Final = 1_000_000  # bytes
_LARGE: Final = 5_000_000  # bytes
_LARGE_AT_ONCE: Final = 2
"""An upload with a condition is in memory as a whole."""
_TOPIC_DEPTH: Final = 2
_DIGEST: Final = "sha256"
"""The name under which an object tells the SHA-256 of its content."""


class Bucket(Store):
    """A bucket, or all that begins with a prefix in one. Temporary files are on this machine."""

    readers = _AT_ONCE
    absence = "is it the right bucket and prefix? Correct UNSPLASH_LIBRARY"

    def __init__(self, root: Path, url: str, public_url: str | None = None) -> None:
        """Use the bucket at `url`, which anybody reads at `public_url`; `root` is local."""
        super().__init__(root)
        self._url = url
        self._public_url = public_url
        self._objects = connected(url)
        self._large = BoundedSemaphore(_LARGE_AT_ONCE)

    @property
    def place(self) -> str:
        """Return the bucket's URL."""
        return self._url

    def shown(self, name: str) -> str:
        """Return the object's URL."""
        return f"{self._url}/{name}"

    def url(self, name: str) -> str:
        """Return the object's public URL, if the bucket has one, or its own."""
        return f"{self._public_url}/{quote(name)}" if self._public_url else self.shown(name)

    def address(self, name: str) -> str:
        """Return the object's public URL."""
        if self._public_url is None:
            raise ViewerError(
                f"no browser opens {self.shown(name)}: set UNSPLASH_LIBRARY_URL, if everybody may "
                "read the bucket"
            )
        return self.url(name)

    def complete(self, file: TemporaryFile) -> None:
        """Write out a temporary file; it is the bucket that has to keep it."""
        self.flush(file)

    def each(self, work: Callable[[One], Result], items: Iterable[One]) -> Iterable[Result]:
        """Do some work for several items at a time."""
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="bucket") as pool:
            return list(pool.map(work, items))

    def publish(
        self, file: TemporaryFile, name: RelativePath, sha256: str = "", over: Over = "any"
    ) -> None:
        """Upload a file, and make sure that the bucket has it.

        Where an answer was lost, the file may be there already: then it is the one with our hash.
        """
        file.file.close()
        digest = sha256 or sha256_of(file.path)
        try:
            turn = self._large if file.path.stat().st_size > _LARGE else nullcontext()
            with turn, translated(self.place):
                etag = self._put(name, file.path, digest, over)
        except FileTaken:
            if self._digest(name) != digest:
                raise
            return
        size, found = file.path.stat().st_size, self.stamp(name)
        if not found or found[-2] != size or (etag and found[0] != etag):
            raise StoreUnavailable(self.place, f"it does not have {name}, which it took")

    def _put(self, name: str, path: Path, digest: str, over: Over) -> str | None:
        attributes: Any = {**headers_of(name), _DIGEST: digest}
        if over != "any":
            mode: Any = {"e_tag": str(over[0])} if over else "create"
            with suppress(NotSupportedError):
                put = obstore.put(self._objects, name, path, attributes=attributes, mode=mode)
                return put["e_tag"]
        return obstore.put(self._objects, name, path, attributes=attributes)["e_tag"]

    def _digest(self, name: str) -> str | None:
        """Return the hash that an object tells of itself."""
        try:
            with translated(self.place):
                found = obstore.get(self._objects, name, options={"head": True})
                return found.attributes.get(_DIGEST)
        except FileNotFoundError:
            return None

    def open(self, name: str) -> BinaryIO:
        """Read a file, into memory or, where it is large, into a file that has no name."""
        self.root.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            where = str(self.root)
            copy = stack.enter_context(tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=where))
            for chunk in self._chunks(name):
                copy.write(chunk)
            copy.seek(0)
            stack.pop_all()
        return cast("BinaryIO", copy)

    def start_of(self, name: str, size: int) -> bytes | None:
        """Ask for the first bytes alone; an empty file has none that could be asked for."""
        with suppress(FileNotFoundError, InvalidPathError), translated(self.place):
            options: Any = {"range": (0, size)}
            try:
                return bytes(obstore.get(self._objects, name, options=options).bytes())
            except obstore.exceptions.GenericError:
                if obstore.head(self._objects, name)["size"]:
                    raise
                return b""
        return None

    @contextmanager
    def local(self, name: str) -> Iterator[Path]:
        """Copy a file to this machine until the `with` ends."""
        with copies.copied(self.root, name, self._chunks(name)) as copy:
            yield copy

    def lasting(self, name: str) -> Path:
        """Copy a file to this machine for a day."""
        with self.local(name) as copy:
            return copies.kept(self.root, name, copy)

    def _chunks(self, name: str) -> Iterator[bytes]:
        """Yield the content of a file, each part as it comes. Raises FileNotFoundError."""
        with translated(self.place):
            yield from obstore.get(self._objects, name).stream(min_chunk_size=_CHUNK)

    def inspect(self, name: str) -> FileState | None:
        """Read a whole file. Where the bucket does not give it, it says nothing about the file."""
        digest, size = hashlib.sha256(), 0
        try:
            with translated(self.place):
                found = obstore.get(self._objects, name)
                for chunk in found.stream(min_chunk_size=_CHUNK):
                    digest.update(chunk)
                    size += len(chunk)
        except FileNotFoundError:
            return None
        return FileState(_stamp(found.meta), size, digest.hexdigest())

    def stamp(self, name: str) -> Stamp | None:
        """Ask for a file's stamp."""
        with suppress(FileNotFoundError, InvalidPathError), translated(self.place):
            return _stamp(obstore.head(self._objects, name))
        return None

    def stamps(self, folder: str) -> Mapping[str, Stamp]:
        """List a folder; the list may be a little older than the files are."""
        return {each["path"]: _stamp(each) for each in self._listed(folder)}

    def mark(self, stamp: Stamp) -> str:
        """Return what tells an object from others: its tag changes with its content."""
        return f"{stamp[0]} {stamp[-2]}"

    def modified_at(self, name: str) -> float:
        """Ask when a file was stored."""
        with translated(self.place):
            return obstore.head(self._objects, name)["last_modified"].timestamp()

    def walk(self, *, topics_only: bool = False) -> Iterator[str]:
        """List the bucket, a thousand files an answer."""
        for found in self._listed():
            parts = PurePosixPath(found["path"]).parts
            is_deep = topics_only and len(parts) > _TOPIC_DEPTH
            if not is_deep and all(may_be_a_photo(p, at_top=not at) for at, p in enumerate(parts)):
                yield found["path"]

    def _listed(self, folder: str | None = None) -> Iterator[Any]:
        with translated(self.place):
            for some in obstore.list(self._objects, folder, chunk_size=1000):
                yield from some

    def delete(self, name: str, size: int | None = None) -> None:  # noqa: ARG002 - nothing is linked
        """Remove a file if it exists."""
        with suppress(FileNotFoundError), translated(self.place):
            obstore.delete(self._objects, name)

    def clean(self, at_work: Collection[str] = ()) -> None:
        """Remove abandoned temporary files and old copies from this machine."""
        super().clean(at_work)
        copies.remove_old(self.root)

    def trial(self) -> str:
        """Upload a small file, and try to replace it by one that believes that there is none."""
        name = hidden_name(f"trial-{secrets.token_hex(8)}")
        try:
            self._upload(name, b"first")
            self._upload(name, b"second")
        except FileTaken:
            return "can be listed, read and written, and refuses what would overwrite unseen"
        finally:
            self.delete(name)
        return "can be written, but overwrites what it should not: see AWS_CONDITIONAL_PUT"

    def _upload(self, name: RelativePath, content: bytes) -> None:
        with self.temporary() as file:
            self.write(file, content)
            self.complete(file)
            self.publish(file, name, over=None)


def _stamp(found: Any) -> Stamp:  # noqa: ANN401 - what obstore says of an object
    version = found["e_tag"] or found["version"] or ""
    return version, found["size"], int(found["last_modified"].timestamp())
