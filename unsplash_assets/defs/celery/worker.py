"""A worker, which takes runs from Redis: `python -m unsplash_assets.defs.celery.worker`.

Broker and queue are those that the instance's dagster.yaml names for the launcher. Arguments are
those of `celery worker`, such as `--concurrency 2`; here stand only the defaults that differ.
"""

import signal
import sys
from collections.abc import Sequence
from typing import Any, Final, cast

import dagster as dg
from celery import Celery, Task
from dagster_celery.tasks import create_execute_job_task

from unsplash_assets.defs.celery.launcher import LeasedRunLauncher
from unsplash_assets.errors import SettingsError, UnsplashAssetsError
from unsplash_assets.settings import environment

_DEFAULTS: Final = (
    "--concurrency=1",
    "--loglevel=WARNING",
    "--max-tasks-per-child=200",  # what a library leaks is given back now and then
    "--without-gossip",  # workers need not know each other
    "--without-mingle",
)


class RunTask(Task):  # type: ignore[misc]  # celery has no type hints
    """The task of a run, which leaves the process as it was."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - Celery's own
        """Work on the run; Dagster replaces what SIGTERM does, and a worker needs it to stop."""
        before = signal.getsignal(signal.SIGTERM)
        try:
            return super().__call__(*args, **kwargs)
        finally:
            signal.signal(signal.SIGTERM, before)


def app_of(launcher: object) -> Celery:
    """Return the Celery application of an instance's launcher, with the task of a run.

    Raises SettingsError where the instance launches its runs another way.
    """
    if not isinstance(launcher, LeasedRunLauncher):
        raise SettingsError(
            "DAGSTER_HOME",
            "a folder whose dagster.yaml launches runs without Celery",
            "take deploy/distributed/dagster.yaml, or start no worker",
        )
    cast("Any", create_execute_job_task)(launcher.celery, base=RunTask)  # its hint is a dict
    return launcher.celery


def main(arguments: Sequence[str]) -> None:
    """Work until a signal comes; SIGTERM lets the runs under way end first."""
    try:
        environment.enter_project(environment.find_project())
        with dg.DagsterInstance.get() as instance:
            app = app_of(instance.run_launcher)
    except UnsplashAssetsError as error:
        sys.exit(f"Error: {error}")
    app.worker_main(["worker", *_DEFAULTS, *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
