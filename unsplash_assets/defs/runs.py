"""What Dagster knows of a run for us: its tags, the settings of its launch, whether it has failed.

A run's tags say in which mode and on which library it works; its process is in the catalogue.
Dagster's UI shows no tag whose key begins with `.dagster/`, so only the mode is seen there. Runs of
before had the library's tag under a visible key; they are found all the same.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import dagster as dg

from unsplash_assets.defs.naming import Names
from unsplash_assets.library.opening import Library, working_on
from unsplash_assets.settings.loaded import check_unchanged, fingerprint
from unsplash_assets.settings.settings import DEMO_HINT, Settings

MODE_TAG: Final = "unsplash_assets/mode"
LIBRARY_TAG: Final = ".dagster/unsplash_assets_library"
"""The identity of the catalogue that a run works on: other projects may share the instance."""
PARTITION_TAG: Final = "dagster/partition"
"""Dagster's tag of a run that has a topic."""
KILLED: Final = "The run's process is gone: it was killed."
SCHEDULE_TAG: Final = "dagster/schedule_name"
AUTOMATIC_TAGS: Final = frozenset(
    {
        SCHEDULE_TAG,
        "dagster/sensor_name",
        "dagster/auto_materialize",
        "dagster/from_automation_condition",
    }
)
"""Dagster's tags of runs that no person has asked for."""
_ENDED_WELL: Final = {"SUCCESS", "SKIPPED"}

_FORMER_LIBRARY_TAG: Final = "unsplash_assets/library"
"""The visible key of runs of before."""


def tag_run(instance: dg.DagsterInstance, run: dg.DagsterRun, library: Library) -> None:
    """Tag a run, however it was launched; those of the schedule come with all tags."""
    tags = {MODE_TAG: library.settings.mode, LIBRARY_TAG: library.photos.identity()}
    missing = {key: value for key, value in tags.items() if run.tags.get(key) != value}
    if missing:
        instance.add_run_tags(run.run_id, missing)


def is_for_person(run: dg.DagsterRun) -> bool:
    """Return whether a person has asked for a run, and nothing that ticks by itself."""
    return not AUTOMATIC_TAGS & run.tags.keys()


def runs_on(libraries: Iterable[str], **filters: Any) -> Iterator[dg.RunsFilter]:  # noqa: ANN401
    """Return the filters that together find the runs on some libraries, by their identities."""
    for key in (LIBRARY_TAG, _FORMER_LIBRARY_TAG):
        yield dg.RunsFilter(tags={key: list(libraries)}, **filters)


def settings_tag(settings: Settings, names: Names) -> dict[str, str]:
    """Return the tag of all our ops, by which each run knows the settings it was launched with.

    Dagster records the job of every run as the code location has loaded it, tags of ops included.
    A tag of the run would be copied where the run is executed again, after a reload as well; and
    the runs of *Materialize* in the UI have none of ours.
    """
    return {_settings_key(names): fingerprint(settings)}


def _settings_key(names: Names) -> str:
    return f".dagster/unsplash_assets_{names.of('settings')}"


def check_settings(
    instance: dg.DagsterInstance, run: dg.DagsterRun, settings: Settings, names: Names
) -> None:
    """Raise SettingsChanged if a run was launched with settings other than these of its process."""
    if run.job_snapshot_id is None:
        return
    ops = instance.get_job_snapshot(run.job_snapshot_id).node_defs_snapshot.op_def_snaps
    tag = _settings_key(names)
    for launched_with in {op.tags[tag] for op in ops if tag in op.tags}:
        check_unchanged(launched_with, settings)


def has_failed(instance: dg.DagsterInstance, run: dg.DagsterRun) -> bool:
    """Return whether a run that is about to end has failed: not all of its steps have gone well.

    Steps fail outside of our code as well, and an interruption may come between two of them.
    """
    plan = instance.get_execution_plan_snapshot(str(run.execution_plan_snapshot_id))
    steps = {step.step_key: step.status for step in instance.get_run_step_stats(run.run_id)}
    ended = {key for key, status in steps.items() if status and status.value in _ENDED_WELL}
    return not ended.issuperset(plan.step_keys_to_execute)


@contextmanager
def run_recorded(context: dg.InitResourceContext, library: Library) -> Iterator[Library]:
    """Record in Dagster and in the library that this process works on the run, and how it ends.

    Gives the library as the run uses it.
    """
    instance, run = context.instance, context.run
    _log(context, library)
    if instance is None or run is None:
        with working_on(library, "no run", None) as ours:
            yield ours
        return
    tag_run(instance, run, library)
    topic = run.tags.get(PARTITION_TAG)
    with working_on(library, run.run_id, topic, partial(has_failed, instance, run)) as ours:
        yield ours


def _log(context: dg.InitResourceContext, library: Library) -> None:
    if context.log and library.settings.mode == "demo":
        context.log.info(f"Demo: {DEMO_HINT}.")
    if context.log and library.warning:
        context.log.warning(library.warning)
