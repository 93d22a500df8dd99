"""Tests of the gallery in a bucket: Chromium opens it from there, through what makes it public."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import expect

from unsplash_assets.gallery.page import write_gallery
from unsplash_assets.storage.names import PAGE, thumbnail_path
from unsplash_assets_tests.conftest import Clock
from unsplash_assets_tests.support.browser import NewContext
from unsplash_assets_tests.support.gallery_page import (
    assert_shown_large,
    photos,
    wait_for_check,
)
from unsplash_assets_tests.support.libraries import library
from unsplash_assets_tests.support.lying_bucket import Answer, Ask, Asked, LyingBucket, lying_bucket

pytestmark = [pytest.mark.browser, pytest.mark.bucket, pytest.mark.needs("chromium")]


@pytest.fixture
def public(buckets: str) -> Iterator[LyingBucket]:
    """What stands before a bucket so that everybody can read it, as a CDN does."""

    def signed(asked: Asked, ask: Ask) -> Answer:
        asked.headers["authorization"] = (
            "AWS4-HMAC-SHA256 Credential=cdn/x/us-east-1/s3/aws4_request"
        )
        return ask()

    with lying_bucket(buckets) as proxy:
        proxy.lie = signed
        yield proxy


def test_the_gallery_opens_from_a_bucket_and_shows_what_is_new(
    bucket: str, public: LyingBucket, new_context: NewContext, tmp_path: Path, clock: Clock
) -> None:
    with library(tmp_path / "library", clock, bucket=bucket) as mine:
        url = f"{public.url}/{bucket.removeprefix('s3://')}"
        settings = replace(mine.library.settings, library_url=url)
        first = mine.bring(2)
        write_gallery(mine.catalogue, mine.store, settings)
        page = new_context().new_page()
        page.clock.install()
        page.goto(f"{url}/{PAGE}")
        expect(photos(page)).to_have_count(2)
        expect(photos(page).first.locator("img")).to_have_js_property("naturalWidth", 200)
        photos(page).first.click()
        assert_shown_large(page, first[-1].stored_sequence)
        mine.bring(1, run_id="next")
        write_gallery(mine.catalogue, mine.store, settings)
        wait_for_check(page)
        expect(photos(page)).to_have_count(3)
    asked = {each.path: each for each in public.asked}
    assert any(thumbnail_path(photo.sha256) in path for path in asked for photo in first)
