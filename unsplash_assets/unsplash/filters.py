"""What is asked of the API about photos besides their topic; `client` asks."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Filters:
    """What photos are asked for, besides their topic; `any` asks for nothing."""

    orientation: str = "any"
    content_filter: str = "low"
