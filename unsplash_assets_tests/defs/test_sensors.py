"""Tests of the sensor, with a real catalogue and real programs as viewers."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from unsplash_assets.definitions import build_definitions
from unsplash_assets.settings.settings import Settings
from unsplash_assets_tests.conftest import MakeSettings
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.runs import Project
from unsplash_assets_tests.support.waiting import eventually
from unsplash_assets_tests.viewer.test_programs import Viewers, posix_only

pytestmark = pytest.mark.process

OPENED_BEFORE = "the gallery was opened before: unsplash-assets open shows it again"


class Daemon:
    """Evaluates the sensor of a project as Dagster's daemon does: it keeps the cursor."""

    def __init__(self, settings: Settings) -> None:
        self.project = Project(settings)
        self.cursor: str | None = None
        self.restart()

    def restart(self, **changed: Any) -> None:
        """Start the code server anew, with other settings."""
        settings = replace(self.project.settings, **changed)
        self.project = Project(settings, self.project.instance)
        self.now = settings
        repository = build_definitions(settings, read=lambda: self.now).get_repository_def()
        self._sensor = repository.get_sensor_def("open_new_images")

    @property
    def seconds_between_looks(self) -> int | None:
        return self._sensor.minimum_interval_seconds

    def look(self) -> str | None:
        """Evaluate the sensor once; return what it said."""
        instance = self.project.instance
        with dg.build_sensor_context(instance=instance, cursor=self.cursor) as context:
            data = self._sensor.evaluate_tick(context)
        self.cursor = data.cursor
        return data.skip_message

    def bring(self, count: int = 1) -> str:
        """Store pictures; return the path of the newest, relative to the library."""
        self.project.run("nature", photos_per_run=count)
        return str(self.project.newest("nature").path)

    def make_page(self) -> Path:
        """Write the gallery's page."""
        page = self.project.settings.library / "index.html"
        page.parent.mkdir(exist_ok=True)
        page.write_text("<!DOCTYPE html><title>Photos</title>")
        return page


class Shown:
    """What the viewers were asked to open."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def paths(self, expected: int) -> list[str]:
        """Return it once that many are there."""
        eventually(lambda: len(self._lines()) >= expected)
        return self._lines()

    def _lines(self) -> list[str]:
        return self.file.read_text().splitlines() if self.file.exists() else []


@pytest.fixture
def shown(tmp_path: Path) -> Shown:
    return Shown(tmp_path / "shown")


@pytest.fixture
def command(processes: Processes, tmp_path: Path, shown: Shown) -> str:  # noqa: ARG001
    """The beginning of a command that notes its last word."""
    script = tmp_path / "viewer.py"
    script.write_text(
        "import sys\nwith open(sys.argv[1], 'a') as f: f.write(sys.argv[2] + '\\n')\n"
    )
    return f"{sys.executable} {script} {shown.file}"


@pytest.fixture
def daemon(make_settings: MakeSettings, command: str) -> Daemon:
    return Daemon(make_settings(topics="nature", viewer=f"{command} {{path}}"))


@pytest.fixture
def desktop(daemon: Daemon, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the daemon a screen, and the system's opener a stand-in that notes what it gets."""
    for name in ("xdg-open", "open"):
        opener = tmp_path / "bin" / name
        opener.parent.mkdir(exist_ok=True)
        opener.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    daemon.restart(has_screen=True)


def test_a_new_picture_is_opened_once(daemon: Daemon, shown: Shown) -> None:
    daemon.look()
    picture = daemon.bring()
    assert daemon.look() == f"opened {picture}"
    assert daemon.look() == "no new picture"
    assert shown.paths(1) == [str(daemon.project.settings.library / picture)]


def test_what_was_there_before_the_first_look_stays_closed(daemon: Daemon, shown: Shown) -> None:
    daemon.bring()
    assert daemon.look() == "no new picture"
    assert daemon.look() == "no new picture"
    assert shown.paths(0) == []


def test_a_restart_opens_nothing_again(daemon: Daemon, shown: Shown) -> None:
    daemon.look()
    daemon.bring()
    daemon.look()
    daemon.restart()
    assert daemon.look() == "no new picture"
    assert len(shown.paths(1)) == 1


@pytest.mark.parametrize(
    ("viewer", "said"),
    [
        ("auto", "there is no screen"),
        ("gallery", "there is no screen"),
        ("off", "UNSPLASH_VIEWER is off"),
    ],
)
def test_what_stands_in_the_way_is_said_at_each_look(
    daemon: Daemon, viewer: str, said: str
) -> None:
    daemon.restart(viewer=viewer)
    for _ in range(3):
        assert said in (daemon.look() or "")


def test_a_look_at_what_cannot_be_shown_is_rare(daemon: Daemon) -> None:
    assert daemon.seconds_between_looks == 10
    daemon.restart(viewer="off")
    assert daemon.seconds_between_looks == 600


@pytest.mark.parametrize("unseen", [{"viewer": "off"}, {"viewer": "auto", "has_screen": False}])
def test_nothing_is_opened_of_what_came_while_nothing_could_be_shown(
    daemon: Daemon, shown: Shown, unseen: dict[str, Any]
) -> None:
    before = daemon.project.settings.viewer
    daemon.look()
    daemon.restart(**unseen)
    daemon.look()
    daemon.bring()
    daemon.restart(viewer=before)
    assert daemon.look() == "no new picture"
    after = daemon.bring()
    assert daemon.look() == f"opened {after}"
    assert len(shown.paths(1)) == 1


def test_a_first_start_that_shows_nothing_needs_no_library(daemon: Daemon) -> None:
    daemon.restart(viewer="off")
    daemon.look()
    assert not daemon.project.settings.library.exists()


@posix_only
@pytest.mark.usefixtures("desktop")
def test_the_gallery_is_opened_once_it_is_there_and_never_again(
    daemon: Daemon, shown: Shown
) -> None:
    daemon.restart(viewer="gallery")
    assert daemon.look() == "no gallery yet"
    page = daemon.make_page()
    assert daemon.look() == "opened the gallery"
    assert daemon.look() == OPENED_BEFORE
    daemon.bring()
    daemon.restart()
    assert daemon.look() == OPENED_BEFORE
    assert shown.paths(1) == [str(page)]


@posix_only
@pytest.mark.usefixtures("desktop")
def test_the_gallery_of_each_mode_is_opened_once(daemon: Daemon, shown: Shown) -> None:
    daemon.restart(viewer="gallery")
    daemon.make_page()
    assert daemon.look() == "opened the gallery"
    daemon.restart(api_key="x" * 43)
    assert daemon.look() == "opened the gallery"
    daemon.restart(api_key=None)
    assert daemon.look() == OPENED_BEFORE
    assert len(shown.paths(2)) == 2


@posix_only
@pytest.mark.usefixtures("desktop")
def test_one_viewer_after_another_shows_nothing_twice(daemon: Daemon, shown: Shown) -> None:
    expected: list[str] = []

    def opens(what: str) -> None:
        expected.append(what)
        assert (daemon.look() or "").startswith("opened ")
        assert [Path(path).name for path in shown.paths(len(expected))] == expected

    daemon.restart(viewer="auto")
    daemon.look()
    opens(Path(daemon.bring()).name)
    daemon.restart(viewer="gallery")
    daemon.make_page()
    opens("index.html")
    daemon.bring()
    daemon.restart(viewer="auto")
    assert daemon.look() == "no new picture"
    opens(Path(daemon.bring()).name)
    daemon.restart(viewer="off")
    daemon.look()
    daemon.bring()
    daemon.restart(viewer="auto")
    assert daemon.look() == "no new picture"
    opens(Path(daemon.bring()).name)
    daemon.restart(viewer="gallery")
    assert daemon.look() == OPENED_BEFORE
    assert len(shown.paths(4)) == 4


@pytest.mark.parametrize("loaded", [{}, {"viewer": "off"}], ids=["shows", "shows nothing"])
def test_a_look_with_changed_settings_says_so_and_opens_nothing(
    daemon: Daemon, shown: Shown, loaded: dict[str, Any]
) -> None:
    daemon.look()
    daemon.restart(**loaded)
    daemon.bring()
    before = daemon.cursor
    daemon.now = replace(daemon.now, viewer="gallery")
    said = daemon.look() or ""
    assert said.startswith("UNSPLASH_VIEWER changed after Dagster loaded the settings, so nothing ")
    assert daemon.cursor == before
    assert shown.paths(0) == []


def test_nothing_is_opened_while_the_disk_of_the_library_is_not_mounted(
    make_settings: MakeSettings, command: str, shown: Shown
) -> None:
    tmp_path = Path.cwd()
    catalogue = f"sqlite:///{tmp_path}/catalogue.db"
    viewer = f"{command} {{path}}"
    daemon = Daemon(
        make_settings(topics="nature", viewer=viewer, library="photos", catalogue=catalogue)
    )
    daemon.look()
    picture = daemon.bring()
    library = daemon.project.settings.library
    disk = library.rename(tmp_path / "the disk")
    library.mkdir()
    for _ in range(2):
        said = daemon.look() or ""
        assert said.startswith(f"none of the stored photos is in {library}: its disk seems not to")
    assert list(library.iterdir()) == []
    library.rmdir()
    disk.rename(library)
    assert daemon.look() == f"opened {picture}"
    assert shown.paths(1) == [str(library / picture)]


def test_a_viewer_that_has_failed_is_named_at_a_later_look(daemon: Daemon) -> None:
    fails = "import time; time.sleep(0.5); raise SystemExit(3)"
    daemon.restart(viewer=f'{sys.executable} -c "{fails}" {{path}}')
    daemon.look()
    picture = daemon.bring()
    assert daemon.look() == f"opened {picture}"
    said = eventually(lambda: said if (said := daemon.look()) != "no new picture" else None)
    assert said == f"no new picture; the viewer {Path(sys.executable).name!r} exited with 3"
    assert daemon.look() == "no new picture"


@posix_only
@pytest.mark.usefixtures("desktop")
def test_a_look_gives_the_reason_where_too_many_viewers_are_still_open(
    daemon: Daemon, tmp_path: Path
) -> None:
    for opener in (tmp_path / "bin").iterdir():
        opener.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    daemon.restart(viewer="auto")
    daemon.look()
    viewers, said = Viewers(), []
    for _ in range(4):
        daemon.bring()
        said.append((daemon.look() or "").partition(" ")[0])
    viewers.close()
    assert said == ["opened", "opened", "opened", "3"]
