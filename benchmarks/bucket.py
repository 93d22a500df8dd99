"""Measures a library in a bucket: uploads, verification, lists, the gallery, and memory.

    python -m benchmarks.bucket [--photos 10000]

The bucket is on a server (moto) in a process of its own on this machine: what that takes is not
ours, so this process's processor time is given beside the rates.
"""

import argparse
import hashlib
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from unsplash_assets.gallery.page import write_gallery
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.library.verification import verify
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.settings.settings import parse
from unsplash_assets.storage.names import photo_path
from unsplash_assets_tests.catalogue.test_photos import photo
from unsplash_assets_tests.support.buckets import bucket_server, make_bucket, point_to
from unsplash_assets_tests.support.gallery_library import picture

_AT_ONCE = 100
_REST = 40_000


def main() -> None:
    """Fill a folder and a bucket, and print a table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=int, default=10_000)
    photos = parser.parse_args().photos
    with tempfile.TemporaryDirectory() as folder, _server() as server:
        point_to(server)
        root = Path(folder)
        for place in (str(root / "photos"), make_bucket(server)):
            print(place.partition("://")[0] if "://" in place else "folder")
            _measure(root, place, photos)


def _measure(root: Path, place: str, photos: int) -> None:
    environ = {"UNSPLASH_API_KEY": "key", "UNSPLASH_LIBRARY": place, "UNSPLASH_TOPICS": "sea"}
    environ["UNSPLASH_CATALOGUE"] = f"sqlite:///{root}/{len(place)}.db"
    with open_library(parse(environ, root)) as library:
        _time("store", photos, lambda: _fill(library, photos))
        _time("verify", photos, lambda: verify(library))
        _time("verify --quick", photos, lambda: verify(library, quick=True))
        _time("list", photos, lambda: list(library.store.walk()))
        _time("gallery, 1,000 thumbnails", 1, lambda: _gallery(library))
        _time("gallery, nothing new", 1, lambda: _gallery(library))


def _gallery(library: Library) -> None:
    write_gallery(library.photos, library.store, library.settings)


def _fill(library: Library, photos: int) -> None:
    """Store photos as runs do, a hundred in each transaction."""
    content = picture("sea", (600, 400)) + bytes(_REST)  # decoders stop before the rest
    library.runs.begin("run", "sea")
    for first in range(0, photos, _AT_ONCE):
        library.photos.add("sea", [photo(n) for n in range(first, first + _AT_ONCE)])
        chosen = library.photos.choose("sea", _AT_ONCE, "run", "full", lambda urls: urls["full"])
        files = {each.id: _publisher(library, content, each.id) for each in chosen}
        library.photos.publish(files, "run", library.store.each)


def _publisher(library: Library, some: bytes, photo_id: str) -> Callable[[], StoredFile]:
    content = some + photo_id.encode()
    digest, name = hashlib.sha256(content).hexdigest(), photo_path("sea", "waves", photo_id, "jpg")

    def publish() -> StoredFile:
        with library.store.temporary() as file:
            library.store.write(file, content)
            library.store.complete(file)
            library.store.publish(file, name, digest, library.store.stamp(name))
        return StoredFile(name, len(content), 600, 400, digest)

    return publish


def _time(what: str, count: int, work: Callable[[], object]) -> None:
    began, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"  {what:28} {wall:8.1f} s {count / wall:10,.0f}/s {1000 * cpu / count:9.2f} ms CPU each"
        f" {peak:6.0f} MB at most"
    )
    sys.stdout.flush()


@contextmanager
def _server() -> Iterator[str]:
    """Run the server in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve(pipe: Connection) -> None:
    with bucket_server() as url:
        pipe.send(url)
        time.sleep(86_400)


if __name__ == "__main__":
    main()
