"""Tests on a screen of their own (Xvfb), with real viewers: what the sensor opens is a window."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from unsplash_assets.settings import environment
from unsplash_assets_tests.defs.test_sensors import OPENED_BEFORE, Daemon
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.viewer.test_programs import eventually

PROGRAMS = ("Xvfb", "feh", "file", "xdg-open", "xev", "xwininfo")
MISSING = [program for program in PROGRAMS if shutil.which(program) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")

LONG_ENOUGH = 1.0  # seconds in which a window would be there; feh takes a tenth of it

OF_ANOTHER_DESKTOP = (
    "BROWSER", "DBUS_SESSION_BUS_ADDRESS", "DESKTOP_SESSION", "GNOME_DESKTOP_SESSION_ID",
    "KDE_FULL_SESSION", "XDG_CURRENT_DESKTOP",
)  # fmt: skip

PROGRAM_FOR_A_TYPE = """\
[Desktop Entry]
Type=Application
Name={name}
Exec={command} %f
MimeType={type};
"""

LOOKS_ONCE = """
import json, sys
import dagster as dg
from unsplash_assets.definitions import defs
sensor = defs.get_repository_def().get_sensor_def("open_new_images")
data = sensor.evaluate_tick(dg.build_sensor_context(cursor=sys.argv[1]))
print(json.dumps([data.skip_message, data.cursor]))
"""


@pytest.fixture(autouse=True)
def _screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the test a screen; what it leaves open is closed with it."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x1024x24"]
    command += ["-noreset", "-nolisten", "tcp"]  # it would begin anew when the last window closes
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    assert number, "Xvfb did not start"
    monkeypatch.setenv("DISPLAY", f":{number}")
    yield
    server.terminate()
    server.wait(10)


def start(monkeypatch: pytest.MonkeyPatch, viewer: str) -> Daemon:
    """Return a daemon whose settings are those of this process's environment."""
    monkeypatch.setenv("UNSPLASH_TOPICS", "nature")
    monkeypatch.setenv("UNSPLASH_VIEWER", viewer)
    return Daemon(environment.load())


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """A daemon that shows pictures with feh."""
    return start(monkeypatch, "feh {path}")


@pytest.fixture
def _desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set up which programs are for JPEG (feh) and HTML (one that has a window, as browsers do)."""
    for name in OF_ANOTHER_DESKTOP:
        monkeypatch.delenv(name, raising=False)
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    applications = tmp_path / "XDG_DATA_HOME" / "applications"
    applications.mkdir(parents=True)
    chosen = ["[Default Applications]"]
    for name, command, kind in (
        ("pictures", "feh", "image/jpeg"),
        ("pages", "xev -name", "text/html"),
    ):
        entry = PROGRAM_FOR_A_TYPE.format(name=name, command=command, type=kind)
        (applications / f"{name}.desktop").write_text(entry)
        chosen.append(f"{kind}={name}.desktop")
    (tmp_path / "XDG_CONFIG_HOME").mkdir()
    (tmp_path / "XDG_CONFIG_HOME" / "mimeapps.list").write_text("\n".join(chosen) + "\n")


def windows() -> list[str]:
    """Return the titles of the windows on the screen."""
    tree = subprocess.run(
        ["xwininfo", "-root", "-tree"], capture_output=True, text=True, check=True
    ).stdout
    return re.findall(r'^ +0x[0-9a-f]+ "(.*)": \(', tree, re.MULTILINE)


def expect_windows(*titles: str) -> None:
    """See that these are the windows, once their programs have had the time to name them."""
    eventually(lambda: windows() == [*titles])
    assert windows() == [*titles]


def bring_and_look(daemon: Daemon) -> Path:
    """Let the daemon open a new picture; return where that is."""
    daemon.look()
    picture = daemon.bring()
    assert daemon.look() == f"opened {picture}"
    return daemon.project.given.library / picture


def look_in_a_new_process(daemon: Daemon) -> str:
    """Look as a daemon does that was started again; return what it said."""
    done = subprocess.run(
        [sys.executable, "-c", LOOKS_ONCE, str(daemon.cursor)],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    )
    said, daemon.cursor = json.loads(done.stdout)
    return str(said)


def test_a_new_picture_is_a_window_and_a_restart_makes_no_second_one(daemon: Daemon) -> None:
    picture = bring_and_look(daemon)
    expect_windows(f"feh [1 of 1] - {picture}")
    assert look_in_a_new_process(daemon) == "no new picture"
    time.sleep(LONG_ENOUGH)
    expect_windows(f"feh [1 of 1] - {picture}")


def test_a_viewer_that_was_closed_is_no_zombie(daemon: Daemon) -> None:
    picture = bring_and_look(daemon)
    expect_windows(f"feh [1 of 1] - {picture}")
    (viewer,) = [child for child in psutil.Process().children() if child.name() == "feh"]
    viewer.terminate()
    assert eventually(lambda: not psutil.pid_exists(viewer.pid))


@pytest.mark.usefixtures("_desktop")
def test_auto_opens_the_program_that_the_desktop_has_for_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = bring_and_look(start(monkeypatch, "auto"))
    expect_windows(f"feh [1 of 1] - {picture}")


@pytest.mark.usefixtures("_desktop")
def test_the_gallery_is_a_window_and_a_restart_makes_no_second_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    daemon = start(monkeypatch, "gallery")
    page = daemon.make_page()
    assert daemon.look() == "opened the gallery"
    expect_windows(str(page))
    assert look_in_a_new_process(daemon) == OPENED_BEFORE
    time.sleep(LONG_ENOUGH)
    expect_windows(str(page))
