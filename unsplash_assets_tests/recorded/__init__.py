"""Answers of the real API, as others recorded them; see README.md for where they come from."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
SPECIFICATION = FOLDER / "openapi_unsplash_public_v1.json"


@dataclass(frozen=True)
class Recording:
    """One recorded answer."""

    name: str
    request: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


def recordings() -> list[Recording]:
    """Return all recorded answers that are here."""
    with (FOLDER / "MANIFEST.csv").open(newline="") as file:
        return [_recording(row) for row in csv.DictReader(file)]


def photo_objects(content: Any) -> Iterator[dict[str, Any]]:
    """Yield everything in an answer that is a photo: it has an id and the five renditions."""
    if isinstance(content, dict):
        urls = content.get("urls")
        if "id" in content and isinstance(urls, dict) and {"full", "regular"} <= set(urls):
            yield content
        for value in content.values():
            yield from photo_objects(value)
    elif isinstance(content, list):
        for value in content:
            yield from photo_objects(value)


def _recording(row: dict[str, str]) -> Recording:
    body = FOLDER / "payloads" / row["file"]
    headers = body.with_name(f"{body.stem}.headers.json")
    recorded = json.loads(headers.read_text())["headers"] if headers.exists() else {}
    return Recording(row["file"], row["request"], int(row["status"]), recorded, body.read_bytes())
