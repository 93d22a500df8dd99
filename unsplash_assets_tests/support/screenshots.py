"""Makes the README's pictures: `python -m unsplash_assets_tests.support.screenshots`.

It runs `dagster dev` and a browser (see `browser`) on a project of its own in a temporary
folder, for about two minutes, and writes docs/images/. Look at each before you keep it.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page

from unsplash_assets_tests.support.browser import chromium
from unsplash_assets_tests.support.dev import Dev, dagster_dev
from unsplash_assets_tests.support.paths import PROJECT

IMAGES: Final = PROJECT / "docs" / "images"
TOPICS: Final = ("history", "life", "wisdom", "art", "office", "nature")
ROUNDS: Final = 4
SIZE: Final = {"width": 1280, "height": 800}
WIDE: Final = {"width": 1640, "height": 560}
LOW: Final = {"width": 1280, "height": 680}  # as far as what a stranger wants to see
PHONE: Final = {"width": 390, "height": 800}


def main() -> None:
    """Make all pictures."""
    with tempfile.TemporaryDirectory() as name, chromium() as browser:
        folder = Path(name)
        shutil.copy(PROJECT / "dagster.yaml", folder)
        fetch(folder)
        gallery(browser, (folder / "demo-library" / "index.html").as_uri())
        with running(folder) as dev:
            dagster(browser, f"http://127.0.0.1:{dev.port}")


def fetch(folder: Path) -> None:
    """Fill the project's library, the topics mixed."""
    command = Path(sys.executable).with_name("unsplash-assets")
    for topic in TOPICS * ROUNDS:
        subprocess.run([str(command), "fetch", topic], cwd=folder, check=True)


@contextmanager
def running(folder: Path) -> Iterator[Dev]:
    """Run `dagster dev` in the project's folder."""
    dev = dagster_dev(folder, {"UNSPLASH_VIEWER": "off"})
    dev.start()
    try:
        dev.wait_until_up()
        yield dev
    finally:
        dev.kill()


def gallery(browser: Browser, address: str) -> None:
    """Show the gallery, light and dark, on a phone, its slide show, and one for a wall."""
    for scheme in ("light", "dark"):
        page = browser.new_page(viewport=SIZE, color_scheme=scheme)  # type: ignore[arg-type]
        page.goto(address)
        save(page, f"gallery-{scheme}")
        page.close()
    page = browser.new_page(viewport=PHONE, device_scale_factor=2, is_mobile=True)  # type: ignore[arg-type]
    page.goto(address)
    save(page, "gallery-phone")
    page.close()
    page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
    page.goto(f"{address}#slideshow")
    page.wait_for_timeout(5_000)  # until the buttons are gone
    save(page, "slide-show")
    page.close()
    page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
    page.goto(f"{address}#slideshow&fit=blur&pairs=on&clock=on&captions=small")
    for _ in range(20):
        if page.locator(".slide.pair.on").is_visible():
            break
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(1_000)
    page.wait_for_timeout(5_000)
    save(page, "wall")
    page.close()


def dagster(browser: Browser, address: str) -> None:
    """Show Dagster's lineage, and a materialization with its preview."""
    page = browser.new_page(viewport=WIDE)  # type: ignore[arg-type]
    page.goto(f"{address}/asset-groups")
    page.get_by_text("image_file").first.wait_for(timeout=60_000)
    page.wait_for_timeout(4_000)  # the graph moves into place
    save(page, "lineage")
    page.set_viewport_size(LOW)  # type: ignore[arg-type]
    page.goto(f"{address}/assets/image_file?view=events")
    page.get_by_text("preview").first.wait_for(timeout=60_000)
    save(page, "materialization")
    page.close()


def save(page: Page, name: str) -> None:
    """Write the page as it is seen, once its pictures are there."""
    page.wait_for_timeout(1_500)
    page.screenshot(path=IMAGES / f"{name}.png")
    print(IMAGES / f"{name}.png")  # noqa: T201 - for the person who is to look at it


if __name__ == "__main__":
    main()
