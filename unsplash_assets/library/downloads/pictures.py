"""Downloads one picture: received, validated, credited, written once, ready for its name.

Nothing bad gets a final name: the caller publishes the file, and what is published is what was
validated, with the credit in it. Which pictures, and how many at a time, is decided in `bringing`
and `repair`.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import chain, count
from typing import Self

from unsplash_assets.errors import (
    BadPicture,
    FileRefused,
    LibraryError,
    PhotoSpoiled,
)
from unsplash_assets.images.blocks import Content, as_file
from unsplash_assets.images.embedding import embed, read_packet
from unsplash_assets.images.preview import GRID_SIZE, grid_thumbnail
from unsplash_assets.images.validation import SmallCopy, examine
from unsplash_assets.images.xmp import CREDIT_MARK, packet
from unsplash_assets.library.downloads.bodies import receive
from unsplash_assets.model.credit import Credit
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.photos import ChosenPhoto, StoredFile
from unsplash_assets.storage.names import (
    RelativePath,
    other_name,
    photo_path,
    plainer_names,
    thumbnail_path,
)
from unsplash_assets.storage.stores.base import Stamp, Store, TemporaryFile
from unsplash_assets.transport.base import Limits
from unsplash_assets.transport.http import HttpTransport


@dataclass(frozen=True)
class Download:
    """A whole, credited picture in a temporary file, which waits for its name."""

    store: Store
    temporary: TemporaryFile
    file: StoredFile
    """What is stored, under the best name that it may get."""
    names: Iterable[tuple[RelativePath, Stamp | None]]
    """Names that it may get, the best first, with the stamps of the files that it may replace."""
    thumbnail: TemporaryFile | None
    close: Callable[[], None]
    """Removes what was not published."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def publish(self) -> StoredFile:
        """Give the file the best name that the file system takes; return what is stored.

        Raises FileRefused where it takes none, FileTaken where another process was faster, and
        LibraryError where it takes no file at all.
        """
        refusal = None
        for name, replaced in self.names:
            try:
                self.store.publish(self.temporary, name, self.file.sha256, replaced)
            except FileRefused as error:
                refusal = error
            else:
                self._publish_thumbnail()
                return replace(self.file, path=name)
        raise refusal or FileRefused("there is no name for the photo's file")

    def _publish_thumbnail(self) -> None:
        with suppress(LibraryError, FileRefused):  # the gallery makes what it lacks
            if self.thumbnail:
                self.store.publish(self.thumbnail, thumbnail_path(self.file.sha256))


@dataclass(frozen=True)
class Downloader:
    """Downloads pictures into a store, within limits, with the credit in each file."""

    transport: HttpTransport
    store: Store
    limits: Limits
    app_name: str
    mode: Mode
    bad: dict[str, str] = field(default_factory=dict)
    """The SHA-256 of the last bad download of each photo that had one."""

    def download(self, photo: ChosenPhoto, own_path: str = "") -> Download:
        """Download a photo's picture; close the result in any case.

        It gets a name that no stranger's file has; `own_path` is the photo's own file, if any.
        Raises TemporaryError where another try may succeed, PermanentError where it would not,
        and LibraryError where the store takes no file.
        """
        received = receive(self.transport, photo.url, self.limits, self.store)
        with ExitStack() as stack, received as body:
            with self._judged(photo.id, body.content):
                body.check()
                found = examine(body.content, GRID_SIZE)
                credit = packet(Credit(photo, self.app_name, self.mode))
                credited = embed(credit, as_file(body.content))
                temporary = stack.enter_context(self.store.temporary())
                size, digest = self._write(temporary, credited)
            usual = photo_path(photo.topic, photo.description, photo.id, found.format.extension)
            return Download(
                self.store,
                temporary,
                StoredFile(usual, size, found.width, found.height, digest),
                (self._free_name(name, own_path) for name in plainer_names(usual)),
                self._thumbnail(stack, found.small) if found.small else None,
                stack.pop_all().close,
            )

    def _write(self, temporary: TemporaryFile, chunks: Iterable[bytes]) -> tuple[int, str]:
        """Write a whole file, once; return its bytes and their SHA-256."""
        size, digest = 0, hashlib.sha256()
        for chunk in chunks:
            self.store.write(temporary, chunk)
            digest.update(chunk)
            size += len(chunk)
        self.store.complete(temporary)
        return size, digest.hexdigest()

    def _thumbnail(self, stack: ExitStack, small: SmallCopy) -> TemporaryFile | None:
        """Write what the gallery will show; it is made anew where it does not outlive a crash."""
        try:
            content = grid_thumbnail(small)
        except (OSError, SyntaxError, ValueError):
            return None
        temporary = stack.enter_context(self.store.temporary())
        self.store.write(temporary, content)
        return temporary

    @contextmanager
    def _judged(self, photo_id: str, body: Content) -> Iterator[None]:
        """Raise PhotoSpoiled in place of BadPicture if the last download brought the same bytes.

        Nothing arrived is no proof: a connection that ends at once leaves the same nothing twice.
        """
        try:
            yield
        except BadPicture as error:
            content = hashlib.sha256(body).hexdigest() if len(body) else ""
            before, self.bad[photo_id] = self.bad.get(photo_id), content
            if content and content == before:
                raise PhotoSpoiled(f"{error} (two downloads brought the same)") from error
            raise

    def _free_name(self, usual: RelativePath, own_path: str) -> tuple[RelativePath, Stamp | None]:
        """Return the first name that no stranger's file has, with the stamp of what has it."""
        for name in chain((usual,), (other_name(usual, number) for number in count(2))):
            stamp = self.store.stamp(name)
            if stamp is None or name == own_path or self._is_left_behind(name):
                return name, stamp
        raise AssertionError("numbers do not end")

    def _is_left_behind(self, name: RelativePath) -> bool:
        """Whether a file has our credit: then a killed run left it behind."""
        try:
            with self.store.open(name) as file:
                return CREDIT_MARK in (read_packet(file) or b"")
        except (OSError, BadPicture):
            return False
