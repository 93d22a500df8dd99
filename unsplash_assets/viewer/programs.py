"""Opens a picture or the gallery on this machine: with the desktop's own program, or the user's.

It starts a program and forgets it, but for what it says if it fails: nothing waits for it, no
finished child is left behind, and it learns none of our settings, the key among them. Which
pictures are shown, and when, is decided in `library.showing`.
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

_COMMAND_AT_MOST: Final = 10
_NO_SCREEN: Final = "there is no screen (DISPLAY and WAYLAND_DISPLAY are not set)"


class _Programs:
    """The programs that were started. Each is waited for in a thread, so none stays a zombie."""

    def __init__(self) -> None:
        self._failures: deque[str] = deque(maxlen=1)

    def start(self, command: Sequence[str], said_by: str = "UNSPLASH_VIEWER") -> None:
        """Start a program, out of reach of this terminal.

        Raises ViewerError, which names the variable that has the command.
        """
        try:
            child = subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
                command,
                env=environment.without_secrets(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise ViewerError(
                f"{said_by}: {command[0]!r} cannot be started ({error.strerror})"
            ) from error
        name = Path(command[0]).name
        threading.Thread(
            target=self._wait, args=(child, name), name=f"viewer {name}", daemon=True
        ).start()

    def failure(self) -> str | None:
        """Say, once, which program ended badly; the newest, if several did."""
        return self._failures.pop() if self._failures else None

    def _wait(self, child: subprocess.Popen[bytes], name: str) -> None:
        code = child.wait()
        if code:
            self._failures.append(f"the viewer {name!r} ended with {code}")


@dataclass(frozen=True)
class Viewer:
    """How pictures are shown here; `setting` is the value of UNSPLASH_VIEWER."""

    setting: str
    has_screen: bool
    platform: str = sys.platform
    browser: str | None = None
    """A command for pages instead of the desktop's, with %s for the page's URL, or without."""
    _programs: _Programs = field(default_factory=_Programs, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, settings: Settings) -> "Viewer":
        """Return what the settings make of it."""
        return cls(settings.viewer, settings.has_screen, browser=settings.browser)

    @property
    def at_most(self) -> int:
        """How many pictures are opened at one look: the desktop gets no crowd of windows."""
        return 1 if self.setting == AUTO else _COMMAND_AT_MOST

    def obstacle(self) -> str | None:
        """Say why nothing can be shown, if so."""
        if self.setting == OFF:
            return "UNSPLASH_VIEWER is off"
        has_browser = self.setting == GALLERY and self.browser
        if self.setting in {AUTO, GALLERY} and not (self.has_screen or has_browser):
            return f"{_NO_SCREEN}: set UNSPLASH_VIEWER to off, or to a command with {{path}}"
        return None

    def open(self, path: Path, fields: Mapping[str, str]) -> None:
        """Open a picture; `fields` fill the command's other placeholders. Raises ViewerError."""
        if self.setting == AUTO:
            self._open_on_desktop(path)
        else:
            self._programs.start(
                [word.format(**fields, path=path) for word in self._words(self.setting)]
            )

    def open_page(self, path: Path) -> None:
        """Open a page in the browser, whatever `setting` is. Raises ViewerError."""
        if self.browser:
            words, url = self._words(self.browser), path.as_uri()
            put = [word.replace("%s", url) for word in words]
            self._programs.start(put if put != words else [*words, url], "BROWSER")
            return
        if not self.has_screen:
            raise ViewerError(f"{_NO_SCREEN}: open {path} in a browser elsewhere")
        self._open_on_desktop(path)

    def failure(self) -> str | None:
        """Say, once, which program that was started before has ended badly since."""
        return self._programs.failure()

    def _open_on_desktop(self, path: Path) -> None:
        if self.platform == "win32":
            _start_file(path)
            return
        name = "open" if self.platform == "darwin" else "xdg-open"
        opener = shutil.which(name)
        if opener is None:
            raise ViewerError(f"{name} is missing: install xdg-utils, or open {path} yourself")
        self._programs.start([opener, str(path)])

    def _words(self, command: str) -> list[str]:
        """Split a command as this platform's shells do: on Windows a backslash is a folder."""
        if self.platform != "win32":
            return shlex.split(command)
        words = shlex.split(command, posix=False)
        return [w[1:-1] if len(w) > 1 and w[0] == w[-1] == '"' else w for w in words]


def _start_file(path: Path) -> None:
    """Open a file as a double click on Windows does."""
    try:
        os.startfile(path)  # type: ignore[attr-defined,unused-ignore]  # noqa: S606
    except OSError as error:
        raise ViewerError(f"Windows cannot open {path} ({error.strerror})") from error
