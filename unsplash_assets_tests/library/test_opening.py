"""Tests of `library.opening`: the one door to a library, and the mark of who works on it."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, quote

import psutil
import pytest

from unsplash_assets.catalogue.events import DownloadEvent
from unsplash_assets.catalogue.runs import EndedRun
from unsplash_assets.catalogue.tables import runs
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.errors import (
    LeaseLost,
    LibraryError,
    LibraryMissing,
    NetworkError,
    SettingsError,
)
from unsplash_assets.gallery.page import write_gallery
from unsplash_assets.library import opening
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import Library, open_library, working_on
from unsplash_assets.library.removal import ban, prune
from unsplash_assets.library.repair import repair_due
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.library.ticks import claim
from unsplash_assets.library.verification import verify
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.settings.settings import DEMO_URL, Settings
from unsplash_assets.storage.digests import sha256
from unsplash_assets.storage.marker import read_marker
from unsplash_assets.storage.names import CATALOGUE_FILE, MARKER, photo_path
from unsplash_assets.storage.processes import ProcessName
from unsplash_assets.storage.records import RECORD_FOLDER
from unsplash_assets.storage.stores.base import INCOMING
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import Answer, HttpTransport
from unsplash_assets.unsplash.quota import HOUR, MARGIN
from unsplash_assets_tests.conftest import NOON, Clock, MakeSettings, Noted, Opened, Serve
from unsplash_assets_tests.support.libraries import folder_of
from unsplash_assets_tests.support.machines import elsewhere
from unsplash_assets_tests.support.processes import Processes
from unsplash_assets_tests.support.rivals import gone_process
from unsplash_assets_tests.support.stored import record_stored
from unsplash_assets_tests.support.waiting import eventually


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings(topics="sea")


def open_files(folder: Path) -> list[Path]:
    """Return the files in a folder that this process has open."""
    opened = (Path(file.path) for file in psutil.Process().open_files())
    return [path for path in opened if path.is_relative_to(folder.resolve())]


@pytest.mark.long
def test_a_library_is_made_where_there_is_none(settings: Settings) -> None:
    with open_library(settings) as library:
        assert (settings.library / CATALOGUE_FILE).is_file()
        assert library.photos.counts() == {}
        top_up(library, "sea")
    with open_library(settings) as again:
        assert again.photos.waiting("sea") == 30


@pytest.mark.long
def test_without_leave_to_create_an_empty_library_is_in_memory(
    settings: Settings, tmp_path: Path
) -> None:
    with open_library(settings, create=False) as library:
        top_up(library, "sea")
        assert library.photos.waiting("sea") == 30
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]
    with open_library(settings, create=False) as another:
        assert another.photos.waiting("sea") == 0


@pytest.mark.long
def test_without_leave_to_create_a_library_that_is_there_is_opened(settings: Settings) -> None:
    with open_library(settings) as library:
        top_up(library, "sea")
    with open_library(settings, create=False) as again:
        assert again.photos.waiting("sea") == 30


def test_a_library_is_closed_after_the_with(settings: Settings) -> None:
    with open_library(settings) as library:
        library.photos.counts()
        assert settings.library / CATALOGUE_FILE in open_files(settings.library)
    assert open_files(settings.library) == []


def test_a_library_is_closed_after_an_error_too(settings: Settings) -> None:
    def fail() -> None:
        with open_library(settings) as library:
            library.photos.counts()
            raise NetworkError("of the test")

    with pytest.raises(NetworkError):
        fail()
    assert open_files(settings.library) == []


def test_a_folder_that_cannot_be_made_is_an_error_that_says_what_to_do(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    settings = make_settings(library=str(tmp_path / "file" / "library"))
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(SettingsError, match=r"^UNSPLASH_LIBRARY is .*: that folder cannot be made"),
        open_library(settings),
    ):
        pytest.fail("it was opened")


def test_a_catalogue_that_cannot_be_used_is_an_error_of_its_variable(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings(catalogue="postgresql+nothing://me:secret@localhost/photos")
    with pytest.raises(SettingsError) as caught, open_library(settings):
        pytest.fail("it was opened")
    assert caught.value.variable == "UNSPLASH_CATALOGUE"
    assert "secret" not in str(caught.value)


def test_a_catalogue_may_be_elsewhere_than_the_files(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    settings = make_settings(catalogue=f"sqlite:///{tmp_path}/apart.db")
    with open_library(settings) as library:
        assert library.database.file == tmp_path / "apart.db"
        assert folder_of(library).root == settings.library
        library.photos.counts()
    assert not (settings.library / CATALOGUE_FILE).exists()


@pytest.mark.long
def test_the_demo_is_drawn_in_this_process_and_counted_for_its_own_key(opened: Opened) -> None:
    library: Library = opened(api_key="")
    assert (library.settings.mode, library.database.mode) == ("demo", "demo")
    assert library.settings.api_url == DEMO_URL
    top_up(library, "sea")
    assert library.budget.usage().made == 1
    assert opened().budget.usage().made == 0


@pytest.mark.long
def test_a_live_library_asks_its_api_with_its_key_and_filters(opened: Opened, serve: Serve) -> None:
    api = Noted(Emulator())
    library: Library = opened(
        api_key="my-key", api_url=serve(api), orientation="portrait", content_filter="high"
    )
    top_up(library, "sea")
    (asked,) = api.asked
    assert asked.authorization == "Client-ID my-key"
    query = parse_qs(asked.query)
    assert (query["orientation"], query["content_filter"]) == (["portrait"], ["high"])


def test_a_transport_that_is_given_replaces_the_network(opened: Opened) -> None:
    seen: list[tuple[str, Limits]] = []

    class NoNetwork(HttpTransport):
        @contextmanager
        def get(self, url: str, _: Mapping[str, str], limits: Limits) -> Iterator[Answer]:
            seen.append((url, limits))
            raise NetworkError("of the test")
            yield

    library: Library = opened(transport=NoNetwork())
    with pytest.raises(NetworkError, match="of the test"):
        top_up(library, "sea")
    ((url, limits),) = seen
    assert url.startswith("https://api.unsplash.com/photos/random?")
    assert limits.timeouts == Timeouts()


def test_the_timeouts_of_the_api_are_as_given_and_those_of_pictures_as_set(
    make_settings: MakeSettings,
) -> None:
    settings, quick = make_settings(timeout="7", max_size="2MB"), Timeouts(total=1.5)
    with open_library(settings, timeouts=quick) as library:
        assert library.timeouts == quick
        limits = library.downloader.limits
    assert (limits.timeouts.total, limits.size) == (7, 2_000_000)


@pytest.mark.long
def test_the_clock_that_is_given_is_that_of_every_part(opened: Opened, clock: Clock) -> None:
    library: Library = opened(api_key="")
    clock.now = NOON + 60
    with working_on(library, "mine", "sea", lambda: False):
        top_up(library, "sea")
    assert library.runs.last() == EndedRun("sea", "success", NOON + 60, None)
    clock.now += HOUR + 2 * MARGIN
    assert library.budget.usage().made == 0


def live_runs(library: Library) -> frozenset[str]:
    with library.database.reading() as connection:
        return library.runs.live(connection)


def test_a_run_lives_while_it_is_worked_on(opened: Opened) -> None:
    library: Library = opened()
    with working_on(library, "mine", "sea", lambda: False):
        assert live_runs(library) == {"mine"}
        assert library.runs.last() is None
    assert live_runs(library) == frozenset()
    assert library.runs.last() == EndedRun("sea", "success", NOON, None)


def test_a_run_ends_with_an_error_too(opened: Opened) -> None:
    library: Library = opened()
    with pytest.raises(NetworkError), working_on(library, "mine", "sea"):
        raise NetworkError("of the test")
    assert live_runs(library) == frozenset()


def test_who_knows_of_a_failure_at_the_end_overrules_what_the_run_reported(opened: Opened) -> None:
    library: Library = opened()
    with working_on(library, "mine", "sea", lambda: True):
        library.runs.report("mine", None)
    last = library.runs.last()
    assert last == EndedRun("sea", "failure", NOON, "its page in Dagster's UI says why")


EVENT = DownloadEvent("a", "https://api.unsplash.com/photos/a/download")
AS_A_RUN: dict[str, Callable[[Library], object]] = {
    "an answer of the API": lambda library: library.photos.add("sea", []),
    "a grant of requests": lambda library: library.budget.reserve(1).__enter__(),
    "events to send": lambda library: library.events.take(1),
    "an event that is put off": lambda library: library.events.postpone(EVENT),
    "an event that was refused": lambda library: library.events.mark_refused(EVENT, "no"),
    "a topic without new photos": lambda library: library.exhaustion.note("sea", "none is new"),
    "a verdict on a file": lambda library: library.integrity.record([]),
    "a repair that is put off": lambda library: library.integrity.postpone("a", "slow"),
    "a photo that is lost": lambda library: library.integrity.lose("a", "gone"),
    "photos that are pruned": lambda library: library.retention.forget(["a"]),
    "a gallery": lambda library: write_gallery(library.photos, library.store, library.settings),
}
"""What a run writes besides its photos, whose tests are in `catalogue/test_runs.py`."""


@pytest.fixture
def woken(opened: Opened) -> Iterator[Library]:
    """The library as a run uses it that slept in another container, and was closed meanwhile."""
    with working_on(opened(machine=elsewhere()), "theirs", "sea", lambda: False) as theirs:
        opened().runs.close("theirs", "It was killed.")
        yield theirs


@pytest.mark.parametrize("name", AS_A_RUN)
def test_a_run_that_was_closed_writes_nothing_when_it_wakes(woken: Library, name: str) -> None:
    with pytest.raises(LeaseLost):
        AS_A_RUN[name](woken)
    assert woken.store.stamp("index.html") is None


def test_a_run_that_was_closed_has_nothing_to_say(opened: Opened, clock: Clock) -> None:
    with working_on(opened(machine=elsewhere()), "theirs", "sea", lambda: False) as theirs:
        opened().runs.close("theirs", "It was killed.")
        clock.now += 60
        theirs.runs.renew("theirs")
        theirs.runs.report("theirs", "I slept.")
    assert theirs.runs.last() == EndedRun("sea", "failure", NOON, "It was killed.")


def test_what_a_run_has_sent_is_noted_though_it_was_closed(opened: Opened) -> None:
    """Else another would send it again."""
    library: Library = opened(machine=elsewhere())
    with working_on(library, "theirs", "sea") as theirs, theirs.budget.reserve(2) as grant:
        opened().runs.close("theirs", "It was killed.")
        grant.made = 1
        theirs.events.mark_sent([EVENT])
    assert library.budget.usage().made == 1


@pytest.mark.long
def test_photos_of_a_run_are_its_own_until_it_ends(opened: Opened) -> None:
    library: Library = opened(api_key="", photos_per_run="2")
    top_up(library, "sea")
    with working_on(library, "mine", "sea"):
        chosen = choose(library, "sea", "mine").photos
        assert library.photos.take_over("sea", "other") == []
    assert library.photos.take_over("sea", "other") == list(chosen)


def test_an_end_that_cannot_be_recorded_hides_no_result_and_no_error(opened: Opened) -> None:
    library: Library = opened()

    def spoil() -> None:
        with library.database.writing() as connection:
            connection.exec_driver_sql(f"ALTER TABLE {runs.name} RENAME COLUMN ended_at TO over_at")

    with working_on(library, "mine", "sea"):
        spoil()
    with pytest.raises(LibraryError, match="ended_at"):
        library.runs.end("mine")


def test_a_run_gives_signs_of_life_until_it_has_ended(
    opened: Opened, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For those who cannot see its process."""
    monkeypatch.setattr(opening, "RENEWED_EVERY", 0.01)
    library: Library = opened()
    container = opened(machine=elsewhere())
    threads = threading.active_count()
    with working_on(container, "theirs", "sea"):
        clock.now += 600
        eventually(lambda: not library.runs.was_killed("theirs"))
        assert library.runs.processes() == {str(elsewhere().me())}
    assert threading.active_count() == threads
    clock.now += 600
    assert library.runs.was_killed("theirs")


def test_temporary_files_of_a_process_at_work_stay_wherever_it_is(opened: Opened) -> None:
    container = opened(machine=elsewhere())
    with working_on(container, "theirs", "sea"):
        left = leave_temporary_file(container, elsewhere().me())
        os.utime(left, (0, 0))
        with working_on(opened(), "mine", "sea"):
            assert left.exists()
    with working_on(opened(), "mine", "sea"):
        assert not left.exists()


def leave_temporary_file(library: Library, writer: ProcessName) -> Path:
    """Leave a file as a process leaves it that does not finish."""
    left = folder_of(library).path(INCOMING) / f"{quote(str(writer), safe='')}+x.part"
    left.parent.mkdir(exist_ok=True)
    left.write_text("half a picture")
    return left


@pytest.mark.process
def test_temporary_files_of_a_killed_process_are_removed_first(
    opened: Opened, processes: Processes
) -> None:
    library: Library = opened()
    left = leave_temporary_file(library, gone_process(processes))
    with working_on(library, "mine", "sea"):
        assert not left.exists()


def test_temporary_files_of_a_living_process_stay(opened: Opened) -> None:
    library: Library = opened()
    left = leave_temporary_file(library, ProcessName.current())
    with working_on(library, "mine", "sea"):
        assert left.exists()
    assert left.exists()


def stock(settings: Settings) -> None:
    """Store two photos in a library, with their files."""
    with open_library(settings) as library, working_on(library, "mine", "sea"):
        top_up(library, "sea")
        chosen = library.photos.choose("sea", 2, "mine", "full", lambda urls: urls["full"])
        for number, photo in enumerate(chosen):
            path = photo_path("sea", f"photo {number}", photo.id, "jpg")
            folder_of(library).write_file(path, b"photo")
            digest = sha256(folder_of(library).path(path))
            record_stored(library.photos, {photo.id: StoredFile(path, len(b"photo"), 1, 1, digest)})


def unmount(folder: Path) -> Path:
    """Leave an empty folder in the place of a library, as its mount point; gives its disk."""
    folder.rename(folder.with_name("the disk"))
    folder.mkdir()
    return folder.with_name("the disk")


@pytest.fixture
def apart(make_settings: MakeSettings, tmp_path: Path) -> Settings:
    """The settings of a library whose photos are on another disk than its catalogue."""
    (tmp_path / RECORD_FOLDER).mkdir()
    return make_settings(
        topics="sea", library="photos", catalogue=f"sqlite:///{tmp_path}/catalogue.db", keep="1"
    )


WORK: dict[str, Callable[[Library], object]] = {
    "verify": verify,
    "repair": lambda library: repair_due(library, "sea"),
    "bring": lambda library: bring(library, "sea", "mine", last_try=True),
    "prune": lambda library: prune(library, "mine"),
    "gallery": lambda library: write_gallery(library.photos, library.store, library.settings),
    "ban": lambda library: ban(library, library.photos.stored_after(0, newest=1)[0].id),
    "tick": lambda library: claim(library, NOON),
}


@pytest.mark.long
@pytest.mark.parametrize("work", WORK)
def test_nothing_is_done_while_the_disk_of_the_photos_is_not_mounted(
    apart: Settings, work: str
) -> None:
    stock(apart)
    disk = unmount(apart.library)
    catalogue = Path(str(apart.catalogue).removeprefix("sqlite:///"))
    before = catalogue.read_bytes()
    with (
        pytest.raises(LibraryMissing, match="its disk seems not to be mounted"),
        open_library(apart) as library,
    ):
        WORK[work](library)
    assert list(apart.library.iterdir()) == []
    assert catalogue.read_bytes() == before
    apart.library.rmdir()
    disk.rename(apart.library)
    with open_library(apart) as library:
        assert verify(library).count("missing") == 0
        assert library.photos.counts()["sea"].stored == 2


@pytest.mark.long
def test_without_its_mount_point_a_library_is_not_made_anew(apart: Settings) -> None:
    stock(apart)
    apart.library.rename(apart.library.with_name("the disk"))
    with pytest.raises(LibraryMissing, match="not to be mounted"), open_library(apart):
        pass
    assert not apart.library.exists()


@pytest.mark.long
def test_what_needs_no_file_works_while_the_disk_is_not_mounted(apart: Settings) -> None:
    stock(apart)
    unmount(apart.library)
    with open_library(apart, create=False, needs_files=False) as library:
        assert library.photos.counts()["sea"].stored == 2
    assert list(apart.library.iterdir()) == []


@pytest.mark.long
def test_a_library_of_an_earlier_version_gets_its_marker_where_one_of_its_files_is(
    apart: Settings,
) -> None:
    stock(apart)
    one, other = (apart.library / "sea").iterdir()
    (apart.library / MARKER).unlink()
    one.unlink()
    with open_library(apart) as library:
        assert verify(library).count("missing") == 1
        assert read_marker(folder_of(library)) == {"demo": library.database.identity()}
    other.unlink()
    with open_library(apart) as library:
        assert verify(library).count("missing") == 2


@pytest.mark.long
def test_the_photos_of_another_catalogue_are_left_alone(
    apart: Settings, settings: Settings, tmp_path: Path
) -> None:
    """As after UNSPLASH_LIBRARY was set to another library's folder."""
    stock(apart)
    stock(settings)
    before = {path: path.read_bytes() for path in apart.library.rglob("*.jpg")}
    theirs = replace(apart, catalogue=f"sqlite:///{tmp_path}/another.db")
    ours = replace(settings, library=apart.library, catalogue=f"sqlite:///{settings.library}/"
                   f"{CATALOGUE_FILE}")  # fmt: skip
    for wrong in (theirs, ours):
        with pytest.raises(LibraryMissing, match="belongs to another catalogue"):
            stock(wrong)
    assert {path: path.read_bytes() for path in apart.library.rglob("*.jpg")} == before


@pytest.fixture
def default(settings: Settings) -> Settings:
    """The settings of the default layout: the catalogue is beside its photos."""
    (settings.project / RECORD_FOLDER).mkdir()
    return settings


@pytest.mark.long
def test_no_library_begins_where_the_disk_of_one_is_not_mounted(default: Settings) -> None:
    stock(default)
    disk = unmount(default.library)
    for _ in range(2):
        with pytest.raises(LibraryMissing, match="to begin a new library, delete this folder"):
            stock(default)
    assert list(default.library.iterdir()) == []
    default.library.rmdir()
    disk.rename(default.library)
    with open_library(default) as library:
        assert verify(library).findings == ()


@pytest.mark.long
def test_a_library_whose_folder_was_deleted_begins_anew(default: Settings) -> None:
    stock(default)
    with open_library(default) as library:
        before = library.database.identity()
    shutil.rmtree(default.library)
    stock(default)
    with open_library(default) as library:
        assert library.photos.counts()["sea"].stored == 2
        assert library.database.identity() != before
    unmount(default.library)
    with pytest.raises(LibraryMissing), open_library(default):
        pass


@pytest.mark.long
def test_photos_whose_catalogue_is_missing_are_not_begun_anew(default: Settings) -> None:
    stock(default)
    for path in default.library.glob(f"{CATALOGUE_FILE}*"):
        path.unlink()
    with pytest.raises(LibraryMissing, match=rf"no {CATALOGUE_FILE}: put it back from a backup"):
        stock(default)
    assert not (default.library / CATALOGUE_FILE).exists()
    (default.library / MARKER).unlink()
    (default.project / RECORD_FOLDER / "libraries.json").unlink()
    stock(default)


@pytest.mark.long
def test_a_library_that_was_moved_takes_its_marker_along(default: Settings, tmp_path: Path) -> None:
    stock(default)
    default.library.rename(tmp_path / "moved")
    with open_library(replace(default, library=tmp_path / "moved")) as library:
        assert verify(library).findings == ()


@pytest.mark.long
def test_a_library_that_cannot_be_written_is_looked_at_all_the_same(default: Settings) -> None:
    stock(default)
    marker = default.library / MARKER
    marker.unlink()
    marker.mkdir()
    with open_library(default) as library:
        assert library.photos.counts()["sea"].stored == 2
