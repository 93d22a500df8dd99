"""The proof of the library: every file is read through and compared with its SHA-256.

    missing PATH    there is no file
    damaged PATH    it is not the file that was stored: cut, altered, or not to be read
    unknown PATH    a file that no photo has: told, never touched

What is found is written down (`damage`), and what was damaged and is whole again, too. It is
safe beside runs, for nothing is written of a file that has changed since it was read. How bad
files become whole is in `repairing`.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Final, Literal, get_args

from unsplash_assets.catalogue.integrity import AT_ONCE, FileRecord, Integrity, Verdict
from unsplash_assets.errors import BadPicture
from unsplash_assets.images.embedding import read_packet
from unsplash_assets.storage.folder import Folder

THREADS: Final = 4
"""Files that are read at the same time: enough for a fast disk, not too many for a slow one."""

_LOOKS: Final = 10
"""At so many in a row, a file that changes each time is left to another verification."""

Kind = Literal["missing", "damaged", "unknown"]
FINDINGS: Final[tuple[Kind, ...]] = get_args(Kind)
Progress = Callable[[int, int, int], None]
"""Is told after each file: how many are done, of how many, and how many bytes these had."""


@dataclass(frozen=True)
class Finding:
    """What is not as it should be of one file; its text is its line for people and programs."""

    kind: Kind
    path: str
    """Relative to the library, with `/` between its parts."""
    photo_id: str | None = None
    """None for an unknown file."""

    @property
    def is_bad(self) -> bool:
        """Whether a photo's file is not whole."""
        return self.kind != "unknown"

    def __str__(self) -> str:
        return f"{self.kind} {self.path}"


@dataclass(frozen=True)
class Verification:
    """What the proof of a library came to."""

    files: int
    bytes: int
    findings: tuple[Finding, ...]
    """In the order of their paths."""

    def count(self, kind: Kind) -> int:
        """Count the findings of a kind."""
        return sum(finding.kind == kind for finding in self.findings)

    @property
    def bad(self) -> tuple[Finding, ...]:
        """The findings of photos whose file is not whole."""
        return tuple(finding for finding in self.findings if finding.is_bad)


def verify(
    integrity: Integrity,
    folder: Folder,
    progress: Progress = lambda *_: None,
    threads: int = THREADS,
) -> Verification:
    """Read every file of the library, and write down which are damaged.

    Files that no photo has are looked for before and looked at again after, so that those of
    runs at work are not among them.
    """
    strangers = list(_unclaimed(integrity, folder.walk()))
    total, files, size = integrity.count(), 0, 0
    findings: list[Finding] = []
    with ThreadPoolExecutor(threads, thread_name_prefix="proof") as pool:
        for records in integrity.records():
            verdicts = []
            for verdict in pool.map(lambda record: _judge(folder, record), records):
                files, size = files + 1, size + (verdict.look.bytes if verdict.look else 0)
                progress(files, max(files, total), size)
                verdicts.append(verdict)
            findings += _settle(integrity, folder, verdicts)
    strangers = list(_unclaimed(integrity, _still_there(folder, strangers)))
    findings += [Finding("unknown", path) for path in strangers]
    return Verification(files, size, tuple(sorted(findings, key=lambda found: found.path)))


def uncredited(integrity: Integrity, folder: Folder) -> Iterator[str]:
    """Yield the paths of stored pictures that carry no credit; damaged ones are passed over."""
    for records in integrity.records():
        for record in records:
            if record.state == "stored" and not _is_credited(folder, record.path):
                yield record.path


def _judge(folder: Folder, record: FileRecord) -> Verdict:
    look = folder.look(record.path)
    if look is None:
        fault = "there is no file"
    elif look.sha256 is None:
        fault = "the file cannot be read"
    elif look.bytes != record.bytes:
        fault = f"the file has {look.bytes} bytes instead of {record.bytes}"
    elif look.sha256 != record.sha256:
        fault = "the file is not the one that was stored"
    else:
        fault = None
    return Verdict(record, look, fault)


def _settle(integrity: Integrity, folder: Folder, verdicts: Sequence[Verdict]) -> Iterator[Finding]:
    """Write down what is news, and yield what is bad; look again at what changed meanwhile."""
    for _ in range(_LOOKS):
        news = [v for v in verdicts if v.fault or v.record.state != "stored"]
        if not news:
            return
        written = integrity.write_down(news)
        for verdict in written.held:
            if verdict.fault:
                kind: Kind = "damaged" if verdict.look else "missing"
                yield Finding(kind, verdict.record.path, verdict.record.photo_id)
        verdicts = [_judge(folder, record) for record in written.changed]


def _still_there(folder: Folder, paths: Sequence[str]) -> Iterator[str]:
    return (path for path in paths if folder.stamp(path) is not None)


def _unclaimed(integrity: Integrity, paths: Iterator[str]) -> Iterator[str]:
    while some := list(islice(paths, AT_ONCE)):
        yield from integrity.unclaimed(some)


def _is_credited(folder: Folder, path: str) -> bool:
    try:
        with folder.open(path) as picture:
            return read_packet(picture) is not None
    except BadPicture:
        return False
    except OSError:  # gone since, or not to be read: what `verify` finds
        return True
