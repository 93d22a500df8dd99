"""A web page of a stranger, open in the same browser while Dagster's UI is up: it destroys nothing.

Dagster's server runs mutations for any page: from the query of a picture's address, from a form,
and under any host name. So these pages do start runs; their config must not decide what is deleted
or written over. The tests follow one another on one library.
"""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from shutil import copy
from typing import Any
from urllib.parse import quote

import psutil
import pytest
from playwright.sync_api import Browser, Page

from unsplash_assets_tests.support.browser import chromium, folder_served
from unsplash_assets_tests.support.dev import Dev, StartDev, dagster_dev
from unsplash_assets_tests.support.paths import PROJECT
from unsplash_assets_tests.support.waiting import CEILING, eventually

pytestmark = pytest.mark.e2e

TOPIC = "nature"
PHOTOS = 12
EVIL = "evil.example"
STRANGERS_PAGE = "<h1>My own page</h1>"

ERRORS = """
query Errors($run: ID!) {
  logsForRun(runId: $run) { ... on EventConnection { events {
    ... on ErrorEvent { error { message errorChain { error { message } } } }
  } } }
}
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser in which a stranger's host name leads to this machine, as after DNS rebinding."""
    with chromium(f"--host-resolver-rules=MAP {EVIL} 127.0.0.1") as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_context(viewport={"width": 1400, "height": 900}) as context:
        context.set_default_timeout(CEILING * 1000)
        yield context.new_page()


@pytest.fixture(scope="module")
def started(start_dev: StartDev, tmp_path_factory: pytest.TempPathFactory) -> list[Dev]:
    """`dagster dev` in demo mode, as it is and read-only; both begin at once."""
    devs = []
    for variables in ({}, {"DAGSTER_WEBSERVER_READ_ONLY": "1"}):
        folder = tmp_path_factory.mktemp("demo")
        copy(PROJECT / "dagster.yaml", folder)
        settings = {"UNSPLASH_TOPICS": TOPIC, "UNSPLASH_VIEWER": "off", **variables}
        devs.append(start_dev(dagster_dev(folder, settings)))
    return devs


@pytest.fixture(scope="module")
def read_only(started: list[Dev]) -> Dev:
    return started[1]


@pytest.fixture(scope="module")
def dev(started: list[Dev]) -> Dev:
    """A UI with a dozen photos; ticks of its schedule only add to them."""
    dev = started[0]
    dev.wait_until_up()
    first = {"resources": {"library": {"config": {"photos_per_run": PHOTOS, "rendition": "thumb"}}}}
    dev.ask(refresh(first, "first"))
    (run,) = ended(dev, 1, sender="first")
    assert run["status"] == "SUCCESS"
    assert len(photos(dev)) >= PHOTOS
    return dev


def refresh(config: object, sender: str) -> str:
    """Return the mutation that launches the job with a config, and a tag to find its runs by."""
    data = json.dumps(json.dumps(config))
    return f"""mutation {{ launchRun(executionParams: {{
        selector: {{ repositoryLocationName: "unsplash_assets.definitions",
            repositoryName: "__repository__", jobName: "refresh" }}
        runConfigData: {data}
        executionMetadata: {{ tags: [
            {{ key: "dagster/partition", value: "{TOPIC}" }}, {{ key: "sender", value: "{sender}" }}
        ] }} }}) {{ __typename }} }}"""


def photos(dev: Dev) -> set[tuple[str, str]]:
    """Return name and hash of each picture of the library."""
    paths = (dev.folder / "demo-library").glob("*/*.jpg")
    return {(path.name, sha256(path.read_bytes()).hexdigest()) for path in paths}


def ended(dev: Dev, count: int, **tags: str) -> list[dict[str, Any]]:
    """Return the runs with these tags, once there are so many and all have ended."""

    def look() -> list[dict[str, Any]] | None:
        runs = dev.runs(**tags)
        is_over = all(run["status"] in {"SUCCESS", "FAILURE", "CANCELED"} for run in runs)
        return runs if len(runs) == count and is_over else None

    return eventually(look, f"the end of {count} runs with {tags}", every=0.5)


def errors(dev: Dev, run_id: str) -> str:
    """Return all messages of what made a run fail."""
    events = dev.ask(ERRORS, run=run_id)["logsForRun"]["events"]
    found = [event["error"] for event in events if event.get("error")]
    messages = [link["error"]["message"] for error in found for link in error["errorChain"]]
    return "\n".join([*(error["message"] for error in found), *messages])


def from_a_picture(page: Page, dev: Dev, mutation: str, folder: Path) -> None:
    """Show a page of another port, with a picture whose address is the mutation."""
    address = f"http://127.0.0.1:{dev.port}/graphql?query={quote(mutation)}"
    (folder / "index.html").write_text(f'<img src="{address}" alt="a kitten">')
    with folder_served(folder) as base:
        page.goto(base)


def from_a_form(page: Page, dev: Dev, mutation: str, folder: Path) -> None:
    """Show a page of another host and port, with a form that sends itself without a preflight."""
    address = f"http://127.0.0.1:{dev.port}/graphql?query={quote(mutation)}"
    (folder / "index.html").write_text(
        f'<form method="post" enctype="text/plain" action="{address}"></form>'
        "<script>document.forms[0].submit()</script>"
    )
    with folder_served(folder) as base, page.expect_response(f"http://127.0.0.1:{dev.port}/**"):
        page.goto(base.replace("127.0.0.1", EVIL))


def from_another_name(page: Page, dev: Dev, mutation: str, _: Path) -> None:
    """Run a stranger's script once its host name leads to the UI: to the browser, one origin."""
    page.goto(f"http://{EVIL}:{dev.port}/server_info")
    answered = page.evaluate(
        """query => fetch("/graphql", {method: "POST", body: JSON.stringify({query}),
            headers: {"Content-Type": "application/json"}}).then(answer => answer.json())""",
        mutation,
    )
    assert answered == {"data": {"launchRun": {"__typename": "LaunchRunSuccess"}}}


Attack = Callable[[Page, Dev, str, Path], None]


@pytest.mark.browser
@pytest.mark.needs("chromium")
@pytest.mark.parametrize("attack", [from_a_picture, from_a_form, from_another_name])
def test_a_foreign_page_deletes_no_photo_and_writes_into_no_other_folder(
    page: Page, dev: Dev, attack: Attack, tmp_path: Path
) -> None:
    before = photos(dev)
    pages, site = tmp_path / "pages", tmp_path / "site"
    pages.mkdir()
    site.mkdir()
    (site / "index.html").write_text(STRANGERS_PAGE)
    fields = {"keep": "1", "folder": str(site)}
    for field, value in fields.items():
        config = {"resources": {"library": {"config": {field: value}}}}
        attack(page, dev, refresh(config, f"{attack.__name__} {field}"), pages)
    runs = {field: ended(dev, 1, sender=f"{attack.__name__} {field}")[0] for field in fields}
    found = [path.name for path in site.iterdir()], (site / "index.html").read_text()
    assert (before - photos(dev), found) == (set(), (["index.html"], STRANGERS_PAGE))
    for field, run in runs.items():
        assert run["status"] == "FAILURE"
        assert f"{field} of the launchpad" in errors(dev, run["runId"])


@pytest.mark.browser
@pytest.mark.needs("chromium")
def test_the_button_of_the_ui_still_works(page: Page, dev: Dev) -> None:
    before, known = photos(dev), {run["runId"] for run in dev.runs()}

    def look() -> str | None:
        """Return the run that the button started, once it has succeeded."""
        new = [run for run in dev.runs() if run["runId"] not in known]
        ours = [run for run in new if "dagster/schedule_name" not in run["tags"]]
        return next((run["runId"] for run in ours if run["status"] == "SUCCESS"), None)

    page.goto(f"http://127.0.0.1:{dev.port}/assets/gallery")
    page.get_by_role("button", name="Materialize").first.click()
    run_id = eventually(look, "the run of the button", every=0.5)
    assert run_id in {made["runId"] for made in dev.materializations("gallery")}
    assert before - photos(dev) == set()


def test_the_ui_listens_on_this_machine_only(dev: Dev) -> None:
    ports = [port for process in dev.left() for port in process.net_connections("inet")]
    listening = {port.laddr.ip for port in ports if port.status == psutil.CONN_LISTEN}
    assert listening
    assert listening <= {"127.0.0.1", "::1"}


def test_a_ui_that_is_read_only_starts_nothing_for_anyone(read_only: Dev) -> None:
    read_only.wait_until_up()
    launched = read_only.ask(refresh({}, "anyone"))
    assert launched == {"launchRun": {"__typename": "UnauthorizedError"}}
    assert read_only.automation()["every_minute"]["status"] == "RUNNING"  # type: ignore[index]
