"""Measures what a library costs as it grows: a tick's work, `status`, the gallery, an export.

The photos are rows without files, but for those that the tick itself brings.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from math import log10
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from benchmarks.measure import figure
from unsplash_assets.catalogue import tables as db
from unsplash_assets.gallery.page import MAX_PHOTOS, write_gallery
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.export import rows
from unsplash_assets.library.opening import Library, open_library, working_on
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.library.status import look
from unsplash_assets.library.ticks import next_topic
from unsplash_assets.model.tones import TONES
from unsplash_assets.settings.settings import parse
from unsplash_assets.storage.names import thumbnail_path

_SIZES: Final = (100, 1_000, 10_000, 100_000)
_PLOT: Final = Path(__file__).parent.parent / "docs" / "images" / "growth.svg"


def growth(rounds: int, _: int) -> None:
    """What a library costs as it grows."""
    print("\n| photos | tick, ms | gallery, ms | status, ms | 100 rows of export, ms |")
    print("|---|---|---|---|---|")
    medians: dict[str, list[float]] = {}
    for size in _SIZES:
        with grown_library(size) as library:
            taken = {name: _times(library, work, rounds) for name, work in _WORK.items()}
        for name, some in taken.items():
            medians.setdefault(name, []).append(figure(some).median)
        print(f"| {size:,} | " + " | ".join(str(figure(some)) for some in taken.values()) + " |")
    for number, size in enumerate(_SIZES[:2]):
        ratios = (f"{values[-1] / values[number]:.2f}" for values in medians.values())
        print(f"| {_SIZES[-1]:,} / {size:,} | " + " | ".join(ratios) + " |")
    _PLOT.write_text(_plot(medians))


def _times(library: Library, work: Callable[[Library, str], object], rounds: int) -> list[float]:
    """Return milliseconds, the first round left out."""
    taken = []
    for number in range(rounds + 1):
        started = time.perf_counter()
        work(library, f"{work.__name__} {number}")
        taken.append(1000 * (time.perf_counter() - started))
    return taken[1:]


def _tick(library: Library, run_id: str) -> None:
    next_topic(library, lambda topics: topics[0])
    with working_on(library, run_id, "nature"):
        top_up(library, "nature")
        choose(library, "nature", run_id)
        bring(library, "nature", run_id, last_try=True)


def _gallery(library: Library, _: str) -> None:
    write_gallery(library.photos, library.store, library.settings)


def _status(library: Library, _: str) -> None:
    look(library)


def _export(library: Library, _: str) -> None:
    mode, app_name = library.settings.mode, library.settings.app_name
    with library.photos.all_stored() as photos:
        list(islice(rows(photos, mode, app_name), 100))


_WORK: Final = {"tick": _tick, "gallery": _gallery, "status": _status, "export": _export}


@contextmanager
def grown_library(size: int) -> Iterator[Library]:
    """Open a demo library with rows of so many stored photos."""
    with tempfile.TemporaryDirectory() as name:
        settings = parse(
            {"UNSPLASH_LIBRARY": f"{name}/library", "UNSPLASH_TOPICS": "nature,art",
             "UNSPLASH_RENDITION": "thumb"},
            Path(name),
        )  # fmt: skip
        with open_library(settings) as library:
            _tick(library, "first")
            _copy(library, size)
        with open_library(settings) as library:  # SQLite has put away what it wrote
            yield library


def _copy(library: Library, size: int) -> None:
    """Copy the row of the one stored photo."""
    with library.database.writing() as connection:
        first = library.database.advance(connection, size)
        query = sa.select(db.photos).where(db.photos.c.state == "stored")
        row = dict(connection.execute(query).mappings().one())
        copies = [
            {**row, "id": f"copy-{n:06}", "sha256": f"{n:024x}{n:040x}",
             "path": f"nature/copy-{n:06}.jpg", "run_id": f"run {n}",
             "stored_sequence": first + n, "arrival": first + n, "topic": ("nature", "art")[n % 2],
             "tone": TONES[n % len(TONES)], "favourite": n % 5_000 == 1,
             "search_text": f"{('nature', 'art')[n % 2]} someone ridges w{n % 1_000:03} at dawn"}
            for n in range(1, size)
        ]  # fmt: skip
        connection.execute(sa.insert(db.photos), copies)
    for copy in copies[-MAX_PHOTOS:]:
        thumbnail = library.settings.library / thumbnail_path(copy["sha256"])
        thumbnail.parent.mkdir(parents=True, exist_ok=True)
        thumbnail.write_bytes(b"as good as any")


def _plot(medians: dict[str, list[float]]) -> str:
    """Return an SVG of milliseconds by photos, both on a scale of powers of ten."""
    width, height, left, top = 640, 360, 60, 20
    highest = max(max(values) for values in medians.values())
    steps = int(log10(highest)) + 1

    def x(index: int) -> float:
        return left + index * (width - left - 110) / (len(_SIZES) - 1)

    def y(value: float) -> float:
        return top + (height - top - 40) * (1 - max(0.0, log10(value)) / steps)

    box = f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12"'
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" {box}>']
    lines.append(f'<rect width="{width}" height="{height}" fill="#fff"/>')
    for power in range(steps + 1):
        at = y(10**power)
        lines.append(
            f'<path d="M{left} {at}H{width - 110}" stroke="#ddd"/>'
            f'<text x="{left - 8}" y="{at + 4}" text-anchor="end">{10**power:,} ms</text>'
        )
    for index, size in enumerate(_SIZES):
        lines.append(f'<text x="{x(index)}" y="{height - 16}" text-anchor="middle">{size:,}</text>')
    colours = ("#2a6f97", "#c1666b", "#5b8c5a", "#8a6fae")
    for (name, values), colour in zip(medians.items(), colours, strict=True):
        points = " ".join(f"{x(i):.1f},{y(value):.1f}" for i, value in enumerate(values))
        lines.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>'
            f'<text x="{width - 104}" y="{y(values[-1]) + 4}" fill="{colour}">{name}</text>'
        )
    return "\n".join([*lines, "</svg>", ""])
