"""Tests of the scenes as on a printed sheet."""

import random
import statistics
from collections import Counter

from PIL import Image

from unsplash_assets.emulator.drawing.prints import art, life

SEEDS = range(20)


def dice(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - draws pictures, no secret


def coverage(image: Image.Image, colours: int) -> float:
    """Return the part of a picture that its most frequent colours fill."""
    counts = Counter(zip(*(band.tobytes() for band in image.split()), strict=True))
    return sum(count for _, count in counts.most_common(colours)) / (image.width * image.height)


def test_art_has_few_colours() -> None:
    """Six, and their ground, which is a gradient; the rest are edges."""
    shares = [coverage(art((240, 160), dice(seed)), 60) for seed in SEEDS]
    assert min(shares) > 0.75
    assert statistics.median(shares) > 0.85


def test_leaves_have_a_light_and_a_dark_half_each_in_one_colour() -> None:
    shares = [coverage(life((240, 160), dice(seed)), 24) for seed in SEEDS]
    assert min(shares) > 0.1
    assert statistics.median(shares) > 0.25
