"""What a visitor may change, if the server allows it: favourites and bans, from its own page only.

A request must show that the page of this server has sent it: the page's origin, which a browser
names truthfully; a secret of this server's that other sites cannot read; and a cookie with the same
secret, which a browser sends from pages of this server alone.
"""

import hmac
import secrets
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from unsplash_assets.errors import UnknownPhoto
from unsplash_assets.gallery.server.answers import error_answer
from unsplash_assets.gallery.server.feed import Feed
from unsplash_assets.gallery.server.served import Served
from unsplash_assets.model.ids import photo_id_of

_HEADER: Final = "x-token"
_COOKIE: Final = "unsplash_assets_{port}"
"""Two servers on one machine share their cookies, whatever their ports are."""


class Changes:
    """The changes that visitors of one server make."""

    def __init__(self, served: Served, feed: Feed) -> None:
        """Let `served` decide; tell all who listen to `feed`."""
        self._decisions = served.decisions
        self._is_demo = served.mode == "demo"
        self._feed = feed
        self._token = secrets.token_urlsafe(24)

    def session(self, request: Request) -> Response:
        """Answer with what the page may do, and the secret that it needs for it."""
        may = self._decisions is not None
        content = {"changes": may, "token": self._token if may else None, "demo": self._is_demo}
        answer = JSONResponse(content, headers={"Cache-Control": "no-store"})
        if may:
            answer.set_cookie(_cookie(request), self._token, httponly=True, samesite="strict")
        return answer

    def favourite(self, request: Request) -> Response:
        """Make a photo a favourite (PUT), or an ordinary one (DELETE)."""
        return self._change(request, "favourite")

    def ban(self, request: Request) -> Response:
        """Ban a photo (PUT), or take its ban back (DELETE)."""
        return self._change(request, "ban")

    def _change(self, request: Request, what: str) -> Response:
        if self._decisions is None:
            return error_answer(403, "start `unsplash-assets serve` with --allow-changes for that")
        if not self._is_ours(request):
            return error_answer(403, "only the page of this server may change anything: reload it")
        photo_id = request.path_params["photo_id"]
        if photo_id_of(photo_id) != photo_id:
            return error_answer(404, "there is no such photo here")
        done = {
            ("favourite", "PUT"): self._decisions.favour,
            ("favourite", "DELETE"): self._decisions.unfavour,
            ("ban", "PUT"): self._decisions.ban,
            ("ban", "DELETE"): self._decisions.unban,
        }[what, request.method]
        try:
            done(photo_id)
        except UnknownPhoto as error:
            return error_answer(404, str(error))
        self._feed.tell("changed", {"id": photo_id, what: request.method == "PUT"})
        return Response(status_code=204, headers={"Cache-Control": "no-store"})

    def _is_ours(self, request: Request) -> bool:
        origin = urlsplit(request.headers.get("origin", ""))
        is_from_page = origin.scheme in {"http", "https"} and (
            origin.netloc == request.headers.get("host")
        )
        is_same_site = request.headers.get("sec-fetch-site", "same-origin") == "same-origin"
        shown = request.headers.get(_HEADER, ""), request.cookies.get(_cookie(request), "")
        knows = [hmac.compare_digest(one.encode(), self._token.encode()) for one in shown]
        return is_from_page and is_same_site and all(knows)


def _cookie(request: Request) -> str:
    return _COOKIE.format(port=request.url.port or 80)
