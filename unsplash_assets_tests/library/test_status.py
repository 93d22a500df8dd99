"""Tests of `library.status`: one look at the library in numbers."""

import time
from pathlib import Path

from unsplash_assets.catalogue.database import Database, open_database, read_database
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.catalogue.photos import Photos, TopicCounts
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.library.status import Status, look
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.unsplash.budget import Answered
from unsplash_assets.unsplash.quota import HOUR, MARGIN, Numbers, Usage
from unsplash_assets_tests.catalogue.test_photos import ids, photo
from unsplash_assets_tests.conftest import Clock

KEY = "of the key"


def ask(database: Database, limit: int, remaining: int, clock: Clock, key: str = KEY) -> None:
    """Make one request whose answer tells these numbers."""
    with RequestBudget(database, key, clock).reserve(1) as reservation:
        reservation.settle(Answered(Numbers(limit, remaining)))


def test_a_library_without_anything_lists_its_topics(tmp_path: Path) -> None:
    database = read_database(tmp_path / "library", None, "demo")
    assert look(database, ("sea", "sky"), KEY) == Status(
        mode="demo",
        topics=(TopicCounts("sea"), TopicCounts("sky")),
        quota=Usage(limit=50, used=0, others=0, remaining=50, next_free_at=None),
        last_run=None,
    )
    database.close()
    assert list(tmp_path.iterdir()) == []


def test_a_library_is_described_by_its_photos_requests_and_last_run(
    database: Database, catalogue: Photos
) -> None:
    catalogue.add("sea", [photo(number) for number in range(3)])
    for topic, number in (("sky", 7), ("art", 8)):
        catalogue.add(topic, [photo(number)])
        catalogue.choose(topic, 1, "mine", "full", lambda urls: urls["full"])
        file = StoredFile(f"{topic}/x.jpg", 1_000 + number, 1, 1, "0" * 64)
        catalogue.store({ids(number)[0]: file})
    ask(database, 100, 99, Clock(time.time()))
    runs = Runs(database)
    runs.begin("mine", "sky")
    runs.end("mine")
    status = look(database, ("sky", "wisdom", "sea"), KEY)
    assert status.mode == "live"
    assert status.topics == (
        TopicCounts("sky", stored=1, bytes=1_007),
        TopicCounts("wisdom"),
        TopicCounts("sea", waiting=3),
        TopicCounts("art", stored=1, bytes=1_008),
    )
    assert status.bytes == 2_015
    assert status.quota == Usage(100, 1, 0, 99, None)
    assert status.last_run == runs.last()
    assert status.last_run is not None
    assert (status.last_run.topic, status.last_run.outcome) == ("sky", "success")


def test_former_topics_are_listed_by_name(database: Database, catalogue: Photos) -> None:
    for number, topic in enumerate(("wisdom", "sea", "art", "life")):
        catalogue.add(topic, [photo(number)])
    listed = [topic.topic for topic in look(database, ("sea",), KEY).topics]
    assert listed == ["sea", "art", "life", "wisdom"]


def test_a_look_at_one_mode_does_not_see_the_other(
    tmp_path: Path, database: Database, catalogue: Photos
) -> None:
    catalogue.add("sea", [photo(1)])
    ask(database, 5_000, 4_999, Clock(time.time()))
    demo = open_database(tmp_path / "library", None, "demo")
    status = look(demo, ("sea",), KEY)
    assert (status.mode, status.topics) == ("demo", (TopicCounts("sea"),))
    assert status.quota == Usage(50, 0, 0, 50, None)
    demo.close()


def test_the_quota_is_that_of_the_key_that_is_asked_about(database: Database) -> None:
    ask(database, 5_000, 4_999, Clock(time.time()))
    assert look(database, ("sea",), "of another").quota == Usage(50, 0, 0, 50, None)
    assert look(database, ("sea",), KEY).quota.limit == 5_000


def test_a_look_at_a_spent_quota_says_until_when_and_changes_nothing(database: Database) -> None:
    now = time.time()
    ask(database, 1, 0, Clock(now))
    before = look(database, ("sea",), KEY)
    assert (before.quota.limit, before.quota.used, before.quota.remaining) == (1, 1, 0)
    assert before.quota.next_free_at == now + HOUR + MARGIN
    assert look(database, ("sea",), KEY) == before
