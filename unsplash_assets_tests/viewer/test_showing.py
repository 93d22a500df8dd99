"""Tests of `viewer.showing`: what a look opens, and where the next look begins; real programs."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unsplash_assets.viewer.new_pictures import START
from unsplash_assets.viewer.programs import AUTO, GALLERY, Viewer
from unsplash_assets.viewer.showing import Shown, show_new_pictures, show_page
from unsplash_assets_tests.conftest import NOON
from unsplash_assets_tests.support.gallery_library import GalleryLibrary
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.waiting import eventually
from unsplash_assets_tests.viewer.test_programs import joined

MISSING = "no-such-program"
NOTES_ITS_ARGUMENTS = """
import json, sys
with open(sys.argv[1], "a") as file:
    file.write(json.dumps(sys.argv[2:]) + "\\n")
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[GalleryLibrary]:
    library = GalleryLibrary(tmp_path / "library")
    yield library
    library.close()


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Where the program notes its arguments."""
    return tmp_path / "notes"


@pytest.fixture
def command(processes: Processes, tmp_path: Path, notes: Path) -> str:  # noqa: ARG001
    """The beginning of a command, to which its arguments are added."""
    script = tmp_path / "notes.py"
    script.write_text(NOTES_ITS_ARGUMENTS)
    return joined(sys.executable, str(script), str(notes))


def noted(notes: Path, count: int) -> list[list[str]]:
    """Return what the programs were given, in any order, once so many have noted it."""

    def lines() -> list[str]:
        return notes.read_text().splitlines() if notes.exists() else []

    eventually(lambda: len(lines()) >= count)
    return sorted(json.loads(line) for line in lines())


class Looker:
    """Looks again and again, as the sensor does: each look begins where the last one ended."""

    def __init__(self, library: GalleryLibrary) -> None:
        self.library = library
        self.now = NOON
        self.cursor = START

    def look(self, viewer: Viewer, after: float = 10.0) -> str:
        """Look for new pictures; return the message."""
        self.now += after
        folder, photos = self.library.folder, self.library.catalogue
        return self._after(show_new_pictures(viewer, folder, photos, self.cursor, self.now))

    def look_for_page(self, viewer: Viewer) -> str:
        """Look for the gallery's page; return the message."""
        folder, photos = self.library.folder, self.library.catalogue
        return self._after(show_page(viewer, folder, photos, self.cursor))

    def _after(self, shown: Shown) -> str:
        self.cursor = shown.cursor
        return shown.message


@pytest.fixture
def looker(library: GalleryLibrary) -> Looker:
    return Looker(library)


@pytest.mark.process
def test_new_pictures_are_opened_and_named(
    library: GalleryLibrary, looker: Looker, command: str, notes: Path
) -> None:
    viewer = Viewer(f"{command} {{path}}", has_screen=False)
    library.hang()
    assert looker.look(viewer) == "no new picture"
    first, second = library.hang(2)
    assert looker.look(viewer) == f"opened {first.path}, {second.path}"
    assert looker.look(viewer) == "no new picture"
    paths = [str(library.folder.path(photo.path)) for photo in (first, second)]
    assert noted(notes, 2) == sorted([path] for path in paths)


@pytest.mark.process
def test_a_command_gets_credit_topic_and_page_of_its_picture(
    library: GalleryLibrary, looker: Looker, command: str, notes: Path
) -> None:
    viewer = Viewer(f"{command} {{credit}} {{topic}} {{url}} {{path}}", has_screen=False)
    looker.look(viewer)
    (photo,) = library.hang(
        topic="rock & roll", photographer="Zoë; $(id)", page_url="https://unsplash.com/photos/x"
    )
    looker.look(viewer)
    words = ["Photo by Zoë; $(id) on Unsplash", "rock & roll", "https://unsplash.com/photos/x"]
    assert noted(notes, 1) == [[*words, str(library.folder.path(photo.path))]]


@pytest.mark.process
def test_no_more_pictures_are_opened_than_the_viewer_allows(
    library: GalleryLibrary, looker: Looker, command: str, notes: Path
) -> None:
    viewer = Viewer(f"{command} {{path}}", has_screen=False)
    looker.look(viewer)
    stored = library.hang(viewer.max_pictures + 2)
    newest = stored[-viewer.max_pictures :]
    assert looker.look(viewer) == f"opened {', '.join(photo.path for photo in newest)}"
    assert looker.look(viewer) == "no new picture"
    assert len(noted(notes, len(newest))) == len(newest)


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_a_viewer_that_cannot_be_started_is_the_message_and_nothing_is_tried_again(
    library: GalleryLibrary, looker: Looker
) -> None:
    viewer = Viewer(f"{MISSING} {{path}}", has_screen=False)
    looker.look(viewer)
    library.hang(2)
    message = looker.look(viewer)
    assert message.startswith(f"UNSPLASH_VIEWER: {MISSING!r} cannot be started")
    assert looker.look(viewer) == "no new picture"


def test_a_desktop_without_an_opener_is_the_message(
    library: GalleryLibrary, looker: Looker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    viewer = Viewer(AUTO, has_screen=True, platform="linux")
    looker.look(viewer)
    library.hang()
    assert looker.look(viewer).startswith("xdg-open is missing")


def page_viewer(command: str) -> Viewer:
    return Viewer(GALLERY, has_screen=False, browsers=(command,))


@pytest.mark.process
def test_without_a_page_there_is_nothing_to_open(looker: Looker, command: str, notes: Path) -> None:
    assert looker.look_for_page(page_viewer(command)) == "no gallery yet"
    assert looker.cursor == START
    assert not notes.exists()


@pytest.mark.process
def test_the_page_is_opened_once(
    library: GalleryLibrary, looker: Looker, command: str, notes: Path
) -> None:
    library.hang()
    library.write()
    page = library.page
    assert looker.look_for_page(page_viewer(command)) == "opened the gallery"
    assert noted(notes, 1) == [[page.as_uri()]]
    again = looker.look_for_page(page_viewer(command))
    assert again == "the gallery was opened before: unsplash-assets open shows it again"
    library.hang()
    library.write()
    assert looker.look_for_page(page_viewer(command)) == again
    assert len(noted(notes, 1)) == 1


@pytest.mark.process
def test_the_page_of_each_catalogue_is_opened_once(
    library: GalleryLibrary, looker: Looker, command: str, notes: Path, tmp_path: Path
) -> None:
    library.write()
    looker.look_for_page(page_viewer(command))
    another = GalleryLibrary(tmp_path / "another")
    another.write()
    looker.library = another
    assert looker.look_for_page(page_viewer(command)) == "opened the gallery"
    looker.library = library
    assert looker.look_for_page(page_viewer(command)).startswith("the gallery was opened before")
    assert len(noted(notes, 2)) == 2
    another.close()


@pytest.mark.process
def test_a_page_that_could_not_be_opened_is_opened_when_it_can(
    library: GalleryLibrary, looker: Looker, command: str, notes: Path
) -> None:
    library.write()
    message = looker.look_for_page(page_viewer(MISSING))
    assert message.startswith(f"BROWSER: {MISSING!r} cannot be started")
    assert looker.cursor.pages == ()
    assert looker.look_for_page(page_viewer(command)) == "opened the gallery"
    assert len(noted(notes, 1)) == 1


@pytest.mark.process
def test_pictures_that_came_while_the_page_was_shown_stay_closed(
    library: GalleryLibrary, looker: Looker, command: str, notes: Path
) -> None:
    viewer = Viewer(f"{command} {{path}}", has_screen=False)
    looker.look(viewer)
    library.hang()
    library.write()
    looker.look_for_page(page_viewer(command))
    assert looker.look(viewer) == "no new picture"
    (photo,) = library.hang()
    assert looker.look(viewer) == f"opened {photo.path}"
    assert len(noted(notes, 2)) == 2
