"""Form 3: without the columns that nothing read: the original's size, and when it was fetched."""

from alembic import op

revision = "3"
down_revision = "2"


def upgrade() -> None:
    """Bring form 2 forward."""
    with op.batch_alter_table("photos") as photos:
        for column in ("fetched_at", "original_width", "original_height"):
            photos.drop_column(column)
