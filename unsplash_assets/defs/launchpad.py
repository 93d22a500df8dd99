"""What a launchpad may not do: destroy, lead elsewhere, or reveal a variable's value.

Whoever reaches Dagster's UI may start runs, and so may any web page that a browser on this machine
has open: Dagster asks for no password and looks at no origin (docs/security.md). So the fields
that could destroy something, or send the key elsewhere, come from the settings only. These rules
hold for run config; code that builds a resource chooses freely.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from unsplash_assets.errors import SettingsError

_VARIABLES: Final = {"folder": "library"}
"""The variable of a field, where it has another name."""


def check(run_config: object, allowed: Mapping[str, Collection[object]]) -> None:
    """Raise SettingsError for a run config that is not allowed.

    `allowed` has the values that a field may have in a launchpad, those of the settings.
    """
    for name in _values_of("env", run_config):
        raise SettingsError(
            "a field of the launchpad",
            f"to be read from the environment (env: {name})",
            "write its value, because everybody can read the config of a run",
        )
    for field, values in allowed.items():
        for value in _values_of(field, run_config):
            if value not in values:
                raise SettingsError(
                    f"{field} of the launchpad",
                    repr(value),
                    "a launchpad cannot change it; it comes from the settings, see "
                    f"UNSPLASH_{_VARIABLES.get(field, field).upper()}",
                )


def _values_of(name: str, config: object) -> Iterator[object]:
    """Yield the values of that name, wherever they stand in a run config."""
    match config:
        case {**entries}:
            yield from (value for key, value in entries.items() if key == name)
            for entry in entries.values():
                yield from _values_of(name, entry)
        case list():
            for entry in config:
                yield from _values_of(name, entry)
