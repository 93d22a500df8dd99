"""Makes of a picture's file what a viewer shows: upright, in sRGB, eight bits a channel.

A file may say in its Exif how it is to be turned, and in a colour profile what its numbers mean.
Browsers heed both, and so does every small copy made here. `preview` writes the copies,
`validation` finds out the upright size.
"""

import io
import struct
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageCms

_ORIENTATION: Final = 0x0112
_SHORT: Final = 3
_BYTE_ORDERS: Final = {b"II*\0": "<", b"MM\0*": ">"}
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture upright, by its orientation (Exif 2.32, tag 274)."""
_ON_ITS_SIDE: Final = frozenset({5, 6, 7, 8})

_MODES: Final = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK"}
"""The mode of pixels, by the colour space of a profile (ICC.1, padding removed)."""
_16_TO_8_BITS: Final = 1 / 257


Size = tuple[int, int]
"""Width and height, in pixels."""


@dataclass(frozen=True)
class Appearance:
    """What a file says about how its pixels are to be shown."""

    orientation: int
    profile: bytes | None

    @property
    def is_plain(self) -> bool:
        """Whether the pixels are shown as they are."""
        return self.orientation not in _TURNS and not self.profile

    def turned(self, size: Size) -> Size:
        """Return what a size, as a viewer shows it, is among the pixels; or the other way."""
        return size[::-1] if self.orientation in _ON_ITS_SIDE else size


def appearance(image: Image.Image) -> Appearance:
    """Return what the header of a picture says. Nothing is decoded."""
    return Appearance(_orientation(image), image.info.get("icc_profile"))


def seen(image: Image.Image, size: Size) -> Image.Image:
    """Return a copy as a viewer shows the picture, on white, in mode RGB, reduced to fit in `size`.

    A JPEG is reduced as it is decoded, so colours and sides are set right in few pixels.
    """
    found = appearance(image)
    image.draft("RGB", found.turned(size))
    return shown(image, found, size)


def shown(image: Image.Image, found: Appearance, size: Size) -> Image.Image:
    """Return a copy like `seen` of pixels that were decoded already, and have this appearance."""
    small = image.convert(_working_mode(image))
    small.thumbnail(found.turned(size))
    right = _in_srgb(_on_white(_in_8_bits(small)), found.profile).convert("RGB")
    turn = _TURNS.get(found.orientation)
    return right if turn is None else right.transpose(turn)


def _orientation(image: Image.Image) -> int:
    """Return the orientation in the Exif before the pixels; 1, upright, where none is valid."""
    tiff = image.info.get("exif", b"").removeprefix(b"Exif\0\0")
    order = _BYTE_ORDERS.get(tiff[:4])
    with suppress(struct.error):
        if order:
            (start,) = struct.unpack_from(f"{order}I", tiff, 4)
            (count,) = struct.unpack_from(f"{order}H", tiff, start)
            for at in range(start + 2, start + 2 + 12 * count, 12):
                tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, at)
                if (tag, kind) == (_ORIENTATION, _SHORT):
                    return int(value)
    return 1


def _working_mode(image: Image.Image) -> str:
    """Return a mode that has all that the picture has, and that can be reduced."""
    if image.mode.startswith("I"):
        return "I"
    if image.has_transparency_data:
        return "RGBA"
    return {"1": "L", "L": "L", "CMYK": "CMYK"}.get(image.mode, "RGB")


def _in_8_bits(image: Image.Image) -> Image.Image:
    if image.mode != "I":
        return image
    return image.point(lambda value: value * _16_TO_8_BITS).convert("L")


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return a picture in sRGB; its numbers are that already if no profile fits it."""
    if not profile:
        return image
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES.get(own.profile.xcolor_space.strip())
        if mode is None or (mode == "CMYK") != (image.mode == "CMYK"):
            return image
        srgb = ImageCms.createProfile("sRGB")
        shown = ImageCms.profileToProfile(image.convert(mode), own, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image
    return shown or image
