"""Dagster's UI and daemon on a host of a cluster, asked through its GraphQL API."""

from dataclasses import dataclass
from typing import Any, Final

from unsplash_assets_tests.distributed.cluster import CODE, Cluster
from unsplash_assets_tests.support.dev import Dev, free_port
from unsplash_assets_tests.support.waiting import eventually

ENDED: Final = frozenset({"SUCCESS", "FAILURE", "CANCELED"})
_PLACE: Final = {
    "repositoryLocationName": "unsplash_assets.definitions",
    "repositoryName": "__repository__",
}
_RUN: Final = """
query Run($run: ID!) { runOrError(runId: $run) { ... on Run {
  status startTime endTime creationTime updateTime
} } }
"""
_LATER: Final = """
query Later($filter: RunsFilter!) { runsOrError(filter: $filter) { ... on Runs { results {
  runId status startTime creationTime tags { key value }
} } } }
"""
_EVENTS: Final = """
query Events($run: ID!) { logsForRun(runId: $run) { ... on EventConnection { events {
  ... on MessageEvent { message }
} } } }
"""
_LAUNCH: Final = """
mutation Launch($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
  __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
} }
"""
_TERMINATE: Final = """
mutation Terminate($run: String!) { terminateRun(runId: $run) { __typename } }
"""


@dataclass
class Ui:
    """The UI of a cluster."""

    dev: Dev

    @classmethod
    def start(cls, cluster: Cluster) -> "Ui":
        """Add a host with daemon and UI, and wait until it is up."""
        host, port = cluster.host("control"), free_port()
        host.start("dagster-daemon", "run", *CODE)
        host.start("dagster-webserver", *CODE, "--host", "127.0.0.1", "--port", str(port))
        dev = Dev(host.folder, port, [], {})
        dev.wait_until_up()
        return cls(dev)

    def launch(self, topic: str, photos: int = 1) -> str:
        """Launch a run of `refresh`, as the launchpad does; return its id."""
        config = {"resources": {"library": {"config": {"photos_per_run": photos}}}}
        params = {
            "selector": {**_PLACE, "pipelineName": "refresh"},
            "runConfigData": config,
            "mode": "default",
            "executionMetadata": {"tags": [{"key": "dagster/partition", "value": topic}]},
        }
        launched = self.dev.ask(_LAUNCH, params=params)["launchPipelineExecution"]
        assert launched["__typename"] == "LaunchRunSuccess", launched
        return str(launched["run"]["runId"])

    def ask(self, query: str, field: str, **variables: object) -> dict[str, Any]:
        """Return a field of an answer; nothing while the UI's own database restarts."""
        try:
            return dict(self.dev.ask(query, **variables).get(field) or {})
        except AssertionError:
            return {}

    def run(self, run_id: str) -> dict[str, Any]:
        """Return a run's status and times."""
        return self.ask(_RUN, "runOrError", run=run_id)

    def ended(self, run_id: str, within: float = 300.0) -> str:
        """Wait until a run has ended; return how."""
        return str(
            eventually(
                lambda: (s := self.run(run_id).get("status")) in ENDED and s,
                f"the end of run {run_id}",
                within=within,
                every=0.2,
            )
        )

    def with_tag(self, key: str, value: str) -> list[dict[str, Any]]:
        """Return the runs that have a tag, the newest first."""
        wanted = {"tags": [{"key": key, "value": value}]}
        return list(self.ask(_LATER, "runsOrError", filter=wanted).get("results", ()))

    def retry_of(self, run_id: str) -> str:
        """Wait for the run that is launched in the place of one that was closed; return its id."""

        def look() -> str | None:
            found = self.with_tag("dagster/parent_run_id", run_id)
            return str(found[0]["runId"]) if found else None

        return eventually(look, "the run in the place of the closed one", every=0.2)

    def messages(self, run_id: str) -> list[str]:
        """Return the messages of a run's events."""
        events = self.ask(_EVENTS, "logsForRun", run=run_id).get("events", ())
        return [event["message"] for event in events if "message" in event]

    def terminate(self, run_id: str) -> str:
        """Terminate a run; return what the UI says to that."""
        return str(self.dev.ask(_TERMINATE, run=run_id)["terminateRun"]["__typename"])
