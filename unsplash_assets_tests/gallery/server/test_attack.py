"""Tests of `gallery.server` under attack: what must not be handed out, changed, or held up."""

import http.client
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from unsplash_assets.catalogue import tables as db
from unsplash_assets.gallery.server import running
from unsplash_assets_tests.support.gallery_library import GalleryLibrary
from unsplash_assets_tests.support.serving import ServedGallery, gallery_served
from unsplash_assets_tests.support.waiting import CEILING, eventually

pytestmark = pytest.mark.long

SECRET = "the secret of this test"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedGallery]:
    """A library with what is not the page's: the catalogue, notes, links and pipes."""
    place = tmp_path_factory.mktemp("attack")
    library = GalleryLibrary(place / "library")
    library.hang(3)
    root = library.folder.root
    (place / "secret.txt").write_text(SECRET)
    (place / "secret.jpg").write_text(SECRET)
    (root / "notes.txt").write_text(SECRET)
    (root / "sea" / "notes.jpg").write_text(SECRET)
    (root / "out").symlink_to(place)
    with gallery_served(library, may_change=True) as served:
        yield served
    library.close()


PATHS = [
    "/catalogue.db",
    "/catalogue.db-wal",
    "/.unsplash_assets",
    "/notes.txt",
    "/sea/notes.jpg",
    "/sea/",
    "/sea",
    "/../secret.txt",
    "/sea/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/sea/%2e%2e%2f%2e%2e%2fsecret.txt",
    "/..%5csecret.txt",
    "/%252e%252e%252fsecret.txt",
    "//etc/passwd",
    "/%2fetc%2fpasswd",
    "/out/secret.jpg",
    "/out/x_AbCdEfGhIjK_155.jpg",
    "/sea/x_AbCdEfGhIjK_155.jpg%00.txt",
    "/thumbnails/../../secret.txt",
    "/thumbnails/AbCdEfGhIjK/..%2f..%2fsecret.jpg",
    "/api/photos/..%2f..%2fsecret.txt",
    "/api/photos/%00",
    "/api/../../secret.txt",
]


@pytest.mark.parametrize("path", PATHS)
def test_nothing_but_the_pages_files_is_handed_out(served: ServedGallery, path: str) -> None:
    answer = served.ask(path)
    assert answer.status in {400, 404}
    assert SECRET.encode() not in answer.body
    assert b"SQLite" not in answer.body


def test_the_path_of_a_photo_is_the_catalogues_own(served: ServedGallery) -> None:
    picture = served.ask("/api/photos").json["photos"][0]["picture"]
    folder, _, name = picture.rpartition("/")
    assert served.ask(picture).status == 200
    for other in (
        f"/out{name}",
        f"{folder}/../sea/{name}",
        f"{folder}//{name}",
        f"{folder}/./{name}",
    ):
        assert served.ask(other).status == 404, other


@pytest.mark.parametrize("kind", ["link outside", "link inside", "pipe", "folder", "other size"])
def test_what_stands_in_a_photos_place_is_not_handed_out(tmp_path: Path, kind: str) -> None:
    library = GalleryLibrary(tmp_path / "library")
    photo, other = library.hang(2)
    path = library.folder.path(photo.path)
    size = path.stat().st_size
    path.unlink()
    if kind == "link outside":
        (tmp_path / "secret").write_bytes(b"x" * size)
        path.symlink_to(tmp_path / "secret")
    elif kind == "link inside":
        path.symlink_to(library.folder.path(other.path))
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.write_bytes(b"x" * (size + 1))
    with gallery_served(library) as served:
        item = served.ask(f"/api/photos/{photo.id}").json
        assert served.ask(item["picture"]).status == 404
        assert served.ask(item["thumbnail"]).status == 404
    library.close()


# --- Who may ask --------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:9", "[::1]:80", "192.168.1.9", "MY-WALL"])
def test_this_machines_names_are_answered(served: ServedGallery, host: str) -> None:
    assert served.ask("/api/topics", Host=host).status == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.evil"])
def test_another_sites_name_is_not(served: ServedGallery, host: str) -> None:
    """As after DNS rebinding: the browser believes that it asks the other site."""
    assert served.ask("/api/topics", Host=host).status == 421


def left_out(headers: dict[str, str], name: str) -> dict[str, str]:
    return {other: value for other, value in headers.items() if other != name}


def test_a_change_needs_origin_token_and_cookie(served: ServedGallery) -> None:
    photo = served.ask("/api/photos").json["photos"][0]["id"]
    path, entered = f"/api/photos/{photo}/ban", served.enter()
    refused = [left_out(entered, name) for name in entered]
    refused += [{**entered, "Origin": origin} for origin in ("http://evil.example", "null", "")]
    refused += [{**entered, "X_Token": "wrong"}, {**entered, "Cookie": "a=b"}]
    refused += [{**entered, "Sec_Fetch_Site": "cross-site"}]
    refused += [{**entered, "Host": "localhost"}]
    assert [served.ask(path, "PUT", **headers).status for headers in refused] == [403] * len(
        refused
    )
    assert served.ask(path, "POST", **entered).status == 405
    assert served.ask(path, "GET", **entered).status == 404
    assert len(served.ask("/api/photos").json["photos"]) == 3


def test_without_permission_nothing_changes(tmp_path: Path) -> None:
    library = GalleryLibrary(tmp_path / "library")
    (photo,) = library.hang()
    with gallery_served(library) as served:
        session = served.ask("/api/session")
        assert session.json == {"changes": False, "token": None, "demo": False}
        assert "set-cookie" not in session.headers
        answer = served.ask(f"/api/photos/{photo.id}/ban", "PUT", Origin=served.base)
        assert answer.status == 403
        assert b"--allow-changes" in answer.body
    library.close()


def test_the_cookie_is_sent_by_this_servers_pages_alone(served: ServedGallery) -> None:
    cookie = served.ask("/api/session").headers["set-cookie"].lower()
    assert "samesite=strict" in cookie
    assert "httponly" in cookie


# --- What may hold it up ------------------------------------------------------------------------


def received(connection: socket.socket) -> bytes:
    """Return all that a server sends until it closes a connection."""
    content = b""
    try:
        while chunk := connection.recv(65_536):
            content += chunk
    except ConnectionResetError:
        pass
    return content


def connected(served: ServedGallery) -> socket.socket:
    return socket.create_connection(("127.0.0.1", served.port), timeout=CEILING)


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 40_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: x\r\n" * 9_000 + b"\r\n",
        b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01" + b"\x00" * 300 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
    ],
    ids=["a long header", "many headers", "a long address", "no HTTP", "no host"],
)
def test_a_head_that_is_none_is_refused(served: ServedGallery, head: bytes) -> None:
    with closing(connected(served)) as connection:
        try:
            connection.sendall(head)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was refused before its end
        answer = received(connection)
    assert answer == b"" or answer.startswith(
        (b"HTTP/1.1 400 ", b"HTTP/1.1 421 ", b"HTTP/1.1 431 ")
    )
    assert served.ask("/api/topics").status == 200


def test_a_body_is_refused_and_not_read(served: ServedGallery) -> None:
    with closing(connected(served)) as connection:
        connection.sendall(
            b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\nx"
        )
        answer = received(connection)
    assert answer.startswith(b"HTTP/1.1 413 ")


@pytest.mark.long
@pytest.mark.parametrize("begun", [b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nA: b"])
def test_a_head_that_does_not_end_is_cut_off(
    served: ServedGallery, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "HEAD_WITHIN", 0.3)
    with closing(connected(served)) as connection:
        connection.sendall(b"GET /api/topics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"
        connection.sendall(begun)
        received(connection)  # ends, for the server closes the connection


@pytest.mark.long
def test_a_client_that_does_not_take_its_answer_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "TAKEN_WITHIN", 0.3)
    library = GalleryLibrary(tmp_path / "library")
    (photo,) = library.hang()
    large = library.folder.path(photo.path).read_bytes().ljust(8_000_000, b" ")
    library.folder.path(photo.path).write_bytes(large)
    with library.database.writing() as connection:
        connection.execute(sa.update(db.photos).values(bytes=len(large)))
    with gallery_served(library) as served, closing(connected(served)) as slow:
        path = served.ask("/api/photos").json["photos"][0]["picture"]
        slow.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert served.ask("/api/topics").status == 200
        time.sleep(0.5)  # longer than it has
        assert len(received(slow)) < len(large)
    library.close()


def answers(served: ServedGallery) -> bool:
    try:
        return served.ask("/api/topics").status == 200
    except OSError:  # it still closes the others'
        return False


@pytest.mark.long
def test_many_connections_leave_room_for_more(served: ServedGallery) -> None:
    with ExitStack() as crowd:
        for _ in range(running.CONNECTIONS + 50):
            crowd.enter_context(closing(connected(served)))
    eventually(lambda: answers(served))


@pytest.mark.long
def test_a_crowd_is_answered(served: ServedGallery) -> None:
    """`python -m benchmarks.serving` sends ten times as many, and looks at the memory."""
    photo = served.ask("/api/photos").json["photos"][0]
    paths = ["/", "/api/photos", "/api/topics", photo["picture"], photo["thumbnail"]]

    def visit(_: int) -> set[int]:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=CEILING)
        statuses = set()
        with closing(connection):
            for path in paths * 4:
                connection.request("GET", path)
                answer = connection.getresponse()
                answer.read()
                statuses.add(answer.status)
        return statuses

    with ThreadPoolExecutor(50) as pool:
        assert set().union(*pool.map(visit, range(50))) == {200}
