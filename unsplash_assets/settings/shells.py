"""Finds the fields of a command that some program would run as commands of its own.

A field may hold what a stranger has written, such as a photographer's name. It is safe as an
argument or a variable, but not in text that a shell or another interpreter runs. `values` refuses
such a command. Add a program to the tables if it runs text that it gets as an argument.
"""

import re
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

_PATH: Final = "{path}"


@dataclass(frozen=True)
class _Options:
    """The options of an interpreter that matter here."""

    code: str = ""
    """Letters of those whose value is code."""
    valued: str = ""
    """Letters of others that have a value."""
    words: frozenset[str] = frozenset()
    """Whole words whose value is code."""
    follow_arguments: bool = False
    """Whether options may follow other arguments."""


def _texts(options: _Options, arguments: Iterator[str]) -> Iterator[str]:
    """Yield the values of an interpreter's options that it runs."""
    for argument in arguments:
        word, is_attached, value = argument.partition("=")
        if word in options.words:
            yield value if is_attached else next(arguments, "")
        elif re.match(r"-[^-]", argument):
            yield from _values(options, argument[1:], arguments)
        elif not (argument.startswith("--") or options.follow_arguments):
            return


def _values(options: _Options, letters: str, arguments: Iterator[str]) -> Iterator[str]:
    """Yield the code among single-letter options; the value is what follows its letter."""
    for at, letter in enumerate(letters, start=1):
        if letter in options.code + options.valued:
            value = letters[at:] or next(arguments, "")
            if letter in options.code:
                yield value
            return


def _shell_texts(arguments: Iterator[str]) -> Iterator[str]:
    """Yield what a POSIX shell with -c runs: the first argument after all options."""
    has_code = False
    for argument in arguments:
        if argument in {"--", "-"}:
            text = next(arguments, "")
        elif argument.startswith("--"):
            if argument in {"--rcfile", "--init-file"}:
                next(arguments, "")
            continue
        elif argument[:1] in {"-", "+"}:
            has_code = has_code or "c" in argument
            for _ in re.findall("[oO]", argument):
                next(arguments, "")
            continue
        else:
            text = argument
        if has_code:
            yield text
        return


_Texts = Callable[[Iterator[str]], Iterator[str]]

_INTERPRETERS: Final[dict[str, _Texts]] = {
    r"(r?ba|da|a|z|k|mk|pdk|c|tc)?sh": _shell_texts,
    r"fish": partial(_texts, _Options("cC", "dfoD", frozenset({"--command", "--init-command"}))),
    r"nu|xonsh|elvish": partial(_texts, _Options("c", "", frozenset({"--commands"}))),
    r"env": partial(_texts, _Options("S", "uC", frozenset({"--split-string"}))),
    r"su|runuser|script|flock": partial(
        _texts, _Options("c", "", frozenset({"--command"}), follow_arguments=True)
    ),
    r".*term(inal)?|u?rxvt|konsole|st": partial(
        _texts, _Options(words=frozenset({"-e", "-x", "--command"}), follow_arguments=True)
    ),
    r"(python|pypy)w?[0-9.]*": partial(_texts, _Options("c", "WX")),
    r"(perl|ruby)[0-9.]*": partial(_texts, _Options("eE", "Ir")),
    r"lua[0-9.]*|osascript": partial(_texts, _Options("e", "l")),
    r"node|deno|bun": partial(
        _texts, _Options("ep", "r", frozenset({"--eval", "--print", "-pe", "eval"}))
    ),
    r"php[0-9.]*": partial(_texts, _Options("rBRE", "d", frozenset({"--run"}))),
    r"rscript|julia|guile|expect": partial(_texts, _Options("ec", "", frozenset({"--eval"}))),
    r"[gn]?vim?|ex|emacs(client)?": partial(
        _texts, _Options("c", words=frozenset({"--cmd", "--eval", "-eval"}), follow_arguments=True)
    ),
}
"""Programs that run text from their arguments, by their names in lower case."""

_RUNS_ALL: Final = re.compile(
    r"cmd|powershell|pwsh|ssh|watch|tmux|screen|parallel|wsl|i3-msg|swaymsg|hyprctl|[gmn]?awk"
    r"|.*\.(bat|cmd)"
)
"""Programs that run their arguments as text, or join them to one."""


def check_fields(words: Sequence[str]) -> None:
    """Raise ValueError, with the remedy, if a program would run a field of this command.

    Any word may be a program, started by one before it such as env or nice.
    """
    for at, word in enumerate(words):
        name, arguments = _name(word), words[at + 1 :]
        if _RUNS_ALL.fullmatch(name) and not _is_script(name, arguments):
            _check_all(arguments)
        for names, texts in _INTERPRETERS.items():
            if re.fullmatch(names, name) and any(map(_has_field, texts(iter(arguments)))):
                raise ValueError(
                    "a program would run what a field holds, such as a photographer's name: "
                    "pass it as an argument, such as sh -c 'feh \"$1\"' sh {path}"
                )


def _check_all(arguments: Sequence[str]) -> None:
    if any(_has_field(argument) for argument in arguments if argument != _PATH):
        raise ValueError(
            "a program would run all of its arguments as commands: only {path} may stand there, "
            "as a word of its own"
        )


def _is_script(name: str, arguments: Sequence[str]) -> bool:
    """Return whether PowerShell gets a script (-File), whose arguments it takes as they are."""
    if name not in {"powershell", "pwsh"}:
        return False
    may_be_value = False
    for argument in arguments:
        if re.fullmatch(r"[-/]f(i|il|ile)?", argument, re.IGNORECASE):
            return True
        is_command = re.match(r"[-/]c", argument, re.IGNORECASE)
        if is_command or not (argument[:1] in {"-", "/"} or may_be_value):
            return False
        may_be_value = bool(re.match(r"[-/](ep|ex|in|ou|ps|v|w)", argument, re.IGNORECASE))
    return False


def _name(word: str) -> str:
    """Return the name of a program, without its folder."""
    return re.split(r"[/\\]", word.strip("\"'"))[-1].lower().removesuffix(".exe")


def _has_field(text: str) -> bool:
    return any(name is not None for _, name, _, _ in string.Formatter().parse(text))
