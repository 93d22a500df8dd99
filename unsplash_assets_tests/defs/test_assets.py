"""Tests of the assets, run on a real Dagster instance, in the demo and over sockets."""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import dagster as dg
import pytest

from unsplash_assets.emulator import answers
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.emulator.quota import HourlyQuota
from unsplash_assets.images.embedding import read_packet
from unsplash_assets.library.opening import open_library
from unsplash_assets.library.selection import TAKEN, choose
from unsplash_assets.model.keep import Keep
from unsplash_assets.model.mode import Mode
from unsplash_assets.settings.settings import DEMO_URL
from unsplash_assets_tests.conftest import Clock, MakeSettings, Serve
from unsplash_assets_tests.support.invariant import look
from unsplash_assets_tests.support.runs import ALL, Project, failure, first_words, metadata, tries

pytestmark = pytest.mark.long

MODES: tuple[Mode, ...] = ("demo", "live")


@pytest.fixture
def demo(make_settings: MakeSettings) -> Project:
    return Project(make_settings(topics="nature,art", viewer="off"))


@pytest.fixture
def live(live_with: "Live") -> Project:
    return live_with(Emulator())


Live = Callable[[WSGIApplication], Project]


@pytest.fixture
def live_with(make_settings: MakeSettings, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Make a project whose API is the application, behind a socket."""
    key = "a-key-of-the-tests"
    monkeypatch.setenv("UNSPLASH_API_KEY", key)

    def make(application: WSGIApplication) -> Project:
        url = serve(application)
        return Project(
            make_settings(api_key=key, api_url=url, topics="nature,art", retry_delay="0")
        )

    return make


class _Changed:
    """An API that gives the same photos for ever, with changes."""

    def __init__(self, **changes: object) -> None:
        self._changes = changes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        base = f"http://{environ['HTTP_HOST']}"
        photos = [answers.full(EmulatedPhoto(7, number), base, "sea") for number in range(30)]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps([{**content, **self._changes} for content in photos]).encode()]


def test_a_run_brings_one_whole_photo_of_the_topic(demo: Project) -> None:
    result = demo.run("nature")
    assert result.success
    (path,) = demo.pictures()
    assert path.startswith("nature/")
    photo = demo.newest("nature")
    content = (demo.settings.library / path).read_bytes()
    assert (photo.path, photo.bytes) == (path, len(content))
    assert photo.sha256 == hashlib.sha256(content).hexdigest()


def test_the_same_run_works_over_sockets_with_a_key(live: Project) -> None:
    assert live.run("nature").success
    assert len(live.pictures()) == 1
    assert live.settings.library.name == "library"
    assert live.status().mode == "live"


def test_one_request_is_enough_for_thirty_runs(live: Project) -> None:
    requests = [metadata(live.run("nature"), "photo_metadata")["requests"] for _ in range(3)]
    assert requests == [1, 0, 0]
    assert live.status().quota.used == 1 + 3


def test_more_photos_on_demand_are_run_config_of_the_library(demo: Project) -> None:
    result = demo.run("nature", photos_per_run=33)
    assert result.success
    assert metadata(result, "photo_metadata")["requests"] == 2
    assert metadata(result, "image_url")["chosen"] == 33
    assert metadata(result, "image_file")["stored"] == 33
    assert len(demo.pictures()) == 33


def test_a_run_whose_photos_another_has_taken_ends_well_and_says_so(demo: Project) -> None:
    """No photo of the topic is stored yet: there is nothing to show."""
    assert demo.run("nature", ["photo_metadata"]).success
    with open_library(demo.changed(photos_per_run=30).settings) as library:
        library.runs.begin("theirs", "nature")
        assert len(choose(library, "nature", "theirs").photos) == 30
        result = demo.run("nature", ["image_url", "image_file", "gallery"])
    assert result.success
    assert metadata(result, "image_url")["shortage"] == f"nature: {TAKEN}"
    shown = metadata(result, "image_file")
    assert (shown["topic"], shown["stored"], "preview" in shown) == ("nature", 0, False)


def test_a_run_of_the_last_assets_alone_repairs_and_asks_the_api_for_nothing(
    live: Project,
) -> None:
    assert live.run("nature").success
    (path,) = live.pictures()
    (live.settings.library / path).unlink()
    live.verify()
    before = live.status().quota.used
    result = live.run("nature", ["image_file", "gallery"])
    assert result.success
    assert metadata(result, "image_file")["repaired"] == 1
    assert (live.pictures(), live.status().quota.used) == ([path], before)


def test_run_config_of_one_field_leaves_the_settings_of_the_others(
    make_settings: MakeSettings,
) -> None:
    project = Project(make_settings(topics="nature", rendition="small"))
    result = project.run("nature", photos_per_run=2)
    assert metadata(result, "image_file")["rendition"] == "small"


def test_run_config_of_unsplash_holds_for_the_library_too(
    make_settings: MakeSettings, emulator_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else photos of one API would be taken for those of another."""
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    project = Project(make_settings(topics="nature", api_key="k", api_url=emulator_url))
    result = project.run("nature", unsplash={"api_url": DEMO_URL})
    assert metadata(result, "image_file")["mode"] == "demo"
    rows = {mode: look(project.settings.library, mode).rows for mode in MODES}
    assert [(mode, len(rows[mode])) for mode in MODES] == [("demo", 30), ("live", 0)]


def test_what_is_shown_of_a_file_is_what_a_person_wants_to_see(demo: Project) -> None:
    shown = metadata(demo.run("nature"), "image_file")
    photo = demo.newest("nature")
    assert shown["topic"] == "nature"
    assert shown["photo"] == photo.id
    assert shown["photographer"] == photo.photographer
    assert f"[{photo.photographer}](" in shown["credit"]
    assert "utm_source=unsplash_assets&utm_medium=referral" in shown["credit"]
    assert shown["photo page"].startswith(photo.page_url)
    assert shown["url"] == photo.url
    assert shown["rendition"] == "regular"
    assert (shown["width"], shown["height"], shown["bytes"]) == (
        photo.width,
        photo.height,
        photo.bytes,
    )
    assert shown["sha256"] == photo.sha256
    assert len(shown["preview"]) < 1000
    assert "](data:image/webp;base64," in shown["preview"]
    assert "](data:image/jpeg;base64," in shown["larger preview"]
    assert (shown["stored"], shown["waiting"]) == (1, 29)
    assert (shown["download events sent"], shown["download events due"]) == (1, 0)
    assert shown["mode"] == "demo"


@pytest.mark.parametrize("mode", ["demo", "live"])
def test_a_file_carries_the_credit_that_is_shown_and_a_demo_says_so(
    mode: str, request: pytest.FixtureRequest
) -> None:
    project: Project = request.getfixturevalue(mode)
    shown = metadata(project.run("nature"), "image_file")
    with (project.settings.library / project.newest("nature").path).open("rb") as picture:
        carried = read_packet(picture)
    assert carried
    assert f"<rdf:li>{shown['photographer']}</rdf:li>" in carried.decode()
    assert escape(shown["photo page"]) in carried.decode()
    assert "utm_source=unsplash_assets" in carried.decode()
    note = "demo: drawn here, there is no such photo"
    assert (note in carried.decode(), note in shown["credit"]) == (mode == "demo",) * 2


def test_what_is_shown_of_the_waiting_list_are_numbers(demo: Project) -> None:
    shown = metadata(demo.run("nature"), "photo_metadata")
    counts = {name: shown[name] for name in ("requests", "fetched", "new", "waiting", "skipped")}
    assert counts == {"requests": 1, "fetched": 30, "new": 30, "waiting": 30, "skipped": 0}
    budget = {name: shown[f"budget {name}"] for name in ("limit", "used", "left")}
    assert budget == {"limit": 1_000_000, "used": 1, "left": 999_999}


def test_the_photos_of_an_answer_are_shown_in_a_table_of_a_size_that_is_no_burden(
    demo: Project,
) -> None:
    table = _table(demo.run("nature"))
    rows = [dict(record.data) for record in table.records]
    columns = ["photo", "new", "photographer", "description", "original", "page"]
    assert [list(row) for row in rows] == [columns] * 30
    photo = demo.newest("nature")
    (row,) = [row for row in rows if row["photo"] == photo.id]
    assert (row["photographer"], row["description"]) == (photo.photographer, photo.description)
    assert (row["new"], row["page"]) == ("yes", photo.page_url)
    assert re.fullmatch(r"\d{4}x\d{4}", str(row["original"]))
    assert len(dg.serialize_value(table)) < 12_000


def test_what_is_not_known_of_a_photo_is_empty_in_the_table_and_a_long_text_is_cut(
    live_with: Live,
) -> None:
    project = live_with(_Changed(width=None, alt_description="sea " * 50))
    (row, *_) = [dict(record.data) for record in _table(project.run("nature")).records]
    assert (row["original"], row["description"]) == ("", "sea " * 19 + "sea…")


def test_a_table_has_thirty_photos_at_most_and_says_which_are_known(live_with: Live) -> None:
    project = live_with(_Changed())
    project.run("art")
    result = project.run("nature", ["photo_metadata"])
    assert (metadata(result, "photo_metadata")["fetched"]) == 60
    assert [record.data["new"] for record in _table(result).records] == ["no"] * 30


def _table(result: dg.ExecuteInProcessResult) -> dg.TableMetadataValue:
    (made,) = result.asset_materializations_for_node("photo_metadata")
    table = made.metadata["photos"]
    assert isinstance(table, dg.TableMetadataValue)
    return table


def test_where_no_request_is_made_there_is_no_table(demo: Project) -> None:
    demo.run("nature", ["photo_metadata"])
    shown = metadata(demo.run("nature", ["photo_metadata"]), "photo_metadata")
    assert (shown["requests"], shown["fetched"], "photos" in shown) == (0, 0, False)


def test_a_person_sees_the_picture_first_and_then_whose_it_is(demo: Project) -> None:
    result = demo.run("nature")
    first = ["preview", "credit", "topic", "width", "height", "bytes", "sha256", "path"]
    assert list(metadata(result, "image_file"))[:8] == first
    assert list(metadata(result, "image_url"))[:3] == ["credit", "topic", "photo"]


@pytest.mark.parametrize(
    ("asset", "names"),
    [
        ("photo_metadata", ["requests", "fetched", "new", "waiting", "skipped", "budget left"]),
        ("image_url", ["chosen"]),
        ("image_file", ["width", "height", "bytes", "stored", "waiting", "repaired", "pruned"]),
    ],
)
def test_what_the_ui_plots_are_whole_numbers(demo: Project, asset: str, names: list[str]) -> None:
    (event,) = demo.run("nature").asset_materializations_for_node(asset)
    kinds = {name: type(event.metadata[name]) for name in names}
    assert kinds == dict.fromkeys(names, dg.IntMetadataValue)


def test_the_hash_of_one_file_is_the_data_version(demo: Project) -> None:
    demo.run("nature")
    assert _data_version(demo) == demo.newest("nature").sha256


def test_the_data_version_of_several_files_is_one_over_their_hashes(demo: Project) -> None:
    demo.run("nature", photos_per_run=3)
    version = _data_version(demo)
    assert len(version) == 64
    assert version != demo.newest("nature").sha256


def _data_version(project: Project) -> str:
    event = project.instance.get_latest_materialization_event(dg.AssetKey("image_file"))
    assert event
    assert event.asset_materialization
    tags = event.asset_materialization.tags
    assert tags
    return tags["dagster/data_version"]


@pytest.mark.parametrize("mode", ["demo", "live"])
def test_every_run_is_tagged_with_its_mode(mode: str, request: pytest.FixtureRequest) -> None:
    project: Project = request.getfixturevalue(mode)
    result = project.run("nature")
    run = project.instance.get_run_by_id(result.run_id)
    assert run
    assert run.tags["unsplash_assets/mode"] == mode


def test_each_asset_alone_in_order_comes_to_the_same(demo: Project) -> None:
    for asset in ALL:
        assert demo.run("nature", [asset]).success
    assert len(demo.pictures()) == 1


def test_an_asset_again_does_nothing_twice(demo: Project) -> None:
    demo.run("nature", ["photo_metadata"])
    assert metadata(demo.run("nature", ["photo_metadata"]), "photo_metadata")["fetched"] == 0
    chosen = [metadata(demo.run("nature", ["image_url"]), "image_url") for _ in range(2)]
    assert chosen[0]["photo"] == chosen[1]["photo"]
    stored = [metadata(demo.run("nature", ["image_file"]), "image_file") for _ in range(2)]
    assert [shown["stored"] for shown in stored] == [1, 0]
    assert stored[0]["sha256"] == stored[1]["sha256"]
    assert len(demo.pictures()) == 1


@pytest.mark.parametrize(
    ("asset", "before"), [("image_url", "photo_metadata"), ("image_file", "image_url")]
)
def test_an_asset_too_early_fails_at_once_and_names_the_one_before(
    demo: Project, asset: str, before: str
) -> None:
    result = demo.run("nature", [asset])
    step, said = failure(result)
    assert step == asset
    assert f"materialize {before} first" in said
    assert tries(result, asset) == 1


def test_another_topic_is_another_matter(demo: Project) -> None:
    demo.run("nature")
    demo.run("art")
    counts = {topic.topic: (topic.stored, topic.waiting) for topic in demo.status().topics}
    assert counts == {"nature": (1, 29), "art": (1, 29)}


def test_from_demo_to_live_and_back_nothing_is_lost_or_mixed(
    make_settings: MakeSettings, emulator_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = str(tmp_path / "shared")
    monkeypatch.setenv("UNSPLASH_API_KEY", "k")
    demo = Project(make_settings(library=folder, topics="nature"))
    live = Project(
        make_settings(library=folder, topics="nature", api_key="k", api_url=emulator_url)
    )
    for project in (demo, live, demo):
        assert project.run("nature").success
    assert [(p.status().mode, p.status().topics[0].stored) for p in (demo, live)] == [
        ("demo", 2),
        ("live", 1),
    ]
    assert len(demo.pictures()) == 3


def test_photos_of_a_topic_that_is_gone_stay_known(make_settings: MakeSettings) -> None:
    Project(make_settings(topics="nature")).run("nature")
    project = Project(make_settings(topics="art"))
    assert project.run("art").success
    counts = {topic.topic: topic.stored for topic in project.status().topics}
    assert counts == {"art": 1, "nature": 1}


@pytest.mark.parametrize(
    ("fault", "step", "said"),
    [
        ("api-401", "photo_metadata", "copy the application's Access Key to UNSPLASH_API_KEY"),
        ("api-403", "photo_metadata", "check the application's state"),
        ("api-404", "photo_metadata", "choose another in UNSPLASH_TOPICS"),
        ("api-quota", "photo_metadata", "wait up to an hour"),
        ("picture-404", "image_file", "the next run takes another"),
    ],
)
def test_what_is_not_worth_retrying_fails_at_once_and_says_what_to_do(
    fault: str, step: str, said: str, live_with: Live
) -> None:
    project = live_with(with_fault(Emulator(), fault))
    result = project.run("nature")
    assert not result.success
    failed, words = failure(result)
    assert failed == step
    assert said in words
    assert "\n" not in words
    assert first_words(result) == f"Failed: {words}"
    assert tries(result, step) == 1
    assert project.pictures() == []


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        ("api-500", "photo_metadata"),
        ("api-503", "photo_metadata"),
        ("api-cut", "photo_metadata"),
        ("api-html", "photo_metadata"),
        ("api-not-a-photo", "photo_metadata"),
        ("picture-500", "image_file"),
        ("picture-cut", "image_file"),
        ("picture-empty", "image_file"),
    ],
)
def test_what_may_pass_is_tried_ten_times_again_and_leaves_no_file(
    fault: str, step: str, live_with: Live
) -> None:
    project = live_with(with_fault(Emulator(), fault))
    result = project.run("nature")
    assert not result.success
    assert failure(result)[0] == step
    assert tries(result, step) == 11
    assert project.pictures() == []
    assert list((project.settings.library / ".incoming").glob("*")) == []


@pytest.mark.parametrize(("fault", "tried"), [("picture-cut-silently", 2), ("picture-html", 1)])
def test_what_brings_the_same_bad_bytes_twice_or_a_page_is_not_tried_again(
    fault: str, tried: int, live_with: Live
) -> None:
    project = live_with(with_fault(Emulator(), fault))
    result = project.run("nature")
    assert failure(result)[0] == "image_file"
    assert tries(result, "image_file") == tried
    assert project.pictures() == []


def test_a_step_that_recovers_does_only_what_is_left(live_with: Live) -> None:
    sick, well, asked = with_fault(Emulator(), "picture-cut"), Emulator(), list[str]()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith("/photo-"):
            return well(environ, start_response)
        asked.append(environ["PATH_INFO"])
        return (sick if len(asked) in {2, 4} else well)(environ, start_response)

    project = live_with(application)
    result = project.run("nature", photos_per_run=3, concurrency=1)
    assert result.success
    assert tries(result, "image_file") == 3
    assert len(project.pictures()) == 3
    assert len(asked) == 5


def test_a_photo_in_trouble_does_not_cost_its_neighbours(live_with: Live) -> None:
    gone, well, asked = with_fault(Emulator(), "picture-404"), Emulator(), list[str]()

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked.append(environ["PATH_INFO"])
        return (gone if len(asked) == 3 else well)(environ, start_response)

    project = live_with(application)
    result = project.run("nature", photos_per_run=4, concurrency=1)
    assert result.success
    shown = metadata(result, "image_file")
    assert (shown["stored"], shown["refused"]) == (3, 1)
    assert len(project.pictures()) == 3


def test_a_quota_that_ends_midway_leaves_the_part_that_was_done(
    live_with: Live, clock: Clock
) -> None:
    project = live_with(Emulator(HourlyQuota(5, clock)))
    result = project.run("nature", photos_per_run=40)
    assert result.success
    assert metadata(result, "photo_metadata")["requests"] == 1
    left = metadata(result, "image_file")["left for later"]
    assert left.startswith("21: request budget spent: 5 of 5 in the last hour, next at ")
    assert len(project.pictures()) == 9, "four are paid for, five are owed"


def test_an_unusable_library_is_named_in_the_failure(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    project = Project(make_settings(library=str(tmp_path / "photos" / "library")))
    (tmp_path / "photos").write_text("")
    result = project.run("nature")
    assert not result.success
    errors = " ".join(str(event.event_specific_data) for event in result.all_events)
    assert "UNSPLASH_LIBRARY" in errors


def test_a_run_prunes_the_oldest_photos_beyond_the_bound(make_settings: MakeSettings) -> None:
    project = Project(make_settings(topics="nature,art", viewer="off", keep="2"))
    first, _, last = project.run("nature"), project.run("art"), project.run("art")
    assert metadata(first, "image_file")["pruned"] == 0
    assert metadata(last, "image_file")["pruned"] == 1
    assert [path.partition("/")[0] for path in project.pictures()] == ["art", "art"]


def test_a_run_keeps_what_it_has_stored_even_beyond_the_bound(make_settings: MakeSettings) -> None:
    project = Project(make_settings(topics="nature", viewer="off", keep="1KB"))
    project.run("nature")
    last = project.run("nature", photos_per_run=3)
    assert (metadata(last, "image_file")["stored"], metadata(last, "image_file")["pruned"]) == (
        3,
        1,
    )
    assert len(project.pictures()) == 3


def test_what_is_kept_is_that_of_the_settings(demo: Project) -> None:
    demo.run("nature", photos_per_run=3)
    fewer = demo.changed(keep=Keep(photos=2))
    assert metadata(fewer.run("nature"), "image_file")["pruned"] == 2


def test_a_topics_folder_that_is_a_link_is_pruned_like_any_other(
    demo: Project, tmp_path: Path
) -> None:
    demo.run("nature")
    (demo.settings.library / "nature").rename(tmp_path / "elsewhere")
    (demo.settings.library / "nature").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    values = metadata(demo.changed(keep=Keep(photos=1)).run("nature"), "image_file")
    assert (values["pruned"], "pruning failed" in values) == (1, False)
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1


def test_a_photo_whose_file_cannot_be_removed_spoils_no_run(demo: Project) -> None:
    demo.run("nature")
    (path,) = demo.pictures()
    (demo.settings.library / path).unlink()
    (demo.settings.library / path).mkdir()
    values = metadata(demo.changed(keep=Keep(photos=1)).run("nature"), "image_file")
    assert values["pruned"] == 0
    assert f"the library {demo.settings.library} cannot be written" in values["pruning failed"]
    assert len(demo.pictures()) == 2


def test_a_run_puts_its_photo_on_the_page_of_all_topics(demo: Project) -> None:
    demo.run("art")
    shown = metadata(demo.run("nature"), "gallery")
    page = demo.settings.library / "index.html"
    assert (shown["photos"], shown["topics"], shown["thumbnails made"]) == (2, "art, nature", 0)
    assert (shown["path"], shown["page"]) == (str(page), page.as_uri())
    assert shown["bytes"] == page.stat().st_size
    for path in demo.pictures():
        assert path in page.read_text()


def test_the_page_can_be_written_alone_and_of_an_empty_library(demo: Project) -> None:
    result = demo.run("nature", ["gallery"])
    assert metadata(result, "gallery")["photos"] == 0
    assert "No photos yet" in (demo.settings.library / "index.html").read_text()


def test_a_page_that_cannot_be_written_fails_its_step_and_says_why(demo: Project) -> None:
    demo.settings.library.mkdir()
    (demo.settings.library / "_gallery").write_text("a file")
    result = demo.run("nature")
    assert len(demo.pictures()) == 1
    step, said = failure(result)
    assert step == "gallery"
    assert f"the library {demo.settings.library} cannot be written" in said


def test_a_strangers_page_is_left_as_it_is_and_the_run_says_so(demo: Project) -> None:
    page = demo.settings.library / "index.html"
    page.parent.mkdir()
    page.write_text("<!doctype html><title>My photos</title>")
    result = demo.run("nature")
    assert result.success
    assert metadata(result, "gallery")["not written"] == "index.html"
    assert page.read_text() == "<!doctype html><title>My photos</title>"
