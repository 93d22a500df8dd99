"""The smallest Dagster project that does the same three steps: what Dagster itself costs.

It has no proof, no credit, no budget, no memory and no gallery. UNSPLASH_API_URL says where to ask.
"""

import os
from pathlib import Path

import dagster as dg
import requests

_PHOTO = Path("photo.txt")


@dg.asset
def photo_metadata() -> None:
    """Ask for a photo."""
    url = f"{os.environ['UNSPLASH_API_URL']}/photos/random?query=nature&count=1"
    answer = requests.get(url, headers={"Authorization": "Client-ID key"}, timeout=30).json()
    _PHOTO.write_text(answer[0]["urls"]["regular"])


@dg.asset(deps=[photo_metadata])
def image_url() -> dg.MaterializeResult[None]:
    """Take its URL."""
    return dg.MaterializeResult(metadata={"url": _PHOTO.read_text()})


@dg.asset(deps=[image_url])
def image_file() -> None:
    """Download the file."""
    Path("photo.jpg").write_bytes(requests.get(_PHOTO.read_text(), timeout=30).content)


every_minute = dg.ScheduleDefinition(
    name="every_minute",
    job=dg.define_asset_job("refresh"),
    cron_schedule="* * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
defs = dg.Definitions(
    assets=[photo_metadata, image_url, image_file],
    schedules=[every_minute],
    executor=dg.in_process_executor,
)
