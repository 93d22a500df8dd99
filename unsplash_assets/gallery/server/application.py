"""The routes of a served gallery, and what becomes of errors."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from typing import Final

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from unsplash_assets.errors import LibraryError
from unsplash_assets.gallery.server.answers import error_answer
from unsplash_assets.gallery.server.api import Api
from unsplash_assets.gallery.server.changes import Changes
from unsplash_assets.gallery.server.feed import Feed
from unsplash_assets.gallery.server.guard import Guard
from unsplash_assets.gallery.server.pictures import Pictures
from unsplash_assets.gallery.server.served import Served

_AT_ONCE: Final = 4
"""Requests that are worked on at the same time; others wait."""
_CHANGE: Final = ["PUT", "DELETE"]


def application(
    served: Served, feed: Feed, page: Callable[[Request], Response], names: Iterable[str] = ()
) -> ASGIApp:
    """Return the application that serves a library on a machine of these names."""
    api, pictures = Api(served), Pictures(served)
    changes = Changes(served, feed)
    routes = [
        Route("/", page),
        Route("/healthz", api.healthz),
        Route("/api/health", api.health),
        Route("/events", feed.listen),
        Route("/api/photos", api.photos),
        Route("/api/photos/{photo_id}", api.photo),
        Route("/api/photos/{photo_id}/favourite", changes.favourite, methods=_CHANGE),
        Route("/api/photos/{photo_id}/ban", changes.ban, methods=_CHANGE),
        Route("/api/topics", api.topics),
        Route("/api/session", changes.session),
        Route("/thumbnails/{photo_id}/{name}", pictures.thumbnail),
        Route("/{path:path}", pictures.picture),
    ]
    starlette = Starlette(
        routes=routes,
        exception_handlers={LibraryError: _unavailable},
        lifespan=lambda _: _watched(feed),
    )
    starlette.router.redirect_slashes = False
    return Guard(starlette, names)


@asynccontextmanager
async def _watched(feed: Feed) -> AsyncIterator[None]:
    """Look for new photos as long as the server runs."""
    to_thread.current_default_thread_limiter().total_tokens = _AT_ONCE
    watching = asyncio.create_task(feed.watch())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


def _unavailable(_: Request, error: Exception) -> Response:
    return error_answer(503, str(error))
