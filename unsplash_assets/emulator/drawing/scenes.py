"""Which scene a topic's pictures show.

Add a scene by writing its function and naming it in `SCENES`: it receives a size in pixels and a
photo's own dice. Size, caption and encoding are in `pictures`.
"""

import random
from collections.abc import Callable
from functools import partial
from typing import Final

from PIL import Image

from unsplash_assets.emulator.drawing.buildings import history, office
from unsplash_assets.emulator.drawing.landscapes import dunes, nature, wisdom
from unsplash_assets.emulator.drawing.prints import art, life

Scene = Callable[[tuple[int, int], random.Random], Image.Image]

SCENES: Final[dict[str, Scene]] = {
    "history": history,
    "life": life,
    "wisdom": wisdom,
    "art": art,
    "office": office,
    "nature": nature,
}


def scene_of(topic: str | None, tint: float) -> Scene:
    """Return the scene of a topic, or dunes of a tint if it has none of its own."""
    return SCENES.get(topic or "", partial(dunes, tint=tint))
