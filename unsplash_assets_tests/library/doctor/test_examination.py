"""Tests of `library.doctor`: what is broken in a set-up is named, and nothing else."""

import json
import socket
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
import trustme

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.library.doctor import places
from unsplash_assets.library.doctor.examination import examine
from unsplash_assets.library.doctor.findings import Finding
from unsplash_assets.library.opening import open_library
from unsplash_assets.library.ticks import claim
from unsplash_assets.settings.settings import Settings
from unsplash_assets.storage.names import CATALOGUE_FILE, MARKER
from unsplash_assets_tests.conftest import MakeSettings, Noted, Serve
from unsplash_assets_tests.support.far_end import served_over_tls

pytestmark = pytest.mark.only_sqlite("it looks at SQLite's file")


@dataclass(frozen=True)
class World:
    """What a set-up is made of."""

    make_settings: MakeSettings
    serve: Serve
    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def asking(self, application: WSGIApplication) -> Settings:
        return self.make_settings(api_url=self.serve(application), **LIVE)

    def with_library(self, **values: str) -> Settings:
        """Make a library, which has had a tick, beside an API that works."""
        settings = self.make_settings(api_url=self.serve(Emulator()), **LIVE, **values)
        with open_library(settings) as library:
            claim(library, library.clock())
        return settings


LIVE = {"api_key": "k", "viewer": "off", "topics": "sea"}


@pytest.fixture
def world(
    make_settings: MakeSettings, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> World:
    return World(make_settings, serve, tmp_path, monkeypatch)


def findings(settings: Settings) -> dict[str, Finding]:
    found = list(examine(settings))
    assert all("\n" not in finding.text + finding.advice for finding in found)
    assert len({finding.name for finding in found}) == len(found)
    return {finding.name: finding for finding in found}


def troubles(settings: Settings) -> dict[str, str]:
    return {f.name: f.verdict for f in findings(settings).values() if f.verdict != "ok"}


def dated(seconds: float) -> WSGIApplication:
    """Return an API whose clock shows another time."""
    emulator = Emulator()

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], _: object = None) -> object:
            date = formatdate(seconds, usegmt=True)
            return start_response(status, [*headers, ("Date", date)])

        return emulator(environ, start)  # type: ignore[arg-type]

    return answer


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def damage(world: World) -> Settings:
    settings = world.with_library()
    (settings.library / CATALOGUE_FILE).write_bytes(b"no database at all" * 100)
    return settings


def of_another_catalogue(world: World) -> Settings:
    settings = world.with_library(catalogue=f"sqlite:///{world.folder / 'mine.db'}")
    (settings.library / MARKER).write_text(json.dumps({"live": "another"}))
    return settings


def of_a_newer_program(world: World) -> Settings:
    settings = world.with_library()
    with closing(sqlite3.connect(settings.library / CATALOGUE_FILE)) as catalogue:
        catalogue.execute("UPDATE catalogue_version SET version_num = '99'")
        catalogue.commit()
    return settings


def misspelt(world: World) -> Settings:
    world.monkeypatch.setenv("UNSPLASH_TOPIC", "sea")
    return world.with_library()


def without_room(world: World) -> Settings:
    world.monkeypatch.setattr(places, "free_bytes", lambda _: 1_000)
    return world.with_library()


def behind_a_dead_proxy(world: World) -> Settings:
    world.monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{free_port()}")
    return world.make_settings(**LIVE)


def spent(world: World) -> Settings:
    settings = world.with_library()
    with open_library(settings) as library, library.budget.reserve(50) as grant:
        for _ in range(grant.count):
            grant.settle(None)
    return settings


SET_UPS: dict[str, tuple[Callable[[World], Settings], dict[str, str]]] = {
    "a misspelt variable": (misspelt, {"settings": "warning"}),
    "a viewer that is not installed": (
        lambda world: world.make_settings(viewer="no-such-program {path}"), {"screen": "bad"},
    ),
    "a refused key": (
        lambda world: world.asking(with_fault(Emulator(), "api-401")), {"key": "bad"},
    ),
    "a clock that is far behind": (lambda world: world.asking(dated(4e9)), {"clock": "bad"}),
    "a spent quota": (
        lambda world: world.asking(with_fault(Emulator(), "api-quota")),
        {"key": "warning", "quota": "warning"},
    ),
    "a budget that is spent here": (
        spent, {"network": "warning", "key": "warning", "quota": "warning"},
    ),
    "no network": (
        lambda world: world.make_settings(api_url=f"http://127.0.0.1:{free_port()}", **LIVE),
        {"network": "bad", "key": "warning"},
    ),
    "a login page": (
        lambda world: world.asking(with_fault(Emulator(), "api-html")),
        {"network": "bad", "key": "warning"},
    ),
    "a dead proxy": (
        behind_a_dead_proxy, {"network": "bad", "key": "warning", "pictures": "bad"},
    ),
    "pictures that a filter takes": (
        lambda world: world.asking(with_fault(Emulator(), "picture-404")), {"pictures": "bad"},
    ),
    "a damaged catalogue": (damage, {"catalogue": "bad"}),
    "a catalogue of a newer program": (of_a_newer_program, {"catalogue": "bad"}),
    "another catalogue's folder": (of_another_catalogue, {"library": "bad"}),
    "a full disk": (without_room, {"room": "bad"}),
}  # fmt: skip


@pytest.mark.parametrize(("make", "named"), SET_UPS.values(), ids=SET_UPS)
def test_what_is_broken_is_named_and_nothing_else(
    world: World, make: Callable[[World], Settings], named: dict[str, str]
) -> None:
    assert troubles(make(world)) == named


def test_a_set_up_that_works_has_no_finding_but_ok(world: World) -> None:
    found = findings(world.with_library())
    assert {f.verdict for f in found.values()} == {"ok"}
    assert found["key"].text == "it was accepted (this cost 1 request of the hour)"
    assert "requests of this hour are left" in found["quota"].text
    assert "quick_check ok" in found["catalogue"].text
    assert "where case counts" in found["library"].text or "no difference" in found["library"].text


def test_one_request_is_sent_and_one_picture_asked_for(world: World) -> None:
    api = Noted(Emulator())
    settings = world.asking(api)
    findings(settings)
    assert len(api.asked) == 1
    assert not settings.library.exists(), "nothing is made"


def test_the_demo_needs_neither_key_nor_network(make_settings: MakeSettings) -> None:
    found = findings(make_settings(viewer="off"))
    assert {f.verdict for f in found.values()} == {"ok"}
    assert "set UNSPLASH_API_KEY" in found["key"].text


def test_a_certificate_that_is_not_trusted_is_named_with_its_variable(world: World) -> None:
    with served_over_tls(Emulator(), trustme.CA(), "127.0.0.1") as (host, port):
        settings = world.make_settings(api_url=f"https://{host}:{port}", **LIVE)
        found = findings(settings)
    assert found["network"].verdict == "bad"
    assert "certificate" in found["network"].text
    assert "REQUESTS_CA_BUNDLE" in found["network"].text


def test_a_library_without_a_tick_asks_for_the_schedule(world: World) -> None:
    settings = world.asking(Emulator())
    with open_library(settings):
        pass
    assert troubles(settings) == {"photos": "warning"}
