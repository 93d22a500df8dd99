"""Keeps cheap tests cheap: whatever a test spends beyond a moment of this process is marked.

A test has the marker of a tier exactly when it uses one of the tier's fixtures; where the two
differ, the collection fails. While a test without such a marker runs, no process may start.
`pytest --cheap`, and so `make quick`, leaves out what is marked here, `long` or `slow`.
"""

import os
import re
import subprocess
from functools import wraps
from pathlib import Path
from typing import Any, Final

import pytest

TIERS: Final = {
    "process": ("starts programs, ours or others'", {"processes", "module_processes"}),
    "screen": ("opens windows on a screen of its own (Xvfb)", {"screen"}),
    "browser": ("opens the gallery in a browser", {"browser", "firefox"}),
    "e2e": ("runs `dagster dev` for minutes", {"start_dev"}),
    "bucket": ("keeps a library in a bucket, on a server of the tests' own", {"bucket"}),
    "postgres": ("runs on a Postgres of the tests' own", {"postgres", "postgres_server"}),
}
"""What the tests of a tier do, and the fixtures that let them do it, by the tier's marker."""

_BY_JUDGEMENT: Final = {
    "long": "computes or waits for seconds in this process",
    "slow": "measures something over minutes; run with `pytest -m slow -s`",
}
_COSTLY: Final = {*TIERS, *_BY_JUDGEMENT}
_OF_A_MODULE: Final = re.compile(r"^pytestmark = (?:\[[^=]*?^\]|.*)$", re.MULTILINE)
_NAMES: Final = re.compile(r"pytest\.mark\.(\w+)")
_STARTS: Final = (
    (subprocess.Popen, "__init__", 1),
    *((os, name, 0) for name in ("system", "posix_spawn", "fork", "forkpty")),
)
"""What starts a process: where it is looked up, its name, and which argument is the command."""
_started: Final[list[str]] = []
_STARTED_BEFORE: Final = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for the cheap tier."""
    parser.addoption("--cheap", action="store_true", help="run only the tests of the cheap tier")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers."""
    meanings = {tier: meaning for tier, (meaning, _) in TIERS.items()} | _BY_JUDGEMENT
    for tier, meaning in meanings.items():
        config.addinivalue_line("markers", f"{tier}: {meaning}")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip modules of which the cheap tier needs nothing: their imports cost seconds."""
    if not config.getoption("cheap") or collection_path.suffix != ".py":
        return None
    marked = _OF_A_MODULE.search(collection_path.read_text(encoding="utf-8"))
    return True if marked and set(_NAMES.findall(marked[0])) & _COSTLY else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Fail unless markers and fixtures agree; then leave out what is not cheap, if asked to."""
    if wrong := [line for item in items for line in _disagreements(item)]:
        raise pytest.UsageError("\n".join(dict.fromkeys(wrong)))
    costly = [item for item in items if _markers(item) & _COSTLY]
    if config.getoption("cheap"):
        config.hook.pytest_deselected(items=costly)
        items[:] = [item for item in items if item not in costly]


def _disagreements(item: pytest.Item) -> list[str]:
    marked = _markers(item)
    used = _fixtures(item)
    name = item.nodeid.partition("[")[0]
    lines = []
    for tier, (_, fixtures) in TIERS.items():
        fixture = ", ".join(sorted(fixtures & used))
        if fixture and tier not in marked:
            lines.append(f"{name} uses the fixture {fixture}: mark it @pytest.mark.{tier}")
        if tier in marked and not fixture:
            wanted = " or ".join(sorted(fixtures))
            lines.append(f"{name} is marked {tier}, but does not use {wanted}: remove the marker")
    return lines


def _markers(item: pytest.Item) -> set[str]:
    return {mark.name for mark in item.iter_markers()}


def _fixtures(item: pytest.Item) -> set[str]:
    """Return the names of the fixtures that an item uses; an argument with values is none.

    One says by its value which is used: see `databases`.
    """
    if not isinstance(item, pytest.Function):
        return set()
    values = item.callspec.params if hasattr(item, "callspec") else {}
    asked_for = {str(values["catalogue_on"])} if "catalogue_on" in values else set()
    return set(item.fixturenames) - set(values) | asked_for


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Note how many processes were started before a test."""
    item.stash[_STARTED_BEFORE] = len(_started)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Fail a test of the cheap tier that has started a process."""
    started = _started[item.stash[_STARTED_BEFORE] :]
    if started and not _markers(item) & set(TIERS):
        pytest.fail(
            f"a test without a marker has started {', '.join(started)}: "
            "let it use the fixture `processes`, and mark it @pytest.mark.process",
            pytrace=False,
        )


def _note_calls(owner: Any, name: str, position: int) -> None:
    """Note from now on what this starts.

    An audit hook would see it too. But CPython 3.11 audits `sys.settrace`, and while a hook in
    Python runs, a thread that starts cannot be traced for coverage, and is lost.
    """
    start = getattr(owner, name, None)
    if start is None:  # Windows has only some of them
        return

    @wraps(start)
    def noted(*args: Any, **kwargs: Any) -> Any:
        _started.append(str([*args, f"{owner.__name__}.{name}"][position]))
        return start(*args, **kwargs)

    setattr(owner, name, noted)


for _place in _STARTS:
    _note_calls(*_place)
