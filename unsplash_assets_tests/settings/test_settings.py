"""Tests of `settings` and `values`: what may be written, and what is said otherwise."""

import dataclasses
import os
import re
import shlex
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.errors import SettingsError
from unsplash_assets.model.cron import Cron
from unsplash_assets.model.keep import Keep
from unsplash_assets.model.text import is_shown
from unsplash_assets.model.topics import Topic
from unsplash_assets.settings import settings, values
from unsplash_assets.settings.settings import Settings
from unsplash_assets.settings.topics import topics
from unsplash_assets.settings.variables import VARIABLES
from unsplash_assets_tests.conftest import MakeSettings

KEY = "Zq7_a-made-up-Access-Key_81"


def searches(*names: str) -> tuple[Topic, ...]:
    """Return the topics that plain words are."""
    return tuple(map(Topic.search, names))


DEFAULTS: dict[str, Any] = {
    "api_key": None,
    "app_name": "unsplash_assets",
    "topics": searches("history", "life", "wisdom", "art", "office", "nature"),
    "schedule": Cron.parse("* * * * *"),
    "timezone": ZoneInfo("UTC"),
    "catalogue": None,
    "rendition": "regular",
    "orientation": "any",
    "content_filter": "low",
    "photos_per_run": 1,
    "retry_delay": 15.0,
    "timeout": 60.0,
    "max_size": 50_000_000,
    "concurrency": 8,
    "viewer": "auto",
    "keep": Keep(),
    "keep_runs": timedelta(days=1),
}
"""What the interface promises, but for the library, whose default depends on the mode."""

GOOD: list[tuple[str, str, Any]] = [
    ("library_url", "https://photos.example/wall/", "https://photos.example/wall"),
    ("api_key", KEY, KEY),
    ("api_url", "https://photos.example/api/v1/", "https://photos.example/api/v1"),
    ("api_url", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ("api_url", "http://localhost", "http://localhost"),
    ("api_url", "http://[::1]:8000/", "http://[::1]:8000"),
    ("app_name", "Ana's wall", "Ana's wall"),
    ("topics", "sea", searches("sea")),
    ("topics", " sea , , Blue   Hour,", searches("sea", "Blue Hour")),
    ("topics", "Sea,sea,SEA,STRASSE,straße", searches("Sea", "STRASSE")),
    ("topics", "山,मौसम,rock & roll", searches("山", "मौसम", "rock & roll")),
    ("topics", "it's,b-side,c++,no.1,a_b", searches("it's", "b-side", "c++", "no.1", "a_b")),
    ("topics", "cafe\N{COMBINING ACUTE ACCENT}", searches("café")),
    ("topics", "می\u200cروم,میروم,ක්\u200dරීඩා", searches("می\u200cروم", "ක්\u200dරීඩා")),
    ("schedule", "*/5  8-22 * * mon-fri", Cron.parse("*/5 8-22 * * mon-fri")),
    ("timezone", "Europe/Berlin", ZoneInfo("Europe/Berlin")),
    ("app_name", "دوست\u200cم", "دوست\u200cم"),
    ("rendition", "raw", "raw"),
    ("rendition", "Thumb", "thumb"),
    ("rendition", "16", "16"),
    ("rendition", "12000", "12000"),
    ("orientation", "Portrait", "portrait"),
    ("orientation", "squarish", "squarish"),
    ("content_filter", "HIGH", "high"),
    ("photos_per_run", "1000", 1000),
    ("retry_delay", "0", 0.0),
    ("retry_delay", "0.5", 0.5),
    ("timeout", "3600", 3600.0),
    ("max_size", "1KB", 1_000),
    ("max_size", "2 gb", 2_000_000_000),
    ("max_size", "2000000000B", 2_000_000_000),
    ("concurrency", "64", 64),
    ("viewer", "OFF", "off"),
    ("viewer", "gallery", "gallery"),
    ("viewer", "feh --title '{credit}' {path}", "feh --title '{credit}' {path}"),
    ("keep", "ALL", Keep()),
    ("keep", "500", Keep(photos=500)),
    ("keep", "2GB", Keep(size=2_000_000_000)),
    ("keep", "30d", Keep(age=timedelta(days=30))),
    ("keep_runs", "90m", timedelta(minutes=90)),
    ("keep_runs", "2W", timedelta(weeks=2)),
    ("catalogue", "postgresql+psycopg://me@host/photos", "postgresql+psycopg://me@host/photos"),
    ("catalogue", "postgresql://me:a%40b@host/photos", "postgresql://me:a%40b@host/photos"),
    ("catalogue", "sqlite:////a@b/c@d.db", "sqlite:////a@b/c@d.db"),
]  # fmt: skip

BAD: list[tuple[str, str, str]] = [
    ("api_url", "api.unsplash.com", "https://"),
    ("api_url", "http://photos.example", "https://"),
    ("api_url", "http://127.0.0.1.photos.example", "https://"),
    ("api_url", "ftp://127.0.0.1", "https://"),
    ("api_url", "http://127.999.0.1", "https://"),
    ("api_url", "http://photos.example[::1]", "https://"),
    ("api_url", "http://[::1].photos.example", "https://"),
    ("api_url", "http://localhost\\.photos.example", "https://"),
    ("api_url", "https://photos.example\\x", "https://"),
    ("api_url", "https://photos%2eexample", "https://"),
    ("api_url", "https://", "https://"),
    ("api_url", "https://photos.example:0", "https://"),
    ("api_url", "https://photos.example:65536", "https://"),
    ("api_url", "https://[::1", "https://"),
    ("api_url", "https://photos.example/a b", "https://"),
    ("app_name", "two\nlines", "100 printable"),
    ("app_name", "wall\N{RIGHT-TO-LEFT MARK}", "100 printable"),
    ("app_name", "x" * 101, "100 printable"),
    ("topics", ",,", "at least one topic"),
    ("topics", "sea,a/b", "'a/b' is not"),
    ("topics", "...", "'...' is not"),
    ("topics", "a...b", "'a...b' is not"),
    ("topics", "-", "'-' is not"),
    ("topics", "x" * 61, "60 characters"),
    ("topics", "\N{RIGHT-TO-LEFT OVERRIDE}sea", "words of letters and digits"),
    ("topics", "sea\N{LEFT-TO-RIGHT MARK}", "words of letters and digits"),
    ("topics", "\u200c\u200d", "words of letters and digits"),
    ("schedule", "* 25 * * *", "'25' is no hour; use the five fields of cron (minute, hour, "),
    ("schedule", "hourly", "such as */5 8-22 * * *"),
    ("timezone", "New York", "use the name of a time zone, such as America/New_York or UTC"),
    ("timezone", "../Oslo", "such as Europe/Oslo or UTC"),
    ("timezone", "UT", "such as Europe/Berlin or UTC"),
    ("library", "ftp://host/photos", "use a folder, or s3://BUCKET/PREFIX"),
    ("library", "s3://", "s3://BUCKET/PREFIX"),
    ("library", "s3://bucket/a//b", "s3://BUCKET/PREFIX"),
    ("library_url", "photos.example", "use https://HOST/PATH"),
    ("library", "a\0b", "path of a folder"),
    ("catalogue", "catalogue.db", "sqlite:///catalogue.db"),
    ("catalogue", "sqlite:///", "sqlite:///catalogue.db"),
    ("catalogue", "mysql://host/name", "postgresql://host/name"),
    ("rendition", "huge", "raw, full, regular, small, thumb"),
    ("rendition", "15", "from 16 to 12000"),
    ("rendition", "12001", "from 16 to 12000"),
    ("rendition", "١٦٠٠", "from 16 to 12000"),
    ("orientation", "sideways", "any, landscape, portrait or squarish"),
    ("content_filter", "medium", "low or high"),
    ("photos_per_run", "0", "from 1 to 1000"),
    ("photos_per_run", "1001", "from 1 to 1000"),
    ("photos_per_run", "2.5", "from 1 to 1000"),
    ("photos_per_run", "-1", "from 1 to 1000"),
    ("retry_delay", "3601", "seconds from 0 to 3600"),
    ("retry_delay", "1e2", "seconds from 0 to 3600"),
    ("retry_delay", "nan", "seconds from 0 to 3600"),
    ("timeout", "0", "seconds from 1 to 3600"),
    ("timeout", "60s", "seconds from 1 to 3600"),
    ("max_size", "50", "50MB"),
    ("max_size", "50MiB", "50MB"),
    ("max_size", "999B", "from 1KB to 2GB"),
    ("max_size", "3GB", "from 1KB to 2GB"),
    ("concurrency", "65", "from 1 to 64"),
    ("viewer", "feh", "{path}"),
    ("viewer", "feh {{path}}", "{path}"),
    ("viewer", "feh {path} {}", "{path}"),
    ("viewer", "feh {path} {secret}", "{path}"),
    ("viewer", "feh {path.parent}", "{path}"),
    ("viewer", "feh '{path}", "{path}"),
    ("viewer", "feh {path", "{path}"),
    ("viewer", "sh -c 'feh {path}'", "as an argument"),
    ("viewer", "cmd /c echo {path} {credit}", "only {path}"),
    ("keep", "0", "30d"),
    ("keep", "some", "30d"),
    ("keep", "0d", "30d"),
    ("keep", "0GB", "30d"),
    ("keep_runs", "1", "1d"),
    ("keep_runs", "0d", "1d"),
]  # fmt: skip


def _id(value: object) -> str | None:
    return repr(value)[:30] if isinstance(value, str) else ""


def test_the_variables_are_those_of_the_interface_with_a_meaning_each() -> None:
    promised = [name for name in DEFAULTS if name != "catalogue"]
    promised.insert(promised.index("app_name"), "api_url")
    promised.insert(promised.index("timezone") + 1, "library")
    promised.insert(promised.index("library") + 1, "catalogue")
    promised.insert(promised.index("library") + 1, "library_url")
    assert [v.name for v in VARIABLES] == [f"UNSPLASH_{name.upper()}" for name in promised]
    assert all(variable.meaning for variable in VARIABLES)


@pytest.mark.parametrize("name", DEFAULTS)
def test_an_unset_variable_has_its_default(make_settings: MakeSettings, name: str) -> None:
    assert getattr(make_settings(), name) == DEFAULTS[name]


def test_without_a_key_the_api_is_the_demo_and_with_one_it_is_unsplash(
    make_settings: MakeSettings,
) -> None:
    assert make_settings().api_url == settings.DEMO_URL
    assert make_settings(api_key=KEY).api_url == "https://api.unsplash.com"


def test_the_key_of_the_demo_makes_an_api_behind_a_port_a_demo(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    url = "http://127.0.0.1:8000"
    emulated = make_settings(api_url=url, api_key="demo")
    assert (emulated.mode, emulated.api_url, emulated.access_key) == ("demo", url, "demo")
    assert emulated.library == tmp_path / "demo-library"
    assert make_settings(api_url=url, api_key=KEY).mode == "live"


def test_the_key_of_the_demo_alone_is_the_demo(make_settings: MakeSettings) -> None:
    assert make_settings(api_key="demo") == make_settings()


@pytest.mark.parametrize(("name", "text", "value"), GOOD, ids=_id)
def test_a_good_value_is_read(
    make_settings: MakeSettings, name: str, text: str, value: object
) -> None:
    assert getattr(make_settings(**{"api_key": KEY, name: text}), name) == value


@pytest.mark.parametrize(("name", "text", "allowed"), BAD, ids=_id)
def test_a_bad_value_is_named_with_its_variable_and_what_is_allowed(
    make_settings: MakeSettings, name: str, text: str, allowed: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        make_settings(**{"api_key": KEY, name: text})
    said = str(caught.value)
    assert said.startswith(f"UNSPLASH_{name.upper()} is {text!r}: ")
    assert allowed in said.partition(f"{text!r}: ")[2]
    assert len(said.splitlines()) == 1
    assert caught.value.variable == f"UNSPLASH_{name.upper()}"


@pytest.mark.parametrize("name", [v.name for v in VARIABLES if v.name != "UNSPLASH_APP_NAME"])
def test_every_variable_but_the_name_for_links_has_values_that_are_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is "):
        settings.parse({"UNSPLASH_API_KEY": KEY, name: "\0 \n://?"}, tmp_path)


@pytest.mark.parametrize("text", ["two words-secret", "se\ncret", "geheim-ü-secret", "secret" * 50])
def test_a_key_that_cannot_be_used_is_never_shown(make_settings: MakeSettings, text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make_settings(api_key=text)
    said = str(caught.value)
    assert said.startswith(f"UNSPLASH_API_KEY is {len(text)} characters that are no key: paste")
    assert "secret" not in said
    assert "cret" not in said


def test_neither_the_key_nor_the_catalogues_password_is_in_the_settings_repr(
    make_settings: MakeSettings,
) -> None:
    made = make_settings(api_key=KEY, catalogue="postgresql://me:pass-word@host/photos")
    assert KEY not in repr(made)
    assert "pass-word" not in repr(made)


@pytest.mark.parametrize(
    ("name", "text", "masked"),
    [
        ("catalogue", "mysql://me:hidden@host/photos", "mysql://***@host/photos"),
        ("catalogue", "mysql://:hidden@host/photos", "mysql://***@host/photos"),
        ("catalogue", "mysql://me:hid/den@host/photos", "mysql://***@host/photos"),
        ("catalogue", "mysql://me:hid@den@host/photos", "mysql://***@host/photos"),
        ("catalogue", "mysql://me:hid?den#1@host/photos", "mysql://***@host/photos"),
        ("catalogue", "mysql://host/photos?password=hidden", "mysql://host/photos?***"),
        ("catalogue", "postgresql://me:hid@den@host/photos", "postgresql://***@host/photos"),
        ("library", "s3://hidden:hidden@bucket/photos", "s3://***@bucket/photos"),
        ("api_url", "https://hidden@photos.example/v1", "https://***@photos.example/v1"),
        ("api_url", "https://photos.example/?client_id=hidden", "https://photos.example/?***"),
        ("api_url", "https://photos.example/?client_id=\nhidden", "https://photos.example/?***"),
        ("api_url", "https://photos.example/#hidden", "https://photos.example/#***"),
        ("api_url", "photos.example/?client_id=hidden", "photos.example/?***"),
        ("api_url", "me:hidden@photos.example", "***@photos.example"),
    ],
)
def test_what_may_hold_a_key_or_a_password_in_a_url_is_masked(
    make_settings: MakeSettings, name: str, text: str, masked: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        make_settings(**{"api_key": KEY, name: text})
    assert str(caught.value).startswith(f"UNSPLASH_{name.upper()} is {masked!r}: use ")
    assert not {"hid", "den"} & set(re.split(r"\W", str(caught.value)))
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_an_empty_value_counts_as_unset(tmp_path: Path, blank: str) -> None:
    environ = {variable.name: blank for variable in VARIABLES}
    assert settings.parse(environ, tmp_path) == settings.parse({}, tmp_path)


def test_space_around_a_value_is_left_out(make_settings: MakeSettings) -> None:
    assert make_settings(rendition=" full ").rendition == "full"


def test_the_mode_is_live_with_a_key_and_demo_without(make_settings: MakeSettings) -> None:
    assert (make_settings(api_key=KEY).mode, make_settings().mode) == ("live", "demo")


def test_the_library_has_another_default_in_demo_mode(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    assert make_settings(api_key=KEY).library == tmp_path / "library"
    assert make_settings().library == tmp_path / "demo-library"


def test_a_library_that_is_given_is_used_in_both_modes(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    assert make_settings(library="photos").library == tmp_path / "photos"
    assert make_settings(library="photos", api_key=KEY).library == tmp_path / "photos"


def test_a_library_outside_the_project_is_taken_as_it_is(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    elsewhere = tmp_path.parent / "pictures"
    assert make_settings(library=str(elsewhere)).library == elsewhere


@pytest.mark.parametrize("url", ["s3://bucket", "s3://bucket/a/b", "gs://bucket/a", "az://box/a"])
def test_a_library_may_be_in_a_bucket_with_a_local_folder_for_temporary_files(
    make_settings: MakeSettings, tmp_path: Path, url: str
) -> None:
    settings = make_settings(library=f"{url}/", catalogue="sqlite:///catalogue.db")
    assert (settings.bucket, settings.place) == (url, url)
    assert settings.library.parent == tmp_path / ".desk"
    other = make_settings(library=f"{url}x", catalogue="sqlite:///catalogue.db")
    assert other.library != settings.library


def test_a_library_in_a_bucket_needs_a_catalogue_elsewhere(make_settings: MakeSettings) -> None:
    said = r"^UNSPLASH_CATALOGUE is not set: a library in a bucket has its catalogue elsewhere"
    with pytest.raises(SettingsError, match=said):
        make_settings(library="s3://bucket/photos")


def test_a_library_that_is_a_file_is_refused(make_settings: MakeSettings, tmp_path: Path) -> None:
    (tmp_path / "photos").write_text("not a folder")
    with pytest.raises(SettingsError, match=r"^UNSPLASH_LIBRARY is 'photos': use a folder"):
        make_settings(library="photos")


def test_a_library_with_a_name_too_long_for_any_file_system_is_refused(
    make_settings: MakeSettings,
) -> None:
    with pytest.raises(SettingsError, match="UNSPLASH_LIBRARY"):
        make_settings(library="x" * 300)


@pytest.mark.parametrize("url", ["sqlite:///catalogue.db", "sqlite:///a/b.db?timeout=5&cache=x"])
def test_a_sqlite_catalogue_is_kept_as_it_is_written(make_settings: MakeSettings, url: str) -> None:
    assert make_settings(catalogue=url).catalogue == url


@pytest.mark.parametrize("folder", ["file", "file/photos", "file/a/b"])
def test_a_library_below_a_file_is_refused(
    make_settings: MakeSettings, tmp_path: Path, folder: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError) as caught:
        make_settings(library=folder)
    said = f"UNSPLASH_LIBRARY is {folder!r}: use a folder, {tmp_path / 'file'} is a file"
    assert str(caught.value) == said


@pytest.mark.parametrize("url", ["sqlite:///what?/c.db", "sqlite:///c.db?a=b&c"])
def test_a_path_with_a_question_mark_in_a_sqlite_url_is_refused(
    make_settings: MakeSettings, url: str
) -> None:
    """The path would end at it: the database would be another file."""
    with pytest.raises(SettingsError, match=r"^UNSPLASH_CATALOGUE is .*: a question mark begins"):
        make_settings(catalogue=url)


def test_an_absolute_sqlite_catalogue_is_taken_as_it_is(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path.parent / 'catalogue.db'}"
    assert make_settings(catalogue=url).catalogue == url


def test_another_api_without_a_key_is_refused(make_settings: MakeSettings) -> None:
    with pytest.raises(SettingsError) as caught:
        make_settings(api_url="https://photos.example")
    said = str(caught.value)
    assert said.startswith("UNSPLASH_API_KEY is not set: ")
    assert "UNSPLASH_API_URL (https://photos.example) needs a key too" in said


@pytest.mark.parametrize("url", ["https://api.unsplash.com", "https://api.unsplash.com/"])
def test_unsplash_itself_without_a_key_is_the_demo(make_settings: MakeSettings, url: str) -> None:
    assert make_settings(api_url=url).mode == "demo"


@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="the desktop is always there")
def test_there_is_a_screen_where_x11_or_wayland_say_so(tmp_path: Path) -> None:
    assert not settings.parse({}, tmp_path).has_screen
    assert not settings.parse({"DISPLAY": ""}, tmp_path).has_screen
    assert settings.parse({"DISPLAY": ":0"}, tmp_path).has_screen
    assert settings.parse({"WAYLAND_DISPLAY": "wayland-0"}, tmp_path).has_screen


@pytest.mark.parametrize(
    ("said", "browsers"),
    [
        ("", ()),
        ("lynx %s", ("lynx %s",)),
        (os.pathsep.join(["firefox", " lynx %s ", ""]), ("firefox", "lynx %s")),
        (os.pathsep, ()),
    ],
)
def test_each_browser_of_a_list_is_read(
    tmp_path: Path, said: str, browsers: tuple[str, ...]
) -> None:
    assert settings.parse({"BROWSER": said}, tmp_path).browsers == browsers


Parser = Callable[[str], Any]


def _is_api_url(url: str) -> bool:
    parts = urlsplit(url)
    safe = parts.scheme == "https" or values.is_loopback(parts.hostname or "")
    bare = not (parts.query or parts.fragment or parts.username or parts.password)
    return safe and bare and bool(parts.hostname) and not url.endswith("/") and url.isascii()


def _are_topics(found: tuple[Topic, ...]) -> bool:
    names = [topic.name for topic in found]
    each = all(
        0 < len(name) <= 60 and any(c.isalnum() for c in name) and all(map(is_shown, name))
        for name in names
    )
    once = len({name.casefold() for name in names}) == len(names) > 0
    return each and once and topics(",".join(map(str, found))) == found


def _is_command(viewer: str) -> bool:
    fields = dict.fromkeys(values.VIEWER_FIELDS, "marked")
    words = shlex.split(viewer, posix=sys.platform != "win32")
    return viewer in {"auto", "off", "gallery"} or "marked" in " ".join(words).format(**fields)


def _is_keep(keep: Keep) -> bool:
    bounds = [bound for bound in (keep.photos, keep.size, keep.age) if bound is not None]
    return len(bounds) <= 1 and all(bounds) and values.keep(str(keep)) == keep


VALID: dict[str, tuple[Parser, Callable[[Any], bool]]] = {
    "choice": (values.choice("low", "high"), lambda word: word in {"low", "high"}),
    "whole_number": (values.whole_number(1, 64), lambda n: n in range(1, 65)),
    "seconds": (values.seconds(1, 3600), lambda s: 1 <= s <= 3600),
    "access_key": (values.access_key, lambda k: k.isascii() and k.isprintable()),
    "api_url": (values.api_url, _is_api_url),
    "app_name": (values.app_name, lambda name: all(map(is_shown, name)) and len(name) <= 100),
    "topics": (topics, _are_topics),
    "public_url": (values.public_url, lambda url: url.startswith("http")),
    "library_place": (values.library_place, lambda folder: "\0" not in folder),
    "catalogue_url": (values.catalogue_url, lambda url: url.startswith(("sqlite", "post"))),
    "rendition": (
        values.rendition,
        lambda r: r in values.NAMED_RENDITIONS or 16 <= int(r) <= 12_000,
    ),
    "size": (values.size, lambda size: isinstance(size, int) and size > 0),
    "max_size": (values.max_size, lambda size: 1_000 <= size <= 2 * 10**9),
    "span": (values.span, lambda span: span > timedelta()),
    "viewer": (values.viewer, _is_command),
    "keep": (values.keep, _is_keep),
}

PIECES = ["[", "]", "=", "query:", "user:", "orientation=any", "+", "@",
          "1", "0", ".", "9", "5", "MB", "GB", "d", "w", "h", "all", "auto", "sea", "é", "山", ",",
          " ", "-", "'", '"', "\\", "{path}", "{credit}", "{", "}", "x", "https://", "http://",
          "localhost", "127.0.0.1", "[::1]", "host", ":", "/", "low", "raw", "sqlite:///",
          "postgresql://", "\n", "\N{RIGHT-TO-LEFT OVERRIDE}"]  # fmt: skip
TEXTS = st.one_of(st.text(min_size=1), st.lists(st.sampled_from(PIECES), min_size=1).map("".join))


def _value_or_error(parse: Parser, text: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        return error


@pytest.mark.parametrize("kind", VALID)
@hypothesis.given(text=TEXTS.map(str.strip).filter(bool))
@hypothesis.settings(deadline=None)
def test_a_parser_returns_a_valid_value_or_says_in_one_line_what_is_allowed(
    kind: str, text: str
) -> None:
    parse, is_valid = VALID[kind]
    value = _value_or_error(parse, text)
    assert str(value).isprintable() if isinstance(value, ValueError) else is_valid(value)


def _settings_or_error(environ: dict[str, str]) -> Settings | SettingsError:
    try:
        return settings.parse(environ, Path.cwd())
    except SettingsError as error:
        return error


@hypothesis.given(
    st.dictionaries(st.sampled_from([variable.name for variable in VARIABLES]), TEXTS)
)
@hypothesis.settings(deadline=None)
def test_any_environment_gives_settings_or_one_line_that_names_a_variable(
    environ: dict[str, str],
) -> None:
    hypothesis.assume(len(environ.get("UNSPLASH_LIBRARY", "").encode()) < 100)
    made = _settings_or_error(environ)
    if isinstance(made, SettingsError):
        assert str(made).startswith(f"{made.variable} is ")
        assert len(str(made).splitlines()) == 1
    else:
        assert made.library.is_absolute()
        assert made.mode == ("live" if environ.get("UNSPLASH_API_KEY", "").strip() else "demo")


@pytest.mark.parametrize("url", ["https://photos.example/?", "https://photos.example/#"])
def test_an_api_url_that_ends_with_an_empty_query_or_fragment_is_refused(url: str) -> None:
    """Paths are appended to it, and would become part of the query or the fragment."""
    with pytest.raises(ValueError, match="use https"):
        values.api_url(url)


@pytest.mark.parametrize("command", ["feh {path:d}", "feh {path!x}", "feh {path:{width}}"])
def test_a_viewer_command_that_could_not_be_filled_in_is_refused(command: str) -> None:
    with pytest.raises(ValueError, match=r"use auto, off, gallery, or a command"):
        values.viewer(command)


@pytest.mark.parametrize(
    ("host", "is_this_machine"),
    [
        ("localhost", "yes"),
        ("127.0.0.1", "yes"),
        ("127.1.2.3", "yes"),
        ("::1", "yes"),
        ("127.0.0.1.photos.example", "no"),
        ("localhost.photos.example", "no"),
        ("127.999.0.1", "no"),
        ("127.0.0.01", "no"),
        ("127.1", "no"),
        ("2130706433", "no"),
        ("0x7f.0.0.1", "no"),
        ("localhost.", "no"),
        ("10.0.0.1", "no"),
        ("", "no"),
    ],
)
def test_only_loopback_is_this_machine_itself(host: str, is_this_machine: str) -> None:
    assert values.is_loopback(host) == (is_this_machine == "yes")


def test_settings_cannot_be_changed_after_they_were_read(make_settings: MakeSettings) -> None:
    made: Settings = make_settings()
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.timeout = 1.0  # type: ignore[misc]
