"""Form 1: the libraries, their photos, runs and requests. It was made without a number."""

revision = "1"
down_revision = None


def upgrade() -> None:
    """Do nothing: a catalogue without a number has this form."""
