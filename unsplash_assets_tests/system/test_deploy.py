"""Tests of the files in deploy/distributed, which several machines take as they are."""

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from dotenv import dotenv_values

from unsplash_assets.defs.celery.launcher import LeasedRunLauncher
from unsplash_assets.settings.projects import is_project
from unsplash_assets.settings.settings import parse
from unsplash_assets.settings.variables import VARIABLES
from unsplash_assets_tests.distributed.hosts import BIN
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.processes import Processes, environment

DEPLOY = PROJECT / "deploy" / "distributed"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
OF_DAGSTER = ["DAGSTER_HOME", "DAGSTER_STORAGE_URL", "DAGSTER_BROKER_URL"]
OF_THE_BUCKET = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]


def test_the_environment_file_has_every_variable_and_works() -> None:
    text = (DEPLOY / "env.example").read_text()
    named = re.findall(r"^(?:# )?([A-Z_]+)=", text, re.MULTILINE)
    assert named == [*OF_DAGSTER, *OF_THE_BUCKET, *(each.name for each in VARIABLES)]
    settings = parse(
        {k: v or "" for k, v in dotenv_values(DEPLOY / "env.example").items()}, PROJECT
    )
    assert settings.mode == "live"
    for variable in VARIABLES:
        assert f"# {variable.meaning}\n" in text


def test_dagsters_settings_name_the_launcher_and_mark_a_project() -> None:
    settings = yaml.safe_load((DEPLOY / "dagster.yaml").read_text())
    launcher = settings["run_launcher"]
    assert getattr(import_module(launcher["module"]), launcher["class"]) is LeasedRunLauncher
    assert set(launcher["config"]) <= set(LeasedRunLauncher.config_type())
    assert is_project(DEPLOY)


def test_no_secret_has_a_place_in_dagsters_settings() -> None:
    """They travel in messages, with the names of variables in their place."""
    text = (DEPLOY / "dagster.yaml").read_text()
    assert "://" not in text
    assert set(re.findall(r"env: (\w+)", text)) == set(OF_DAGSTER) - {"DAGSTER_HOME"}


def test_the_units_run_what_the_procfile_runs() -> None:
    lines = (DEPLOY / "Procfile").read_text().splitlines()
    programs = dict(line.split(": ", 1) for line in lines if not line.startswith("#"))
    units = {
        unit.stem.removeprefix("unsplash-"): re.findall(r"^ExecStart=.*?bin/(.*)$", text, re.M)[0]
        for unit in UNITS
        for text in [unit.read_text()]
    }
    assert units == programs


@pytest.mark.process
@pytest.mark.needs("systemd-analyze")
def test_the_units_are_ones_that_systemd_can_read(processes: Processes, tmp_path: Path) -> None:
    """They name programs that are here, because systemd checks that it can execute them."""
    for unit in UNITS:
        here = unit.read_text().replace("/srv/unsplash/.venv/bin", str(BIN))
        (tmp_path / unit.name).write_text(here.replace("/srv/unsplash", "/"))
    verified = processes.run(
        ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.glob("*.service"))],
        env=environment(XDG_RUNTIME_DIR=str(tmp_path)),
    )
    assert (verified.returncode, verified.stderr) == (0, "")
