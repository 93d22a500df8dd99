"""The commands `serve` and `emulator`."""

import time
from contextlib import suppress

import click

from unsplash_assets.cli.base import load_settings
from unsplash_assets.cli.output import say
from unsplash_assets.emulator.faults import FAULTS, with_fault
from unsplash_assets.settings.settings import DEMO_KEY


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option(
    "--limit", type=click.IntRange(0), default=50, show_default=True, help="Requests an hour."
)
@click.option(
    "--latency",
    type=click.FloatRange(0, 60),
    default=0.0,
    show_default=True,
    help="Seconds before each answer.",
)
@click.option(
    "--faults",
    metavar="NAME",
    type=click.Choice(list(FAULTS)),
    help=f"Misbehave in one of these ways: {', '.join(FAULTS)}.",
)
def emulator(port: int, limit: int, latency: float, faults: str | None) -> None:
    """Run the built-in Unsplash as a server on this machine."""
    from unsplash_assets.emulator.application import Emulator  # noqa: PLC0415
    from unsplash_assets.emulator.quota import HourlyQuota  # noqa: PLC0415
    from unsplash_assets.emulator.server import marked, serve  # noqa: PLC0415

    plain = Emulator(HourlyQuota(limit, time.time), latency)
    application = with_fault(plain, faults) if faults else plain

    def announce(url: str) -> None:
        say(f"An emulated Unsplash answers at {url}, {limit} requests an hour.")
        say(f"Use it: UNSPLASH_API_URL={url} UNSPLASH_API_KEY={DEMO_KEY}")

    serve(marked(application), port, announce)


@click.command(name="serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option("--allow-changes", is_flag=True, help="Let visitors ban photos and keep favourites.")
def serve_gallery(host: str, port: int, allow_changes: bool) -> None:  # noqa: FBT001 - a flag
    """Serve the gallery as a web page: the whole library, live."""
    settings = load_settings()
    from unsplash_assets.cli.servers import gallery  # noqa: PLC0415 - loads a web server

    with suppress(KeyboardInterrupt):
        gallery.serve(settings, host, port, allow_changes=allow_changes)
