"""Tests with real viewers on a virtual screen (Xvfb): the sensor opens windows."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from unsplash_assets.settings.environment import load
from unsplash_assets_tests.defs.test_sensors import OPENED_BEFORE, Daemon
from unsplash_assets_tests.support.processes import Processes, environment, python
from unsplash_assets_tests.support.waiting import CEILING, eventually

PROGRAMS = ("Xvfb", "feh", "file", "xdg-open", "xev", "xwininfo")
pytestmark = [pytest.mark.screen, pytest.mark.process, pytest.mark.needs(*PROGRAMS)]

LONG_ENOUGH = 1.0  # seconds for a window to appear; feh takes a tenth of it

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
sensor = defs().get_repository_def().get_sensor_def("open_new_images")
data = sensor.evaluate_tick(dg.build_sensor_context(cursor=sys.argv[1]))
print(json.dumps([data.skip_message, data.cursor]))
"""


@pytest.fixture(autouse=True)
def screen(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the test a screen, which closes whatever is still open."""
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1280x1024x24"]
    command += ["-noreset", "-nolisten", "tcp"]  # or it restarts when the last window closes
    server = processes.start(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as output:
        number = output.readline().strip()
    assert number, "Xvfb did not start"
    monkeypatch.setenv("DISPLAY", f":{number}")
    yield
    server.terminate()
    server.wait(CEILING)


def start(monkeypatch: pytest.MonkeyPatch, viewer: str) -> Daemon:
    """Return a daemon whose settings are those of this process's environment."""
    monkeypatch.setenv("UNSPLASH_TOPICS", "nature")
    monkeypatch.setenv("UNSPLASH_VIEWER", viewer)
    return Daemon(load())


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Daemon:
    """A daemon that shows pictures with feh."""
    return start(monkeypatch, "feh {path}")


@pytest.fixture
def _desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the programs for JPEG (feh) and HTML (one with a window, like a browser)."""
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


def windows(processes: Processes) -> list[str]:
    """Return the titles of the windows on the screen."""
    tree = processes.run(["xwininfo", "-root", "-tree"], check=True).stdout
    return re.findall(r'^ +0x[0-9a-f]+ "(.*)": \(', tree, re.MULTILINE)


def expect_windows(processes: Processes, *titles: str) -> None:
    """Wait until exactly these windows exist: their programs take a moment to name them."""
    eventually(lambda: windows(processes) == [*titles], f"windows named {titles}")


def bring_and_look(daemon: Daemon) -> Path:
    """Let the daemon open a new picture; return its path."""
    daemon.look()
    picture = daemon.bring()
    assert daemon.look() == f"opened {picture}"
    return daemon.project.settings.library / picture


def look_in_a_new_process(processes: Processes, daemon: Daemon) -> str:
    """Look as a restarted daemon does; return its message."""
    done = processes.run(python(LOOKS_ONCE, daemon.cursor), env=environment(), check=True)
    message, daemon.cursor = json.loads(done.stdout)
    return str(message)


def test_a_new_picture_opens_one_window_even_after_a_restart(
    processes: Processes, daemon: Daemon
) -> None:
    picture = bring_and_look(daemon)
    expect_windows(processes, f"feh [1 of 1] - {picture}")
    assert look_in_a_new_process(processes, daemon) == "no new picture"
    time.sleep(LONG_ENOUGH)
    expect_windows(processes, f"feh [1 of 1] - {picture}")


def test_a_closed_viewer_leaves_no_zombie(processes: Processes, daemon: Daemon) -> None:
    picture = bring_and_look(daemon)
    expect_windows(processes, f"feh [1 of 1] - {picture}")
    (viewer,) = [child for child in psutil.Process().children() if child.name() == "feh"]
    viewer.terminate()
    eventually(lambda: not psutil.pid_exists(viewer.pid))


@pytest.mark.usefixtures("_desktop")
def test_auto_opens_the_program_that_the_desktop_has_for_pictures(
    processes: Processes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture = bring_and_look(start(monkeypatch, "auto"))
    expect_windows(processes, f"feh [1 of 1] - {picture}")


@pytest.mark.usefixtures("_desktop")
def test_the_gallery_opens_one_window_even_after_a_restart(
    processes: Processes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    daemon = start(monkeypatch, "gallery")
    page = daemon.make_page()
    assert daemon.look() == "opened the gallery"
    expect_windows(processes, str(page))
    assert look_in_a_new_process(processes, daemon) == OPENED_BEFORE
    time.sleep(LONG_ENOUGH)
    expect_windows(processes, str(page))
