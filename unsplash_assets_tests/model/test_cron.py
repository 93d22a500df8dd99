"""Tests of `model.cron`: which expressions are read, and when their ticks come."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import dagster as dg
import pytest

from unsplash_assets.model.cron import Cron

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 3, 27, 13, 7, tzinfo=BERLIN)
"""Two days before an hour is left out."""


def ticks(text: str, start: datetime, count: int) -> list[datetime]:
    cron, found, after = Cron.parse(text), [], start.timestamp()
    for _ in range(count):
        after = cron.next(after, BERLIN)
        found.append(datetime.fromtimestamp(after, BERLIN))
    return found


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *", "*/5 8-22 * * *", "0 9 * * 1-5", "0 12 * jan,jun SUN", "7/20 * * * *",
        "@daily", "@hourly", "0 22-6/2 * * sat-mon", "30 3 1,15 * 1", "0 0 */2 * 1",
        "0 3 1-31 * 5", "0 0 * * 7",
    ],
)  # fmt: skip
def test_ticks_come_when_dagster_has_them(text: str) -> None:
    mine = ticks(text, START, 20)
    windows = dg.TimeWindowPartitionsDefinition(
        cron_schedule=text, start=START.strftime("%Y-%m-%d %H:%M"), fmt="%Y-%m-%d %H:%M",
        timezone=str(BERLIN), end=mine[-1].strftime("%Y-%m-%d %H:%M"),
    )  # fmt: skip
    theirs = windows.get_partition_keys(current_time=mine[-1] + timedelta(days=400))
    shown = [moment.strftime("%Y-%m-%d %H:%M") for moment in mine]
    assert [key for key in theirs if key != START.strftime("%Y-%m-%d %H:%M")] == shown[:-1]


def test_ticks_of_every_hour_come_twice_where_the_hour_does() -> None:
    autumn = datetime(2026, 10, 25, 1, 0, tzinfo=BERLIN)
    offsets = [moment.strftime("%H %z") for moment in ticks("0 * * * *", autumn, 3)]
    assert offsets == ["02 +0200", "02 +0100", "03 +0100"]


@pytest.mark.parametrize(
    ("text", "gap"),
    [
        ("* * * * *", timedelta(minutes=1)),
        ("*/5 8-22 * * *", timedelta(hours=9, minutes=5)),
        ("0 9 * * mon-fri", timedelta(days=3)),
        ("0 0 29 2 *", timedelta(days=4 * 365 + 1)),
        ("@monthly", timedelta(days=31)),
    ],
)
def test_the_longest_gap_is_the_longest_silence(text: str, gap: timedelta) -> None:
    assert Cron.parse(text).longest_gap == gap


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("* 25 * * *", "'25' is no hour"),
        ("* * * *", "it has not five fields but 4"),
        ("*/5 * * * * *", "it has not five fields but 6"),
        ("hourly", "it has not five fields but 1"),
        ("0 0 30 2 *", "such a day never comes"),
        ("*/0 * * * *", "'*/0' is no minute"),
        ("*/60 * * * *", "'*/60' is no minute"),
        ("1,,2 * * * *", "'' is no minute"),
        ("* * * * 4-4", "'4-4' is no day of the week"),
        ("* * * mars *", "'mars' is no month"),
        ("* * ٣ * *", "'٣' is no day of the month"),
    ],
)
def test_what_is_wrong_is_named(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        Cron.parse(text)


def test_an_expression_reads_as_it_was_written() -> None:
    assert str(Cron.parse(" */5  8-22 * * MON ")) == "*/5 8-22 * * MON"
