"""Tests of completion: what each shell offers for what a person has typed."""

import sys
from pathlib import Path
from shutil import copy, which

import pytest
from click.shell_completion import get_completion_class

from unsplash_assets.cli.main import main
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.processes import Processes


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy(PROJECT / "dagster.yaml", tmp_path)
    monkeypatch.setenv("UNSPLASH_TOPICS", "nature,street art,it's R&B")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def offered(shell: str, *words: str) -> list[str]:
    """Return what click's script for a shell is given for a line that ends with these words."""
    kind = get_completion_class(shell)
    assert kind
    completion = kind(main, {}, "unsplash-assets", "_UNSPLASH_ASSETS_COMPLETE")
    *before, begun = words
    found = completion.get_completions(before, begun)
    return [completion.format_completion(item) for item in found]


def test_a_command_is_completed() -> None:
    assert offered("fish", "fav") == [
        "plain,favourite\tKeep a stored photo whatever UNSPLASH_KEEP..."
    ]


def test_a_topic_is_completed_in_any_case() -> None:
    assert offered("fish", "fetch", "STR") == ["plain,street art"]
    assert [line.splitlines()[1] for line in offered("zsh", "fetch", "n")] == ["nature"]


def test_a_topic_is_one_word_for_bash() -> None:
    assert offered("bash", "fetch", "") == [
        "plain,nature",
        r"plain,street\\ art",
        r"plain,it\\'s\\ R\\&B",
    ]


def test_the_topics_are_those_of_the_project_that_is_named(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    copy(PROJECT / "dagster.yaml", other)
    (other / ".env").write_text("UNSPLASH_TOPICS=cats\n")
    assert offered("fish", "--project", str(other), "fetch", "") == ["plain,cats"]


def test_settings_that_cannot_be_read_offer_no_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSPLASH_KEEP", "x")
    assert offered("fish", "fetch", "") == []


def test_a_fault_of_the_emulator_is_completed() -> None:
    assert offered("fish", "emulator", "--faults", "api-4") == [
        "plain,api-401",
        "plain,api-403",
        "plain,api-404",
    ]


@pytest.mark.process
@pytest.mark.skipif(not which("bash"), reason="needs bash")
def test_bash_itself_completes_a_topic_of_two_words(processes: Processes) -> None:
    programs = Path(sys.executable).parent
    script = f"""
        PATH={programs}:$PATH
        eval "$(_UNSPLASH_ASSETS_COMPLETE=bash_source unsplash-assets)"
        COMP_WORDS=(unsplash-assets fetch s) COMP_CWORD=2
        _unsplash_assets_completion unsplash-assets
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = processes.run(["bash", "-c", script])
    assert done.stdout == "street\\ art\n", done.stderr
