"""Runs the same lines here and in another process, for what must not depend on the process."""

import contextlib
import io

from unsplash_assets_tests.support.processes import Processes, environment, python


def printed_here_and_elsewhere(processes: Processes, program: str) -> tuple[list[str], list[str]]:
    """Return the lines that a program prints in this process, and in one of another hash seed."""
    here = io.StringIO()
    with contextlib.redirect_stdout(here):
        exec(program, {})  # noqa: S102 - the very lines that the other process runs
    environ = environment(PYTHONHASHSEED="12345")
    there = processes.run(python(program), env=environ, check=True)
    return here.getvalue().splitlines(), there.stdout.splitlines()
