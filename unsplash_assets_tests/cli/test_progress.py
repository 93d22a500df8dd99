"""Tests of `progress`: what long work tells on a terminal, and what elsewhere."""

import os
import re
import subprocess
import sys
import time

import pytest

from unsplash_assets.cli import progress

on_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminal")

PROGRAM = """
import time
from unsplash_assets import progress
real = time.monotonic
time.monotonic = lambda: real() * {haste}
with progress.{of} as tell:
    for done in range(31):
        tell(done, {more})
        time.sleep(0.02)
"""
FILES = {"of": "of_files('verified')", "more": "40, done * 1_000_000"}
FETCH = {"of": "of_fetch('sea', 40)", "more": "'a trouble' if done > 20 else None"}


def program(work: dict[str, str], haste: int = 1) -> list[str]:
    """Return a command that works for a second, `haste` times as long by its own clock."""
    return [sys.executable, "-c", PROGRAM.format(**work, haste=haste)]


class Time:
    """A clock that stands still unless it is moved."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def test_a_long_verification_tells_now_and_then_how_far_it_is(
    capsys: pytest.CaptureFixture[str], clock: Time
) -> None:
    with progress.of_files("verified") as tell:
        for done in range(1, 1201):
            clock.now += 0.01
            tell(done, 2400, done * 1_000_000)
    assert capsys.readouterr().err.splitlines() == [
        "verified 500 of 2,400 files, 100 MB/s, 19 s left",
        "verified 1,000 of 2,400 files, 100 MB/s, 14 s left",
    ]


def test_a_long_fetch_tells_now_and_then_how_far_it_is_and_where_it_has_ended(
    capsys: pytest.CaptureFixture[str], clock: Time
) -> None:
    with progress.of_fetch("sea", 1000) as tell:
        for stored in range(0, 1001, 100):
            tell(stored, None)
            clock.now += 4
    assert capsys.readouterr().err.splitlines() == [
        "sea: 200 of 1,000 photos, 25 photos/s, 32 s left",
        "sea: 400 of 1,000 photos, 25 photos/s, 24 s left",
        "sea: 600 of 1,000 photos, 25 photos/s, 16 s left",
        "sea: 800 of 1,000 photos, 25 photos/s, 8 s left",
        "sea: 1,000 of 1,000 stored",
    ]


def test_what_goes_before_the_first_photo_is_not_its_pace(
    capsys: pytest.CaptureFixture[str], clock: Time
) -> None:
    with progress.of_fetch("sea", 90) as tell:
        for second in range(601):
            clock.now += 1
            tell(0 if second < 570 else 1, None)
    assert capsys.readouterr().err.splitlines() == [
        "sea: 1 of 90 photos, 1.0 photos/s, 89 s left",
        "sea: 1 of 90 stored",
    ]


def test_a_slow_fetch_counts_photos_a_minute(
    capsys: pytest.CaptureFixture[str], clock: Time
) -> None:
    with progress.of_fetch("sea", 100) as tell:
        tell(0, None)
        clock.now += 60
        tell(3, None)
    assert capsys.readouterr().err.splitlines()[0] == (
        "sea: 3 of 100 photos, 3.0 photos/min, 32 min left"
    )


def test_a_fetch_tells_each_trouble_once_and_what_it_has_stored_when_it_is_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyboardInterrupt), progress.of_fetch("sea", 9) as tell:  # noqa: PT012
        for trouble in ("one", "one", None, "one", "two"):
            tell(1, trouble)
        raise KeyboardInterrupt
    assert capsys.readouterr().err.splitlines() == ["sea: one", "sea: two", "sea: 1 of 9 stored"]


def test_a_fetch_that_stores_nothing_has_nothing_to_tell(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress.of_fetch("sea", 9) as tell:
        tell(0, None)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (99, "99 s"),
        (100, "2 min"),
        (5_999, "100 min"),
        (6_000, "2 h"),
        (172_799, "48 h"),
        (172_800, "2 days"),
        (86_400 * 2_000, "2,000 days"),
    ],
)
def test_a_time_is_told_in_the_unit_that_suits_it(seconds: float, words: str) -> None:
    assert progress.span(seconds) == words


@pytest.mark.parametrize(
    ("work", "bar"),
    [
        (FILES, r"verified [━╸╺]+ 30/40 [\d.]+ MB/s \d+ s left"),
        (FETCH, r"sea: [━╸╺]+ 30/40 [\d.]+ photos/s \d+ s left"),
    ],
    ids=["files", "fetch"],
)
@on_a_terminal
def test_a_terminal_has_a_bar_with_rate_and_time_left(work: dict[str, str], bar: str) -> None:
    from unsplash_assets_tests.support.terminals import in_terminal  # noqa: PLC0415 - not on Windows

    seen = in_terminal(program(work), 80)
    assert seen.code == 0
    found = re.search(bar, seen.text)
    assert found, seen.raw
    assert len(found[0]) == 80
    assert seen.text.count("a trouble") == (work is FETCH)


@on_a_terminal
def test_a_terminal_that_cannot_draw_has_lines() -> None:
    from unsplash_assets_tests.support.terminals import in_terminal  # noqa: PLC0415 - not on Windows

    seen = in_terminal(program(FILES, haste=100), TERM="dumb")
    assert seen.raw == seen.text.replace("\n", "\r\n")
    assert re.match(r"verified \d+ of 40 files, [\d.]+ MB/s, \d+ s left\n", seen.text)


@pytest.mark.parametrize(
    ("work", "line"),
    [
        (FILES, r"verified \d+ of 40 files, [\d.]+ MB/s, \d+ s left"),
        (FETCH, r"sea: \d+ of 40 photos, [\d.]+ photos/(s|min), \d+ (s|min) left"),
    ],
    ids=["files", "fetch"],
)
def test_a_pipe_has_plain_lines(work: dict[str, str], line: str) -> None:
    done = subprocess.run(
        program(work, haste=100),
        env={**os.environ, "FORCE_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr
    lines = done.stderr.splitlines()
    assert len([said for said in lines if re.fullmatch(line, said)]) > 3
    assert done.stdout == ""


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's way to close a file")
def test_work_goes_on_where_standard_error_is_closed() -> None:
    command = ["sh", "-c", '"$@" 2>&-', "sh", *program(FETCH, haste=100)]
    assert subprocess.run(command, check=True, capture_output=True).stdout == b""
