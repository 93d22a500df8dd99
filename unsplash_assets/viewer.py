"""Opens a picture on this machine: with the desktop's own viewer, or a command of the user's.

It starts a program and forgets it: nothing waits, and no finished child is left behind. Which
pictures are shown, and when, is decided in `library.showing`.
"""

import os
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from unsplash_assets.errors import ViewerError

AUTO: Final = "auto"
OFF: Final = "off"
GALLERY: Final = "gallery"

_COMMAND_AT_MOST: Final = 10
_OPENERS: Final = {"darwin": "open", "linux": "xdg-open"}


@dataclass(frozen=True)
class Viewer:
    """How pictures are shown here; `setting` is the value of UNSPLASH_VIEWER."""

    setting: str
    has_screen: bool
    platform: str = sys.platform

    @property
    def at_most(self) -> int:
        """How many pictures are opened at one look: the desktop gets no crowd of windows."""
        return 1 if self.setting == AUTO else _COMMAND_AT_MOST

    def obstacle(self) -> str | None:
        """Say why nothing can be shown, if so."""
        if self.setting == OFF:
            return "UNSPLASH_VIEWER is off"
        if self.setting == GALLERY:
            return "UNSPLASH_VIEWER is gallery, and there is no gallery yet: use auto or a command"
        if self.setting == AUTO and not self.has_screen:
            return (
                "there is no screen (DISPLAY and WAYLAND_DISPLAY are not set): "
                "set UNSPLASH_VIEWER to off, or to a command with {path}"
            )
        return None

    def open(self, path: Path, fields: Mapping[str, str]) -> None:
        """Open a picture; `fields` fill the command's other placeholders. Raises ViewerError."""
        if self.setting == AUTO and self.platform == "win32":
            os.startfile(path)  # type: ignore[attr-defined,unused-ignore]  # noqa: S606
            return
        _start(self._command(path, fields))

    def _command(self, path: Path, fields: Mapping[str, str]) -> list[str]:
        if self.setting != AUTO:
            return [word.format(**fields, path=path) for word in self._words()]
        opener = shutil.which(_OPENERS.get(self.platform, "xdg-open"))
        if opener is None:
            raise ViewerError("xdg-open is missing: install xdg-utils, or set UNSPLASH_VIEWER")
        return [opener, str(path)]

    def _words(self) -> list[str]:
        """Split the command as this platform's shells do: on Windows a backslash is a folder."""
        if self.platform != "win32":
            return shlex.split(self.setting)
        words = shlex.split(self.setting, posix=False)
        return [w[1:-1] if len(w) > 1 and w[0] == w[-1] == '"' else w for w in words]


def _start(command: Sequence[str]) -> None:
    try:
        child = subprocess.Popen(  # noqa: S603 - the user's own command, without a shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise ViewerError(
            f"UNSPLASH_VIEWER: {command[0]!r} cannot be started ({error.strerror})"
        ) from error
    threading.Thread(target=child.wait, name=f"viewer {child.pid}", daemon=True).start()
