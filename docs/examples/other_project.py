"""Another Dagster project: an asset that asks Unsplash, or its demo, for three photos."""

import dagster as dg

from unsplash_assets.defs.resources import UnsplashResource


@dg.asset
def sea_photos(unsplash: UnsplashResource) -> dg.MaterializeResult[None]:
    """Three photos of the sea, with their credits."""
    photos = unsplash.client().random_photos("sea", count=3).photos
    return dg.MaterializeResult(
        metadata={
            "pictures": [photo.urls["regular"] for photo in photos],
            "credits": [f"Photo by {photo.photographer} on Unsplash" for photo in photos],
        }
    )


defs = dg.Definitions(assets=[sea_photos], resources={"unsplash": UnsplashResource()})
