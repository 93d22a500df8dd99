"""Where the project, its package and its tests lie."""

from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
PROJECT: Final = TESTS.parent
PACKAGE: Final = PROJECT / "unsplash_assets"
NODE_MODULES: Final = TESTS / "node_modules"
"""What npm installs for the tests."""
