"""The settings: every `UNSPLASH_*` variable, read once, typed, with an error that names it.

This is the only module that reads the environment. Add a variable here, in `VARIABLES`, and
the documentation's test asks for it in README.md and .env.example. What the text of a value
may be stands in `values`; what a setting means for the work, where it is used.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from unsplash_assets.errors import SettingsError
from unsplash_assets.model.keep import Keep
from unsplash_assets.model.mode import Mode
from unsplash_assets.settings import values

UNSPLASH_API_URL: Final = "https://api.unsplash.com"
DEMO_URL: Final = "https://unsplash-demo.invalid"
"""The demo's Unsplash: a name that no network knows (RFC 2606), answered in process."""
DEMO_KEY: Final = "demo"
DEMO_HINT: Final = "pictures are drawn here; for photos set UNSPLASH_API_KEY"


@dataclass(frozen=True)
class Variable:
    """One variable of the environment: its default as text, its meaning, and its parser.

    The parser takes the text and returns the value, or raises ValueError with the words that
    say what is allowed. How the error shows the text is said by `shown`.
    """

    name: str
    default: str
    meaning: str
    parse: Callable[[str], Any]
    shown: Callable[[str], str] = repr


VARIABLES: Final[tuple[Variable, ...]] = (
    Variable(
        "UNSPLASH_API_KEY",
        "",
        "the Access Key of an Unsplash application; without one: demo mode",
        values.access_key,
        shown=values.describe_key,
    ),
    Variable(
        "UNSPLASH_API_URL",
        UNSPLASH_API_URL,
        "another server that speaks the same API (needs a key too)",
        values.api_url,
        shown=values.describe_url,
    ),
    Variable(
        "UNSPLASH_APP_NAME",
        "unsplash_assets",
        "the name in the credit links (`utm_source`)",
        values.app_name,
    ),
    Variable(
        "UNSPLASH_TOPICS",
        "history,life,wisdom,art,office,nature",
        "search topics, comma-separated; words in any script, spaces allowed",
        values.topics,
    ),
    Variable(
        "UNSPLASH_LIBRARY",
        "library",
        "the folder (in demo mode: demo-library)",
        values.library_folder,
        shown=values.describe_url,
    ),
    Variable(
        "UNSPLASH_CATALOGUE",
        "",
        "SQLAlchemy URL; without one: the SQLite file catalogue.db in the library",
        values.catalogue_url,
        shown=values.describe_url,
    ),
    Variable(
        "UNSPLASH_RENDITION",
        "regular",
        "raw, full, regular, small, thumb, or a width such as 1600; for new photos",
        values.rendition,
    ),
    Variable(
        "UNSPLASH_ORIENTATION",
        "any",
        "any, landscape, portrait or squarish",
        values.choice("any", "landscape", "portrait", "squarish"),
    ),
    Variable(
        "UNSPLASH_CONTENT_FILTER",
        "low",
        "low or high, as the API has it",
        values.choice("low", "high"),
    ),
    Variable(
        "UNSPLASH_PHOTOS_PER_RUN",
        "1",
        "photos that one run brings; also run config on demand",
        values.whole_number(1, 1000),
    ),
    Variable(
        "UNSPLASH_RETRY_DELAY",
        "15",
        "seconds between the 10 retries",
        values.seconds(0, 3600),
    ),
    Variable(
        "UNSPLASH_TIMEOUT",
        "60",
        "seconds that one picture's download may take in all",
        values.seconds(1, 3600),
    ),
    Variable("UNSPLASH_MAX_SIZE", "50MB", "a larger picture is refused", values.max_size),
    Variable(
        "UNSPLASH_CONCURRENCY",
        "8",
        "pictures downloaded at the same time",
        values.whole_number(1, 64),
    ),
    Variable(
        "UNSPLASH_VIEWER",
        "auto",
        "auto, off, gallery, or a command with {path}",
        values.viewer,
    ),
    Variable(
        "UNSPLASH_KEEP",
        "all",
        "keep the newest N photos, or a size such as 2GB, or a span such as 30d",
        values.keep,
    ),
    Variable(
        "UNSPLASH_KEEP_RUNS",
        "1d",
        "how long Dagster's finished runs are kept; failed ones seven times as long",
        values.span,
    ),
)


@dataclass(frozen=True)
class Settings:
    """The settings of one process, all checked. Sizes are bytes, times are seconds."""

    project: Path
    """The project folder: relative paths were resolved against it."""
    api_key: str | None = field(repr=False)
    api_url: str
    app_name: str
    topics: tuple[str, ...]
    library: Path
    catalogue: str | None = field(repr=False)
    """SQLAlchemy URL, or None for the SQLite file in the library; may hold a password."""
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
    browser: str | None
    """The command that pages are to be opened with, as BROWSER says it; None for the desktop's."""

    @property
    def mode(self) -> Mode:
        """Live with a key, demo without."""
        return "live" if self.api_key else "demo"

    @property
    def key_fingerprint(self) -> str:
        """What tells the key, at its API, from any other, and says nothing of it."""
        if self.api_key is None:
            return fingerprint(DEMO_URL, DEMO_KEY)
        return fingerprint(self.api_url, self.api_key)


def fingerprint(api_url: str, key: str) -> str:
    """Return what tells one key at one API from another, and says nothing of the key."""
    return hashlib.sha256(f"unsplash_assets {api_url} {key}".encode()).hexdigest()[:16]


def parse(environ: Mapping[str, str], project: Path) -> Settings:
    """Check and type the settings in `environ`; an empty value counts as unset."""
    values = {variable.name: _value(variable, environ) for variable in VARIABLES}
    given_url = environ.get("UNSPLASH_API_URL", "").strip()
    key = values["UNSPLASH_API_KEY"]
    if given_url and given_url.rstrip("/") != UNSPLASH_API_URL and not key:
        raise SettingsError(
            "UNSPLASH_API_KEY",
            "not set",
            f"UNSPLASH_API_URL ({given_url}) needs a key too; set one, or unset both for the demo",
        )
    typed = {name.removeprefix("UNSPLASH_").lower(): value for name, value in values.items()}
    typed["library"] = _library(environ, project, "library" if key else "demo-library")
    typed["catalogue"] = _anchored(values["UNSPLASH_CATALOGUE"], project)
    browser = environ.get("BROWSER", "").split(os.pathsep)[0].strip() or None
    return Settings(project=project, has_screen=_has_screen(environ), browser=browser, **typed)


def _value(variable: Variable, environ: Mapping[str, str]) -> Any:  # noqa: ANN401 - as its parser has it
    text = environ.get(variable.name, "").strip() or variable.default
    if not text:
        return None
    try:
        return variable.parse(text)
    except ValueError as error:
        raise SettingsError(variable.name, variable.shown(text), str(error)) from None


def _library(environ: Mapping[str, str], project: Path, default: str) -> Path:
    folder = environ.get("UNSPLASH_LIBRARY", "").strip() or default
    try:
        path = (project / Path(folder).expanduser()).resolve()
        usable = path.is_dir() or not path.exists()
    except (OSError, RuntimeError) as error:
        raise SettingsError("UNSPLASH_LIBRARY", repr(folder), f"use a folder ({error})") from error
    if not usable:
        raise SettingsError("UNSPLASH_LIBRARY", repr(folder), "use a folder, that is a file")
    return path


def _anchored(catalogue: str | None, project: Path) -> str | None:
    """Resolve the path of a relative SQLite URL against the project folder."""
    if catalogue is None or not catalogue.startswith("sqlite:///"):
        return catalogue
    return f"sqlite:///{project / catalogue.removeprefix('sqlite:///')}"


def _has_screen(environ: Mapping[str, str]) -> bool:
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))
