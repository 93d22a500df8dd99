"""Tests that keep the docs true: they name what exists, links work, and the English is plain."""

import ast
import importlib
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from tomllib import loads

import pytest

from unsplash_assets import errors
from unsplash_assets.cli.main import main
from unsplash_assets.model.photos import PhotoState
from unsplash_assets.model.states import CHANGES
from unsplash_assets.settings.variables import VARIABLES
from unsplash_assets_tests.support.each import for_each
from unsplash_assets_tests.support.paths import PACKAGE, PROJECT, TESTS

README = PROJECT / "README.md"
DOCS = PROJECT / "docs"
DECISIONS = DOCS / "decisions"
SETTINGS = DOCS / "reference" / "settings.md"
COMMANDS = DOCS / "reference" / "commands.md"
SECURITY = DOCS / "security.md"
EXAMPLE = PROJECT / ".env.example"
PAGES = sorted([*PROJECT.glob("*.md"), *DOCS.rglob("*.md")])
NAMES = [variable.name for variable in VARIABLES]

each_page = for_each(PAGES)

OLD_ENGLISH = [
    r"to be had\b",
    r"\b(?:says?|said) so\b",
    r"\bsay of\b",
    r"\btold\b",
    r"\b(?:comes?|came) to\b",
    r"\bas (?:[A-Z]\w+|the \w+|it) (?:has|have) it\b",
    r"\bis (?:said|told)\b",
    r"\bwould have to\b",
    r"\bit is so that\b",
    r"\bwhat comes while\b",
    r"'s to say\b",
    r"\b(?:where|whether) that can be\b",
    r", for (?:he|it|she|they|this|that|there|nobody|nothing|who|what) ",
    r"\bbesides\b",
    r"\bheeded?\b",
]
"""Phrases of the English that these pages were once written in; case does not matter."""


def prose(text: str) -> str:
    """Return a page without its code, which quotes programs and their messages."""
    without_blocks = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    without_indented = re.sub(r"^ {4}.*$", "", without_blocks, flags=re.MULTILINE)
    return re.sub(r"`[^`]*`", "`code`", without_indented)


def anchors(page: Path) -> set[str]:
    """Return what a link may name behind `#` in a page: its headings, as GitHub and mkdocs do."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    words = (re.sub(r"[^\w\s-]", "", heading.lower()).split() for heading in headings)
    return {re.sub(r"-+", "-", "-".join(some)) for some in words}


def links(page: Path) -> Iterator[tuple[str, str]]:
    """Yield the target of each local link in a page, and its anchor, if any."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield path, anchor


def test_the_reference_lists_each_setting_with_its_default_and_meaning_and_no_other() -> None:
    rows = re.findall(r"^\| `(UNSPLASH_\w+)` \| (.*?) \| (.*?) \|$", SETTINGS.read_text(), re.M)
    assert rows == [
        (variable.name, f"`{variable.default}`" if variable.default else "unset", variable.meaning)
        for variable in VARIABLES
    ]


def test_the_example_lists_each_setting_with_its_default_and_meaning_commented_out() -> None:
    head, *blocks = EXAMPLE.read_text().rstrip("\n").split("\n\n")
    assert all(line.startswith("# ") for line in head.splitlines())
    assert blocks == [
        f"# {variable.meaning}\n# {variable.name}={variable.default}" for variable in VARIABLES
    ]


@each_page
def test_a_page_names_no_variable_that_is_not_there(page: Path) -> None:
    others = {"UNSPLASH_API_KEY_2", "UNSPLASH_PROJECT", "UNSPLASH_ASSETS_COMPLETE"}  # click's own
    named = set(re.findall(r"UNSPLASH_[A-Z_]*[A-Z0-9]", page.read_text()))
    assert named - others <= set(NAMES)


@each_page
def test_a_page_links_only_to_what_is_there(page: Path) -> None:
    found = [(path, anchor, (page.parent / path) if path else page) for path, anchor in links(page)]
    assert [path for path, _, target in found if not target.exists()] == []
    assert [
        f"{path}#{anchor}"
        for path, anchor, target in found
        if anchor and target.suffix == ".md" and anchor not in anchors(target)
    ] == []


@each_page
def test_a_page_of_the_site_links_to_nothing_outside_it(page: Path) -> None:
    if page.is_relative_to(DOCS):
        targets = [(page.parent / path).resolve() for path, _ in links(page)]
        assert [target for target in targets if not target.is_relative_to(DOCS)] == []


@each_page
def test_a_page_names_only_files_that_are_there(page: Path) -> None:
    named = re.findall(
        r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|md|js|toml|txt|yml|yaml))`", page.read_text()
    )
    named += re.findall(r"\bunsplash_assets(?:_tests)?/[\w/]+\.(?:py|json)\b", page.read_text())
    modules = re.findall(r"python -m (unsplash_assets[\w.]+)", page.read_text())
    named += [f"{module.replace('.', '/')}.py" for module in modules]
    folders = (PROJECT, PACKAGE, TESTS, DOCS)
    assert [name for name in named if not any((folder / name).exists() for folder in folders)] == []


@pytest.mark.long
@each_page
def test_a_page_is_in_plain_english(page: Path) -> None:
    text = " ".join(prose(page.read_text()).split())
    found = [re.search(f".{{0,20}}{phrase}", text, re.IGNORECASE) for phrase in OLD_ENGLISH]
    assert [match[0] for match in found if match] == []


def test_the_example_of_settings_is_in_plain_english() -> None:
    text = " ".join(EXAMPLE.read_text().split())
    assert [phrase for phrase in OLD_ENGLISH if re.search(phrase, text, re.IGNORECASE)] == []


def test_the_readme_is_short() -> None:
    assert len(README.read_text().split()) <= 900


@pytest.mark.parametrize("page", [README, COMMANDS], ids=lambda page: page.name)
def test_the_readme_and_the_reference_name_every_command_and_no_other(page: Path) -> None:
    text = page.read_text()
    commands = set(main.commands)
    if page == COMMANDS:
        named = set(re.findall(r"^### (\w+)", text, re.MULTILINE))
    else:
        named = set(re.findall(r"^\| `unsplash-assets (\w+)", text, re.MULTILINE))
    assert named == commands
    assert set(re.findall(r"`unsplash-assets ([a-z]+)", text)) <= commands


def test_the_reference_names_every_option() -> None:
    sections = re.split(r"^### ", COMMANDS.read_text(), flags=re.MULTILINE)
    headings = {section.split()[0]: section.partition("\n")[0] for section in sections[1:]}
    for name, command in main.commands.items():
        options = {opt for p in command.params for opt in p.opts if opt.startswith("--")}
        assert set(re.findall(r"--[a-z-]+", headings[name])) == options


@each_page
def test_a_page_names_only_targets_that_make_has(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    code = re.findall(r"`make ([a-z]+)", page.read_text())
    code += re.findall(r"^ {4}make ([a-z]+)", page.read_text(), re.MULTILINE)
    if page.name != "CHANGELOG.md":  # it may name what is gone
        assert set(code) <= targets


def test_the_code_names_only_pages_that_are_there() -> None:
    files = [
        path
        for folder in (PACKAGE, TESTS)
        for path in folder.rglob("*.py")
        if path != Path(__file__)
    ]
    files += [PROJECT / name for name in ("dagster.yaml", "Makefile")]
    named = {
        (path.relative_to(PROJECT).as_posix(), name)
        for path in files
        for name in re.findall(r"\bdocs/[\w/-]+\.md", path.read_text())
    }
    assert sorted(pair for pair in named if not (PROJECT / pair[1]).exists()) == []


def _architecture(head: str) -> list[tuple[list[str], list[str]]]:
    """Return the names in code of the first two columns of a table of the architecture."""
    table = (DOCS / "architecture.md").read_text().partition(head)[2].partition("\n\n")[0]
    rows = [line.split(" | ") for line in table.splitlines() if "`" in line]
    return [(re.findall(r"`([\w.]+)`", row[0]), re.findall(r"`([\w.]+)`", row[1])) for row in rows]


def test_the_use_cases_are_where_the_architecture_has_them() -> None:
    rows = _architecture("| use case | module |")
    assert rows
    for names, (module,) in rows:
        found = vars(importlib.import_module(f"unsplash_assets.{module}"))
        assert [name for name in names if name not in found] == []


def test_the_changes_of_state_are_those_that_the_catalogue_allows() -> None:
    drawn = {pair for old, new in _architecture("| from | to |") for pair in product(old, new)}
    unchanged = {(state, state) for state in PhotoState}
    banned = {(old, new) for old, targets in CHANGES.items() for new in targets if new == "banned"}
    allowed = {(old, new) for old, targets in CHANGES.items() for new in targets}
    assert drawn == {(str(old), str(new)) for old, new in allowed - unchanged - banned}
    assert banned == {(state, PhotoState.BANNED) for state in PhotoState}


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    rows = re.findall(
        r"^ {4}(\w+): ((?:[A-Z]\w+ *(?:\n {5,})?)+)", errors.__doc__ or "", re.MULTILINE
    )
    drawn = {(child, parent) for parent, children in rows for child in children.split()}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    pairs = {(kind.__name__, base.__name__) for kind in kinds for base in kind.__bases__}
    assert drawn == pairs - {("UnsplashAssetsError", "Exception")}


def test_each_dependency_has_its_reason() -> None:
    page = (DECISIONS / "0001-dependencies.md").read_text()
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", page, re.MULTILINE)
    reasons = {name for names, reason in rows for name in names.split(", ") if reason.strip()}
    project = loads((PROJECT / "pyproject.toml").read_text())["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    names = {re.split(r"[<>=\[]", name)[0] for group in groups for name in group}
    assert names - reasons == set()


def test_the_decisions_are_numbered_dated_and_listed() -> None:
    pages = sorted(DECISIONS.glob("0*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    rows = []
    for page in pages:
        number = int(page.name[:4])
        head = re.match(r"# (\d+)\. (.+)\n\n(\d{4}-\d\d-\d\d)\n\n", page.read_text())
        assert head, page.name
        assert int(head[1]) == number
        rows.append(f"| {number} | [{head[2]}]({page.name}) | {head[3]} |")
    listed = [line for line in (DECISIONS / "index.md").read_text().splitlines() if "](0" in line]
    assert listed == rows


def test_the_tools_of_the_docs_are_pinned() -> None:
    """Without a pin, a new release of any of these changes the site unasked."""
    pins = (PROJECT / "requirements" / "dev.txt").read_text()
    tools = ("mkdocs-material", "mkdocs", "pymdown-extensions", "babel", "backrefs", "paginate")
    assert [tool for tool in tools if f"\n{tool}==" not in pins] == []


def _tests(module: Path) -> set[str]:
    """Return the names of a module's tests; none if there is no such module."""
    nodes = ast.parse(module.read_text()).body if module.is_file() else []
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def test_each_promise_of_security_names_tests_that_are_there() -> None:
    rows = re.findall(r"^\| (?!they|it |-)(.+?) \| (.+?) \|$", SECURITY.read_text(), re.MULTILINE)
    assert rows
    for promise, cell in rows:
        named = re.findall(r"`([\w/]+\.py)::(test_\w+)`", cell)
        assert named, promise
        assert len(named) == cell.count("::"), promise
        missing = [f"{path}::{name}" for path, name in named if name not in _tests(TESTS / path)]
        assert missing == [], promise
