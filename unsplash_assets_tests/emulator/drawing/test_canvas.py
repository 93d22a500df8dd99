"""Tests of the canvas that scenes are painted on, and of the shapes."""

import itertools

import hypothesis
import pytest
from hypothesis import strategies as st
from PIL import Image

from unsplash_assets.emulator.drawing.canvas import Canvas, arc, box, gradient

WHITE = (255, 255, 255)
BLACK = (0, 0, 0)
RED = (255, 0, 0)


def black(width: int, height: int) -> Canvas:
    return Canvas((width, height), BLACK, BLACK)


def painted(image: Image.Image) -> set[tuple[int, int]]:
    """Return the pixels that are white."""
    grey, (width, height) = image.convert("L"), image.size
    places = ((x, y) for x in range(width) for y in range(height))
    return {place for place in places if grey.getpixel(place) == 255}


def row(image: Image.Image, y: int, start: int = 0) -> list[int]:
    """Return the reds of a row, from the left."""
    return list(image.getchannel("R").crop((start, y, image.width, y + 1)).tobytes())


def column(image: Image.Image, x: int) -> list[int]:
    """Return the reds of a column, from the top down."""
    return list(image.getchannel("R").crop((x, 0, x + 1, image.height)).tobytes())


def test_a_canvas_starts_small_as_a_sky_and_grows_to_its_size() -> None:
    canvas = Canvas((1200, 900), BLACK, (200, 100, 50))
    assert canvas.image.size == (400, 300)
    canvas.enlarge()
    assert canvas.image.size == (1200, 900)
    assert canvas.image.getpixel((0, 0)) == pytest.approx(BLACK, abs=2)
    assert canvas.image.getpixel((600, 450)) == pytest.approx((100, 50, 25), abs=2)
    assert canvas.image.getpixel((1199, 899)) == pytest.approx((200, 100, 50), abs=2)


@pytest.mark.parametrize("height", [1, 2, 101])
def test_a_gradient_runs_through_its_colours_from_the_top_down(height: int) -> None:
    image = gradient((3, height), BLACK, (200, 100, 50), WHITE)
    assert image.size == (3, height)
    assert column(image, 0) == sorted(column(image, 0)) == column(image, 2)


def test_a_gradient_has_its_colours_at_its_ends_and_between() -> None:
    image = gradient((2, 101), BLACK, (200, 100, 50), WHITE)
    for y, expected in ((0, BLACK), (50, (200, 100, 50)), (100, WHITE)):
        assert image.getpixel((1, y)) == pytest.approx(expected, abs=4)


def test_paint_fills_shapes_and_nothing_else() -> None:
    canvas = black(40, 40)
    canvas.paint([box(0.2, 0.3, 0.4, 0.5), box(0.9, 0.9, 0.05, 0.05)], WHITE)
    inside = {(x, y) for x in range(9, 23) for y in range(13, 31)}
    around = {(x, y) for x in range(7, 26) for y in range(11, 34)} | {
        (x, y) for x in (35, 36, 37, 38) for y in (35, 36, 37, 38)
    }
    assert inside <= painted(canvas.image) <= around


def test_an_edge_between_pixels_is_smooth() -> None:
    canvas = black(10, 10)
    canvas.paint([box(0, 0, 0.53, 1)], WHITE)
    assert row(canvas.image, 5)[4] == 255
    assert 60 < row(canvas.image, 5)[5] < 200
    assert row(canvas.image, 5)[6] == 0


def test_a_circle_is_round_on_any_canvas() -> None:
    canvas = black(101, 41)
    canvas.paint([arc(0.5, 0.5, 0.25)], WHITE)
    rows = [y for _, y in painted(canvas.image)]
    columns = [x for x, _ in painted(canvas.image)]
    assert (min(columns), max(columns)) == pytest.approx((10, 30), abs=1)
    assert (min(rows), max(rows)) == pytest.approx((10, 30), abs=1)


def test_paint_may_let_the_ground_shine_through() -> None:
    canvas = black(10, 10)
    canvas.paint([box(0, 0, 1, 1)], WHITE, alpha=0.2)
    assert canvas.image.getpixel((5, 5)) == (51, 51, 51)


def test_paint_changes_its_colour_from_the_top_of_the_shapes_to_their_foot() -> None:
    canvas = black(10, 100)
    canvas.paint([box(0, 0.5, 0.1, 0.2)], (50, 50, 50), (200, 200, 200))
    reds = column(canvas.image, 5)
    assert set(reds[:50]) == set(reds[72:]) == {0}
    assert (reds[50], reds[69]) == pytest.approx((50, 200), abs=15)
    assert reds[50:70] == sorted(reds[50:70])


def test_blurred_paint_has_no_edge() -> None:
    canvas = black(100, 100)
    canvas.paint([box(0, 0.5, 1, 0.5)], WHITE, blur=0.04)
    reds = column(canvas.image, 50)
    assert max(abs(after - before) for before, after in itertools.pairwise(reds)) < 60
    assert reds[20] == 0
    assert max(reds) > 240


def test_land_lies_below_its_line() -> None:
    canvas = black(101, 101)
    canvas.land([0.2, 0.8], WHITE, WHITE)
    here = painted(canvas.image)
    assert {(0, 25), (50, 55), (100, 85), (0, 100), (100, 100)} <= here
    assert not {(0, 15), (50, 45), (100, 75)} & here


def test_land_below_the_picture_is_not_seen() -> None:
    canvas = black(10, 10)
    canvas.land([1.5, 1.2], WHITE, WHITE)
    assert canvas.image.getbbox() is None


def test_a_light_is_brightest_in_its_middle_and_ends_at_its_radius() -> None:
    canvas = black(100, 100)
    canvas.light(0.5, 0.5, 0.4, WHITE, 1)
    reds = row(canvas.image, 50, start=50)
    assert reds[0] > 240
    assert reds == sorted(reds, reverse=True)
    assert set(reds[42:]) == {0}
    assert canvas.image.getpixel((14, 14)) == BLACK


def test_a_light_beyond_the_picture_falls_into_it() -> None:
    canvas, whole = black(50, 100), black(100, 100)
    canvas.light(-0.2, 0.5, 0.4, RED, 1)
    whole.light(0.3, 0.5, 0.4, RED, 1)
    assert row(canvas.image, 50) == row(whole.image, 50, start=50)
    assert max(row(canvas.image, 50)) > 0


def test_still_water_shows_what_is_above_it_upside_down() -> None:
    canvas = black(100, 100)
    canvas.land([0.3, 0.3], WHITE, WHITE)
    canvas.mirror(0.6, BLACK)
    reds = column(canvas.image, 50)
    assert set(reds[:28]) == {0}
    assert min(reds[32:60]) == 255
    assert 100 < min(reds[62:85]) <= max(reds[62:85]) < 200
    assert max(reds[94:]) < 15


@hypothesis.settings(deadline=None)
@hypothesis.given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.floats(-0.5, 1.5),
    st.floats(-0.5, 1.5),
    st.floats(0.001, 2),
)
def test_a_canvas_of_any_size_takes_anything_anywhere(
    size: tuple[int, int], x: float, y: float, part: float
) -> None:
    canvas = Canvas(size, BLACK, WHITE)
    canvas.paint([arc(x, y, part), box(x, y, part, part)], WHITE, RED, alpha=0.5, blur=part / 20)
    canvas.paint([], RED)
    canvas.land([y, x], WHITE, RED)
    canvas.light(x, y, part, RED, 0.5)
    canvas.mirror(y, RED)
    canvas.enlarge()
    assert canvas.image.size == size
