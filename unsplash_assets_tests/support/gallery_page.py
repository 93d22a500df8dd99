"""The gallery's page as a browser has it: the fixture that opens it, and what tests do with it.

A module of tests has a fixture `library`, and opens its page with `open_page`.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from unsplash_assets_tests.support.browser import NewContext, folder_served
from unsplash_assets_tests.support.gallery_library import GalleryLibrary
from unsplash_assets_tests.support.waiting import CEILING

CHECK_EVERY: Final = 20_000
"""Milliseconds after which an open page looks for new photos."""

expect.set_options(timeout=1_000 * CEILING)


def address_of(library: GalleryLibrary) -> str:
    return library.folder.path("index.html").absolute().as_uri()


@pytest.fixture(params=["from the folder", "from a server"])
def address(
    request: pytest.FixtureRequest, library: GalleryLibrary, browser: Browser
) -> Iterator[str]:
    """The URL of the gallery; a test that uses it runs with both kinds."""
    if request.param == "from the folder":
        yield address_of(library)
        return
    with folder_served(library.folder.root) as base:
        yield f"{base}/index.html"
        for context in browser.contexts:  # or its next request fails, which counts as trouble
            context.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(library: GalleryLibrary, new_context: NewContext) -> OpenPage:
    """Write the gallery and open it, with a clock that the test moves."""

    def open_it(address: str = "", **options: Any) -> Page:
        library.write()
        page = new_context(**options).new_page()
        page.clock.install()
        page.goto(address or address_of(library))
        return page

    return open_it


def photos(page: Page) -> Locator:
    return page.locator(".photo:visible")


def view(page: Page) -> Locator:
    return page.locator("#view")


def assert_shown_large(page: Page, sequence: int) -> None:
    """Assert that the photo of this number is in the large view, and its picture has loaded."""
    link = page.locator(f".photo[data-key^='{sequence}-'] .picture")
    source = link.evaluate("link => link.href")
    picture = view(page).locator("img.on")
    expect(picture).to_have_js_property("src", source)
    expect(picture).to_have_js_property("complete", True)  # noqa: FBT003


def wait_for_check(page: Page) -> None:
    page.clock.run_for(CHECK_EVERY)


def wait_for_thumbnails(page: Page) -> None:
    for photo in photos(page).all():
        expect(photo.locator("img")).to_have_js_property("naturalWidth", 60)


def wait_until(page: Page, expression: str) -> None:
    """Wait until an expression is true; the page's policy keeps Playwright from waiting in it."""
    deadline = time.monotonic() + CEILING
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(20)


def set_visibility(page: Page, *, hidden: bool) -> None:
    """Make the page believe that its tab is hidden, or visible again."""
    page.evaluate(
        """hidden => {
            const behind = { value: true, configurable: true };
            if (hidden) Object.defineProperty(document, "hidden", behind);
            else delete document.hidden;
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )
