"""Tests of `cli.launch`: what `make run` checks first, and how all that it starts ends."""

import os
import signal
import socket
import subprocess
import sys
from typing import NoReturn

import pytest

from unsplash_assets.cli import launch
from unsplash_assets.cli.launch import check_port, main
from unsplash_assets.errors import SettingsError
from unsplash_assets_tests.support.processes import Processes, next_line, python
from unsplash_assets_tests.support.waiting import CEILING

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_free_port_is_accepted() -> None:
    free = free_port()
    assert check_port(str(free)) == free


def test_a_busy_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        busy = listener.getsockname()[1]
        with pytest.raises(SettingsError, match=rf"^PORT is {busy}, .* \(Address already in use\)"):
            check_port(str(busy))


@pytest.mark.parametrize("text", ["", "0", "65536", "http", "-1", "٣٠٠٠"])
def test_an_invalid_port_is_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="use a number from 1 to 65535"):
        check_port(text)


@pytest.mark.parametrize("host", ["photos.invalid", "192.0.2.1", "not a host"])
def test_a_host_that_is_not_this_machine_is_named(host: str) -> None:
    with pytest.raises(SettingsError, match=f"^HOST is '{host}': use an address or a name"):
        check_port(str(free_port()), host)


@pytest.mark.parametrize(("host", "is_warned"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_an_address_that_others_reach_comes_with_a_warning(
    capsys: pytest.CaptureFixture[str],
    host: str,
    is_warned: bool,  # noqa: FBT001
) -> None:
    port = str(free_port())
    assert launch._prepared(port, host)[4:8] == ["--host", host, "--port", port]  # noqa: SLF001
    errors = capsys.readouterr().err
    assert f"http://{host}:{port}" in errors
    assert ("may start and delete runs" in errors) is is_warned


@pytest.mark.process
def test_bad_settings_exit_with_2_and_one_line(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNSPLASH_KEEP", "some")
    done = processes.run([sys.executable, "-m", "unsplash_assets.cli.launch", "3000"])
    assert done.returncode == 2
    assert done.stderr == (
        "unsplash_assets: UNSPLASH_KEEP is 'some': use all, a number of photos, "
        "a size such as 2GB, or a span such as 30d\n"
    )


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("UNSPLASH_CATALOGUE", "postgresql+asyncpg://host/photos"),
        ("UNSPLASH_CATALOGUE", "sqlite:///missing/catalogue.db"),
        ("DAGSTER_HOME", "missing"),
    ],
)
def test_a_place_that_cannot_be_is_named_before_dagster_starts(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setenv("UNSPLASH_TOPIC", "sea")
    handlers = {number: signal.getsignal(number) for number in launch.SIGNALS}
    with pytest.raises(SystemExit) as caught:
        main([str(free_port())])
    for number, handler in handlers.items():
        signal.signal(number, handler)
    assert caught.value.code == 2
    *_, line = capsys.readouterr().err.splitlines()
    assert line.startswith(f"unsplash_assets: {variable} is ")


class Started(Exception):
    """The command would run here."""


def test_the_process_of_dagster_dev_creates_the_record_first_and_no_other_is_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def start(command: list[str], *_: object) -> NoReturn:
        raise Started(*command)

    monkeypatch.setattr(launch, "ProcessGroup", start)
    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(Started) as caught:
        main([port := str(free_port())])
    wanted = ("-m", "unsplash_assets.cli.record", "dev", "--host", launch.HOST, "--port", port)
    assert caught.value.args[1:8] == wanted


LAUNCHES = """
import sys
from unsplash_assets.cli import launch
launch.PATIENCE = 1.0
launch._prepared = lambda *_: sys.argv[1:]
launch.main([""])
"""
"""Runs a command in the place of `dagster dev`."""


LEAVES_MUCH = """
import signal, subprocess, sys, time
deaf = "import signal, sys, time; signal.signal(signal.SIGINT, signal.SIG_IGN);"
writes = "print('ready', flush=True); time.sleep(600)"
subprocess.Popen([sys.executable, "-c", deaf + writes])
sys.exit(5) if sys.argv[1:] else print("ready", flush=True)
try:
    time.sleep(600)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
"""A program that ends when it is interrupted, and leaves one that does not."""


@pytest.mark.process
@posix_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_processes_also_of_a_script_in_the_background(
    processes: Processes, number: signal.Signals
) -> None:
    """A shell starts a command with `&` so that it ignores SIGINT, unless it is interactive."""
    script = ["sh", "-c", '"$@" & echo $!; wait', "sh"]
    command = [*script, *python(LAUNCHES, *python(LEAVES_MUCH))]
    running = processes.start(command, stdout=subprocess.PIPE)
    assert running.stdout
    lines = [next_line(running).strip() for _ in range(3)]
    launched = next(int(line) for line in lines if line.isdigit())
    os.kill(launched, number)
    assert running.stdout.read() == "interrupted\n"  # it ends when nobody is left to write
    assert running.wait(CEILING) == 0


@pytest.mark.process
def test_colours_are_for_a_terminal_alone(processes: Processes) -> None:
    writes = r"print('\x1b[32mgreen\x1b[0m and plain')"
    done = processes.run(python(LAUNCHES, *python(writes)))
    assert (done.returncode, done.stdout) == (0, "green and plain\n")


@pytest.mark.process
@posix_only
def test_what_a_program_leaves_when_it_ends_by_itself_is_ended_too(processes: Processes) -> None:
    done = processes.run(python(LAUNCHES, *python(LEAVES_MUCH, "ends")))
    assert done.returncode == 5


@pytest.mark.process
@posix_only
def test_under_nohup_it_runs_on_when_its_terminal_is_closed(processes: Processes) -> None:
    """The command tells what it was started with; 1 is SIGHUP, and the last bit of a mask."""
    shows = "import signal; print(*map(signal.getsignal, (signal.SIGHUP, signal.SIGINT)))"
    nohup = ["sh", "-c", "trap '' HUP INT; exec \"$@\"", "sh"]
    done = processes.run([*nohup, *python(LAUNCHES, *python(shows))])
    hangup, interrupt = done.stdout.split(maxsplit=1)
    assert hangup in {"1", "Handlers.SIG_IGN"}
    assert interrupt.startswith("<built-in function default_int_handler>")
