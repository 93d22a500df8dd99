"""Form 6: what a photo is found by, what a verification has seen of its file, topics' sources.

A photo is found by its text and by the tone of its colour. Which topics are exhausted is forgotten:
what they are asked for includes their source now.
"""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from unsplash_assets.model.search import searchable
from unsplash_assets.model.tones import tone_of

revision = "6"
down_revision = "5"

_AT_ONCE: Final = 1_000  # photos
_SHOWN: Final = "state = 'stored'"
_INDEXES: Final = {
    "photos_shown": (["mode", "state", "stored_sequence", "search_text"], _SHOWN),
    "photos_shown_by_topic": (["mode", "state", "topic", "stored_sequence"], _SHOWN),
    "photos_shown_by_tone": (["mode", "state", "tone", "stored_sequence"], _SHOWN),
    "photos_favourite": (
        ["mode", "state", "stored_sequence", "favourite"],
        f"{_SHOWN} AND favourite",
    ),
}


def upgrade() -> None:
    """Bring form 5 forward."""
    op.drop_table("exhausted_topics")
    op.create_table(
        "exhausted_topics",
        sa.Column("mode", sa.String(8), primary_key=True),
        sa.Column("api", sa.String(300), primary_key=True),
        sa.Column("topic", sa.String(100), primary_key=True),
        sa.Column("filters", sa.Text, primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("found_at", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.add_column("photos", sa.Column("seen", sa.Text))
    op.add_column("photos", sa.Column("tone", sa.String(8)))
    op.add_column("photos", sa.Column("search_text", sa.Text))
    _describe_photos()
    for name, (columns, condition) in _INDEXES.items():
        some = sa.text(condition)
        op.create_index(name, "photos", columns, sqlite_where=some, postgresql_where=some)


def _describe_photos() -> None:
    """Give each photo its tone and its text, a thousand at a time, in the order of their keys."""
    names = ("mode", "id", "topic", "photographer", "alt_description", "description", "color")
    photos = sa.table("photos", *map(sa.column, (*names, "tone", "search_text")))
    columns = photos.c
    query = sa.select(*(columns[name] for name in names)).order_by(columns.mode, columns.id)
    key = columns.mode == sa.bindparam("of_mode"), columns.id == sa.bindparam("of_id")
    described = sa.update(photos).where(*key)
    described = described.values(tone=sa.bindparam("its_tone"), search_text=sa.bindparam("text"))
    connection, after = op.get_bind(), ("", "")
    while True:
        beyond = sa.or_(
            columns.mode > after[0], sa.and_(columns.mode == after[0], columns.id > after[1])
        )
        rows = connection.execute(query.where(beyond).limit(_AT_ONCE)).all()
        if not rows:
            return
        after = rows[-1].mode, rows[-1].id
        connection.execute(described, [_described(row) for row in rows])


def _described(row: sa.Row[Any]) -> dict[str, str | None]:
    said = row.topic, row.photographer, row.alt_description, row.description
    found = {"its_tone": tone_of(row.color), "text": searchable(said)}
    return {"of_mode": row.mode, "of_id": row.id, **found}
