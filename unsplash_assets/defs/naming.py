"""Names one library's definitions, so that several libraries fit beside each other.

Without a prefix the names are those that the docs promise. What bears a name is built elsewhere.
"""

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import dagster as dg

PHOTO_METADATA: Final = "photo_metadata"
IMAGE_URL: Final = "image_url"
IMAGE_FILE: Final = "image_file"
GALLERY: Final = "gallery"

_CONTEXT: Final = "context"


@dataclass(frozen=True)
class Names:
    """The names of one library's definitions."""

    prefix: tuple[str, ...] = ()
    """Begins the key of each asset, and the name of all else."""
    group: str = "unsplash"

    def of(self, name: str) -> str:
        """Return the name of a job, schedule, sensor, resource or op: letters, digits and _."""
        return re.sub(r"\W", "_", "_".join((*self.prefix, name)), flags=re.ASCII)

    def asset(self, name: str) -> dg.AssetKey:
        """Return the key of an asset."""
        return dg.AssetKey([*self.prefix, name])

    @property
    def assets(self) -> list[dg.AssetKey]:
        """The keys of all assets."""
        return [self.asset(name) for name in (PHOTO_METADATA, IMAGE_URL, IMAGE_FILE, GALLERY)]

    @property
    def repairing(self) -> list[dg.AssetKey]:
        """The assets of a run that only repairs: it asks for no new photos."""
        return [self.asset(IMAGE_FILE), self.asset(GALLERY)]

    def resources(self, function: Callable[..., Any]) -> set[str]:
        """Return the names of the resources that a function takes: all but its context."""
        return {self.of(parameter) for parameter in _resources(function)}

    def bind(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function as Dagster calls it, with its resources found by their names."""
        resources = _resources(function)
        needs_context = _CONTEXT in inspect.signature(function).parameters

        def compute(context: Any) -> Any:  # noqa: ANN401 - the context of an asset or a check
            found = {each: getattr(context.resources, self.of(each)) for each in resources}
            return function(context, **found) if needs_context else function(**found)

        def yield_all(context: Any) -> Any:  # noqa: ANN401
            yield from compute(context)

        bound = yield_all if inspect.isgeneratorfunction(function) else compute
        bound.__name__, bound.__doc__ = function.__name__, function.__doc__
        bound.__annotations__ = {
            name: kind for name, kind in function.__annotations__.items() if name not in resources
        }
        return bound


UNPREFIXED: Final = Names()
"""The names that the docs promise."""


def _resources(function: Callable[..., Any]) -> list[str]:
    return [name for name in inspect.signature(function).parameters if name != _CONTEXT]
