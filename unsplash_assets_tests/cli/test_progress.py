"""Tests of `cli.progress`: what long work prints on a terminal and elsewhere."""

import re
import sys
import time

import pytest

from unsplash_assets.cli import progress
from unsplash_assets_tests.support.processes import Processes, environment, python
from unsplash_assets_tests.support.terminals import InTerminal

on_a_terminal = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminal")

PROGRAM = """
import time
from unsplash_assets.cli import progress
real = time.monotonic
time.monotonic = lambda: real() * {speed}
with progress.{of} as on_progress:
    for done in range(31):
        on_progress({more})
        time.sleep(0.02)
"""
FILES = {"of": "file_progress('verified')", "more": "done, 40, done * 1_000_000"}
FETCH = {"of": "fetch_progress('sea', 40)", "more": "done > 0, 'a trouble' if done > 20 else None"}


def program(work: dict[str, str], speed: int = 1) -> list[str]:
    """Return a command that works for a second; its own clock runs `speed` times as fast."""
    return python(PROGRAM.format(**work, speed=speed))


class Time:
    """A clock that stands still until a test moves it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


def test_a_long_verification_prints_its_progress_now_and_then(
    capsys: pytest.CaptureFixture[str], clock: Time
) -> None:
    with progress.file_progress("verified") as on_progress:
        for done in range(1, 1201):
            clock.now += 0.01
            on_progress(done, 2400, done * 1_000_000)
    assert capsys.readouterr().err.splitlines() == [
        "verified 500 of 2,400 files, 100 MB/s, 19 s left",
        "verified 1,000 of 2,400 files, 100 MB/s, 14 s left",
    ]


def test_a_long_fetch_prints_its_progress_now_and_then_and_its_result(
    capsys: pytest.CaptureFixture[str], clock: Time
) -> None:
    with progress.fetch_progress("sea", 1000) as on_progress:
        for more in [0] + [100] * 10:
            on_progress(more, None)
            clock.now += 4
    assert capsys.readouterr().err.splitlines() == [
        "sea: 200 of 1,000 photos, 25 photos/s, 32 s left",
        "sea: 400 of 1,000 photos, 25 photos/s, 24 s left",
        "sea: 600 of 1,000 photos, 25 photos/s, 16 s left",
        "sea: 800 of 1,000 photos, 25 photos/s, 8 s left",
        "sea: 1,000 of 1,000 stored",
    ]


def test_the_time_before_the_first_photo_does_not_count(
    capsys: pytest.CaptureFixture[str], clock: Time
) -> None:
    with progress.fetch_progress("sea", 90) as on_progress:
        for second in range(601):
            clock.now += 1
            on_progress(int(second == 570), None)
    assert capsys.readouterr().err.splitlines() == [
        "sea: 1 of 90 photos, 1.0 photos/s, 89 s left",
        "sea: 1 of 90 stored",
    ]


def test_a_slow_fetch_counts_photos_per_minute(
    capsys: pytest.CaptureFixture[str], clock: Time
) -> None:
    with progress.fetch_progress("sea", 100) as on_progress:
        on_progress(0, None)
        clock.now += 60
        on_progress(3, None)
    assert capsys.readouterr().err.splitlines()[0] == (
        "sea: 3 of 100 photos, 3.0 photos/min, 32 min left"
    )


def test_an_interrupted_fetch_prints_each_trouble_once_and_what_it_stored(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyboardInterrupt), progress.fetch_progress("sea", 9) as on_progress:  # noqa: PT012
        on_progress(1, None)
        for trouble in ("one", "one", None, "one", "two"):
            on_progress(0, trouble)
        raise KeyboardInterrupt
    assert capsys.readouterr().err.splitlines() == ["sea: one", "sea: two", "sea: 1 of 9 stored"]


def test_a_fetch_that_stores_nothing_prints_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with progress.fetch_progress("sea", 9) as on_progress:
        on_progress(0, None)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
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
def test_a_duration_has_a_suitable_unit(seconds: float, text: str) -> None:
    assert progress.format_duration(seconds) == text


@pytest.mark.parametrize(
    ("work", "bar"),
    [
        (FILES, r"verified [━╸╺]+ 30/40 [\d.]+ MB/s \d+ s left"),
        (FETCH, r"sea: [━╸╺]+ 30/40 [\d.]+ photos/s \d+ s left"),
    ],
    ids=["files", "fetch"],
)
@on_a_terminal
@pytest.mark.process
def test_a_terminal_gets_a_bar_with_rate_and_time_left(
    terminal: InTerminal, work: dict[str, str], bar: str
) -> None:
    seen = terminal(program(work), 80)
    assert seen.code == 0
    found = re.search(bar, seen.text)
    assert found, seen.raw
    assert len(found[0]) == 80
    assert seen.text.count("a trouble") == (work is FETCH)


@on_a_terminal
@pytest.mark.process
def test_a_terminal_that_cannot_draw_gets_lines(terminal: InTerminal) -> None:
    seen = terminal(program(FILES, speed=100), TERM="dumb")
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
@pytest.mark.process
def test_a_pipe_gets_plain_lines(processes: Processes, work: dict[str, str], line: str) -> None:
    environ = environment(FORCE_COLOR="1")
    done = processes.run(program(work, speed=100), env=environ, check=True)
    assert "\x1b" not in done.stderr
    assert "\r" not in done.stderr
    lines = done.stderr.splitlines()
    assert len([found for found in lines if re.fullmatch(line, found)]) > 3
    assert done.stdout == ""


@pytest.mark.skipif(sys.platform == "win32", reason="a shell's way to close a file")
@pytest.mark.process
def test_work_goes_on_if_standard_error_is_closed(processes: Processes) -> None:
    command = ["sh", "-c", '"$@" 2>&-', "sh", *program(FETCH, speed=100)]
    assert processes.run(command, check=True).stdout == ""
