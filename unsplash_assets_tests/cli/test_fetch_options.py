"""Tests of the command `fetch` with --photo and --dry-run."""

import hashlib
from pathlib import Path

import dagster as dg
import pytest
from click.testing import CliRunner, Result

from unsplash_assets.cli.main import main
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.library.opening import open_library
from unsplash_assets.library.selection import top_up
from unsplash_assets.settings import environment

NUMBERED = (EmulatedPhoto(7, number) for number in range(2000))
DASHED = next(photo for photo in NUMBERED if photo.id.startswith("-"))


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNSPLASH_TOPICS", "nature,Desk=collection:7")
    monkeypatch.setenv("UNSPLASH_VIEWER", "off")
    return tmp_path


def run(*arguments: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(arguments))


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.long
def test_one_photo_comes_by_its_page_and_is_recorded_like_any_run(project: Path) -> None:
    page = f"https://unsplash-demo.invalid/photos/dunes-in-the-soft-rain-{DASHED.id}"
    done = run("fetch", "--photo", page, "--topic", "desk")
    assert done.exit_code == 0, done.stderr
    (path,) = done.stdout.splitlines()
    assert Path(path).is_file()
    assert DASHED.id in path
    assert Path(path).parent == project / "demo-library" / "desk"
    with dg.DagsterInstance.get() as instance:
        (record,) = instance.get_run_records()
        event = instance.get_latest_materialization_event(dg.AssetKey("image_file"))
    assert record.dagster_run.tags["dagster/partition"] == "Desk"
    assert event
    again = run("fetch", "--photo", DASHED.id, "--topic", "nature")
    assert (again.exit_code, again.stdout) == (0, done.stdout)
    assert f"photo {DASHED.id} is here already, in Desk" in again.stderr


def test_a_photo_that_is_not_to_be_had_is_refused_in_one_line() -> None:
    run("ban", DASHED.id)
    for photo_id, said in ((DASHED.id, "is banned"), ("AAAAAAAAAAA", "Unsplash no longer has")):
        done = run("fetch", "--photo", photo_id, "--topic", "nature")
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.splitlines()[-1].startswith(f"unsplash-assets: photo {photo_id}")
        assert said in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a TOPIC, or one photo with --photo and --topic"),
        (["--photo", DASHED.id], "name a TOPIC, or one photo with --photo and --topic"),
        (["--topic", "nature"], "name a TOPIC, or one photo with --photo and --topic"),
        (["nature", "--topic", "nature"], "name a TOPIC, or one photo"),
        (["nature", "--photo", DASHED.id, "--topic", "nature"], "name a TOPIC, or one photo"),
        (["--photo", DASHED.id, "--topic", "nature", "--count", "2"], "leave out --count"),
        (["--photo", DASHED.id, "--topic", "cats"], "use one of nature, Desk"),
        (["--photo", "x", "--topic", "nature"], "give a photo's id, 11 characters, the URL of"),
    ],
)
def test_what_does_not_go_together_is_wrong_usage(arguments: list[str], said: str) -> None:
    done = run("fetch", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr


def test_a_dry_run_tells_what_would_come_and_changes_nothing(project: Path) -> None:
    with open_library(environment.load()) as library:
        top_up(library, "nature")
    before = contents(project)
    done = run("fetch", "nature", "--count", "2", "--dry-run")
    assert done.exit_code == 0, done.stderr
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(len(line), line[0] in line[2]) for line in lines] == [(3, True)] * 2
    assert done.stderr.splitlines() == [
        "2 of 2 photos wait here",
        "cost: 2 requests (2 download events); 999,999 are free now",
        "dry run: nothing was asked, downloaded or changed",
    ]
    assert contents(project) == before


def test_a_dry_run_of_a_topic_without_waiting_photos_tells_what_asking_costs(project: Path) -> None:
    done = run("fetch", "Desk", "--count", "40", "--dry-run")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr.splitlines() == [
        "0 of 40 photos wait here, 40 would be asked for",
        "cost: at least 43 requests (3 to ask for photos, 40 download events); 50 are free now",
        "dry run: nothing was asked, downloaded or changed",
    ]
    assert not (project / "demo-library").exists()


def test_a_dry_run_of_one_photo_asks_nobody(project: Path) -> None:
    done = run("fetch", "--photo", DASHED.id, "--topic", "nature", "--dry-run")
    assert done.exit_code == 0, done.stderr
    assert "cost: at least 2 requests (1 to ask for photos, 1 download events)" in done.stderr
    assert not (project / "demo-library").exists()
