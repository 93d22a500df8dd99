"""Tests of the worker's parts; that it works is tested in `distributed/test_workers.py`."""

import signal
from pathlib import Path

import dagster as dg
import pytest
from celery import Celery

from unsplash_assets.defs.celery.launcher import LeasedRunLauncher
from unsplash_assets.defs.celery.worker import RunTask, app_of, main
from unsplash_assets.errors import SettingsError


def test_a_worker_takes_what_the_launcher_of_the_instance_gives() -> None:
    launcher = LeasedRunLauncher("redis://127.0.0.1:1/0", default_queue="dagster")
    app = app_of(launcher)
    assert app is launcher.celery
    assert isinstance(app.tasks["execute_job"], RunTask)


def test_an_instance_without_celery_has_no_worker() -> None:
    with pytest.raises(SettingsError, match="launches runs without Celery"):
        app_of(dg.DagsterInstance.ephemeral().run_launcher)


@pytest.mark.long
def test_a_worker_that_cannot_start_says_why_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}  # unsplash_assets\n")
    with pytest.raises(SystemExit) as error:
        main([])
    assert str(error.value).startswith("Error: DAGSTER_HOME is a folder whose dagster.yaml")
    assert "\n" not in str(error.value)


def test_a_run_leaves_the_process_as_it_was() -> None:
    """Dagster lets SIGTERM interrupt a run, and does not put back what it did before."""

    def run() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)

    before = signal.getsignal(signal.SIGTERM)
    Celery().task(run, base=RunTask)()
    assert signal.getsignal(signal.SIGTERM) is before
