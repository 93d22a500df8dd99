"""Tests of `viewer`, with real programs that write down what they were given."""

import json
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from unsplash_assets.errors import ViewerError
from unsplash_assets.viewer.programs import AUTO, GALLERY, OFF, Viewer

PATIENCE = 10.0  # seconds that a program may take to begin, at the most
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


def eventually(look: Callable[[], Any]) -> Any:
    """Return what `look` gives once it gives something."""
    end = time.monotonic() + PATIENCE
    while not (found := look()) and time.monotonic() < end:
        time.sleep(0.01)
    return found


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Where the programs write what they were given."""
    return tmp_path / "written.json"


@pytest.fixture
def command(tmp_path: Path, written: Path) -> str:
    """The beginning of a command, to which its arguments are added."""
    script = tmp_path / "writes.py"
    script.write_text(WRITES_ITS_ARGUMENTS)
    return joined(sys.executable, str(script), str(written))


def read(written: Path) -> dict[str, Any]:
    assert eventually(written.exists), "the program was not started"
    content: dict[str, Any] = json.loads(written.read_text())
    return content


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


def test_a_program_whose_path_has_a_space_can_be_quoted_on_windows(
    tmp_path: Path, written: Path
) -> None:
    script = tmp_path / "writes its arguments.py"
    script.write_text(WRITES_ITS_ARGUMENTS)
    setting = f'"{sys.executable}" "{script}" "{written}" {{path}}'
    Viewer(setting, has_screen=True, platform="win32").open(Path("a.jpg"), FIELDS)
    assert read(written)["words"] == ["a.jpg"]


def test_braces_in_a_field_are_shown_as_they_are(command: str, written: Path) -> None:
    Viewer(f"{command} {{path}} {{topic}}", has_screen=True).open(
        Path("{url}.jpg"), {**FIELDS, "topic": "{path}"}
    )
    assert read(written)["words"] == ["{url}.jpg", "{path}"]


def test_a_viewer_that_stays_open_is_not_waited_for(tmp_path: Path, written: Path) -> None:
    script = tmp_path / "stays.py"
    script.write_text(WRITES_ITS_ARGUMENTS + "\nimport time\ntime.sleep(60)\n")
    command = joined(sys.executable, str(script), str(written))
    begin = time.monotonic()
    Viewer(f"{command} {{path}}", has_screen=True).open(Path("a.jpg"), FIELDS)
    assert time.monotonic() - begin < 5
    process = psutil.Process(read(written)["pid"])
    assert process.is_running()
    process.kill()


def test_a_viewer_that_has_ended_leaves_no_zombie(command: str, written: Path) -> None:
    Viewer(f"{command} {{path}}", has_screen=True).open(Path("a.jpg"), FIELDS)
    pid = read(written)["pid"]
    assert eventually(lambda: not psutil.pid_exists(pid))


@posix_only
def test_a_viewer_is_out_of_reach_of_the_terminals_interrupt(tmp_path: Path, written: Path) -> None:
    script = tmp_path / "tells.py"
    script.write_text(WRITES_ITS_ARGUMENTS.replace("sys.argv[2:]", "os.getsid(0)"))
    command = joined(sys.executable, str(script), str(written))
    Viewer(f"{command} {{path}}", has_screen=True).open(Path("a.jpg"), FIELDS)
    assert read(written)["words"] != os.getsid(0)


def test_a_command_whose_program_is_missing_is_a_viewer_error() -> None:
    viewer = Viewer("no-such-viewer {path}", has_screen=True)
    with pytest.raises(ViewerError) as caught:
        viewer.open(Path("a.jpg"), FIELDS)
    said = str(caught.value)
    assert said.startswith("UNSPLASH_VIEWER: 'no-such-viewer' cannot be started (")
    assert len(said.splitlines()) == 1


@posix_only
def test_a_command_that_is_no_program_is_a_viewer_error(tmp_path: Path) -> None:
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


@posix_only
@pytest.mark.parametrize(("platform", "opener"), [("linux", "xdg-open"), ("darwin", "open")])
def test_auto_opens_the_picture_with_the_desktops_opener_on_the_path(
    put_on_path: Callable[[str], None], written: Path, platform: str, opener: str
) -> None:
    put_on_path(opener)
    Viewer(AUTO, has_screen=True, platform=platform).open(Path("a picture.jpg"), FIELDS)
    assert read(written)["words"] == ["a picture.jpg"]


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


def test_a_viewer_learns_none_of_our_settings(
    tmp_path: Path, written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_API_KEY", "a-secret")
    monkeypatch.setenv("UNSPLASH_CATALOGUE", "postgresql://me:a-secret@host/photos")
    monkeypatch.setenv("LC_PAPER", "a4")
    script = tmp_path / "tells.py"
    script.write_text(WRITES_ITS_ARGUMENTS.replace("sys.argv[2:]", "dict(os.environ)"))
    command = joined(sys.executable, str(script), str(written))
    Viewer(f"{command} {{path}}", has_screen=True).open(Path("a.jpg"), FIELDS)
    got = read(written)["words"]
    assert "a-secret" not in str(got)
    assert got["LC_PAPER"] == "a4"


def test_a_viewer_that_fails_is_named_once_and_not_waited_for(tmp_path: Path) -> None:
    script = tmp_path / "fails.py"
    script.write_text("import time\ntime.sleep(0.5)\nraise SystemExit(3)\n")
    viewer = Viewer(f"{joined(sys.executable, str(script))} {{path}}", has_screen=True)
    viewer.open(Path("a.jpg"), FIELDS)
    assert viewer.failure() is None
    name = Path(sys.executable).name
    assert eventually(viewer.failure) == f"the viewer {name!r} ended with 3"
    assert viewer.failure() is None


def test_nothing_is_said_of_a_viewer_that_ends_well(command: str, written: Path) -> None:
    viewer = Viewer(f"{command} {{path}}", has_screen=True)
    viewer.open(Path("a.jpg"), FIELDS)
    pid = read(written)["pid"]
    assert eventually(lambda: not psutil.pid_exists(pid))
    assert viewer.failure() is None


@pytest.mark.parametrize("arguments", ["", " --new-window=%s"])
def test_a_page_is_opened_with_the_browser_that_is_asked_for(
    tmp_path: Path, command: str, written: Path, arguments: str
) -> None:
    page = tmp_path / "a library" / "index.html"
    viewer = Viewer(GALLERY, has_screen=False, browser=command + arguments)
    assert viewer.obstacle() is None
    viewer.open_page(page)
    assert read(written)["words"] == [f"{arguments.strip()[:-2]}{page.as_uri()}"]


def test_a_browser_that_is_missing_is_named_with_its_variable() -> None:
    viewer = Viewer(OFF, has_screen=True, browser="no-such-browser")
    with pytest.raises(ViewerError, match=r"^BROWSER: 'no-such-browser' cannot be started"):
        viewer.open_page(Path("/index.html"))


@pytest.mark.parametrize(
    ("viewer", "said"),
    [
        pytest.param(Viewer(OFF, has_screen=True), "UNSPLASH_VIEWER is off", id="off"),
        pytest.param(Viewer(AUTO, has_screen=False), "there is no screen", id="auto, no screen"),
        pytest.param(
            Viewer(GALLERY, has_screen=False), "there is no screen", id="gallery, no screen"
        ),
    ],
)
def test_an_obstacle_is_said(viewer: Viewer, said: str) -> None:
    assert said in (viewer.obstacle() or "")


@pytest.mark.parametrize(
    "viewer",
    [
        pytest.param(Viewer(AUTO, has_screen=True), id="auto with a screen"),
        pytest.param(Viewer(GALLERY, has_screen=True), id="gallery with a screen"),
        pytest.param(Viewer("feh {path}", has_screen=True), id="a command"),
        pytest.param(Viewer("feh {path}", has_screen=False), id="a command without a screen"),
    ],
)
def test_nothing_stands_in_the_way_otherwise(viewer: Viewer) -> None:
    assert viewer.obstacle() is None


def test_the_desktop_gets_one_picture_at_a_look_and_a_command_a_few() -> None:
    assert Viewer(AUTO, has_screen=True).at_most == 1
    assert Viewer("feh {path}", has_screen=True).at_most == 10
