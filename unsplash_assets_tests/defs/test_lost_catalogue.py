"""Tests of runs whose catalogue is on a server that goes away meanwhile."""

from typing import Any

import pytest

from unsplash_assets.defs import resources
from unsplash_assets.library.downloads.pictures import Download
from unsplash_assets.model.photos import StoredFile
from unsplash_assets_tests.conftest import MakeSettings
from unsplash_assets_tests.support.postgres import Server, current
from unsplash_assets_tests.support.runs import Project, tries

pytestmark = [pytest.mark.postgres, pytest.mark.needs("pg_ctlcluster")]


def test_a_run_under_which_the_server_restarts_succeeds_with_another_try(
    postgres: Server, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server restarts where a file gets its name, in the middle of a transaction."""
    current.append(postgres)
    publish, published = Download.publish, list[Any]()

    def restart(download: Download) -> StoredFile:
        published.append(download)
        if len(published) == 1:
            postgres.restart()
        return publish(download)

    monkeypatch.setattr(Download, "publish", restart)
    project = Project(make_settings(topics="nature", retry_delay="0", photos_per_run="2"))
    result = project.run("nature")
    assert result.success
    assert tries(result, "image_file") == 2
    assert project.status().stored == len(project.pictures()) == 2


def test_a_run_that_finds_the_server_away_waits_for_it(
    postgres: Server, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    current.append(postgres)
    settings = make_settings(topics="nature", retry_delay="0.5", photos_per_run="1")
    waits = list[float]()

    def wait(seconds: float) -> None:
        waits.append(seconds)
        postgres.start()

    monkeypatch.setattr(resources, "sleep", wait)
    project = Project(settings)
    postgres.stop()
    assert project.run("nature").success
    assert waits == [0.5]


@pytest.mark.parametrize("retries", [0, 2])
def test_a_run_that_waits_in_vain_says_where_the_server_should_be(
    postgres: Server, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, retries: int
) -> None:
    current.append(postgres)
    settings, waits = make_settings(topics="nature"), list[float]()
    monkeypatch.setattr(resources, "sleep", waits.append)
    postgres.stop()
    result = Project(settings).run("nature", unsplash={"retries": retries})
    postgres.start()
    assert not result.success
    assert waits == [15] * retries
    (event,) = [event for event in result.all_events if event.is_failure]
    assert "UNSPLASH_CATALOGUE says where it is" in str(event)
