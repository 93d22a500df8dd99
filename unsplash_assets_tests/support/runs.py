"""Runs on a real Dagster instance in memory, for the tests of the Dagster layer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import dagster as dg

from unsplash_assets.definitions import build_definitions
from unsplash_assets.library.opening import open_library
from unsplash_assets.library.status import Status, look
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import Settings
from unsplash_assets_tests.conftest import NOON

ALL = ("photo_metadata", "image_url", "image_file", "gallery")


@dataclass
class Project:
    """A project with settings, and a Dagster instance of its own."""

    settings: Settings
    given_instance: dg.DagsterInstance | None = None

    @cached_property
    def instance(self) -> dg.DagsterInstance:
        """The given one, or one in memory."""
        return self.given_instance or dg.DagsterInstance.ephemeral()

    def run(
        self,
        topic: str,
        assets: Sequence[str] = ALL,
        unsplash: Mapping[str, object] | None = None,
        **library: object,
    ) -> dg.ExecuteInProcessResult:
        """Materialize assets of a topic, with run config of the two resources."""
        config = {"unsplash": {"config": unsplash or {}}, "library": {"config": library}}
        job = build_definitions(self.settings).resolve_job_def("refresh")
        return job.execute_in_process(
            instance=self.instance,
            partition_key=topic,
            asset_selection=None if assets is ALL else [dg.AssetKey(name) for name in assets],
            run_config={"resources": config} if unsplash or library else None,
            raise_on_error=False,
        )

    def verify(self) -> dg.ExecuteInProcessResult:
        """Run the checks."""
        job = build_definitions(self.settings).resolve_job_def("verify")
        return job.execute_in_process(instance=self.instance, raise_on_error=False)

    def status(self) -> Status:
        """Look at the library."""
        with open_library(self.settings) as library:
            return look(library)

    def newest(self, topic: str) -> Any:
        """Return the topic's newest stored photo."""
        with open_library(self.settings) as library:
            return library.photos.newest_stored(topic)

    def pictures(self) -> list[str]:
        """Return the relative paths of all pictures in the library."""
        folder = self.settings.library
        return sorted(path.relative_to(folder).as_posix() for path in folder.glob("[!_]*/*.*"))

    def changed(self, **settings: Any) -> "Project":
        """Return the project with other settings, as after a restart."""
        return Project(replace(self.settings, **settings), self.instance)


def tick(
    settings: Settings,
    instance: dg.DagsterInstance,
    at: float = NOON,
    pick: Callable[[Sequence[str]], str] = lambda topics: topics[0],
    now: Settings | None = None,
) -> dg.RunRequest | dg.SkipReason:
    """Evaluate the schedule as of a moment, seconds since 1970, on an instance on disk.

    `now` are the settings of that moment; otherwise only the key is read from the environment.
    """

    def read() -> Settings:
        key = settings.api_key and environment.secret("UNSPLASH_API_KEY")
        return now or replace(settings, api_key=key or settings.api_key)

    repository = build_definitions(settings, pick=pick, read=read).get_repository_def()
    with dg.build_schedule_context(
        instance=instance,
        scheduled_execution_time=datetime.fromtimestamp(at, UTC),
        repository_def=repository,
    ) as context:
        data = repository.get_schedule_def("every_minute").evaluate_tick(context)
    if data.skip_message:
        return dg.SkipReason(data.skip_message)
    (request,) = data.run_requests or []
    return request


def skipped_because(answer: dg.RunRequest | dg.SkipReason) -> str:
    """Return what a skipped tick said."""
    assert isinstance(answer, dg.SkipReason)
    assert answer.skip_message
    return answer.skip_message


def failure(result: dg.ExecuteInProcessResult) -> tuple[str, str]:
    """Return the failed step and what it said."""
    (event,) = [event for event in result.all_events if event.is_step_failure]
    failed = event.step_failure_data
    said = failed.user_failure_data.description if failed.user_failure_data else None
    return str(event.step_key), str(said)


def first_words(result: dg.ExecuteInProcessResult) -> str:
    """Return how Dagster's UI begins to show the failed step's error."""
    (event,) = [event for event in result.all_events if event.is_step_failure]
    error = event.step_failure_data.error
    assert error
    return str(error.message).strip()


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> Mapping[str, Any]:
    """Return the values of the metadata of the asset's one materialization in a run."""
    (made,) = result.asset_materializations_for_node(asset)
    return {name: value.value for name, value in made.metadata.items()}


def tries(result: dg.ExecuteInProcessResult, step: str) -> int:
    """Return how often a step was begun."""
    return sum(
        event.step_key == step and event.event_type_value in {"STEP_START", "STEP_RESTARTED"}
        for event in result.all_events
    )
