"""Form 4: the API of each photo, the clock that was seen last, and how often a key was refused."""

import json
from urllib.parse import urlsplit

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"

_PICTURES = "https://images.unsplash.com/"
_UNSPLASH = "https://api.unsplash.com"


def upgrade() -> None:
    """Bring form 3 forward."""
    op.add_column("photos", sa.Column("api", sa.String(300)))
    op.add_column("libraries", sa.Column("clock_at", sa.Float))
    op.add_column("libraries", sa.Column("clock_jumped_at", sa.Float))
    op.add_column(
        "quotas", sa.Column("key_refusals", sa.Integer, nullable=False, server_default="0")
    )
    _fill_apis(op.get_bind())
    op.execute(
        "UPDATE libraries SET clock_at = "
        "(SELECT max(stored_at) FROM photos WHERE photos.mode = libraries.mode)"
    )


def _fill_apis(connection: sa.Connection) -> None:
    """Name the API of every photo, for a banned one may wait again: nearly all are Unsplash's."""
    connection.execute(
        sa.text("UPDATE photos SET api = :api WHERE CAST(urls AS TEXT) LIKE :pictures"),
        {"api": _UNSPLASH, "pictures": f'%"{_PICTURES}%'},
    )
    others = sa.text("SELECT mode, id, urls FROM photos WHERE api IS NULL")
    for mode, photo_id, urls in connection.execute(others).all():
        connection.execute(
            sa.text("UPDATE photos SET api = :api WHERE mode = :mode AND id = :id"),
            {"api": _api_of(urls), "mode": mode, "id": photo_id},
        )


def _api_of(urls: object) -> str | None:
    """Return the origin of a photo's URLs; None for one without, as one that is long gone."""
    known = json.loads(urls) if isinstance(urls, str) else urls
    first = next(iter(known.values()), "") if isinstance(known, dict) else ""
    parts = urlsplit(first)
    return f"{parts.scheme}://{parts.netloc}" if first else None
