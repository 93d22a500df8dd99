"""Tests of `unsplash.models`: recorded photos, and hostile answers."""

import re
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.emulator import answers
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.errors import BadAnswer
from unsplash_assets.model.photos import Photo
from unsplash_assets.model.text import is_shown
from unsplash_assets.settings.values import NAMED_RENDITIONS
from unsplash_assets.unsplash.models import (
    PICTURES,
    PhotoAnswer,
    photo_list,
    read_photo,
)
from unsplash_assets_tests.recorded import Recording, photo_objects, recordings

ORIGINS = frozenset({PICTURES})
PHOTO: dict[str, Any] = answers.full(EmulatedPhoto(7, 1), PICTURES, "sea")
"""A good photo of an answer."""

WITH_PHOTOS = [
    recording
    for recording in recordings()
    if recording.status < 400 and any(photo_objects(recording.content))
]


def changed(**changes: Any) -> dict[str, Any]:
    """Return PHOTO with other values; `urls__raw=x` sets urls.raw to x."""
    content = deepcopy(PHOTO)
    for name, value in changes.items():
        *folders, last = name.split("__")
        place = content
        for folder in folders:
            place = place[folder]
        place[last] = value
    return content


def all_urls(url: str) -> dict[str, str]:
    return dict.fromkeys(NAMED_RENDITIONS, url)


def read(content: Any) -> Photo:
    photo = read_photo(content, ORIGINS)
    assert isinstance(photo, Photo), photo
    return photo


def skipped(content: Any) -> str:
    found = read_photo(content, ORIGINS)
    assert isinstance(found, str), found
    return found


def expected(content: dict[str, Any]) -> str:
    """Return what becomes of a recorded photo: its origin and photographer decide."""
    hosts = {
        urlsplit(content["urls"][name]).netloc for name in NAMED_RENDITIONS if content["urls"][name]
    }
    if hosts != {"images.unsplash.com"}:
        return "elsewhere"
    return "photo" if "user" in content else "uncredited"


@pytest.mark.parametrize("recording", WITH_PHOTOS, ids=lambda recording: recording.name)
def test_a_recorded_photo_is_read_or_skipped_for_a_good_reason(recording: Recording) -> None:
    for content in photo_objects(recording.content):
        PhotoAnswer.model_validate(content)
        found = read_photo(content, ORIGINS)
        assert (found if isinstance(found, str) else "photo") == expected(content)


def test_the_recorded_photos_are_of_every_kind_but_premium() -> None:
    kinds = Counter(
        expected(content)
        for recording in WITH_PHOTOS
        for content in photo_objects(recording.content)
    )
    assert kinds == {"photo": 486, "uncredited": 365, "elsewhere": 260}


def _recorded_photos() -> Iterator[dict[str, Any]]:
    for recording in WITH_PHOTOS:
        yield from (c for c in photo_objects(recording.content) if expected(c) == "photo")


@pytest.mark.long
def test_a_recorded_photo_keeps_its_id_size_links_and_urls_as_they_are() -> None:
    for content in _recorded_photos():
        photo = read(content)
        assert (photo.id, photo.width, photo.height, photo.color) == (
            content["id"],
            content["width"],
            content["height"],
            content["color"],
        )
        assert photo.urls == {name: content["urls"][name] for name in NAMED_RENDITIONS}
        assert photo.page_url == content["links"]["html"]
        assert photo.photographer_url == content["user"]["links"]["html"]
        location = content["links"]["download_location"]
        is_of_the_api = location.startswith("https://api.unsplash.com/")
        assert photo.download_location == (location if is_of_the_api else None)


@pytest.mark.long
def test_a_recorded_text_is_made_one_line_and_otherwise_kept() -> None:
    for content in _recorded_photos():
        photo = read(content)
        for text in (photo.description, photo.alt_description, photo.photographer):
            assert text is None or text == " ".join(text.split()) != ""
        assert photo.photographer.split() == content["user"]["name"].split()


def test_keys_that_are_often_null_or_absent_are_optional() -> None:
    bare = {"id": "abc", "urls": PHOTO["urls"], "user": {"name": "Ana"}}
    photo = read(bare)
    assert photo == Photo(
        id="abc",
        photographer="Ana",
        photographer_url="",
        page_url="https://unsplash.com/photos/abc",
        download_location=None,
        urls={name: PHOTO["urls"][name] for name in NAMED_RENDITIONS},
        width=None,
        height=None,
        color=None,
        blur_hash=None,
        description=None,
        alt_description=None,
    )
    nulls = dict.fromkeys(
        ("width", "height", "color", "blur_hash", "description", "alt_description", "premium",
         "plus", "location", "exif", "sponsorship")
    )  # fmt: skip
    assert read({**bare, **nulls}) == photo


def test_an_old_photo_without_raw_is_read() -> None:
    urls = {name: url for name, url in PHOTO["urls"].items() if name != "raw"}
    assert set(read({**PHOTO, "urls": urls}).urls) == {"full", "regular", "small", "thumb"}
    assert set(read(changed(urls__raw=None)).urls) == {"full", "regular", "small", "thumb"}


def test_unknown_keys_are_ignored() -> None:
    assert read({**PHOTO, "surprise": {"deep": [1, None]}}) == read(PHOTO)


@pytest.mark.parametrize("name", [" \n", None, 5, {"first": "Ana"}])
def test_a_photographer_without_a_name_is_credited_by_username(name: Any) -> None:
    assert read(changed(user__name=name, user__username="ana")).photographer == "ana"


def test_the_pages_of_a_photo_without_links_are_made_of_its_id_and_the_username() -> None:
    photo = read(changed(id="-bcdefghij_", links=None, user__links=None, user__username="ana b/c"))
    assert photo.page_url == "https://unsplash.com/photos/-bcdefghij_"
    assert photo.photographer_url == "https://unsplash.com/@ana%20b%2Fc"


def test_the_pages_of_another_api_are_not_made_up() -> None:
    base = "http://127.0.0.1:8000"
    own = {**answers.full(EmulatedPhoto(7, 1), base, "sea"), "links": None}
    photo = read_photo(own, frozenset({base}))
    assert isinstance(photo, Photo)
    assert photo.page_url == ""


def paths(content: Any, *before: str) -> Iterator[tuple[str, ...]]:
    """Yield the path of every field, that of `{"a": {"b": 1}}` as ("a",) and ("a", "b")."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield (*before, name)
            yield from paths(value, *before, name)


EXAMPLES = {path: photo for photo in _recorded_photos() for path in paths(photo)}
"""A recorded photo for each path that some recorded photo has."""
NEEDED = {("id",), ("urls",), ("user",)}
"""Without these there is no file to name, no picture, nobody to credit."""
ABSENT = object()
BENT = [ABSENT, None, "", " ", "x", "#fff", "\ud800", 0, -1, 10**30, 1e999, False, [], [None], {}]


@pytest.mark.parametrize("path", sorted(EXAMPLES.keys() - NEEDED), ids=".".join)
def test_no_other_field_of_a_recorded_photo_can_cost_the_photo(path: tuple[str, ...]) -> None:
    *folders, last = path
    whole = read(EXAMPLES[path])
    for value in BENT:
        content = deepcopy(EXAMPLES[path])
        place = content
        for folder in folders:
            place = place[folder]
        place[last] = value
        if value is ABSENT:
            del place[last]
        photo = read(content)
        assert photo.id == whole.id
        assert photo.photographer
        assert photo.page_url in {whole.page_url, f"https://unsplash.com/photos/{whole.id}"}
        assert photo.urls
        assert photo.urls.items() <= whole.urls.items()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(changed(user=None), id="null"),
        pytest.param({k: v for k, v in PHOTO.items() if k != "user"}, id="absent"),
        pytest.param(changed(user={}), id="empty"),
        pytest.param(changed(user={"name": " ", "username": "\u200b"}), id="nameless"),
    ],
)
def test_a_photo_without_a_photographer_is_skipped(content: dict[str, Any]) -> None:
    assert skipped(content) == "uncredited"


PREMIUM_URL = "https://plus.unsplash.com/premium_photo-1?ixid=x"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(changed(premium=True), id="premium"),
        pytest.param(changed(plus=True), id="plus"),
        pytest.param(changed(premium=None, urls__small=PREMIUM_URL), id="one URL"),
        pytest.param(changed(urls=all_urls(PREMIUM_URL.upper())), id="capitals"),
    ],
)
def test_a_premium_photo_is_skipped(content: dict[str, Any]) -> None:
    assert skipped(content) == "premium"


def test_a_placeholder_is_skipped() -> None:
    url = f"{PICTURES}/source-404?fit=crop&fm=jpg"
    assert skipped(changed(urls=all_urls(url))) == "placeholder"
    assert skipped(changed(urls__thumb=url)) == "placeholder"


def test_the_name_of_the_placeholder_outside_the_path_is_ignored() -> None:
    url = f"{PICTURES}/photo-1?ixid=source-404"
    assert read(changed(urls=all_urls(url))).urls["raw"] == url


ELSEWHERE = [
    "file:///etc/passwd",
    "javascript:alert(1)",
    "data:image/jpeg;base64,AAAA",
    "ftp://images.unsplash.com/photo-1",
    "http://images.unsplash.com/photo-1",
    "//images.unsplash.com/photo-1",
    "/photo-1",
    "photo-1",
    "https://images.unsplash.com.photos.example/photo-1",
    "https://photos.example/images.unsplash.com/photo-1",
    "https://photos.example/?https://images.unsplash.com",
    "https://photos.example#@images.unsplash.com/photo-1",
    "https://images.unsplash.com@photos.example/photo-1",
    "https://images.unsplash.com:444/photo-1",
    "https://images.unsplash.com:nonsense/photo-1",
    "https://images.unsplash.com\\.photos.example/photo-1",
    "https://images.unsplash\t.com.photos.example/photo-1",
    "https://unsplash.imgix.net/photo-1",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1",
    "https://[::1]/photo-1",
    "https://\u0131mages.unsplash.com/photo-1",
    "https://xn--mages-q4a.unsplash.com/photo-1",
    "https://images.unsplash.com./photo-1",
    "https://images\u3002unsplash.com/photo-1",
    "https://images.unsplash.com%00.photos.example/photo-1",
    "https://images.unsplash.com\0/photo-1",
    "https://images.unsplash.com/photo-1\r\nHost: photos.example",
    "https://images.unsplash.com/photo-1\r\nX: y",
    "https:images.unsplash.com/photo-1",
    "https:\\\\images.unsplash.com\\photo-1",
    " https://images.unsplash.com/photo-1",
    "FILE:///etc/passwd",
    "HTTP://images.unsplash.com/photo-1",
    "https://127.0.0.1/photo-1",
    "https://2130706433/photo-1",
    "https://0x7f.1/photo-1",
    "https://0177.0.0.1/photo-1",
    "https://[::ffff:127.0.0.1]/photo-1",
    "https://localhost/photo-1",
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_a_photo_with_its_pictures_at_another_origin_is_skipped(url: str) -> None:
    assert skipped(changed(urls=all_urls(url))) in {"elsewhere", "malformed"}


@pytest.mark.parametrize("url", ELSEWHERE)
@pytest.mark.parametrize("name", ["raw", "full", "thumb"])
def test_a_rendition_at_another_origin_is_left_out(name: str, url: str) -> None:
    others = {key: value for key, value in read(PHOTO).urls.items() if key != name}
    assert read(changed(**{f"urls__{name}": url})).urls == others


@pytest.mark.parametrize(
    "url",
    [
        "https://photos.example\\@images.unsplash.com/photo-1",
        "https://me:word@images.unsplash.com/photo-1",
        "https://:@images.unsplash.com/photo-1",
    ],
)
def test_a_photo_whose_picture_has_an_ambiguous_host_is_skipped(url: str) -> None:
    """The check of a URL and the request must see the same host."""
    assert skipped(changed(urls=all_urls(url))) in {"elsewhere", "malformed"}


@pytest.mark.parametrize(
    "url",
    [
        "HTTPS://IMAGES.UNSPLASH.COM/photo-1",
        "https://images.unsplash.com:0443/photo-1",
        "https://images%2eunsplash.com/photo-1",
        "https://@images.unsplash.com/photo-1",
    ],
)
def test_the_same_origin_in_another_spelling_is_accepted(url: str) -> None:
    assert read(changed(urls=all_urls(url))).urls["full"] == url


def test_pictures_may_come_from_the_named_origin_only() -> None:
    own = answers.full(EmulatedPhoto(7, 1), "http://127.0.0.1:8000", "sea")
    assert isinstance(read_photo(own, frozenset({"http://127.0.0.1:8000"})), Photo)
    assert read_photo(own, frozenset({"http://127.0.0.1:8001"})) == "elsewhere"


MALFORMED: dict[str, Any] = {
    "an id with a path": changed(id="../../x"),
    "an id with a folder": changed(id="a/b"),
    "an id with a line break": changed(id="abc\n"),
    "an id with NUL": changed(id="a\0b"),
    "an id of another script": changed(id="\uff41\uff42\uff43"),
    "an id with a dot": changed(id="a.b"),
    "an empty id": changed(id=""),
    "a huge id": changed(id="x" * 65),
    "a number as id": changed(id=7),
    "no id": {k: v for k, v in PHOTO.items() if k != "id"},
    "null as id": changed(id=None),
    "urls null": changed(urls=None),
    "urls a list": changed(urls=[PHOTO["urls"]["full"]]),
    "numbers as URLs": changed(urls=dict.fromkeys(NAMED_RENDITIONS, 1)),
    "no URLs": changed(urls={}),
    "half a character in id": changed(id="\ud800"),
    "null": None,
    "a list": [PHOTO],
    "a text": "photo",
    "a number": 10**30,
    "nothing in it": {},
}


ODD: list[tuple[str, list[Any]]] = [
    ("width", [0, -1, "tall", float("nan"), float("inf")]),
    ("height", [0, -1, "tall", float("nan"), float("inf")]),
    ("color", ["", "#fff", "#000000;background:url(x)", "#000000\n"]),
    ("blur_hash", ["", "L" * 201, "\ud800", 5]),
]


@pytest.mark.parametrize(("name", "values"), ODD)
def test_an_ornament_with_an_odd_value_is_left_out(name: str, values: list[Any]) -> None:
    for value in values:
        assert getattr(read(changed(**{name: value})), name) is None, value


def test_a_premium_flag_in_words_says_nothing() -> None:
    assert read(changed(premium="perhaps", plus=[])) == read(PHOTO)


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_photo_is_skipped_rather_than_raised(kind: str) -> None:
    assert skipped(MALFORMED[kind]) == "malformed"


@pytest.mark.parametrize("photo_id", ["-bcdefghij_", "_0123456789", "a", "x" * 64])
def test_a_valid_id_is_kept_as_it_is(photo_id: str) -> None:
    assert read(changed(id=photo_id)).id == photo_id


@pytest.mark.long
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  two\n\tlines \r\n", "two lines"),
        ("bell\a, escape \x1b[31m, NUL \0.", "bell , escape [31m, NUL ."),
        ("left\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe", "left gpj.exe"),
        ("half \ud83d a character", "half a character"),
        ("line\N{LINE SEPARATOR}and\N{NEXT LINE}paragraph", "line and paragraph"),
        ("family \U0001f469\u200d\U0001f467", "family \U0001f469\u200d\U0001f467"),
        ("مریم می\u200cرود", "مریم می\u200cرود"),
        ("left\N{LEFT-TO-RIGHT ISOLATE}-to\N{RIGHT-TO-LEFT MARK}-right", "left -to -right"),
        ("日本語 العربية é", "日本語 العربية é"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
        ("x" * 100_000, "x" * 2_000),
    ],
)
def test_a_text_is_cleaned_for_one_line(text: str, kept: str) -> None:
    photo = read(changed(description=text, alt_description=text, user__name=text))
    assert (photo.description, photo.alt_description, photo.photographer) == (kept, kept, kept)


@pytest.mark.parametrize("text", ["", " \n", "\0\0", " \u200c\u200d ", None])
def test_a_description_without_words_is_none(text: str | None) -> None:
    photo = read(changed(description=text, alt_description=text))
    assert (photo.description, photo.alt_description) == (None, None)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//unsplash.com/@ana",
        "/@ana",
        "https://",
        "https://[::1",
        'https://unsplash.com/"onclick="x',
        "https://unsplash.com/) [x](y",
        "https://unsplash.com/<script>",
        "",
    ],
)
def test_a_link_that_must_not_be_shown_gives_way_to_one_that_may(link: str) -> None:
    photo = read(changed(id="abc", links__html=link, user__links__html=link, user__username="ana"))
    assert photo.page_url == "https://unsplash.com/photos/abc"
    assert photo.photographer_url == "https://unsplash.com/@ana"


@pytest.mark.parametrize(
    "text", ["L\0L", "L\x1b[31m", "L\nL", "<script>alert(1)</script> and more"]
)
def test_a_blur_hash_has_the_characters_of_a_blur_hash_only(text: str) -> None:
    found = read_photo(changed(blur_hash=text), ORIGINS)
    assert isinstance(found, str) or found.blur_hash is None


@pytest.mark.parametrize("name", ["width", "height"])
def test_a_size_beyond_any_photo_is_rejected(name: str) -> None:
    """SQLite would raise OverflowError for it, which would lose the whole answer."""
    found = read_photo(changed(**{name: 10**30}), ORIGINS)
    assert isinstance(found, str) or getattr(found, name) is None


def test_a_url_that_is_too_long_is_skipped_rather_than_cut() -> None:
    url = f"{PICTURES}/photo-1?x={'y' * 3_000}&w=1080"
    found = read_photo(changed(urls=all_urls(url)), ORIGINS)
    assert isinstance(found, str) or found.urls["full"] == url


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "https://photos.example/photos/x/download",
        "not a URL",
        "//x/y",
        "http://api.unsplash.com/photos/x/download",
        "https://api.unsplash.com./photos/x/download",
        "https://api.unsplash.com:8443/photos/x/download",
        "https://me:word@api.unsplash.com/photos/x/download",
        "https://photos.example\\@api.unsplash.com/photos/x/download",
        "https://api.unsplash.com\0.photos.example/photos/x/download",
        "https://images.unsplash.com/photos/x/download",
        "https://[::1]/photos/x/download",
    ],
)
def test_a_download_location_outside_the_api_is_rejected(
    location: str,
) -> None:
    """The event is sent there with the key."""
    found = read_photo(changed(links__download_location=location), ORIGINS)
    assert isinstance(found, str) or found.download_location is None


def test_an_answer_is_an_array_or_one_object() -> None:
    assert photo_list([PHOTO, {}]) == [PHOTO, {}]
    assert photo_list(PHOTO) == [PHOTO]


def test_what_is_no_photo_among_others_costs_itself_alone() -> None:
    assert photo_list([PHOTO, None, "x", [PHOTO]]) == [PHOTO, None, "x", [PHOTO]]


@pytest.mark.parametrize("content", [[], None, "photo", 7, True])
def test_any_other_answer_is_bad(content: Any) -> None:
    with pytest.raises(BadAnswer):
        photo_list(content)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["../../x", "file:///etc/passwd", "https://photos.example/x", "\ud800"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SPOILED = st.fixed_dictionaries(
    {},
    optional={
        **{name: JSON for name in PHOTO if name not in {"urls", "user", "links"}},
        "urls": JSON | st.fixed_dictionaries(dict.fromkeys(NAMED_RENDITIONS, JSON)),
        "user": JSON | st.fixed_dictionaries({"name": JSON, "username": JSON, "links": JSON}),
        "links": JSON | st.fixed_dictionaries({"html": JSON, "download_location": JSON}),
    },
).map(lambda spoiled: {**PHOTO, **spoiled})


def is_line(text: str | None) -> bool:
    return text is None or (len(text) <= 2_000 and all(map(is_shown, text)))


@pytest.mark.long
@hypothesis.given(JSON | SPOILED)
@hypothesis.settings(deadline=None, max_examples=300)
def test_no_json_raises_and_nothing_harmful_is_accepted(
    content: Any,
) -> None:
    found = read_photo(content, ORIGINS)
    if isinstance(found, str):
        assert found in {"malformed", "premium", "placeholder", "elsewhere", "uncredited"}
        return
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,64}", found.id)
    assert all(url.startswith(f"{PICTURES}/") and is_line(url) for url in found.urls.values())
    assert found.photographer
    assert all(map(is_line, (found.photographer, found.description, found.alt_description)))
    for link in (found.page_url, found.photographer_url):
        assert not link or urlsplit(link).scheme in {"http", "https"}
    assert found.color is None or re.fullmatch(r"#[0-9A-Fa-f]{6}", found.color)
