"""Findings about this process: versions, settings, the screen and its viewer."""

import platform
import sqlite3
from importlib import metadata
from typing import Final

from unsplash_assets.library.doctor.findings import Finding, bad, ok, warning
from unsplash_assets.settings import environment
from unsplash_assets.settings.settings import Settings
from unsplash_assets.viewer.programs import OFF, Viewer

_SHOWN: Final = ("unsplash_assets", "dagster", "SQLAlchemy", "pillow")


def versions() -> Finding:
    """Say what is installed."""
    installed = ", ".join(f"{name} {metadata.version(name)}" for name in _SHOWN)
    return ok(
        "versions",
        f"{installed}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        f"{platform.system()} {platform.release()}",
    )


def settings_in_use(settings: Settings) -> Finding:
    """Say where the settings are from, and which variables have no effect."""
    unknown = list(environment.unknown_settings(settings.project))
    if unknown:
        return warning("settings", "; ".join(unknown))
    if exposed := environment.exposed_secrets(settings.project):
        return warning("settings", exposed)
    topics = f"{len(settings.topics)} topics" if len(settings.topics) > 1 else "1 topic"
    return ok("settings", f"{settings.mode}, {topics}, project {settings.project}")


def screen(settings: Settings) -> Finding:
    """Say how new pictures are shown, and whether that program is here."""
    if settings.viewer == OFF:
        return ok("screen", "new pictures are not shown: UNSPLASH_VIEWER is off")
    viewer = Viewer.from_settings(settings)
    if obstacle := viewer.obstacle():
        return warning("screen", obstacle)
    if missing := viewer.missing_program():
        return bad("screen", missing)
    return ok("screen", f"new pictures are shown: UNSPLASH_VIEWER is {settings.viewer}")
