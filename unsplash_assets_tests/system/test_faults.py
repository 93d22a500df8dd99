"""Tests of what no server can do to a library: every kind of fault, two of each result in Dagster.

A run asks for three photos with one retry. Whatever is spoiled, only whole pictures that were
proven get a name, nothing temporary is left, one photo's trouble costs no other, and the run
says in one line what was the matter. The kinds are in `picture_faults` and `api_faults`.
"""

import gc
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from unsplash_assets.transport.base import Timeouts
from unsplash_assets_tests.conftest import MakeSettings, RawServe
from unsplash_assets_tests.support import faults
from unsplash_assets_tests.support.api_faults import API_FAULTS, ApiFault, Verdict
from unsplash_assets_tests.support.fault_server import Exchange, SpoiledUnsplash
from unsplash_assets_tests.support.invariant import Seen, look
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.picture_faults import (
    MAX_SIZE,
    PICTURE_FAULTS,
    SHORT,
    TOO_LONG,
    TWO_LENGTHS,
    Fate,
    PictureFault,
)
from unsplash_assets_tests.support.runs import Project, failure, metadata, tries
from unsplash_assets_tests.support.use_cases import Ended, run_use_cases

pytestmark = pytest.mark.long

RETRIES = 1
LONG = 30.0  # seconds

EVENT_KINDS = (
    "cut short, its length announced",
    "a page of HTML with status 200",
    "silence",
    "reset at once",
    "status 500, JSON",
    "status 404, for the path",
)
EVENT_FAULTS = [fault for fault in API_FAULTS if fault.name in EVENT_KINDS]


def sample() -> Iterator[PictureFault | ApiFault]:
    """Choose two faults of each result; what Dagster adds does not depend on the kind."""
    every: list[PictureFault | ApiFault] = [*PICTURE_FAULTS, *API_FAULTS]
    for fate in (*Fate, *Verdict):
        alike = [fault for fault in every if fault.fate is fate]
        yield from (alike[0], alike[-1])


SAMPLE = tuple(sample())


class Spoiled:
    """A project whose Unsplash is spoiled."""

    def __init__(self, make_settings: MakeSettings, url: str) -> None:
        self.host = url.removeprefix("http://")
        self.project = Project(
            make_settings(
                api_key="k",
                api_url=url,
                topics="nature",
                rendition="small",
                retry_delay="0",
                max_size=f"{MAX_SIZE // 1000}KB",
            )
        )

    def run(self, fault: PictureFault | ApiFault | None = None) -> Any:
        """Run with as much patience as the fault needs, in which a busy machine is no fault."""
        patience = SHORT if fault and fault.says == TOO_LONG else LONG
        unsplash = {"retries": RETRIES, "total_timeout": patience}
        return self.project.run("nature", unsplash=unsplash, photos_per_run=3, timeout=patience)

    def ended(self, fault: PictureFault | ApiFault) -> Ended:
        """Run through Dagster if the fault is one of the sample, else the use cases alone."""
        if fault in SAMPLE:
            result = self.run(fault)
            shown = {
                name: metadata(result, name)
                for name in ("photo_metadata", "image_file")
                if result.asset_materializations_for_node(name)
            }
            tried = Counter(
                {name: tries(result, name) for name in ("photo_metadata", "image_file")}
            )
            return Ended(tried, None if result.success else failure(result), shown)
        patience = SHORT if fault.says == TOO_LONG else LONG
        settings = replace(self.project.settings, photos_per_run=3, timeout=patience)
        return run_use_cases(settings, "nature", RETRIES, Timeouts(total=patience))

    def look(self) -> Seen:
        return look(self.project.settings.library)

    def last_words(self) -> str | None:
        """Return what `status` says of the last run."""
        last = self.project.status().last_run
        assert last
        return last.error


Spoil = Callable[[str], Spoiled]


@pytest.fixture
def at(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> Spoil:
    """Make a project whose API is at a URL."""
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    return lambda url: Spoiled(make_settings, url)


def is_line(words: str) -> bool:
    return words.isprintable() and "Traceback" not in words and len(words) < 400


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")
@pytest.mark.parametrize("fault", PICTURE_FAULTS, ids=lambda fault: fault.name)
def test_a_bad_picture_costs_its_own_photo_at_the_most(
    fault: PictureFault, at: Spoil, raw_serve: RawServe
) -> None:
    server = SpoiledUnsplash(picture=fault.answer)
    spoiled = at(raw_serve(server))
    result = spoiled.ended(fault)
    assert result.success
    seen = spoiled.look()
    assert seen.is_clean
    assert len(seen.stored) == len(seen.files) == fault.fate.value[1]
    (row,) = [row for row in seen.rows if row.id == server.bad_photo["id"]]
    is_left = fault.fate in {Fate.AGAIN, Fate.LATER}
    states = {Fate.STORED: "stored", Fate.REFUSED: "refused"}
    assert row.state == states.get(fault.fate, "waiting")
    assert row.postponed == is_left
    assert fault.says.replace("HOST", spoiled.host) in (row.reason or "")
    assert is_line(row.reason or "")
    shown = result.shown["image_file"]
    assert shown.get("not stored", {}) == ({row.id: row.reason} if row.reason else {})
    assert result.tries["image_file"] == (1 + RETRIES if fault.fate is Fate.AGAIN else 1)
    if fault.fate is Fate.REFUSED:
        asked = server.asked.count(server.bad_path)
        assert spoiled.ended(fault).success
        assert server.asked.count(server.bad_path) == asked == 1
    if fault.name == TWO_LENGTHS:
        gc.collect()  # urllib3 leaves it the socket of an answer whose length cannot be read


def test_the_same_bad_picture_is_downloaded_no_more_than_twice_in_a_run(
    at: Spoil, raw_serve: RawServe
) -> None:
    """A retry is for what another try may mend."""
    server = SpoiledUnsplash(picture=lambda exchange: exchange.reply(exchange.body[:2_000]))
    spoiled = at(raw_serve(server))
    result = spoiled.project.run("nature", unsplash={"retries": 10}, photos_per_run=3)
    assert tries(result, "image_file") == 2
    assert server.asked.count(server.bad_path) == 2
    (row,) = [row for row in spoiled.look().rows if row.id == server.bad_photo["id"]]
    assert (row.state, row.postponed) == ("waiting", 1)


@pytest.mark.parametrize("fault", API_FAULTS, ids=lambda fault: fault.name)
def test_a_bad_answer_of_the_api_is_read_refused_or_asked_for_again(
    fault: ApiFault, at: Spoil, raw_serve: RawServe
) -> None:
    server = SpoiledUnsplash(api=fault.answer)
    spoiled = at(raw_serve(server))
    result = spoiled.ended(fault)
    seen = spoiled.look()
    assert seen.is_clean
    assert len(seen.stored) == len(seen.files) == fault.fate.value[1]
    assert result.success == (fault.fate in {Verdict.READ, Verdict.SKIPPED})
    assert result.tries["photo_metadata"] == (1 + RETRIES if fault.fate is Verdict.AGAIN else 1)
    if result.failure is None:
        shown = result.shown["photo_metadata"]
        skipped = {fault.says: 1} if fault.fate is Verdict.SKIPPED else {}
        assert shown.get("skipped because", {}) == skipped
        assert len(seen.rows) == shown["new"]
        return
    step, said = result.failure
    assert step == "photo_metadata"
    assert fault.says.replace("HOST", spoiled.host) in said == spoiled.last_words()
    assert is_line(said)
    assert seen.rows == []


@pytest.mark.parametrize("fault", EVENT_FAULTS, ids=lambda fault: fault.name)
def test_a_download_event_in_trouble_costs_no_photo(
    fault: ApiFault, at: Spoil, raw_serve: RawServe
) -> None:
    """It is sent again by a later run, or given up where Unsplash will never take it."""
    server = SpoiledUnsplash(event=fault.answer)
    spoiled = at(raw_serve(server))
    result = spoiled.run(fault)
    assert result.success
    seen = spoiled.look()
    assert seen.is_clean
    assert len(seen.stored) == 3
    said = metadata(result, "image_file")["download event failed"]
    about = fault.says.replace("HOST", spoiled.host).replace("topic 'nature'", "a download event")
    assert about in said
    assert is_line(said)
    again = fault.fate is Verdict.AGAIN
    assert {row.event_due_at is not None for row in seen.stored} == {again}
    assert {row.event_error is None for row in seen.stored} == {again}
    asked = [path for path in server.asked if path.endswith("/download")]
    assert len(asked) == len(set(asked)) == 3


def test_an_api_that_is_not_there_is_asked_again_and_then_the_run_fails(at: Spoil) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    spoiled = at(f"http://127.0.0.1:{port}")
    result = spoiled.run()
    assert tries(result, "photo_metadata") == 1 + RETRIES
    assert failure(result)[1] == f"no answer from 127.0.0.1:{port}: is the network up?"
    assert spoiled.look().is_clean


def test_pictures_whose_server_goes_away_wait_for_a_later_run(
    at: Spoil, raw_serve: RawServe
) -> None:
    """It answers about photos, and after that nobody listens on its port."""
    away = [False]
    server = SpoiledUnsplash()

    def script(connection: socket.socket, head: bytes) -> None:
        if not away[0]:
            server(connection, head)
        away[0] = True

    spoiled = at(raw_serve(script))
    result = spoiled.run()
    step, said = failure(result)
    assert (step, tries(result, "image_file")) == ("image_file", 1 + RETRIES)
    assert (
        said == f"3 of 'nature' not stored yet: no answer from {spoiled.host}: is the network up?"
    )
    seen = spoiled.look()
    assert (seen.is_clean, seen.files) == (True, {})
    assert {row.state for row in seen.rows} == {"waiting"}
    assert sum(row.postponed for row in seen.rows) == 3


def test_a_photo_that_is_gone_is_told_of_though_another_had_to_be_tried_again(
    at: Spoil, raw_serve: RawServe
) -> None:
    """The last try knows nothing of it any more."""
    server = SpoiledUnsplash(picture=lambda exchange: exchange.reply(b"", status="410 Gone"))
    tried: list[str] = []

    def script(connection: socket.socket, head: bytes) -> None:
        is_first = head.startswith(b"GET /photo-") and not tried
        if is_first:
            tried.append("x")
            Exchange(connection, "", "", b"").reply(b"", status="503 Service Unavailable")
        else:
            server(connection, head)

    spoiled = at(raw_serve(script))
    result = spoiled.project.run(
        "nature", unsplash={"retries": RETRIES}, photos_per_run=3, concurrency=1
    )
    assert tries(result, "image_file") == 2
    reason = "the picture is not available: its server answered 410"
    shown = metadata(result, "image_file")
    assert shown["not stored"] == {server.bad_photo["id"]: reason}
    assert len(spoiled.look().stored) == 2


def test_the_table_of_the_docs_says_what_the_tests_say() -> None:
    assert faults.tables() in (PROJECT / "docs" / "reference" / "faults.md").read_text()


def test_no_two_kinds_have_one_name() -> None:
    for kinds in (PICTURE_FAULTS, API_FAULTS):
        assert len({kind.name for kind in kinds}) == len(kinds)
