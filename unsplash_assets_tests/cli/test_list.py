"""Tests of the commands `list` and `status --check`, as a program would use them."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.library.opening import open_library
from unsplash_assets.library.ticks import claim
from unsplash_assets.settings import environment
from unsplash_assets_tests.cli.test_main import run
from unsplash_assets_tests.support.gallery_library import GalleryLibrary


@pytest.fixture(autouse=True)
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A live library with three photos, one a favourite and one banned."""
    root = tmp_path / "library"
    stocked = GalleryLibrary(root)
    (kept,) = stocked.hang(topic="sea", photographer="Ana\tB")
    _, banned = stocked.hang(2, topic="sky", photographer="Zoë")
    stocked.library.curation.favour(kept.id)
    stocked.library.curation.ban(banned.id)
    stocked.close()
    monkeypatch.setenv("UNSPLASH_API_KEY", "key")
    monkeypatch.setenv("UNSPLASH_LIBRARY", str(root))
    return root


def test_photos_are_listed_one_a_line_with_tabs_between_their_parts() -> None:
    lines = [line.split("\t") for line in run("list").stdout.splitlines()]
    assert [(topic, name, *mark) for _, topic, name, _, *mark in lines] == [
        ("sea", "Ana\\tB", "★"),
        ("sky", "Zoë"),
    ]


@pytest.mark.parametrize(
    ("option", "topics"),
    [
        ([], ["sea", "sky"]),
        (["--favourites"], ["sea"]),
        (["--banned"], ["sky"]),
        (["--damaged"], []),
        (["--topic", "sky"], ["sky"]),
        (["--favourites", "--topic", "sky"], []),
    ],
)
def test_a_list_has_the_photos_that_are_asked_for(option: list[str], topics: list[str]) -> None:
    photos = [json.loads(line) for line in run("list", "--json", *option).stdout.splitlines()]
    assert [photo["topic"] for photo in photos] == topics


def test_a_banned_photo_says_so_and_has_no_path() -> None:
    (photo,) = map(json.loads, run("list", "--json", "--banned").stdout.splitlines())
    assert (photo["state"], photo["path"]) == ("banned", None)
    assert run("list", "--banned").stdout.endswith("\t\tbanned\n")


def test_a_photo_is_banned_by_the_url_of_its_page(library: Path) -> None:
    (photo,) = map(json.loads, run("list", "--json", "--topic", "sky").stdout.splitlines())
    page = f"https://unsplash.com/photos/waves-{photo['id']}?utm_source=x"
    assert run("ban", page).exit_code == 0
    assert not (library / photo["path"]).exists()


def test_a_check_fails_with_the_reason_after_the_status() -> None:
    done = run("status", "--check")
    assert done.exit_code == 1
    assert "2 stored" in done.stdout
    assert done.stderr.splitlines()[-1] == (
        "unsplash-assets: the schedule has never come round: start it with `make run`"
    )
    assert run("status").exit_code == 0


def test_a_check_passes_while_photos_arrive() -> None:
    with open_library(environment.load()) as library:
        claim(library, library.clock())
        with library.database.writing() as connection:
            connection.execute(sa.update(db.photos).values(stored_at=library.clock()))
    assert run("status", "--check").exit_code == 0
