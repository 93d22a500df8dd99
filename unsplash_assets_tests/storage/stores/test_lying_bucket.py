"""Tests of `storage.stores.bucket` and `objects`: what becomes of files in a bucket that lies."""

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from threading import Lock

import pytest

from unsplash_assets.errors import FileTaken, LibraryError, StoreUnavailable, TemporaryError
from unsplash_assets.gallery.page import write_gallery
from unsplash_assets.library.bringing import Brought, bring
from unsplash_assets.library.opening import open_library
from unsplash_assets.library.verification import verify
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets.storage.names import PAGE, RelativePath
from unsplash_assets.storage.stores import objects
from unsplash_assets_tests.conftest import Clock
from unsplash_assets_tests.support.buckets import point_to
from unsplash_assets_tests.support.libraries import StockedLibrary, library
from unsplash_assets_tests.support.lying_bucket import (
    Answer,
    Ask,
    Asked,
    Lie,
    LyingBucket,
    busy,
    cuts,
    fails,
    honest,
    is_slow,
    lists_what_was,
    loses,
    loses_the_answer,
    lying_bucket,
)

pytestmark = [pytest.mark.bucket]


@pytest.fixture
def lying(buckets: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[LyingBucket]:  # noqa: ARG001
    """A proxy before the server, and little patience with it."""
    monkeypatch.setitem(objects.CLIENT, "timeout", "1s")
    few = {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=2)}
    monkeypatch.setitem(objects.RETRIES, "backoff", {**few, "base": 2})
    monkeypatch.setitem(objects.RETRIES, "max_retries", 1)
    with lying_bucket(buckets) as proxy:
        point_to(proxy.url)
        yield proxy


@pytest.fixture
def mine(
    lying: LyingBucket,  # noqa: ARG001 - the bucket is behind it
    bucket: str,
    tmp_path: Path,
    clock: Clock,
) -> Iterator[StockedLibrary]:
    with library(tmp_path / "library", clock, bucket=bucket) as opened:
        yield opened


def choose(mine: StockedLibrary, count: int = 3) -> None:
    mine.library.runs.begin("mine", "sea")
    mine.catalogue.add("sea", mine.library.client.random_photos("sea", count).photos)
    mine.catalogue.choose("sea", count, "mine", "thumb", lambda urls: urls["thumb"])


def bring_chosen(mine: StockedLibrary) -> Brought:
    return bring(mine.library, "sea", "mine", last_try=False)


def rows_without_object(mine: StockedLibrary) -> list[str]:
    rows = mine.catalogue.stored_after(0, newest=99)
    return [row.path for row in rows if mine.store.stamp(row.path) is None]


def bad_objects(mine: StockedLibrary) -> list[str]:
    """Return the objects under a photo's name that are no whole picture with a credit."""
    rows = {row.path: row for row in mine.catalogue.stored_after(0, newest=99)}
    found = {path: mine.store.inspect(path) for path in mine.store.walk()}
    return [p for p, state in found.items() if p in rows and rows[p].sha256 != state.sha256]  # type: ignore[union-attr]


@pytest.mark.parametrize("lie", [fails, busy, loses, loses_the_answer, is_slow])
def test_no_row_is_without_its_object_and_another_try_brings_all(
    mine: StockedLibrary, lying: LyingBucket, lie: Lie
) -> None:
    choose(mine)
    lying.lie = lie
    with pytest.raises(LibraryError) as raised:
        bring_chosen(mine)
    assert isinstance(raised.value, TemporaryError)
    said = str(raised.value)
    assert said.startswith(f"the library {mine.store.place} is out of reach, or its answers")
    assert "\n" not in said
    lying.lie = honest
    assert rows_without_object(mine) == []
    assert len(bring_chosen(mine).photos) == 3
    assert (rows_without_object(mine), bad_objects(mine), mine.found()) == ([], [], [])


@pytest.mark.parametrize("lie", [fails, cuts, is_slow])
def test_what_cannot_be_read_is_neither_missing_nor_damaged(
    mine: StockedLibrary, lying: LyingBucket, lie: Lie
) -> None:
    photos = mine.bring(2)
    lying.lie = lie
    said = _trouble(mine)
    assert f"the library {mine.store.place} is out of reach, or its answers are no good" in said
    lying.lie = honest
    assert [mine.row(photo.id)["state"] for photo in photos] == ["stored", "stored"]
    assert mine.found() == []


def _trouble(mine: StockedLibrary) -> str:
    try:
        seen = verify(mine.library)
    except StoreUnavailable as error:
        return str(error)
    assert seen.findings == ()
    return seen.trouble or ""


def test_one_object_that_cannot_be_read_costs_no_other(
    mine: StockedLibrary, lying: LyingBucket
) -> None:
    first, second, third = mine.bring(3)
    mine.store.delete(third.path)

    def of_one(asked: Asked, ask: Ask) -> Answer:
        return cuts(asked, ask) if first.path.rpartition("/")[2] in asked.path else ask()

    lying.lie = of_one
    seen = verify(mine.library)
    assert [str(finding) for finding in seen.findings] == [f"missing {third.path}"]
    assert (seen.unread, seen.files) == (1, 2)
    assert mine.row(first.id)["state"] == mine.row(second.id)["state"] == "stored"


def test_a_list_that_is_old_makes_no_finding(mine: StockedLibrary, lying: LyingBucket) -> None:
    old = mine.bring(1)
    mine.store.write_file(RelativePath("sea/mine.jpg"), b"mine")
    lying.lie = partial(lists_what_was, before={})
    assert mine.found() == ["unknown sea/mine.jpg"]
    mine.store.delete("sea/mine.jpg")
    new: list[StoredPhoto] = mine.bring(1, run_id="again")
    assert mine.found() == []
    assert write_gallery(mine.catalogue, mine.store, mine.library.settings).photos == 2
    assert old != new


def test_a_process_that_slept_overwrites_nothing(mine: StockedLibrary) -> None:
    """Between its look and its upload another has stored a file under the name."""
    name = RelativePath("sea/waves_abc_0.jpg")
    for seen in (None, "before"):
        if seen:
            mine.store.write_file(name, b"before")
        stamp = mine.store.stamp(name)
        mine.store.write_file(name, b"another's")
        with mine.store.temporary() as file:
            mine.store.write(file, b"late")
            mine.store.complete(file)
            with pytest.raises(FileTaken, match=f"{mine.store.place} has another file"):
                mine.store.publish(file, name, over=stamp)
        assert mine.store.read_text(name) == "another's"
        mine.store.delete(name)


def test_of_large_files_few_are_in_memory_at_a_time(
    mine: StockedLibrary, lying: LyingBucket
) -> None:
    under_way, most, lock = [0], [0], Lock()

    def counts(asked: Asked, ask: Ask) -> Answer:
        if asked.method != "PUT":
            return ask()
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        answer = ask()
        with lock:
            under_way[0] -= 1
        return answer

    def publish(number: int) -> None:
        with mine.store.temporary() as file:
            mine.store.write(file, bytes(5_500_000))
            mine.store.complete(file)
            mine.store.publish(file, RelativePath(f"sea/{number}.jpg"), over=None)

    lying.lie = counts
    list(mine.store.each(publish, range(5)))
    assert most == [2]
    assert len(list(mine.store.walk())) == 5


def test_an_upload_says_what_it_is_and_what_its_hash_is(
    mine: StockedLibrary, lying: LyingBucket
) -> None:
    mine.store.write_file(PAGE, b"<html>")
    (put,) = (asked for asked in lying.asked if asked.path.endswith(f"/{PAGE}") and asked.body)
    digest = sha256(b"<html>")
    assert put.headers["content-type"] == "text/html; charset=utf-8"
    assert put.headers["cache-control"] == "no-cache"
    assert put.headers["x-amz-checksum-sha256"] == b64encode(digest.digest()).decode()
    assert put.headers["x-amz-meta-sha256"] == digest.hexdigest()


def test_an_upload_whose_answer_was_lost_counts(mine: StockedLibrary, lying: LyingBucket) -> None:
    name, lost = RelativePath("sea/waves_abc_0.jpg"), list[str]()

    def once(asked: Asked, ask: Ask) -> Answer:
        answer = ask()
        if asked.method == "PUT" and not lost:
            lost.append(asked.path)
            return Answer(500, {}, b"")
        return answer

    lying.lie = once
    with mine.store.temporary() as file:
        mine.store.write(file, b"once")
        mine.store.complete(file)
        mine.store.publish(file, name, over=None)
    assert mine.store.read_text(name) == "once"
    uploads = [asked for asked in lying.asked if asked.method == "PUT" and "_abc" in asked.path]
    assert [asked.headers["if-none-match"] for asked in uploads] == ["*", "*"]


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "AccessDenied", "refuses access (403 Forbidden): check its credentials"),
        (404, "NoSuchBucket", "is not there: make the bucket, or correct UNSPLASH_LIBRARY"),
        (400, "InvalidBucketName", "(400 Bad Request)"),
    ],
)
def test_what_a_person_has_to_mend_is_said_in_one_line(
    mine: StockedLibrary, lying: LyingBucket, status: int, code: str, said: str
) -> None:
    body = f"<Error><Code>{code}</Code><Message>no\nhttps://secret?sig=x</Message></Error>"
    lying.lie = lambda *_: Answer(status, {}, body.encode())
    with pytest.raises(LibraryError) as raised, open_library(mine.library.settings):
        pass
    line = str(raised.value)
    assert said in line
    assert line.startswith(f"the library {mine.store.place} ")
    assert "\n" not in line
    assert "sig=" not in line


def test_a_bucket_that_is_not_there_is_said_in_one_line(mine: StockedLibrary) -> None:
    nowhere = replace(mine.library.settings, bucket="s3://no-such-bucket/wall")
    said = "the library s3://no-such-bucket/wall is not there: make the bucket"
    with pytest.raises(LibraryError, match=said), open_library(nowhere):
        pass
