"""A short life of a library in some folder, to learn what its file system lets it do.

    python -m unsplash_assets_tests.support.odd_disks FOLDER

It brings two photos with the longest names, writes the gallery, and looks for what is wrong; then
it prints what it has. The demo's photos need no network. `odd_disk.c`, loaded before all else, lets
a folder lack something that this machine's own file systems have.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

import pytest

from unsplash_assets.gallery.page import write_gallery
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import open_library, working_on
from unsplash_assets.library.selection import choose
from unsplash_assets.library.verification import verify
from unsplash_assets.model.topics import Filters
from unsplash_assets.settings.settings import Settings, parse
from unsplash_assets_tests.support.processes import Processes, environment

TOPIC: Final = "山" * 60
_SOURCE: Final = Path(__file__).with_name("odd_disk.c")


@dataclass(frozen=True)
class Life:
    """What a library has after a run."""

    stored: list[str]
    not_stored: list[str]
    """The reasons."""
    findings: list[str]
    pages: int
    """Photos on the gallery's page."""


def settings_of(folder: Path, catalogue: str = "") -> Settings:
    """Return the settings of a demo library in a folder."""
    environ = {
        "UNSPLASH_LIBRARY": str(folder),
        "UNSPLASH_CATALOGUE": catalogue,
        "UNSPLASH_TOPICS": TOPIC,
        "UNSPLASH_RENDITION": "thumb",
        "UNSPLASH_PHOTOS_PER_RUN": "2",
    }
    return parse(environ, folder.parent)


def live(settings: Settings, run_id: str = "mine") -> Life:
    """Do what a run does, and verify."""
    with open_library(settings) as library, working_on(library, run_id, TOPIC):
        with library.budget.reserve(1) as grant:
            answer = library.client.random_photos(TOPIC, 2, filters=Filters(), grant=grant)
        named = [replace(photo, alt_description="山" * 60) for photo in answer.photos]
        library.photos.add(TOPIC, named)
        choose(library, TOPIC, run_id)
        brought = bring(library, TOPIC, run_id, last_try=True)
        gallery = write_gallery(library.photos, library.store, settings)
        stored = [photo.path for photo in brought.photos]
        findings = [str(finding) for finding in verify(library).findings]
        return Life(stored, list(brought.not_stored.values()), findings, gallery.photos)


def live_on_odd_disk(processes: Processes, folder: Path, lacks: Mapping[str, int]) -> Life:
    """Let a library live where something is lacking, such as ODD_FLOCK=95; skip without gcc."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs Linux and a C compiler")
    shim = folder.parent / "odd_disk.so"
    compiling = [compiler, "-shared", "-fPIC", "-O1", "-o", str(shim), str(_SOURCE)]
    processes.run(compiling, check=True)
    variables = {name: str(value) for name, value in lacks.items()}
    done = processes.run(
        [sys.executable, "-m", __name__, folder],
        env=environment(LD_PRELOAD=str(shim), ODD_DISK=str(folder), **variables),
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr[-3000:]
    return Life(**json.loads(done.stdout))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asdict(live(settings_of(Path(sys.argv[1]))))))
