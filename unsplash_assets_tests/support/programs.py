"""The programs of others that some tests use, and what to do where one is missing.

A test names its programs with `@pytest.mark.needs("chromium")`. Where one is missing the test is
skipped, and the session ends with a list of these programs and of how to get them.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from unsplash_assets_tests.support.paths import NODE_MODULES, PROJECT

CHROMIUM_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_PROPERTY: Final = "missing program"


@dataclass(frozen=True)
class Program:
    """A program, or a package of npm, that tests may need."""

    name: str
    remedy: str
    """The command that installs it."""
    find: Callable[[], str | None]

    @property
    def is_missing(self) -> bool:
        return self.find() is None


def chromium() -> str | None:
    """Return the path of the browser, or None where there is none."""
    return next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def _debian_programs() -> Iterator[Program]:
    for line in (PROJECT / ".ci" / "packages").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, package = line.split()[:2]
            find = chromium if name == "chromium" else _on_the_path(name)
            yield Program(name, f"apt-get install {package}", find)


def _npm_packages() -> Iterator[Program]:
    for name in ("axe-core", "unsplash-js"):
        yield Program(name, "npm ci --prefix unsplash_assets_tests", _in_node_modules(name))


def _on_the_path(name: str) -> Callable[[], str | None]:
    return lambda: shutil.which(name)


def _in_node_modules(name: str) -> Callable[[], str | None]:
    folder = NODE_MODULES / name
    return lambda: str(folder) if folder.exists() else None


PROGRAMS: Final = {each.name: each for each in [*_debian_programs(), *_npm_packages()]}


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers", "needs(*programs): skip the test where one of these programs is missing"
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip each test whose programs are not all here."""
    for item in items:
        names = [name for mark in item.iter_markers("needs") for name in mark.args]
        if unknown := set(names) - set(PROGRAMS):
            raise pytest.UsageError(f"{item.nodeid} needs {unknown}: add it to .ci/packages")
        for program in (PROGRAMS[name] for name in names):
            if program.is_missing:
                reason = f"{program.name} is missing: {program.remedy}"
                item.add_marker(pytest.mark.skip(reason=reason))
                item.user_properties.append((_PROPERTY, program.name))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """List at the very end the programs for want of which tests were skipped."""
    yield
    counts = Counter(
        str(name)
        for report in terminalreporter.getreports("skipped")
        for key, name in report.user_properties
        if key == _PROPERTY
    )
    if counts:
        terminalreporter.section("Skipped because a program is missing")
    for name, count in counts.items():
        tests = "1 test" if count == 1 else f"{count} tests"
        terminalreporter.line(f"{name:<16} {tests:<10} {PROGRAMS[name].remedy}")
