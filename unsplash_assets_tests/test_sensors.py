"""Tests of the sensor, with a real catalogue and a real command as viewer."""

import sys
import time
from pathlib import Path

import dagster as dg
import pytest

from unsplash_assets.definitions import build_definitions
from unsplash_assets.settings import Settings
from unsplash_assets_tests.conftest import Given
from unsplash_assets_tests.runs import Project


class Screen:
    """A project whose viewer writes down what it was asked to open."""

    def __init__(self, project: Project, shown: Path) -> None:
        self.project = project
        self.cursor: str | None = None
        self._shown = shown

    def look(self) -> str:
        """Evaluate the sensor once, as the daemon does; return what it said."""
        sensor = (
            build_definitions(self.project.given)
            .get_repository_def()
            .get_sensor_def("open_new_images")
        )
        context = dg.build_sensor_context(instance=self.project.instance, cursor=self.cursor)
        data = sensor.evaluate_tick(context)
        self.cursor = data.cursor
        return data.skip_message or ""

    def shown(self, expected: int) -> list[str]:
        """Return what the viewer was asked to open, once that many are there."""
        deadline = time.monotonic() + 5
        while len(self._lines()) < expected and time.monotonic() < deadline:
            time.sleep(0.02)
        return self._lines()

    def _lines(self) -> list[str]:
        return self._shown.read_text().splitlines() if self._shown.exists() else []


@pytest.fixture
def screen(given: Given, tmp_path: Path) -> Screen:
    shown, script = tmp_path / "shown", tmp_path / "viewer.py"
    script.write_text(
        "import sys\nwith open(sys.argv[1], 'a') as f: f.write(sys.argv[2] + '\\n')\n"
    )
    command = f"{sys.executable} {script} {shown} {{path}}"
    return Screen(Project(given(topics="nature", viewer=command)), shown)


def test_a_new_picture_is_opened_once(screen: Screen) -> None:
    screen.look()
    screen.project.run("nature")
    picture = screen.project.newest("nature").path
    assert screen.look() == f"opened {picture}"
    assert screen.look() == "no new picture"
    assert screen.shown(1) == [str(screen.project.given.library / picture)]


def test_each_of_several_new_pictures_is_opened(screen: Screen) -> None:
    screen.look()
    screen.project.run("nature", photos_per_run=3)
    screen.look()
    assert len(set(screen.shown(3))) == 3


def test_what_was_there_before_the_first_look_stays_closed(screen: Screen) -> None:
    screen.project.run("nature")
    assert screen.look() == "no new picture"
    assert screen.look() == "no new picture"
    assert screen.shown(0) == []


def test_a_restart_opens_nothing_again(screen: Screen) -> None:
    screen.look()
    screen.project.run("nature")
    screen.look()
    again = Screen(screen.project, screen._shown)  # noqa: SLF001 - the same screen
    again.cursor = screen.cursor
    assert again.look() == "no new picture"
    assert len(again.shown(1)) == 1


@pytest.mark.parametrize(
    ("viewer", "said"),
    [("auto", "there is no screen"), ("off", "UNSPLASH_VIEWER is off"), ("gallery", "no gallery")],
)
def test_a_look_that_can_show_nothing_says_why(given: Given, viewer: str, said: str) -> None:
    screen = Screen(Project(_with(given, viewer)), Path("nowhere"))
    assert said in screen.look()


def _with(given: Given, viewer: str) -> Settings:
    return given(topics="nature", viewer=viewer)


def test_a_viewer_that_cannot_be_started_is_named(given: Given) -> None:
    screen = Screen(Project(_with(given, "no-such-program {path}")), Path("nowhere"))
    screen.look()
    screen.project.run("nature")
    assert "'no-such-program' cannot be started" in screen.look()
    assert screen.look() == "no new picture"
