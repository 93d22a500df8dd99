"""Three processes whose clocks are 10 minutes apart spend one budget, by the server's clock."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from unsplash_assets_tests.support.postgres import Server, started
from unsplash_assets_tests.support.processes import environment, next_line, python

SKEWS: Final = (-600, 0, 600)
"""Seconds by which the clocks of the hosts are wrong."""
HOURS: Final = 3
_STEP: Final = 600
"""Seconds by which the server's clock goes on from one round of requests to the next."""
_WANTED: Final = 7
"""Requests that each host would like to send in a round: twice what the budget allows."""
_LIBRARIES: Final = (Path("/usr/lib"), Path("/usr/lib64"), Path("/usr/local/lib"))
_SPEND: Final = """
import sys, time
from unsplash_assets.library.opening import open_library
from unsplash_assets.settings import environment
with open_library(environment.load()) as library:
    for line in sys.stdin:
        with library.budget.reserve(int(line)) as grant:
            grant.made = grant.count
        print(grant.made, time.time(), flush=True)
"""


def faketime() -> str | None:
    """Return the library that gives a process another time, or None where there is none."""
    found = (path for root in _LIBRARIES for path in root.rglob("libfaketime.so.1"))
    return next(map(str, found), None)


@dataclass(frozen=True)
class Spent:
    """The requests that were granted: the server's time and their number."""

    grants: list[tuple[float, int]]
    apart: float
    """Seconds between the clocks of the hosts, at most."""

    @property
    def most_in_an_hour(self) -> int:
        """The most requests in any hour."""
        begins = [time for time, _ in self.grants]
        return max(
            sum(count for time, count in self.grants if begin <= time < begin + 3600)
            for begin in begins
        )

    @property
    def total(self) -> int:
        """All requests."""
        return sum(count for _, count in self.grants)


def spend() -> Spent:
    """Let the hosts spend what they are granted for hours of the server's clock."""
    library = faketime()
    assert library
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        clock = Path(name) / "clock"
        Path(name).chmod(0o755)
        clock.write_text("+0s")
        fake = {"LD_PRELOAD": library, "FAKETIME_NO_CACHE": "1"}
        server = stack.enter_context(started(FAKETIME_TIMESTAMP_FILE=str(clock), **fake))
        hosts = [
            stack.enter_context(_host(server, Path(name), FAKETIME=f"{skew:+}s", **fake))
            for skew in SKEWS
        ]
        grants, apart = list[tuple[float, int]](), 0.0
        for at in range(0, HOURS * 3600, _STEP):
            clock.write_text(f"+{at}s")
            answers = [_ask(host) for host in hosts]
            grants += [(at, count) for count, _ in answers]
            times = [time for _, time in answers]
            apart = max(apart, max(times) - min(times))
            hosts = hosts[1:] + hosts[:1]
        return Spent(grants, apart)


@contextmanager
def _host(server: Server, folder: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run a process with a clock of its own on the library."""
    (folder / "dagster.yaml").write_text("# unsplash_assets\n")
    ours = {
        "UNSPLASH_API_KEY": "key",
        "UNSPLASH_CATALOGUE": server.of(Path("clocks")),
        "UNSPLASH_LIBRARY": str(folder / "library"),
    }
    with subprocess.Popen(
        python(_SPEND), cwd=folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=environment(**ours, **variables), stderr=sys.stderr,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def _ask(host: subprocess.Popen[str]) -> tuple[int, float]:
    assert host.stdin
    host.stdin.write(f"{_WANTED}\n")
    host.stdin.flush()
    count, time = next_line(host).split()
    return int(count), float(time)
