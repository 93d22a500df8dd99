"""Tells open pages what is new, as server-sent events.

One look at the catalogue serves all of them, and nobody looks while no page is open.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Final

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from unsplash_assets.errors import LibraryError
from unsplash_assets.gallery.server.answers import error_answer
from unsplash_assets.gallery.server.served import Served

_LOOKS_EVERY: Final = 2.0  # seconds
_BREATHES_EVERY: Final = 20.0  # seconds; what is silent for long is cut off on the way
_PAGES: Final = 64
"""The most pages that listen at a time."""
_UNREAD: Final = 32
"""Events that a page may be behind; then it is cut off, and begins anew."""
_END: Final = ""


class Feed:
    """The events of one server."""

    def __init__(self, served: Served, build: str = "", looks_every: float = _LOOKS_EVERY) -> None:
        """Watch the photos of `served`; its page is the one of this `build`."""
        self._build = build
        self._served = served
        self._looks_every = looks_every
        self._pages: set[asyncio.Queue[str]] = set()
        self._newest = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    async def listen(self, _: Request) -> Response:
        """Answer with the events from now on, beginning with how things are."""
        if len(self._pages) >= _PAGES:
            return error_answer(503, "too many pages are open", {"Retry-After": "60"})
        page: asyncio.Queue[str] = asyncio.Queue(_UNREAD)
        self._newest = max(self._newest, await to_thread.run_sync(self._look))
        page.put_nowait(_event("build", {"build": self._build}))
        page.put_nowait(_event("newest", {"number": self._newest}))
        self._pages.add(page)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(
            self._events(page), headers=headers, media_type="text/event-stream"
        )

    def tell(self, kind: str, content: object) -> None:
        """Tell all pages of something, from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._send, _event(kind, content))

    async def watch(self) -> None:
        """Look for new photos, until this is cancelled."""
        self._loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._looks_every)
            if not self._pages:
                continue
            newest = await to_thread.run_sync(self._look)
            if newest > self._newest:
                self._newest = newest
                self._send(_event("newest", {"number": newest}))

    def end(self) -> None:
        """End all answers."""
        for page in list(self._pages):
            self._cut_off(page)

    def _look(self) -> int:
        try:
            return self._served.browsing.newest_number()
        except LibraryError:  # it is looked for again
            return 0

    def _send(self, event: str) -> None:
        for page in list(self._pages):
            try:
                page.put_nowait(event)
            except asyncio.QueueFull:
                self._cut_off(page)

    def _cut_off(self, page: "asyncio.Queue[str]") -> None:
        self._pages.discard(page)
        while not page.empty():
            page.get_nowait()
        page.put_nowait(_END)

    async def _events(self, page: "asyncio.Queue[str]") -> AsyncIterator[str]:
        try:
            yield "retry: 5000\n\n"
            while True:
                try:
                    async with asyncio.timeout(_BREATHES_EVERY):
                        event = await page.get()
                except TimeoutError:
                    event = ": still here\n\n"
                if event == _END:
                    return
                yield event
        finally:
            self._pages.discard(page)


def _event(kind: str, content: object) -> str:
    return f"event: {kind}\ndata: {json.dumps(content)}\n\n"
