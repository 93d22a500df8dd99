"""Tests of `gallery/web`: the gallery in a real browser, from a folder and from a server."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from unsplash_assets.gallery.page import MAX_NEWS
from unsplash_assets.library.removal import ban
from unsplash_assets_tests.support.browser import NewContext, Watch, folder_served
from unsplash_assets_tests.support.gallery_library import GalleryLibrary
from unsplash_assets_tests.support.gallery_page import (
    OpenPage,
    address_of,
    assert_shown_large,
    photos,
    set_visibility,
    view,
    wait_for_check,
    wait_for_thumbnails,
    wait_until,
)
from unsplash_assets_tests.support.paths import NODE_MODULES

pytestmark = [pytest.mark.browser, pytest.mark.needs("chromium")]

AXE = NODE_MODULES / "axe-core" / "axe.min.js"
HOSTILE = "\"'><script>window.hacked = 1</script><img src=x onerror='window.hacked = 2'>&amp;"
SHOWN_FOR = 10_000  # milliseconds


@pytest.fixture
def library(tmp_path: Path) -> Iterator[GalleryLibrary]:
    library = GalleryLibrary(tmp_path / "library of Zoë #1")
    yield library
    library.close()


# --- The grid ------------------------------------------------------------------------------------


def test_the_page_shows_photos_with_thumbnail_and_credit(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    library.hang(2, photographer="Ana", page_url="https://unsplash.com/photos/x")
    page = open_page(address)
    expect(photos(page)).to_have_count(2)
    expect(page.locator("#count")).to_have_text("2 photos")
    image = photos(page).first.locator("img")
    expect(image).to_have_js_property("naturalWidth", 60)
    expect(photos(page).first.locator(".credit")).to_have_text("Photo by Ana on Unsplash")
    expect(photos(page).first.locator(".credit a")).to_have_count(2)


def test_an_empty_library_says_so_until_the_first_photo_comes(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    page = open_page(address)
    expect(page.get_by_text("No photos yet")).to_be_visible()
    expect(page.locator("#play")).to_be_hidden()
    library.hang()
    library.write()
    wait_for_check(page)
    expect(photos(page)).to_have_count(1)
    expect(page.get_by_text("No photos yet")).to_be_hidden()
    expect(page.locator("#play")).to_be_visible()


def test_a_thousand_photos_load_only_the_visible_thumbnails(
    library: GalleryLibrary, open_page: OpenPage, watch: Watch
) -> None:
    library.hang(1000)
    page = open_page()
    expect(photos(page)).to_have_count(1000)
    expect(page.locator("#count")).to_have_text("1,000 photos")
    expect(photos(page).first.locator("img")).to_have_js_property("naturalWidth", 60)
    before = len([url for url in watch.asked if "_gallery" in url])
    assert 0 < before < 400
    page.keyboard.press("End")
    expect(photos(page).last.locator("img")).to_have_js_property("naturalWidth", 60)


def test_wide_and_narrow_pictures_of_a_row_are_equally_high(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    for size in [(90, 60), (40, 60), (60, 60)] * 4:
        library.hang(size=size)
    page = open_page(viewport={"width": 1200, "height": 900})
    boxes = [image.bounding_box() for image in page.locator(".picture").all()]
    rows: dict[int, set[int]] = {}
    for box in boxes:
        assert box is not None
        rows.setdefault(round(box["y"]), set()).add(round(box["height"]))
    assert len(rows) >= 2
    assert all(max(heights) - min(heights) <= 1 for heights in rows.values())


def test_a_photo_has_its_colour_before_its_picture_has_loaded(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(color="#0a64c8")
    picture = photos(open_page()).locator(".picture")
    expect(picture).to_have_css("background-color", "rgb(10, 100, 200)")


PIXELS_OF_BLUR = """async link => {
    const image = new Image();
    image.src = link.style.backgroundImage.slice(5, -2);
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const colours = [0, 15, 104, 176, 191].map(at => [...data.slice(4 * at, 4 * at + 3)]);
    return [image.width, image.height, colours];
}"""


def test_a_photo_is_blurred_until_its_thumbnail_has_loaded(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    """The colours are those that the npm package blurhash 2.0.5 finds."""
    library.hang(1, blur_hash=None, color="#0a64c8")
    library.hang(1, blur_hash="L" * 7)
    library.hang(1, blur_hash="LKO2?U%2Tw=w]~RBVZRi};RPxuwH")
    with folder_served(library.folder.root) as base:
        library.write()
        page = open_page("about:blank")
        page.route("**/_gallery/thumbnails/**", lambda _: None)
        page.goto(f"{base}/index.html")
        blurred, wrong, none = photos(page).locator(".picture").all()
        expect(blurred).to_have_css("background-image", re.compile("data:image/png"))
        assert blurred.evaluate(PIXELS_OF_BLUR) == [
            16,
            12,
            [[251, 193, 161], [229, 203, 175], [196, 161, 159], [233, 212, 184], [193, 189, 180]],
        ]
        for link in (wrong, none):
            expect(link).to_have_css("background-image", "none")
        page.close()


@pytest.mark.parametrize(
    ("scheme", "ground"), [("light", "rgb(250, 249, 247)"), ("dark", "rgb(19, 19, 18)")]
)
def test_the_page_is_light_or_dark_as_the_system_is(
    library: GalleryLibrary, open_page: OpenPage, scheme: str, ground: str
) -> None:
    library.hang()
    page = open_page(color_scheme=scheme)
    expect(page.locator("body")).to_have_css("background-color", ground)


def test_a_phone_shows_all_within_its_width(library: GalleryLibrary, open_page: OpenPage) -> None:
    library.hang(3, photographer="Wolfeschlegelsteinhausenbergerdorff" * 3)
    library.hang(1, "Donaudampfschifffahrtsgesellschaftskapitän" * 2, size=(90, 60))
    page = open_page(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for button in page.locator("button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 44
    photos(page).first.locator(".picture").tap()
    expect(view(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_phone_with_large_letters_shows_all_within_its_width(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(1, "Donaudampfschifffahrtsgesellschaftskapitän" * 2)
    library.hang(1, "sea")
    page = open_page(viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_a_long_topic_leaves_room_for_its_number(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(1, "Donaudampfschifffahrtsgesellschaftskapitän" * 2)
    library.hang(1, "sea")
    page = open_page(viewport={"width": 360, "height": 740})
    button = page.locator("#topics button").nth(1)
    assert _ends(button, "lastChild")[1] < _ends(button, "null")[1]


@pytest.mark.parametrize("topic", ["טבע", "الفن"])
def test_numbers_after_a_topic_that_is_read_from_the_right_stay_in_order(
    library: GalleryLibrary, open_page: OpenPage, topic: str
) -> None:
    library.hang(1, topic, photographer=topic)
    library.hang(1, "sea")
    page = open_page()
    facts = photos(page).last.locator(".facts")
    assert _ends(facts, "querySelector('bdi')")[1] <= _ends(facts, "childNodes[1]")[0]
    button = page.locator(f"#topics button[value='{topic}']")
    assert _ends(button, "firstChild")[1] <= _ends(button, "lastChild")[0]


def _ends(place: Locator, child: str) -> tuple[float, float]:
    """Return where a child of an element begins and ends; null is the element itself."""
    node = "element" if child == "null" else f"element.{child}"
    left, right = place.evaluate(
        f"""element => {{
            const range = document.createRange();
            range.selectNode({node});
            const {{ left, right }} = range.getBoundingClientRect();
            return [left, right];
        }}"""
    )
    return left, right


def test_a_pressed_button_is_recognizable_in_forced_colours(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(1, "sea")
    library.hang(1, "sky")
    page = open_page(forced_colors="active")
    grounds = [
        button.evaluate("button => getComputedStyle(button).backgroundColor")
        for button in page.locator("#topics button").all()
    ]
    assert grounds[0] != grounds[1] == grounds[2]


def test_hostile_texts_are_shown_as_they_are(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    library.hang(1, HOSTILE, photographer=HOSTILE, alt_description=HOSTILE)
    library.hang(1, "sea")
    page = open_page(address)
    expect(photos(page).last.locator(".credit")).to_have_text(f"Photo by {HOSTILE} on Unsplash")
    page.get_by_role("button", name=f"{HOSTILE} 1").click()
    expect(photos(page)).to_have_count(1)
    photos(page).first.locator(".picture").click()
    expect(view(page).locator(".caption p")).to_have_text(HOSTILE)
    page.keyboard.press("Escape")
    library.hang(1, HOSTILE, photographer=HOSTILE)
    library.write()
    wait_for_check(page)
    expect(photos(page)).to_have_count(2)
    assert page.evaluate("window.hacked") is None


def test_the_policy_stops_a_script_that_gets_into_the_page(
    library: GalleryLibrary, new_context: NewContext, watch: Watch
) -> None:
    library.hang()
    library.write()
    path = library.page
    path.write_text(path.read_text().replace("<main>", f"<main>{HOSTILE}"))
    page = new_context().new_page()
    page.goto(address_of(library))
    expect(photos(page)).to_have_count(1)
    assert page.evaluate("window.hacked") is None
    assert any("Content Security Policy" in trouble for trouble in watch.troubles)
    watch.troubles.clear()


def test_without_scripts_the_page_still_shows_the_photos(
    library: GalleryLibrary, new_context: NewContext
) -> None:
    library.hang(2)
    library.write()
    page = new_context(java_script_enabled=False).new_page()
    page.goto(address_of(library))
    expect(photos(page)).to_have_count(2)
    expect(page.locator("button:visible")).to_have_count(0)


# --- Topics --------------------------------------------------------------------------------------


def test_a_topic_can_be_shown_alone(library: GalleryLibrary, open_page: OpenPage) -> None:
    library.hang(2, "sea")
    library.hang(1, "日本")
    page = open_page()
    page.get_by_role("button", name="sea 2").click()
    expect(photos(page)).to_have_count(2)
    expect(page.locator("#count")).to_have_text("2 photos of sea")
    expect(page.get_by_role("button", name="sea 2")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="All 3").click()
    expect(photos(page)).to_have_count(3)


def test_the_large_view_keeps_to_the_topic(library: GalleryLibrary, open_page: OpenPage) -> None:
    (first,) = library.hang(1, "sea")
    library.hang(1, "sky")
    (last,) = library.hang(1, "sea")
    page = open_page()
    page.get_by_role("button", name="sea 2").click()
    photos(page).first.locator(".picture").click()
    assert_shown_large(page, last.stored_sequence)
    page.keyboard.press("ArrowRight")
    assert_shown_large(page, first.stored_sequence)


def test_one_topic_needs_no_choice(library: GalleryLibrary, open_page: OpenPage) -> None:
    library.hang(2)
    expect(open_page().locator("#topics")).to_be_hidden()


def test_a_choice_is_announced_to_screen_readers_and_a_new_photo_is_not(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(1, "sea")
    library.hang(1, "sky")
    page = open_page()
    announcement = page.get_by_role("status")
    page.get_by_role("button", name="sea 1").click()
    expect(announcement).to_have_text("1 photo of sea")
    library.hang(1, "sea")
    library.write()
    wait_for_check(page)
    expect(page.locator("#count")).to_have_text("2 photos of sea")
    expect(announcement).to_have_text("1 photo of sea")


# --- Search --------------------------------------------------------------------------------------


def test_a_search_finds_descriptions_photographers_and_topics(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(1, "sea", alt_description="Fog over a CAFÉ", photographer="Zoë Müller")
    library.hang(1, "sky", alt_description="A kite", photographer="Ana")
    page = open_page()
    page.keyboard.press("/")
    field = page.get_by_role("searchbox", name="Search the photos")
    expect(field).to_be_focused()
    for words, found in {"cafe fog": 1, "zoe": 1, "SKY": 1, "kite sea": 0, " ": 2}.items():
        field.fill(words)
        expect(photos(page)).to_have_count(found)
    field.fill("fog")
    expect(page.get_by_role("status")).to_have_text("1 photo with “fog”")
    library.hang(1, "sea", alt_description="Fog again")
    library.hang(1, "sea", alt_description="No such thing")
    library.write()
    wait_for_check(page)
    expect(photos(page)).to_have_count(2)
    page.get_by_role("button", name="sea 3").click()
    expect(page.locator("#count")).to_have_text("2 photos of sea with “fog”")
    field.fill(HOSTILE)
    expect(page.get_by_text("No photo has these words")).to_be_visible()
    expect(page.locator("#play")).to_be_hidden()
    field.press("s")
    expect(view(page)).to_be_hidden()
    assert page.evaluate("window.hacked") is None


# --- The large view ------------------------------------------------------------------------------


def test_keys_open_a_photo_turn_to_others_and_close_it(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    first, second, third = (photo.stored_sequence for photo in library.hang(3))
    page = open_page(address)
    page.keyboard.press("Tab")  # to the slide show
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert_shown_large(page, third)
    for key, sequence in [
        ("ArrowRight", second),
        ("ArrowRight", first),
        ("ArrowRight", third),
        ("ArrowLeft", first),
        ("Home", third),
        ("End", first),
    ]:
        page.keyboard.press(key)
        assert_shown_large(page, sequence)
    page.keyboard.press("Escape")
    expect(view(page)).to_be_hidden()
    expect(page.locator(f".photo[data-key^='{first}-'] .picture")).to_be_focused()


def test_the_large_view_has_credit_description_and_size(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(photographer="Ana", alt_description="Waves at night")
    page = open_page()
    photos(page).first.locator(".picture").click()
    caption = view(page).locator(".caption")
    expect(caption.locator("p")).to_have_text("Waves at night")
    expect(caption.locator(".credit a")).to_have_count(2)
    expect(caption.locator(".facts")).to_contain_text("60 \u00d7 40")
    expect(view(page).locator("img.on")).to_have_attribute("alt", "Waves at night")


def test_buttons_do_what_keys_do(library: GalleryLibrary, open_page: OpenPage) -> None:
    first, second = (photo.stored_sequence for photo in library.hang(2))
    page = open_page()
    photos(page).first.locator(".picture").click()
    page.get_by_role("button", name="Older photo").click()
    assert_shown_large(page, first)
    page.get_by_role("button", name="Newer photo").click()
    assert_shown_large(page, second)
    page.get_by_role("button", name="Close").click()
    expect(view(page)).to_be_hidden()


def test_a_swipe_turns_to_the_next_photo(library: GalleryLibrary, open_page: OpenPage) -> None:
    first, second = (photo.stored_sequence for photo in library.hang(2))
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    photos(page).first.locator(".picture").tap()
    assert_shown_large(page, second)
    swipe(page, 300, 60)
    assert_shown_large(page, first)
    swipe(page, 60, 300)
    assert_shown_large(page, second)


def swipe(page: Page, start: int, end: int) -> None:
    session = page.context.new_cdp_session(page)
    for kind, x in [("touchStart", start), ("touchMove", end), ("touchEnd", None)]:
        points = [] if x is None else [{"x": x, "y": 400}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_the_keyboard_stays_within_the_large_view(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(2)
    page = open_page()
    photos(page).first.locator(".picture").click()
    for key in ["Tab"] * 9 + ["Shift+Tab"] * 9:
        page.keyboard.press(key)
        assert page.evaluate("document.getElementById('view').contains(document.activeElement)")


def test_the_page_behind_the_large_view_does_not_scroll(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(60, size=(60, 60))
    page = open_page(viewport={"width": 800, "height": 600})
    photos(page).first.locator(".picture").click()
    page.mouse.move(400, 200)
    page.mouse.wheel(0, 900)
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") == 0
    page.keyboard.press("Escape")
    page.mouse.wheel(0, 900)
    wait_until(page, "scrollY > 0")


def test_a_swipe_pans_while_the_page_is_zoomed_in(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    _, second = (photo.stored_sequence for photo in library.hang(2))
    page = open_page(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    photos(page).first.locator(".picture").tap()
    assert_shown_large(page, second)
    page.context.new_cdp_session(page).send("Emulation.setPageScaleFactor", {"pageScaleFactor": 2})
    wait_until(page, "visualViewport.scale > 1")
    before = page.evaluate("visualViewport.pageLeft")
    drag(page, 300, 60)
    wait_until(page, f"visualViewport.pageLeft > {before} + 50")
    page.evaluate(  # other browsers report that the same finger was lifted
        """() => {
            const target = document.getElementById("view");
            for (const [kind, clientX] of [["touchstart", 300], ["touchend", 60]]) {
                const touches = [new Touch({ identifier: 1, target, clientX, clientY: 400 })];
                target.dispatchEvent(new TouchEvent(kind, { touches, changedTouches: touches }));
            }
        }"""
    )
    page.wait_for_timeout(200)
    assert_shown_large(page, second)


def drag(page: Page, start: int, end: int) -> None:
    session = page.context.new_cdp_session(page)
    step = (end - start) // 6
    for kind, x in [
        ("touchStart", start),
        *(("touchMove", x) for x in range(start, end, step)),
        ("touchEnd", None),
    ]:
        points = [] if x is None else [{"x": x, "y": 400}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_a_photo_that_vanishes_from_the_large_view_leaves_the_focus_at_the_newest(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    kept, banned = library.hang(2)
    page = open_page()
    photos(page).first.locator(".picture").click()
    assert_shown_large(page, banned.stored_sequence)
    ban(library.library, banned.id)
    library.write()
    wait_for_check(page)
    expect(page.get_by_role("button", name="Close")).to_be_visible()
    page.wait_for_timeout(200)
    page.keyboard.press("Escape")
    expect(photos(page)).to_have_count(1)
    kept_link = page.locator(f".photo[data-key^='{kept.stored_sequence}-'] .picture")
    expect(kept_link).to_be_focused()


def test_the_large_photo_is_announced_but_not_each_photo_of_the_slide_show(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(2)
    page = open_page()
    photos(page).first.locator(".picture").click()
    caption = view(page).locator(".caption")
    expect(caption).to_have_attribute("aria-live", "polite")
    page.keyboard.press(" ")
    expect(caption).to_have_attribute("aria-live", "off")
    page.keyboard.press(" ")
    expect(caption).to_have_attribute("aria-live", "polite")


def test_a_missing_picture_is_reported(
    library: GalleryLibrary, open_page: OpenPage, watch: Watch
) -> None:
    (photo,) = library.hang()
    page = open_page()
    library.folder.delete(photo.path)
    photos(page).first.locator(".picture").click()
    page.clock.run_for(1000)
    expect(view(page).locator(".caption")).to_contain_text("cannot be shown")
    assert all("ERR_FILE_NOT_FOUND" in trouble for trouble in watch.troubles)
    watch.troubles.clear()


# --- The slide show ------------------------------------------------------------------------------


def test_the_slide_show_begins_with_the_newest_and_repeats(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    first, second = (photo.stored_sequence for photo in library.hang(2))
    page = open_page(address)
    page.get_by_role("button", name="Slide show").click()
    for sequence in (second, first, second):
        assert_shown_large(page, sequence)
        page.clock.run_for(SHOWN_FOR + 1000)


def test_the_slide_show_fills_the_screen_until_escape(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(2)
    page = open_page()
    page.keyboard.press("s")
    wait_until(page, "document.fullscreenElement !== null")
    page.clock.run_for(5_000)
    expect(view(page)).to_have_class(re.compile("idle"))
    page.keyboard.press("Escape")
    wait_until(page, "document.fullscreenElement === null")
    expect(view(page)).to_be_hidden()


def test_a_link_starts_the_slide_show_at_its_own_pace(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    first, second = (photo.stored_sequence for photo in library.hang(2))
    page = open_page(f"{address}#slideshow=3")
    assert_shown_large(page, second)
    page.clock.run_for(3_500)
    assert_shown_large(page, first)


def test_the_slide_show_can_be_paused_where_it_is(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    _, second = (photo.stored_sequence for photo in library.hang(2))
    page = open_page()
    page.get_by_role("button", name="Slide show").click()
    assert_shown_large(page, second)
    page.keyboard.press(" ")
    page.clock.run_for(3 * SHOWN_FOR)
    assert_shown_large(page, second)
    expect(view(page)).not_to_have_class(re.compile("playing"))


def test_the_slide_show_starts_when_the_address_changes_to_it(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    first, second = (photo.stored_sequence for photo in library.hang(2))
    page = open_page()
    page.goto(f"{address_of(library)}#slideshow=3")
    assert_shown_large(page, second)
    page.clock.run_for(3_500)
    assert_shown_large(page, first)


def test_a_pace_beyond_the_limit_of_a_timer_is_not_fast(
    library: GalleryLibrary, open_page: OpenPage, watch: Watch
) -> None:
    first, second = library.hang(2)
    page = open_page(f"{address_of(library)}#slideshow=99999999")
    assert_shown_large(page, second.stored_sequence)
    page.clock.run_for(60_000)
    page.wait_for_timeout(200)
    assert not any(url.endswith(first.path) for url in watch.asked)


def test_a_tap_brings_the_buttons_back_and_presses_none(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(2)
    page = open_page(
        f"{address_of(library)}#slideshow",
        viewport={"width": 390, "height": 844},
        is_mobile=True,
        has_touch=True,
    )
    expect(view(page).locator("img.on")).to_be_visible()
    page.clock.run_for(4_000)
    expect(view(page)).to_have_class(re.compile("idle"))
    box = page.locator("#close").bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + 20, box["y"] + 20)
    expect(view(page)).not_to_have_class(re.compile("idle"))
    expect(view(page)).to_be_visible()
    page.touchscreen.tap(box["x"] + 20, box["y"] + 20)
    expect(view(page)).to_be_hidden()


def test_the_slide_show_of_one_photo_keeps_its_pace_whatever_is_pressed(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    (photo,) = library.hang()
    page = open_page(f"{address_of(library)}#slideshow=3")
    assert_shown_large(page, photo.stored_sequence)
    for _ in range(5):
        page.keyboard.press("Home")
    page.evaluate(
        """() => {
            window.shows = 0;
            const decode = HTMLImageElement.prototype.decode;
            HTMLImageElement.prototype.decode = function () {
                window.shows += 1;
                return decode.call(this);
            };
        }"""
    )
    for _ in range(4):
        page.clock.run_for(3_000)
        page.wait_for_timeout(100)
    assert 1 <= page.evaluate("window.shows") <= 4


def test_the_slide_show_rests_while_the_page_is_hidden(
    library: GalleryLibrary, open_page: OpenPage, watch: Watch
) -> None:
    first, second, third = library.hang(3)
    page = open_page(f"{address_of(library)}#slideshow=3")
    assert_shown_large(page, third.stored_sequence)
    set_visibility(page, hidden=True)
    for _ in range(3):
        page.clock.run_for(3_500)
        page.wait_for_timeout(100)
    assert not any(url.endswith((first.path, second.path)) for url in watch.asked)
    set_visibility(page, hidden=False)
    for photo in (third, second, first):
        assert_shown_large(page, photo.stored_sequence)
        page.clock.run_for(3_500)


def test_the_screen_may_sleep_once_the_slide_show_is_stopped(
    library: GalleryLibrary, new_context: NewContext
) -> None:
    """The browser may grant the wake lock late."""
    library.hang()
    library.write()
    page = new_context().new_page()
    page.add_init_script(
        """window.awake = 0;
        const lock = { release: () => { window.awake -= 1; } };
        const granted = new Promise((resolve) => {
            window.grant = () => { window.awake += 1; resolve(lock); };
        });
        Object.defineProperty(navigator, "wakeLock", { value: { request: () => granted } });"""
    )
    page.goto(f"{address_of(library)}#slideshow")
    expect(view(page).locator("img.on")).to_be_visible()
    page.keyboard.press(" ")
    page.evaluate("window.grant()")
    wait_until(page, "window.awake === 0")


def test_the_slide_show_skips_a_picture_that_does_not_load(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    first, second, third = library.hang(3)
    with folder_served(library.folder.root) as base:
        page = open_page(f"{base}/index.html")
        page.route(f"**/{second.path}", lambda _: None)
        page.get_by_role("button", name="Slide show").click()
        assert_shown_large(page, third.stored_sequence)
        page.clock.run_for(SHOWN_FOR + 1000)
        page.clock.run_for(30_000)
        page.clock.run_for(2_000)
        assert_shown_large(page, first.stored_sequence)
        page.close()


def test_turning_by_hand_moves_the_slide_show(library: GalleryLibrary, open_page: OpenPage) -> None:
    first, _, third = (photo.stored_sequence for photo in library.hang(3))
    page = open_page(f"{address_of(library)}#slideshow=15")
    assert_shown_large(page, third)
    (new,) = library.hang()
    library.write()
    wait_for_check(page)
    expect(page.locator(".photo")).to_have_count(4)
    page.clock.run_for(16_000)
    assert_shown_large(page, new.stored_sequence)
    page.keyboard.press("End")
    assert_shown_large(page, first)
    page.clock.run_for(15_500)
    assert_shown_large(page, new.stored_sequence)


def test_the_slide_show_skips_a_missing_picture(
    library: GalleryLibrary, open_page: OpenPage, watch: Watch
) -> None:
    first, second, third = library.hang(3)
    page = open_page()
    library.folder.delete(second.path)
    page.get_by_role("button", name="Slide show").click()
    assert_shown_large(page, third.stored_sequence)
    page.clock.run_for(SHOWN_FOR + 1000)
    page.clock.run_for(1000)
    assert_shown_large(page, first.stored_sequence)
    watch.troubles.clear()


def test_the_slide_show_inserts_a_new_photo_and_goes_on_where_it_was(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    first, second, third = (photo.stored_sequence for photo in library.hang(3))
    page = open_page(f"{address}#slideshow=15")
    assert_shown_large(page, third)
    page.clock.run_for(15_500)
    assert_shown_large(page, second)
    (new,) = library.hang()
    library.write()
    page.clock.run_for(6_000)  # the next check for news
    expect(page.locator(".photo")).to_have_count(4)
    page.clock.run_for(9_500)
    assert_shown_large(page, new.stored_sequence)
    page.clock.run_for(15_500)
    assert_shown_large(page, first)


def test_a_slide_show_by_link_starts_with_the_first_photo(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.write()
    page = open_page(f"{address_of(library)}#slideshow")
    expect(page.get_by_text("No photos yet")).to_be_visible()
    (first,) = library.hang()
    library.write()
    wait_for_check(page)
    assert_shown_large(page, first.stored_sequence)


def test_the_slide_show_does_not_flood_a_server_that_is_down(
    library: GalleryLibrary, open_page: OpenPage, watch: Watch
) -> None:
    library.hang(3)
    with folder_served(library.folder.root) as base:
        page = open_page(f"{base}/index.html#slideshow=3")
        expect(view(page).locator("img.on")).to_be_visible()
    before = len(watch.asked)
    page.clock.run_for(15_000)
    asked = [url for url in watch.asked[before:] if url.endswith(".jpg")]
    assert 1 <= len(asked) <= 15
    page.close()
    assert all("ERR_CONNECTION_RE" in trouble for trouble in watch.troubles)  # refused, or reset
    watch.troubles.clear()


# --- New photos ----------------------------------------------------------------------------------


def test_a_new_photo_appears_without_a_reload(
    library: GalleryLibrary, open_page: OpenPage, address: str, watch: Watch
) -> None:
    library.hang(2)
    page = open_page(address)
    wait_for_thumbnails(page)
    page.evaluate("window.sameDocument = true")
    (new,) = library.hang(1, "sky", color="#0a64c8")
    library.write()
    before = len(watch.asked)
    wait_for_check(page)
    expect(photos(page)).to_have_count(3)
    expect(photos(page).first).to_have_attribute(
        "data-key", re.compile(rf"^{new.stored_sequence}-")
    )
    expect(photos(page).first.locator(".picture")).to_have_css(
        "background-color", "rgb(10, 100, 200)"
    )
    expect(photos(page).first.locator("img")).to_have_js_property("naturalWidth", 60)
    expect(page.get_by_role("button", name="sky 1")).to_be_visible()
    assert page.evaluate("window.sameDocument") is True
    assert page.locator("iframe").count() == 0
    looks = [urlsplit(url).path.rpartition("/")[2] for url in watch.asked[before:]]
    assert looks.count("news.html") == 1
    assert "index.html" not in looks
    pictures = {url for url in watch.asked[before:] if url.endswith((".jpg", ".webp"))}
    known = {url for url in watch.asked[:before] if url.endswith((".jpg", ".webp"))}
    assert len(pictures - known) == 1, "the new thumbnail, and no picture in full"


def test_a_removed_photo_disappears_without_a_reload(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    banned, _ = library.hang(2)
    page = open_page(address)
    wait_for_thumbnails(page)
    ban(library.library, banned.id)
    library.write()
    wait_for_check(page)
    expect(photos(page)).to_have_count(1)


def test_a_page_of_another_version_is_reloaded(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    library.hang(2)
    page = open_page(address)
    path = library.folder.path("_gallery/page/news.html")
    path.write_text(re.sub(r'data-build="\w+"', 'data-build="another"', path.read_text(), count=1))
    with page.expect_navigation():
        wait_for_check(page)
    expect(photos(page)).to_have_count(2)


def test_new_photos_keep_to_the_topic_that_is_shown(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    library.hang(1, "sea")
    library.hang(1, "sky")
    page = open_page()
    page.get_by_role("button", name="sky 1").click()
    library.hang(1, "sea")
    library.write()
    wait_for_check(page)
    expect(page.get_by_role("button", name="sea 2")).to_be_visible()
    expect(photos(page)).to_have_count(1)


def test_the_page_reloads_if_more_photos_arrived_than_the_news_lists(
    library: GalleryLibrary, open_page: OpenPage, address: str
) -> None:
    library.hang(2)
    page = open_page(address)
    library.hang(MAX_NEWS + 1)
    library.write()
    with page.expect_navigation():
        wait_for_check(page)
    expect(photos(page)).to_have_count(MAX_NEWS + 3)


def test_photos_of_the_other_mode_do_not_get_into_an_open_page(
    library: GalleryLibrary, open_page: OpenPage
) -> None:
    """Both modes may share a folder, and the demo's page says that its pictures are drawn."""
    demo = GalleryLibrary(library.folder.root, "demo")
    demo.hang(2)
    page = open_page()
    demo.write()
    page.reload()
    expect(page.locator("h1")).to_have_text("Demo photos")
    library.hang()
    library.write()
    with page.expect_navigation():
        wait_for_check(page)
    expect(page.locator("h1")).to_have_text("Photos")
    expect(photos(page)).to_have_count(1)
    demo.close()


def test_a_gallery_within_another_page_works_and_sends_that_page_nothing(
    library: GalleryLibrary, new_context: NewContext, tmp_path: Path, watch: Watch
) -> None:
    library.hang(2)
    library.write()
    outside = tmp_path / "outside"
    outside.mkdir()
    with folder_served(library.folder.root) as inner, folder_served(outside) as outer:
        (outside / "index.html").write_text(
            '<link rel="icon" href="data:,">'
            "<script>window.received = []; onmessage = ({ data }) => received.push(data)</script>"
            f'<iframe src="{inner}/index.html"></iframe>'
            f'<iframe src="{inner}/_gallery/page/news.html"></iframe>'
        )
        page = new_context().new_page()
        page.clock.install()
        page.goto(f"{outer}/index.html")
        gallery = page.frame_locator("iframe").first
        expect(gallery.locator(".photo")).to_have_count(2)
        library.hang()
        library.write()
        wait_for_check(page)
        expect(gallery.locator(".photo")).to_have_count(3)
        assert page.evaluate("window.received") == []
    assert all("does not match the recipient window" in trouble for trouble in watch.troubles)
    watch.troubles.clear()


# --- Accessibility -------------------------------------------------------------------------------


@pytest.mark.needs("npm", "axe-core")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "what", ["an empty library", "the grid", "the large view", "the slide show", "the keys"]
)
def test_axe_finds_no_violation(
    library: GalleryLibrary, open_page: OpenPage, scheme: str, what: str
) -> None:
    if what != "an empty library":
        library.hang(3)
        library.hang(2, "sky", description=None, alt_description=None)
    asked = "#slideshow&clock=on&captions=small&fit=blur&colour=red"
    address = address_of(library) + (asked if what == "the slide show" else "")
    page = open_page(address, color_scheme=scheme)
    if what == "the keys":
        page.keyboard.press("?")
    if what == "the large view":
        photos(page).first.locator(".picture").click()
        expect(view(page).locator("img.on")).to_be_visible()
    if what == "the slide show":
        expect(page.get_by_role("alert")).to_be_visible()
        expect(view(page).locator("img.on")).to_be_visible()
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run()")
    assert [(one["impact"], one["id"], one["help"]) for one in found["violations"]] == []
    assert len(found["passes"]) > 10
