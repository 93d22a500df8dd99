"""The resources: settings in, domain objects out.

`unsplash` is the API, `library` an open library. Both can be changed for one run in the launchpad,
within what `launchpad` allows. No secret is a field, because Dagster stores a field's value with
the run and shows it: a field names the variable that holds the key. What the objects do is in
`library` and `unsplash`.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import copy
from dataclasses import replace
from time import sleep
from typing import Any, ClassVar, Final, TypeVar

import dagster as dg
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, create_model, field_validator

from unsplash_assets.defs import launchpad
from unsplash_assets.defs.naming import UNPREFIXED, Names
from unsplash_assets.defs.runs import check_settings, run_recorded
from unsplash_assets.errors import SettingsError, TemporaryError, UnsplashAssetsError
from unsplash_assets.library.opening import Library, Progress, nobody, open_library
from unsplash_assets.model.mode import Mode
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import DEMO_KEY, DEMO_URL, Settings
from unsplash_assets.settings.variables import BY_FIELD
from unsplash_assets.transport.base import Timeouts
from unsplash_assets.transport.modes import transport_of
from unsplash_assets.unsplash.client import UnsplashClient

RETRIES: Final = 10

Resource = TypeVar("Resource", bound="dg.ConfigurableResource[Any]")


def _setting(name: str, meaning: str = "") -> Any:  # noqa: ANN401 - a field, as pydantic declares it
    """Return a field with a setting's default, and its meaning unless another is given."""
    variable = BY_FIELD[name]
    default = _plain(variable.parse(variable.default))
    return Field(default=default, description=meaning or variable.meaning)


def _allowed(value: object, info: ValidationInfo) -> object:
    """Return a field's value, if the setting of that name allows it, or there is none."""
    variable = BY_FIELD.get(str(info.field_name))
    return _plain(variable.check(value)) if variable else value


def _plain(value: object) -> int | float | str:
    """Return a setting's value as Dagster can store it."""
    return value if isinstance(value, int | float) else str(value)


def _settings_among(resource: type[BaseModel]) -> list[str]:
    return [name for name in resource.model_fields if name in BY_FIELD]


class UnsplashResource(dg.ConfigurableResource["UnsplashResource"]):
    """The API of Unsplash: where it is, who asks, for what photos, and how patiently."""

    model_config = ConfigDict(hide_input_in_errors=True)

    api_key_variable: str = Field(
        default="UNSPLASH_API_KEY",
        pattern=r"^UNSPLASH_API_KEY(_[A-Z0-9_]+)?$",
        description="The environment variable that holds the Access Key, never the key itself: "
        "UNSPLASH_API_KEY, or one whose name begins so, such as UNSPLASH_API_KEY_2.",
    )
    api_url: str = Field(
        default=DEMO_URL,
        description=f"The API's base URL; {DEMO_URL} is the demo in process. A launchpad may "
        "choose the demo, or that of UNSPLASH_API_URL; the key goes to no other.",
    )
    app_name: str = _setting("app_name")
    orientation: str = _setting("orientation")
    content_filter: str = _setting("content_filter")
    connect_timeout: float = Field(
        default=Timeouts.connect, gt=0, description="Seconds to connect."
    )
    read_timeout: float = Field(default=Timeouts.read, gt=0, description="Seconds of silence.")
    total_timeout: float = Field(
        default=Timeouts.total, gt=0, description="Seconds for an answer in all."
    )
    retries: int = Field(default=RETRIES, ge=0, description="How often a step is tried again.")
    retry_delay: float = _setting("retry_delay")

    _check = field_validator("*")(_allowed)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Refuse a run whose config would send the key elsewhere, or reveal a variable's value."""
        urls = {type(self).model_fields["api_url"].default, DEMO_URL}
        with _logged_errors(context):
            launchpad.check(context.run.run_config if context.run else {}, {"api_url": urls})

    @property
    def mode(self) -> Mode:
        """Demo where the API is the one in process, or the key is the demo's, else live."""
        is_in_process = self.api_url == DEMO_URL
        is_demo = is_in_process or environment.secret(self.api_key_variable) == DEMO_KEY
        return "demo" if is_demo else "live"

    @property
    def timeouts(self) -> Timeouts:
        """Bounds of one exchange with the API."""
        return Timeouts(self.connect_timeout, self.read_timeout, self.total_timeout)

    def client(self) -> UnsplashClient:
        """Return a client of the API, for use without a library; nobody counts its requests."""
        key = self.api_key() or DEMO_KEY
        return UnsplashClient(transport_of(self.mode), key, self.api_url, timeouts=self.timeouts)

    def api_key(self) -> str | None:
        """Return the key that the variable holds, or None for the demo in process."""
        if self.api_url == DEMO_URL:
            return None
        key = environment.secret(self.api_key_variable)
        if key is None:
            raise SettingsError(self.api_key_variable, "not set", "put the Access Key there")
        return key


class LibraryResource(dg.ConfigurableResource[Library]):
    """The photos here, and how a run adds to them; gives an open `Library`."""

    model_config = ConfigDict(hide_input_in_errors=True)

    unsplash: dg.ResourceDependency[UnsplashResource]
    folder: str = Field(
        default="library", description="The library's folder or bucket, from UNSPLASH_LIBRARY only."
    )
    rendition: str = _setting("rendition")
    photos_per_run: int = _setting("photos_per_run")
    timeout: float = _setting("timeout")
    max_size: int = _setting("max_size", "Bytes of the largest picture.")
    concurrency: int = _setting("concurrency")
    keep: str = _setting("keep")

    loaded: ClassVar[Settings | None] = None
    """The settings that its process has loaded; without them it reads the environment."""
    names: ClassVar[Names] = UNPREFIXED
    on_progress: ClassVar[Progress] = nobody
    """Told of the run's work; to be found through the class, for it is no method."""

    _check = field_validator("*")(_allowed)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Library]:
        """Open the library for a run, and record which process works on it."""
        with ExitStack() as stack:
            with _logged_errors(context):
                self._check_run(context)
                library = self._opened(context, stack)
            yield library

    def _opened(self, context: dg.InitResourceContext, stack: ExitStack) -> Library:
        """Open the library until `stack` ends, as patiently as a step: Dagster would try once."""
        unsplash, tries_left = self.unsplash, self.unsplash.retries
        while True:
            try:
                return stack.enter_context(self._open(context))
            except TemporaryError as error:
                if not tries_left:
                    raise
                reason = f"{error} (the next try in {unsplash.retry_delay:g} s)"
                if context.log:
                    context.log.warning(reason)
                type(self).on_progress(0, reason)
                tries_left -= 1
                sleep(unsplash.retry_delay)

    @contextmanager
    def _open(self, context: dg.InitResourceContext) -> Iterator[Library]:
        timeouts, on_progress = self.unsplash.timeouts, type(self).on_progress
        opening = open_library(self._settings(), timeouts=timeouts, on_progress=on_progress)
        with opening as library, run_recorded(context, library) as ours:
            yield ours

    def _check_run(self, context: dg.InitResourceContext) -> None:
        """Refuse a run whose config would destroy photos, or whose settings have changed."""
        fixed = {name: {type(self).model_fields[name].default} for name in ("folder", "keep")}
        launchpad.check(context.run.run_config if context.run else {}, fixed)
        if context.instance and context.run and self.loaded:
            check_settings(context.instance, context.run, self.loaded, self.names)

    def _settings(self) -> Settings:
        """Return the settings of this run: those of the project, with this resource's fields."""
        fields = {
            name: BY_FIELD[name].check(getattr(resource, name))
            for resource in (self.unsplash, self)
            for name in _settings_among(type(resource))
        }
        settings = self.loaded or environment.load()
        settings = replace(settings, api_key=self.unsplash.api_key(), **fields)
        return settings if self.folder == settings.place else settings.placed(self.folder)


def build_resources(
    settings: Settings, names: Names, on_progress: Progress = nobody
) -> dict[str, object]:
    """Return the resources with the defaults that the settings give."""
    # Configured at launch, the launchpad's values reach the library's `unsplash` too.
    unsplash = _with_defaults(UnsplashResource, settings).configure_at_launch()
    library_type = _with_defaults(LibraryResource, settings, folder=settings.place)
    library_type.loaded, library_type.names = settings, names
    library_type.on_progress = on_progress
    library = library_type(unsplash=unsplash)
    return {names.of("unsplash"): unsplash, names.of("library"): library}


def _with_defaults(
    resource: type[Resource], settings: Settings, **others: object
) -> type[Resource]:
    """Return the resource's class with the settings' values as defaults, and others.

    Values given to an instance would be lost: when a launchpad changes one field, Dagster sets all
    others back to the defaults of the class.
    """
    named = {name: _plain(getattr(settings, name)) for name in _settings_among(resource)}
    fields: dict[str, Any] = {}
    for name, value in {**named, **others}.items():
        info = copy(resource.model_fields[name])
        info.default = value
        fields[name] = (info.annotation, info)
    return create_model(resource.__name__, __base__=resource, __doc__=resource.__doc__, **fields)


@contextmanager
def _logged_errors(context: dg.InitResourceContext) -> Iterator[None]:
    """Log an error by its sentence alone: what Dagster shows of it begins with other words."""
    try:
        yield
    except UnsplashAssetsError as error:
        if context.log:
            context.log.error(str(error))  # noqa: TRY400 - Dagster shows the stack itself
        raise
