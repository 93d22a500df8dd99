"""Tests that keep the docs true: they name what is there, and nothing that is not."""

import re
from pathlib import Path

import pytest

from unsplash_assets import errors
from unsplash_assets.cli.main import main
from unsplash_assets.settings.settings import VARIABLES
from unsplash_assets_tests.support.paths import PACKAGE, PROJECT

README = PROJECT / "README.md"
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/*.md")])
NAMES = [variable.name for variable in VARIABLES]


def test_the_readme_lists_each_setting_with_its_default_and_no_other() -> None:
    rows = re.findall(r"^\| `?(UNSPLASH_[A-Z_]+)`? \| (.*?) \|", README.read_text(), re.MULTILINE)
    assert [name for name, _ in rows] == NAMES
    for variable in VARIABLES:
        shown = dict(rows)[variable.name]
        assert shown.strip("`").startswith(variable.default or "none")


def test_the_example_lists_each_setting_with_its_default_commented_out() -> None:
    lines = (PROJECT / ".env.example").read_text().splitlines()
    assert all(line.startswith("#") for line in lines if line)
    settings = [line[2:].partition("=") for line in lines if line.startswith("# UNSPLASH_")]
    found = [(name, value) for name, _, value in settings]
    assert found == [(variable.name, variable.default) for variable in VARIABLES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_no_variable_that_is_not_there(page: Path) -> None:
    assert set(re.findall(r"UNSPLASH_[A-Z_]+[A-Z]", page.read_text())) <= set(NAMES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_links_only_to_what_is_there(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text())
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_files_that_are_there(page: Path) -> None:
    named = re.findall(r"`((?:[a-z_]+/)*[a-z_]+\.(?:py|md))`", page.read_text())
    folders = (PROJECT, PACKAGE, PROJECT / "unsplash_assets_tests", PROJECT / "docs")
    assert [name for name in named if not any((folder / name).exists() for folder in folders)] == []


def test_the_readme_names_every_command() -> None:
    text = README.read_text()
    assert [name for name in main.commands if f"unsplash-assets {name}" not in text] == []


def test_the_readme_names_no_command_that_is_not_there() -> None:
    named = set(re.findall(r"unsplash-assets ([a-z]+)", README.read_text()))
    assert named <= set(main.commands)


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"^[ │├└─]*([A-Z][A-Za-z]+)  ", errors.__doc__ or "", re.MULTILINE)
    classes = [name for name, kind in vars(errors).items() if isinstance(kind, type)]
    assert sorted(drawn) == sorted(classes)


def test_each_dependency_has_its_reason() -> None:
    from tomllib import loads  # noqa: PLC0415

    reasons = (PROJECT / "docs" / "decisions.md").read_text().split("## Dagster")[0]
    project = loads((PROJECT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[<>=]", name)[0] for name in project["dependencies"]]
    assert [name for name in names if name not in reasons] == []
