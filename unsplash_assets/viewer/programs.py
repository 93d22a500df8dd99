"""Opens a picture or the gallery with the desktop's own program, or with the user's.

It starts a program and does not wait for it, but reports a failure later. It leaves no zombie
behind, and passes none of the settings on, so the key stays here. A program that stays open keeps a
process and a thread, so only a few may be open at a time. `new_pictures` decides what to show and
when.
"""

import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from unsplash_assets.errors import ViewerError
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import Settings

AUTO: Final = "auto"
OFF: Final = "off"
GALLERY: Final = "gallery"

_MAX_WITH_COMMAND: Final = 10  # pictures
_MAX_OPEN_ON_DESKTOP: Final = 3  # programs
_MAX_OPEN_WITH_COMMAND: Final = 20
_NO_SCREEN: Final = "there is no screen (DISPLAY and WAYLAND_DISPLAY are not set)"


class _CannotStart(ViewerError):
    """A command names no program that can be started; another command may."""


class _Programs:
    """The programs that were started; a thread waits for each, so none stays a zombie."""

    def __init__(self) -> None:
        self._failures: deque[str] = deque(maxlen=1)
        self._open: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def start(
        self, command: Sequence[str], max_open: int, variable: str = "UNSPLASH_VIEWER"
    ) -> None:
        """Start a program in a session of its own, away from this terminal.

        `variable` is the one that holds the command; a ViewerError names it. Nothing is started
        while `max_open` of the programs are still open.
        """
        with self._lock:
            if len(self._open) >= max_open:
                raise ViewerError(
                    f"{len(self._open)} viewers are still open: close one, "
                    "or set UNSPLASH_VIEWER to another command"
                )
            child = _start(command, variable)
            self._open.add(child)
        name = Path(command[0]).name
        threading.Thread(
            target=self._wait, args=(child, name), name=f"viewer {name}", daemon=True
        ).start()

    def failure(self) -> str | None:
        """Return which program failed last, once; None if none has."""
        return self._failures.pop() if self._failures else None

    def _wait(self, child: subprocess.Popen[bytes], name: str) -> None:
        code = child.wait()
        with self._lock:
            self._open.discard(child)
        if code:
            self._failures.append(f"the viewer {name!r} exited with {code}")


@dataclass(frozen=True)
class Viewer:
    """Shows pictures; `setting` is the value of UNSPLASH_VIEWER."""

    setting: str
    has_screen: bool
    platform: str = sys.platform
    browsers: tuple[str, ...] = ()
    """Commands that open pages instead of the desktop, with or without %s for the URL; the first
    that can be started does."""
    _programs: _Programs = field(default_factory=_Programs, init=False, repr=False, compare=False)

    @classmethod
    def from_settings(cls, settings: Settings) -> "Viewer":
        """Return the viewer that the settings describe."""
        return cls(settings.viewer, settings.has_screen, browsers=settings.browsers)

    @property
    def max_pictures(self) -> int:
        """How many pictures one look opens; on the desktop one, to avoid a crowd of windows."""
        return 1 if self.setting == AUTO else _MAX_WITH_COMMAND

    def obstacle(self) -> str | None:
        """Return why nothing can be shown, or None."""
        if self.setting == OFF:
            return "UNSPLASH_VIEWER is off"
        has_browser = self.setting == GALLERY and self.browsers
        if self.setting in {AUTO, GALLERY} and not (self.has_screen or has_browser):
            return f"{_NO_SCREEN}: set UNSPLASH_VIEWER to off, or to a command with {{path}}"
        return None

    def missing_program(self) -> str | None:
        """Return why the program that shows pictures is not here, or None if it is."""
        if self.setting in {AUTO, GALLERY} and not self.browsers:
            opener = {"win32": None, "darwin": "open"}.get(self.platform, "xdg-open")
            if opener is None or shutil.which(opener):
                return None
            return f"{opener} is missing: install xdg-utils, or set UNSPLASH_VIEWER"
        command = self.setting if self.setting not in {AUTO, OFF, GALLERY} else self.browsers[0]
        variable = "BROWSER" if command in self.browsers else "UNSPLASH_VIEWER"
        program = next(iter(self._words(command)), "")
        found = shutil.which(program)
        return None if found else f"{variable}: {program!r} is not installed here, or not in PATH"

    def open(self, path: Path, fields: Mapping[str, str]) -> None:
        """Open a picture; `fields` fills the command's other placeholders. Raises ViewerError."""
        if self.setting == AUTO:
            self._open_on_desktop(path)
        else:
            words = [word.format(**fields, path=path) for word in self._words(self.setting)]
            self._programs.start(words, self._max_open)

    def open_page(self, page: Path | str) -> None:
        """Open a page, by path or URL, in the browser, whatever `setting` is; or ViewerError."""
        if self.browsers:
            self._open_in_browser(page.as_uri() if isinstance(page, Path) else page)
            return
        if not self.has_screen:
            raise ViewerError(f"{_NO_SCREEN}: open {page} in a browser on another machine")
        self._open_on_desktop(page)

    def failure(self) -> str | None:
        """Return, once, which of the started programs has failed since."""
        return self._programs.failure()

    @property
    def _max_open(self) -> int:
        is_command = self.setting not in {AUTO, OFF, GALLERY}
        return _MAX_OPEN_WITH_COMMAND if is_command else _MAX_OPEN_ON_DESKTOP

    def _open_in_browser(self, url: str) -> None:
        reasons = []
        for browser in self.browsers:
            try:
                self._programs.start(self._browser_words(browser, url), self._max_open, "BROWSER")
            except _CannotStart as error:
                reasons.append(str(error))
            else:
                return
        raise ViewerError("; ".join(reasons))

    def _browser_words(self, browser: str, url: str) -> list[str]:
        """Fill the URL in; a `&` at the end says what is done with every program anyway."""
        try:
            words = self._words(browser)
        except ValueError as error:
            raise _CannotStart(f"BROWSER: {browser!r} has no closing quote") from error
        words = words[:-1] if words[-1:] == ["&"] else words
        if not words:
            raise _CannotStart(f"BROWSER: {browser!r} names no program")
        filled = [word.replace("%s", url) for word in words]
        return filled if filled != words else [*words, url]

    def _open_on_desktop(self, path: Path | str) -> None:
        if self.platform == "win32":
            _start_file(path)
            return
        name = "open" if self.platform == "darwin" else "xdg-open"
        opener = shutil.which(name)
        if opener is None:
            raise ViewerError(f"{name} is missing: install xdg-utils, or open {path} yourself")
        self._programs.start([opener, str(path)], self._max_open)

    def _words(self, command: str) -> list[str]:
        """Split a command as this platform's shells do; on Windows a backslash is no escape."""
        if self.platform != "win32":
            return shlex.split(command)
        words = shlex.split(command, posix=False)
        return [w[1:-1] if len(w) > 1 and w[0] == w[-1] == '"' else w for w in words]


def _start(command: Sequence[str], variable: str) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
            command,
            env=environment.without_secrets(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise _CannotStart(
            f"{variable}: {command[0]!r} cannot be started ({error.strerror})"
        ) from error


def _start_file(path: Path | str) -> None:
    """Open a file as a double click on Windows does."""
    try:
        os.startfile(path)  # type: ignore[attr-defined,unused-ignore]  # noqa: S606
    except OSError as error:
        raise ViewerError(f"Windows cannot open {path} ({error.strerror})") from error
