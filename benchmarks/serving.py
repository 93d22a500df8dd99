"""Measures what a served library costs: pages, search, deep pages, and a crowd of visitors.

    python -m benchmarks.serving

The server is `unsplash-assets serve` in a process of its own; the photos are rows without files.
"""

import http.client
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from benchmarks.growth import grown_library
from benchmarks.measure import figure

_SIZES: Final = (1_000, 100_000)
_ASKED: Final = {
    "first page": "/api/photos?limit=60",
    "a page in the middle": "/api/photos?limit=60&before={middle}",
    "the last page": "/api/photos?limit=60&before={end}",
    "a topic": "/api/photos?limit=60&topic=art",
    "a colour": "/api/photos?limit=60&color=teal",
    "favourites": "/api/photos?limit=60&favourites=1",
    "search, in every photo": "/api/photos?limit=60&search=ridge",
    "search, in one of 1,000": "/api/photos?limit=60&search=w007",
    "search, in none": "/api/photos?limit=60&search=nothing",
    "topics": "/api/topics",
}
_VISITORS: Final = 50
_REQUESTS: Final = 10_000


def main() -> None:
    """Print tables."""
    taken: dict[str, list[str]] = {name: [] for name in _ASKED}
    crowds = []
    for size in _SIZES:
        with grown_library(size) as library, _served(library.settings.library) as (port, process):
            newest = library.photos.newest_sequence()
            places = {"middle": newest - size // 2, "end": newest - size + 61}
            for name, path in _ASKED.items():
                taken[name].append(_times(port, path.format(**places)))
            crowds.append((size, *_crowd(port, process)))
    print("| milliseconds | " + " | ".join(f"{size:,} photos" for size in _SIZES) + " |")
    print("|---|" + "---|" * len(_SIZES))
    for name, figures in taken.items():
        print(f"| {name} | " + " | ".join(figures) + " |")
    print("\n| photos | requests a second | refused | MB before | MB after half | MB after all |")
    print("|---|---|---|---|---|---|")
    for size, rate, refused, *memory in crowds:
        print(
            f"| {size:,} | {rate:.0f} | {refused} | "
            + " | ".join(f"{m:.0f}" for m in memory)
            + " |"
        )


@contextmanager
def _served(folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    command = [sys.executable, "-m", "unsplash_assets", "serve", "--port", "0"]
    environ = {**os.environ, "UNSPLASH_LIBRARY": str(folder), "UNSPLASH_TOPICS": "nature,art"}
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        found = re.search(r"127\.0\.0\.1:(\d+)", process.stderr.readline())
        assert found
        try:
            yield int(found[1]), psutil.Process(process.pid)
        finally:
            process.terminate()


def _times(port: int, path: str, rounds: int = 15) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    taken = []
    for _ in range(rounds + 1):
        started = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        json.loads(answer.read())
        assert answer.status == 200
        taken.append(1000 * (time.perf_counter() - started))
    connection.close()
    return str(figure(taken[1:]))


def _crowd(port: int, process: psutil.Process) -> tuple[float, int, float, float, float]:
    """Let visitors ask for pages; return their rate, refusals, and memory before and after."""
    before = _memory(process)
    rate, refused = _ask(port)
    half = _memory(process)
    again, more = _ask(port)
    return (rate + again) / 2, refused + more, before, half, _memory(process)


def _ask(port: int) -> tuple[float, int]:
    refused = []

    def visit() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for _ in range(_REQUESTS // 2 // _VISITORS):
            connection.request("GET", "/api/photos?limit=60", headers={"Accept-Encoding": "gzip"})
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                refused.append(answer.status)
        connection.close()

    started = time.perf_counter()
    visitors = [threading.Thread(target=visit) for _ in range(_VISITORS)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    return _REQUESTS / 2 / (time.perf_counter() - started), len(refused)


def _memory(process: psutil.Process) -> float:
    return process.memory_info().rss / 1e6


if __name__ == "__main__":
    main()
