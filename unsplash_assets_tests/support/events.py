"""Sends the download events that are due, as a run does that downloads nothing."""

from unsplash_assets.library.downloads.batches import Batches
from unsplash_assets.library.events import Sent
from unsplash_assets.library.opening import Library
from unsplash_assets.unsplash.budget import Grant


def send_events(library: Library, grant: Grant) -> Sent:
    """Send as many as were granted, the oldest first; return what became of them."""
    return Batches(library, grant, None, last_try=True).bring([]).sent
