"""Downloads the same pictures as others would: a loop over requests, threads, aiohttp.

    python -m benchmarks.others NAME URLS FOLDER

URLS is a file with a URL in each line. None of these validates, credits, reports or remembers.
"""

import asyncio
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_AT_ONCE = 16


def loop(urls: Sequence[str], folder: Path) -> None:
    """One after the other."""
    import requests

    with requests.Session() as session:
        for number, url in enumerate(urls):
            (folder / f"{number}.jpg").write_bytes(session.get(url, timeout=60).content)


def threads(urls: Sequence[str], folder: Path) -> None:
    """Several at a time."""
    import requests

    with requests.Session() as session, ThreadPoolExecutor(_AT_ONCE) as pool:

        def get(numbered: tuple[int, str]) -> None:
            number, url = numbered
            (folder / f"{number}.jpg").write_bytes(session.get(url, timeout=60).content)

        list(pool.map(get, enumerate(urls)))


def aiohttp(urls: Sequence[str], folder: Path) -> None:
    """Several at a time, in one thread."""
    import aiohttp

    async def get_all() -> None:
        gate = asyncio.Semaphore(_AT_ONCE)
        async with aiohttp.ClientSession() as session:

            async def get(number: int, url: str) -> None:
                async with gate, session.get(url) as answer:
                    (folder / f"{number}.jpg").write_bytes(await answer.read())

            await asyncio.gather(*(get(*numbered) for numbered in enumerate(urls)))

    asyncio.run(get_all())


WAYS: dict[str, Callable[[Sequence[str], Path], None]] = {
    "requests loop": loop,
    "requests, 16 threads": threads,
    "aiohttp, 16 at once": aiohttp,
}


def main(name: str, urls: str, folder: str) -> None:
    """Download the URLs of a file."""
    WAYS[name](Path(urls).read_text().split(), Path(folder))


if __name__ == "__main__":
    main(*sys.argv[1:])
