"""Tests that what is released works without this repository, alone and in another `dg` project.

The wheel is built from the source distribution, so that both hold all that is needed.
"""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from unsplash_assets_tests.support.paths import PACKAGE, PROJECT
from unsplash_assets_tests.support.processes import Command, Processes, python

pytestmark = pytest.mark.process

OF_THE_SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE")
BUILD = "import sys; from setuptools import build_meta as b; getattr(b, sys.argv[1])(sys.argv[2])"
PYPROJECT = """
[project]
name = "my_project"
version = "0.1.0"

[tool.dg]
directory_type = "project"

[tool.dg.project]
root_module = "my_project"
"""
DEFINITIONS = """
from pathlib import Path
from dagster import definitions, load_from_defs_folder

@definitions
def defs():
    return load_from_defs_folder(path_within_project=Path(__file__).parent)
"""


@pytest.fixture(scope="module")
def installed(
    module_processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, str]:
    """Return an environment in which the package comes from its wheel."""
    root = tmp_path_factory.mktemp("packaging")
    sources, built, target = root / "sources", root / "built", root / "installed"
    shutil.copytree(PACKAGE, sources / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in OF_THE_SOURCES:
        shutil.copy(PROJECT / name, sources)
    module_processes.run(python(BUILD, "build_sdist", built), cwd=sources, check=True)
    sdist = next(built.glob("*.tar.gz"))
    unpack: Command = [sys.executable, "-m", "tarfile", "--extract", sdist, root / "unpacked"]
    module_processes.run(unpack, check=True)
    (unpacked,) = (root / "unpacked").iterdir()
    module_processes.run(python(BUILD, "build_wheel", built), cwd=unpacked, check=True)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    wheel = next(built.glob("*.whl"))
    module_processes.run([*pip, "--target", target, wheel], cwd=root, check=True)
    shutil.rmtree(sources)
    home = root / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return {**os.environ, "PYTHONPATH": str(target), "DAGSTER_HOME": str(home), "COLUMNS": "200"}


def test_the_wheel_alone_brings_a_photo_and_its_page(
    installed: Mapping[str, str], processes: Processes, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    environ = {**installed, "UNSPLASH_LIBRARY": str(library)}
    command = [sys.executable, "-m", "unsplash_assets", "fetch", "nature"]
    fetched = processes.run(command, cwd=tmp_path, env=environ)
    (picture,) = library.glob("nature/*.jpg")
    assert (fetched.returncode, fetched.stdout) == (0, f"{picture}\n"), fetched.stderr
    assert "Photos" in (library / "index.html").read_text()


def test_a_foreign_project_scaffolds_a_library_and_launches_its_job(
    installed: Mapping[str, str], processes: Processes, tmp_path: Path
) -> None:
    package = tmp_path / "src" / "my_project"
    (package / "defs").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (package / "definitions.py").write_text(DEFINITIONS)
    for folder in (package, package / "defs"):
        (folder / "__init__.py").touch()
    path = os.pathsep.join([installed["PYTHONPATH"], str(tmp_path / "src")])
    environ = {**installed, "PYTHONPATH": path}

    def dg(*arguments: str) -> str:
        program = Path(sys.executable).with_name("dg")
        done = processes.run([program, *arguments], cwd=tmp_path, env=environ)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    assert "unsplash_assets.UnsplashLibrary" in dg("list", "components")
    dg("scaffold", "defs", "unsplash_assets.UnsplashLibrary", "photos")
    dg("check", "yaml")
    dg("launch", "--job", "photos_refresh", "--partition", "nature")
    assert len(list((tmp_path / "photos-library").glob("nature/*.jpg"))) == 1
