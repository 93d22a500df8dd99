"""Every kind of bad answer to the request for a picture, and its expected result.

Each kind spoils one of the three photos that a run chose. `faults` prints their table;
`test_faults.py` has the run.
"""

import gzip
import io
import socket
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Final

from PIL import Image

from unsplash_assets_tests.support.fault_server import PLACEHOLDER, Answer, Exchange

MAX_SIZE: Final = 200_000
"""Bytes that a picture may have in these tests."""
SHORT: Final = 2.0
"""Seconds that an exchange may take where it is to take too long."""

JPEG, PNG, WEBP = "image/jpeg", "image/png", "image/webp"


class Fate(Enum):
    """What becomes of the photo, and how many of the three are in the library then."""

    STORED = "stored: the picture is whole", 3
    AGAIN = "retried, then left for a later run", 2
    LATER = "left for a later run", 2
    REFUSED = "refused for good", 2


@dataclass(frozen=True)
class PictureFault:
    """One kind: what the server does, what becomes of the photo, and what is said of it."""

    name: str
    answer: Answer
    fate: Fate
    says: str = ""


def body(spoil: Callable[[bytes], bytes], media_type: str = JPEG) -> Answer:
    """Answer with what is made of the whole picture, its length announced as it is."""
    return lambda exchange: exchange.reply(spoil(exchange.body), media_type)


def fixed(content: bytes, media_type: str = JPEG) -> Answer:
    return lambda exchange: exchange.reply(content, media_type)


def headed(**headers: str) -> Answer:
    """Answer with the whole picture under such headers."""
    return lambda exchange: exchange.reply(exchange.body, **headers)


def status(line: str, content: bytes = b"", **headers: str) -> Answer:
    return lambda exchange: exchange.reply(content, "text/plain", line, **headers)


def redirect(target: str, line: str = "302 Found") -> Answer:
    """Redirect to a target, in which {base} and {url} are the server's and the one asked for."""

    def answer(exchange: Exchange) -> None:
        url = f"{exchange.base}{exchange.target}"
        exchange.reply(b"", "", line, Location=target.format(base=exchange.base, url=url))

    return answer


def raw(*parts: bytes) -> Answer:
    return lambda exchange: exchange.send(*parts)


def half(content: bytes) -> bytes:
    return content[: len(content) // 2]


def chunked(*, cut: int) -> Answer:
    """Send the picture in two chunks, and leave out that many bytes at the end."""

    def answer(exchange: Exchange) -> None:
        chunks = [half(exchange.body), exchange.body[len(exchange.body) // 2 :], b""]
        coded = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n")
        exchange.send(b"Transfer-Encoding: chunked\r\n\r\n", coded[: len(coded) - cut])

    return answer


def packed(pack: Callable[[bytes], bytes], name: str, **headers: str) -> Answer:
    """Answer with the picture packed, though it was not asked for so."""
    return lambda exchange: exchange.reply(pack(exchange.body), Content_Encoding=name, **headers)


def bomb(name: str, wbits: int, filling: bytes = b"\0") -> Answer:
    """Answer with 100 kB that unpack to 100 MB."""
    packer = zlib.compressobj(wbits=wbits)
    packed = [packer.compress(filling * 1_000_000) for _ in range(100)]
    content = b"".join([*packed, packer.flush()])
    return lambda exchange: exchange.reply(content, Content_Encoding=name)


def in_brotli(exchange: Exchange) -> None:
    exchange.reply(BROTLI, Content_Encoding="br")


def endless(first: bytes, piece: bytes) -> Answer:
    """Send a beginning, and then the same for as long as someone listens."""

    def answer(exchange: Exchange) -> None:
        exchange.send(first)
        while True:
            exchange.send(piece)

    return answer


def dripping(first: bytes, pieces: Callable[[], Iterator[bytes]]) -> Answer:
    """Send a beginning, and then a piece now and then."""

    def answer(exchange: Exchange) -> None:
        exchange.send(first)
        for piece in pieces():
            exchange.send(piece)
            time.sleep(0.05)

    return answer


def bytes_of(text: bytes) -> Callable[[], Iterator[bytes]]:
    return lambda: (bytes([byte]) for byte in text)


def silent(first: bytes = b"") -> Answer:
    """Send a beginning and then nothing, until the other side has gone."""

    def answer(exchange: Exchange) -> None:
        exchange.send(first)
        exchange.connection.settimeout(30)
        with suppress(OSError):
            exchange.connection.recv(1)

    return answer


def reset(first: Callable[[bytes], bytes]) -> Answer:
    """Send something, and reset the connection rather than close it."""

    def answer(exchange: Exchange) -> None:
        exchange.send(first(exchange.body))
        at_once = struct.pack("ii", 1, 0)
        exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)

    return answer


def behind(interim: bytes) -> Answer:
    """Send something before the answer that is due."""

    def answer(exchange: Exchange) -> None:
        exchange.send(interim)
        exchange.reply(exchange.body)

    return answer


def head(length: int, media_type: str = JPEG) -> bytes:
    lines = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n"
    return lines % (media_type.encode(), length)


def pixel(kind: str) -> bytes:
    """Return what a filter on the way puts in a picture's place."""
    out = io.BytesIO()
    Image.new("RGB", (1, 1)).save(out, kind)
    return out.getvalue()


def encoded(kind: str, **options: object) -> bytes:
    """Return a small picture in a format."""
    out = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(out, kind, **options)
    return out.getvalue()


def without_its_middle(picture: bytes) -> bytes:
    middle = len(picture) // 2
    return picture[: middle - 1_000] + picture[middle + 1_000 :]


def with_swapped_blocks(picture: bytes) -> bytes:
    one, other = len(picture) // 3, len(picture) * 2 // 3
    first, second = picture[one : one + 1_024], picture[other : other + 1_024]
    between = picture[one + 1_024 : other]
    return picture[:one] + second + between + first + picture[other + 1_024 :]


def with_wrong_restart() -> bytes:
    """Return a JPEG in which one restart has another's number."""
    out = io.BytesIO()
    grey = Image.linear_gradient("L").convert("RGB")
    grey.save(out, "JPEG", restart_marker_rows=1)
    return out.getvalue().replace(b"\xff\xd2", b"\xff\xd5", 1)


def claiming(width: int, height: int) -> bytes:
    """Return a PNG that is whole but for its claim of so many pixels."""
    png = encoded("PNG")
    header = png[12:16] + struct.pack(">II", width, height) + png[24:29]
    return png[:12] + header + struct.pack(">I", zlib.crc32(header)) + png[33:]


def claiming_jpeg(width: int, height: int) -> bytes:
    jpeg = encoded("JPEG")
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def claiming_webp(width: int, height: int) -> bytes:
    """Return a WebP in its extended form, whose canvas is said to be so large."""
    plain = encoded("WEBP")
    canvas = b"".join((side - 1).to_bytes(3, "little") for side in (width, height))
    parts = b"WEBPVP8X\x0a\0\0\0\0\0\0\0" + canvas + plain[12:]
    return b"RIFF" + struct.pack("<I", len(parts)) + parts


def black(side: int) -> bytes:
    """Return a PNG that is whole, small as a file, and large in memory."""
    out = io.BytesIO()
    Image.new("1", (side, side)).save(out, "PNG")
    return out.getvalue()


def with_hole(content: bytes, filling: bytes = b"\0") -> bytes:
    """Return a picture with a filling, such as zeros, where a part of its data was."""
    at = len(content) // 2
    return content[:at] + filling * 2_000 + content[at + 2_000 :]


def flipped(content: bytes) -> bytes:
    """Return a picture with one wrong bit in its middle."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def zeros_at_the_end(content: bytes) -> bytes:
    return half(content) + bytes(len(content) - len(content) // 2)


def same_length_twice(exchange: Exchange) -> None:
    length = len(exchange.body)
    exchange.reply(exchange.body, Content_Length=f"{length}, {length}")


def moved(exchange: Exchange) -> None:
    """Redirect once within the origin, and then answer well."""
    if exchange.target.endswith("&moved"):
        exchange.reply(exchange.body)
    else:
        redirect("{url}&moved")(exchange)


def gone(exchange: Exchange) -> None:
    """Redirect to a placeholder, as Unsplash did for photos that are gone."""
    if exchange.target.startswith(PLACEHOLDER):
        exchange.reply(encoded("JPEG"))
    else:
        redirect("{base}" + PLACEHOLDER)(exchange)


BROTLI = bytes.fromhex("0b00807803")  # the letter x
HTML = b"<!DOCTYPE html><html><body>Please log in to the network.</body></html>"
NO_LENGTH = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
LINE = b"HTTP/1.1 200 OK\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"

LATER_MAY_DO = (
    "408 Request Timeout",
    "425 Too Early",
    "429 Too Many Requests",
    "500 Internal Server Error",
    "502 Bad Gateway",
    "503 Service Unavailable",
    "504 Gateway Timeout",
)
NOT_TO_BE_HAD = (
    "204 No Content",
    "206 Partial Content",
    "304 Not Modified",
    "400 Bad Request",
    "404 Not Found",
    "410 Gone",
)
DENIED = (
    "401 Unauthorized",
    "403 Forbidden",
    "407 Proxy Authentication Required",
    "451 Unavailable For Legal Reasons",
    "511 Network Authentication Required",
)
METADATA = "http://169.254.169.254/latest/meta-data"
"""Where a machine in a cloud is told its secrets."""
TWO_LENGTHS = "two lengths"

NOTHING = "no picture arrived: the file is empty"
DATA = "no picture arrived: the file is announced as application/json"
NO_PICTURE = "no picture arrived: the file is not a JPEG, PNG or WebP"
CUT = "the answer from HOST was cut short"
NOT_DIVIDED = "the answer from HOST is not valid HTTP"
CUT_PICTURE = "the picture (image/jpeg) is cut short"
ONE_PIXEL = "is a single pixel, not a photo"
HOLE = "the picture (image/jpeg) has a hole or other damage"
DAMAGED_PNG = "the picture (image/png) has a hole or other damage"
NO_ANSWER = "no answer from HOST: is the network up?"
TOO_LONG = "HOST took longer than 2 s in all"
TOO_LARGE = "HOST sends more than the 200,000 bytes allowed"
ELSEWHERE = "HOST redirects elsewhere"
PAGE = "HOST sent a page of HTML in the picture's place"
MORE_PIXELS = "more pixels than any photo has"
PIXELS = "pixels, more than any photo has"
UNPACKED = "HOST sent a body that cannot be decompressed"


def not_to_be_had(line: str) -> tuple[str, Answer, str]:
    """Return the kind of a status."""
    return f"status {line}", status(line), f"not available: its server answered {line[:3]}"


_LATER: Final[list[tuple[str, Answer, str]]] = [
    ("a redirect to another host", redirect("https://photos.example/x"), ELSEWHERE),
    ("a redirect to another port", redirect("http://127.0.0.1:9/x"), ELSEWHERE),
    ("a redirect to a cloud's metadata service", redirect(METADATA), ELSEWHERE),
    ("a redirect to a file", redirect("file:///etc/passwd"), ELSEWHERE),
    ("a redirect to a data: URL", redirect("data:image/jpeg;base64,AAAA"), ELSEWHERE),
    ("a redirect to an invalid URL", redirect("http://[::1"), ELSEWHERE),
    ("a page of HTML with status 200", fixed(HTML, "text/html"), PAGE),
    ("a page of HTML, announced as JPEG", fixed(HTML), PAGE),
    ("announced as HTML", headed(Content_Type="text/html; charset=utf-8"), PAGE),
    (
        "status 400, a page of HTML of a filter",
        lambda exchange: exchange.reply(HTML, "text/html", "400 Bad Request", Server="a filter"),
        "its server answered 400 with a page of HTML from 'a filter'",
    ),
    *(not_to_be_had(line) for line in DENIED),
]
_AGAIN: Final[list[tuple[str, Answer, str]]] = [
    ("cut short, its length announced", lambda e: e.send(head(len(e.body)), half(e.body)), CUT),
    ("cut short, its length not announced", lambda e: e.send(NO_LENGTH, half(e.body)), CUT_PICTURE),
    ("cut short, and announced as that long", body(half), CUT_PICTURE),
    ("cut short inside a chunk", chunked(cut=500), CUT),
    ("a chunk of negative length", raw(CHUNKED, b"-5\r\n"), NOT_DIVIDED),
    ("in chunks, without the last one", chunked(cut=5), CUT),
    ("without its last two bytes", body(lambda picture: picture[:-2]), CUT_PICTURE),
    ("empty", fixed(b""), NOTHING),
    ("empty, its length not announced", raw(NO_LENGTH), NOTHING),
    ("JSON with status 200", fixed(b'{"errors":["no"]}', "application/json"), DATA),
    ("plain text with status 200", fixed(b"Rate Limit Exceeded", "text/plain"), NO_PICTURE),
    ("a GIF", fixed(encoded("GIF"), "image/gif"), NO_PICTURE),
    ("a BMP", fixed(encoded("BMP"), "image/bmp"), NO_PICTURE),
    ("a TIFF", fixed(encoded("TIFF"), "image/tiff"), NO_PICTURE),
    ("an AVIF", fixed(encoded("AVIF"), "image/avif"), NO_PICTURE),
    ("an SVG", fixed(SVG, "image/svg+xml"), NO_PICTURE),
    ("announced as JSON", headed(Content_Type="application/json"), DATA),
    ("with a hole of zeros", body(with_hole), HOLE),
    ("with a hole of ones", body(lambda picture: with_hole(picture, b"\xff")), HOLE),
    ("without 2,000 bytes of its middle", body(without_its_middle), HOLE),
    ("with two blocks of 1,024 bytes swapped", body(with_swapped_blocks), HOLE),
    ("with a wrong restart marker", fixed(with_wrong_restart()), HOLE),
    ("a JPEG of one pixel", fixed(pixel("JPEG")), ONE_PIXEL),
    ("a PNG of one pixel", fixed(pixel("PNG"), PNG), ONE_PIXEL),
    ("a PNG with one flipped bit", fixed(flipped(encoded("PNG")), PNG), DAMAGED_PNG),
    ("zeros from the middle on", body(zeros_at_the_end), CUT_PICTURE),
    ("nothing but zeros", body(lambda picture: bytes(len(picture))), NO_PICTURE),
    ("labelled gzip, but not gzip", headed(Content_Encoding="gzip"), UNPACKED),
    ("gzip, cut short", packed(lambda p: gzip.compress(p)[:-500], "gzip"), CUT_PICTURE),
    ("in Brotli, which was not asked for", in_brotli, NO_PICTURE),
    ("one byte now and then", dripping(head(9_999), bytes_of(bytes(9_999))), TOO_LONG),
    ("headers that arrive byte by byte", dripping(LINE, bytes_of(b"X-Y: z\r\n" * 999)), TOO_LONG),
    ("after endless 100 Continue answers", dripping(b"", lambda: iter([CONTINUE] * 999)), TOO_LONG),
    ("after endless 103 Early Hints answers", dripping(b"", lambda: iter([HINTS] * 999)), TOO_LONG),
    ("silence", silent(), TOO_LONG),
    ("silence after the headers", silent(head(9_999)), TOO_LONG),
    ("a chunk length that never ends", endless(CHUNKED, b"0" * 65_536), CUT),
    ("a header that never ends", endless(LINE + b"X-Y: ", b"z" * 65_536), NO_ANSWER),
    ("headers that never end", endless(LINE, b"X-Y: z\r\n" * 1_000), NO_ANSWER),
    ("trailers that never end", endless(CHUNKED + b"0\r\n", b"X-Y: z\r\n" * 1_000), TOO_LONG),
    ("reset at once", reset(lambda _: b""), NO_ANSWER),
    ("reset inside the headers", reset(lambda _: LINE + b"Content-Ty"), NO_ANSWER),
    ("reset inside the picture", reset(lambda p: head(len(p)) + half(p)), CUT),
    ("closed at once", raw(), NO_ANSWER),
    ("closed inside the headers", raw(LINE, b"Content-Type: image/jpeg\r\nConte"), NOTHING),
    ("a circle of redirects", redirect("{url}"), "HOST redirects more than 5 times in a row"),
    ("a length that is too large", headed(Content_Length="199999"), CUT),
    ("a length that is too small", headed(Content_Length="999"), CUT_PICTURE),
    (TWO_LENGTHS, headed(Content_Length="999, 1000"), NOT_DIVIDED),
    ("an invalid status line", raw(b"ICY two hundred\r\n\r\n"), NO_ANSWER),
    *[
        (f"status {line}", status(line), f"server answered {line[:3]}: try again later")
        for line in LATER_MAY_DO
    ],
]

_REFUSED: Final[list[tuple[str, Answer, str]]] = [
    ("a redirect to a placeholder", gone, "placeholder"),
    ("a PNG that claims 65,000 x 65,000 pixels", fixed(claiming(65_000, 65_000), PNG), PIXELS),
    ("a JPEG that claims 65,000 x 65,000 pixels", fixed(claiming_jpeg(65_000, 65_000)), PIXELS),
    (
        "a WebP that claims 16,000 x 16,000 pixels",
        fixed(claiming_webp(16_000, 16_000), WEBP),
        MORE_PIXELS,
    ),
    ("a PNG of 8,000 x 8,000 black pixels", fixed(black(8_000), PNG), PIXELS),
    ("a gzip bomb", bomb("gzip", 31), TOO_LARGE),
    ("a deflate bomb", bomb("deflate", 15), TOO_LARGE),
    ("endless, its length not announced", endless(NO_LENGTH, bytes(65_536)), TOO_LARGE),
    ("endless, in chunks", endless(CHUNKED, b"ffff\r\n" + bytes(0xFFFF) + b"\r\n"), TOO_LARGE),
    ("announced as larger than allowed", raw(head(MAX_SIZE + 1)), TOO_LARGE),
    ("a redirect without a target", status("302 Found"), "answered 302"),
    *(not_to_be_had(line) for line in NOT_TO_BE_HAD),
]

_STORED: Final[list[tuple[str, Answer]]] = [
    ("in chunks", chunked(cut=0)),
    ("in gzip, which was not asked for", packed(gzip.compress, "gzip")),
    ("in deflate, which was not asked for", packed(zlib.compress, "deflate")),
    ("its length not announced", headed(Content_Length="")),
    ("announced as image/jpg, which is no type", headed(Content_Type="image/jpg")),
    ("announced as any bytes", headed(Content_Type="application/octet-stream")),
    ("a PNG, announced as JPEG", fixed(encoded("PNG"))),
    ("without an announced type", headed(Content_Type="")),
    ("with padding behind its end", body(lambda picture: picture + bytes(4096))),
    ("with a page of HTML behind its end", body(lambda picture: picture + HTML)),
    ("a negative length", headed(Content_Length="-1")),
    ("a length of 5,000 digits", headed(Content_Length="9" * 5_000)),
    ("after a 103 Early Hints answer", behind(HINTS)),
    ("the same length twice", same_length_twice),
    ("a redirect within the server", moved),
]

PICTURE_FAULTS: Final = (
    *(PictureFault(name, answer, Fate.AGAIN, says) for name, answer, says in _AGAIN),
    *(PictureFault(name, answer, Fate.LATER, says) for name, answer, says in _LATER),
    *(PictureFault(name, answer, Fate.REFUSED, says) for name, answer, says in _REFUSED),
    *(PictureFault(name, answer, Fate.STORED) for name, answer in _STORED),
)
