"""Form 5: the topics that have given no new photos."""

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
