"""Tests of `images.preview`: small copies that can be shown without the file."""

import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from unsplash_assets.images.preview import LARGER_SIDE as SIDE
from unsplash_assets.images.preview import larger_preview, preview

TEAL = (20, 130, 140)


def shown(uri: str, kind: str = "jpeg") -> Image.Image:
    """Return the picture that a browser makes of a data URI."""
    announced, _, content = uri.partition(";base64,")
    assert announced == f"data:image/{kind}"
    image = Image.open(io.BytesIO(base64.b64decode(content, validate=True)))
    image.load()
    assert image.format == kind.upper()
    return image


def is_teal(image: Image.Image) -> bool:
    middle = image.convert("RGB").getpixel((image.width // 2, image.height // 2))
    assert isinstance(middle, tuple)
    return all(abs(a - b) <= 6 for a, b in zip(middle, TEAL, strict=True))


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((1080, 720), (SIDE, 160)),
        ((720, 1080), (160, SIDE)),
        ((3000, 3000), (SIDE, SIDE)),
        ((5000, 10), (SIDE, 1)),
        ((100, 50), (100, 50)),
        ((1, 1), (1, 1)),
    ],
)
def test_the_longer_side_is_reduced_to_fit_and_nothing_is_enlarged(
    tmp_path: Path, size: tuple[int, int], small: tuple[int, int]
) -> None:
    Image.new("RGB", size, TEAL).save(tmp_path / "x.jpg")
    assert shown(larger_preview(tmp_path / "x.jpg")).size == small


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        ("RGB", "x.jpg"),
        ("CMYK", "x.jpg"),
        ("RGB", "x.png"),
        ("RGBA", "x.png"),
        ("P", "x.png"),
        ("RGB", "x.webp"),
        ("RGBA", "x.webp"),
    ],
)
def test_a_picture_of_any_kind_looks_the_same_when_it_is_small(
    tmp_path: Path, mode: str, name: str
) -> None:
    teal = Image.new("RGB", (300, 200), TEAL)
    picture = teal.quantize() if mode == "P" else teal.convert(mode)
    picture.save(tmp_path / name)
    assert is_teal(shown(larger_preview(tmp_path / name)))
    assert is_teal(shown(preview(tmp_path / name, 10_000), "webp"))


def test_a_large_picture_has_a_larger_preview_of_a_few_kilobytes(tmp_path: Path) -> None:
    noise = Image.effect_noise((SIDE, 160), 200).convert("RGB")
    noise.resize((2400, 1600), Image.Resampling.NEAREST).save(tmp_path / "x.jpg")
    assert (tmp_path / "x.jpg").stat().st_size > 500_000
    assert len(larger_preview(tmp_path / "x.jpg")) < 40_000


@pytest.fixture
def detailed(tmp_path: Path) -> Path:
    """A picture with so much to see that it compresses badly at any size."""
    noise = Image.effect_noise((128, 85), 200).convert("RGB")
    noise.resize((1080, 720), Image.Resampling.NEAREST).save(tmp_path / "x.jpg")
    return tmp_path / "x.jpg"


def previews(path: Path) -> list[str]:
    """Return all previews of a picture, the largest first."""
    found = [preview(path, 100_000)]
    while (smaller := preview(path, len(found[-1]) - 1)) not in {found[-1], ""}:
        found.append(smaller)
    return found


@pytest.mark.long
def test_a_preview_has_one_of_a_few_sizes(detailed: Path) -> None:
    sizes = [shown(uri, "webp").size for uri in previews(detailed)]
    assert [width for width, _ in sizes] == [128, 112, 96, 80, 64, 48, 32, 16]
    assert all(abs(height - width * 2 / 3) <= 1 for width, height in sizes)


@pytest.mark.long
@pytest.mark.parametrize("length", [300, 600, 1_000, 2_000, 3_000])
def test_a_preview_is_the_largest_that_fits(detailed: Path, length: int) -> None:
    fitting = [uri for uri in previews(detailed) if len(uri) <= length]
    assert preview(detailed, length) == fitting[0]
    assert preview(detailed, len(fitting[0])) == fitting[0]


def test_a_small_picture_is_not_enlarged_to_a_preview(tmp_path: Path) -> None:
    Image.new("RGB", (20, 10), TEAL).save(tmp_path / "x.png")
    assert shown(preview(tmp_path / "x.png", 100_000), "webp").size == (20, 10)


def test_a_preview_that_does_not_fit_at_all_is_omitted(detailed: Path) -> None:
    assert preview(detailed, 50) == ""


def test_the_file_stays_as_it_is(tmp_path: Path) -> None:
    Image.new("RGB", (300, 200), TEAL).save(tmp_path / "x.jpg")
    before = (tmp_path / "x.jpg").read_bytes()
    larger_preview(tmp_path / "x.jpg")
    assert (tmp_path / "x.jpg").read_bytes() == before
    assert {path.name for path in tmp_path.iterdir()} == {"x.jpg", "dagster.yaml"}
