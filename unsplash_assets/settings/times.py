"""Parsers of the settings that say when: the schedule and its time zone."""

from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from unsplash_assets.model.cron import EXAMPLE, Cron

_FIELDS: Final = "minute, hour, day of the month, month, day of the week"


def schedule(text: str) -> Cron:
    """A cron expression."""
    try:
        return Cron.parse(text)
    except ValueError as error:
        raise ValueError(
            f"{error}; use the five fields of cron ({_FIELDS}), such as {EXAMPLE}"
        ) from error


def time_zone(text: str) -> ZoneInfo:
    """A time zone of the IANA database, by its name."""
    try:
        return ZoneInfo(text)
    except (OSError, ValueError, KeyError):  # it looks for a file of that name
        named = {name.rpartition("/")[2].casefold(): name for name in sorted(available_timezones())}
        city = text.rpartition("/")[2].replace(" ", "_").casefold()
        example = named.get(city, "Europe/Berlin")
        raise ValueError(f"use the name of a time zone, such as {example} or UTC") from None
