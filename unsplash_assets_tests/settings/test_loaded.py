"""Tests of the settings as one snapshot."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from unsplash_assets.errors import SettingsChanged
from unsplash_assets.settings.loaded import LoadedSettings, check_unchanged, fingerprint
from unsplash_assets.settings.variables import VARIABLES
from unsplash_assets_tests.conftest import MakeSettings

OTHER = {
    "api_key": "k",
    "api_url": "https://photos.example",
    "app_name": "my wall",
    "topics": "sea,sky",
    "schedule": "*/5 * * * *",
    "timezone": "Europe/Rome",
    "library": "elsewhere",
    "library_url": "https://photos.example",
    "catalogue": "postgresql://me:secret-word@host/photos",
    "rendition": "1600",
    "orientation": "landscape",
    "content_filter": "high",
    "photos_per_run": "2",
    "retry_delay": "1",
    "timeout": "7",
    "max_size": "1MB",
    "concurrency": "3",
    "viewer": "off",
    "keep": "2GB",
    "keep_runs": "2d",
}
"""A value of each setting that is not its default."""


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.field)
def test_a_change_of_each_setting_is_noticed_and_named_without_its_value(
    make_settings: MakeSettings, variable: Any
) -> None:
    key = {} if variable.field == "api_key" else {"api_key": "k"}
    before = make_settings(**key)
    now = make_settings(**{**key, variable.field: OTHER[variable.field]})
    with pytest.raises(SettingsChanged) as raised:
        check_unchanged(fingerprint(before), now)
    assert str(raised.value).startswith(f"{variable.name} changed after ")
    assert "secret-word" not in str(raised.value)


def test_all_changes_are_named(make_settings: MakeSettings) -> None:
    loaded = fingerprint(make_settings(topics="sea"))
    with pytest.raises(SettingsChanged, match=r"^UNSPLASH_TOPICS, UNSPLASH_KEEP changed after "):
        check_unchanged(loaded, make_settings(topics="sky", keep="9"))


def test_the_same_value_written_in_another_way_is_no_change(make_settings: MakeSettings) -> None:
    loaded = fingerprint(make_settings(topics="sea,sky", timeout="7", viewer="off"))
    check_unchanged(loaded, make_settings(topics=" sea, sky ", timeout="7.0", viewer="OFF"))


def test_a_bucket_is_the_same_from_each_machine(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    """Temporary files are in each project folder."""
    here = make_settings(library="s3://photos/wall", catalogue="postgresql://host/photos")
    there = replace(here, project=tmp_path / "there").placed("s3://photos/wall")
    assert there.library != here.library
    check_unchanged(fingerprint(here), there)
    with pytest.raises(SettingsChanged, match="UNSPLASH_LIBRARY"):
        check_unchanged(fingerprint(here), there.placed("s3://photos/other"))


def test_a_new_key_is_no_change_and_is_the_current_one(make_settings: MakeSettings) -> None:
    before, now = make_settings(api_key="mistyped"), make_settings(api_key="corrected")
    assert LoadedSettings(before, lambda: now).current() == replace(before, api_key="corrected")


def test_a_key_that_is_taken_away_is_a_change(make_settings: MakeSettings) -> None:
    loaded = LoadedSettings(make_settings(api_key="k"), make_settings)
    with pytest.raises(SettingsChanged, match=r"^UNSPLASH_API_KEY changed after "):
        loaded.current()


def test_a_fingerprint_tells_nothing_of_a_key_and_too_little_of_a_password(
    make_settings: MakeSettings,
) -> None:
    catalogue = "postgresql://me:secret-word@host/photos"
    written = fingerprint(make_settings(api_key="one", catalogue=catalogue))
    assert fingerprint(make_settings(api_key="two", catalogue=catalogue)) == written
    of_the_catalogue = dict(part.split("=") for part in written.split())["catalogue"]
    assert len(of_the_catalogue) == 4
