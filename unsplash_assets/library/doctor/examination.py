"""All findings about a set-up, in the order in which one should mend what is bad."""

from collections.abc import Callable, Iterator

from unsplash_assets.errors import LibraryError, LibraryMissing, UnsplashAssetsError
from unsplash_assets.library import health
from unsplash_assets.library.doctor import places
from unsplash_assets.library.doctor.findings import Finding, bad, ok, warning
from unsplash_assets.library.doctor.network import network
from unsplash_assets.library.doctor.surroundings import screen, settings_in_use, versions
from unsplash_assets.library.opening import Library, check_place, open_library
from unsplash_assets.settings.settings import Settings
from unsplash_assets.transport.http import HttpTransport


def examine(
    settings: Settings,
    *,
    transport: HttpTransport | None = None,
    clock: Callable[[], float] | None = None,
) -> Iterator[Finding]:
    """Give the findings, each as soon as it is known. Sends one request to the API."""
    yield versions()
    yield settings_in_use(settings)
    yield screen(settings)
    yield from _library(settings, transport, clock)


def _library(
    settings: Settings, transport: HttpTransport | None, clock: Callable[[], float] | None
) -> Iterator[Finding]:
    if damaged := places.catalogue_file(settings):
        yield damaged
        return
    how = {"create": False, "needs_files": False, "transport": transport, "clock": clock}
    try:
        with open_library(settings, **how) as library:  # type: ignore[arg-type]
            yield places.catalogue(library)
            yield _place(library)
            yield places.room(library)
            yield from network(library)
            yield _arrivals(library)
    except UnsplashAssetsError as error:
        name = "library" if isinstance(error, LibraryMissing) else "catalogue"
        yield bad(name, str(error))


def _place(library: Library) -> Finding:
    """Say whether the folder is the catalogue's, and how it is."""
    try:
        if library.database.is_kept:
            check_place(library)
    except LibraryError as error:
        return bad("library", str(error))
    return places.place(library)


def _arrivals(library: Library) -> Finding:
    """Say whether the schedule ticks and brings photos, as the catalogue knows."""
    if not library.database.is_kept:
        return ok("photos", "none yet")
    if silent := health.schedule_trouble(library):
        return warning("photos", silent)
    if trouble := health.arrival_trouble(library):
        return bad("photos", trouble)
    return ok("photos", "they arrive as schedule and budget allow")
