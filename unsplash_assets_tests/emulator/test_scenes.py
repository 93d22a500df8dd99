"""Tests of the scenes that the demo's pictures show, and of the canvas they are drawn on."""

import random

import hypothesis
import pytest
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from unsplash_assets.emulator.scenes import (
    SCENES,
    Canvas,
    Colour,
    colour,
    dunes,
    mix,
    ridge,
    waves,
)
from unsplash_assets_tests.conftest import Given

WHITE = (255, 255, 255)
BLACK = (0, 0, 0)
RED = (255, 0, 0)


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - draws pictures, no secret


def scene(name: str, size: tuple[int, int] = (120, 80), seed: int = 1) -> Image.Image:
    """Draw a scene of a topic, or the dunes of all other topics."""
    if name == "dunes":
        return dunes(size, dice(seed), tint=0.1)
    return SCENES[name](size, dice(seed))


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart: 0 if the same, 255 if one is black, the other white."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def painted(canvas: Canvas, fill: Colour = WHITE) -> set[tuple[int, int]]:
    """Return the pixels that have a colour."""
    width, height = canvas.image.size
    places = ((x, y) for x in range(width) for y in range(height))
    return {place for place in places if canvas.image.getpixel(place) == fill}


def black(width: int, height: int) -> Canvas:
    return Canvas((width, height), BLACK, BLACK)


# Colours


@pytest.mark.parametrize(
    ("hue", "saturation", "value", "expected"),
    [
        (0, 1, 1, (255, 0, 0)),
        (1 / 3, 1, 1, (0, 255, 0)),
        (2 / 3, 1, 0.6, (0, 0, 153)),
        (0.4, 0, 1, (255, 255, 255)),
        (0.4, 1, 0, (0, 0, 0)),
        (3, 1, 1, (255, 0, 0)),
        (-2 / 3, 1, 1, (0, 255, 0)),
        (-11 / 12, 1, 1, (255, 128, 0)),
        (1 / 12, 1, 1, (255, 128, 0)),
        (0, 1.5, 1.5, (255, 0, 0)),
    ],
)
def test_a_colour_is_made_of_hue_saturation_and_value(
    hue: float, saturation: float, value: float, expected: Colour
) -> None:
    assert colour(hue, saturation, value) == expected


@pytest.mark.parametrize(
    ("part", "expected"), [(0, (0, 100, 200)), (0.5, (50, 75, 110)), (1, (100, 50, 20))]
)
def test_a_mixed_colour_lies_between_the_two(part: float, expected: Colour) -> None:
    assert mix((0, 100, 200), (100, 50, 20), part) == expected


# The canvas


def test_a_canvas_begins_as_a_sky() -> None:
    image = Canvas((3, 101), BLACK, (200, 100, 50)).image
    reds = list(image.getchannel("R").crop((1, 0, 2, 101)).tobytes())
    assert reds == sorted(reds)
    assert image.getpixel((0, 0)) == pytest.approx(BLACK, abs=1)
    assert image.getpixel((1, 50)) == pytest.approx((100, 50, 25), abs=1)
    assert image.getpixel((2, 100)) == pytest.approx((200, 100, 50), abs=1)


def test_a_disc_is_round_on_any_canvas() -> None:
    canvas = black(101, 41)
    canvas.disc(0.5, 0.5, 0.25, WHITE)
    columns = {x for x, _ in painted(canvas)}
    rows = {y for _, y in painted(canvas)}
    assert (min(columns), max(columns)) == pytest.approx((40, 60), abs=1)
    assert (min(rows), max(rows)) == pytest.approx((10, 30), abs=1)
    assert len(painted(canvas)) == pytest.approx(3.14 * 10.25**2, rel=0.1)


def test_a_glow_is_brightest_in_its_middle() -> None:
    canvas = black(100, 100)
    canvas.glow(0.5, 0.5, 0.1, WHITE)
    shades = list(canvas.image.getchannel("R").crop((50, 50, 100, 51)).tobytes())
    assert shades[0] == 255
    assert shades[-1] == 0
    assert shades == sorted(shades, reverse=True)
    assert len(set(shades)) > 5


def test_a_box_has_its_corner_and_its_sides() -> None:
    canvas = black(10, 20)
    canvas.box(0.2, 0.5, 0.3, 0.1, WHITE)
    assert painted(canvas) == {(x, y) for x in (2, 3, 4) for y in (10, 11)}


def test_a_box_smaller_than_a_pixel_is_still_drawn() -> None:
    canvas = black(10, 10)
    canvas.box(0.5, 0.5, 0.001, 0.001, WHITE)
    assert painted(canvas) == {(5, 5)}


def test_a_see_through_shape_lets_the_ground_shine() -> None:
    canvas = black(10, 10)
    canvas.shape([(0, 0), (1, 0), (1, 1), (0, 1)], WHITE, alpha=51)
    assert canvas.image.getpixel((5, 5)) == (51, 51, 51)


def test_land_lies_below_its_line() -> None:
    canvas = black(101, 101)
    canvas.land([0.2, 0.8], WHITE)
    painted_here = painted(canvas)
    assert {(0, 25), (50, 55), (100, 85), (0, 100), (100, 100)} <= painted_here
    assert not {(0, 15), (50, 45), (100, 75)} & painted_here


def test_a_line_goes_through_its_points() -> None:
    canvas = black(101, 101)
    canvas.line([(0, 0.5), (0.5, 0.5), (0.5, 1)], WHITE)
    assert painted(canvas) == {(x, 50) for x in range(51)} | {(50, y) for y in range(50, 101)}


@pytest.mark.parametrize(
    ("start", "corner"), [(0, (20, 20)), (90, (39, 20)), (180, (39, 39)), (270, (20, 39))]
)
def test_a_slice_is_a_quarter_of_a_disc_that_fills_its_tile(
    start: int, corner: tuple[int, int]
) -> None:
    """Its point is in one corner of the tile, and the opposite corner stays free."""
    canvas = black(60, 60)
    canvas.slice(1 / 3, 1 / 3, 1 / 3, start, WHITE)
    pixels = painted(canvas)
    opposite = (59 - corner[0], 59 - corner[1])
    assert corner in pixels
    assert opposite not in pixels
    assert len(pixels) == pytest.approx(3.14 * 21**2 / 4, rel=0.05)
    assert all(19 <= x <= 40 and 19 <= y <= 40 for x, y in pixels)


# Lines


@hypothesis.given(st.integers(0, 1000), st.integers(1, 8))
def test_a_ridge_doubles_its_points_with_each_step_of_detail(seed: int, detail: int) -> None:
    assert len(ridge(dice(seed), 0.5, 0.2, detail=detail)) == 2**detail + 1


@hypothesis.given(st.integers(0, 1000))
def test_a_ridge_stays_near_its_base(seed: int) -> None:
    """The displacements shrink by 0.52 each time: they come to less than twice the first two."""
    assert all(abs(height - 0.5) < 0.2 * (1 + 1 / 0.48) for height in ridge(dice(seed), 0.5, 0.2))


def test_a_flat_ridge_is_flat() -> None:
    assert set(ridge(dice(1), 0.5, 0)) == {0.5}


@hypothesis.given(st.integers(0, 1000))
def test_waves_swing_around_their_base(seed: int) -> None:
    heights = waves(dice(seed), 0.5, 0.06)
    assert all(abs(height - 0.5) <= 0.06 * (1 + 1 / 2 + 1 / 3) for height in heights)
    assert len({round(height, 6) for height in heights}) > 40


# The scenes

NAMES = [*SCENES, "dunes"]


def test_each_topic_that_is_asked_for_by_default_has_a_scene(given: Given) -> None:
    assert set(given().topics) <= set(SCENES)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(120, 80), (80, 120), (90, 90), (1, 1), (2, 1), (1, 40)])
def test_a_scene_fills_its_size(name: str, size: tuple[int, int]) -> None:
    image = scene(name, size)
    assert image.size == size
    assert image.mode == "RGB"


@pytest.mark.parametrize("name", NAMES)
def test_there_is_something_to_see(name: str) -> None:
    spread = ImageStat.Stat(scene(name)).stddev
    assert max(spread) > 25


@pytest.mark.parametrize("name", NAMES)
def test_the_same_dice_draw_the_same_scene(name: str) -> None:
    assert scene(name).tobytes() == scene(name).tobytes()


@pytest.mark.parametrize("name", NAMES)
def test_other_dice_draw_another_scene(name: str) -> None:
    pictures = [scene(name, seed=seed) for seed in range(5)]
    distances = [difference(a, b) for a in pictures for b in pictures if a is not b]
    assert min(distances) > 5


def test_no_scene_looks_like_another() -> None:
    pictures = [scene(name) for name in NAMES]
    assert min(difference(a, b) for a in pictures for b in pictures if a is not b) > 10


@pytest.mark.parametrize("name", NAMES)
def test_a_scene_looks_alike_at_any_size(name: str) -> None:
    small = scene(name, (240, 160))
    shrunk = scene(name, (960, 640)).resize((240, 160), Image.Resampling.BOX)
    assert difference(small, shrunk) < 6
    assert difference(small, shrunk) < difference(small, scene(name, (240, 160), seed=2)) / 3


def test_dunes_take_the_hue_of_their_tint() -> None:
    means = [ImageStat.Stat(dunes((60, 40), dice(1), tint=tint)).mean for tint in (0, 1 / 3, 2 / 3)]
    reds, greens, blues = zip(*means, strict=True)
    assert len({max(range(3), key=shades.__getitem__) for shades in (reds, greens, blues)}) == 3
