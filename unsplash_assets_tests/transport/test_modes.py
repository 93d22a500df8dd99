"""Tests of `transport.modes`: where each mode has its Unsplash."""

import pytest

from unsplash_assets.errors import NetworkError
from unsplash_assets.settings.settings import DEMO_URL
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.modes import transport_of

LIMITS = Limits(Timeouts(), size=100_000)


def test_the_demos_unsplash_is_in_this_process() -> None:
    with transport_of("demo").get(f"{DEMO_URL}/photos/random?query=sea", {}, LIMITS) as answer:
        assert answer.status == 401


def test_the_live_ones_is_in_the_network_alone() -> None:
    with (
        pytest.raises(NetworkError),
        transport_of("live").get(f"{DEMO_URL}/photos/random?query=sea", {}, LIMITS),
    ):
        pass
