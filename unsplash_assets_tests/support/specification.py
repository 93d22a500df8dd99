"""The official specification of what the emulator has, read as it must be meant."""

import json
from typing import Any

from unsplash_assets_tests.recorded import SPECIFICATION

ENDPOINTS = (
    "/photos/random",
    "/search/photos",
    "/photos/{assetSlug}",
    "/photos/{id}/download",
    "/topics/{topicSlug}",
    "/collections/{collectionId}",
)


def specification() -> Any:
    """Return the document, reduced to reading from the emulator's endpoints.

    In three places it cannot be taken at its word:

    - A tag must be exactly one of two kinds, which any tag with a title is at once.
    - A request for more than 30 random photos is against it, yet the API answers with 30.
    - Topics and collections want an application's id and secret besides the key, yet with the key
      alone they were recorded too.
    """
    document = json.loads(SPECIFICATION.read_text())
    document["paths"] = {path: {"get": document["paths"][path]["get"]} for path in ENDPOINTS}
    for path in ENDPOINTS:
        document["paths"][path]["get"]["security"] = [{"Auth": []}]
    tag = document["components"]["schemas"]["SmartTag"]
    tag["anyOf"] = tag.pop("oneOf")
    random_photos = document["paths"]["/photos/random"]["get"]
    (count,) = (one for one in random_photos["parameters"] if one.get("name") == "count")
    del count["schema"]["maximum"]
    return document
