"""The tags of a run: in which mode, on which library and in which process it works.

Dagster's UI shows no tag whose key begins with `.dagster/`, so only the mode is seen there. Runs of
before had the same tags under visible keys; they are found and understood all the same.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import dagster as dg

from unsplash_assets.library.opening import Library
from unsplash_assets.storage.processes import ProcessName

MODE_TAG: Final = "unsplash_assets/mode"
LIBRARY_TAG: Final = ".dagster/unsplash_assets_library"
"""The identity of the catalogue that a run works on: other projects may share the instance."""
PROCESS_TAG: Final = ".dagster/unsplash_assets_process"
"""The run's id and its process."""

_FORMER: Final = {
    LIBRARY_TAG: "unsplash_assets/library",
    PROCESS_TAG: "unsplash_assets/process",
}
"""The visible keys of runs of before."""


def tag_run(instance: dg.DagsterInstance, run: dg.DagsterRun, library: Library) -> None:
    """Tag a run, however it was launched."""
    tags = {
        MODE_TAG: library.settings.mode,
        LIBRARY_TAG: library.photos.identity(),
        PROCESS_TAG: f"{run.run_id} {ProcessName.current()}",
    }
    instance.add_run_tags(run.run_id, tags)


def process_of(run: dg.DagsterRun) -> ProcessName | None:
    """Return the process that works on a run; a run that was executed again copies its tags."""
    tag = run.tags.get(PROCESS_TAG) or run.tags.get(_FORMER[PROCESS_TAG], "")
    run_id, _, process = tag.partition(" ")
    return ProcessName.parse(process) if run_id == run.run_id else None


def runs_on(libraries: Iterable[str], **filters: Any) -> Iterator[dg.RunsFilter]:  # noqa: ANN401
    """Return the filters that together find the runs on some libraries, by their identities."""
    for key in (LIBRARY_TAG, _FORMER[LIBRARY_TAG]):
        yield dg.RunsFilter(tags={key: list(libraries)}, **filters)
