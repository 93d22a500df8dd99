"""Form 5: topics that gave no new photos, a run's sign of life, and by which boot the clock was."""

import sqlalchemy as sa
from alembic import op

revision = "5"
down_revision = "4"


def upgrade() -> None:
    """Bring form 4 forward."""
    op.create_table(
        "exhausted_topics",
        sa.Column("mode", sa.String(8), primary_key=True),
        sa.Column("api", sa.String(300), primary_key=True),
        sa.Column("topic", sa.String(100), primary_key=True),
        sa.Column("filters", sa.String(40), primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("found_at", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
    )
    op.add_column("library_runs", sa.Column("alive_at", sa.Float))
    op.add_column("libraries", sa.Column("boot", sa.String(100)))
    op.add_column("libraries", sa.Column("booted_at", sa.Float))
