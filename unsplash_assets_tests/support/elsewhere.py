"""Runs the same lines here and in another process, for what must not depend on the process."""

import contextlib
import io
import os
import subprocess
import sys

from unsplash_assets_tests.support.paths import PROJECT


def printed_here_and_elsewhere(program: str) -> tuple[list[str], list[str]]:
    """Return the lines that a program prints in this process, and in one of another hash seed."""
    here = io.StringIO()
    with contextlib.redirect_stdout(here):
        exec(program, {})  # noqa: S102 - the very lines that the other process runs
    there = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONHASHSEED": "12345", "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return here.getvalue().splitlines(), there.splitlines()
