"""Tests of the tools that scenes are drawn with: colours, pens, the canvas, grain and lines."""

import itertools
import random
from collections import Counter

import hypothesis
import pytest
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from unsplash_assets.emulator.drawing.canvas import (
    Canvas,
    Colour,
    Pen,
    add_grain,
    chosen,
    colour,
    gradient,
    mix,
    ridge,
    soft_size,
    waves,
)

WHITE = (255, 255, 255)
BLACK = (0, 0, 0)
RED = (255, 0, 0)
SIZES = st.tuples(st.integers(1, 40), st.integers(1, 40))
PARTS = st.floats(-0.5, 1.5)


def dice(seed: int = 1) -> random.Random:
    return random.Random(seed)  # noqa: S311 - draws pictures, no secret


def paper(width: int, height: int) -> Pen:
    return Pen(Image.new("L", (width, height)))


def black(width: int, height: int) -> Canvas:
    return Canvas((width, height), BLACK)


def painted(image: Image.Image) -> set[tuple[int, int]]:
    """Return the pixels that are white."""
    grey, (width, height) = image.convert("L"), image.size
    places = ((x, y) for x in range(width) for y in range(height))
    return {place for place in places if grey.getpixel(place) == 255}


def shades(image: Image.Image, x: int) -> list[int]:
    """Return the reds of a column, from the top down."""
    return list(image.getchannel("R").crop((x, 0, x + 1, image.height)).tobytes())


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


def test_a_chosen_palette_is_one_of_those_given_near_its_own_hues() -> None:
    palettes = ("ff0000 808080", "0000ff ffffff")
    seen = [chosen(palettes, dice(seed)) for seed in range(40)]
    assert {(first.index(255), second) for first, second in seen} == {
        (0, (128, 128, 128)),
        (2, WHITE),
    }
    assert max(min(first) for first, _ in seen) == 0
    assert 0 < max(sorted(first)[1] for first, _ in seen) < 255 * 0.16
    assert len({tuple(first) for first, _ in seen}) > 20


@pytest.mark.parametrize("height", [1, 2, 101])
def test_a_gradient_goes_through_its_colours_from_the_top_down(height: int) -> None:
    image = gradient((3, height), BLACK, (200, 100, 50), WHITE)
    assert image.size == (3, height)
    assert shades(image, 0) == sorted(shades(image, 0)) == shades(image, 2)


def test_a_gradient_begins_and_ends_with_its_colours() -> None:
    image = gradient((2, 101), BLACK, (200, 100, 50), WHITE)
    for y, expected in ((0, BLACK), (50, (200, 100, 50)), (100, WHITE)):
        assert image.getpixel((1, y)) == pytest.approx(expected, abs=4)


# Pens


def test_a_disc_is_round_on_any_image() -> None:
    pen = paper(101, 41)
    pen.disc(0.5, 0.5, 0.25)
    columns = {x for x, _ in painted(pen.image)}
    rows = {y for _, y in painted(pen.image)}
    assert (min(columns), max(columns)) == pytest.approx((40, 60), abs=1)
    assert (min(rows), max(rows)) == pytest.approx((10, 30), abs=1)
    assert len(painted(pen.image)) == pytest.approx(3.14 * 10.25**2, rel=0.1)


def test_an_oval_has_its_two_half_axes() -> None:
    pen = paper(100, 50)
    pen.oval(0.5, 0.5, 0.3, 0.2)
    assert pen.image.getbbox() == pytest.approx((20, 15, 80, 35), abs=1)


def test_a_box_has_its_corner_and_its_sides() -> None:
    pen = paper(10, 20)
    pen.box(0.2, 0.5, 0.3, 0.1)
    assert painted(pen.image) == {(x, y) for x in (2, 3, 4) for y in (10, 11)}


def test_a_box_smaller_than_a_pixel_is_still_drawn() -> None:
    pen = paper(10, 10)
    pen.box(0.5, 0.5, 0.001, 0.001)
    assert painted(pen.image) == {(5, 5)}


def test_a_line_goes_through_its_points() -> None:
    pen = paper(101, 101)
    pen.line([(0, 0.5), (0.5, 0.5), (0.5, 1)], 0.001)
    assert painted(pen.image) == {(x, 50) for x in range(51)} | {(50, y) for y in range(50, 101)}


@pytest.mark.parametrize(
    ("start", "corner"), [(0, (20, 20)), (90, (39, 20)), (180, (39, 39)), (270, (20, 39))]
)
def test_a_slice_is_a_quarter_of_a_disc_that_fills_its_tile(
    start: int, corner: tuple[int, int]
) -> None:
    """Its point is in one corner of the tile, and the opposite corner stays free."""
    pen = paper(60, 60)
    pen.slice(1 / 3, 1 / 3, 1 / 3, start)
    pixels = painted(pen.image)
    opposite = (59 - corner[0], 59 - corner[1])
    assert corner in pixels
    assert opposite not in pixels
    assert len(pixels) == pytest.approx(3.14 * 21**2 / 4, rel=0.05)
    assert all(19 <= x <= 40 and 19 <= y <= 40 for x, y in pixels)


def test_panes_stand_in_rows_between_frames() -> None:
    pen = paper(20, 20)
    pen.panes((0.1, 0.2), (0.2, 0.2), 3, bytes([255, 0, 255, 0, 255, 0]), frame=0.5)
    panes = {(column, row) for column, row in ((0, 0), (2, 0), (1, 1))}
    expected = {
        (2 + column * 4 + x, 4 + row * 4 + y)
        for column, row in panes
        for x in (2, 3)
        for y in (2, 3)
    }
    assert painted(pen.image) == expected


def test_panes_smaller_than_a_pixel_are_not_drawn() -> None:
    pen = paper(20, 20)
    pen.panes((0, 0), (0.01, 0.2), 2, bytes([255, 255]))
    assert pen.image.getbbox() is None


def test_a_band_shows_its_part_of_the_whole() -> None:
    whole, band = paper(30, 40), Pen(Image.new("L", (30, 10)), (30, 40), 15)
    for pen in (whole, band):
        pen.disc(0.5, 0.5, 0.4, 90)
        pen.box(0.1, 0.3, 0.5, 0.2, 200)
        pen.shape([(0.2, 0.1), (0.9, 0.5), (0.3, 0.9)], 255)
        pen.line([(0, 0.2), (1, 0.7)], 0.03, 120)
        pen.slice(0.5, 0.5, 0.2, 90, 60)
        pen.panes((0.6, 0.3), (0.2, 0.1), 2, bytes([30, 40, 50, 60]))
    assert band.image.tobytes() == whole.image.crop((0, 15, 30, 25)).tobytes()


# The canvas


def test_a_canvas_begins_as_a_sky() -> None:
    image = Canvas((3, 101), BLACK, (200, 100, 50)).image
    assert image.getpixel((0, 0)) == pytest.approx(BLACK, abs=1)
    assert image.getpixel((1, 50)) == pytest.approx((100, 50, 25), abs=1)
    assert image.getpixel((2, 100)) == pytest.approx((200, 100, 50), abs=1)


def test_colour_goes_through_what_was_cut_and_nowhere_else() -> None:
    canvas = black(20, 20)
    stencil = canvas.stencil()
    stencil.box(0.2, 0.3, 0.4, 0.5)
    stencil.box(0.3, 0.4, 0.1, 0.1, 0)
    canvas.spray(stencil, WHITE)
    whole = {(x, y) for x in range(4, 12) for y in range(6, 16)}
    assert painted(canvas.image) == whole - {(x, y) for x in (6, 7) for y in (8, 9)}


def test_an_edge_between_pixels_is_half_a_shade() -> None:
    canvas = black(10, 10)
    stencil = canvas.stencil()
    stencil.box(0, 0, 0.55, 1)
    canvas.spray(stencil, WHITE)
    assert list(canvas.image.getchannel("R").crop((4, 5, 7, 6)).tobytes()) == [255, 128, 0]


def test_a_stencil_of_some_rows_does_what_a_whole_one_does() -> None:
    pictures = []
    for rows in ((0.0, 1.0), (0.33, 0.81)):
        canvas = black(40, 30)
        stencil = canvas.stencil(*rows)
        stencil.disc(0.4, 0.57, 0.21)
        canvas.spray(stencil, WHITE, RED)
        pictures.append(canvas.image.tobytes())
    assert pictures[0] == pictures[1]


def test_nothing_cut_lets_nothing_through() -> None:
    canvas = black(10, 10)
    canvas.spray(canvas.stencil(), WHITE)
    assert canvas.image.getbbox() is None


def test_a_thin_spray_lets_the_ground_shine() -> None:
    canvas = black(10, 10)
    stencil = canvas.stencil()
    stencil.box(0, 0, 1, 1)
    canvas.spray(stencil, WHITE, alpha=0.2)
    assert canvas.image.getpixel((5, 5)) == (51, 51, 51)


def test_a_spray_changes_its_colour_from_the_top_of_what_was_cut_to_its_foot() -> None:
    canvas = black(10, 100)
    stencil = canvas.stencil()
    stencil.box(0, 0.5, 1, 0.2)
    canvas.spray(stencil, (50, 50, 50), (200, 200, 200))
    column = shades(canvas.image, 5)
    assert column[:50] == [0] * 50
    assert column[70:] == [0] * 30
    assert (column[50], column[69]) == pytest.approx((50, 200), abs=8)
    assert column[50:70] == sorted(column[50:70])


def test_a_soft_spray_has_no_edge() -> None:
    canvas = black(100, 100)
    stencil = canvas.stencil()
    stencil.box(0, 0.5, 1, 0.5)
    canvas.spray(stencil, WHITE, soft=0.04)
    column = shades(canvas.image, 50)
    steps = [after - before for before, after in itertools.pairwise(column)]
    assert column[20] == 0
    assert column[95] == pytest.approx(255, abs=3)
    assert max(steps) < 60


@pytest.mark.parametrize("size", [(30, 20), (1200, 900)])
def test_shapes_of_many_colours_are_drawn_with_smooth_edges(size: tuple[int, int]) -> None:
    canvas = Canvas(size, BLACK)

    def draw(pen: Pen, _: random.Random) -> None:
        pen.disc(0.5, 0.5, 0.45, RED)
        pen.box(0, 0, 0.1, 0.1, WHITE)

    canvas.finely(dice(), draw)
    middle = (size[0] // 2, size[1] // 2)
    assert canvas.image.getpixel(middle) == RED
    assert canvas.image.getpixel((0, 0)) == WHITE
    assert len(Counter(canvas.image.getchannel("R").tobytes())) >= 5


def test_each_band_of_a_large_picture_is_drawn_with_the_same_dice() -> None:
    canvas, thrown = Canvas((1200, 1600), BLACK), []
    canvas.finely(dice(), lambda _, again: thrown.append(again.random()))
    assert len(thrown) > 1
    assert len(set(thrown)) == 1


def test_land_lies_below_its_line() -> None:
    canvas = black(101, 101)
    canvas.land([0.2, 0.8], WHITE)
    here = painted(canvas.image)
    assert {(0, 25), (50, 55), (100, 85), (0, 100), (100, 100)} <= here
    assert not {(0, 15), (50, 45), (100, 75)} & here


def test_land_below_the_picture_is_not_seen() -> None:
    canvas = black(10, 10)
    canvas.land([1.2, 1], WHITE)
    assert canvas.image.getbbox() is None


def test_a_light_is_brightest_in_its_middle_and_ends_at_its_radius() -> None:
    canvas = black(100, 100)
    canvas.light(0.5, 0.5, 0.4, WHITE)
    row = list(canvas.image.getchannel("R").crop((50, 50, 100, 51)).tobytes())
    assert row[0] > 245
    assert row == sorted(row, reverse=True)
    assert set(row[40:]) == {0}
    assert row[36] < 8
    assert canvas.image.getpixel((14, 14)) == BLACK


def test_a_light_beyond_the_picture_falls_into_it() -> None:
    canvas, whole = black(50, 100), black(100, 100)
    canvas.light(-0.2, 0.5, 0.8, RED)
    whole.light(0.4, 0.5, 0.4, RED)
    assert canvas.image.getpixel((0, 50)) == pytest.approx(whole.image.getpixel((50, 50)), abs=4)
    assert canvas.image.getpixel((49, 50)) == BLACK


def test_still_water_shows_what_is_above_it_upside_down() -> None:
    canvas = black(100, 100)
    canvas.land([0.3, 0.3], WHITE)
    canvas.mirror(0.6, BLACK, 0)
    column = shades(canvas.image, 50)
    assert set(column[:29]) == {0}
    assert min(column[31:86]) > 240
    assert max(column[94:]) < 15


def test_water_takes_from_the_light_of_what_it_mirrors() -> None:
    canvas = Canvas((10, 100), WHITE)
    canvas.mirror(0.5, BLACK, 0.25)
    assert canvas.image.getpixel((5, 30)) == WHITE
    assert canvas.image.getpixel((5, 80)) == pytest.approx((191, 191, 191), abs=1)


def test_what_is_soft_is_drawn_small_and_enlarged() -> None:
    assert soft_size((1080, 720)) == (450, 300)
    assert soft_size((200, 100)) == (200, 100)
    assert soft_size((5000, 1)) == (5000, 1)
    canvas = Canvas((10, 10), RED)
    canvas.enlarge((35, 20))
    canvas.land([0.5, 0.5], WHITE)
    assert canvas.image.size == (35, 20)
    assert painted(canvas.image) == {(x, y) for x in range(35) for y in range(10, 20)}


@hypothesis.given(SIZES, PARTS, PARTS, st.floats(0.001, 2))
def test_a_canvas_of_any_size_takes_anything_anywhere(
    size: tuple[int, int], x: float, y: float, part: float
) -> None:
    canvas = Canvas(size, BLACK, WHITE)
    stencil = canvas.stencil(y, y + part)
    stencil.disc(x, y, part)
    canvas.spray(stencil, WHITE, RED, alpha=0.5, soft=part / 20)
    canvas.land([y, x], WHITE)
    canvas.light(x, y, part, RED)
    canvas.mirror(y, RED)
    canvas.finely(dice(), lambda pen, _: pen.box(x, y, part, part, RED))
    assert canvas.image.size == size


# Grain


@pytest.mark.parametrize("size", [(300, 280), (256, 512), (20, 3)])
def test_grain_is_fine_and_changes_no_colour_as_a_whole(size: tuple[int, int]) -> None:
    plain = Image.new("RGB", size, (100, 150, 60))
    image = plain.copy()
    add_grain(image, dice())
    assert ImageStat.Stat(image).mean == pytest.approx([100, 150, 60], abs=0.5)
    assert 1 < ImageStat.Stat(image).stddev[0] < 3
    assert max(ImageChops.difference(plain, image).tobytes()) == 3


def test_grain_is_the_same_for_the_same_dice() -> None:
    images = [Image.new("RGB", (20, 20), (100, 150, 60)) for _ in range(3)]
    for image, seed in zip(images, (1, 1, 2), strict=True):
        add_grain(image, dice(seed))
    assert images[0].tobytes() == images[1].tobytes() != images[2].tobytes()


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


@hypothesis.given(st.integers(0, 1000))
def test_fewer_turns_make_longer_waves(seed: int) -> None:
    def length(turns: float) -> float:
        heights = waves(dice(seed), 0.5, 0.06, turns=turns)
        return sum(abs(b - a) for a, b in itertools.pairwise(heights))

    assert length(0.25) < length(2)
