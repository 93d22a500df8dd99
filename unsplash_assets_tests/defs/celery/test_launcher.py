"""Tests of the launcher: which runs live, and which can be ended."""

import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

from unsplash_assets.catalogue.runs import LAPSES_AFTER, EndedRun
from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.celery.launcher import ENDED, LeasedRunLauncher
from unsplash_assets.defs.runs import KILLED
from unsplash_assets.library.opening import open_library
from unsplash_assets.settings.settings import Settings
from unsplash_assets_tests.conftest import MakeSettings
from unsplash_assets_tests.distributed.hosts import RedisServer
from unsplash_assets_tests.support.dev import free_port
from unsplash_assets_tests.support.machines import elsewhere
from unsplash_assets_tests.support.processes import Processes

TASK = "a-task"
ALIVE = ("RUNNING", None)
needs_redis = pytest.mark.needs("redis-server")


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings()


@pytest.fixture
def instance() -> dg.DagsterInstance:
    return dg.DagsterInstance.ephemeral()


@pytest.fixture
def redis(tmp_path: Path, processes: Processes) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path, processes.start)
    yield server
    server.stop()


@pytest.fixture
def launcher(redis: RedisServer, instance: dg.DagsterInstance) -> LeasedRunLauncher:
    return launcher_on(redis.url, instance)


@pytest.fixture
def cut_off(instance: dg.DagsterInstance) -> LeasedRunLauncher:
    """A launcher whose Redis is not there."""
    return launcher_on(f"redis://127.0.0.1:{free_port()}/0", instance)


def launcher_on(url: str, instance: dg.DagsterInstance) -> LeasedRunLauncher:
    launcher = LeasedRunLauncher(default_queue="dagster", broker=url)
    launcher.register_instance(instance)
    return launcher


def run_of(
    instance: dg.DagsterInstance,
    settings: Settings,
    status: dg.DagsterRunStatus = dg.DagsterRunStatus.STARTED,
    task: str | None = TASK,
) -> dg.DagsterRun:
    job = build_definitions(settings).resolve_job_def("refresh")
    tags = {DAGSTER_CELERY_TASK_ID_TAG: task} if task else {}
    return instance.create_run_for_job(job, status=status, tags=tags)


def working_elsewhere(settings: Settings, run: dg.DagsterRun, seconds_ago: float) -> None:
    """Record a run of another host, and when it gave its last sign of life."""
    then = time.time() - seconds_ago
    with open_library(settings, machine=elsewhere(), clock=lambda: then) as library:
        library.runs.begin(run.run_id, "nature")


def last_run(settings: Settings) -> EndedRun:
    with open_library(settings) as library:
        last = library.runs.last()
    assert last
    return last


def seen(launcher: LeasedRunLauncher, run: dg.DagsterRun) -> tuple[str, str | None]:
    health = launcher.check_run_worker_health(run)
    return health.status.value, health.msg


@needs_redis
@pytest.mark.process
@pytest.mark.parametrize("state", [None, "STARTED", "REVOKED"])
def test_whatever_else_celery_says_the_lease_decides_whether_a_run_lives(
    launcher: LeasedRunLauncher,
    instance: dg.DagsterInstance,
    settings: Settings,
    state: str | None,
) -> None:
    run = run_of(instance, settings)
    if state:
        launcher.celery.backend.store_result(TASK, None, state)
    assert seen(launcher, run) == ALIVE, "it has not begun yet"
    working_elsewhere(settings, run, seconds_ago=LAPSES_AFTER - 20)
    assert seen(launcher, run) == ALIVE
    working_elsewhere(settings, run, seconds_ago=LAPSES_AFTER + 1)
    assert seen(launcher, run) == ("FAILED", KILLED)
    last = last_run(settings)
    assert (last.outcome, last.error) == ("failure", KILLED)


@needs_redis
@pytest.mark.process
@pytest.mark.parametrize("state", ["SUCCESS", "FAILURE"])
def test_a_run_whose_task_has_ended_is_closed_at_once(
    launcher: LeasedRunLauncher, instance: dg.DagsterInstance, settings: Settings, state: str
) -> None:
    run = run_of(instance, settings)
    working_elsewhere(settings, run, seconds_ago=0)
    result = ValueError("killed") if state == "FAILURE" else 1
    launcher.celery.backend.store_result(TASK, result, state)
    assert seen(launcher, run) == ("FAILED", ENDED)
    assert last_run(settings).error == ENDED


def test_a_run_that_celery_did_not_launch_lives_as_long_as_its_process(
    cut_off: LeasedRunLauncher, instance: dg.DagsterInstance, settings: Settings
) -> None:
    """As one of `unsplash-assets fetch`, or one that is just being launched."""
    run = run_of(instance, settings, task=None)
    assert seen(cut_off, run) == ALIVE
    working_elsewhere(settings, run, seconds_ago=LAPSES_AFTER + 1)
    assert seen(cut_off, run) == ("FAILED", KILLED)
    assert not cut_off.terminate(run.run_id)


@pytest.mark.long
def test_without_redis_the_lease_decides(
    cut_off: LeasedRunLauncher, instance: dg.DagsterInstance, settings: Settings
) -> None:
    run = run_of(instance, settings)
    working_elsewhere(settings, run, seconds_ago=0)
    assert seen(cut_off, run) == ALIVE


def test_without_the_catalogue_a_run_lives(
    cut_off: LeasedRunLauncher,
    instance: dg.DagsterInstance,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = run_of(instance, settings, task=None)
    monkeypatch.setenv("UNSPLASH_CATALOGUE", "sqlite:////no/such/folder/catalogue.db")
    assert seen(cut_off, run) == ALIVE


@pytest.mark.parametrize("statuses", [("STARTED", "CANCELING"), ("STARTING", "CANCELED")])
def test_a_run_is_interrupted_and_one_that_waits_is_called_off(
    cut_off: LeasedRunLauncher,
    instance: dg.DagsterInstance,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    statuses: tuple[str, str],
) -> None:
    (before, after), sent = statuses, list[object]()
    monkeypatch.setattr(cut_off.celery.control, "revoke", lambda *a, **k: sent.append((a, k)))
    run = run_of(instance, settings, dg.DagsterRunStatus(before))
    assert cut_off.terminate(run.run_id)
    assert sent == [((TASK,), {"terminate": True, "signal": "SIGINT"})]
    found = instance.get_run_by_id(run.run_id)
    assert found
    assert found.status.value == after


def test_a_run_that_has_ended_or_is_unknown_cannot_be_terminated(
    cut_off: LeasedRunLauncher, instance: dg.DagsterInstance, settings: Settings
) -> None:
    run = run_of(instance, settings, dg.DagsterRunStatus.SUCCESS)
    assert not cut_off.terminate(run.run_id)
    assert not cut_off.terminate("unknown")


def test_the_broker_is_named_once_and_no_run_waits_behind_another(
    cut_off: LeasedRunLauncher,
) -> None:
    assert set(LeasedRunLauncher.config_type()) == {
        "broker", "default_queue", "include", "config_source",
    }  # fmt: skip
    app = cut_off.celery
    assert app.conf.broker_url == app.conf.result_backend
    assert not app.conf.task_acks_late
    assert app.conf.worker_disable_prefetch
    own = LeasedRunLauncher("redis://h/0", {"result_expires": 60}, default_queue="dagster")
    assert (own.celery.conf.result_expires, own.celery.conf.worker_disable_prefetch) == (60, True)
