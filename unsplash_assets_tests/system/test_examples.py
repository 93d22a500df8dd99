"""Tests that what docs/examples and deploy hold for others to copy works."""

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from click.testing import CliRunner
from dotenv import dotenv_values

from unsplash_assets.cli.main import main
from unsplash_assets.settings.variables import VARIABLES
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.processes import Processes, environment

DOCS = PROJECT / "docs"
EXAMPLES = DOCS / "examples"
ONE_MACHINE = PROJECT / "deploy" / "one-machine"
PAGES = sorted(DOCS.rglob("*.md"))
LINE = re.compile(r"^ {4}(UNSPLASH_[A-Z_]+=(?:(?! make run$).)*)$", re.MULTILINE)


def example(name: str) -> Any:
    """Import an example as a project of its own imports it: from its file."""
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.long
def test_another_project_asks_for_photos_of_its_own() -> None:
    defs: dg.Definitions = example("other_project").defs
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(instance=instance)
        event = instance.get_latest_materialization_event(dg.AssetKey("sea_photos"))
    assert result.success
    assert event
    assert event.asset_materialization
    shown: Any = {n: value.value for n, value in event.asset_materialization.metadata.items()}
    assert len(set(shown["pictures"])) == 3
    assert all(re.fullmatch(r"Photo by .+ on Unsplash", credit) for credit in shown["credits"])


def test_the_example_is_as_short_as_promised() -> None:
    code = [line for line in (EXAMPLES / "other_project.py").read_text().splitlines() if line]
    assert len(code) <= 20


@pytest.mark.long
def test_another_project_merges_the_pipeline_with_its_own_assets() -> None:
    defs: dg.Definitions = example("merged_project").defs
    names = {key.to_user_string() for key in defs.resolve_asset_graph().get_all_asset_keys()}
    assert names == {"photo_metadata", "image_url", "image_file", "gallery", "mood_board"}
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs.resolve_implicit_global_asset_job_def()
        result = job.execute_in_process(
            instance=instance, asset_selection=[dg.AssetKey("mood_board")]
        )
    assert result.success


def test_a_merged_asset_of_others_is_no_part_of_the_run_of_each_minute() -> None:
    defs: dg.Definitions = example("merged_project").defs
    nodes = {node.name for node in defs.resolve_job_def("refresh").nodes}
    assert nodes == {"photo_metadata", "image_url", "image_file", "gallery"}


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.iterdir() if path.is_file()))
def test_each_example_is_shown_by_a_page_and_linked(name: str) -> None:
    pages = [page.read_text() for page in PAGES]
    assert any(f'\n--8<-- "examples/{name}"\n' in text for text in pages)
    assert any(f"](../examples/{name})" in text for text in pages)


@pytest.mark.parametrize("name", sorted(path.name for path in ONE_MACHINE.iterdir()))
def test_each_file_to_deploy_on_one_machine_is_shown_by_a_page(name: str) -> None:
    shown = f'\n--8<-- "deploy/one-machine/{name}"\n'
    assert any(shown in page.read_text() for page in PAGES)


def _lines() -> list[Any]:
    """Return each line UNSPLASH_...=... that the docs show for `.env`."""
    found = [(page, match[1]) for page in PAGES for match in LINE.finditer(page.read_text())]
    return [pytest.param(line, id=f"{page.stem}: {line[:40]}") for page, line in found]


@pytest.mark.parametrize("line", _lines())
def test_a_setting_that_the_docs_show_is_valid(line: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(line + "\n")
    parsers = {variable.name: variable.parse for variable in VARIABLES}
    for name, value in dotenv_values(tmp_path / ".env").items():
        parsers[name](value or "")


@pytest.mark.process
@pytest.mark.needs("systemd-analyze")
def test_the_unit_is_one_that_systemd_can_read(processes: Processes, tmp_path: Path) -> None:
    """It names a program that is here, because systemd checks that it can be executed."""
    text = (ONE_MACHINE / "unsplash-assets.service").read_text()
    here, count = re.subn(r"%h/unsplash_assets/\.venv/bin/\w+", sys.executable, text)
    assert count == 1
    unit = tmp_path / "unsplash-assets.service"
    unit.write_text(here.replace("%h/unsplash_assets", "/"))
    verified = processes.run(
        ["systemd-analyze", "verify", "--user", "--man=no", unit],
        env=environment(XDG_RUNTIME_DIR=str(tmp_path)),
    )
    assert (verified.returncode, verified.stderr) == (0, "")


def test_the_container_copies_only_what_is_there() -> None:
    lines = (ONE_MACHINE / "Containerfile").read_text().splitlines()
    copied = [name for line in lines if line.startswith("COPY ") for name in line.split()[1:-1]]
    assert {"requirements/run.txt", "unsplash_assets"} <= set(copied)
    assert [name for name in copied if not (PROJECT / name).exists()] == []


def test_the_container_starts_what_make_run_starts() -> None:
    """Its signals, its log and its record of runs are ready in the same way."""
    text = (ONE_MACHINE / "Containerfile").read_text()
    (command,) = re.findall(r"^CMD (\[.*\])$", text, re.MULTILINE)
    assert json.loads(command) == ["python", "-m", "unsplash_assets.cli.launch", "3000", "0.0.0.0"]


def test_the_compose_file_keeps_what_is_worth_keeping_and_is_watched() -> None:
    composed = yaml.safe_load((ONE_MACHINE / "compose.yaml").read_text())
    photos = composed["services"]["photos"]
    kept = {volume.partition(":")[0]: volume.rpartition("/")[2] for volume in photos["volumes"]}
    assert kept == {"library": "library", "demo-library": "demo-library", "history": ".dagster"}
    assert set(composed["volumes"]) == set(kept)
    container = (ONE_MACHINE / "Containerfile").read_text()
    assert "mkdir library demo-library .dagster" in container, "else they would be root's"
    command = photos["healthcheck"]["test"][1:]
    assert CliRunner().invoke(main, [*command[1:], "--help"]).exit_code == 0
    assert f"CMD {json.dumps(command)}" in container
    assert photos["ports"] == ["127.0.0.1:3000:3000"]
    assert (ONE_MACHINE / photos["build"]["context"]).resolve() == PROJECT
