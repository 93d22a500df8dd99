"""Tests of `viewer.programs`, with real programs that record their arguments."""

import json
import os
import shlex
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from unsplash_assets.errors import ViewerError
from unsplash_assets.viewer.programs import AUTO, GALLERY, OFF, Viewer
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.waiting import eventually

FIELDS = {
    "credit": 'Photo by Zoë "Z" O\'Neil; rm -rf on Unsplash',
    "topic": "rock & roll",
    "url": "https://unsplash.com/photos/x?a=1&b=2",
}

WRITES_ITS_ARGUMENTS = """
import json, os, pathlib, sys
out = pathlib.Path(sys.argv[1])
out.with_suffix(".new").write_text(json.dumps({"pid": os.getpid(), "words": sys.argv[2:]}))
out.with_suffix(".new").rename(out)
"""

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="needs a script as a program")


def joined(*words: str) -> str:
    """Return words as a command of this system."""
    return " ".join(words) if sys.platform == "win32" else shlex.join(words)


@pytest.fixture
def written(processes: Processes, tmp_path: Path) -> Path:  # noqa: ARG001 - viewers are programs
    """The file in which the programs record their arguments."""
    return tmp_path / "written.json"


@pytest.fixture
def command(tmp_path: Path, written: Path) -> str:
    """A command that lacks only its arguments."""
    script = tmp_path / "writes.py"
    script.write_text(WRITES_ITS_ARGUMENTS)
    return joined(sys.executable, str(script), str(written))


def read(written: Path) -> dict[str, Any]:
    eventually(written.exists, "the program")
    content: dict[str, Any] = json.loads(written.read_text())
    return content


@pytest.mark.process
def test_a_command_gets_path_credit_topic_and_url_each_as_one_word(
    tmp_path: Path, command: str, written: Path
) -> None:
    picture = tmp_path / "a picture; $(touch oops).jpg"
    viewer = Viewer(f"{command} {{path}} --title={{credit}} {{topic}} {{url}}", has_screen=False)
    viewer.open(picture, FIELDS)
    assert read(written)["words"] == [
        str(picture),
        f"--title={FIELDS['credit']}",
        FIELDS["topic"],
        FIELDS["url"],
    ]
    assert not (tmp_path / "oops").exists()


@pytest.mark.process
def test_a_program_whose_path_has_a_space_can_be_quoted_on_windows(
    tmp_path: Path, written: Path
) -> None:
    script = tmp_path / "writes its arguments.py"
    script.write_text(WRITES_ITS_ARGUMENTS)
    setting = f'"{sys.executable}" "{script}" "{written}" {{path}}'
    Viewer(setting, has_screen=True, platform="win32").open(Path("a.jpg"), FIELDS)
    assert read(written)["words"] == ["a.jpg"]


@pytest.mark.process
def test_braces_in_a_field_are_shown_as_they_are(command: str, written: Path) -> None:
    Viewer(f"{command} {{path}} {{topic}}", has_screen=True).open(
        Path("{url}.jpg"), {**FIELDS, "topic": "{path}"}
    )
    assert read(written)["words"] == ["{url}.jpg", "{path}"]


@pytest.mark.process
def test_a_viewer_that_stays_open_is_not_waited_for(tmp_path: Path, written: Path) -> None:
    script = tmp_path / "stays.py"
    script.write_text(WRITES_ITS_ARGUMENTS + "\nimport time\ntime.sleep(600)\n")
    command = joined(sys.executable, str(script), str(written))
    Viewer(f"{command} {{path}}", has_screen=True).open(Path("a.jpg"), FIELDS)
    process = psutil.Process(read(written)["pid"])
    assert process.is_running()
    process.kill()


@pytest.mark.process
def test_a_viewer_that_has_ended_leaves_no_zombie(command: str, written: Path) -> None:
    Viewer(f"{command} {{path}}", has_screen=True).open(Path("a.jpg"), FIELDS)
    pid = read(written)["pid"]
    eventually(lambda: not psutil.pid_exists(pid))


@pytest.mark.process
@posix_only
def test_the_terminals_interrupt_does_not_reach_a_viewer(tmp_path: Path, written: Path) -> None:
    script = tmp_path / "prints.py"
    script.write_text(WRITES_ITS_ARGUMENTS.replace("sys.argv[2:]", "os.getsid(0)"))
    command = joined(sys.executable, str(script), str(written))
    Viewer(f"{command} {{path}}", has_screen=True).open(Path("a.jpg"), FIELDS)
    assert read(written)["words"] != os.getsid(0)


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_a_command_whose_program_is_missing_is_a_viewer_error() -> None:
    viewer = Viewer("no-such-viewer {path}", has_screen=True)
    with pytest.raises(ViewerError) as caught:
        viewer.open(Path("a.jpg"), FIELDS)
    message = str(caught.value)
    assert message.startswith("UNSPLASH_VIEWER: 'no-such-viewer' cannot be started (")
    assert len(message.splitlines()) == 1


@pytest.mark.process
@posix_only
@pytest.mark.usefixtures("processes")
def test_a_command_that_is_not_a_program_is_a_viewer_error(tmp_path: Path) -> None:
    (tmp_path / "viewer.txt").write_text("not a program")
    viewer = Viewer(f"{tmp_path / 'viewer.txt'} {{path}}", has_screen=True)
    with pytest.raises(ViewerError, match="cannot be started"):
        viewer.open(Path("a.jpg"), FIELDS)


@pytest.fixture
def put_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> Callable[[str], None]:
    """Make `command` the only program on the PATH, under a name."""

    def put(name: str) -> None:
        program = tmp_path / "bin" / name
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent))

    return put


@pytest.mark.process
@posix_only
@pytest.mark.parametrize(("platform", "opener"), [("linux", "xdg-open"), ("darwin", "open")])
def test_auto_opens_the_picture_with_the_desktops_opener_on_the_path(
    put_on_path: Callable[[str], None], written: Path, platform: str, opener: str
) -> None:
    put_on_path(opener)
    Viewer(AUTO, has_screen=True, platform=platform).open(Path("a picture.jpg"), FIELDS)
    assert read(written)["words"] == ["a picture.jpg"]


@pytest.mark.process
@posix_only
@pytest.mark.parametrize("setting", [AUTO, OFF, GALLERY, "feh {path}"])
@pytest.mark.parametrize(("platform", "opener"), [("linux", "xdg-open"), ("darwin", "open")])
def test_a_page_is_opened_with_the_desktops_opener_whatever_the_setting(
    put_on_path: Callable[[str], None], written: Path, platform: str, opener: str, setting: str
) -> None:
    put_on_path(opener)
    Viewer(setting, has_screen=True, platform=platform).open_page(Path("/a library/index.html"))
    assert read(written)["words"] == ["/a library/index.html"]


def test_a_page_cannot_be_opened_without_a_screen() -> None:
    with pytest.raises(ViewerError, match=r"^there is no screen .*: open index\.html in a browser"):
        Viewer(GALLERY, has_screen=False).open_page(Path("index.html"))


def test_windows_opens_pictures_and_pages_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(os, "startfile", opened.append, raising=False)
    viewer = Viewer(AUTO, has_screen=True, platform="win32")
    viewer.open(Path("a.jpg"), FIELDS)
    viewer.open_page(Path("index.html"))
    assert opened == [Path("a.jpg"), Path("index.html")]


def test_a_file_that_windows_cannot_open_is_a_viewer_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(_: Path) -> None:
        raise OSError(1155, "No application is associated")

    monkeypatch.setattr(os, "startfile", refuse, raising=False)
    viewer = Viewer(AUTO, has_screen=True, platform="win32")
    with pytest.raises(
        ViewerError, match=r"^Windows cannot open a\.jpg \(No application is associated\)$"
    ):
        viewer.open(Path("a.jpg"), FIELDS)


def test_auto_without_an_opener_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("xdg-open") is None
    viewer = Viewer(AUTO, has_screen=True, platform="linux")
    with pytest.raises(ViewerError, match=r"^xdg-open is missing: install xdg-utils"):
        viewer.open(Path("a.jpg"), FIELDS)


@pytest.mark.process
def test_a_viewer_gets_none_of_the_settings(
    tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", "a-secret")
    monkeypatch.setenv("UNSPLASH_CATALOGUE", "postgresql://me:a-secret@host/photos")
    monkeypatch.setenv("LC_PAPER", "a4")
    script = tmp_path / "prints.py"
    script.write_text(WRITES_ITS_ARGUMENTS.replace("sys.argv[2:]", "dict(os.environ)"))
    command = joined(sys.executable, str(script), str(written))
    Viewer(f"{command} {{path}}", has_screen=True).open(Path("a.jpg"), FIELDS)
    got = read(written)["words"]
    assert "a-secret" not in str(got)
    assert got["LC_PAPER"] == "a4"


FAILS_WHEN_TOLD = """
import pathlib, sys, time
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.01)
raise SystemExit(3)
"""


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_a_viewer_that_fails_is_named_once_and_not_waited_for(tmp_path: Path) -> None:
    script, signal = tmp_path / "fails.py", tmp_path / "now"
    script.write_text(FAILS_WHEN_TOLD)
    command = joined(sys.executable, str(script), str(signal))
    viewer = Viewer(f"{command} {{path}}", has_screen=True)
    viewer.open(Path("a.jpg"), FIELDS)
    assert viewer.failure() is None
    signal.touch()
    name = Path(sys.executable).name
    assert eventually(viewer.failure) == f"the viewer {name!r} exited with 3"
    assert viewer.failure() is None


@pytest.mark.process
def test_a_viewer_that_succeeds_is_not_reported(command: str, written: Path) -> None:
    viewer = Viewer(f"{command} {{path}}", has_screen=True)
    viewer.open(Path("a.jpg"), FIELDS)
    pid = read(written)["pid"]
    eventually(lambda: not psutil.pid_exists(pid))
    assert viewer.failure() is None


@pytest.mark.process
@pytest.mark.parametrize("arguments", ["", " --new-window=%s"])
def test_a_page_is_opened_with_the_configured_browser(
    tmp_path: Path, command: str, written: Path, arguments: str
) -> None:
    page = tmp_path / "a library" / "index.html"
    viewer = Viewer(GALLERY, has_screen=False, browsers=(command + arguments,))
    assert viewer.obstacle() is None
    viewer.open_page(page)
    assert read(written)["words"] == [f"{arguments.strip()[:-2]}{page.as_uri()}"]


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_a_browser_that_is_missing_is_named_with_its_variable() -> None:
    viewer = Viewer(OFF, has_screen=True, browsers=("no-such-browser",))
    with pytest.raises(ViewerError, match=r"^BROWSER: 'no-such-browser' cannot be started"):
        viewer.open_page(Path("/index.html"))


@pytest.mark.process
def test_browsers_are_tried_in_turn_until_one_starts(command: str, written: Path) -> None:
    browsers = ("no-such-browser %s", "firefox '", command, f"{command} second")
    viewer = Viewer(GALLERY, has_screen=False, browsers=browsers)
    viewer.open_page(Path("/index.html"))
    assert read(written)["words"] == ["file:///index.html"]


@pytest.mark.process
@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("browsers", [("firefox '%s",), ("no-such-browser", 'lynx "')])
def test_a_browser_with_an_unbalanced_quote_is_named_in_one_line(browsers: tuple[str, ...]) -> None:
    viewer = Viewer(OFF, has_screen=True, browsers=browsers)
    with pytest.raises(ViewerError) as caught:
        viewer.open_page(Path("/index.html"))
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    assert f"BROWSER: {browsers[-1]!r} has no closing quote" in said
    assert all(repr(browser) in said for browser in browsers)


@pytest.mark.process
def test_a_browser_to_be_started_in_the_background_is_started_as_every_program_is(
    command: str, written: Path
) -> None:
    """Python's webbrowser module reads a last `&` so."""
    Viewer(OFF, has_screen=True, browsers=("&", f"{command} %s &")).open_page(Path("/index.html"))
    assert read(written)["words"] == ["file:///index.html"]


class Viewers:
    """The programs that a test leaves open."""

    def __init__(self) -> None:
        self._before = set(psutil.Process().children())

    def open(self) -> list[psutil.Process]:
        return [child for child in psutil.Process().children() if child not in self._before]

    def threads(self) -> list[threading.Thread]:
        return [thread for thread in threading.enumerate() if thread.name.startswith("viewer ")]

    def close(self, count: int = 100) -> None:
        for program in self.open()[:count]:
            program.kill()


@pytest.fixture
def viewers(processes: Processes) -> Iterator[Viewers]:  # noqa: ARG001 - viewers are programs
    """What is open; it is closed in the end."""
    found = Viewers()
    assert eventually(lambda: not found.threads()), "an earlier test's viewer is still open"
    yield found
    found.close()
    assert eventually(lambda: not found.threads())


def can_open(viewer: Viewer, path: Path) -> bool:
    try:
        viewer.open(path, FIELDS)
    except ViewerError:
        return False
    return True


@pytest.mark.process
@posix_only
def test_a_command_that_stays_open_is_started_a_bounded_number_of_times(viewers: Viewers) -> None:
    viewer = Viewer("sleep {path}", has_screen=True)
    assert [can_open(viewer, Path("60")) for _ in range(30)] == [True] * 20 + [False] * 10
    assert len(viewers.open()) == len(viewers.threads()) == 20
    with pytest.raises(ViewerError) as caught:
        viewer.open(Path("60"), FIELDS)
    assert str(caught.value) == (
        "20 viewers are still open: close one, or set UNSPLASH_VIEWER to another command"
    )
    viewers.close(1)
    assert eventually(lambda: can_open(viewer, Path("60")))


@pytest.mark.process
@posix_only
@pytest.mark.parametrize(("platform", "name"), [("linux", "xdg-open"), ("darwin", "open")])
def test_an_opener_that_stays_open_is_started_a_few_times(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    viewers: Viewers,
    platform: str,
    name: str,
) -> None:
    monkeypatch.setenv("PATH", str(stays(tmp_path / name).parent), prepend=os.pathsep)
    viewer = Viewer(AUTO, has_screen=True, platform=platform)
    assert [can_open(viewer, Path("a.jpg")) for _ in range(5)] == [True] * 3 + [False] * 2
    assert len(viewers.open()) == len(viewers.threads()) == 3
    with pytest.raises(ViewerError, match=r"^3 viewers are still open"):
        viewer.open_page(Path("/index.html"))
    viewers.close(1)
    assert eventually(lambda: can_open(viewer, Path("a.jpg")))


@pytest.mark.process
@posix_only
def test_beyond_the_bound_no_browser_is_tried(tmp_path: Path, viewers: Viewers) -> None:
    program = str(stays(tmp_path / "stays"))
    viewer = Viewer(GALLERY, has_screen=True, browsers=(program, program))
    for _ in range(3):
        viewer.open_page(Path("/index.html"))
    with pytest.raises(ViewerError, match=r"^3 viewers are still open: [^;]*$"):
        viewer.open_page(Path("/index.html"))
    assert len(viewers.open()) == 3


def stays(program: Path) -> Path:
    """Write a program that stays open."""
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    return program


@pytest.mark.process
@posix_only
@pytest.mark.usefixtures("processes")
def test_viewers_that_end_are_started_without_a_bound() -> None:
    viewer = Viewer("true {path}", has_screen=True)
    for _ in range(50):
        assert eventually(lambda: can_open(viewer, Path("a.jpg")))


@pytest.mark.parametrize(
    ("viewer", "reason"),
    [
        pytest.param(Viewer(OFF, has_screen=True), "UNSPLASH_VIEWER is off", id="off"),
        pytest.param(Viewer(AUTO, has_screen=False), "there is no screen", id="auto, no screen"),
        pytest.param(
            Viewer(GALLERY, has_screen=False), "there is no screen", id="gallery, no screen"
        ),
    ],
)
def test_an_obstacle_is_named(viewer: Viewer, reason: str) -> None:
    assert reason in (viewer.obstacle() or "")


@pytest.mark.parametrize(
    "viewer",
    [
        pytest.param(Viewer(AUTO, has_screen=True), id="auto with a screen"),
        pytest.param(Viewer(GALLERY, has_screen=True), id="gallery with a screen"),
        pytest.param(Viewer("feh {path}", has_screen=True), id="a command"),
        pytest.param(Viewer("feh {path}", has_screen=False), id="a command without a screen"),
    ],
)
def test_otherwise_there_is_no_obstacle(viewer: Viewer) -> None:
    assert viewer.obstacle() is None


def test_a_look_opens_one_picture_on_the_desktop_and_a_few_with_a_command() -> None:
    assert Viewer(AUTO, has_screen=True).max_pictures == 1
    assert Viewer("feh {path}", has_screen=True).max_pictures == 10
