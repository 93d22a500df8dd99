"""Tests of `catalogue.tables` and `model.states`: allowed changes happen, others do not.

Nobody else writes a state.
"""

import ast
import re
from collections.abc import Iterator
from itertools import product

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.catalogue.database import Database
from unsplash_assets.catalogue.photos import Photos
from unsplash_assets.catalogue.tables import change_to
from unsplash_assets.model.photos import PhotoState
from unsplash_assets.model.states import BAD, CHANGES, WITH_FILE, before
from unsplash_assets_tests.catalogue.test_photos import ids, photo
from unsplash_assets_tests.support.paths import PACKAGE

ALLOWED = {
    ("waiting", "chosen"),
    ("waiting", "stored"),
    ("waiting", "banned"),
    ("chosen", "chosen"),
    ("chosen", "waiting"),
    ("chosen", "stored"),
    ("chosen", "refused"),
    ("chosen", "banned"),
    ("stored", "stored"),
    ("stored", "damaged"),
    ("stored", "pruning"),
    ("stored", "banned"),
    ("damaged", "stored"),
    ("damaged", "lost"),
    ("damaged", "pruning"),
    ("damaged", "banned"),
    ("lost", "stored"),
    ("lost", "lost"),
    ("lost", "pruning"),
    ("lost", "banned"),
    ("refused", "waiting"),
    ("refused", "stored"),
    ("refused", "banned"),
    ("pruning", "pruned"),
    ("pruning", "banned"),
    ("pruned", "waiting"),
    ("pruned", "banned"),
    ("banned", "waiting"),
    ("banned", "banned"),
}
"""Written out a second time, so that a change of the table is a decision."""

PARTIAL = {"photos_prunable": db.PRUNABLE, "photos_miscounted": db.MISCOUNTED}

PAIRS = list(product(PhotoState, PhotoState))


@pytest.mark.parametrize("url", ["sqlite://", "postgresql://"])
def test_a_new_catalogue_has_its_partial_indexes_on_each_database(url: str) -> None:
    made: list[str] = []
    dialect = sa.make_url(url).get_dialect()()
    engine = sa.create_mock_engine(
        url, lambda sql, *_: made.append(str(sql.compile(None, dialect)))
    )
    db.metadata.create_all(engine, checkfirst=False)
    for name, where in PARTIAL.items():
        (statement,) = (sql for sql in made if f"INDEX {name} " in sql)
        assert statement.endswith(f"WHERE {where}")


@pytest.fixture
def two(database: Database, catalogue: Photos) -> Database:
    """A catalogue with two photos."""
    catalogue.add("sea", [photo(1), photo(2)])
    return database


def put(database: Database, *states: PhotoState) -> None:
    """Put the photos in these states, whatever they were."""
    with database.writing() as connection:
        for photo_id, state in zip(ids(1, 2), states, strict=False):
            row = sa.update(db.photos).where(db.photos.c.id == photo_id)
            connection.execute(row.values(state=state, reason="as it was"))


def rows(database: Database) -> list[dict[str, object]]:
    with database.reading() as connection:
        found = connection.execute(sa.select(db.photos).order_by(db.photos.c.arrival))
        return [dict(row) for row in found.mappings()]


@pytest.mark.parametrize(("source", "target"), PAIRS, ids=str)
def test_an_allowed_change_happens_and_any_other_leaves_the_row_alone(
    two: Database, source: PhotoState, target: PhotoState
) -> None:
    put(two, source)
    earlier, other = rows(two)
    (photo_id,) = ids(1)
    with two.writing() as connection:
        change = change_to(target, db.photos.c.id == photo_id).values(reason="changed")
        changed = connection.execute(change).rowcount
    is_allowed = (source.value, target.value) in ALLOWED
    later = {**earlier, "state": target.value, "reason": "changed"} if is_allowed else earlier
    assert rows(two) == [later, other]
    assert changed == is_allowed


def test_only_the_photos_meant_change(two: Database) -> None:
    put(two, PhotoState.STORED, PhotoState.WAITING)
    with two.writing() as connection:
        everywhere = connection.execute(change_to(PhotoState.DAMAGED, db.photos.c.mode == "live"))
        assert everywhere.rowcount == 1
    assert [row["state"] for row in rows(two)] == ["damaged", "waiting"]


def test_every_state_can_be_left_and_all_but_the_first_can_be_reached() -> None:
    assert set(CHANGES) == set(PhotoState)
    assert all(CHANGES.values())
    assert set().union(*CHANGES.values()) == set(PhotoState)


@pytest.mark.parametrize("state", PhotoState)
def test_the_states_before_one_are_those_that_lead_to_it(state: PhotoState) -> None:
    assert before(state) == {source for source, target in ALLOWED if target == state.value}


def test_a_person_can_ban_a_photo_in_any_state() -> None:
    assert before(PhotoState.BANNED) == set(PhotoState)


def test_a_pruned_photo_comes_back_by_way_of_the_waiting_list_alone() -> None:
    """There a person puts it who asks for it by its id (`Curation.readmit`)."""
    assert CHANGES[PhotoState.PRUNED] == {PhotoState.WAITING, PhotoState.BANNED}


def test_a_bad_photo_is_one_with_a_path() -> None:
    assert set(BAD) < set(WITH_FILE)
    assert before(PhotoState.PRUNING) == set(WITH_FILE)


SETS_STATE = re.compile(r"\bset\b(?:(?!\bwhere\b).)*\bstate\s*=", re.IGNORECASE | re.DOTALL)


def writes(module: str) -> Iterator[str]:
    """Yield what in a module's source gives a row a state: updates, rows to insert, SQL."""
    for node in ast.walk(ast.parse(module)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "values":
                yield from ("update" for keyword in node.keywords if keyword.arg == "state")
        elif isinstance(node, ast.Dict):
            keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
            yield from ("row" for key in keys if key == "state")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from ("SQL" for _ in SETS_STATE.finditer(node.value))
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from ("row" for _ in [1] if ast.unparse(node.slice) == "'state'")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("sa.update(photos).values(state='lost')", ["update"]),
        ("row = {'id': 1, 'state': 'lost'}", ["row"]),
        ("row['state'] = 'lost'", ["row"]),
        ("run('UPDATE photos SET reason = 1, state = 2')", ["SQL"]),
        ("run('UPDATE photos SET due = 1 WHERE state = 2')", []),
        ("sa.update(photos).values(reason='gone')", []),
        ("FileRecord(state='lost')", []),
        ("state = row['state']", []),
    ],
)
def test_a_write_of_a_state_is_found(source: str, found: list[str]) -> None:
    assert list(writes(source)) == found


@pytest.mark.long
def test_only_one_place_moves_a_photo_and_only_three_places_make_one() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): kinds
        for path in sorted(PACKAGE.rglob("*.py"))
        if (kinds := list(writes(path.read_text())))
    }
    assert found == {
        "catalogue/adoption.py": ["row"],  # found by its file
        "catalogue/curation.py": ["row"],  # banned before it is known
        "catalogue/photos.py": ["row"],  # new, waiting
        "catalogue/tables.py": ["update"],
    }
