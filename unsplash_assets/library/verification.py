"""Verifies the library: reads every file and compares it with its SHA-256.

    missing PATH    there is no file
    damaged PATH    the file is not the one that was stored: cut, altered, or unreadable
    unknown PATH    a file that no photo has; it is reported and never touched

Findings are recorded in `catalogue.integrity`, as is a damaged file that is whole again. Runs may
work at the same time: nothing is recorded about a file that has changed since it was read. Bad
files are downloaded again by `repair`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from threading import Lock
from typing import Final, Literal, get_args

from unsplash_assets.catalogue.integrity import AT_ONCE, Integrity, Verdict
from unsplash_assets.errors import BadPicture, StoreUnavailable
from unsplash_assets.images.embedding import read_packet
from unsplash_assets.library.opening import Library, check_place
from unsplash_assets.model.photos import FileRecord, PhotoState
from unsplash_assets.storage.stores.base import FileState, Stamp, Store

_UNREAD_AT_MOST: Final = 10
"""Files that a bucket may fail to give before the rest is not asked for."""
_LOOKS: Final = 10
"""A file that changes during so many looks in a row is left to the next verification."""

Kind = Literal["missing", "damaged", "unknown"]
FINDINGS: Final[tuple[Kind, ...]] = get_args(Kind)
Progress = Callable[[int, int, int], None]
"""Called after each file: with files done, files in all, and bytes done."""


@dataclass(frozen=True)
class Finding:
    """What is wrong with one file; its text is the line that people and programs read."""

    kind: Kind
    path: str
    """Relative to the library, with `/` between its parts."""
    photo_id: str | None = None
    """None for an unknown file."""

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"


@dataclass(frozen=True)
class Verification:
    """What a verification has found."""

    files: int
    bytes: int
    findings: tuple[Finding, ...]
    """In the order of their paths."""
    unread: int = 0
    """Files about which nothing is known, because a bucket did not give them."""
    trouble: str | None = None
    """Why it did not give the first of them."""
    read: int | None = None
    """How many files were read, where the others were only looked at; None if all were."""

    def count(self, kind: Kind) -> int:
        """Count the findings of a kind."""
        return sum(finding.kind == kind for finding in self.findings)

    @property
    def bad(self) -> tuple[Finding, ...]:
        """The findings of photos whose file is not whole."""
        return tuple(finding for finding in self.findings if finding.kind != "unknown")


def verify(
    library: Library,
    on_progress: Progress = lambda *_: None,
    threads: int | None = None,
    *,
    quick: bool = False,
) -> Verification:
    """Read every file of the library, and record which are damaged.

    A quick one reads only what has another size than it should, or another mark than the last one
    that read it has noted: it misses what changes neither.

    Files that no photo has are listed before and checked again after, so files that a run stores
    meanwhile are not among them. Raises LibraryMissing if the library's disk goes meanwhile.
    """
    integrity, store = library.integrity, library.store
    strangers = list(_unclaimed(integrity, store.walk()))
    total, files, size = integrity.count(), 0, 0
    findings, troubles = list[Finding](), list[StoreUnavailable]()
    glance = _Glance(store) if quick else None
    judge = glance.judge if glance else partial(_judge, store)
    with ThreadPoolExecutor(threads or store.readers, thread_name_prefix="verify") as pool:
        for records in integrity.records():
            verdicts = []
            for verdict in pool.map(partial(_judged, judge), records):
                if isinstance(verdict, StoreUnavailable):
                    troubles.append(verdict)
                    if len(troubles) > _UNREAD_AT_MOST:
                        raise verdict
                    continue
                files, size = files + 1, size + (verdict.state.bytes if verdict.state else 0)
                on_progress(files, max(files, total), size)
                verdicts.append(verdict)
            findings += _settle(library, verdicts)
            if not library.database.is_read_only:
                integrity.note(glance.seen(verdicts) if glance else verdicts)
    still_there = (path for path in strangers if store.stamp(path) is not None)
    strangers = list(_unclaimed(integrity, still_there))
    findings += [Finding("unknown", path) for path in strangers]
    return Verification(
        files,
        size,
        tuple(sorted(findings, key=lambda found: found.path)),
        len(troubles),
        str(troubles[0]) if troubles else None,
        len(glance.read) if glance else None,
    )


def uncredited(library: Library) -> Iterator[str]:
    """Yield the paths of stored pictures without a credit in the file; damaged ones are skipped."""
    for records in library.integrity.records():
        for record in records:
            is_stored = record.state == PhotoState.STORED
            if is_stored and not _is_credited(library.store, record.path):
                yield record.path


class _Glance:
    """Judges files by lists of their folders, and reads those that look changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = Lock()
        self._folders: dict[str, Mapping[str, Stamp]] = {}
        self.read: set[str] = set()
        """The paths of the files that were read."""

    def judge(self, record: FileRecord) -> Verdict:
        stamp = self._listed(record.path.rpartition("/")[0]).get(record.path)
        if stamp and self._is_as_it_was(record, stamp):
            return Verdict(record, FileState(stamp, record.bytes, record.sha256), None)
        self.read.add(record.path)
        return _judge(self._store, record)

    def _is_as_it_was(self, record: FileRecord, stamp: Stamp) -> bool:
        is_right = record.state == PhotoState.STORED and stamp[-2] == record.bytes
        return is_right and record.seen in {None, self._store.mark(stamp)}

    def seen(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """Return the verdicts on files that were read."""
        return [verdict for verdict in verdicts if verdict.record.path in self.read]

    def _listed(self, folder: str) -> Mapping[str, Stamp]:
        with self._lock:
            if folder not in self._folders:
                self._folders[folder] = self._store.stamps(folder)
            return self._folders[folder]


def _judged(
    judge: Callable[[FileRecord], Verdict], record: FileRecord
) -> Verdict | StoreUnavailable:
    """Judge a file, or return why nothing can be said about it."""
    try:
        return judge(record)
    except StoreUnavailable as error:
        return error


def _judge(store: Store, record: FileRecord) -> Verdict:
    state = store.inspect(record.path)
    if state is None:
        fault = "there is no file"
    elif state.sha256 is None:
        fault = "the file cannot be read"
    elif state.bytes != record.bytes:
        fault = f"the file has {state.bytes} bytes instead of {record.bytes}"
    elif state.sha256 != record.sha256:
        fault = "the file is not the one that was stored"
    else:
        fault = None
    return Verdict(record, state, fault)


def _settle(library: Library, verdicts: Sequence[Verdict]) -> Iterator[Finding]:
    """Record what is new, and yield what is bad; look again at what changed meanwhile.

    A catalogue that can only be read has nothing recorded.
    """
    for _ in range(_LOOKS):
        news = [v for v in verdicts if v.fault or v.record.state != PhotoState.STORED]
        if not news:
            return
        if any(verdict.state is None for verdict in news):
            check_place(library)  # its disk may have gone meanwhile
        if library.database.is_read_only:
            yield from _findings(news)
            return
        recorded = library.integrity.record(news)
        yield from _findings(recorded.held)
        verdicts = [_judge(library.store, record) for record in recorded.changed]


def _findings(verdicts: Sequence[Verdict]) -> Iterator[Finding]:
    for verdict in verdicts:
        if verdict.fault:
            kind: Kind = "damaged" if verdict.state else "missing"
            yield Finding(kind, verdict.record.path, verdict.record.photo_id)


def _unclaimed(integrity: Integrity, paths: Iterator[str]) -> Iterator[str]:
    while some := list(islice(paths, AT_ONCE)):
        yield from integrity.unclaimed(some)


def _is_credited(store: Store, path: str) -> bool:
    try:
        with store.open(path) as picture:
            return read_packet(picture) is not None
    except BadPicture:
        return False
    except OSError:  # gone since, or not to be read: what `verify` finds
        return True
