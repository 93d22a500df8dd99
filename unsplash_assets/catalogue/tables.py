"""The catalogue's tables, on SQLite or Postgres: one row a library, photo, topic, run or request.

Every row has its mode. What the rows mean is said by `photos`, `runs` and `ledger`, how
they are reached by `database`. A change here is a new form of the catalogue (`migrations.forms`).
"""

from typing import Final

import sqlalchemy as sa

from unsplash_assets.model.photos import PhotoState
from unsplash_assets.model.states import before

PRUNABLE: Final = "state IN ('stored', 'damaged', 'lost') AND NOT favourite"
"""The photos that UNSPLASH_KEEP counts, and may remove."""
COUNTING: Final = f"CASE WHEN {PRUNABLE} THEN bytes ELSE 0 END"
"""What a photo should be in the library's totals."""
SHOWN: Final = "state = 'stored'"
"""The photos that a served page shows; see `browsing`."""
FAVOURITES: Final = f"{SHOWN} AND favourite"
"""The favourites among them."""
MISCOUNTED: Final = f"counted_bytes <> {COUNTING}"
"""The photos that have changed since the totals were made; see `retention`."""

metadata = sa.MetaData()


def _partial_index(name: str, *columns: str, where: str) -> sa.Index:
    """Index some rows alone; a query uses it if it has `where`, word for word."""
    return sa.Index(name, *columns, sqlite_where=sa.text(where))


libraries = sa.Table(
    "libraries",
    metadata,
    sa.Column("mode", sa.String(8), primary_key=True),
    sa.Column("identity", sa.String(36), nullable=False),
    sa.Column("sequence", sa.Integer, nullable=False),
    sa.Column("tick", sa.Float, nullable=False),
    sa.Column("tick_process", sa.String(300)),
    sa.Column("kept_photos", sa.Integer, nullable=False, server_default="0"),
    sa.Column("kept_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("clock_at", sa.Float),
    sa.Column("clock_jumped_at", sa.Float),
    sa.Column("boot", sa.String(100)),
    sa.Column("booted_at", sa.Float),
)

photos = sa.Table(
    "photos",
    metadata,
    sa.Column("mode", sa.String(8), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("topic", sa.String(100), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("arrival", sa.Integer, nullable=False),
    sa.Column("postponed", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("run_id", sa.String(64)),
    sa.Column("api", sa.String(300)),
    sa.Column("photographer", sa.Text, nullable=False),
    sa.Column("photographer_url", sa.Text, nullable=False),
    sa.Column("page_url", sa.Text, nullable=False),
    sa.Column("download_location", sa.Text),
    sa.Column("urls", sa.JSON, nullable=False),
    sa.Column("color", sa.String(7)),
    sa.Column("blur_hash", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("alt_description", sa.Text),
    sa.Column("rendition", sa.String(10)),
    sa.Column("url", sa.Text),
    sa.Column("path", sa.Text),
    sa.Column("bytes", sa.BigInteger),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("sha256", sa.String(64)),
    sa.Column("stored_at", sa.Float),
    sa.Column("stored_sequence", sa.Integer),
    sa.Column("favourite", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("event_due_at", sa.Float),
    sa.Column("event_failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("event_sent_at", sa.Float),
    sa.Column("event_error", sa.Text),
    sa.Column("counted_bytes", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("repair_due_at", sa.Float),
    sa.Column("seen", sa.Text),
    sa.Column("tone", sa.String(8)),
    sa.Column("search_text", sa.Text),
    sa.Index("photos_by_state", "mode", "topic", "state", "postponed", "arrival"),
    sa.Index("photos_by_size", "mode", "state", "topic", "bytes"),
    sa.Index("photos_by_run", "mode", "run_id"),
    sa.Index("photos_by_event", "mode", "event_due_at"),
    sa.Index("photos_by_sequence", "mode", "stored_sequence", unique=True),
    _partial_index("photos_prunable", "mode", "stored_at", "stored_sequence", where=PRUNABLE),
    _partial_index("photos_miscounted", "mode", where=MISCOUNTED),
    _partial_index("photos_shown", "mode", "state", "stored_sequence", "search_text", where=SHOWN),
    _partial_index(
        "photos_shown_by_topic", "mode", "state", "topic", "stored_sequence", where=SHOWN
    ),
    _partial_index("photos_shown_by_tone", "mode", "state", "tone", "stored_sequence", where=SHOWN),
    _partial_index(
        "photos_favourite", "mode", "state", "stored_sequence", "favourite", where=FAVOURITES
    ),
)

exhausted = sa.Table(
    "exhausted_topics",
    metadata,
    sa.Column("mode", sa.String(8), primary_key=True),
    sa.Column("api", sa.String(300), primary_key=True),
    sa.Column("topic", sa.String(100), primary_key=True),
    sa.Column("filters", sa.Text, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
    sa.Column("found_at", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
)

runs = sa.Table(
    "library_runs",
    metadata,
    sa.Column("mode", sa.String(8), primary_key=True),
    sa.Column("run_id", sa.String(64), primary_key=True),
    sa.Column("topic", sa.String(100)),
    sa.Column("process", sa.String(300), nullable=False),
    sa.Column("started_at", sa.Float, nullable=False),
    sa.Column("ended_at", sa.Float),
    sa.Column("outcome", sa.String(10)),
    sa.Column("error", sa.Text),
    sa.Column("alive_at", sa.Float),
    sa.Index("runs_by_end", "mode", "ended_at"),
)

quotas = sa.Table(
    "quotas",
    metadata,
    sa.Column("mode", sa.String(8), primary_key=True),
    sa.Column("key", sa.String(16), primary_key=True),
    sa.Column("request_limit", sa.Integer),
    sa.Column("request_id", sa.Integer),
    sa.Column("asked_at", sa.Float),
    sa.Column("told_at", sa.Float),
    sa.Column("remaining", sa.Integer),
    sa.Column("reset_by", sa.Float),
    sa.Column("refused_at", sa.Float),
    sa.Column("key_refused_at", sa.Float),
    sa.Column("key_refusals", sa.Integer, nullable=False, server_default="0"),
)

requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("mode", sa.String(8), nullable=False),
    sa.Column("key", sa.String(16), nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("told", sa.Integer, nullable=False),
    sa.Column("ours", sa.Boolean, nullable=False),
    sa.Column("reserved_at", sa.Float, nullable=False),
    sa.Column("settled_at", sa.Float),
    sa.Index("requests_by_time", "mode", "key", "reserved_at"),
)


@sa.event.listens_for(metadata, "before_create")
def _tell_postgres(_: sa.MetaData, connection: sa.Connection, **__: object) -> None:
    """Give Postgres the conditions of partial indexes: its option there would load its dialect."""
    if connection.dialect.name == "postgresql":
        for index in photos.indexes:
            where = index.dialect_options["sqlite"]["where"]
            index.dialect_kwargs["postgresql_where"] = where


def change_to(state: PhotoState, *where: sa.ColumnElement[bool]) -> sa.Update:
    """Return the statement that moves photos to `state`, as far as the change is allowed."""
    allowed = sa.or_(*(photos.c.state == known for known in sorted(before(state))))
    return sa.update(photos).where(allowed, *where).values(state=state)
