"""The component `UnsplashLibrary`: a library of photos as a part of another `dg` project.

Several fit beside each other, each with a folder and a key prefix of its own. What its attributes
do not say comes from the `UNSPLASH_*` variables, the key above all.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import dagster as dg
from pydantic import Field

from unsplash_assets.definitions import build_definitions
from unsplash_assets.defs.naming import Names
from unsplash_assets.errors import SettingsError
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import Settings
from unsplash_assets.settings.variables import BY_FIELD


class Scaffolder(dg.Scaffolder[Any]):
    """Writes a `defs.yaml` that says where everything is, ready to be changed."""

    def scaffold(self, request: dg.ScaffoldRequest[Any]) -> None:
        """Write the file; keys and folder bear the name that the person has given."""
        name = request.target_path.name
        attributes = {
            "topics": ["nature", "art"],
            "library": f"{name}-library",
            "schedule": "* * * * *",
            "photos_per_run": 1,
            "key_prefix": [name],
            "group_name": name,
        }
        dg.scaffold_component(request, attributes)


@dg.scaffold_with(Scaffolder)
class UnsplashLibrary(dg.Component, dg.Model, dg.Resolvable):
    """Photos from Unsplash by topic, credited and validated: assets, jobs, schedules and checks."""

    topics: Annotated[Sequence[str], Field(description="As the entries of UNSPLASH_TOPICS.")]
    library: Annotated[
        str, Field(description="The folder of the photos, relative to the project's folder.")
    ]
    schedule: Annotated[
        str | None, Field(description="When a tick comes, as UNSPLASH_SCHEDULE.")
    ] = None
    timezone: Annotated[str | None, Field(description="As UNSPLASH_TIMEZONE.")] = None
    photos_per_run: Annotated[int, Field(description="Photos that one run brings.")] = 1
    key_prefix: Annotated[
        Sequence[str],
        Field(description="Begins the assets' keys and all other names; two need different ones."),
    ] = ()
    group_name: Annotated[str, Field(description="The group of the assets.")] = "unsplash"
    viewer: Annotated[str, Field(description="What shows new photos, as UNSPLASH_VIEWER.")] = "off"
    rendition: Annotated[str | None, Field(description="As UNSPLASH_RENDITION.")] = None
    orientation: Annotated[str | None, Field(description="As UNSPLASH_ORIENTATION.")] = None
    content_filter: Annotated[str | None, Field(description="As UNSPLASH_CONTENT_FILTER.")] = None
    keep: Annotated[str | None, Field(description="As UNSPLASH_KEEP.")] = None

    def build_defs(self, context: dg.ComponentLoadContext) -> dg.Definitions:
        """Return the definitions. Raises SettingsError where an attribute cannot be used."""
        project = context.project_root
        settings = self.settings(project)
        names = Names(tuple(self.key_prefix), self.group_name)
        return build_definitions(
            settings, read=lambda: self.settings(project), names=names, executor=None
        )

    def settings(self, project: Path) -> Settings:
        """Return the settings that the attributes and the environment give."""
        given = self._variables()
        try:
            return environment.load_within(project, given)
        except SettingsError as error:
            if error.variable not in given:
                raise
            attribute = error.variable.removeprefix("UNSPLASH_").lower()
            raise error.of(f"{attribute} in defs.yaml") from None

    def _variables(self) -> Mapping[str, str]:
        """Return the attributes as the variables that they stand for."""
        fields = {name: value for name, value in self if name in BY_FIELD and value is not None}
        return {BY_FIELD[name].name: _text(value) for name, value in fields.items()}


def _text(value: str | float | Sequence[str]) -> str:
    return ", ".join(value) if isinstance(value, list | tuple) else str(value)
