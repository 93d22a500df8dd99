"""Tests of rules of the code that no other tool knows."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from unsplash_assets_tests.support.paths import PACKAGE, PROJECT, TESTS

MODULES = sorted(PACKAGE.rglob("*.py"))

each_module = pytest.mark.parametrize(
    "module", MODULES, ids=[path.relative_to(PACKAGE).as_posix() for path in MODULES]
)


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
    assert len(module.read_text().splitlines()) <= 330


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


@each_module
def test_every_module_has_its_tests(module: Path) -> None:
    covered_by_others = {
        "__init__.py",
        "errors.py",  # raised in all
        "values.py",  # settings/test_settings.py
        "environment.py",  # settings/test_settings.py
        "failures.py",  # defs/test_assets.py
        "metadata.py",  # defs/test_assets.py
        "partitions.py",  # test_definitions.py
        "fetch.py",  # cli/test_main.py
        "terminal.py",  # cli/test_main.py
        "tables.py",  # catalogue/test_migration.py
        "keep.py",  # settings/test_settings.py
        "mode.py",  # a type
        "photos.py",  # types, in model/
    }
    if module.is_relative_to(PACKAGE / "catalogue" / "migrations"):
        return  # catalogue/test_migration.py
    mirror = TESTS / module.relative_to(PACKAGE).parent / f"test_{module.name}"
    assert module.name in covered_by_others or mirror.exists()


def test_assets_are_short() -> None:
    functions = [
        node
        for node in ast.parse((PACKAGE / "defs" / "assets.py").read_text()).body
        if isinstance(node, ast.FunctionDef)
    ]
    lengths = {f.name: (f.end_lineno or 0) - f.lineno + 1 for f in functions}
    assert {name: lines for name, lines in lengths.items() if lines > 25} == {}


def test_the_build_backend_is_pinned_as_the_constraints_say() -> None:
    (backend,) = tomllib.loads((PROJECT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert backend in (PROJECT / "constraints.txt").read_text().splitlines()


def test_every_dependency_is_pinned_exactly() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    names = {re.split(r"[<>=]", name)[0].lower().replace("_", "-") for name in wanted}
    lines = (PROJECT / "constraints.txt").read_text().lower().splitlines()
    pinned = {line.split("==")[0].replace("_", "-") for line in lines if "==" in line}
    assert names - pinned == set()
