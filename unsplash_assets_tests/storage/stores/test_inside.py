"""Tests of `storage.stores.inside`: what is outside is not opened, nor what may never end."""

import os
from pathlib import Path

import pytest

from unsplash_assets.storage.stores.inside import open_inside


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with a photo, beside a secret."""
    (tmp_path / "secret.jpg").write_text("secret")
    (tmp_path / "root" / "sea").mkdir(parents=True)
    (tmp_path / "root" / "sea" / "a.jpg").write_text("photo")
    return tmp_path / "root"


def test_a_plain_file_is_opened(root: Path) -> None:
    with open_inside(root, "sea/a.jpg") as file:
        assert file.read() == b"photo"


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "sea", "sea/", "none.jpg", "sea/b.jpg", "sea/a.jpg/x"),
        *("../secret.jpg", "sea/../../secret.jpg", "sea\\..\\..\\secret.jpg"),
        *("sea/a.jpg\0", "sea/\0"),
    ],
)
def test_a_path_to_anything_else_is_refused(root: Path, name: str) -> None:
    with pytest.raises(OSError, match="Errno"):
        open_inside(root, name)


def test_an_absolute_path_is_refused(root: Path) -> None:
    with pytest.raises(OSError, match="not a path inside"):
        open_inside(root, str(root / "sea" / "a.jpg"))


def test_a_link_is_not_followed_wherever_it_leads(root: Path) -> None:
    (root / "sea" / "out.jpg").symlink_to(root.parent / "secret.jpg")
    (root / "sea" / "in.jpg").symlink_to(root / "sea" / "a.jpg")
    for name in ("sea/out.jpg", "sea/in.jpg"):
        with pytest.raises(OSError, match="Errno"):
            open_inside(root, name)


def test_a_folder_that_is_a_link_is_not_followed(root: Path) -> None:
    (root / "sky").symlink_to(root.parent)
    with pytest.raises(OSError, match="Errno"):
        open_inside(root, "sky/secret.jpg")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_refused_at_once(root: Path) -> None:
    os.mkfifo(root / "sea" / "pipe.jpg")
    with pytest.raises(OSError, match="not a plain file"):
        open_inside(root, "sea/pipe.jpg")
