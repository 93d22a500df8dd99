"""Other processes of a library, for what depends on whether one lives: gone ones, and rivals."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.processes import ProcessName
from unsplash_assets_tests.support.processes import Processes, next_line, python

_CLAIMS: Final = """
import sys
from pathlib import Path
from unsplash_assets.library.opening import open_library
from unsplash_assets.settings.settings import parse
folder, key, minute = sys.argv[1:]
environ = {"UNSPLASH_LIBRARY": folder, "UNSPLASH_API_KEY": key}
with open_library(parse(environ, Path(folder).parent)) as library:
    library.runs.claim_tick(float(minute))
    print("claimed", flush=True)
    input()
"""


_SAYS_ITS_NAME: Final = """
from unsplash_assets.storage.processes import ProcessName
print(ProcessName.current(), flush=True)
input()
"""


def gone_process(processes: Processes) -> ProcessName:
    """Return the name of a process of this machine that has been killed."""
    child = processes.start(python(_SAYS_ITS_NAME), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    name = ProcessName.parse(next_line(child))
    child.kill()
    child.wait()
    return name


@contextmanager
def claimed_elsewhere(processes: Processes, settings: Settings, minute: float) -> Iterator[int]:
    """Claim a tick in a process of its own, which lives as long as the `with`; gives its pid."""
    command = python(_CLAIMS, settings.library, settings.api_key or "", minute)
    child = processes.start(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert next_line(child) == "claimed"
    yield child.pid
    child.kill()
    child.wait()
