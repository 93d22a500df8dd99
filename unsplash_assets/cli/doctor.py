"""The command `doctor`: what of this set-up works, what does not, and what to do."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from unsplash_assets.cli.base import load_settings
from unsplash_assets.cli.output import data_output, say, text_output
from unsplash_assets.errors import SettingsError, UnsplashAssetsError
from unsplash_assets.library.doctor.findings import Finding, bad, ok, warning
from unsplash_assets.model.text import printable
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import Settings
from unsplash_assets.unsplash.budget import clock_time

if TYPE_CHECKING:
    from unsplash_assets.cli.record import Switch

_SCHEDULE: Final = "every_minute"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
def doctor(as_json: bool) -> None:  # noqa: FBT001 - a flag, as click passes it
    """Find out what of this set-up works and what does not, and say what to do.

    It sends one request to Unsplash, which counts like any other. The exit code is 1 if something
    is bad.
    """
    if not as_json:
        say("Looking; one request is sent to Unsplash if there is a key.")
    findings = []
    with text_output() if not as_json else data_output() as output:
        for finding in _findings():
            findings.append(finding)
            if not as_json:
                output.write(f"{_line(finding)}\n")
                output.flush()
        if as_json:
            content = [asdict(finding) for finding in findings]
            output.write(f"{json.dumps(content, ensure_ascii=False, indent=2)}\n")
    if any(finding.verdict == "bad" for finding in findings):
        raise click.exceptions.Exit(1)


def _line(finding: Finding) -> str:
    advice = f"; {finding.advice}" if finding.advice else ""
    return printable(f"{finding.verdict:<8} {finding.name:<10} {finding.text}{advice}")


def _findings() -> Iterator[Finding]:
    from unsplash_assets.library.doctor.examination import examine  # noqa: PLC0415 - loads much
    from unsplash_assets.library.doctor.surroundings import versions  # noqa: PLC0415

    try:
        settings = load_settings()
    except SettingsError as error:
        yield versions()
        yield bad("settings", str(error))
        return
    try:
        environment.enter_project(settings.project)
    except SettingsError as error:
        yield bad("dagster", str(error))
    else:
        yield _dagster(settings)
    yield from examine(settings)


def _dagster(settings: Settings) -> Finding:
    """Say whether Dagster's record can be used, and whether its schedule is on."""
    from unsplash_assets.cli.record import switch_of  # noqa: PLC0415 - loads Dagster

    home = environment.record_home(settings.project)
    try:
        switch = switch_of(settings.project, _SCHEDULE)
    except UnsplashAssetsError as error:
        return bad("dagster", str(error))
    return dagster_finding(switch, home, time.time())


def dagster_finding(switch: "Switch | None", home: Path, now: float) -> Finding:
    """Return the finding about a schedule; `now` is in seconds since 1970."""
    if switch is None or switch.last_tick is None:
        return warning("dagster", f"its schedule has never ticked in {home}", "start it: make run")
    last = clock_time(switch.last_tick, now)
    if switch.failure:
        return bad("dagster", f"the tick at {last} failed: {switch.failure}")
    if not switch.is_on:
        return warning("dagster", f"the schedule {_SCHEDULE} is off", "switch it on in the UI")
    return ok("dagster", f"its home is {home}, the schedule is on, last tick at {last}")
