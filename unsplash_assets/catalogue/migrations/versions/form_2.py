"""Form 2: the request budget by key, download events, favourites, what retention and repairs need.

What was recorded of requests is forgotten: it is of no use after an hour. Photos that were
stored before the download event existed have theirs due. The table of runs gets a name that
Dagster has no table of, so that one database can hold both.
"""

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

_PRUNABLE = "state IN ('stored', 'damaged', 'lost') AND NOT favourite"
_MISCOUNTED = f"counted_bytes <> CASE WHEN {_PRUNABLE} THEN bytes ELSE 0 END"


def upgrade() -> None:
    """Bring form 1 forward."""
    op.drop_table("requests")
    op.create_table(
        "requests",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("mode", sa.String(8), nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("told", sa.Integer, nullable=False),
        sa.Column("ours", sa.Boolean, nullable=False),
        sa.Column("reserved_at", sa.Float, nullable=False),
        sa.Column("settled_at", sa.Float),
    )
    op.create_index("requests_by_time", "requests", ["mode", "key", "reserved_at"])
    op.create_table(
        "quotas",
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
    )
    with op.batch_alter_table("libraries") as libraries:
        libraries.drop_column("request_limit")
        libraries.add_column(
            sa.Column("kept_photos", sa.Integer, nullable=False, server_default="0")
        )
        libraries.add_column(
            sa.Column("kept_bytes", sa.BigInteger, nullable=False, server_default="0")
        )
    with op.batch_alter_table("photos") as photos:
        photos.add_column(
            sa.Column("favourite", sa.Boolean, nullable=False, server_default=sa.false())
        )
        photos.add_column(sa.Column("event_due_at", sa.Float))
        photos.add_column(
            sa.Column("event_failures", sa.Integer, nullable=False, server_default="0")
        )
        photos.add_column(sa.Column("event_sent_at", sa.Float))
        photos.add_column(sa.Column("event_error", sa.Text))
        photos.add_column(
            sa.Column("counted_bytes", sa.BigInteger, nullable=False, server_default="0")
        )
        photos.add_column(sa.Column("repair_due_at", sa.Float))
    op.create_index("photos_by_event", "photos", ["mode", "event_due_at"])
    _create_partial_index("photos_prunable", ["mode", "stored_at", "stored_sequence"], _PRUNABLE)
    _create_partial_index("photos_miscounted", ["mode"], _MISCOUNTED)
    op.execute(
        "UPDATE photos SET event_due_at = stored_at "
        "WHERE state = 'stored' AND download_location IS NOT NULL"
    )
    op.rename_table("runs", "library_runs")


def _create_partial_index(name: str, columns: list[str], where: str) -> None:
    some = sa.text(where)
    op.create_index(name, "photos", columns, sqlite_where=some, postgresql_where=some)
