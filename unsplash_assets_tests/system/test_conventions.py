"""Tests of rules of the code that no other tool knows."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from unsplash_assets_tests.support.each import for_each
from unsplash_assets_tests.support.paths import PACKAGE, PROJECT, TESTS
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.viewer.test_programs import posix_only

MODULES = sorted(PACKAGE.rglob("*.py"))

each_module = for_each(MODULES)


def _imports(module: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


@each_module
def test_a_module_says_what_it_is_for(module: Path) -> None:
    docstring = ast.get_docstring(ast.parse(module.read_text()))
    assert docstring
    assert len(docstring.splitlines()[0]) <= 100


@each_module
def test_a_module_is_small(module: Path) -> None:
    assert len(module.read_text().splitlines()) <= 250


@each_module
def test_only_the_settings_read_the_environment(module: Path) -> None:
    reads = re.search(r"os\.environ|os\.getenv|dotenv", module.read_text())
    assert not reads or module.name == "environment.py"


@each_module
def test_nothing_private_of_dagster_is_used(module: Path) -> None:
    assert not any("dagster._" in name for name in _imports(module))
    assert not re.search(r"\bdg\._|instance\._", module.read_text())


@each_module
def test_no_error_is_swallowed_wholesale(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            assert caught not in {"everything", "Exception", "BaseException"}


@each_module
def test_words_go_to_people_through_the_command_line_alone(module: Path) -> None:
    prints = re.search(r"(?<![.\w])print\(", module.read_text())
    assert not prints or module.name == "launch.py"


def _modules(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.py") if path.name != "__init__.py"]


MIGRATIONS = PACKAGE / "catalogue" / "migrations"
ROOMS = sorted(path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)

each_room = pytest.mark.parametrize(
    "room", ROOMS, ids=[room.relative_to(PACKAGE).as_posix() for room in ROOMS]
)


def test_the_root_holds_rooms_and_little_else() -> None:
    named = {path.stem for path in _modules(PACKAGE)}
    assert named == {"definitions", "errors", "__main__"}  # the last for `python -m`


@each_room
def test_a_room_holds_at_most_twelve_modules(room: Path) -> None:
    assert len(_modules(room)) <= 12


@each_room
def test_a_room_with_functions_has_tests_of_its_own(room: Path) -> None:
    """Coverage, which has a threshold, finds a module that no test reaches."""
    if any(isinstance(node, ast.FunctionDef) for node in _nodes(room)):
        folder = TESTS / room.relative_to(PACKAGE)
        assert list(folder.glob("test_*.py")) or room.is_relative_to(MIGRATIONS)


def _nodes(room: Path) -> Iterator[ast.AST]:
    for module in _modules(room):
        yield from ast.walk(ast.parse(module.read_text()))


def test_assets_are_short() -> None:
    """Their docstrings, which Dagster's UI shows, do not count."""
    lengths = {}
    for node in ast.parse((PACKAGE / "defs" / "assets.py").read_text()).body:
        if isinstance(node, ast.FunctionDef) and node.name != "build_assets":
            docstring = len((ast.get_docstring(node) or "").splitlines())
            lengths[node.name] = (node.end_lineno or 0) - node.lineno + 1 - docstring
    assert {name: lines for name, lines in lengths.items() if lines > 12} == {}


def _pins(name: str) -> dict[str, str]:
    """Return the version of each package that requirements/ pins, without extras and markers."""
    pattern = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)", re.MULTILINE)
    return dict(pattern.findall((PROJECT / "requirements" / name).read_text()))


def _normal(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=\[]", requirement)[0]).lower()


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_the_build_backend_and_pip_are_pinned(name: str) -> None:
    pyproject = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    (backend,) = pyproject["build-system"]["requires"]
    assert backend in pyproject["dependency-groups"]["build"]
    assert backend == f"setuptools=={_pins(name)['setuptools']}"
    assert "pip" in _pins(name)


def test_every_dependency_is_pinned_exactly() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = [name for extra in project["optional-dependencies"].values() for name in extra]
    run, dev = ({_normal(name) for name in _pins(file)} for file in ("run.txt", "dev.txt"))
    assert {_normal(name) for name in project["dependencies"]} - run == set()
    assert {_normal(name) for name in extras} - dev == set()


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_what_a_pinned_package_needs_is_pinned(name: str) -> None:
    """Else the next installation fails, since pip takes nothing without a hash."""
    pinned = {_normal(package) for package in _pins(name)}
    needed = set()
    for distribution in metadata.distributions():
        if _normal(distribution.name) in pinned:
            requirements = map(Requirement, distribution.requires or [])
            needed |= {
                _normal(each.name)
                for each in requirements
                if each.marker is None or each.marker.evaluate({"extra": ""})
            }
    assert needed - pinned == set()


def test_the_lists_of_pins_agree() -> None:
    assert _pins("run.txt").items() <= _pins("dev.txt").items()


@pytest.mark.parametrize("name", ["run.txt", "dev.txt"])
def test_every_pin_has_its_hashes_and_no_address(name: str) -> None:
    text = (PROJECT / "requirements" / name).read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    pins = re.split(r"\n(?=\S)", "\n".join(lines))
    assert len(pins) == len(_pins(name))
    assert [pin for pin in pins if not re.search(r"--hash=sha256:[0-9a-f]{64}$", pin)] == []
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE)


def test_every_install_of_make_checks_hashes() -> None:
    """A package that is built here would download what builds it, unchecked."""
    makefile = (PROJECT / "Makefile").read_text().replace("\\\n", " ")
    installs = [line for line in makefile.splitlines() if re.search(r"\$\(PIP\)|pip install", line)]
    (pip, *uses) = installs
    assert pip.startswith("PIP := ")
    safe = "--require-hashes --only-binary :all:|--no-deps --no-build-isolation"
    assert [use for use in uses if not re.search(safe, use)] == []
    assert len(uses) == 2


Audit = Callable[[str], subprocess.CompletedProcess[str]]


@pytest.fixture
def audit(processes: Processes, tmp_path: Path) -> Audit:
    """Run `make audit` with lines of a shell in the place of pip-audit, which asks PyPI."""

    def run(lines: str) -> subprocess.CompletedProcess[str]:
        program = tmp_path / "bin" / "pip-audit"
        program.parent.mkdir()
        program.write_text(f"#!/bin/sh\n{lines}\n")
        program.chmod(0o755)
        ready = tmp_path / ".dev"
        return processes.run(
            ["make", "--no-print-directory", f"VENV={tmp_path}", f"--assume-old={ready}", "audit"],
            cwd=PROJECT,
        )

    return run


@pytest.mark.process
@posix_only
def test_an_audit_asks_for_every_pin_and_passes_only_with_an_answer_for_each(
    audit: Audit, tmp_path: Path
) -> None:
    done = audit('echo "$@" > "$0.arguments"')
    assert (done.returncode, done.stdout) == (0, "No known vulnerabilities.\n")
    arguments = (tmp_path / "bin" / "pip-audit.arguments").read_text()
    assert "--requirement requirements/dev.txt" in arguments
    assert {"--strict", "--require-hashes", "--disable-pip"} <= set(arguments.split())


@pytest.mark.process
@posix_only
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        pytest.param("echo 'idna 1.0 PYSEC-1'", "idna 1.0 PYSEC-1", id="a vulnerability"),
        pytest.param("echo 'no route' >&2", "Nothing was audited", id="no database"),
        pytest.param("echo 'no route' >&2", "no route", id="no database, with the reason"),
    ],
)
def test_an_audit_that_finds_or_reaches_something_else_is_no_pass(
    audit: Audit, lines: str, said: str
) -> None:
    done = audit(f"{lines}; exit 1")
    assert done.returncode != 0
    assert said in done.stdout + done.stderr
    assert "No known" not in done.stdout
