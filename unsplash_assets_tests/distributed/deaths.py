"""What is done to a cluster under the hands of its runs, and what becomes of these."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import psutil

from unsplash_assets_tests.distributed.cluster import Api, Cluster
from unsplash_assets_tests.distributed.hosts import Host
from unsplash_assets_tests.distributed.table import Table
from unsplash_assets_tests.distributed.ui import Ui
from unsplash_assets_tests.support.waiting import eventually

PHOTOS: Final = 160
"""Photos of a run that something is done to."""
_SLOW: Final = 0.3  # seconds that an answer takes, so that there is time to do it
_VERY_SLOW: Final = 5.0
_AWAY: Final = 2.0  # seconds that a server takes to restart
_AWAKE: Final = 15.0  # seconds in which a host that has woken would have written


@dataclass
class World:
    """A cluster, its UI and its API, and where the results go."""

    cluster: Cluster
    ui: Ui
    api: Api
    table: Table
    page: str
    """The gallery's address on the web."""

    def begun(self, topic: str) -> tuple[str, Host, psutil.Process]:
        """Launch a large run, and wait until it has stored some; return where it is."""
        self.api.delay = _SLOW
        run_id = self.ui.launch(topic, PHOTOS)
        eventually(lambda: self.cluster.stored_by(run_id) > 5, "the first photos", every=0.1)
        host, process = eventually(lambda: self.cluster.at_work(run_id), "the run's process")
        return run_id, host, process


def child_is_killed(world: World) -> None:
    """Kill the process of a run."""
    run_id, _, process = world.begun("nature")
    _dies(world, "kill -9 of a worker's process", run_id, process.kill, closed_within=20)


def host_is_killed(world: World) -> None:
    """Kill all that runs on a host."""
    run_id, host, _ = world.begun("history")
    _dies(world, "kill -9 of a host", run_id, host.kill, closed_within=120)
    world.cluster.worker(host.name)


def host_sleeps(world: World) -> None:
    """Stop all that runs on a host, and let it wake when another has done its work."""
    run_id, host, _ = world.begun("art")
    stop = lambda: host.signal(signal.SIGSTOP)  # noqa: E731 - it has no argument
    later = _dies(world, "a host that sleeps", run_id, stop, closed_within=120)
    with world.table.line("the host wakes", "writes nothing, says why") as line:
        before = world.cluster.traces(run_id, later)
        host.signal(signal.SIGCONT)
        eventually(lambda: "gave no sign of life" in host.log.read_text(), "its last word")
        time.sleep(_AWAKE)
        after, status = world.cluster.traces(run_id, later), world.ui.run(run_id)["status"]
        keys = before.keys() | after.keys()
        changed = sorted({key[1] for key in keys if before.get(key) != after.get(key)})
        seen = f"{' '.join(changed) or 'nothing'} written, run {status}"
        line.is_seen(seen, right=not changed and status == "FAILURE")


def redis_is_emptied(world: World) -> None:
    """Let Redis forget everything."""
    run_id, _, _ = world.begun("life")
    with world.table.line("Redis emptied during a run", "the run succeeds") as line:
        world.cluster.redis.client.flushall()
        end = world.ui.ended(run_id)
        line.is_seen(end, right=end == "SUCCESS")
    with world.table.line("the run after that", "succeeds") as line:
        world.api.delay = 0
        end = world.ui.ended(world.ui.launch("life"))
        line.is_seen(end, right=end == "SUCCESS")


def postgres_restarts(world: World) -> None:
    """Restart the server with catalogue and records."""
    run_id, _, _ = world.begun("office")
    with world.table.line("Postgres restarted during a run", "succeeds after a retry") as line:
        world.cluster.postgres.stop()
        time.sleep(_AWAY)
        world.cluster.postgres.start()
        end = world.ui.ended(run_id)
        logs = [host.log.read_text() for host in world.cluster.hosts.values()]
        tries = sum(text.count("try 1 of 11") for text in logs)  # Dagster's records were away too
        line.is_seen(f"{end} after {tries} retries", right=end == "SUCCESS" and tries > 0)


def runs_are_terminated(world: World) -> None:
    """End a run that is under way and one that waits, from the UI."""
    run_id, _, _ = world.begun("wisdom")
    with world.table.line("terminate a run that is under way", "CANCELED") as line:
        said, end = world.ui.terminate(run_id), world.ui.ended(run_id)
        line.is_seen(end, right=(said, end) == ("TerminateRunSuccess", "CANCELED"))
    world.api.delay = _VERY_SLOW
    busy = [world.ui.launch("wisdom", PHOTOS) for _ in range(4)]
    with world.table.line("terminate a run that waits", "CANCELED, never begun") as line:
        waiting = eventually(lambda: _waits(world, busy), "a run that waits", every=0.2)
        said, end = world.ui.terminate(waiting), world.ui.ended(waiting)
        begun = any("Started execution" in message for message in world.ui.messages(waiting))
        line.is_seen(
            f"{end}, {'BEGUN' if begun else 'never begun'}", right=end == "CANCELED" and not begun
        )
    for each in set(busy) - {waiting}:
        world.ui.terminate(each)
        world.ui.ended(each)


def _waits(world: World, run_ids: list[str]) -> str | None:
    """Return the run that waits, once the others have begun."""
    statuses = {run_id: world.ui.run(run_id).get("status") for run_id in run_ids}
    waiting = [run_id for run_id, status in statuses.items() if status == "QUEUED"]
    begun = sum(status == "STARTED" for status in statuses.values())
    return waiting[0] if len(waiting) == 1 and begun == len(run_ids) - 1 else None


def _dies(
    world: World, what: str, run_id: str, kill: Callable[[], object], *, closed_within: float
) -> str:
    """Do it, and follow its run and the one in its place; return the latter."""
    with world.table.line(what, f"closed within {closed_within:g} s") as line:
        begin = time.monotonic()
        kill()
        end = world.ui.ended(run_id)
        line.seconds = time.monotonic() - begin
        line.is_seen(end, right=end == "FAILURE" and line.seconds < closed_within)
    with world.table.line("its photos are free", "within 120 s") as line:
        eventually(lambda: not world.cluster.held(run_id), "free photos", every=0.2)
        line.seconds = time.monotonic() - begin
        line.is_seen("free", right=line.seconds < 120)
    with world.table.line("the run in its place", "brings the rest") as line:
        later = world.ui.retry_of(run_id)
        end, left = world.ui.ended(later), world.cluster.chosen_by(run_id)
        stored = world.cluster.stored_by(run_id), world.cluster.stored_by(later)
        line.is_seen(
            f"{end}, {stored[0]} + {stored[1]} photos", right=end == "SUCCESS" and not left
        )
    return later
