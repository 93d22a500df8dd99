"""Tests of `gallery/web` in Firefox: each ability once, from a folder and from a server."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from unsplash_assets_tests.support.browser import folder_served
from unsplash_assets_tests.support.firefox import Tab
from unsplash_assets_tests.support.gallery_library import GalleryLibrary

pytestmark = [pytest.mark.browser, pytest.mark.needs("firefox-esr")]

ESCAPE, RIGHT = "\ue00c", "\ue014"
HASTE = """() => {
    const { setInterval } = window;
    window.setInterval = (work, time) => setInterval(work, time / 40);
}"""
"""Lets the page look for news each half second."""

SHOWN = "[...document.querySelectorAll('.photo')].filter(photo => !photo.hidden).length"
IS_LARGE = "!document.getElementById('view').hidden"
LARGE = "document.querySelector('#view img.on')?.alt"
HELP = "document.getElementById('help').open"
NOTICE = "document.querySelector('#notice li')?.textContent"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[GalleryLibrary]:
    library = GalleryLibrary(tmp_path / "library of Zoë #1")
    yield library
    library.close()


@pytest.mark.parametrize("place", ["folder", "server"])
def test_the_page_works_in_firefox(library: GalleryLibrary, firefox: Tab, place: str) -> None:
    library.hang(1, "sea", alt_description="Fog")
    library.hang(1, "sky", alt_description="Kite")
    library.write()
    firefox.before_each_page(HASTE)
    served = folder_served(library.folder.root) if place == "server" else nullcontext()
    with served as base:
        address = f"{base}/index.html" if base else library.folder.path("index.html").as_uri()
        firefox.goto(address)
        firefox.wait_for(SHOWN, 2)
        firefox.wait_for("document.querySelector('.picture img').naturalWidth", 60)

        firefox.press("/", *"kite")
        firefox.wait_for(SHOWN, 1)
        firefox.press(ESCAPE, ESCAPE)
        firefox.wait_for(SHOWN, 2)

        firefox.press("?")
        firefox.wait_for(HELP, True)  # noqa: FBT003
        firefox.press(ESCAPE)
        firefox.wait_for(HELP, False)  # noqa: FBT003

        firefox.evaluate("document.querySelectorAll('.picture')[0].click()")
        firefox.wait_for(LARGE, "Kite")
        firefox.press(RIGHT)
        firefox.wait_for(LARGE, "Fog")
        firefox.press(ESCAPE)
        firefox.wait_for(IS_LARGE, False)  # noqa: FBT003

        options = "#slideshow&order=oldest&seconds=1&fit=blur&clock=on&pairs=maybe"
        firefox.evaluate(f"location.hash = '{options}'")
        firefox.wait_for(LARGE, "Fog")
        firefox.wait_for(LARGE, "Kite")
        firefox.wait_for(NOTICE, "pairs=maybe: it is one of off, on. Now it is off.")
        firefox.wait_for("document.getElementById('clock').textContent.length", 5)

        library.hang(1, "sea", alt_description="New")
        library.write()
        firefox.wait_for(LARGE, "New")
