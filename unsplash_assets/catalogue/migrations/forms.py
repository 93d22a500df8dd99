"""Brings a catalogue to the form that this program knows, with Alembic.

A change of a table is a new file in `versions` and its number in CURRENT; a test
compares what the files lead to with what `tables` describes. Catalogues only go forward.
"""

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from unsplash_assets.errors import LibraryError

CURRENT: Final = "6"
"""The newest file in `versions`."""
VERSION_TABLE: Final = "catalogue_version"
"""Not Alembic's usual name, for Dagster keeps one of that name in its databases."""

_SCRIPTS: Final = Path(__file__).parent
_UNNUMBERED: Final = "1"

version = sa.Table(
    VERSION_TABLE,
    sa.MetaData(),
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)


def is_current(connection: sa.Connection) -> bool:
    """Whether a catalogue has this program's form; it must have a form of some kind.

    Raises LibraryError if its form is of a later program.
    """
    found = connection.scalar(sa.select(version.c.version_num))
    if found is not None and int(found) > int(CURRENT):
        raise LibraryError(
            f"the catalogue is of a newer unsplash_assets (form {found}, this one knows "
            f"{CURRENT}): update this installation, or choose another UNSPLASH_LIBRARY"
        )
    return bool(found == CURRENT)


def create_or_migrate(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Make the tables in an empty database, or bring those of an earlier program forward."""
    there = sa.inspect(connection)
    if not there.has_table("libraries"):
        metadata.create_all(connection)
        _number(connection, CURRENT)
    elif not there.has_table(VERSION_TABLE):
        _number(connection, _UNNUMBERED)
    if not is_current(connection):
        _upgrade(connection)


def _number(connection: sa.Connection, form: str) -> None:
    version.create(connection)
    connection.execute(sa.insert(version), {"version_num": form})


def _upgrade(connection: sa.Connection) -> None:
    from alembic import command  # noqa: PLC0415 - a fifth of a second, and seldom needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection, "version_table": VERSION_TABLE})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, CURRENT)
