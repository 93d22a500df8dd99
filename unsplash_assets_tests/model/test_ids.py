"""Tests of `model.ids`: which photo a person means."""

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.model.ids import photo_id_of
from unsplash_assets_tests.recorded import photo_objects, recordings

PAGES = [
    "https://unsplash.com/photos/{id}",
    "https://unsplash.com/photos/{id}/",
    "https://unsplash.com/photos/a-grey-sea-under-fog-{id}",
    "https://unsplash.com/photos/a-grey-sea-{id}?utm_source=wall&utm_medium=referral#top",
    "https://unsplash.com/de/fotos/graues-meer-{id}",
    "https://unsplash.com/ja/%E5%86%99%E7%9C%9F/%E6%B5%B7-{id}",
    "http://www.unsplash.com/photos/{id}",
    "unsplash.com/photos/a-grey-sea-{id}",
    "www.unsplash.com/photos/{id}",
    "https://unsplash-demo.invalid/photos/dunes-in-the-soft-rain-{id}",
]


@pytest.mark.parametrize("page", ["{id}", *PAGES])
@pytest.mark.parametrize("photo_id", ["eOLpJytrbsQ", "-abcDEF1234", "_-BxCUIRjuE", "----_______"])
def test_a_photo_is_named_by_its_id_or_its_page(page: str, photo_id: str) -> None:
    assert photo_id_of(page.format(id=photo_id)) == photo_id


@pytest.mark.parametrize(
    "text",
    [
        "",
        "eOLpJytrbs",
        "eOLpJytrbsQQ",
        "eOLpJytrb Q",
        "https://unsplash.com/",
        "https://unsplash.com/photos/short",
        "https://unsplash.com/photos/noseparatoreOLpJytrbsQ",
        "file:///photos/eOLpJytrbsQ",
        "library/sea/grey_eOLpJytrbsQ_1b.jpg",
        "https://[unsplash.com/photos/eOLpJytrbsQ",
        "https:///photos/eOLpJytrbsQ",
    ],
)
def test_any_other_text_names_no_photo(text: str) -> None:
    assert photo_id_of(text) is None


def test_the_page_of_every_recorded_photo_names_it() -> None:
    contents = [answer.content for answer in recordings() if answer.name.endswith(".json")]
    photos = [photo for content in contents for photo in photo_objects(content)]
    photos = [photo for photo in photos if "html" in photo.get("links", {})]
    assert len(photos) > 100
    assert [photo_id_of(photo["links"]["html"]) for photo in photos] == [p["id"] for p in photos]


@hypothesis.given(st.text())
def test_no_text_is_too_odd_to_be_read(text: str) -> None:
    found = photo_id_of(text)
    assert found is None or found in text
