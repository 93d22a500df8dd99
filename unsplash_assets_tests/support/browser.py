"""A real browser for the tests and the screenshots: Chromium from the system's packages.

Every page is watched: an error in its console, or a request to another host, fails the test.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Request, sync_playwright

from unsplash_assets_tests.support import programs
from unsplash_assets_tests.support.waiting import CEILING


@contextmanager
def chromium(*arguments: str) -> Iterator[Browser]:
    """Start the browser, without a window."""
    with sync_playwright() as playwright:
        # A test may run as root, for whom Chromium has no sandbox; it opens pages of ours alone.
        browser = playwright.chromium.launch(
            executable_path=programs.chromium(),
            args=["--no-sandbox", *arguments],
            timeout=1_000 * CEILING,
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Watch:
    """What pages did that they should not, and what they asked for."""

    troubles: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def over(self, context: BrowserContext) -> None:
        """Watch all pages of a context from now on."""
        context.on("console", self._console)
        context.on("weberror", lambda found: self.troubles.append(str(found.error)))
        context.on("request", self._request)
        context.on("dialog", lambda dialog: self.troubles.append(f"dialog {dialog.message}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        self.asked.append(request.url)
        if parts.scheme not in {"file", "data"} and parts.hostname != "127.0.0.1":
            self.troubles.append(f"another host was asked: {request.url}")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    assert watch.troubles == []


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, watch: Watch) -> Iterator[NewContext]:
    contexts = []

    def make(**options: Any) -> BrowserContext:
        contexts.append(browser.new_context(**options))
        contexts[-1].set_default_timeout(1_000 * CEILING)
        watch.over(contexts[-1])
        return contexts[-1]

    yield make
    for context in contexts:
        context.close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def folder_served(folder: Path) -> Iterator[str]:
    """Serve a folder's files on a port of this machine; gives the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
