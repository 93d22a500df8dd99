"""An emulated Unsplash that waits for requests at the same time, to test how many there are."""

import threading
import time
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from unsplash_assets.emulator.application import Emulator
from unsplash_assets_tests.support.waiting import CEILING


class Together:
    """Answers once as many requests are there as are wanted, and notes the most there were."""

    def __init__(self, wanted: int) -> None:
        self.most = 0
        self._wanted = wanted
        self._now = 0
        self._changed = threading.Condition()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        with self._changed:
            self._now += 1
            self.most = max(self.most, self._now)
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.most >= self._wanted, timeout=CEILING)
        time.sleep(0.02)
        with self._changed:
            self._now -= 1
        return Emulator()(environ, start_response)
