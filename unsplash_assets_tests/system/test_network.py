"""The whole way out: through proxies, and to hosts that only a private authority vouches for.

Unsplash is the real one by name. Its hosts are served here, over TLS, and a proxy knows them.
"""

import socket
import ssl
import sys
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copy
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest
import trustme

from unsplash_assets.emulator.application import Emulator
from unsplash_assets_tests.conftest import MakeSettings, Serve
from unsplash_assets_tests.support.far_end import Address, Proxy, proxied, served_over_tls
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.processes import Processes, environment
from unsplash_assets_tests.support.runs import Project, failure

pytestmark = pytest.mark.long

COMMAND = Path(sys.executable).with_name("unsplash-assets")
REPAIR = (COMMAND, "verify", "--repair")
KEY = "a-recognisable-access-key"
CREDENTIALS = "Basic " + b64encode(b"somebody:hidden+word").decode()
API, PICTURES = "api.unsplash.com", "images.unsplash.com"


@dataclass
class Unsplash:
    """Both hosts of Unsplash, and what each was sent."""

    seen: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        sent = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
        self.seen.append(sent)
        started: list[tuple[str, list[tuple[str, str]]]] = []
        body = b"".join(Emulator()(environ, lambda *said: started.append(said)))  # type: ignore[arg-type]
        body = body.replace(f"https://{API}/photo-".encode(), f"https://{PICTURES}/photo-".encode())
        status, headers = started[0]
        others = [(name, value) for name, value in headers if name != "Content-Length"]
        start_response(status, [*others, ("Content-Length", str(len(body)))])
        return [body]

    def keys(self, host: str) -> set[str | None]:
        """Return the credentials that a host was sent."""
        return {sent.get("HTTP_AUTHORIZATION") for sent in self.seen if sent["HTTP_HOST"] == host}


@pytest.fixture
def unsplash() -> Unsplash:
    return Unsplash()


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    return made


@pytest.fixture
def address(unsplash: Unsplash, authority: trustme.CA) -> Iterator[Address]:
    with served_over_tls(unsplash, authority, API, PICTURES, "127.0.0.1") as found:
        yield found


@pytest.fixture
def proxy(address: Address) -> Iterator[Proxy]:
    with proxied({f"{API}:443": address, f"{PICTURES}:443": address}) as running:
        yield running


Live = Callable[..., Project]


@pytest.fixture
def live(make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Make a live project, in an environment that has these variables too."""
    monkeypatch.setenv("UNSPLASH_API_KEY", KEY)
    settings = {"topics": "nature", "retry_delay": "0", "rendition": "thumb"}

    def make(environ: Mapping[str, str], **values: str) -> Project:
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        return Project(make_settings(api_key=KEY, **settings, **values))

    return make


@pytest.mark.parametrize("bundle", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_api_and_pictures_come_through_a_proxy_from_hosts_of_a_private_authority(
    live: Live, unsplash: Unsplash, proxy: Proxy, variable: str, bundle: str
) -> None:
    address = proxy.url.replace("://", "://somebody:hidden%2Bword@")
    project = live({variable: address, bundle: "authority.pem"})
    assert project.run("nature").success
    assert len(project.pictures()) == 1
    assert {head.split(" HTTP/")[0] for head in proxy.heads} == {
        f"CONNECT {API}:443",
        f"CONNECT {PICTURES}:443",
    }
    assert all(f"Proxy-Authorization: {CREDENTIALS}\r\n" in head for head in proxy.heads)
    assert not any(KEY in head for head in proxy.heads)
    assert unsplash.keys(API) == {f"Client-ID {KEY}"}
    assert unsplash.keys(PICTURES) == {None}
    assert not any("HTTP_PROXY_AUTHORIZATION" in sent for sent in unsplash.seen)


def test_a_proxy_that_is_reached_over_tls_reads_no_key_either(
    live: Live, unsplash: Unsplash, address: Address, authority: trustme.CA
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with proxied({f"{API}:443": address, f"{PICTURES}:443": address}, context) as proxy:
        environ = {"HTTPS_PROXY": proxy.url, "REQUESTS_CA_BUNDLE": "authority.pem"}
        assert live(environ).run("nature").success
    assert {head.split(" ")[0] for head in proxy.heads} == {"CONNECT"}
    assert not any(KEY in head for head in proxy.heads)
    assert unsplash.keys(PICTURES) == {None}


def test_what_no_proxy_excepts_is_reached_directly_and_sent_no_credentials_of_the_proxy(
    live: Live, unsplash: Unsplash, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [_of_this_machine(address)])
    with proxied({}) as proxy:
        environ = {
            "HTTPS_PROXY": proxy.url.replace("://", "://somebody:hidden@"),
            "NO_PROXY": f"10.1.2.3, {API}",
            "REQUESTS_CA_BUNDLE": "authority.pem",
        }
        project = live(environ, api_url=f"https://{API}:8443")
        assert project.run("nature").success
    assert proxy.heads == []
    assert len(unsplash.seen) == 3
    assert not any("HTTP_PROXY_AUTHORIZATION" in sent for sent in unsplash.seen)


def _of_this_machine(address: Address) -> tuple[int, int, int, str, Address]:
    """Return what the resolver says of a host, whatever its name."""
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", address)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_server_of_this_machine_is_never_asked_through_a_proxy(
    live: Live, serve: Serve, variable: str
) -> None:
    """Plain HTTP is allowed to it alone, and a proxy could read the key."""
    with proxied({}) as proxy:
        assert live({variable: proxy.url}, api_url=serve(Emulator())).run("nature").success
    assert proxy.heads == []


def test_without_the_authority_nothing_is_sent_and_the_error_names_the_variable(
    live: Live, unsplash: Unsplash, proxy: Proxy
) -> None:
    step, said = failure(live({"HTTPS_PROXY": proxy.url}).run("nature"))
    assert step == "photo_metadata"
    assert said == f"the certificate of {API} is not trusted here: see REQUESTS_CA_BUNDLE"
    assert unsplash.seen == []


def test_a_picture_of_an_api_that_was_left_is_not_asked_for(live: Live, serve: Serve) -> None:
    left = Unsplash()
    first = live({}, api_url=serve(left))
    assert first.run("nature", ["photo_metadata"]).success
    asked = len(left.seen)
    second = live({}, api_url=serve(Emulator()))
    step, said = failure(second.run("nature", ["image_url", "image_file"]))
    assert (step, said) == (
        "image_url",
        "no photo of 'nature' is waiting: materialize photo_metadata first",
    )
    assert len(left.seen) == asked == 1
    assert second.pictures() == []


@pytest.mark.process
def test_a_repair_asks_no_api_that_was_left_either(
    processes: Processes, live: Live, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = Unsplash()
    project = live({}, api_url=serve(left))
    assert project.run("nature").success
    asked = len(left.seen)
    (project.settings.library / project.pictures()[0]).unlink()
    monkeypatch.setenv("UNSPLASH_API_URL", serve(Emulator()))
    done = processes.run(REPAIR)
    assert done.returncode == 1
    assert "is not an allowed host: nothing was requested" in done.stderr
    assert len(left.seen) == asked
    assert project.pictures() == []


def _in_a_folder(folder: Path, *lines: str) -> Path:
    copy(PROJECT / "dagster.yaml", folder)
    settings = ["UNSPLASH_TOPICS=nature", "UNSPLASH_RENDITION=thumb", "UNSPLASH_RETRY_DELAY=0"]
    (folder / ".env").write_text("\n".join([f"UNSPLASH_API_KEY={KEY}", *settings, *lines]))
    below = folder / "below"
    below.mkdir()
    return below


@pytest.mark.process
@pytest.mark.parametrize(
    "command",
    [
        pytest.param([str(COMMAND), "fetch", "nature"], id="unsplash-assets fetch"),
        pytest.param(
            [sys.executable, "-m", "dagster", "asset", "materialize", "--select", "*image_file",
             "--partition", "nature", "-m", "unsplash_assets.definitions"],
            id="dagster asset materialize",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("bundle", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_what_the_env_file_says_of_the_network_reaches_a_command(
    processes: Processes, proxy: Proxy, unsplash: Unsplash, command: list[str], bundle: str
) -> None:
    project = Path.cwd()
    below = _in_a_folder(project, f"HTTPS_PROXY={proxy.url}", f"{bundle}=authority.pem")
    folder = below if "fetch" in command else project  # Dagster's look for .env where they start
    environ = environment(HTTPS_PROXY="http://127.0.0.1:9")
    done = processes.run(command, cwd=folder, env=environ)
    assert done.returncode == 0, done.stderr
    assert len(list(project.glob("library/nature/*.jpg"))) == 1
    assert unsplash.keys(API) == {f"Client-ID {KEY}"}
    assert unsplash.keys(PICTURES) == {None}


@pytest.mark.process
def test_what_the_env_file_says_of_the_network_reaches_a_repair(
    processes: Processes, proxy: Proxy, unsplash: Unsplash, tmp_path: Path
) -> None:
    below = _in_a_folder(tmp_path, f"HTTPS_PROXY={proxy.url}", "REQUESTS_CA_BUNDLE=authority.pem")
    environ = environment(HTTPS_PROXY="http://127.0.0.1:9")
    processes.run([COMMAND, "fetch", "nature"], cwd=below, env=environ, check=True)
    (picture,) = tmp_path.glob("library/nature/*.jpg")
    picture.unlink()
    processes.run(REPAIR, cwd=below, env=environ, check=True)
    assert picture.is_file()
    assert unsplash.keys(PICTURES) == {None}


@pytest.mark.process
@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("REQUESTS_CA_BUNDLE=nowhere.pem", "the certificate file (REQUESTS_CA_BUNDLE, "),
        ("SSL_CERT_FILE=nowhere.pem", "the certificate file (REQUESTS_CA_BUNDLE, "),
        ("HTTPS_PROXY=socks5://somebody:hidden@127.0.0.1:9", "the proxy (HTTPS_PROXY, HTTP_PROXY"),
        ("HTTPS_PROXY=http://somebody:hidden@127.0.0.1:port", "the proxy (HTTPS_PROXY, HTTP_PROXY"),
    ],
)
def test_a_setting_of_the_network_that_cannot_be_used_is_named_at_once(
    processes: Processes, tmp_path: Path, line: str, said: str
) -> None:
    below = _in_a_folder(tmp_path, line)
    done = processes.run([COMMAND, "fetch", "nature"], cwd=below)
    assert done.returncode == 1
    assert f"unsplash-assets: {said}" in done.stderr
    assert "hidden" not in done.stderr
    assert done.stdout == ""
