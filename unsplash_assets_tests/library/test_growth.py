"""Tests of what a tick costs: as much in a library of a hundred photos as in a large one."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue.database import Database
from unsplash_assets.gallery.page import write_gallery
from unsplash_assets.library.bringing import bring
from unsplash_assets.library.opening import Library, working_on
from unsplash_assets.library.selection import choose, top_up
from unsplash_assets.library.ticks import claim, next_topic
from unsplash_assets_tests.conftest import Clock, Opened

FEW = ("photos_miscounted", "photos_prunable")
"""Indexes of few rows, or of which a query takes the first few."""

BY_STATE = ("photos_by_size", "photos_by_state")
"""Indexes that find all stored photos, or all of a topic."""

Plans = list[tuple[str, str, bool]]
"""Statements, a step of SQLite's plan on the photos, and whether stored photos are asked for."""


@contextmanager
def explained(database: Database) -> Iterator[Plans]:
    """Gather the plans of all statements on the photos."""
    plans: Plans = []

    def before(_: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if "photos" in statement and not statement.startswith("INSERT"):
            some = parameters[0] if rest[-1] else parameters
            steps = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", some).fetchall()
            plans.extend(
                (statement, step[3], "stored" in some) for step in steps if " photos" in step[3]
            )

    with database.reading() as connection:
        engine = connection.engine
    sa.event.listen(engine, "before_cursor_execute", before)
    yield plans
    sa.event.remove(engine, "before_cursor_execute", before)


def is_narrow(statement: str, step: str, is_about_stored: bool) -> bool:  # noqa: FBT001
    """Whether a step looks up some rows, not all those of the mode, or all that are stored."""
    found = re.fullmatch(r"SEARCH photos USING (?:COVERING )?INDEX (\w+) \((.+)\)", step)
    if found is None or (found[1] in BY_STATE and is_about_stored):
        return False
    return " AND " in found[2] or found[1] in FEW or "max(" in statement


def work(library: Library, run_id: str) -> None:
    """Do all that happens in a minute."""
    claim(library, library.clock())
    assert next_topic(library, lambda topics: topics[0]) == "nature"
    with working_on(library, run_id, "nature"):
        top_up(library, "nature")
        choose(library, "nature", run_id)
        assert bring(library, "nature", run_id, last_try=True).photos
        write_gallery(library.photos, library.store, library.settings)
    library.photos.stored_after(library.photos.newest_sequence() - 1, newest=3)


@pytest.mark.long
def test_no_query_of_a_tick_goes_through_all_photos(opened: Opened, clock: Clock) -> None:
    library = opened(api_key="", topics="nature", rendition="thumb", keep="2")
    with explained(library.database) as plans:
        for number in range(4):
            clock.now += 60
            work(library, f"run {number}")
    assert len(plans) > 100
    assert {plan for plan in plans if not is_narrow(*plan)} == set()
