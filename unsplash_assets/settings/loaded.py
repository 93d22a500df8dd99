"""The settings as one snapshot, and whether they are still what the environment says.

Dagster loads this project once and ticks with that for months, while each run reads the environment
anew, in a process of its own. Both compare their settings with those that were loaded, and do
nothing where they differ. The key is looked up when it is needed, so a corrected one works at once;
only whether there is a key, which decides the mode, is one of the settings here.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from unsplash_assets.errors import SettingsChanged
from unsplash_assets.settings.settings import Settings
from unsplash_assets.settings.variables import BY_FIELD

_LENGTH: Final = 4
"""Hexadecimal digits of a value's hash: enough to tell a change, too few to find a password by."""
_OF_THE_MODE: Final = frozenset({"api_url", "library"})
"""Settings that change with the mode, also where nobody has changed them."""


@dataclass(frozen=True)
class LoadedSettings:
    """The settings that were loaded, and how to read those of now."""

    settings: Settings
    read: Callable[[], Settings]

    def current(self) -> Settings:
        """Return the settings, with the key of now.

        Raises SettingsChanged if others are set by now, and SettingsError if they cannot be used.
        """
        now = self.read()
        check_unchanged(fingerprint(self.settings), now)
        return replace(self.settings, api_key=now.api_key)


def fingerprint(settings: Settings) -> str:
    """Return what identifies settings without revealing them: a short hash of each."""
    return " ".join(f"{field}={value}" for field, value in _hashes(settings).items())


def check_unchanged(loaded: str, settings: Settings) -> None:
    """Raise SettingsChanged unless the settings have this fingerprint."""
    before = dict(part.split("=", 1) for part in loaded.split())
    now = _hashes(settings)
    changed = {field for field in now if before.get(field) != now[field]}
    if "api_key" in changed:
        changed -= _OF_THE_MODE
    if changed:
        raise SettingsChanged(*(BY_FIELD[field].name for field in BY_FIELD if field in changed))


def _hashes(settings: Settings) -> Mapping[str, str]:
    values = {field: str(getattr(settings, field)) for field in BY_FIELD}
    values["api_key"] = settings.mode
    values["library"] = settings.place  # not the folder of this machine for temporary files
    return {
        field: hashlib.sha256(f"{field} {value}".encode()).hexdigest()[:_LENGTH]
        for field, value in values.items()
    }
