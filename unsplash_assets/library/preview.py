"""A small copy of a stored picture, to be looked at where a path would say nothing."""

import base64
import io
from pathlib import Path
from typing import Final

from PIL import Image

SIDE: Final = 240  # pixels
_QUALITY: Final = 60


def preview(path: Path) -> str:
    """Return a JPEG of the picture, its longer side SIDE pixels, as a data URI."""
    with Image.open(path) as image:
        image.draft("RGB", (SIDE, SIDE))
        small = image.convert("RGB")
    small.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"
