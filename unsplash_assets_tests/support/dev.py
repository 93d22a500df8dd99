"""`dagster dev` as a person runs it: a process tree of its own, asked through its GraphQL."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psutil
import pytest
import requests

from unsplash_assets_tests.support.waiting import CEILING, Found, eventually

PATIENCE: Final = 300.0
"""Seconds in which Dagster has come to its next minute, and done its work, on a busy machine."""

RUNS = """
query Runs($tags: [ExecutionTag!]) {
  runsOrError(filter: {tags: $tags}) { ... on Runs { results {
    runId status jobName tags { key value }
  } } }
}
"""
AUTOMATION = """
query { repositoriesOrError { ... on RepositoryConnection { nodes {
  schedules { name scheduleState { status } }
  sensors { name sensorState { status ticks { status skipReason } } }
} } } }
"""
MATERIALIZATIONS = """
query Asset($key: [String!]!) {
  assetOrError(assetKey: {path: $key}) { ... on Asset {
    assetMaterializations { partition runId metadataEntries { label
      ... on TextMetadataEntry { text } ... on IntMetadataEntry { intValue }
      ... on MarkdownMetadataEntry { mdStr } ... on PathMetadataEntry { path }
    } }
  } }
}
"""
BACKFILL = """
mutation Backfill($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
LAUNCH = """
mutation Launch($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
  }
}
"""
ERRORS = """
query Logged($run: ID!) {
  logsForRun(runId: $run) { ... on EventConnection { events {
    ... on LogMessageEvent { level message }
  } } }
}
"""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(look: Callable[[], Found | None], what: str) -> Found:
    """Return what `look` finds in Dagster, once it finds something."""
    return eventually(look, what, within=PATIENCE, every=0.3)


@dataclass
class Dev:
    """A command that is, or becomes, `dagster dev`, in a folder and an environment."""

    folder: Path
    port: int
    command: list[str]
    environ: Mapping[str, str]

    def start(self) -> None:
        """Start it in a session of its own, as a terminal would."""
        self.log = self.folder / f"dev-{self.port}.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                env={**os.environ, **self.environ},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def send(self, signal_sent: int, *, to_all: bool) -> None:
        """Send a signal to the command, or as Ctrl-C does to all of its group."""
        (os.killpg if to_all else os.kill)(self.process.pid, signal_sent)

    def left(self) -> list[psutil.Process]:
        """Return the processes of its session that still live."""
        self.process.poll()
        return [p for p in psutil.process_iter() if _session(p) == self.process.pid]

    def kill(self) -> None:
        """End whatever is left."""
        for process in self.left():
            process.kill()
        self.process.wait()

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """Return the answer of GraphQL, or nothing while the UI is not up."""
        try:
            answer = requests.post(
                f"http://127.0.0.1:{self.port}/graphql",
                json={"query": query, "variables": variables},
                timeout=CEILING,
            )
        except requests.ConnectionError:
            return {}
        content: dict[str, Any] = answer.json()
        assert "errors" not in content, content
        return dict(content["data"])

    def wait_until_up(self) -> None:
        """Wait for the UI and its definitions."""
        wait_for(self.automation, "the UI")

    def automation(self) -> dict[str, Any] | None:
        """Return the states of schedule and sensor by their names."""
        nodes = self.ask(AUTOMATION).get("repositoriesOrError", {}).get("nodes")
        if not nodes:
            return None
        (node,) = nodes
        states = {s["name"]: s["scheduleState"] for s in node["schedules"]}
        return states | {s["name"]: s["sensorState"] for s in node["sensors"]}

    def runs(self, **tags: str) -> list[dict[str, Any]]:
        """Return the runs with these tags (`/` written as `__`), oldest first."""
        wanted = [{"key": key.replace("__", "/"), "value": value} for key, value in tags.items()]
        results = self.ask(RUNS, tags=wanted).get("runsOrError", {}).get("results", [])
        found = [{**r, "tags": {t["key"]: t["value"] for t in r["tags"]}} for r in results]
        return found[::-1]

    def scheduled(self) -> list[dict[str, Any]]:
        """Return the runs that the schedule has launched, oldest first."""
        return self.runs(dagster__schedule_name="every_minute")

    def next_scheduled(self, after: int, status: str) -> dict[str, Any]:
        """Wait for a scheduled run beyond the first `after` to come to a status."""

        def look() -> dict[str, Any] | None:
            return next((r for r in self.scheduled()[after:] if r["status"] == status), None)

        return wait_for(look, f"a scheduled run with status {status}")

    def materializations(self, asset: str) -> list[dict[str, Any]]:
        """Return an asset's materializations, newest first."""
        found = self.ask(MATERIALIZATIONS, key=[asset])["assetOrError"]["assetMaterializations"]
        return list(found)

    def materialize(self, topic: str) -> str:
        """Launch a run of all assets of a topic, as *Materialize* in the UI does; return its id."""
        place = {
            "repositoryLocationName": "unsplash_assets.definitions",
            "repositoryName": "__repository__",
            "pipelineName": "__ASSET_JOB",
        }
        assets = [{"path": [asset]} for asset in ("photo_metadata", "image_url", "image_file")]
        params = {
            "selector": {**place, "assetSelection": assets, "assetCheckSelection": []},
            "mode": "default",
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": topic}]},
        }
        launched = self.ask(LAUNCH, params=params)["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def logged_errors(self, run_id: str) -> list[str]:
        """Return what a run has logged as errors."""
        events = self.ask(ERRORS, run=run_id)["logsForRun"]["events"]
        return [event["message"] for event in events if event.get("level") == "ERROR"]

    def backfill(self, partitions: list[str]) -> str:
        """Launch a backfill of all assets; return its id."""
        assets = ("photo_metadata", "image_url", "image_file")
        selection = [{"path": [asset]} for asset in assets]
        params = {"assetSelection": selection, "partitionNames": partitions}
        launched = self.ask(BACKFILL, params=params)["launchPartitionBackfill"]
        assert launched["__typename"] == "LaunchBackfillSuccess", launched
        return str(launched["backfillId"])


StartDev = Callable[[Dev], Dev]


@pytest.fixture(scope="module")
def start_dev() -> Iterator[StartDev]:
    """Start commands that are, or become, `dagster dev`; the end of the module ends them."""
    started: list[Dev] = []

    def start(dev: Dev) -> Dev:
        started.append(dev)
        dev.start()
        return dev

    yield start
    for dev in started:
        dev.kill()


def dagster_dev(folder: Path, environ: Mapping[str, str]) -> Dev:
    """Return plain `dagster dev` for a folder."""
    port = free_port()
    command = [sys.executable, "-m", "dagster", "dev", "--port", str(port)]
    return Dev(folder, port, [*command, "-m", "unsplash_assets.definitions"], environ)


UNMARKED = """
from unsplash_assets.emulator import server
server.marked = lambda application: application
from unsplash_assets.cli.main import main
main()
"""
"""`unsplash-assets`, whose emulator passes for Unsplash itself."""


class EmulatorProcess:
    """`unsplash-assets emulator` on one port, begun again with other options when asked.

    Unlike that, it passes for Unsplash itself.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str) -> None:
        """Start it with these options, in the place of one that runs."""
        self.stop()
        port = ["--port", str(self.port), "--limit", "5000"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", UNMARKED, "emulator", *port, *options], stderr=subprocess.DEVNULL
        )
        eventually(self._answers, "the emulator")

    def stop(self) -> None:
        """Stop it."""
        if self._process:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def _session(process: psutil.Process) -> int | None:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        return os.getsid(process.pid)
    except (psutil.NoSuchProcess, ProcessLookupError):
        return None
