"""Makes a cluster of this machine, breaks it in each way that the docs speak of, prints a table.

    make distributed [ONLY="host_sleeps ..."]

Installs Postgres, Redis and libfaketime where they are missing (Debian, as root), and stops all
that it has started. Says why, and tries nothing, where this machine cannot be several.
"""

import logging
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from unsplash_assets_tests.conftest import served
from unsplash_assets_tests.distributed import clocks, deaths
from unsplash_assets_tests.distributed.cluster import Api, Cluster
from unsplash_assets_tests.distributed.deaths import World
from unsplash_assets_tests.distributed.hosts import BucketServer, RedisServer, forbidden
from unsplash_assets_tests.distributed.table import Table
from unsplash_assets_tests.distributed.ui import Ui
from unsplash_assets_tests.support import postgres, programs
from unsplash_assets_tests.support.browser import chromium
from unsplash_assets_tests.support.waiting import eventually

TICKS: Final = 10
_WORDS: Final = 4_000
"""Characters of each host's log that are printed where something came otherwise."""
_SIGNED: Final = {"Authorization": "AWS4-HMAC-SHA256 Credential=cdn/x/us-east-1/s3/aws4_request"}
"""What stands before a bucket so that everybody can read it adds this, as a CDN does."""
_PACKAGES: Final[dict[str, Callable[[], object]]] = {
    "postgresql": lambda: shutil.which("pg_ctlcluster"),
    "redis-server": lambda: shutil.which("redis-server"),
    "libfaketime": clocks.faketime,
}
"""The packages of Debian, and how to see that each is there."""


def main(only: Sequence[str]) -> int:
    """Do all of it, or only some of what is done to runs; return the exit code."""
    if reason := forbidden() or _missing():
        print(f"Nothing was tried: {reason}.")
        return 0
    logging.getLogger("waitress").setLevel(logging.ERROR)  # requests that wait are no news
    table = Table()
    with _world(table) as world:
        _backfill(world)
        for each in (
            deaths.child_is_killed,
            deaths.host_is_killed,
            deaths.host_sleeps,
            deaths.redis_is_emptied,
            deaths.postgres_restarts,
            deaths.runs_are_terminated,
        ):
            if not only or each.__name__ in only:
                with table.trying(each.__name__):
                    each(world)
        world.api.delay = 0
        if not only:
            _ticks(world)
        _verify(world)
        _look(world)
        _memory(world)
    if not only:
        _clocks(table)
    print(f"\n{table.text()}")
    return 0 if table.is_right else 1


def _missing() -> str | None:
    """Install what is missing; return why that cannot be done, or None."""
    missing = [name for name, find in _PACKAGES.items() if not find()]
    if not missing:
        return None
    if os.geteuid() or not shutil.which("apt-get"):
        return f"{', '.join(missing)} missing; it needs root and apt-get to install them"
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-qq", "--no-install-recommends", *missing]
    for command in (["apt-get", "update", "-qq"], install):
        subprocess.run(command, check=True, env=environ, stdout=subprocess.DEVNULL)
    return None


@contextmanager
def _world(table: Table) -> Iterator[World]:
    """Start everything, and stop it."""
    api = Api()
    with (
        tempfile.TemporaryDirectory(prefix="distributed-") as name,
        postgres.started() as server,
        served(api) as url,
    ):
        folder = Path(name)
        redis, bucket = RedisServer(folder), BucketServer()
        os.environ.update(bucket.variables)  # this process looks into the library too
        cluster = Cluster(folder, server, redis, url, bucket.variables)
        try:
            with table.line("three workers, daemon and UI", "up") as line:
                for host in ("one", "two", "three"):
                    cluster.worker(host)
                ui = Ui.start(cluster)
                line.is_seen("up", right=True)
            yield World(cluster, ui, api, table, bucket.page)
        finally:
            if not table.is_right:
                _print_logs(cluster)
            cluster.kill()
            redis.stop()
            bucket.stop()


def _print_logs(cluster: Cluster) -> None:
    for host in cluster.hosts.values():
        if host.log.exists():
            print(f"\n--- {host.name}\n{host.log.read_text()[-_WORDS:]}")


def _backfill(world: World) -> None:
    topics = list(world.cluster.settings.topic_names)
    what = f"backfill of {len(topics)} topics from the UI's API"
    with world.table.line(what, "all succeed, on all hosts") as line:
        backfill = world.ui.dev.backfill(topics)

        def all_ended() -> list[str] | None:
            runs = world.ui.with_tag("dagster/backfill", backfill)
            done = [run["status"] for run in runs if run["status"] in {"SUCCESS", "FAILURE"}]
            return done if len(done) == len(topics) else None

        ended = eventually(all_ended, "the end of the backfill", within=300, every=0.5)
        hosts = world.cluster.places()
        good = ended.count("SUCCESS")
        line.is_seen(f"{good} succeeded, on {hosts} hosts", right=good == len(topics) and hosts > 1)


def _ticks(world: World) -> None:
    """Wait for the ticks, which have come all the time, beside what was done."""
    hosts, begin = list(world.cluster.hosts.values()), time.monotonic()
    before = [host.cpu() for host in hosts]
    with world.table.line(f"{TICKS} ticks on the workers", "succeed") as line:

        def good() -> list[float] | None:
            runs = world.ui.with_tag("dagster/schedule_name", "every_minute")
            waits = [_wait(run) for run in runs if run["status"] == "SUCCESS"]
            return waits if len(waits) >= TICKS else None

        waits = eventually(good, "ten ticks", within=900, every=2)
        middle = statistics.median(waits)
        line.is_seen(f"{len(waits)}, begun {middle:.1f} s after their minute", right=True)
    minutes = (time.monotonic() - begin) / 60
    if minutes > 2:
        taken = (host.cpu() - was for host, was in zip(hosts, before, strict=True))
        each = ", ".join(
            f"{host.name} {cpu / minutes:.1f}" for host, cpu in zip(hosts, taken, strict=True)
        )
        with world.table.line("seconds of the processor a minute", "(a figure)") as line:
            line.is_seen(each, right=True)


def _wait(run: dict[str, object]) -> float:
    """Return the seconds from a tick to the beginning of its run."""
    return float(str(run["startTime"])) - float(str(run["creationTime"])) // 60 * 60


def _verify(world: World) -> None:
    another = world.cluster.host("another")
    with world.table.line("fetch from another host", "a photo") as line:
        done = another.run("unsplash-assets", "fetch", "nature")
        line.is_seen((done.stdout + done.stderr).strip()[-100:], right=done.returncode == 0)
    with world.table.line("verify from another host", "all files whole") as line:
        done = another.run("unsplash-assets", "verify")
        line.is_seen((done.stdout + done.stderr).strip(), right=done.returncode == 0)
    with world.table.line(
        "download events", "one a photo, but for those under way at a kill"
    ) as line:
        repeated, sent = len(world.api.repeated), len(world.api.events)
        line.is_seen(f"{sent} photos, {repeated} of them twice", right=repeated <= 2 * 32)


def _look(world: World) -> None:
    """Open the gallery in a browser, from the bucket."""
    if programs.chromium() is None:
        return
    with (
        world.table.line("the gallery from the bucket, in Chromium", "shows photos") as line,
        chromium() as browser,
    ):
        page = browser.new_page(extra_http_headers=_SIGNED)
        page.goto(world.page, wait_until="networkidle")
        shown = page.evaluate(
            "[...document.images].filter(image => image.complete && image.naturalWidth).length"
        )
        line.is_seen(f"{shown} pictures drawn", right=shown > 0)


def _memory(world: World) -> None:
    for name in ("one", "control"):
        what = "memory of a worker's host" if name == "one" else "memory of daemon and UI"
        with world.table.line(what, "(a figure)") as line:
            parts = [each.memory_full_info().pss for each in world.cluster.hosts[name].processes()]
            line.is_seen(f"{sum(parts) / 1e6:.0f} MB, {len(parts)} processes", right=True)


def _clocks(table: Table) -> None:
    with table.line("clocks 600 s wrong either way", "at most 50 requests in any hour") as line:
        spent = clocks.spend()
        seen = f"{spent.most_in_an_hour}, {spent.total} in {clocks.HOURS} hours"
        line.is_seen(seen, right=spent.most_in_an_hour <= 50 and spent.apart > 1000)


if __name__ == "__main__":
    begin = time.monotonic()
    code = main(sys.argv[1:])
    print(f"\n{time.monotonic() - begin:.0f} s")
    sys.exit(code)
