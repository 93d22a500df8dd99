"""Every `UNSPLASH_*` variable: its name, default, meaning and bounds, each once.

Add a variable to `VARIABLES` and a field to `settings.Settings`; tests then ask for it in
docs/reference/settings.md and .env.example. The parsers, which hold the bounds, are in `values`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final

from unsplash_assets.settings import times, values
from unsplash_assets.settings.topics import topics

OURS: Final = "UNSPLASH_"
"""How the name of each variable begins."""
UNSPLASH_API_URL: Final = "https://api.unsplash.com"


@dataclass(frozen=True)
class Variable:
    """One variable of the environment: its default as text, its meaning, and its parser.

    The parser takes the text and returns the value, or raises ValueError with the words that
    say what is allowed. `shown` returns the text as an error shows it.
    """

    name: str
    default: str
    meaning: str
    parse: Callable[[str], Any]
    shown: Callable[[str], str] = repr
    write: Callable[[Any], str] = str
    """Writes a value as text that `parse` reads."""

    @property
    def field(self) -> str:
        """Its field in `Settings`, such as `photos_per_run`."""
        return self.name.removeprefix("UNSPLASH_").lower()

    def check(self, value: object) -> Any:  # noqa: ANN401 - what its parser returns
        """Return a value from elsewhere, such as a launchpad, if this setting allows it.

        Raises ValueError that says what is allowed.
        """
        return self.parse(self.write(value))


def _write_seconds(seconds: float) -> str:
    return f"{seconds:.6f}"  # never in scientific notation, which the parser refuses


VARIABLES: Final[tuple[Variable, ...]] = (
    Variable(
        "UNSPLASH_API_KEY",
        "",
        "Access Key of your Unsplash application. Unset, or demo: demo mode.",
        values.access_key,
        shown=values.describe_key,
    ),
    Variable(
        "UNSPLASH_API_URL",
        UNSPLASH_API_URL,
        "Base URL of another server with the same API. It needs a key too.",
        values.api_url,
        shown=values.describe_url,
    ),
    Variable(
        "UNSPLASH_APP_NAME",
        "unsplash_assets",
        "Your application's name in the credit links (utm_source).",
        values.app_name,
    ),
    Variable(
        "UNSPLASH_TOPICS",
        "history,life,wisdom,art,office,nature",
        "Topics, separated by commas: search words in any script, or NAME=SOURCE.",
        topics,
    ),
    Variable(
        "UNSPLASH_SCHEDULE",
        "* * * * *",
        "When a tick comes, as a cron expression.",
        times.schedule,
    ),
    Variable(
        "UNSPLASH_TIMEZONE",
        "UTC",
        "Time zone of the schedule and of the daily verification.",
        times.time_zone,
    ),
    Variable(
        "UNSPLASH_LIBRARY",
        "library",
        "Folder of the photos, or a bucket such as s3://bucket/prefix. Demo mode: demo-library.",
        values.library_place,
        shown=values.describe_url,
    ),
    Variable(
        "UNSPLASH_LIBRARY_URL",
        "",
        "Where anybody can read the library's bucket, such as https://photos.example.org.",
        values.public_url,
        shown=values.describe_url,
    ),
    Variable(
        "UNSPLASH_CATALOGUE",
        "",
        "SQLAlchemy URL of the catalogue. Unset: the SQLite file catalogue.db in the library.",
        values.catalogue_url,
        shown=values.describe_url,
    ),
    Variable(
        "UNSPLASH_RENDITION",
        "regular",
        "Size of new photos: raw, full, regular, small, thumb, or a width such as 1600.",
        values.rendition,
    ),
    Variable(
        "UNSPLASH_ORIENTATION",
        "any",
        "Orientation of new photos: any, landscape, portrait or squarish.",
        values.orientation,
    ),
    Variable(
        "UNSPLASH_CONTENT_FILTER",
        "low",
        "Unsplash's filter for unsafe content: low or high.",
        values.content_filter,
    ),
    Variable(
        "UNSPLASH_PHOTOS_PER_RUN",
        "1",
        "Photos that one run fetches. The launchpad can change it for one run.",
        values.whole_number(1, 1000),
    ),
    Variable(
        "UNSPLASH_RETRY_DELAY",
        "15",
        "Seconds between the 10 retries.",
        values.seconds(0, 3600),
        write=_write_seconds,
    ),
    Variable(
        "UNSPLASH_TIMEOUT",
        "60",
        "Seconds that the whole download of one picture may take.",
        values.seconds(1, 3600),
        write=_write_seconds,
    ),
    Variable(
        "UNSPLASH_MAX_SIZE",
        "50MB",
        "Size of the largest picture to accept.",
        values.max_size,
        write=lambda size: f"{size}B",
    ),
    Variable(
        "UNSPLASH_CONCURRENCY",
        "8",
        "Pictures downloaded at the same time.",
        values.whole_number(1, 64),
    ),
    Variable(
        "UNSPLASH_VIEWER",
        "auto",
        "How to show new pictures: auto, off, gallery, or a command with {path}.",
        values.viewer,
    ),
    Variable(
        "UNSPLASH_KEEP",
        "all",
        "Photos to keep: all, the newest N, a size such as 2GB, or an age such as 30d.",
        values.keep,
    ),
    Variable(
        "UNSPLASH_KEEP_RUNS",
        "1d",
        "How long to keep Dagster's finished runs. Failed runs stay seven times as long.",
        values.span,
    ),
)

BY_FIELD: Final = {variable.field: variable for variable in VARIABLES}
"""The variables by their field in `settings.Settings`."""


def is_known(name: str) -> bool:
    """Return whether some part of this project reads a variable of that name.

    A launchpad may name the variable of another key.
    """
    others = r"UNSPLASH_PROJECT|UNSPLASH_API_KEY_[A-Z0-9_]+"
    return name in {variable.name for variable in VARIABLES} or bool(re.fullmatch(others, name))


def remedy(name: str) -> str:
    """Return what to do about a variable that nobody reads: take the one with the nearest name."""
    endings = {variable.name.removeprefix(OURS): variable.name for variable in VARIABLES}
    near = get_close_matches(name.removeprefix(OURS).upper(), endings, n=1, cutoff=0.55)
    return f"did you mean {endings[near[0]]}?" if near else ".env.example lists them all"
