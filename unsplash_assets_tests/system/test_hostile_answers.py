"""Whatever an answer says, the pipeline asks no other host, and writes nowhere but in the library.

The API of these tests is one that means harm: its photos, redirects and links lead to a server
that must stay unasked, to files of this machine, and to paths outside of the library.
"""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from unsplash_assets.emulator import answers
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.transport.urls import origin
from unsplash_assets_tests.conftest import MakeSettings, Serve
from unsplash_assets_tests.support.runs import Project

pytestmark = pytest.mark.long

KEY = "a-recognisable-access-key"
LIBRARY = "some/where/library"

Json = dict[str, Any]


class Bait:
    """A server that must not be asked for anything."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked.append(environ["PATH_INFO"])
        return Emulator()(environ, start_response)


class Hostile:
    """An API that answers with these photos, and redirects their pictures to these places."""

    def __init__(self) -> None:
        self.photos: list[Json] = []
        self.moved: dict[str, str] = {}
        """Path of a picture to where it is said to be."""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path in self.moved:
            start_response("302 Found", [("Location", self.moved[path]), ("Content-Length", "0")])
            return []
        if path != "/photos/random":
            return Emulator()(environ, start_response)
        body = json.dumps(self.photos).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def bait() -> Bait:
    return Bait()


@pytest.fixture
def bait_url(bait: Bait, serve: Serve) -> str:
    return serve(bait)


@pytest.fixture
def api() -> Hostile:
    return Hostile()


@pytest.fixture
def project(
    api: Hostile, serve: Serve, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> Project:
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    settings = {"topics": "nature", "rendition": "thumb", "retry_delay": "0", "library": LIBRARY}
    return Project(make_settings(api_key=KEY, api_url=serve(api), **settings))


def photo(project: Project, number: int) -> Json:
    """Return a good photo of the project's API."""
    return answers.full(EmulatedPhoto(7, number), project.settings.api_url, "nature")


def places(own: str, bait: str) -> list[str]:
    """Return URLs that lead elsewhere, and some that only look as if they led to our own."""
    own_host, bait_host = urlsplit(own).netloc, urlsplit(bait).netloc
    bait_port = urlsplit(bait).port
    return [
        f"{bait}/photo-1",
        f"HTTP://{bait_host.upper()}/photo-1",
        f"{bait}\\@{own_host}/photo-1",
        f"{bait}#@{own_host}/photo-1",
        f"{bait}?@{own_host}/photo-1",
        f"http://{own_host}@{bait_host}/photo-1",
        f"http://{own_host}%40{bait_host}/photo-1",
        f"http://localhost:{bait_port}/photo-1",
        f"http://127.1:{bait_port}/photo-1",
        f"http://2130706433:{bait_port}/photo-1",
        f"http://0x7f.0.0.1:{bait_port}/photo-1",
        f"http://0177.0.0.1:{bait_port}/photo-1",
        f"http://[::ffff:127.0.0.1]:{bait_port}/photo-1",
        f"//{bait_host}/photo-1",
        f"{own}.:80@{bait_host}/photo-1",
        f"{own}\r\n\r\nGET {bait}/photo-1",
        f"{own}\0@{bait_host}/photo-1",
        "file:///etc/passwd",
        "FILE:/etc/passwd",
        "data:image/jpeg;base64,AAAA",
        "https://169.254.169.254/latest/meta-data",
    ]


def outside_of_the_library(folder: Path) -> list[str]:
    """Return the files and folders below a folder that are neither the library nor above it."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    ours = ("some", "some/where", LIBRARY)
    return [name for name in found if name not in ours and not name.startswith(f"{LIBRARY}/")]


def test_no_url_of_a_photo_leads_to_another_host_or_a_file(
    project: Project, api: Hostile, bait: Bait, bait_url: str
) -> None:
    """One bad URL gives way to another rendition; a photo with bad ones alone is skipped."""
    for number, url in enumerate(places(project.settings.api_url, bait_url)):
        for changed, spoiled in enumerate((("thumb",), ("thumb", "regular", "full", "raw"), None)):
            content = photo(project, 3 * number + changed)
            names = spoiled or tuple(content["urls"])
            content["urls"] |= dict.fromkeys(names, url)
            api.photos.append(content)
    assert project.run("nature", photos_per_run=len(api.photos)).success
    assert len(project.pictures()) == len(api.photos) * 2 // 3
    assert bait.asked == []


def test_no_redirect_of_a_picture_leads_to_another_host_or_a_file(
    project: Project, api: Hostile, bait: Bait, bait_url: str
) -> None:
    elsewhere = [
        url
        for url in places(project.settings.api_url, bait_url)
        if "\r" not in url and "\0" not in url  # such a header cannot be sent: see test_http
    ]
    for number, url in enumerate(elsewhere):
        api.photos.append(photo(project, number))
        api.moved[f"/{EmulatedPhoto(7, number).path}"] = url
    api.photos.append(photo(project, 1000))
    assert project.run("nature", photos_per_run=len(api.photos)).success
    assert len(project.pictures()) == 1
    assert bait.asked == []


def test_no_download_event_leads_to_another_host_or_a_file(
    project: Project, api: Hostile, bait: Bait, bait_url: str
) -> None:
    for number, url in enumerate(places(project.settings.api_url, bait_url)):
        api.photos.append(photo(project, number))
        api.photos[-1]["links"]["download_location"] = url
    assert project.run("nature", photos_per_run=len(api.photos)).success
    assert len(project.pictures()) == len(api.photos)
    assert bait.asked == []


def test_no_redirect_of_the_api_leads_to_another_host(
    project: Project, api: Hostile, bait: Bait, bait_url: str
) -> None:
    for url in (
        f"{bait_url}/photos/random",
        f"{bait_url}\\@{origin(project.settings.api_url)[7:]}/",
    ):
        api.moved["/photos/random"] = url
        assert not project.run("nature").success
    assert bait.asked == []


def _id(change: Json, text: str) -> None:
    change["id"] = text


def _words(change: Json, text: str) -> None:
    change["description"] = change["alt_description"] = change["slug"] = text
    change["user"]["name"] = change["user"]["username"] = text


@pytest.mark.parametrize("spoil", [_id, _words], ids=["id", "words"])
@pytest.mark.parametrize(
    "text",
    [
        "../../../../outside",
        "..\\..\\..\\..\\outside",
        "HERE/outside",
        "C:\\outside",
        "..",
        ".",
        "nature\0outside",
        "outside\n",
        "%2e%2e%2foutside",
        "\uff0e\uff0e\uff0foutside",
        "~/outside",
        "CON",
        "x" * 300,
    ],
)
def test_nothing_is_written_outside_of_the_library(
    project: Project, api: Hostile, tmp_path: Path, spoil: Callable[[Json, str], None], text: str
) -> None:
    api.photos += [photo(project, number) for number in range(3)]
    spoil(api.photos[0], text.replace("HERE", str(tmp_path)))
    assert project.run("nature", photos_per_run=3).success
    assert outside_of_the_library(tmp_path) == ["dagster.yaml"]
    assert 2 <= len(project.pictures()) <= 3
    for name in project.pictures():
        place = (project.settings.library / name).resolve()
        assert place.parent == project.settings.library / "nature"
        assert not (set(place.name) & set('\\/:*?"<>|\0\n '))
