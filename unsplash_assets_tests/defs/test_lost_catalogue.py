"""Tests of runs whose catalogue is on a server that goes away meanwhile."""

from typing import Any

import pytest

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
