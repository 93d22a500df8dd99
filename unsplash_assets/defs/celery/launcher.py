"""Launches each run as a task of Celery, and tells from the run's lease whether it lives.

Celery knows when a task has ended. It does not know when a machine has gone: its task counts as
started for ever. Nor does Celery know what Redis has lost. Both are seen in the catalogue, where
each run gives signs of life.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import dagster as dg
from dagster_celery.config import TASK_EXECUTE_JOB_NAME
from dagster_celery.launcher import (
    CeleryRunLauncher,
    CheckRunHealthResult,
    LaunchRunContext,
    WorkerStatus,
)
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from unsplash_assets.defs.runs import KILLED
from unsplash_assets.errors import UnsplashAssetsError
from unsplash_assets.library.opening import open_library
from unsplash_assets.settings import environment

ENDED: Final = "The run's process is gone: its task has ended, and the run has not."
_OVER: Final = ("SUCCESS", "FAILURE")
"""What Celery says of a task whose function has returned, or whose process was killed."""
_UNREACHABLE: Final = (OSError, KombuError, RedisError)
_SETTINGS: Final[dict[str, Any]] = {
    # A run is a worker's own from the moment it takes it: a second one could only find it begun.
    "task_acks_late": False,
    "task_reject_on_worker_lost": False,
    # No run waits behind another one while a worker has nothing to do.
    "worker_prefetch_multiplier": 1,
    "worker_disable_prefetch": True,
    # A broker that restarts ends no run and no worker, and one that is away holds up no daemon.
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "redis_socket_connect_timeout": 3.0,
    "redis_socket_timeout": 30.0,
    "result_backend_transport_options": {"retry_policy": {"timeout": 3.0}},
    # What Dagster logs is as readable as anywhere else.
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
}
"""Celery's settings; a dagster.yaml may say otherwise under `config_source`."""


class LeasedRunLauncher(CeleryRunLauncher):
    """dagster-celery's launcher, which closes the runs whose lease has run out."""

    def __init__(
        self,
        broker: str,
        config_source: dict[str, Any] | None = None,
        **config: Any,  # noqa: ANN401 - the rest is dagster-celery's
    ) -> None:
        """Launch through Redis at the URL `broker`, which keeps the tasks' results too."""
        settings = {**_SETTINGS, **(config_source or {})}
        super().__init__(broker=broker, backend=broker, config_source=settings, **config)

    @classmethod
    def config_type(cls) -> Any:  # noqa: ANN401 - as Dagster declares it
        """Return what a dagster.yaml may say: the broker once, for launcher and workers."""
        theirs = cast("Mapping[str, dg.Field]", super().config_type())
        fields = {name: field for name, field in theirs.items() if name != "backend"}
        about = "The URL of Redis: env: NAME keeps a password out of the messages."
        return {**fields, "broker": dg.Field(dg.StringSource, description=about)}

    def launch_run(self, context: LaunchRunContext) -> None:
        """Hand a run to Celery, under the name that dagster-celery registers anew for each run."""
        self.celery.tasks.pop(TASK_EXECUTE_JOB_NAME, None)
        super().launch_run(context)

    def check_run_worker_health(self, run: dg.DagsterRun) -> CheckRunHealthResult:
        """Return whether a run that has begun lives; close one that does not."""
        has_ended = self._has_ended(run)
        reason = ENDED if has_ended else KILLED
        try:
            with open_library(environment.load(), create=False, needs_files=False) as library:
                if not has_ended and not library.runs.was_killed(run.run_id):
                    return CheckRunHealthResult(WorkerStatus.RUNNING)
                library.runs.close(run.run_id, reason)
        except UnsplashAssetsError:  # nobody can look at a lease now
            if not has_ended:
                return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.FAILED, reason)

    def get_run_worker_debug_info(
        self,
        run: dg.DagsterRun,
        include_container_logs: bool | None = True,  # noqa: FBT001, FBT002
    ) -> None:
        """Return nothing: what Celery knows of a run that was closed is of no help."""

    def terminate(self, run_id: str) -> bool:
        """Interrupt a run, or call off one that no worker has begun; return whether it could be."""
        run = self._instance.get_run_by_id(run_id)
        task_id = run.tags.get(DAGSTER_CELERY_TASK_ID_TAG) if run else None
        if run is None or task_id is None or run.is_finished:
            return False
        if run.status is dg.DagsterRunStatus.STARTED:
            self._instance.report_run_canceling(run)
        elif run.status is not dg.DagsterRunStatus.CANCELING:
            self._instance.report_run_canceled(run)
        # Dagster makes an interruption of it while it works on a run; at other times it is ignored.
        self.celery.control.revoke(task_id, terminate=True, signal="SIGINT")
        return True

    def _has_ended(self, run: dg.DagsterRun) -> bool:
        """Whether Celery says that a run's task has ended; what it does not know says nothing."""
        task_id = run.tags.get(DAGSTER_CELERY_TASK_ID_TAG)
        if task_id is None:  # it was launched another way, or is just being launched
            return False
        try:
            return self.celery.AsyncResult(task_id).state in _OVER
        except _UNREACHABLE:
            return False
