"""An Unsplash that costs little: the API, and JPEG pictures of about 200 kB out of memory.

The emulator draws each picture when it is asked for, which would take longer than to fetch it. Here
a few pictures, drawn once, are everybody's. An answer comes after a latency, as from far away.
"""

import argparse
import asyncio
import io
import json
import random
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import numpy as np
from PIL import Image, ImageFilter

from unsplash_assets.emulator.endpoints import Request, respond

SIZE: Final = (1080, 1620)
_PICTURES: Final = 8
_LIMIT: Final = 10_000_000
_DETAIL: Final = 4.5
_QUALITY: Final = 80


def pictures() -> list[bytes]:
    """Draw the pictures: soft shapes with a grain, as in photos."""
    return [_picture(np.random.default_rng(number)) for number in range(_PICTURES)]


def _picture(dice: np.random.Generator) -> bytes:
    width, height = SIZE
    coarse = dice.integers(0, 255, (height // 180, width // 180, 3), dtype=np.uint8)
    soft = Image.fromarray(coarse).resize(SIZE, Image.Resampling.BICUBIC)
    grain = Image.fromarray(dice.normal(128, 40, (height, width)).clip(0, 255).astype(np.uint8))
    grain = grain.filter(ImageFilter.GaussianBlur(1.2))
    rough = np.asarray(grain, dtype=np.float32)[..., None] - 128
    pixels = np.asarray(soft, dtype=np.float32) + rough * (_DETAIL / max(rough.std(), 1))
    out = io.BytesIO()
    shown = Image.fromarray(pixels.clip(0, 255).astype(np.uint8))
    shown.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


class _Server(asyncio.Protocol):
    """One connection: requests in, answers out, in order."""

    def __init__(self, drawn: list[bytes], latency: float, base: str) -> None:
        self._drawn = drawn
        self._latency = latency
        self._base = base
        self._rest = b""
        self._dice = random.Random()  # noqa: S311 - chooses pictures, no secret

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._rest += data
        while b"\r\n\r\n" in self._rest:
            head, _, self._rest = self._rest.partition(b"\r\n\r\n")
            answer = self._answer(head.split(b" ", 2)[1].decode())
            if self._latency:
                asyncio.get_running_loop().call_later(self._latency, self._send, answer)
            else:
                self._send(answer)

    def _send(self, answer: list[bytes]) -> None:
        if not self._transport.is_closing():
            self._transport.writelines(answer)

    def _answer(self, target: str) -> list[bytes]:
        url = urlsplit(target)
        if url.path.startswith("/photo-"):
            body, kind = self._drawn[hash(url.path) % len(self._drawn)], "image/jpeg"
        elif url.path.endswith("/download"):
            body, kind = b'{"url": ""}', "application/json"
        else:
            query = dict(parse_qsl(url.query))
            request = Request("GET", url.path, query, self._base, "key")
            body = json.dumps(respond(request, self._dice, authorized=True).content).encode()
            kind = "application/json"
        head = (
            f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
            f"X-Ratelimit-Limit: {_LIMIT}\r\nX-Ratelimit-Remaining: {_LIMIT}\r\n\r\n"
        )
        return [head.encode(), body]


async def serve(latency: float) -> None:
    """Serve until the process is ended; print the address once the port is open."""
    drawn, loop, base = pictures(), asyncio.get_running_loop(), ""
    server = await loop.create_server(
        lambda: _Server(drawn, latency, base), "127.0.0.1", 0, backlog=512
    )
    base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    print(base, flush=True)
    await server.serve_forever()


def main() -> None:
    """Read the command line, and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds before each answer")
    asyncio.run(serve(parser.parse_args().latency))


if __name__ == "__main__":
    main()
