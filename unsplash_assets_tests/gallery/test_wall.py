"""Tests of `gallery/web`: the slide show on a wall, for days, on a clock that the test moves."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from unsplash_assets.library.removal import ban
from unsplash_assets_tests.support.browser import Watch
from unsplash_assets_tests.support.gallery_library import GalleryLibrary
from unsplash_assets_tests.support.gallery_page import (
    OpenPage,
    assert_shown_large,
    view,
    wait_for_check,
    wait_until,
)

pytestmark = [pytest.mark.browser, pytest.mark.needs("chromium")]

HOSTILE = "<img src=x onerror='window.hacked = 1'>"
WIDE = {"width": 1600, "height": 900}
ZONE = "Europe/Berlin"
WAKE_LOCKS = """window.locks = 0;
const request = async () => {
    window.locks += 1;
    return { released: false, release() { this.released = true; window.locks -= 1; } };
};
Object.defineProperty(navigator, "wakeLock", { value: { request } });"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[GalleryLibrary]:
    library = GalleryLibrary(tmp_path / "library")
    yield library
    library.close()


def sequences(library: GalleryLibrary, count: int, **said: Any) -> list[int]:
    return [photo.stored_sequence for photo in library.hang(count, **said)]


def shown(page: Page) -> str:
    """Return the address of the picture in the large view, once another has loaded."""
    picture = view(page).locator("img.on").first
    expect(picture).to_have_js_property("complete", True)  # noqa: FBT003
    return str(picture.evaluate("picture => picture.src"))


def next_shown(page: Page, seconds: int) -> str:
    before = shown(page)
    page.clock.run_for(1000 * seconds)
    wait_until(page, f"document.querySelector('#view img.on').src !== {json.dumps(before)}")
    return shown(page)


def go_to(page: Page, moment: datetime) -> None:
    """Let the page's clock jump forward; timers that are due run once."""
    ahead = int(1000 * moment.timestamp()) - page.evaluate("Date.now()")
    page.clock.fast_forward(ahead)


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(ZONE))


# --- Options -------------------------------------------------------------------------------------


def test_the_order_is_newest_oldest_or_random_without_repeats(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    first, second, third, *_ = sequences(library, 6)
    page = open_page(f"{address}#slideshow&order=oldest&seconds=3")
    for sequence in (first, second, third):
        assert_shown_large(page, sequence)
        page.clock.run_for(3_000)
    page.keyboard.press("ArrowLeft")
    assert_shown_large(page, third)
    page.evaluate("location.hash = '#slideshow&order=random&seconds=3'")
    rounds = [shown(page), *(next_shown(page, 3) for _ in range(11))]
    assert len(set(rounds[:6])) == 6
    assert len(set(rounds[6:])) >= 5
    assert all(one != other for one, other in pairwise(rounds))


def test_the_address_chooses_topic_and_words_and_a_reload_keeps_them(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    (fog,) = sequences(library, 1, topic="sea", alt_description="Sea fog")
    sequences(library, 1, topic="sea")
    sequences(library, 1, topic="sky", alt_description="Fog")
    page = open_page(f"{address}#slideshow=3&topic=sea&search=fog&fit=blur&captions=small&clock=on")
    for _ in range(2):
        assert_shown_large(page, fog)
        expect(page.locator("#count")).to_have_text("1 photo of sea with “fog”")
        assert re.fullmatch(r"\d\d:\d\d", page.locator("#clock").inner_text())
        expect(view(page).locator(".words")).to_be_hidden()
        expect(view(page).get_by_text("Photo by")).to_be_visible()
        page.clock.run_for(3_500)
        library.folder.path("_gallery/page/news.html").write_text(
            '<html data-build="another" data-keys=""><template></template>'
            "<script>parent.postMessage({build: 'another', keys: [], newest: ''}, '*')</script>"
        )
        with page.expect_navigation():
            wait_for_check(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="sea 2")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("location.hash") == "#topic=sea&search=fog"


def test_each_bad_option_is_told_as_text_and_the_rest_holds(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    _, second = sequences(library, 2)
    bad = {
        "seconds": "ten",
        "order": "best",
        "fit": HOSTILE,
        "hours": "7-25",
        "topic": HOSTILE,
        HOSTILE: "1",
    }
    options = "&".join(f"{name}={value}" for name, value in bad.items())
    page = open_page(f"{address}#slideshow&clock=on&{options}")
    assert_shown_large(page, second)
    lines = page.get_by_role("alert").get_by_role("listitem")
    expect(lines).to_have_count(len(bad))
    for line, words in [
        (0, "seconds=ten: it is a whole number from 1 to 86400. Now it is 10."),
        (1, "order=best: it is one of newest, oldest, random. Now it is newest."),
        (3, "hours=7-25: it is two times of day, such as 07:00-22:30. Now it is all day."),
        (5, f"topic={HOSTILE}: there is no such topic here. There are sea."),
    ]:
        expect(lines.nth(line)).to_have_text(words)
    expect(page.locator("#clock")).to_be_visible()
    assert page.evaluate("window.hacked") is None
    page.clock.run_for(61_000)
    expect(page.get_by_role("alert")).to_be_hidden()
    page.evaluate("location.hash = '#slideshow&hours=07:00-06:59&fit=cover'")
    page.clock.run_for(1_000)
    expect(page.get_by_role("alert")).to_be_hidden()
    page.evaluate("location.hash = '#slideshow=0'")
    expect(lines).to_have_text(["slideshow=0: it is a whole number from 1 to 86400. Now it is 1."])


def test_a_picture_fits_as_the_address_says(library: GalleryLibrary, open_page: OpenPage) -> None:
    library.hang(2)
    page = open_page("", viewport=WIDE)
    base = page.url
    picture = view(page).locator("img.on")
    for fit, style in {"contain": "contain", "cover": "cover", "blur": "contain"}.items():
        page.goto(f"{base}#slideshow&fit={fit}")
        expect(picture).to_have_css("object-fit", style)
    blurred = "getComputedStyle(document.querySelector('.slide.on'), '::before')"
    assert "blur" in page.evaluate(f"{blurred}.filter")
    assert "_gallery/thumbnails" in page.evaluate(f"{blurred}.backgroundImage")
    for transition, name in {"none": "none", "pan": r"pan-\d"}.items():
        page.goto(f"{base}#slideshow&transition={transition}")
        expect(picture).to_have_css("animation-name", re.compile(name))
    assert (
        page.locator(".slide.on").evaluate("e => getComputedStyle(e).transitionDuration") == "1.6s"
    )
    page.emulate_media(reduced_motion="reduce")
    expect(picture).to_have_css("animation-name", "none")


def test_high_photos_stand_side_by_side_on_a_wide_screen_each_once(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    low, other_low = sequences(library, 2)
    one, two = sequences(library, 2, size=(40, 60), alt_description="High")
    page = open_page("", viewport=WIDE)
    page.goto(f"{page.url}#slideshow&pairs=on&seconds=3&order=oldest")
    assert_shown_large(page, low)
    page.clock.run_for(3_000)
    assert_shown_large(page, other_low)
    page.clock.run_for(3_000)
    pictures = view(page).locator("img.on")
    expect(pictures).to_have_count(2)
    boxes = [picture.bounding_box() for picture in pictures.all()]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    expect(view(page).locator(".credit")).to_have_count(2)
    page.clock.run_for(3_000)
    assert_shown_large(page, low)
    page.set_viewport_size({"width": 600, "height": 900})
    page.clock.run_for(6_000)
    assert_shown_large(page, one)
    page.clock.run_for(3_000)
    assert_shown_large(page, two)


def test_a_caption_that_is_off_leaves_after_some_seconds_and_its_credit_stays_reachable(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    library.hang(1)
    page = open_page(f"{address}#slideshow&captions=off&seconds=60")
    caption = view(page).locator(".caption")
    expect(view(page).locator("img.on")).to_be_visible()
    expect(caption).to_have_css("opacity", "1")
    page.clock.run_for(6_000)
    expect(caption).to_have_css("opacity", "0")
    page.mouse.move(200, 200)
    page.mouse.move(210, 210)
    expect(caption).to_have_css("opacity", "1")
    page.clock.run_for(6_000)
    expect(caption).to_have_css("opacity", "0")
    page.keyboard.press("Tab")
    expect(caption.get_by_role("link").first).to_be_focused()
    page.clock.run_for(6_000)
    expect(caption).to_have_css("opacity", "1")


# --- Help ----------------------------------------------------------------------------------------


def test_the_keys_are_explained_in_a_dialog_that_gives_the_focus_back(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    library.hang(2)
    page = open_page(address)
    button = page.get_by_role("button", name="Keys")
    button.focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog.get_by_text("start the slide show")).to_be_visible()
    inside = "document.getElementById('help').contains(document.activeElement)"
    for key in ("Tab", "Tab", "Shift+Tab"):
        page.keyboard.press(key)
        assert page.evaluate(f"{inside} || document.activeElement === document.body")
    page.keyboard.press("s")
    expect(view(page)).to_be_hidden()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Close").click()
    page.locator(".picture").first.click()
    page.keyboard.press("?")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(view(page)).to_be_visible()


# --- Days and nights -----------------------------------------------------------------------------


def test_outside_of_its_hours_the_page_is_dark_and_idle_and_it_wakes_by_itself(
    library: GalleryLibrary, open_page: OpenPage, watch: Watch
) -> None:
    library.hang(3)
    page = open_page("", timezone_id=ZONE, viewport=WIDE)
    page.add_init_script(WAKE_LOCKS)
    page.clock.set_system_time(at("2026-11-23 22:29"))
    page.goto(f"{page.url}#slideshow&hours=07:00-22:30&seconds=20&clock=on")
    page.reload()
    expect(view(page).locator("img.on")).to_be_visible()
    wait_until(page, "window.locks === 1")
    expect(page.locator("#clock")).to_have_text("22:29")
    page.clock.run_for(60_000)
    expect(view(page).locator("img.on")).to_be_hidden()
    expect(page.locator("#clock")).to_be_hidden()
    expect(view(page)).to_have_css("background-color", "rgb(0, 0, 0)")
    wait_until(page, "window.locks === 0")
    page.wait_for_timeout(200)
    before = len(watch.asked)
    page.clock.run_for(10 * 60_000)
    assert len(watch.asked) - before <= 2  # news once in a quarter of an hour
    page.clock.fast_forward("08:18:00")
    page.clock.run_for(60_000)
    expect(view(page).locator("img.on")).to_be_hidden()
    page.clock.run_for(60_000)
    expect(view(page).locator("img.on")).to_be_visible()
    expect(page.locator("#clock")).to_have_text(re.compile("07:0"))
    wait_until(page, "window.locks === 1")
    next_shown(page, 20)


def test_nothing_stands_in_the_same_place_for_long(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(1)
    page = open_page("", viewport=WIDE)
    page.goto(f"{page.url}#slideshow&clock=on&fit=cover&seconds=86400")
    expect(view(page).locator("img.on")).to_be_visible()
    boxes: dict[str, list[tuple[int, ...]]] = {"#clock": [], ".caption": [], "#close": []}
    for _ in range(40):
        page.clock.fast_forward("00:05:00")
        for name, found in page.evaluate(
            """names => names.map(name => {
                const element = document.querySelector("#view " + name);
                const { x, y, right, bottom } = element.getBoundingClientRect();
                return [name, [x, y, right, bottom].map(Math.round)];
            })""",
            list(boxes),
        ):
            boxes[name].append(tuple(found))
    for name, seen in boxes.items():
        assert len(set(seen)) > 30, name
        assert all(
            x >= 0 and y >= 0 and right <= 1600 and bottom <= 900 for x, y, right, bottom in seen
        )
    for name in ("#clock", ".caption"):
        middle = [sum(box[0] <= x <= box[2] for box in boxes[name]) for x in range(0, 1600, 20)]
        assert max(middle) < 20, f"{name} covers no column half of the time"


@pytest.mark.long
def test_a_week_on_a_wall_leaves_the_page_as_it_was(
    library: GalleryLibrary, open_page: OpenPage, watch: Watch
) -> None:
    """New photos come, old ones go, nights pass, the files are gone for a while."""
    photos = library.hang(12) + library.hang(6, size=(40, 60))
    page = open_page("", timezone_id=ZONE, viewport=WIDE)
    page.clock.set_system_time(at("2026-11-23 06:00"))
    page.goto(
        f"{page.url}#slideshow&hours=07:00-23:00&seconds=60&order=random&pairs=on&fit=blur&clock=on"
        "&transition=pan"
    )
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    sizes = []
    for day in range(23, 30):
        go_to(page, at(f"2026-11-{day} 08:00"))
        expect(view(page).locator("img.on").first).to_be_visible()
        if day == 26:
            away = library.folder.root.rename(library.folder.root.with_name("away"))
            for _ in range(12):
                page.clock.fast_forward("00:01:00")
            away.rename(library.folder.root)
        for _ in range(10):
            page.clock.fast_forward("00:01:00")
            page.wait_for_timeout(5)
        photos += library.hang(1)
        ban(library.library, photos.pop(0).id)
        library.write()
        wait_for_check(page)
        expect(page.locator(f".photo[data-key^='{photos[-1].stored_sequence}-']")).to_have_count(1)
        go_to(page, at(f"2026-11-{day} 23:01"))
        expect(view(page)).to_have_class(re.compile("asleep"))
        wait_until(page, "document.querySelector('iframe') === null")
        session.send("HeapProfiler.collectGarbage")
        found = {
            one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]
        }
        sizes.append((found["Nodes"], found["JSEventListeners"], found["JSHeapUsedSize"]))
    early, late = (tuple(map(min, zip(*some, strict=True))) for some in (sizes[:2], sizes[-2:]))
    assert late[0] < early[0] * 1.3, f"elements and texts: {sizes}"
    assert late[1] < early[1] * 1.1, f"listeners: {sizes}"
    assert late[2] < early[2] * 1.25, f"bytes: {sizes}"
    assert all("ERR_FILE_NOT_FOUND" in trouble for trouble in watch.troubles)
    watch.troubles.clear()
