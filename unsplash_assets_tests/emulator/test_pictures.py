"""Tests of the emulator's pictures: their size, encoding, caption and content."""

import io
import re
import time

import hypothesis
import pytest
import simplejpeg
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat

from unsplash_assets.emulator.photos import EmulatedPhoto, topic_code
from unsplash_assets.emulator.pictures import SCENES, draw, render
from unsplash_assets_tests.support.elsewhere import printed_here_and_elsewhere
from unsplash_assets_tests.support.processes import Processes

pytestmark = pytest.mark.long

TOPICS = [*SCENES, "lighthouses"]


def photo_of(topic: str = "nature", size: tuple[int, int] = (2400, 1600)) -> EmulatedPhoto:
    """Return the topic's first photo that has a size."""
    numbers = range(100)
    return next(
        photo
        for photo in (EmulatedPhoto(topic_code(topic), number) for number in numbers)
        if photo.size == size
    )


def picture(photo: EmulatedPhoto, **parameters: str) -> Image.Image:
    """Return the picture as a reader decodes it, to the end of its file."""
    image = Image.open(io.BytesIO(render(photo, parameters)[0]))
    image.load()
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """How far two pictures are apart: 0 if the same, 255 if one is black, the other white."""
    both = one.convert("RGB"), other.convert("RGB")
    return sum(ImageStat.Stat(ImageChops.difference(*both)).mean) / 3


def without_caption(image: Image.Image) -> Image.Image:
    return image.crop((0, 0, image.width, image.height * 3 // 4))


# Size


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, (2400, 1600)),
        ({"w": "1080"}, (1080, 720)),
        ({"w": "400"}, (400, 267)),
        ({"w": "200"}, (200, 133)),
        ({"h": "400"}, (600, 400)),
        ({"w": "300", "h": "100"}, (150, 100)),
        ({"w": "150", "h": "300"}, (150, 100)),
        ({"w": "200", "dpr": "2"}, (400, 267)),
        ({"h": "100", "dpr": "3"}, (450, 300)),
        ({"w": "200", "dpr": "9"}, (1000, 667)),
        ({"dpr": "2"}, (2400, 1600)),
        ({"w": "1"}, (1, 1)),
        ({"w": "2400"}, (2400, 1600)),
    ],
)
def test_a_picture_has_the_size_that_is_asked_for(
    parameters: dict[str, str], expected: tuple[int, int]
) -> None:
    assert picture(photo_of(), **parameters).size == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"w": "2401"},
        {"w": "99999999999"},
        {"h": "5000"},
        {"w": "1200", "dpr": "5"},
        {"w": "9000", "h": "9000"},
    ],
)
def test_a_picture_is_never_larger_than_its_original(parameters: dict[str, str]) -> None:
    assert picture(photo_of(), **parameters).size == (2400, 1600)


@pytest.mark.parametrize("width", ["", "wide", "-5", "1e2", "5.5", "٣٣", " 100", "0x10"])
def test_a_size_that_is_no_number_is_passed_over(width: str) -> None:
    assert picture(photo_of(), w=width).size == (2400, 1600)


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        ((2400, 1350), (300, 169)),
        ((1600, 2400), (300, 450)),
        ((1800, 2400), (300, 400)),
        ((2000, 2000), (300, 300)),
    ],
)
def test_a_picture_keeps_the_shape_of_its_original(
    original: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert picture(photo_of(size=original), w="300").size == expected


# Encoding


@pytest.mark.parametrize(
    ("parameters", "kind", "media_type"),
    [
        ({}, "JPEG", "image/jpeg"),
        ({"fm": "jpg"}, "JPEG", "image/jpeg"),
        ({"fm": "png"}, "PNG", "image/png"),
        ({"fm": "webp"}, "WEBP", "image/webp"),
        ({"fm": "bmp"}, "JPEG", "image/jpeg"),
    ],
)
def test_a_picture_is_of_the_kind_that_is_asked_for(
    parameters: dict[str, str], kind: str, media_type: str
) -> None:
    body, answered = render(photo_of(), {"w": "200", **parameters})
    image = Image.open(io.BytesIO(body))
    image.load()
    assert (image.format, answered) == (kind, media_type)
    assert image.size == (200, 133)


@pytest.mark.parametrize("kind", ["jpg", "webp"])
def test_a_lower_quality_makes_a_smaller_file(kind: str) -> None:
    qualities = ("1", "30", "80", "100", "1000")
    sizes = [len(render(photo_of(), {"w": "400", "fm": kind, "q": q})[0]) for q in qualities]
    assert sizes[0] < sizes[1] < sizes[2] < sizes[3] == sizes[4]


@pytest.mark.parametrize("quality", ["", "best", "-1"])
def test_a_quality_that_is_no_number_is_passed_over(quality: str) -> None:
    assert render(photo_of(), {"w": "50", "q": quality}) == render(photo_of(), {"w": "50"})


@pytest.mark.parametrize("kind", ["jpg", "webp"])
def test_a_picture_looks_the_same_in_any_encoding(kind: str) -> None:
    exact = picture(photo_of(), w="300", fm="png")
    assert difference(picture(photo_of(), w="300", fm=kind, q="90"), exact) < 4


@hypothesis.settings(max_examples=25, deadline=None)
@hypothesis.given(
    st.builds(EmulatedPhoto, st.integers(0, (1 << 24) - 1), st.integers(0, 4999)),
    st.dictionaries(st.sampled_from(["w", "h", "dpr", "fm", "q", "fit"]), st.text(max_size=3)),
)
def test_any_parameters_yield_a_picture(photo: EmulatedPhoto, parameters: dict[str, str]) -> None:
    image = picture(photo, **{"h": "30", **parameters})
    assert image.width <= photo.size[0]
    assert image.height <= photo.size[1]


@pytest.mark.parametrize("topic", TOPICS)
def test_a_jpeg_is_whole(topic: str) -> None:
    """It begins and ends as the format requires, and a strict decoder reads all of it."""
    body, _ = render(photo_of(topic), {"w": "400"})
    assert (body[:2], body[-2:]) == (b"\xff\xd8", b"\xff\xd9")
    assert simplejpeg.decode_jpeg(body, strict=True).shape == (267, 400, 3)


# Content


def test_a_picture_has_a_fine_grain_that_changes_no_colour_as_a_whole() -> None:
    photo, size = photo_of(), (600, 400)
    scene = without_caption(SCENES["nature"](size, photo.dice("scene")))
    picture = without_caption(draw(photo, size))
    assert max(ImageChops.difference(scene, picture).tobytes()) == 3
    assert ImageStat.Stat(picture).mean == pytest.approx(ImageStat.Stat(scene).mean, abs=0.5)


@pytest.mark.parametrize("topic", TOPICS)
def test_pictures_of_a_topic_differ(topic: str) -> None:
    photos = [EmulatedPhoto(topic_code(topic), number) for number in range(40)]
    wide = [photo for photo in photos if photo.size == (2400, 1600)][:5]
    pictures = [without_caption(draw(photo, (120, 80))) for photo in wide]
    assert len(pictures) == 5
    assert min(difference(a, b) for a in pictures for b in pictures if a is not b) > 3


def test_pictures_of_different_topics_differ() -> None:
    topics = [*TOPICS, "sea", "写真"]
    pictures = [without_caption(draw(photo_of(topic), (120, 80))) for topic in topics]
    assert min(difference(a, b) for a in pictures for b in pictures if a is not b) > 10


@pytest.mark.parametrize("topic", TOPICS)
def test_the_same_photo_has_the_same_bytes(topic: str) -> None:
    bodies = {render(photo_of(topic), {"w": "400"})[0] for _ in range(3)}
    assert len(bodies) == 1


@pytest.mark.parametrize("topic", TOPICS)
def test_a_picture_is_the_same_at_any_size(topic: str) -> None:
    photo = photo_of(topic)
    small = draw(photo, (240, 160))
    shrunk = draw(photo, photo.size).resize(small.size, Image.Resampling.BOX)
    assert difference(without_caption(small), without_caption(shrunk)) < 6


PRINT_DIGESTS = """
from hashlib import sha256
from unsplash_assets.emulator.photos import EmulatedPhoto, topic_code
from unsplash_assets.emulator.pictures import render
for topic in ("history", "life", "wisdom", "art", "office", "nature", "lighthouses"):
    for parameters in ({"w": "120"}, {"w": "120", "fm": "png"}):
        print(sha256(render(EmulatedPhoto(topic_code(topic), 7), parameters)[0]).hexdigest())
"""


@pytest.mark.process
def test_another_process_draws_the_same(processes: Processes) -> None:
    here, there = printed_here_and_elsewhere(processes, PRINT_DIGESTS)
    assert here == there
    assert len(set(here)) == 14


# Time


@pytest.mark.slow
@pytest.mark.parametrize("topic", TOPICS)
def test_a_regular_picture_is_drawn_and_encoded_in_less_than_50_ms(topic: str) -> None:
    """Processor time, the best of five, on a machine without other work."""
    photo, times = photo_of(topic), []
    for _ in range(5):
        start = time.process_time()
        render(photo, {"w": "1080", "fm": "jpg", "q": "80"})
        times.append(time.process_time() - start)
    assert min(times) < 0.050


# Caption


def has_caption(image: Image.Image) -> bool:
    """Find the word in the lower left corner: light letters on a darker plate.

    The letters must be legible: a thirtieth of the shorter side high, at least nine pixels. Where
    they are full of ink the picture must be light (L), where there is none it must be dark (D); at
    their blurred edges it may be anything.
    """
    corner = image.crop((0, image.height * 3 // 4, image.width // 2, image.height))
    size, margin = max(9, min(image.size) // 30), 1
    font = ImageFont.load_default(size=size)
    left, top, right, bottom = (int(side) for side in font.getbbox("demo"))
    word = Image.new("L", (right - left + 2 * margin, bottom - top + 2 * margin))
    ImageDraw.Draw(word).text((margin - left, margin - top), "demo", font=font, fill=255)
    letters = _lettered(word, dark=range(40), light=range(200, 256))
    rows = [letters[at : at + word.width] for at in range(0, len(letters), word.width)]
    pattern = (b".{%d}" % (corner.width - word.width)).join(rows)
    return re.search(pattern, _lettered(corner, dark=range(160), light=range(175, 256))) is not None


def _lettered(image: Image.Image, dark: range, light: range) -> bytes:
    names = ["D" if shade in dark else "L" if shade in light else "." for shade in range(256)]
    return image.convert("L").point([ord(name) for name in names]).tobytes()


@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("width", ["200", "400", "1080"])
def test_a_picture_is_captioned_as_a_demo(topic: str, width: str) -> None:
    assert has_caption(picture(photo_of(topic), w=width, fm="png"))


@pytest.mark.parametrize("kind", ["jpg", "webp"])
def test_the_caption_is_legible_in_any_encoding(kind: str) -> None:
    assert has_caption(picture(photo_of(), w="1080", fm=kind, q="90"))


@pytest.mark.parametrize("topic", SCENES)
def test_a_scene_alone_has_no_caption(topic: str) -> None:
    """So the tests above read the caption and nothing else."""
    assert not has_caption(SCENES[topic]((400, 267), photo_of(topic).dice("scene")))
