"""Runs the tests of the catalogue and its use cases on Postgres as well as on SQLite.

A test that is about SQLite itself says so with `@pytest.mark.only_sqlite("why")`. Tests that are
marked `long` or `slow` run on SQLite alone: what they compute, or wait for, is not the database.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from unsplash_assets_tests.support.paths import TESTS
from unsplash_assets_tests.support.postgres import Server, current, started

PROGRAM: Final = "pg_ctlcluster"
"""What Debian's package of the server puts on the path; the server itself is not on it."""
_ON_BOTH: Final = frozenset(
    TESTS / f"{name}.py"
    for name in (
        "catalogue/browsing/test_listing", "catalogue/browsing/test_pages",
        "catalogue/clock/test_steps", "catalogue/test_curation", "catalogue/test_events",
        "catalogue/test_integrity", "catalogue/test_ledger", "catalogue/test_photos",
        "catalogue/test_retention", "catalogue/test_runs", "catalogue/test_stored",
        "catalogue/test_tables", "catalogue/test_topics", "library/test_bringing",
        "library/test_clock_steps", "library/test_curation", "library/test_events",
        "library/test_export", "library/test_health", "library/test_pruning", "library/test_repair",
        "library/test_selection", "library/test_status", "library/test_ticks",
    )
)  # fmt: skip
"""The modules that test what depends on a database; others test files, names, or pure functions."""
_ELSEWHERE: Final = {"processes", "shared"}
"""Fixtures of programs that know no URL, and of a module's library.

What processes do to each other on Postgres is tested in `catalogue/engines/test_postgres.py`.
"""
_OPENS: Final = {"opened", "make_settings", "mine"}
"""The fixtures that tests open their libraries with."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """The tests' own server."""
    pytest.importorskip("psycopg2", reason="psycopg2 is missing: install unsplash_assets[postgres]")
    with started() as server:
        yield server


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[Server]:
    """The tests' own server, cleared after the test."""
    yield postgres_server
    postgres_server.clear()


@pytest.fixture(autouse=True)
def catalogue_on(request: pytest.FixtureRequest) -> Iterator[str]:
    """The kind of database that the test keeps its catalogues on."""
    kind = getattr(request, "param", "sqlite")
    if kind == "postgres":
        current.append(request.getfixturevalue("postgres"))
    yield kind
    current.clear()


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line("markers", "only_sqlite(reason): do not run the test on Postgres too")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on both databases."""
    names = set(metafunc.fixturenames)
    path = Path(metafunc.module.__file__ or "")
    if path not in _ON_BOTH or not _OPENS & names or _ELSEWHERE & names:
        return
    if {"only_sqlite", "long", "slow"} & {mark.name for mark in metafunc.definition.iter_markers()}:
        return
    marks = [pytest.mark.postgres, pytest.mark.needs(PROGRAM)]
    kinds = ["sqlite", pytest.param("postgres", marks=marks)]
    metafunc.parametrize("catalogue_on", kinds, indirect=True)
