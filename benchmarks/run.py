"""Measures the project and others, side by side and round by round, and prints tables of ratios.

    python -m benchmarks.run [--only NAME] [--rounds N] [--count N] [--ticks N]

Each benchmark brings up a photo server of its own. Programs that are not installed are left out.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata, util
from pathlib import Path
from typing import Final

import requests

from benchmarks.growth import growth
from benchmarks.measure import Taken, figure, run
from benchmarks.others import WAYS
from benchmarks.trees import Tree, report, watch

ROOT: Final = Path(__file__).parent.parent
_BIN: Final = Path(sys.executable).parent
_OWN: Final = "unsplash-assets fetch"
_LOOP: Final = "requests loop"
_PROGRAMS: Final[Mapping[str, Sequence[str]]] = {
    "curl --parallel": ("curl", "-sS", "--parallel", "--parallel-max", "16", "-K", "curl.txt"),
    "aria2c": ("aria2c", "--quiet", "--max-concurrent-downloads=16", "--input-file=urls.txt"),
    "gallery-dl": ("gallery-dl", "--quiet", "--dest", ".", "--input-file", "urls.txt"),
    "img2dataset": (
        "img2dataset", "--url_list=urls.txt", "--output_folder=out", "--thread_count=16",
        "--resize_mode=no",
    ),
}  # fmt: skip
"""Programs that download a list of URLs."""


@contextmanager
def server(latency: float) -> Iterator[str]:
    """Run a photo server in a process of its own; gives its URL."""
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "benchmarks.server",
        "--latency",
        str(latency),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


@contextmanager
def project(url: str, **settings: object) -> Iterator[tuple[Path, dict[str, str]]]:
    """Make a project's folder and environment for an API; the folder goes with the `with`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "dagster.yaml", folder)
        given = {"API_KEY": "key", "API_URL": url, "TOPICS": "nature", **settings}
        env = {f"UNSPLASH_{key}": str(value) for key, value in given.items()}
        yield folder, {**env, "DAGSTER_HOME": name, "PYTHONPATH": str(ROOT)}


def bulk(rounds: int, count: int, latency: float = 0.0, concurrency: int = 16) -> None:
    """Many photos: downloaded, and here validated, credited, reported and remembered as well."""
    taken: dict[str, list[Taken]] = {}
    for _ in range(rounds):
        with server(latency) as url, project(url, CONCURRENCY=concurrency) as (folder, env):
            fetch: list[str | Path] = [_BIN / "unsplash-assets", "fetch", "nature", "--count"]
            first, all_of_them = (run([*fetch, str(n)], folder, env) for n in (1, count))
            taken.setdefault(_OWN, []).append(_less(all_of_them, first))
            _write_urls(url, count, folder)
            for name in WAYS:
                if name.startswith("aiohttp") and util.find_spec("aiohttp") is None:
                    continue
                command: list[str | Path] = [sys.executable, "-m", "benchmarks.others", name]
                first, all_of_them = (
                    run([*command, urls, "."], folder, env) for urls in ("one.txt", "urls.txt")
                )
                taken.setdefault(name, []).append(_less(all_of_them, first))
            for name, program in _PROGRAMS.items():
                if shutil.which(program[0]):
                    taken.setdefault(name, []).append(run(program, folder, env))
    title = f"{count:,} photos of about 200 kB, {latency * 1000:g} ms of latency, "
    _table(title + f"UNSPLASH_CONCURRENCY={concurrency}; whole processes less their start-up")
    loop = figure([count / one.wall for one in taken[_LOOP]])
    for name, some in taken.items():
        rate = figure([count / one.wall for one in some])
        cpu = figure([1000 * one.cpu / count for one in some])
        ratio = f"{rate.median / loop.median:.2f}"
        memory = f"{max(one.memory for one in some):,.0f}"
        print(f"| {name} | {rate} | {ratio} | {cpu} | {memory} |")


def far(rounds: int, count: int) -> None:
    """Many photos from far away."""
    bulk(rounds, count, latency=0.05, concurrency=32)


def single(rounds: int, _: int) -> None:
    """One photo on demand, beside the smallest Dagster project that does the three steps."""
    ours, smallest = [], []
    with server(0) as url, project(url) as (folder, env), project(url) as (other, _env):
        materialize = (str(_BIN / "dagster"), "asset", "materialize", "--select")
        own = ["*gallery", "--partition", "nature", "-m", "unsplash_assets.definitions"]
        theirs = ["*", "-m", "benchmarks.smallest"]
        for _ in range(rounds):
            ours.append(run([*materialize, *own], folder, env))
            smallest.append(
                run([*materialize, *theirs], other, {**env, "DAGSTER_HOME": str(other)})
            )
    _compare("one photo, `dagster asset materialize`", ours, smallest, "the smallest project")


def status(rounds: int, _: int) -> None:
    """`status`, beside an import of SQLAlchemy."""
    ours, imports = [], []
    with server(0) as url, project(url) as (folder, env):
        run([_BIN / "unsplash-assets", "fetch", "nature", "--count", "30"], folder, env)
        for _ in range(rounds):
            ours.append(run([_BIN / "unsplash-assets", "status"], folder, env))
            imports.append(run([sys.executable, "-c", "import sqlalchemy"], folder, env))
    _compare("`status`", ours, imports, "`import sqlalchemy`")


def verify(rounds: int, count: int) -> None:
    """`verify` of all files."""
    with server(0) as url, project(url, CONCURRENCY=8) as (folder, env):
        run([_BIN / "unsplash-assets", "fetch", "nature", "--count", str(count)], folder, env)
        size = sum(path.stat().st_size for path in folder.glob("library/nature/*")) / 1e6
        start = [run([_BIN / "unsplash-assets", "status"], folder, env) for _ in range(rounds)]
        whole = [run([_BIN / "unsplash-assets", "verify"], folder, env) for _ in range(rounds)]
    less = [_less(one, other) for one, other in zip(whole, start, strict=True)]
    _table(f"`verify` of {count:,} files, {size:,.0f} MB")
    print(
        f"| verify | {figure([size / one.wall for one in less])} MB/s | | "
        f"{figure([1000 * one.cpu / count for one in less])} | "
        f"{max(one.memory for one in whole):,.0f} |"
    )


def minute(ticks: int) -> None:
    """`dagster dev` with a tick each minute, beside the smallest Dagster project."""
    with server(0) as url, project(url) as (folder, env), project(url) as (other, other_env):
        module, pictures = "unsplash_assets.definitions", "library/nature/*.jpg"
        ours = Tree("this project", module, pictures, folder, env)
        module, pictures = "benchmarks.smallest", "photo.jpg"
        smallest = Tree("the smallest project", module, pictures, other, other_env)
        watch([ours, smallest], ticks)
        report(ours, smallest)


BENCHMARKS: Final[Mapping[str, Callable[[int, int], None]]] = {
    "bulk": bulk, "far": far, "single": single, "status": status, "verify": verify,
    "growth": growth,
}  # fmt: skip


def _less(whole: Taken, start: Taken) -> Taken:
    return Taken(whole.wall - start.wall, whole.cpu - start.cpu, whole.memory)


def _write_urls(url: str, count: int, folder: Path) -> None:
    urls: list[str] = []
    while len(urls) < count:
        asked = f"{url}/photos/random?query=nature&count=30"
        answer = requests.get(asked, headers={"Authorization": "Client-ID key"}, timeout=30)
        some = (photo["urls"]["regular"] for photo in answer.json())
        urls += [one.replace("?", ".jpg?", 1) for one in some]  # gallery-dl tells pictures by it
    (folder / "urls.txt").write_text("\n".join(urls[:count]) + "\n")
    (folder / "one.txt").write_text(urls[0] + "\n")
    lines = (f'url = "{one}"\noutput = "{number}.jpg"\n' for number, one in enumerate(urls[:count]))
    (folder / "curl.txt").write_text("".join(lines))


def _table(title: str) -> None:
    print(f"\n{title}\n\n| what | a second | x {_LOOP} | CPU, ms each | memory, MB |")
    print("|---|---|---|---|---|")


def _compare(what: str, ours: Sequence[Taken], others: Sequence[Taken], name: str) -> None:
    print(f"\n| {what} | seconds | CPU, seconds | memory, MB |\n|---|---|---|---|")
    for label, some in (("this project", ours), (name, others)):
        print(
            f"| {label} | {figure([one.wall for one in some])} | "
            f"{figure([one.cpu for one in some])} | {max(one.memory for one in some):,.0f} |"
        )
    ratios = (
        figure(
            [
                getattr(one, kind) / getattr(other, kind)
                for one, other in zip(ours, others, strict=True)
            ]
        )
        for kind in ("wall", "cpu", "memory")
    )
    print("| ratio | " + " | ".join(map(str, ratios)) + " |")


def main() -> None:
    """Read the command line, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[*BENCHMARKS, "minute"], help="one benchmark alone")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=1000, help="photos")
    parser.add_argument("--ticks", type=int, default=10, help="minutes of `minute`")
    given = parser.parse_args()
    names = ("dagster", "pillow", "requests")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in names)
    machine = f"{platform.platform()}, {os.cpu_count()} cores"
    print(f"{machine}, Python {platform.python_version()}, {versions}")
    for name, benchmark in BENCHMARKS.items():
        if given.only in {None, name}:
            benchmark(given.rounds, given.count)
    if given.only in {None, "minute"}:
        minute(given.ticks)


if __name__ == "__main__":
    main()
