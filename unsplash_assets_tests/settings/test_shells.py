"""Tests of `settings.shells`: no field of a viewer's command is read as commands."""

import sys
import time
from pathlib import Path

import pytest

from unsplash_assets.model.credit import credit_line
from unsplash_assets.settings import values
from unsplash_assets.viewer.programs import Viewer
from unsplash_assets_tests.support.waiting import eventually
from unsplash_assets_tests.viewer.test_programs import posix_only

NAME = "'; touch hacked; '"
FIELDS = {"credit": credit_line(NAME), "topic": "sea", "url": "https://unsplash.com/photos/x"}


def allows(command: str) -> bool:
    try:
        return values.viewer(command) == command
    except ValueError:
        return False


@pytest.mark.process
@posix_only
@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize(
    "command",
    [
        pytest.param("""sh -c "touch seen; echo '{credit}' {path}" """, id="in a shell's text"),
        pytest.param("""sh -c 'touch seen; echo "$1"' sh {credit} {path}""", id="as an argument"),
        pytest.param(
            """env "WHO={credit}" sh -c 'touch seen; echo "$WHO"' sh {path}""", id="as a variable"
        ),
    ],
)
def test_a_photographers_name_runs_nothing(tmp_path: Path, command: str) -> None:
    if allows(command.strip()):
        Viewer(command, has_screen=False).open(tmp_path / "a.jpg", FIELDS)
        assert eventually((tmp_path / "seen").exists)
        time.sleep(0.2)
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize("shell", ["sh", "bash", "dash", "zsh", "ksh", "/bin/sh", "BASH.EXE"])
@pytest.mark.parametrize(
    "arguments",
    [
        "-c 'feh {path}'",
        "-c {path}",
        "-lc 'feh {path}'",
        "-ec 'feh {path}'",
        "-e -c 'feh {path}'",
        "-c -e 'feh {path}'",
        "-c -- 'feh {path}'",
        "-o errexit -c 'feh {path}'",
        "-c -o errexit 'feh {path}'",
        '-c \'feh "$1" --title "{credit}"\' sh {path}',
    ],
)
def test_a_field_in_a_shells_text_is_refused_with_the_remedy(shell: str, arguments: str) -> None:
    with pytest.raises(ValueError, match="pass it as an argument") as caught:
        values.viewer(f"{shell} {arguments}")
    remedy = str(caught.value).rpartition("such as ")[2]
    assert remedy == """sh -c 'feh "$1"' sh {path}"""
    assert allows(remedy)


@pytest.mark.parametrize(
    "command",
    [
        "env sh -c 'feh {path}'",
        "env DISPLAY=:1 nice -n 5 sh -c 'feh {path}'",
        "nohup setsid timeout 60 bash -c 'feh {path}'",
        "xvfb-run -a /usr/bin/bash -c 'feh {path}'",
        "busybox sh -c 'feh {path}'",
        "sudo -u me sh -c 'feh {path}'",
        "sh -c 'exec \"$@\"' sh sh -c 'feh {path}'",
        "env -S 'feh {path}'",
        "env --split-string='feh {path}'",
        "bash --rcfile my.rc -c 'feh {path}'",
        "bash -c -- '-x {path}'",
        "fish -c 'feh {path}'",
        "fish --command='feh {path}'",
        "fish --command 'feh {path}'",
        "nu --commands 'feh {path}'",
        "su me -c 'feh {path}'",
        "script -q -c 'feh {path}' log",
        "xterm -e 'feh {path}'",
        "python3 -c 'print(\"{credit}\")' {path}",
        "python3.11 -W ignore -c 'print(\"{credit}\")' {path}",
        "perl -wne 'print \"{credit}\"' {path}",
        "ruby -e'puts \"{credit}\"' {path}",
        "node --eval 'console.log(\"{credit}\")' {path}",
        "php -r 'echo \"{credit}\";' {path}",
        "osascript -e 'display alert \"{credit}\"' {path}",
        "flock lock -c '{path}'",
        "deno eval '{credit}' {path}",
        "vim {path} -c 'echo \"{credit}\"'",
        "emacs {path} --eval '{credit}'",
        "julia -e '{credit}' {path}",
    ],
)
def test_a_field_in_text_that_a_program_runs_is_refused(command: str) -> None:
    with pytest.raises(ValueError, match="pass it as an argument"):
        values.viewer(command)


@pytest.mark.parametrize(
    "command",
    [
        "cmd /c start {credit} {path}",
        "cmd.exe /d /s /c 'start {path}'",
        r"'C:\Windows\System32\cmd.exe' /c echo {credit} {path}",
        "show.bat {path} {credit}",
        "show.CMD {path} {topic}",
        "powershell -Command Start-Process {path} {credit}",
        "powershell.exe -NoProfile -c 'Start-Process {path}'",
        "pwsh -Comm 'Start-Process {path}'",
        "powershell Start-Process -f {path} {credit}",
        "powershell -NoProfile Start-Process -f {path} {credit}",
        "powershell -Command Start-Process -f {path} {credit}",
        "ssh tv feh --title {credit} {path}",
        "ssh tv 'feh {path}'",
        "watch -n 60 feh {path} {credit}",
        "tmux new-window 'feh {path}'",
        "i3-msg exec feh {path} {credit}",
        "gawk '{credit}' {path}",
    ],
)
def test_a_program_that_runs_all_of_its_arguments_gets_a_path_alone(command: str) -> None:
    with pytest.raises(ValueError, match=r"only \{path\} may stand there"):
        values.viewer(command)


@pytest.mark.parametrize(
    "command",
    [
        "feh --title '{credit}' {path}",
        "feh --title sh {path}",
        "feh {path} -c 'by {credit}'",
        "sh show.sh {path} {credit}",
        "sh show.sh -c 'by {credit}' {path}",
        "sh -e -- show.sh {path}",
        "sh -c 'feh \"$1\" --title \"$2\"' sh {path} 'by {credit}'",
        'bash -c \'awk "{{print}}" "$1"\' sh {path}',
        "env 'WHO={credit}' sh -c 'feh --title \"$WHO\" \"$1\"' sh {path}",
        "nice -n 5 feh {path}",
        "fish -c 'feh $argv' {path}",
        "xterm -e feh {path}",
        "python3 show.py -c '{credit}' {path}",
        "python3 -c 'import sys; print(sys.argv)' {credit} {path}",
        "powershell -NoProfile -File show.ps1 {path} {credit}",
        "powershell -ExecutionPolicy Bypass -WindowStyle Hidden -f show.ps1 {path} {credit}",
        "pwsh -File show.ps1 -Title {credit} {path}",
        "cmd /c start viewer {path}",
        "show.bat {path}",
        "ssh tv feh {path}",
    ],
)
def test_a_field_that_no_program_runs_is_allowed(command: str) -> None:
    if sys.platform == "win32" and "'" in command:
        pytest.skip("quotes are part of a word there")
    assert allows(command)
