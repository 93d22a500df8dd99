"""Tests of `defs.logs`: what a run and its problems look like on the console."""

import re
from typing import Any

import dagster as dg
import pytest

from unsplash_assets.defs.failures import Failed
from unsplash_assets.defs.logs.console import console

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}"


@dg.asset
def photo_metadata(context: dg.AssetExecutionContext) -> None:
    context.log.info("sea: 30 new of 30, 30 waiting")


@dg.asset(deps=[photo_metadata])
def image_file(context: dg.AssetExecutionContext) -> None:
    for _ in range(2):
        context.log.warning("photo 1: it is gone,\nfor good")
    context.log.info("sea: stored 1, newest sea/a.jpg")


@dg.asset(deps=[image_file])
def gallery() -> None:
    raise Failed("the disk is full: free some space") from OSError(28, "No space left")


@dg.asset(deps=[image_file])
def stranger() -> None:
    raise ValueError("first line\nsecond line")


@dg.asset(deps=[gallery, stranger])
def after_failures() -> None: ...


def lines(captured: str) -> list[str]:
    return [re.sub(TIME, "TIME", re.sub("run [0-9a-f]{8}", "run ID", line)) for line in
            captured.splitlines()]  # fmt: skip


def run(*assets: dg.AssetsDefinition, job: str = "refresh") -> bool:
    definitions = dg.Definitions(
        assets=assets,
        jobs=[dg.define_asset_job(job)],
        loggers={"console": console},
        executor=dg.in_process_executor,
    )
    run_config: dict[str, Any] = {"loggers": {"console": {}}}
    with dg.DagsterInstance.ephemeral() as instance:
        resolved = definitions.resolve_job_def(job)
        return resolved.execute_in_process(run_config, instance, raise_on_error=False).success


@pytest.mark.long
def test_a_run_is_one_line_and_each_problem_another(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(photo_metadata, image_file)
    assert lines(capsys.readouterr().err) == [
        "TIME WARNING run ID: photo 1: it is gone, for good",
        "TIME INFO run ID: sea: stored 1, newest sea/a.jpg",
    ]


@pytest.mark.long
@pytest.mark.parametrize(
    ("asset", "reason"),
    [(gallery, "gallery failed: the disk is full: free some space"),
     (stranger, "stranger failed: ValueError: first line")],
    ids=["ours", "a stranger's"],
)  # fmt: skip
def test_a_failure_is_its_reason_in_one_line_without_a_stack_trace(
    capsys: pytest.CaptureFixture[str], asset: dg.AssetsDefinition, reason: str
) -> None:
    assert not run(photo_metadata, image_file, asset, after_failures)
    assert lines(capsys.readouterr().err)[2:] == [f"TIME ERROR run ID: {reason}"]


@pytest.mark.long
def test_a_verification_says_that_it_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(photo_metadata, job="verify")
    assert lines(capsys.readouterr().err) == ["TIME INFO run ID: verify succeeded"]
