"""Firefox for the tests: the system's own, driven by WebDriver BiDi, which it speaks by itself.

Playwright drives a Firefox of its own making only, and selenium needs a program between the two.
"""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final

import pytest
from websockets.sync.client import ClientConnection, connect

from unsplash_assets_tests.support.waiting import CEILING, eventually

_ADDRESS: Final = re.compile(r"WebDriver BiDi listening on (\S+)\n")

_TRIES: Final = 4
"""A page that is asked for while its tab opens is lost now and then; another tab has it."""
_LOADS_WITHIN: Final = 30.0  # seconds


class Tab:
    """The tab of a Firefox, with what its console said in `troubles`."""

    def __init__(self, connection: ClientConnection) -> None:
        self.troubles: list[str] = []
        self._connection = connection
        self._numbers = count(1)
        self._send("session.new", capabilities={})
        self._send("session.subscribe", events=["log.entryAdded"])
        self._context = ""

    def close(self) -> None:
        """End the browser."""
        self._send("browser.close")

    def before_each_page(self, script: str) -> None:
        """Run a function before the scripts of each page."""
        self._send("script.addPreloadScript", functionDeclaration=script)

    def goto(self, url: str) -> None:
        """Open a page in a new tab, wait until it has loaded, and close the tab before."""
        for _ in range(_TRIES):
            before = self._context
            self._context = self._send("browsingContext.create", type="tab")["context"]
            if before:
                self._send("browsingContext.close", context=before)
            with suppress(TimeoutError):
                opened = {"context": self._context, "url": url, "wait": "complete"}
                self._send("browsingContext.navigate", within=_LOADS_WITHIN, **opened)
                return
        raise TimeoutError(f"{url} has not loaded in {_TRIES} tabs")

    def press(self, *keys: str) -> None:
        """Press keys, each a character, or a code of WebDriver."""
        presses = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": presses}
        self._send("input.performActions", context=self._context, actions=[source])

    def evaluate(self, expression: str) -> Any:
        """Return what an expression is in the page: text, a number, a truth."""
        found = self._send(
            "script.evaluate",
            expression=f"JSON.stringify({expression})",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert found["type"] == "success", found["exceptionDetails"]["text"]
        return json.loads(found["result"].get("value", "null"))

    def wait_for(self, expression: str, expected: object) -> None:
        """Wait until an expression has a value."""
        eventually(lambda: self.evaluate(expression) == expected)

    def _send(self, method: str, within: float = CEILING, **params: Any) -> Any:
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._connection.recv(timeout=within))
            if answer["type"] == "event":
                self._note(answer["params"])
            elif answer["id"] == number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def _note(self, entry: dict[str, Any]) -> None:
        if entry.get("level") == "error":
            self.troubles.append(str(entry["text"]))


@contextmanager
def started(folder: Path) -> Iterator[Tab]:
    """Start the browser without a window, on a profile of its own in a folder."""
    profile, log = folder / "profile", folder / "firefox.log"
    profile.mkdir(parents=True)
    command = ["firefox-esr", "--headless", "--no-remote", "--profile", str(profile)]
    with (
        log.open("w") as output,
        subprocess.Popen([*command, "--remote-debugging-port", "0"], stderr=output) as process,
    ):
        try:
            address = eventually(lambda: _ADDRESS.search(log.read_text()), "Firefox")[1]
            with connect(f"{address}/session", max_size=None) as connection:
                tab = Tab(connection)
                yield tab
                tab.close()
            process.wait(CEILING)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with started(tmp_path_factory.mktemp("firefox")) as tab:
        yield tab
        assert tab.troubles == []
