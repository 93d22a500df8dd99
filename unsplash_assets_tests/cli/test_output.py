"""Tests of `cli.output`: every command writes whatever it is given to write to."""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pytest

from unsplash_assets.cli.main import main
from unsplash_assets.library.opening import open_library
from unsplash_assets.library.status import look
from unsplash_assets.settings import environment
from unsplash_assets_tests.cli.test_main import store_photos

FULL = Path("/dev/full")
TOPIC = "図書館"
ID = "abcdefghijk"
DATA = [["status"], ["status", "--json"], ["verify"], ["export"], ["export", "--format", "csv"]]
WORDS = [["ban", ID], ["ban", "--undo", ID], ["favourite", ID]]
HELP = [["--help"], ["fetch", "--help"], ["emulator", "--help"]]

needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs a disk that is always full")


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library with a photo and a file of another, in a folder with a Japanese name."""
    folder = tmp_path / "写真"
    monkeypatch.setenv("UNSPLASH_LIBRARY", str(folder))
    monkeypatch.setenv("UNSPLASH_TOPICS", TOPIC)
    store_photos(folder, "山田")
    (folder / "図.txt").touch()
    return folder


@dataclass
class Outputs:
    """Standard output and standard error of a command that runs in this process."""

    monkeypatch: pytest.MonkeyPatch
    folder: Path
    stack: ExitStack

    def give(self, name: str, stream: TextIO | None) -> None:
        """Let a stream be the command's `stdout` or `stderr`."""
        self.monkeypatch.setattr(sys, name, stream)

    def file(self, name: str, encoding: str = "utf-8") -> Path:
        """Let a file be standard output or standard error; return it."""
        path = self.folder / name
        errors = "strict" if name == "stdout" else "backslashreplace"
        self.give(name, self.stack.enter_context(path.open("w", encoding=encoding, errors=errors)))
        return path

    def device(self, name: str) -> None:
        """Let a disk that is full be standard output or standard error."""
        self.give(name, self.stack.enter_context(FULL.open("w")))

    def pipe(self, name: str) -> None:
        """Let a pipe be it whose reader is gone."""
        read, write = os.pipe()
        os.close(read)
        self.give(name, self.stack.enter_context(os.fdopen(write, "w")))


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Outputs]:
    with ExitStack() as stack:
        yield Outputs(monkeypatch, tmp_path, stack)


def run(*words: str) -> int:
    """Run a command as a program does; return its exit code."""
    with pytest.raises(SystemExit) as caught:
        main(list(words))
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    return int(caught.value.code or 0)


def each(commands: list[list[str]]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("words", commands, ids=" ".join)


@pytest.mark.long
@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@each(DATA)
def test_a_narrow_encoding_is_no_obstacle(
    outputs: Outputs, words: list[str], encoding: str
) -> None:
    out, err = outputs.file("stdout", encoding), outputs.file("stderr", encoding)
    assert run(*words) in {0, 1}  # the photo of the catalogue has no file
    assert "Traceback" not in err.read_text(encoding)
    if words == ["status"]:
        assert r"\u56f3\u66f8\u9928" in out.read_text(encoding)
    else:
        assert {"図書館", "図.txt", "山田"} & set(_words(out.read_text("utf-8")))


def _words(text: str) -> list[str]:
    return text.replace('"', " ").replace(",", " ").split()


def test_the_name_of_a_file_that_is_no_utf_8_is_written_as_it_is(
    outputs: Outputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_LIBRARY", os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    out, _ = outputs.file("stdout"), outputs.file("stderr")
    run("open")
    assert out.read_bytes() == os.fsencode(tmp_path) + b"/caf\xe9/index.html\n"


@needs_full
@each([*DATA, *HELP, ["open"]])
def test_a_disk_that_is_full_is_one_line(outputs: Outputs, words: list[str]) -> None:
    outputs.device("stdout")
    err = outputs.file("stderr")
    assert run(*words) == 1
    assert err.read_text() == (
        "unsplash-assets: standard output cannot be written (No space left on device): "
        "redirect it elsewhere\n"
    )


@each(DATA)
def test_an_output_that_is_closed_is_one_line(outputs: Outputs, words: list[str]) -> None:
    outputs.give("stdout", None)
    err = outputs.file("stderr")
    assert run(*words) == 1
    (line,) = err.read_text().splitlines()
    assert line.startswith("unsplash-assets: standard output is closed: ")


@each(DATA[:2] + DATA[3:])
def test_a_reader_that_has_had_enough_is_no_error(outputs: Outputs, words: list[str]) -> None:
    outputs.pipe("stdout")
    err = outputs.file("stderr")
    assert (run(*words), err.read_text()) == (0, "")


@needs_full
@each([*DATA[:2], *DATA[3:], *WORDS[:2]])
@pytest.mark.parametrize("kind", ["full", "closed", "reader gone"])
def test_words_that_nobody_can_read_stop_no_work(
    outputs: Outputs, words: list[str], kind: str
) -> None:
    outputs.file("stdout")
    if kind == "full":
        outputs.device("stderr")
    elif kind == "closed":
        outputs.give("stderr", None)
    else:
        outputs.pipe("stderr")
    run("ban", ID)
    assert run(*words) == 0


@needs_full
@pytest.mark.parametrize("words", [["favourite", "zzzzzzzzzzz"], ["fetch", "cats"], ["no-command"]])
def test_an_error_that_cannot_be_written_still_has_its_exit_code(
    outputs: Outputs, words: list[str]
) -> None:
    outputs.file("stdout")
    outputs.device("stderr")
    assert run(*words) in {1, 2}


@pytest.mark.long
@needs_full
@pytest.mark.parametrize("kind", ["full", "cp1252"])
def test_what_fetch_has_stored_stays_stored_whatever_becomes_of_its_output(
    outputs: Outputs, kind: str
) -> None:
    err = outputs.file("stderr")
    out = outputs.file("stdout", "cp1252")
    if kind == "full":
        outputs.device("stdout")
    code = run("fetch", TOPIC)
    *_, line = err.read_text("utf-8").splitlines()
    if kind == "full":
        assert code == 1
        assert line.startswith("unsplash-assets: standard output cannot be written (No space ")
    else:
        assert (code, line) == (0, f"{TOPIC}: 1 of 1 stored")
        assert Path(out.read_text("utf-8").strip()).is_file()
    with open_library(environment.load()) as opened:
        (topic,) = [topic for topic in look(opened).topics if topic.topic == TOPIC]
    assert topic.stored == 1
