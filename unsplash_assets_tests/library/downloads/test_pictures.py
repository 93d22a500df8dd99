"""Tests of `library.downloads`: one picture over real sockets, through every trouble."""

import hashlib
import io
import os
import re
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import replace
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
from PIL import Image

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.errors import (
    BadPicture,
    LibraryError,
    NetworkError,
    PhotoDenied,
    PhotoGone,
    PhotoRefused,
    PhotoSpoiled,
    PhotoTooSlow,
    RequestRefused,
    ServerError,
    TookTooLong,
    TooLarge,
    UnsplashAssetsError,
)
from unsplash_assets.images.embedding import embed, read_packet
from unsplash_assets.images.xmp import CREDIT_MARK, packet
from unsplash_assets.library.downloads import bodies
from unsplash_assets.library.downloads.bodies import picture_limits
from unsplash_assets.library.downloads.pictures import Downloader
from unsplash_assets.model.credit import Credit
from unsplash_assets.model.photos import StoredFile
from unsplash_assets.settings.variables import UNSPLASH_API_URL
from unsplash_assets.storage.names import THUMBNAILS, is_thumbnail, thumbnail_path
from unsplash_assets.storage.stores.folder import Folder
from unsplash_assets.transport.base import Limits, Timeouts
from unsplash_assets.transport.http import HttpTransport
from unsplash_assets.unsplash.models import PICTURES
from unsplash_assets_tests.conftest import Noted, RawServe, Script, Serve
from unsplash_assets_tests.support.odd_pictures import ODD_JPEGS, exif
from unsplash_assets_tests.support.stored import CHOSEN
from unsplash_assets_tests.viewer.test_programs import posix_only

LIMITS = Limits(Timeouts(), size=200_000)
SHORT = replace(LIMITS, timeouts=Timeouts(0.5, 0.3, 0.6))

PHOTO = replace(CHOSEN, topic="Deep Sea", rendition="thumb", photographer_url="", page_url="")
NAME = "deep-sea/waves_AbCdEfGhIjK_555.jpg"


def picture(kind: str = "JPEG") -> bytes:
    out = io.BytesIO()
    Image.effect_noise((60, 40), 80).convert("RGB").save(out, kind)
    return out.getvalue()


WHOLE = picture()
PACKET = packet(Credit(PHOTO, "tests", "live"))
CREDITED = b"".join(embed(PACKET, io.BytesIO(WHOLE)))


def store(url: str, folder: Folder, limits: Limits = LIMITS, own_path: str = "") -> StoredFile:
    """Download the photo from a URL, and publish it."""
    downloader = Downloader(HttpTransport(), folder, limits, app_name="tests", mode="live")
    with downloader.download(replace(PHOTO, url=url), own_path) as download:
        return download.publish()


def fetch(url: str, folder: Folder, limits: Limits = LIMITS) -> str:
    """Download the photo from a URL, and publish it; return its path."""
    return store(url, folder, limits).path


def files(folder: Folder) -> list[str]:
    """Return the paths of all files but thumbnails."""
    found = (path for path in folder.root.rglob("*") if path.is_file())
    paths = (path.relative_to(folder.root).as_posix() for path in found)
    return sorted(path for path in paths if not is_thumbnail(path))


def thumbnails(folder: Folder) -> list[str]:
    return [path.name for path in (folder.root / THUMBNAILS).glob("*")]


def emulated(base: str) -> str:
    """Return the URL of a small emulated picture."""
    return f"{base}/{EmulatedPhoto(7, 1).path}?w=120&fm=jpg"


def answering(
    status: str = "200 OK", body: bytes = WHOLE, **headers: str
) -> Callable[[WSGIEnvironment, StartResponse], Iterable[bytes]]:
    """Return an application that answers everything alike, as a JPEG unless `headers` differ."""
    named = {"Content-Type": "image/jpeg", "Content-Length": str(len(body))}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, list(named.items()))
        return [body]

    return answer


def test_a_picture_is_stored_under_its_name_with_its_facts(
    emulator_url: str, folder: Folder
) -> None:
    stored = store(emulated(emulator_url), folder)
    assert files(folder) == [stored.path] == [NAME]
    content = folder.path(stored.path).read_bytes()
    assert stored.bytes == len(content)
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    assert Image.open(io.BytesIO(content)).size == (stored.width, stored.height)
    assert stored.width == 120


def test_a_jpeg_leaves_its_thumbnail_which_has_the_name_that_the_gallery_looks_for(
    emulator_url: str, folder: Folder
) -> None:
    stored = store(emulated(emulator_url), folder)
    path = folder.path(thumbnail_path(stored.sha256))
    assert thumbnails(folder) == [path.name]
    assert Image.open(io.BytesIO(path.read_bytes())).size == (stored.width, stored.height)


def test_a_picture_of_inks_is_stored_without_a_thumbnail(serve: Serve, folder: Folder) -> None:
    out = io.BytesIO()
    Image.new("CMYK", (40, 30)).save(out, "JPEG")
    assert fetch(serve(answering(body=out.getvalue())), folder) == NAME
    assert thumbnails(folder) == []


def test_a_photo_is_stored_where_its_thumbnail_cannot_be(serve: Serve, folder: Folder) -> None:
    folder.path(THUMBNAILS).parent.mkdir(parents=True)
    folder.path(THUMBNAILS).write_bytes(b"a stranger's file")
    assert fetch(serve(answering()), folder) == NAME


def test_a_large_picture_is_received_in_a_file(
    serve: Serve, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = fetch(serve(answering()), folder)
    monkeypatch.setattr(bodies, "_IN_MEMORY", 100)
    content = folder.path(small).read_bytes()
    assert fetch(serve(answering()), folder) == small
    assert folder.path(small).read_bytes() == content
    assert files(folder) == [small]


@pytest.mark.parametrize(("kind", "extension"), [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp")])
def test_the_extension_is_that_of_the_content_not_of_the_url(
    serve: Serve, folder: Folder, kind: str, extension: str
) -> None:
    api = answering(body=picture(kind), Content_Type=f"image/{kind.lower()}")
    assert fetch(f"{serve(api)}/photo.gif?fm=bmp", folder) == NAME.replace("jpg", extension)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_file_carries_the_credit_and_the_pixels_that_came(
    serve: Serve, folder: Folder, kind: str
) -> None:
    came = picture(kind)
    name = fetch(serve(answering(body=came, Content_Type=f"image/{kind.lower()}")), folder)
    content = folder.path(name).read_bytes()
    assert read_packet(io.BytesIO(content)) == PACKET
    assert Image.open(io.BytesIO(content)).tobytes() == Image.open(io.BytesIO(came)).tobytes()


def test_only_what_gets_the_name_is_waited_for_until_it_is_on_the_disk(
    serve: Serve, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr("os.fsync", lambda file: synced.append(os.fstat(file).st_ino))
    name = fetch(serve(answering()), folder)
    assert synced == [folder.path(name).stat().st_ino]


def test_the_types_that_can_be_validated_are_asked_for_without_compression(
    serve: Serve, folder: Folder
) -> None:
    asked: list[WSGIEnvironment] = []

    def picture_server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.append(environ)
        return answering()(environ, start_response)

    fetch(serve(picture_server), folder)
    assert asked[0]["HTTP_ACCEPT"] == "image/jpeg, image/png, image/webp"
    assert asked[0]["HTTP_ACCEPT_ENCODING"] == "identity"
    assert "HTTP_AUTHORIZATION" not in asked[0]


def test_a_picture_that_is_not_published_leaves_nothing(serve: Serve, folder: Folder) -> None:
    downloader = Downloader(HttpTransport(), folder, LIMITS, app_name="tests", mode="live")
    with downloader.download(replace(PHOTO, url=serve(answering()))) as download:
        assert download.temporary.path.read_bytes() == CREDITED
        assert files(folder) != []
    assert files(folder) == []


def test_the_picture_of_another_api_is_not_asked_for(serve: Serve, folder: Folder) -> None:
    """The catalogue may hold URLs of an API that is no longer used."""
    asked: list[str] = []

    def picture_server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        return answering()(environ, start_response)

    here, elsewhere = serve(answering()), serve(picture_server)
    limits = picture_limits(here, timeout=5, size=200_000)
    error = leaves_nothing(folder, lambda: fetch(f"{elsewhere}/photo-1", folder, limits))
    assert type(error) is RequestRefused
    assert "is not an allowed host: nothing was requested" in str(error)
    assert asked == []
    assert fetch(f"{here}/photo-1", folder, limits) == NAME


def test_pictures_of_unsplash_come_from_its_pictures_server_alone() -> None:
    limits = picture_limits(UNSPLASH_API_URL, timeout=5, size=200_000)
    assert (limits.redirect_origins, limits.is_confined) == (frozenset({PICTURES}), True)
    assert (limits.timeouts.total, limits.size) == (5, 200_000)


def test_a_damaged_picture_that_is_fetched_again_is_replaced(serve: Serve, folder: Folder) -> None:
    fetch(serve(answering()), folder)
    folder.path(NAME).write_bytes(b"damaged")
    assert store(serve(answering()), folder, own_path=NAME).path == NAME
    assert files(folder) == [NAME]
    assert folder.path(NAME).read_bytes() == CREDITED


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_a_killed_run_left_behind_is_replaced(
    serve: Serve, folder: Folder, kind: str
) -> None:
    """It carries our credit, and no row names it."""
    api = serve(answering(body=picture(kind), Content_Type=f"image/{kind.lower()}"))
    name = fetch(api, folder)
    assert fetch(api, folder) == name
    assert files(folder) == [name]


OTHER = NAME.replace("waves", "waves-2")
THIRD = NAME.replace("waves", "waves-3")
STRANGERS = {
    "the user's own picture": WHOLE,
    "a picture with another credit": b"".join(
        embed(packet(Credit(PHOTO, "tests", "live")).replace(CREDIT_MARK, b" elsewhere"),
              io.BytesIO(WHOLE))
    ),
    "no picture": b"mine",
    "an empty file": b"",
    "a cut picture": CREDITED[:20],
}  # fmt: skip


@pytest.mark.parametrize("content", STRANGERS.values(), ids=list(STRANGERS))
def test_a_strangers_file_under_the_photos_name_is_kept(
    serve: Serve, folder: Folder, content: bytes
) -> None:
    folder.path(NAME).parent.mkdir(parents=True)
    folder.path(NAME).write_bytes(content)
    stored = store(serve(answering()), folder)
    assert stored.path == OTHER
    assert folder.path(NAME).read_bytes() == content
    assert folder.path(OTHER).read_bytes() == CREDITED
    folder.path(OTHER).write_bytes(content)
    assert fetch(serve(answering()), folder) == THIRD
    assert folder.path(OTHER).read_bytes() == content


def test_a_folder_under_the_photos_name_is_kept(serve: Serve, folder: Folder) -> None:
    folder.path(NAME).mkdir(parents=True)
    assert fetch(serve(answering()), folder) == OTHER
    assert folder.path(NAME).is_dir()


@posix_only
def test_a_pipe_under_the_photos_name_is_kept_and_not_read(serve: Serve, folder: Folder) -> None:
    folder.path(NAME).parent.mkdir(parents=True)
    os.mkfifo(folder.path(NAME))
    assert fetch(serve(answering()), folder) == OTHER
    assert folder.path(NAME).is_fifo()


def test_a_repaired_photo_keeps_the_other_name_that_it_has(serve: Serve, folder: Folder) -> None:
    folder.path(NAME).parent.mkdir(parents=True)
    folder.path(NAME).write_bytes(b"mine")
    folder.path(OTHER).write_bytes(b"damaged")
    assert store(serve(answering()), folder, own_path=OTHER).path == OTHER
    assert files(folder) == [OTHER, NAME]
    assert folder.path(NAME).read_bytes() == b"mine"


def leaves_nothing(folder: Folder, fetching: Callable[[], str]) -> UnsplashAssetsError:
    """Return the one-line error of a download that must leave no file, whatever its name."""
    with pytest.raises(UnsplashAssetsError) as caught:
        fetching()
    assert files(folder) == []
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("picture-404", PhotoGone),
        ("picture-500", ServerError),
        ("picture-cut", NetworkError),
        ("picture-cut-silently", BadPicture),
        ("picture-empty", BadPicture),
        ("picture-endless", TooLarge),
        ("picture-html", PhotoDenied),
    ],
)
def test_a_fault_of_the_emulator_leaves_nothing(
    serve: Serve, folder: Folder, fault: str, error: type[Exception]
) -> None:
    url = emulated(serve(with_fault(Emulator(), fault)))
    assert type(leaves_nothing(folder, lambda: fetch(url, folder))) is error


@pytest.mark.parametrize(
    ("status", "error"),
    [
        ("204 No Content", PhotoRefused),
        ("206 Partial Content", PhotoRefused),
        ("304 Not Modified", PhotoRefused),
        ("400 Bad Request", PhotoRefused),
        ("401 Unauthorized", PhotoDenied),
        ("403 Forbidden", PhotoDenied),
        ("407 Proxy Authentication Required", PhotoDenied),
        ("404 Not Found", PhotoGone),
        ("410 Gone", PhotoGone),
        ("408 Request Timeout", ServerError),
        ("425 Too Early", ServerError),
        ("429 Too Many Requests", ServerError),
        ("500 Internal Server Error", ServerError),
        ("503 Service Unavailable", ServerError),
    ],
)
def test_a_whole_picture_under_another_status_than_200_is_none(
    serve: Serve, folder: Folder, status: str, error: type[Exception]
) -> None:
    url = serve(answering(status))
    found = leaves_nothing(folder, lambda: fetch(url, folder))
    assert type(found) is error
    assert f"server answered {status[:3]}" in str(found)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        pytest.param(WHOLE, {"Content_Type": "application/json"}, id="data"),
        pytest.param(WHOLE[:-2], {}, id="without its end"),
        pytest.param(b"\0" * 5_000, {}, id="zeros"),
        pytest.param(WHOLE[:2] + b"\xff\x01" + WHOLE[2:], {}, id="one that cannot take its credit"),
    ],
)
def test_a_body_that_is_no_whole_picture_leaves_nothing(
    serve: Serve, folder: Folder, body: bytes, headers: dict[str, str]
) -> None:
    url = serve(answering(body=body, **headers))
    assert type(leaves_nothing(folder, lambda: fetch(url, folder))) is BadPicture


def test_a_picture_is_validated_before_the_credit_makes_its_parts_add_up(
    serve: Serve, folder: Folder
) -> None:
    """A WebP that is cut between two parts differs from a whole one by its length alone."""
    whole = picture("WEBP")
    cut = whole[:4] + (len(whole) + 92).to_bytes(4, "little") + whole[8:]
    url = serve(answering(body=cut, Content_Type="image/webp"))
    error = leaves_nothing(folder, lambda: fetch(url, folder))
    assert "is cut short" in str(error)


def test_a_picture_that_can_take_no_credit_leaves_nothing(serve: Serve, folder: Folder) -> None:
    """Those who look at its header alone take it for whole."""
    url = serve(answering(body=WHOLE[:20] + b"\1" * 70_000 + WHOLE[20:]))
    error = leaves_nothing(folder, lambda: fetch(url, folder))
    assert type(error) is BadPicture
    assert "the structure of the picture's file is invalid" in str(error)


def test_a_picture_without_a_type_is_stored(raw_serve: RawServe, folder: Folder) -> None:
    url = raw_serve(_sends(b"Content-Length: %d\r\n\r\n" % len(WHOLE) + WHOLE))
    assert fetch(url, folder) == NAME


@pytest.mark.parametrize(
    "announced",
    ["image/jpg", "image/pjpeg", "application/octet-stream", "image/png", "text/plain", "?"],
)
def test_the_bytes_decide_what_a_picture_is_and_not_its_announced_type(
    serve: Serve, folder: Folder, announced: str
) -> None:
    assert fetch(serve(answering(Content_Type=announced)), folder) == NAME


@pytest.mark.parametrize("odd", ODD_JPEGS.values(), ids=ODD_JPEGS)
def test_an_odd_picture_is_stored_with_its_credit_and_shown_as_before(
    serve: Serve, folder: Folder, odd: bytes
) -> None:
    content = folder.path(fetch(serve(answering(body=odd)), folder)).read_bytes()
    assert CREDIT_MARK in (read_packet(io.BytesIO(content)) or b"")
    assert Image.open(io.BytesIO(content)).tobytes() == Image.open(io.BytesIO(odd)).tobytes()


def test_width_and_height_are_those_of_the_upright_picture(serve: Serve, folder: Folder) -> None:
    out = io.BytesIO()
    Image.new("RGB", (60, 40)).save(out, "JPEG", exif=exif(6))
    stored = store(serve(answering(body=out.getvalue())), folder)
    assert (stored.width, stored.height) == (40, 60)


def test_the_same_bad_bytes_twice_are_not_worth_a_third_download(
    serve: Serve, folder: Folder
) -> None:
    bodies = iter([WHOLE[:500], WHOLE[:600], b"", b"", WHOLE[:600], WHOLE[:600], WHOLE])

    def picture_server(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return answering(body=next(bodies))(environ, start_response)

    photo = replace(PHOTO, url=serve(picture_server))
    downloader = Downloader(HttpTransport(), folder, LIMITS, app_name="tests", mode="live")

    def fate() -> type[Exception] | None:
        try:
            with downloader.download(photo):
                return None
        except (BadPicture, PhotoSpoiled) as error:
            return type(error)

    fates = [fate() for _ in range(7)]
    assert fates == [*[BadPicture] * 5, PhotoSpoiled, None]


def _sends(rest: bytes) -> Script:
    return lambda connection, _: connection.sendall(b"HTTP/1.1 200 OK\r\n" + rest)


def _silent(connection: socket.socket, _: bytes) -> None:
    connection.recv(1)


def _closed(connection: socket.socket, _: bytes) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def _reset(connection: socket.socket, _: bytes) -> None:
    connection.sendall(_head(len(WHOLE)) + WHOLE[:200])
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _stuck(connection: socket.socket, _: bytes) -> None:
    connection.sendall(_head(len(WHOLE)) + WHOLE[:200])
    connection.recv(1)


def _dripping(connection: socket.socket, _: bytes) -> None:
    connection.sendall(_head(len(WHOLE)))
    connection.settimeout(0.05)
    for byte in WHOLE:
        connection.sendall(bytes([byte]))
        try:
            connection.recv(1)
        except TimeoutError:
            continue
        return


def _head(length: int) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % length


JPEG_TYPE = b"Content-Type: image/jpeg\r\n"
CHUNKED = JPEG_TYPE + b"Transfer-Encoding: chunked\r\n\r\n"
GZIPPED = JPEG_TYPE + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(WHOLE)


@pytest.mark.long
@pytest.mark.parametrize(
    ("script", "error"),
    [
        pytest.param(_silent, NetworkError, id="silent"),
        pytest.param(_closed, NetworkError, id="closed at once"),
        pytest.param(_reset, NetworkError, id="reset midway"),
        pytest.param(_stuck, NetworkError, id="stuck midway"),
        pytest.param(_dripping, TookTooLong, id="dripping"),
        pytest.param(_sends(CHUNKED + b"5\r\nabc"), NetworkError, id="a chunk cut"),
        pytest.param(
            _sends(CHUNKED + b"%x\r\n" % len(WHOLE) + WHOLE + b"\r\n"),
            NetworkError,
            id="the last chunk missing",
        ),
        pytest.param(_sends(GZIPPED + WHOLE), NetworkError, id="not gzip as announced"),
        pytest.param(_sends(JPEG_TYPE + b"Content-Length: 200001\r\n\r\n"), TooLarge, id="large"),
        pytest.param(
            _sends(JPEG_TYPE + b"\r\n" + WHOLE[:1000]), BadPicture, id="cut, without a length"
        ),
    ],
)
def test_trouble_below_http_leaves_nothing(
    raw_serve: RawServe, folder: Folder, script: Script, error: type[Exception]
) -> None:
    url = raw_serve(script)
    assert type(leaves_nothing(folder, lambda: fetch(url, folder, SHORT))) is error


def test_a_picture_that_breaks_off_goes_on_where_it_was_and_is_validated_as_a_whole(
    raw_serve: RawServe, folder: Folder
) -> None:
    large = io.BytesIO()
    Image.effect_noise((900, 600), 80).convert("RGB").save(large, "JPEG")
    content, heads = large.getvalue(), []

    def broken(connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        asked = re.search(rb"Range: bytes=(\d+)-", head)
        start = int(asked[1]) if asked else 0
        status = b"206 Partial Content" if asked else b"200 OK"
        length, last = len(content) - start, len(content) - 1
        connection.sendall(
            b"HTTP/1.1 %b\r\nContent-Type: image/jpeg\r\nAccept-Ranges: bytes\r\n"
            b'ETag: "1"\r\nContent-Length: %d\r\nContent-Range: bytes %d-%d/%d\r\n\r\n'
            % (status, length, start, last, len(content))
        )
        connection.sendall(content[start : None if asked else 150_000])

    limits = picture_limits(url := raw_serve(broken), timeout=60, size=2_000_000)
    path = folder.path(fetch(url, folder, limits))
    assert [b"If-Range" in head for head in heads] == [False, True]
    with Image.open(path) as stored, Image.open(large) as sent:
        assert stored.tobytes() == sent.tobytes()


@pytest.mark.long
def test_a_picture_that_comes_too_slowly_is_put_off_and_the_setting_is_named(
    raw_serve: RawServe, folder: Folder
) -> None:
    """Another try would begin anew, and end as this one."""

    def half(connection: socket.socket, _: bytes) -> None:
        connection.sendall(_head(150_000) + bytes(70_000))
        connection.recv(1)

    limits = picture_limits(url := raw_serve(half), timeout=1, size=200_000)
    error = leaves_nothing(folder, lambda: fetch(url, folder, limits))
    assert type(error) is PhotoTooSlow
    assert str(error).endswith(
        " took longer than 1 s in all, which UNSPLASH_TIMEOUT allows: 65,536 of 150,000 bytes "
        "had come; raise it, or choose a smaller UNSPLASH_RENDITION"
    )


def test_a_picture_that_is_too_large_is_refused_and_the_setting_is_named(
    raw_serve: RawServe, folder: Folder
) -> None:
    url = raw_serve(_sends(JPEG_TYPE + b"Content-Length: 200001\r\n\r\n"))
    limits = picture_limits(url, timeout=5, size=200_000)
    error = leaves_nothing(folder, lambda: fetch(url, folder, limits))
    assert str(error).endswith("the 200,000 bytes allowed by UNSPLASH_MAX_SIZE")


@pytest.mark.parametrize(
    "status", ["400 Bad Request", "403 Forbidden", "451 Legal", "511 Log In", "302 Found"]
)
def test_a_page_instead_of_a_picture_names_who_sent_it_and_puts_the_photo_off(
    serve: Serve, folder: Folder, status: str
) -> None:
    page = answering(status, b"<html>no</html>", Content_Type="text/html", Server="squid")
    error = leaves_nothing(folder, lambda: fetch(serve(page), folder))
    assert type(error) is PhotoDenied
    assert f"answered {status[:3]} with a page of HTML from 'squid" in str(error)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        pytest.param(b"\n <!DOCTYPE HTML><title>Log in</title>", "text/html", id="a page"),
        pytest.param(b"<html>captive portal</html>", "image/jpeg", id="one that claims to be none"),
        pytest.param(b"<script>go()</script>", "text/html", id="what is announced as one"),
        pytest.param(WHOLE, "Text/HTML; charset=utf-8", id="a picture that is announced as one"),
        pytest.param(b"<html/>" + bytes(3_000_000), "text/html", id="a large one"),
    ],
)
def test_a_page_with_status_200_puts_the_photo_off_at_once(
    serve: Serve, folder: Folder, body: bytes, media_type: str
) -> None:
    """A network that wants a login answers so: nothing is wrong with the photo."""
    page = answering(body=body, Content_Type=media_type, Server="portal")
    url, limits = serve(page), replace(LIMITS, size=4_000_000)
    limits = replace(limits, redirect_origins=frozenset({url}))
    error = leaves_nothing(folder, lambda: fetch(url, folder, limits))
    assert type(error) is PhotoDenied
    assert str(error).startswith(f"{url[7:]} sent a page of HTML from 'portal")
    assert str(error).endswith(
        "in the picture's place: look for a proxy (HTTPS_PROXY), a filter or a login page on the "
        "way"
    )


def test_a_server_that_is_not_there_leaves_nothing(folder: Folder) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = leaves_nothing(folder, lambda: fetch(f"http://127.0.0.1:{port}/x", folder, SHORT))
    assert type(error) is NetworkError


def test_a_redirect_to_another_origin_is_not_followed_and_puts_the_photo_off(
    serve: Serve, folder: Folder
) -> None:
    """It may lead to the login page of a network."""
    there = Noted(answering())
    portal = serve(there)
    url = serve(answering("302 Found", b"", Location=f"{portal}/photos/login?back=x"))
    error = leaves_nothing(folder, lambda: fetch(url, folder))
    assert type(error) is PhotoDenied
    assert str(error) == (
        f"{url[7:]} redirects elsewhere, to '{portal}': look for a proxy (HTTPS_PROXY), a filter "
        "or a login page on the way"
    )
    assert there.asked == []


def test_a_redirect_to_where_pictures_are_is_followed(serve: Serve, folder: Folder) -> None:
    there = serve(answering())
    url = serve(answering("302 Found", b"", Location=f"{there}/photo"))
    limits = replace(LIMITS, redirect_origins=frozenset({there}))
    assert fetch(url, folder, limits) == NAME


def test_a_redirect_to_the_placeholder_of_a_photo_that_is_gone_is_refused(
    serve: Serve, folder: Folder
) -> None:
    """It is a whole picture, with status 200."""
    there = serve(answering())
    url = serve(answering("302 Found", b"", Location=f"{there}/source-404?fit=crop"))
    limits = replace(LIMITS, redirect_origins=frozenset({there}))
    error = leaves_nothing(folder, lambda: fetch(url, folder, limits))
    assert type(error) is PhotoGone
    assert "placeholder" in str(error)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/x", "data:image/jpeg,x"])
def test_nothing_but_http_is_asked_for(folder: Folder, url: str) -> None:
    assert type(leaves_nothing(folder, lambda: fetch(url, folder))) is RequestRefused


def test_a_picture_of_just_the_size_allowed_is_stored(serve: Serve, folder: Folder) -> None:
    url = serve(answering())
    assert fetch(url, folder, replace(LIMITS, size=len(WHOLE))) == NAME
    assert type(_too_large(url, folder)) is TooLarge


def _too_large(url: str, folder: Folder) -> UnsplashAssetsError:
    with pytest.raises(UnsplashAssetsError) as caught:
        fetch(url, folder, replace(LIMITS, size=len(WHOLE) - 1))
    assert files(folder) == [NAME]
    assert folder.path(NAME).read_bytes() == CREDITED
    return caught.value


def test_a_bad_picture_leaves_the_whole_one_of_that_name_alone(
    serve: Serve, folder: Folder
) -> None:
    fetch(serve(answering()), folder)
    with pytest.raises(BadPicture):
        fetch(serve(answering(body=WHOLE[:500])), folder)
    assert files(folder) == [NAME]
    assert folder.path(NAME).read_bytes() == CREDITED


def test_a_folder_that_cannot_be_written_is_the_librarys_error(
    serve: Serve, folder: Folder
) -> None:
    folder.root.mkdir()
    folder.path("deep-sea").write_text("a file where the topic's folder should be")
    with pytest.raises(LibraryError, match="cannot be written"):
        fetch(serve(answering()), folder)
    assert files(folder) == ["deep-sea"]
