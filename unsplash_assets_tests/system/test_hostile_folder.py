"""A library inside a tree of other people's files: none of them changes, whatever happens.

Among them are copies of photos under their own names and ids, sidecars, links, pipes, and names
that no encoding reads. A week of runs, bans, prunes, repairs, verifications and a move passes.
"""

import os
import random
import stat
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

from unsplash_assets.gallery.page import write_gallery
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import Library, open_library, working_on
from unsplash_assets.library.removal import ban
from unsplash_assets.library.repair import repair
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.library.verification import verify
from unsplash_assets.settings.settings import Settings
from unsplash_assets_tests.conftest import Clock, MakeSettings
from unsplash_assets_tests.support.libraries import folder_of

pytestmark = pytest.mark.long

HOUR: Final = 3600.0
HOURS: Final = 7 * 24
FOREIGN: Final = 200

posix_only = pytest.mark.skipif(os.name != "posix", reason="needs pipes and names of any bytes")


def run(settings: Settings, clock: Clock, number: int) -> None:
    """Do what a scheduled run does, for one of the topics."""
    topic, run_id = settings.topic_names[number % len(settings.topics)], f"run {number}"
    with open_library(settings, clock=clock) as library, working_on(library, run_id, topic):
        top_up(library, topic)
        choose(library, topic, run_id)
        bring(library, topic, run_id, last_try=True)
        write_gallery(library.photos, library.store, library.settings)


def strangers(library: Path) -> list[bytes]:
    """Put foreign files into the library and around it; return their paths."""
    photos = sorted(path for path in library.glob("*/*.jpg"))
    made: list[bytes] = []

    def put(path: Path | bytes, content: bytes) -> None:
        place = os.fsencode(path)
        Path(os.fsdecode(place)).parent.mkdir(parents=True, exist_ok=True)
        with open(place, "xb") as file:  # noqa: PTH123 - a name of any bytes
            file.write(content)
        made.append(place)

    for number, photo in enumerate(photos):
        put(library / "my choice" / photo.name, photo.read_bytes())
        put(photo.with_suffix(".xmp"), b"<a sidecar>")
        put(photo.with_name(f"copy of {photo.name}"), photo.read_bytes())
        put(library.parent / f"backup {number}" / photo.parent.name / photo.name, b"another")
    put(library / "_gallery" / "thumbnails" / f"{'ab' * 12}.webp", b"not a thumbnail")
    put(library / "_gallery" / "notes.txt", b"mine")
    put(library / ".incoming" / "mine.part", b"not a download")
    put(library / "catalogue.db.bak", b"a copy")
    put(library / "sea" / "index.html", b"<p>mine</p>")
    put(os.fsencode(library / "sea") + b"/\xff\xfe not text_aaaaaaaaaaa_0.jpg", b"odd")
    put(library / "sea" / "a\nline\x1b[31m.jpg", b"odd")
    os.mkfifo(library / "sea" / "pipe.jpg")
    made.append(os.fsencode(library / "sea" / "pipe.jpg"))
    for name, target in (("link.jpg", "/etc/hostname"), ("nowhere.jpg", "gone")):
        (library / "sea" / name).symlink_to(target)
        made.append(os.fsencode(library / "sea" / name))
    (library / "elsewhere").symlink_to(library.parent)
    made.append(os.fsencode(library / "elsewhere"))
    while len(made) < FOREIGN:
        put(library / "albums" / f"{len(made)}.jpg", bytes([len(made) % 256]) * 100)
    return made


def seen(path: bytes) -> object:
    """Return all that a foreign file is: what kind, since when, and its content."""
    found = os.lstat(path)
    if stat.S_ISLNK(found.st_mode):
        return "link", Path(os.fsdecode(path)).readlink()
    content = Path(os.fsdecode(path)).read_bytes() if stat.S_ISREG(found.st_mode) else b""
    return stat.S_IFMT(found.st_mode), found.st_mtime_ns, found.st_ino, content


def spoil(library: Library, dice: random.Random) -> None:
    """Delete or cut one of the library's own files, as a disk might."""
    photo = dice.choice(library.photos.stored_after(0, newest=50))
    path = folder_of(library).path(photo.path)
    if dice.random() < 0.5:
        path.unlink(missing_ok=True)
    elif path.is_file():
        path.write_bytes(path.read_bytes()[:100])


@posix_only
def test_a_week_leaves_every_foreign_file_as_it_was(
    make_settings: MakeSettings, clock: Clock, tmp_path: Path
) -> None:
    settings = make_settings(
        topics="sea,sky", rendition="small", keep="12", library=str(tmp_path / "home" / "photos")
    )
    dice = random.Random(1)  # noqa: S311 - chance, no secret
    for number in range(10):
        run(settings, clock, number)
    foreign = strangers(settings.library)
    before = {path: seen(path) for path in foreign}
    assert len(before) >= FOREIGN
    for number in range(10, HOURS):
        clock.now += HOUR
        run(settings, clock, number)
        if number % 12 == 0:
            live_through(settings, clock, dice)
    assert {path: seen(path) for path in foreign} == before
    assert len(list(settings.library.glob("*/*.jpg"))) > 12  # it did work meanwhile


def live_through(settings: Settings, clock: Clock, dice: random.Random) -> None:
    """Verify, repair, ban a photo, and move the library there and back."""
    with open_library(settings, clock=clock) as library:
        spoil(library, dice)
        bad = [finding.photo_id for finding in verify(library).bad if finding.photo_id]
        repair(library, bad)
        assert verify(library).bad == ()
        ban(library, dice.choice(library.photos.stored_after(0, newest=50)).id)
    moved = settings.library.with_name("moved")
    settings.library.rename(moved)
    with open_library(replace(settings, library=moved), clock=clock) as library:
        assert verify(library).bad == ()
    moved.rename(settings.library)


@posix_only
def test_a_copy_under_a_photos_own_name_in_another_folder_survives_its_ban(
    make_settings: MakeSettings, clock: Clock
) -> None:
    settings = make_settings(topics="sea", rendition="thumb")
    run(settings, clock, 0)
    with open_library(settings, clock=clock) as library:
        (photo,) = library.photos.stored_after(0, newest=9)
        copy = folder_of(library).path("mine") / Path(photo.path).name
        copy.parent.mkdir()
        copy.write_bytes(b"mine")
        assert ban(library, photo.id).removed == [photo.path]
        assert copy.read_bytes() == b"mine"
