"""The short form of `make distributed`: a worker on a host of its own, whose process is killed."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from unsplash_assets_tests.conftest import Serve
from unsplash_assets_tests.distributed.cluster import CODE, Api, Cluster
from unsplash_assets_tests.distributed.hosts import RedisServer, forbidden
from unsplash_assets_tests.support.postgres import Server
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.waiting import eventually

pytestmark = [
    pytest.mark.process,
    pytest.mark.postgres,
    pytest.mark.needs("redis-server", "pg_ctlcluster"),
]

PHOTOS = 40


@pytest.fixture
def api() -> Api:
    return Api()


@pytest.fixture
def cluster(
    tmp_path: Path, postgres: Server, processes: Processes, serve: Serve, api: Api
) -> Iterator[Cluster]:
    if reason := forbidden():
        pytest.skip(reason)
    redis = RedisServer(tmp_path, processes.start)
    no_tick = {"UNSPLASH_SCHEDULE": "0 0 1 1 *"}
    variables = {"UNSPLASH_PHOTOS_PER_RUN": str(PHOTOS), **no_tick}
    made = Cluster(tmp_path, postgres, redis, serve(api), variables)
    yield made
    made.kill()
    redis.stop()


@pytest.fixture
def instance(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    """The instance that the hosts share."""
    for name, value in cluster.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("DAGSTER_HOME", str(cluster.host("control").folder))
    return dg.DagsterInstance.get()


def test_a_run_whose_process_is_killed_on_a_worker_is_closed_and_another_brings_the_rest(
    cluster: Cluster, instance: dg.DagsterInstance, api: Api
) -> None:
    assert cluster.redis.url not in str(instance.get_ref()), "it travels in messages"
    cluster.worker("one")
    control = cluster.hosts["control"]
    control.start("dagster-daemon", "run", *CODE)
    api.delay = 0.1
    tags = '{"dagster/partition": "nature"}'
    launched = control.run("dagster", "job", "launch", *CODE, "--job", "refresh", "--tags", tags)
    assert launched.returncode == 0, launched.stderr
    (record,) = instance.get_run_records(dg.RunsFilter(tags={"dagster/partition": "nature"}))
    first = record.dagster_run.run_id
    eventually(lambda: cluster.stored_by(first) > 2, "photos")
    host, process = eventually(lambda: cluster.at_work(first))
    assert host.name == "one"
    process.kill()
    eventually(lambda: _status(instance, first) == "FAILURE", every=0.2)
    assert cluster.held(first) == 0
    second = eventually(lambda: _in_place_of(instance, first), every=0.2)
    eventually(lambda: _status(instance, second) == "SUCCESS", every=0.2)
    assert cluster.stored_by(first) + cluster.stored_by(second) == PHOTOS
    # Those that were taken at the kill come later, and one under way then may come twice.
    assert set(api.events.values()) <= {1, 2}


def _status(instance: dg.DagsterInstance, run_id: str) -> str:
    run = instance.get_run_by_id(run_id)
    assert run
    return run.status.value


def _in_place_of(instance: dg.DagsterInstance, run_id: str) -> str | None:
    """Return the run that was launched in the place of one that was closed."""
    wanted = dg.RunsFilter(tags={"dagster/parent_run_id": run_id})
    found = instance.get_run_records(wanted)
    return found[0].dagster_run.run_id if found else None
