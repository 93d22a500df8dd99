"""The settings of one process: every variable, checked and typed, with an error that names it.

The variables are listed in `variables`, and read from the environment in `environment`. What a
setting means for the work stands where it is used.
"""

import hashlib
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from unsplash_assets.errors import SettingsError
from unsplash_assets.model.cron import Cron
from unsplash_assets.model.keep import Keep
from unsplash_assets.model.mode import Mode
from unsplash_assets.model.topics import Filters, Topic
from unsplash_assets.settings.variables import BY_FIELD, UNSPLASH_API_URL, VARIABLES, Variable

DEMO_URL: Final = "https://unsplash-demo.invalid"
"""The demo's Unsplash: a name that no network knows (RFC 2606), answered in process."""
DEMO_KEY: Final = "demo"
"""The key of an Unsplash that draws its pictures. With it, an API behind a port is a demo too."""
EMULATOR_MARK: Final = "X-Unsplash-Assets-Emulator"
"""The header of every answer of such an API behind a port."""
_DESK: Final = ".desk"
"""The folder in the project for the temporary files of libraries in buckets."""
_DESK_LENGTH: Final = 40  # characters
_NO_CATALOGUE: Final = (
    "a library in a bucket has its catalogue elsewhere: a database for all machines such as "
    "postgresql://host/name, or for one machine a file such as sqlite:///catalogue.db"
)
DEMO_HINT: Final = "pictures are drawn here; for photos set UNSPLASH_API_KEY"


@dataclass(frozen=True)
class Settings:
    """The settings of one process, all checked. Sizes are bytes, times are seconds."""

    project: Path
    """The project folder, or Dagster's home in its place: relative paths are relative to it."""
    api_key: str | None = field(repr=False)
    api_url: str
    """The demo's URL in demo mode, unless UNSPLASH_API_URL names an emulator behind a port."""
    app_name: str
    topics: tuple[Topic, ...]
    schedule: Cron
    timezone: ZoneInfo
    library: Path
    """The library's folder; of one in a bucket, the folder of this machine for temporary files."""
    bucket: str | None
    """The URL of the bucket with the library, and of the prefix in it; None if it is a folder."""
    library_url: str | None
    """The URL under which anybody can read the bucket; None if nobody can, or nothing is known."""
    catalogue: str | None = field(repr=False)
    """SQLAlchemy URL, or None for the SQLite file in the library; may hold a password. The path of
    a SQLite file may be relative to the project."""
    rendition: str
    orientation: str
    content_filter: str
    photos_per_run: int
    retry_delay: float
    timeout: float
    max_size: int
    concurrency: int
    viewer: str
    keep: Keep
    keep_runs: timedelta
    has_screen: bool
    """Whether this machine's desktop can be reached from this process."""
    browsers: tuple[str, ...]
    """The commands in BROWSER that open pages, to be tried in turn; none: the desktop's browser."""

    @property
    def place(self) -> str:
        """Where the library is, as UNSPLASH_LIBRARY says it: its folder, or the URL of a bucket."""
        return self.bucket or str(self.library)

    def placed(self, place: str) -> "Settings":
        """Return the settings of a library elsewhere; `place` is as in UNSPLASH_LIBRARY."""
        text = _value(BY_FIELD["library"], {BY_FIELD["library"].name: place})
        library, bucket = _place(text, self.project)
        return replace(self, library=library, bucket=bucket)

    @property
    def mode(self) -> Mode:
        """Live with a key, demo without, or with the demo's."""
        return "demo" if self.api_key in {None, DEMO_KEY} else "live"

    def next_tick(self, after: float) -> float:
        """Return when the schedule ticks next; both in seconds since 1970."""
        return self.schedule.next(after, self.timezone)

    @property
    def topic_names(self) -> tuple[str, ...]:
        """The topics' names, which are the partitions."""
        return tuple(topic.name for topic in self.topics)

    def topic(self, name: str) -> Topic:
        """Return the topic of a name; one that the settings have not is a search for its name."""
        known = {topic.name: topic for topic in self.topics}
        return known.get(name) or Topic.search(name)

    @property
    def filters(self) -> Filters:
        """Which photos to ask for, unless a topic has options of its own."""
        return Filters(self.orientation, self.content_filter)

    def asked_for(self, name: str) -> str:
        """Return what a topic asks for, with its filters: where that changes, other photos come."""
        return self.topic(name).asks_for(self.filters)

    @property
    def access_key(self) -> str:
        """The key to send to `api_url`."""
        return self.api_key or DEMO_KEY

    @property
    def key_fingerprint(self) -> str:
        """Identifies the key at its API without revealing it."""
        return fingerprint(self.api_url, self.access_key)


def fingerprint(api_url: str, key: str) -> str:
    """Return what identifies a key at an API without revealing it."""
    return hashlib.sha256(f"unsplash_assets {api_url} {key}".encode()).hexdigest()[:16]


def parse(environ: Mapping[str, str], project: Path) -> Settings:
    """Check and type the settings in `environ`; an empty value counts as unset."""
    typed = {variable.field: _value(variable, environ) for variable in VARIABLES}
    url = environ.get("UNSPLASH_API_URL", "").strip()
    is_other = bool(url) and url.rstrip("/") != UNSPLASH_API_URL
    key = typed["api_key"]
    if is_other and not key:
        raise SettingsError(
            "UNSPLASH_API_KEY",
            "not set",
            f"UNSPLASH_API_URL ({url}) needs a key too; set one, or unset both for the demo",
        )
    is_demo = key in {None, DEMO_KEY}
    if is_demo and not is_other:
        typed["api_key"], typed["api_url"] = None, DEMO_URL
    is_given = bool(environ.get("UNSPLASH_LIBRARY", "").strip())
    place = typed["library"] if is_given or not is_demo else "demo-library"
    typed["library"], typed["bucket"] = _place(place, project)
    if typed["bucket"] and not typed["catalogue"]:
        raise SettingsError("UNSPLASH_CATALOGUE", "not set", _NO_CATALOGUE)
    browsers = tuple(filter(None, map(str.strip, environ.get("BROWSER", "").split(os.pathsep))))
    return Settings(project=project, has_screen=_has_screen(environ), browsers=browsers, **typed)


def _value(variable: Variable, environ: Mapping[str, str]) -> Any:  # noqa: ANN401 - as its parser has it
    text = environ.get(variable.name, "").strip() or variable.default
    if not text:
        return None
    try:
        return variable.parse(text)
    except ValueError as error:
        raise SettingsError(variable.name, variable.shown(text), str(error)) from None


def _place(text: str, project: Path) -> tuple[Path, str | None]:
    """Return the folder of a library, and the URL of its bucket if it is in one."""
    if "://" not in text:
        return _folder(text, project), None
    name = re.sub(r"[^A-Za-z0-9]+", "-", text)[:_DESK_LENGTH]
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]  # of two with the same name
    return _folder(f"{_DESK}/{name}-{digest}", project), text


def _folder(folder: str, project: Path) -> Path:
    try:
        path = (project / Path(folder).expanduser()).resolve()
        there = next(place for place in (path, *path.parents) if place.exists())
    except (OSError, RuntimeError) as error:
        raise SettingsError("UNSPLASH_LIBRARY", repr(folder), f"use a folder ({error})") from error
    if not there.is_dir():
        raise SettingsError("UNSPLASH_LIBRARY", repr(folder), f"use a folder, {there} is a file")
    return path


def _has_screen(environ: Mapping[str, str]) -> bool:
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
