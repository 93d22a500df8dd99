"""Opens Dagster's record of runs, creates it under a lock, and forgets ticks of the future.

    python -m unsplash_assets.cli.record [COMMAND OF DAGSTER ...]

Two programs that create it at once can ruin it for good. `fetch` opens it here, and so does the
process that `make run` starts, before it is `dagster dev`, which takes no lock. A tick that a clock
ahead has recorded would keep Dagster's schedules and sensors waiting until that time has come.
"""

import runpy
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import alembic.util
import dagster as dg
import sqlalchemy.exc

from unsplash_assets.catalogue.engines.sqlite import damage, is_damage
from unsplash_assets.cli.output import say
from unsplash_assets.errors import LibraryError, UnsplashAssetsError
from unsplash_assets.settings import environment
from unsplash_assets.settings.projects import is_project
from unsplash_assets.storage.locks import exclusive
from unsplash_assets.storage.records import RECORD_FOLDER

_TRIES: Final = 20
_BETWEEN_TRIES: Final = 0.5  # seconds
_PATIENCE: Final = 120.0  # seconds that another program may take to create the record
_AHEAD: Final = 90.0  # seconds: a tick that is further in the future is by a wrong clock
SETTINGS: Final = {
    "telemetry": {"enabled": False},
    "compute_logs": {
        "module": "dagster.core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    },
}
"""Those of the project's dagster.yaml that hold in any other home of Dagster too."""


@contextmanager
def open_record(project: Path) -> Iterator[dg.DagsterInstance]:
    """Open Dagster's record. Raises LibraryError where it cannot be written, now or later."""
    home = environment.record_home(project)
    folder = project / RECORD_FOLDER if is_project(home) else home
    try:
        (project / RECORD_FOLDER).mkdir(exist_ok=True)
        with _opened(home, folder) as instance:
            _forget_the_future(instance, time.time())
            yield instance
    except (sqlalchemy.exc.DBAPIError, OSError) as error:
        raise _unusable(folder, error) from error


def _opened(home: Path, folder: Path) -> dg.DagsterInstance:
    """Open the record; a failure may be that of a `dagster dev` which creates it, and passes.

    `local_temp` is `get` with settings; the home need not be temporary.
    """
    for left in reversed(range(_TRIES)):
        try:
            with exclusive(folder / "create.lock", _PATIENCE):
                instance = dg.DagsterInstance.local_temp(str(home), overrides=SETTINGS)
                instance.get_run_records(limit=1)
            break
        except alembic.util.CommandError as error:
            raise LibraryError(
                f"Dagster's record in {folder} was created by two programs at once and is damaged: "
                f"stop them all and delete {folder}; that loses the history, and no photo"
            ) from error
        except (sqlalchemy.exc.OperationalError, dg.DagsterError) as error:
            if not left:
                raise _unusable(folder, error) from error
            time.sleep(_BETWEEN_TRIES)
    return instance


def _forget_the_future(instance: dg.DagsterInstance, now: float) -> None:
    """Let schedules and sensors go on from now that have ticked under a clock that was ahead.

    Their ticks go, for Dagster takes back only whole histories; cursors and switches stay.
    """
    for state in instance.all_instigator_state():
        ids = state.instigator_origin_id, state.selector_id
        newest = next(iter(instance.get_ticks(*ids, limit=1)), None)
        if newest and newest.timestamp > now + _AHEAD:
            instance.purge_ticks(*ids, before=newest.timestamp + 1)
        data: Any = state.instigator_data
        ahead = {
            name: now
            for name, value in (data._asdict() if data else {}).items()
            if name.endswith("_timestamp") and value and value > now + _AHEAD
        }
        if ahead:
            instance.update_instigator_state(state.with_data(data._replace(**ahead)))


@dataclass(frozen=True)
class Switch:
    """What Dagster's record knows of a schedule."""

    is_on: bool
    last_tick: float | None
    """Seconds since 1970; None if it never ticked."""
    failure: str | None
    """Why the last tick failed, in one line; None if it did not."""


def switch_of(project: Path, schedule: str) -> Switch | None:
    """Return what is known of a schedule; None where Dagster has not run it, or keeps no record."""
    home = environment.record_home(project)
    if is_project(home) and not (project / RECORD_FOLDER).is_dir():
        return None
    found = []
    with open_record(project) as instance:
        for state in instance.all_instigator_state():
            if state.instigator_name == schedule:
                ids = state.instigator_origin_id, state.selector_id
                tick = next(iter(instance.get_ticks(*ids, limit=1)), None)
                error = (
                    tick.error.message.strip().partition("\n")[0] if tick and tick.error else None
                )
                found.append(Switch(state.is_running, tick.timestamp if tick else None, error))
    return max(found, key=lambda seen: seen.last_tick or 0, default=None)


def _unusable(folder: Path, error: Exception) -> LibraryError:
    if is_damage(getattr(error, "orig", None)):
        file = next(filter(damage, sorted(folder.rglob("*.db"))), folder)
        return LibraryError(
            f"Dagster's record {file} is damaged: stop Dagster, and move that file elsewhere; only "
            "the history of runs is lost, and no photo"
        )
    return LibraryError(
        f"Dagster's record in {folder} cannot be used: check its disk and its permissions"
    )


def main(command: Sequence[str]) -> None:
    """Make the record of the project ready, then be that command of Dagster, if there is one.

    Dagster is loaded once for both. What is wrong with the record, the command reports as well.
    """
    try:
        project = environment.find_project()
        environment.enter_project(project)
        with open_record(project):
            pass
    except UnsplashAssetsError as error:
        if not command:
            sys.exit(f"unsplash_assets: {error}")
        say(f"unsplash_assets: {error}")
    if command:
        warnings.filterwarnings("ignore", "Function `dev_command` is superseded")  # it works
        sys.argv = ["dagster", *command]
        runpy.run_module("dagster", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
