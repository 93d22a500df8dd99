"""The resources: settings in, domain objects out. What they do is in `unsplash` and `library`.

`UnsplashResource` is the API, `LibraryResource` the photos here. Both can be changed for one
run in the launchpad. No secret is a field: a field would be stored with the run and shown
in the UI, so the key is named by its variable and read when it is needed. Nor can a launchpad
make a secret of this process one, or send it anywhere (docs/decisions.md, Dagster).
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from copy import copy
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import dagster as dg
from pydantic import ConfigDict, Field, PrivateAttr, create_model, field_validator

from unsplash_assets.catalogue.database import Database, open_database
from unsplash_assets.catalogue.events import DownloadEvents
from unsplash_assets.catalogue.integrity import Integrity
from unsplash_assets.catalogue.ledger import RequestBudget
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.retention import Retention
from unsplash_assets.catalogue.runs import Runs
from unsplash_assets.defs.partitions import PARTITION_TAG
from unsplash_assets.errors import LibraryError, SettingsError
from unsplash_assets.gallery.page import Gallery, write_gallery
from unsplash_assets.library.bringing import Shelf
from unsplash_assets.library.downloads import picture_limits
from unsplash_assets.model.mode import Mode
from unsplash_assets.settings import environment, settings, values
from unsplash_assets.settings.settings import DEMO_KEY, DEMO_URL, UNSPLASH_API_URL, Settings
from unsplash_assets.storage.disks import network_warning
from unsplash_assets.storage.folder import Folder
from unsplash_assets.storage.processes import ProcessName
from unsplash_assets.transport.base import Timeouts, Transport
from unsplash_assets.transport.modes import transport_of
from unsplash_assets.unsplash.budget import Budget
from unsplash_assets.unsplash.client import Filters, UnsplashClient

MODE_TAG: Final = "unsplash_assets/mode"
PROCESS_TAG: Final = "unsplash_assets/process"
RETRIES: Final = 10

Resource = TypeVar("Resource", bound="dg.ConfigurableResource[Any]")


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
        description=f"The API's base URL; {DEMO_URL} is the demo in process. For one run: that of "
        f"UNSPLASH_API_URL, {UNSPLASH_API_URL}, the demo, or a server on this machine.",
    )
    app_name: str = Field(
        default="unsplash_assets", description="The application's name in credit links."
    )
    orientation: str = Field(
        default="any",
        pattern="^(any|landscape|portrait|squarish)$",
        description="any, landscape, portrait or squarish.",
    )
    content_filter: str = Field(default="low", pattern="^(low|high)$", description="low or high.")
    connect_timeout: float = Field(
        default=Timeouts.connect, gt=0, description="Seconds to connect."
    )
    read_timeout: float = Field(default=Timeouts.read, gt=0, description="Seconds of silence.")
    total_timeout: float = Field(
        default=Timeouts.total, gt=0, description="Seconds for an answer in all."
    )
    retries: int = Field(default=RETRIES, ge=0, description="How often a step is tried again.")
    retry_delay: float = Field(default=15.0, ge=0, description="Seconds between two tries.")

    _check_url = field_validator("api_url")(values.api_url)

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Refuse a run whose config would send the key elsewhere, or show a variable's value."""
        config = context.run.run_config if context.run else {}
        for name in _values(config, "env"):
            raise SettingsError(
                "a field of the launchpad",
                f"to be read from the environment (env: {name})",
                "write its value, for all may read what a run is given",
            )
        if any(_values(config, "api_url")) and not self._is_usual:
            raise SettingsError(
                "api_url of the launchpad",
                repr(self.api_url),
                f"use the URL of UNSPLASH_API_URL, {UNSPLASH_API_URL}, {DEMO_URL} (the demo), or "
                "a server on this machine; any other is set in UNSPLASH_API_URL, not for one run",
            )

    @property
    def _is_usual(self) -> bool:
        """Whether the API is one that the key may go to for a launchpad's word alone.

        The class's default is the URL of the settings.
        """
        usual = {type(self).model_fields["api_url"].default, UNSPLASH_API_URL, DEMO_URL}
        host = urlsplit(self.api_url).hostname or ""
        return self.api_url in usual or values.is_loopback(host)

    @property
    def mode(self) -> Mode:
        """Demo where the API is the one in process, else live."""
        return "demo" if self.api_url == DEMO_URL else "live"

    @property
    def filters(self) -> Filters:
        """What photos are asked for, besides their topic."""
        return Filters(self.orientation, self.content_filter)

    def transport(self) -> Transport:
        """Return the way to the API and its pictures: the network, or the emulator in process."""
        return transport_of(self.mode)

    def client(self, budget: Budget, transport: Transport | None = None) -> UnsplashClient:
        """Return the API's client, which asks `budget` before each request."""
        return UnsplashClient(
            transport or self.transport(),
            self._key(),
            self.api_url,
            timeouts=Timeouts(self.connect_timeout, self.read_timeout, self.total_timeout),
            budget=budget,
        )

    @property
    def key_fingerprint(self) -> str:
        """What tells the key from any other; see `Settings.key_fingerprint`."""
        return settings.fingerprint(self.api_url, self._key())

    def _key(self) -> str:
        if self.mode == "demo":
            return DEMO_KEY
        key = environment.secret(self.api_key_variable)
        if key is None:
            raise SettingsError(self.api_key_variable, "not set", "put the Access Key there")
        return key


class LibraryResource(dg.ConfigurableResource["LibraryResource"]):
    """The photos here: their folder and catalogue, and how a run adds to them."""

    model_config = ConfigDict(hide_input_in_errors=True)

    unsplash: dg.ResourceDependency[UnsplashResource]
    folder: str = Field(default="library", description="The library's folder.")
    rendition: str = Field(
        default="regular", description="raw, full, regular, small, thumb, or a width in pixels."
    )
    photos_per_run: int = Field(default=1, ge=1, le=1000, description="Photos that a run brings.")
    timeout: float = Field(default=60.0, gt=0, description="Seconds for one picture in all.")
    max_size: int = Field(default=50_000_000, gt=0, description="Bytes of the largest picture.")
    concurrency: int = Field(default=8, ge=1, le=64, description="Pictures at the same time.")
    keep: str = Field(
        default="all", description="all, or the newest photos up to a number, 2GB or 30d."
    )

    _check_rendition = field_validator("rendition")(values.rendition)
    _check_keep = field_validator("keep")(lambda text: str(values.keep(text)))
    _database: Database = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["LibraryResource"]:
        """Open the catalogue for a run, and let others know which process works on it."""
        mode = self.unsplash.mode
        run_id = context.run.run_id if context.run else "no run"
        self._database = open_database(Path(self.folder), environment.load().catalogue, mode)
        _tag(context, mode)
        if mode == "demo" and context.log:
            context.log.info(f"Demo: {settings.DEMO_HINT}.")
        with closing(self._database):
            if context.log and (warning := network_warning(self._database.file)):
                context.log.warning(warning)
            self.files.clean()
            self.runs.begin(run_id, _topic(context))
            try:
                yield self
            finally:
                with suppress(LibraryError):  # it is over anyway once its process is
                    self.runs.end(run_id)

    @property
    def catalogue(self) -> Photos:
        """The photos."""
        return Photos(self._database)

    @property
    def runs(self) -> Runs:
        """The runs."""
        return Runs(self._database)

    @property
    def budget(self) -> RequestBudget:
        """The requests that may be made."""
        return RequestBudget(self._database, self.unsplash.key_fingerprint)

    @property
    def events(self) -> DownloadEvents:
        """The download events."""
        return DownloadEvents(self._database)

    @property
    def retention(self) -> Retention:
        """What keeps the photos within their bound."""
        return Retention(self._database, self.files, values.keep(self.keep))

    @property
    def integrity(self) -> Integrity:
        """What is known of the files' state."""
        return Integrity(self._database, self.files)

    @property
    def files(self) -> Folder:
        """The files."""
        return Folder(Path(self.folder))

    def write_gallery(self) -> Gallery:
        """Write the page of the newest photos."""
        return write_gallery(self._database, self.files, self.unsplash.app_name)

    def shelf(self) -> Shelf:
        """Return what is needed to bring pictures into the library."""
        transport = self.unsplash.transport()
        return Shelf(
            catalogue=self.catalogue,
            events=self.events,
            client=self.unsplash.client(self.budget, transport),
            folder=self.files,
            transport=transport,
            limits=picture_limits(self.unsplash.api_url, self.timeout, self.max_size),
            concurrency=self.concurrency,
            app_name=self.unsplash.app_name,
            mode=self.unsplash.mode,
        )


def build_resources(settings: Settings) -> dict[str, object]:
    """Return the resources as the settings have them."""
    unsplash = _with_defaults(
        UnsplashResource,
        api_url=settings.api_url if settings.mode == "live" else DEMO_URL,
        app_name=settings.app_name,
        orientation=settings.orientation,
        content_filter=settings.content_filter,
        retry_delay=settings.retry_delay,
    ).configure_at_launch()  # so that the library's, too, is the one of the launchpad
    library = _with_defaults(
        LibraryResource,
        folder=str(settings.library),
        rendition=settings.rendition,
        photos_per_run=settings.photos_per_run,
        timeout=settings.timeout,
        max_size=settings.max_size,
        concurrency=settings.concurrency,
        keep=str(settings.keep),
    )(unsplash=unsplash)
    return {"unsplash": unsplash, "library": library}


def _with_defaults(resource: type[Resource], **values: object) -> type[Resource]:
    """Return the resource's class with these defaults.

    Values given to an instance would not do: a launchpad that changes one field of it sets
    all others back to the defaults of the class.
    """
    fields: dict[str, Any] = {}
    for name, value in values.items():
        info = copy(resource.model_fields[name])
        info.default = value
        fields[name] = (info.annotation, info)
    return create_model(resource.__name__, __base__=resource, __doc__=resource.__doc__, **fields)


def _values(config: object, name: str) -> Iterator[object]:
    """Yield the values of that name, wherever they stand in a run config."""
    match config:
        case {**entries}:
            yield from (value for key, value in entries.items() if key == name)
            for entry in entries.values():
                yield from _values(entry, name)
        case list():
            for entry in config:
                yield from _values(entry, name)


def _topic(context: dg.InitResourceContext) -> str | None:
    return context.run.tags.get(PARTITION_TAG) if context.run else None


def _tag(context: dg.InitResourceContext, mode: Mode) -> None:
    """Tag the run, however it was launched, with its mode and the process that works on it."""
    if context.instance and context.run:
        tags = {MODE_TAG: mode, PROCESS_TAG: str(ProcessName.current())}
        context.instance.add_run_tags(context.run.run_id, tags)
