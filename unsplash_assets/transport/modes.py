"""Chooses the transport of each mode: the network, or the emulator in this process."""

from unsplash_assets.model.mode import Mode
from unsplash_assets.settings.environment import certificates
from unsplash_assets.settings.settings import DEMO_URL
from unsplash_assets.transport.http import HttpTransport


def transport_of(mode: Mode) -> HttpTransport:
    """Return the transport to the API and its pictures."""
    if mode == "live":
        return HttpTransport(certificates=certificates())
    from unsplash_assets.emulator.application import Emulator  # noqa: PLC0415 - for the demo
    from unsplash_assets.transport.wsgi import WsgiPool  # noqa: PLC0415

    return HttpTransport({DEMO_URL: WsgiPool(Emulator())}, certificates=certificates())
