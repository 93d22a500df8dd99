"""Tests of `storage.stores.bucket`, `choice` and `headers`: what needs no server."""

from pathlib import Path

import pytest

from unsplash_assets.errors import SettingsError, ViewerError
from unsplash_assets.storage.names import NEWS, PAGE, THUMBNAILS_MADE, thumbnail_path
from unsplash_assets.storage.stores.choice import store_of
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets.storage.stores.headers import headers_of
from unsplash_assets_tests.conftest import MakeSettings

pytest.importorskip("obstore", reason="obstore is missing: install unsplash_assets[s3]")

ELSEWHERE = "sqlite:///catalogue.db"


@pytest.mark.parametrize(
    ("name", "kind", "lasts"),
    [
        (PAGE, "text/html; charset=utf-8", "no-cache"),
        (NEWS, "text/html; charset=utf-8", "no-cache"),
        (THUMBNAILS_MADE, "application/json", "no-cache"),
        (thumbnail_path("a" * 64), "image/jpeg", "max-age=31536000, immutable"),
        ("sea/waves_abc_0.jpg", "image/jpeg", "max-age=86400"),
        ("sea/waves_abc_0.png", "image/png", "max-age=86400"),
        ("sea/waves_abc_0.webp", "image/webp", "max-age=86400"),
        (".unsplash_assets", "application/octet-stream", "no-cache"),
    ],
)
def test_a_browser_is_told_what_a_file_is_and_how_long_it_lasts(
    name: str, kind: str, lasts: str
) -> None:
    assert headers_of(name) == {"Content-Type": kind, "Cache-Control": lasts}


@pytest.mark.parametrize("url", ["s3://bucket/wall", "gs://bucket/wall"])
def test_a_public_bucket_is_opened_by_its_public_url(
    make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    public = "https://photos.example/wall"
    store = store_of(make_settings(library=url, catalogue=ELSEWHERE, library_url=f"{public}/"))
    assert store.address("sea/a b.jpg") == store.url("sea/a b.jpg") == f"{public}/sea/a%20b.jpg"
    assert store.shown("sea/a b.jpg") == f"{url}/sea/a b.jpg"


def test_no_browser_opens_a_bucket_of_which_no_url_is_known(make_settings: MakeSettings) -> None:
    store = store_of(make_settings(library="s3://bucket/wall", catalogue=ELSEWHERE))
    with pytest.raises(ViewerError, match=r"s3://bucket/wall/index.html: set UNSPLASH_LIBRARY_URL"):
        store.address(PAGE)
    assert store.url(PAGE) == "s3://bucket/wall/index.html"


def test_what_a_kind_of_bucket_lacks_is_said_with_the_variables(
    make_settings: MakeSettings,
) -> None:
    settings = make_settings(library="az://container/wall", catalogue=ELSEWHERE)
    with pytest.raises(SettingsError, match=r"^UNSPLASH_LIBRARY is az://container/wall \(.*AZURE_"):
        store_of(settings)


def test_a_folder_needs_none_of_this(make_settings: MakeSettings, tmp_path: Path) -> None:
    store = store_of(make_settings(library="photos"))
    assert isinstance(store, Folder)
    assert store.address(PAGE) == tmp_path / "photos" / "index.html"
    assert store.url(PAGE) == (tmp_path / "photos" / "index.html").as_uri()
