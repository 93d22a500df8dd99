"""Tests of the served page in a real browser: the whole library, and what one does with a photo."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from unsplash_assets_tests.gallery.test_browser import AXE, HOSTILE
from unsplash_assets_tests.support.browser import NewContext, Watch
from unsplash_assets_tests.support.gallery_library import GalleryLibrary
from unsplash_assets_tests.support.gallery_page import photos, view, wait_until
from unsplash_assets_tests.support.serving import ServedGallery, gallery_served

pytestmark = [pytest.mark.browser, pytest.mark.needs("chromium")]

MANY = 330


@pytest.fixture
def library(tmp_path: Path) -> Iterator[GalleryLibrary]:
    library = GalleryLibrary(tmp_path / "library of Zoë #1")
    yield library
    library.close()


@pytest.fixture
def served(library: GalleryLibrary, browser: Browser) -> Iterator[ServedGallery]:
    """The library with an own server, that lets visitors change it."""
    with gallery_served(library, may_change=True) as served:
        yield served
        for context in browser.contexts:  # or its next request fails, which counts as trouble
            context.close()


def opened(served: ServedGallery, new_context: NewContext, hash_: str = "", **options: Any) -> Page:
    page = new_context(**options).new_page()
    page.goto(f"{served.base}/{hash_}")
    return page


def count(page: Page) -> str:
    return page.locator("#count").inner_text()


def scroll_to_the_end(page: Page) -> int:
    """Scroll until there is no more; return the most photos that were in the document."""
    most = 0
    while not page.locator("ul.photos:last-of-type.last").count():
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        page.wait_for_timeout(20)
        most = max(most, page.locator(".photo").count())
    return most


# --- The grid -----------------------------------------------------------------------------------


def test_the_whole_library_is_shown_and_few_of_it_are_in_the_document(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    oldest = library.hang(MANY, size=(6, 4))[0]
    page = opened(served, new_context)
    expect(page.locator("#count")).to_have_text(f"{MANY} photos")
    most = scroll_to_the_end(page)
    assert 60 <= most < 240
    expect(page.locator(f".photo[data-id='{oldest.id}']")).to_be_visible()
    height = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate("scrollTo(0, 0)")
    newest = served.ask("/api/photos?limit=1").json["photos"][0]["id"]
    expect(page.locator(f".photo[data-id='{newest}'] img")).to_have_js_property("naturalWidth", 6)
    assert abs(page.evaluate("document.documentElement.scrollHeight") - height) < height / 50


def test_every_row_but_the_last_is_full_whatever_the_width(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    for size in ((9, 4), (4, 9), (6, 4), (5, 5)):
        library.hang(35, size=size)
    page = opened(served, new_context)
    expect(photos(page)).to_have_count(60)
    scroll_to_the_end(page)
    for width in (1_280, 700, 1_500):
        page.set_viewport_size({"width": width, "height": 800})
        wait_until(page, f"innerWidth === {width}")
        page.wait_for_timeout(100)
        stretched = page.evaluate(
            """() => [...document.querySelectorAll("ul.photos:not(.last) .photo")].filter(photo =>
                photo.getBoundingClientRect().width > 528 * photo.style.getPropertyValue("--ratio")
            ).length"""
        )
        assert stretched == 0, width


# --- Finding ------------------------------------------------------------------------------------


def test_topic_search_colour_and_favourites_choose_and_back_undoes_it(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    said: dict[str, Any] = {"description": None, "photographer": "Ana"}
    (blue,) = library.hang(1, "sea", color="#2659d9", alt_description="Calm", **said)
    library.hang(2, "sky", color="#c02626", alt_description="Evening", **said)
    library.hang(1, "sky", color="#2659d9", alt_description="Fog", **said)
    library.library.curation.favour(blue.id)
    page = opened(served, new_context)
    expect(page.locator("#count")).to_have_text("4 photos")
    page.get_by_role("button", name="sky 3").click()
    expect(page.locator("#count")).to_have_text("3 photos of sky")
    page.get_by_role("button", name="blue").click()
    expect(page.locator("#count")).to_have_text("1 photo of sky")
    assert page.url.endswith("/#topic=sky&color=blue")
    page.go_back()
    expect(page.locator("#count")).to_have_text("3 photos of sky")
    page.go_back()
    expect(page.locator("#count")).to_have_text("4 photos")
    page.get_by_role("button", name="Favourites").click()
    expect(page.locator("#count")).to_have_text("1 photo")
    expect(page.locator(".photo.favourite")).to_have_count(1)
    page.get_by_role("button", name="Favourites").click()
    page.locator("#search").fill("EVENING ana")
    expect(page.locator("#count")).to_have_text("2 photos with “EVENING ana”")
    page.locator("#search").fill("storm")
    expect(page.locator("#nothing")).to_be_visible()


def test_a_view_has_a_link_of_its_own(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    library.hang(2, "sea", color="#2659d9")
    library.hang(2, "sky", color="#2659d9")
    page = opened(served, new_context, "#topic=sky&color=blue")
    expect(page.locator("#count")).to_have_text("2 photos of sky")
    expect(page.get_by_role("button", name="blue")).to_have_attribute("aria-pressed", "true")


def test_a_photo_has_a_link_of_its_own_and_back_closes_it(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    ids = [photo.id for photo in library.hang(3)[::-1]]
    page = opened(served, new_context)
    photos(page).first.locator(".picture").click()
    wait_until(page, f"location.hash === '#photo={ids[0]}'")
    page.keyboard.press("ArrowRight")
    wait_until(page, f"location.hash === '#photo={ids[1]}'")
    page.go_back()
    expect(view(page)).to_be_hidden()
    other = opened(served, new_context, f"#photo={ids[2]}")
    expect(view(other)).to_be_visible()
    wait_until(other, f"document.querySelector('#view img.on')?.src.includes('{ids[2]}')")
    other.keyboard.press("Escape")
    expect(view(other)).to_be_hidden()
    assert "#" not in other.url


def test_the_ends_of_a_large_library_are_one_key_away(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    stored = library.hang(MANY, size=(6, 4))
    page = opened(served, new_context)
    photos(page).first.locator(".picture").click()
    page.keyboard.press("End")
    wait_until(page, f"location.hash === '#photo={stored[0].id}'")
    page.keyboard.press("ArrowLeft")
    wait_until(page, f"location.hash === '#photo={stored[1].id}'")
    page.keyboard.press("Home")
    wait_until(page, f"location.hash === '#photo={stored[-1].id}'")


def test_the_slide_show_goes_through_the_library_in_any_order(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    library.hang(5)
    context = new_context()
    page = context.new_page()
    page.clock.install()
    page.goto(f"{served.base}/#slideshow&order=random&seconds=3")
    shown = set()
    for _ in range(5):
        expect(view(page).locator("img.on")).to_be_visible()
        source = view(page).locator("img.on").get_attribute("src")
        shown.add(source)
        page.clock.run_for(3_100)
        wait_until(page, f"!document.querySelector('#view img.on[src=\"{source}\"]')")
    assert len(shown) == 5


def test_the_address_asks_the_served_slide_show_for_the_same_as_the_file(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    (high,) = library.hang(1, "sea", size=(40, 60))
    (other,) = library.hang(1, "sea", size=(40, 60))
    library.hang(2, "sky")
    options = "#slideshow&topic=sea&pairs=on&fit=blur&clock=on&captions=small&order=oldest&zoom=2"
    page = opened(served, new_context, options, viewport={"width": 1200, "height": 600})
    expect(view(page).locator("img.on").first).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(view(page).locator("img.on")).to_have_count(2)
    assert page.locator("#view img.on").evaluate_all(
        "pictures => pictures.map(picture => picture.src.split('/').pop())"
    ) == [Path(photo.path).name for photo in (other, high)]
    expect(page.locator("#clock")).to_be_visible()
    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_count(1)
    page.evaluate("location.hash = '#slideshow&topic=moon'")
    expect(page.get_by_role("alert")).to_contain_text("There are sea, sky.")
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("topic=moon: there is no such topic here.")


def test_a_slide_show_whose_first_photo_is_out_of_reach_begins_as_soon_as_it_is_not(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext, watch: Watch
) -> None:
    oldest = library.hang(70, size=(6, 4))[0]
    page = new_context().new_page()
    page.clock.install()
    beyond = re.compile(r"/api/photos\?.*(before|after)=")
    page.route(beyond, lambda route: route.abort())
    page.goto(f"{served.base}/#slideshow&order=oldest")
    expect(page.locator("#count")).to_have_text("70 photos")
    expect(view(page)).to_be_visible()
    for _ in range(3):
        page.clock.run_for(1_000)
    expect(view(page).locator("img.on")).to_have_count(0)
    page.unroute(beyond)
    page.clock.run_for(20_000)
    expect(view(page).locator("img.on")).to_have_attribute("src", f"/{quote(oldest.path)}")
    watch.troubles.clear()


# --- New photos ---------------------------------------------------------------------------------


def test_new_photos_come_by_themselves_and_banned_ones_go(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    (old,) = library.hang()
    page = opened(served, new_context)
    expect(photos(page)).to_have_count(1)
    (new,) = library.hang(topic="sky")
    expect(photos(page).first).to_have_attribute("data-id", new.id)
    expect(page.locator("#count")).to_have_text("2 photos")
    expect(page.get_by_role("button", name="sky 1")).to_be_visible()
    served.ask(f"/api/photos/{old.id}/ban", "PUT", **served.enter())
    expect(photos(page)).to_have_count(1)
    expect(page.locator("#count")).to_have_text("1 photo")


def test_the_first_photo_of_an_empty_library_comes_by_itself(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    page = opened(served, new_context)
    expect(page.locator("#empty")).to_be_visible()
    library.hang()
    expect(photos(page)).to_have_count(1)
    expect(page.locator("#empty")).to_be_hidden()


def test_a_quiet_sign_says_why_no_photo_comes(
    library: GalleryLibrary, new_context: NewContext
) -> None:
    library.hang()
    with gallery_served(library, trouble=lambda: "Unsplash refuses the key") as served:
        page = opened(served, new_context)
        expect(page.locator("#sign")).to_contain_text("Unsplash refuses the key")
        expect(page.locator("#sign")).to_contain_text("No new photo since Mon")
        page.context.close()


# --- What one does with a photo -----------------------------------------------------------------


def test_a_photo_is_made_a_favourite_by_key_and_undone(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    (photo,) = library.hang()
    page = opened(served, new_context)
    photos(page).first.locator(".picture").click()
    page.keyboard.press("f")
    expect(page.locator("#favour")).to_have_attribute("aria-pressed", "true")
    assert served.ask(f"/api/photos/{photo.id}").json["favourite"]
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#favour")).to_have_attribute("aria-pressed", "false")
    assert not served.ask(f"/api/photos/{photo.id}").json["favourite"]


def test_a_ban_asks_once_and_can_be_taken_back(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    _, newest = library.hang(2)
    page = opened(served, new_context)
    photos(page).first.locator(".picture").click()
    page.keyboard.press("b")
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator("#toast")).to_be_hidden()
    assert library.folder.path(newest.path).exists()
    page.locator("#ban").click()
    page.get_by_role("button", name="Ban it").click()
    expect(page.locator("#toast")).to_contain_text("The photo is banned.")
    assert not library.folder.path(newest.path).exists()
    expect(page.locator(".photo")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#toast")).to_contain_text("may come again")
    assert library.catalogue.waiting("sea") == 1


def test_a_page_of_a_server_that_has_started_anew_may_still_change_photos(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext, watch: Watch
) -> None:
    (photo,) = library.hang()
    page = opened(served, new_context)
    photos(page).first.locator(".picture").click()
    expect(page.locator("#favour")).to_be_visible()
    page.context.clear_cookies()
    page.keyboard.press("f")
    expect(page.locator("#favour")).to_have_attribute("aria-pressed", "true")
    assert served.ask(f"/api/photos/{photo.id}").json["favourite"]
    assert ["403" in trouble for trouble in watch.troubles] == [True]
    watch.troubles.clear()


def test_credit_is_copied_and_the_picture_downloaded(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    (photo,) = library.hang(photographer="Ana & Zoë")
    page = opened(served, new_context, permissions=["clipboard-read", "clipboard-write"])
    photos(page).first.locator(".picture").click()
    page.get_by_role("button", name="Copy credit").click()
    expect(page.locator("#toast")).to_contain_text("copied")
    assert page.evaluate("navigator.clipboard.readText()") == "Photo by Ana & Zoë on Unsplash"
    page.get_by_role("button", name="as HTML").click()
    expect(page.locator("#toast")).to_contain_text("copied as HTML")
    assert page.evaluate("navigator.clipboard.readText()").startswith("Photo by <a href=")
    with page.expect_download() as downloading:
        page.keyboard.press("d")
    assert downloading.value.suggested_filename == Path(photo.path).name


def test_without_permission_there_is_nothing_to_change(
    library: GalleryLibrary, new_context: NewContext
) -> None:
    library.hang()
    with gallery_served(library) as served:
        page = opened(served, new_context)
        photos(page).first.locator(".picture").click()
        expect(page.locator("#download")).to_be_visible()
        expect(page.locator("#ban, #favour")).to_have_count(0)
        page.context.close()


# --- Safety and accessibility -------------------------------------------------------------------


def test_no_text_of_a_photo_runs(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext
) -> None:
    library.hang(1, HOSTILE, photographer=HOSTILE, alt_description=HOSTILE)
    page = opened(served, new_context)
    expect(photos(page).first.locator(".credit")).to_have_text(f"Photo by {HOSTILE} on Unsplash")
    photos(page).first.locator(".picture").click()
    expect(view(page).locator(".caption .words")).to_have_text(HOSTILE)
    assert page.evaluate("window.hacked") is None


@pytest.mark.needs("npm", "axe-core")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(
    library: GalleryLibrary, served: ServedGallery, new_context: NewContext, scheme: str
) -> None:
    library.hang(3)
    library.hang(2, "sky", description=None, alt_description=None)
    page = opened(served, new_context, color_scheme=scheme)
    expect(photos(page)).to_have_count(5)
    page.evaluate(AXE.read_text())
    for step in ("the grid", "a photo", "a question"):
        found = page.evaluate("axe.run()")
        assert [(one["id"], one["help"]) for one in found["violations"]] == [], step
        if step == "the grid":
            photos(page).first.locator(".picture").click()
            expect(view(page).locator("img.on")).to_be_visible()
        else:
            page.keyboard.press("b")
