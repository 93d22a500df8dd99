"""Tests of `library.status`: one look at the library in numbers."""

import shutil
from pathlib import Path
from unittest.mock import ANY

import pytest

from unsplash_assets.catalogue.runs import EndedRun
from unsplash_assets.errors import QuotaSpent
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import Library, open_library, working_on
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.library.status import Status, look
from unsplash_assets.model.photos import StoredPhoto, TopicCounts
from unsplash_assets.unsplash.quota import HOUR, MARGIN, QuotaReport, Usage
from unsplash_assets_tests.conftest import NOON, Clock, MakeSettings, Opened

UNUSED = Usage(
    limit=50, used=0, others=0, remaining=50, next_free_at=None, made=0, was_refused=False
)
"""The quota of a key before its first answer."""


def ask(library: Library, limit: int, remaining: int) -> None:
    """Send one request whose answer has these numbers."""
    with library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(limit, remaining))


def run(library: Library, topic: str) -> list[StoredPhoto]:
    """Bring photos of a topic, as a run does."""
    with working_on(library, f"run of {topic}", topic, lambda: False):
        top_up(library, topic)
        choose(library, topic, f"run of {topic}")
        return list(bring(library, topic, f"run of {topic}", last_try=True).photos)


@pytest.mark.only_sqlite("a catalogue that a URL names is made")
def test_a_library_without_anything_lists_its_topics_and_is_not_made(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    with open_library(make_settings(topics="sea,sky"), create=False) as library:
        status = look(library)
    assert status == Status(
        mode="demo",
        topics=(TopicCounts("sea"), TopicCounts("sky")),
        quota=UNUSED,
        last_run=None,
        next_tick_at=ANY,
    )
    assert (status.stored, status.damaged, status.bytes) == (0, 0, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["dagster.yaml"]


@pytest.mark.long
def test_a_library_is_described_by_its_photos_requests_and_last_run(
    opened: Opened, emulator_url: str
) -> None:
    library = opened(
        topics="sky,wisdom,sea", api_url=emulator_url, rendition="thumb", photos_per_run="2"
    )
    sky, art = run(library, "sky"), run(library, "art")
    top_up(library, "sea")
    status = look(library)
    assert status.mode == "live"
    assert status.next_tick_at == NOON + 60
    assert status.topics == (
        TopicCounts("sky", waiting=28, stored=2, bytes=sum(photo.bytes for photo in sky)),
        TopicCounts("wisdom"),
        TopicCounts("sea", waiting=30),
        TopicCounts("art", waiting=28, stored=2, bytes=sum(photo.bytes for photo in art)),
    )
    assert (status.stored, status.bytes) == (4, sum(photo.bytes for photo in sky + art))
    assert (status.quota.limit, status.quota.made) == (1_000_000, 3 + 4)
    assert status.last_run == EndedRun("art", "success", NOON, None)
    assert status.warnings == ()


def test_the_last_run_is_the_one_of_a_topic_that_ended_last(opened: Opened, clock: Clock) -> None:
    library = opened()
    for run_id, topic in (("one", "sea"), ("two", "sky"), ("checks", None)):
        with working_on(library, run_id, topic):
            library.runs.report(run_id, f"{run_id} went wrong")
            clock.now += 60
    assert look(library).last_run == EndedRun("sky", "failure", NOON + 120, "two went wrong")


@pytest.mark.long
def test_damaged_photos_are_counted_for_their_topic(opened: Opened) -> None:
    library = opened(topics="sea", api_key="", rendition="thumb")
    (photo,) = run(library, "sea")
    with library.database.writing() as connection:
        connection.exec_driver_sql("UPDATE photos SET state = 'damaged' WHERE state = 'stored'")
    status = look(library)
    assert (status.stored, status.damaged, status.bytes) == (0, 1, 0)
    assert status.topics == (TopicCounts("sea", waiting=29, damaged=1),)
    assert library.integrity.bad([photo.id]) != []


@pytest.mark.long
def test_former_topics_are_listed_by_name(opened: Opened) -> None:
    library = opened(topics="sea", api_key="")
    for topic in ("wisdom", "sea", "art", "life"):
        top_up(library, topic)
    assert [topic.topic for topic in look(library).topics] == ["sea", "art", "life", "wisdom"]


def test_what_topics_ask_for_is_told_unless_they_are_plain_words(opened: Opened) -> None:
    library = opened(topics="sea,Desk=collection:1+2,faces[orientation=portrait]", api_key="")
    assert look(library).sources == {"Desk": "collection:1+2", "faces": "[orientation=portrait]"}


@pytest.mark.long
def test_a_look_at_one_mode_does_not_see_the_other(opened: Opened, emulator_url: str) -> None:
    live = opened(library="shared", topics="sea", api_url=emulator_url)
    run(live, "sea")
    status = look(opened(library="shared", topics="sea", api_key=""))
    assert (status.mode, status.topics) == ("demo", (TopicCounts("sea"),))
    assert (status.quota, status.last_run) == (UNUSED, None)


def test_the_quota_is_that_of_the_key_in_the_settings(opened: Opened) -> None:
    library = opened()
    ask(library, 5_000, 4_999)
    assert look(opened(api_key="another")).quota == UNUSED
    assert look(library).quota.limit == 5_000


def test_a_look_at_a_spent_quota_says_until_when_and_changes_nothing(opened: Opened) -> None:
    library = opened(topics="sea")
    ask(library, 1, 0)
    before = look(library)
    assert (before.quota.limit, before.quota.used, before.quota.remaining) == (1, 1, 0)
    assert before.quota.next_free_at == NOON + HOUR + MARGIN
    assert look(library) == before
    with pytest.raises(QuotaSpent):
        top_up(library, "sea")


@pytest.mark.only_sqlite("it is about SQLite's file")
def test_a_catalogue_on_a_network_drive_is_a_warning(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "unsplash_assets.library.opening.network_warning", lambda file: f"{file} is far away"
    )
    library = opened()
    file = library.settings.library / "catalogue.db"
    assert look(library).warnings == (f"{file} is far away",)


def test_a_key_that_was_refused_is_a_warning_until_it_is_accepted(
    opened: Opened, clock: Clock
) -> None:
    library = opened()
    with library.budget.reserve(1) as grant:
        grant.settle(QuotaReport(50, 49, key_refused=True))
    for _ in range(2):
        (warning,) = look(library).warnings
        assert warning.startswith("Unsplash did not accept the key in UNSPLASH_API_KEY")
        assert "next try at " in warning
        clock.now += 86_400
    ask(library, 50, 48)
    assert look(library).warnings == ()


def test_a_clock_far_ahead_is_a_warning_where_photos_go_by_their_age(
    opened: Opened, clock: Clock
) -> None:
    aged, counted = opened(keep="30d"), opened(keep="30")
    aged.runs.begin("before", "sea")
    assert look(aged).warnings == ()
    clock.now += 365 * 86_400
    aged.runs.begin("ahead", "sea")
    (warning,) = look(aged).warnings
    assert warning.startswith("the clock is more than a day ahead of the run before")
    assert look(counted).warnings == ()


@pytest.mark.long
def test_a_disk_that_is_not_mounted_is_a_warning_and_the_rest_is_described(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    apart = make_settings(
        topics="sea", rendition="thumb", library="photos", catalogue=f"sqlite:///{tmp_path}/c.db"
    )
    with open_library(apart) as library:
        (photo,) = run(library, "sea")
    shutil.rmtree(tmp_path / "photos")
    (tmp_path / "photos").mkdir()
    with open_library(apart, create=False, needs_files=False) as library:
        status = look(library)
    (warning,) = status.warnings
    assert "its disk seems not to be mounted" in warning
    assert (status.stored, status.damaged, status.bytes) == (1, 0, photo.bytes)
    assert list((tmp_path / "photos").iterdir()) == []
