"""Tests of `unsplash-assets doctor`: its lines, its JSON, its exit code, and Dagster's part."""

import json
import re
from pathlib import Path
from shutil import copy

import pytest
from click.testing import CliRunner, Result

from unsplash_assets.cli.doctor import dagster_finding
from unsplash_assets.cli.main import main
from unsplash_assets.cli.record import Switch
from unsplash_assets_tests.support.paths import PROJECT


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy(PROJECT / "dagster.yaml", tmp_path)
    monkeypatch.setenv("UNSPLASH_VIEWER", "off")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["doctor", *arguments])


def test_a_new_project_has_a_line_for_each_finding() -> None:
    done = run()
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert all(re.match(r"(ok|warning|bad) +\w+ +\S", line) for line in lines)
    assert "warning  dagster    its schedule has never ticked" in done.stdout
    assert lines[1].endswith("; start it: make run") or "; start it: make run" in done.stdout


def test_json_has_the_same_findings() -> None:
    found = json.loads(run("--json").stdout)
    assert {"versions", "settings", "dagster", "key"} <= {finding["name"] for finding in found}
    assert set(found[0]) == {"name", "verdict", "text", "advice"}


def test_a_setting_that_cannot_be_used_is_bad(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSPLASH_KEEP", "x")
    done = run()
    assert done.exit_code == 1
    assert "bad      settings   UNSPLASH_KEEP is 'x': use all, " in done.stdout


def test_a_home_of_dagster_that_is_not_there_is_bad(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(project / "gone"))
    done = run()
    assert done.exit_code == 1
    assert "bad      dagster    DAGSTER_HOME is " in done.stdout


@pytest.mark.parametrize(
    ("switch", "verdict", "text"),
    [
        (None, "warning", "its schedule has never ticked in home"),
        (Switch(is_on=True, last_tick=None, failure=None), "warning", "has never ticked"),
        (Switch(is_on=False, last_tick=1e9, failure=None), "warning", "every_minute is off"),
        (Switch(is_on=True, last_tick=1e9, failure="no module"), "bad", "failed: no module"),
        (Switch(is_on=True, last_tick=1e9, failure=None), "ok", "the schedule is on, last tick at"),
    ],
)
def test_the_schedule_is_looked_at(switch: Switch | None, verdict: str, text: str) -> None:
    found = dagster_finding(switch, Path("home"), 1e9)
    assert found.verdict == verdict
    assert text in found.text
