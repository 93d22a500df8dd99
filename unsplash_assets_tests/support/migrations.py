"""Lets alembic read each folder of migrations once in a process.

Dagster stamps the tables of each new instance, and reads its hundred migrations each time: a fifth
of a second for each of several hundred tests.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory


def pytest_configure(config: pytest.Config) -> None:  # noqa: ARG001 - pytest calls it by name
    """Remember the folders from now on."""
    ScriptDirectory.from_config = _remembering(ScriptDirectory.from_config)  # type: ignore[method-assign]


def _remembering(read: Callable[[Config], ScriptDirectory]) -> Any:
    configs: dict[str, Config] = {}

    @cache
    def read_once(location: str) -> ScriptDirectory:
        return read(configs[location])

    def remembered(config: Config) -> ScriptDirectory:
        location = str(config.get_alembic_option("script_location"))
        configs[location] = config
        return read_once(location)

    return remembered
