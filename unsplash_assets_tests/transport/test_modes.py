"""Tests of `transport.modes`: the emulator answers the demo, the network answers live mode."""

import pytest

from unsplash_assets.errors import NetworkError
from unsplash_assets.settings.settings import DEMO_URL
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.modes import transport_of

LIMITS = Limits(Timeouts(), size=100_000)


def test_in_demo_mode_the_emulator_answers_in_this_process() -> None:
    with transport_of("demo").get(f"{DEMO_URL}/photos/random?query=sea", {}, LIMITS) as answer:
        assert answer.status == 401


def test_in_live_mode_only_the_network_answers() -> None:
    with (
        pytest.raises(NetworkError),
        transport_of("live").get(f"{DEMO_URL}/photos/random?query=sea", {}, LIMITS),
    ):
        pass
