"""Another Dagster project: the whole pipeline of unsplash_assets, and an asset after it."""

import dagster as dg

from unsplash_assets.definitions import build_definitions
from unsplash_assets.settings import environment


@dg.asset(deps=["image_file"])
def mood_board() -> None:
    """Your own asset, which comes after the photos."""


mine = dg.Definitions(assets=[mood_board])
defs = dg.Definitions.merge(build_definitions(environment.load(), read=environment.load), mine)
