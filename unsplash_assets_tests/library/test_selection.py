"""Tests of `library.selection`: how a topic is topped up, and which URL a choice gets."""

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.emulator import answers
from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.endpoints import UNMATCHED_QUERY
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.emulator.photos import EmulatedPhoto
from unsplash_assets.emulator.quota import HourlyQuota
from unsplash_assets.errors import NoPhotos, QuotaSpent, ServerError
from unsplash_assets.images.xmp import packet
from unsplash_assets.library.opening import Library, open_library
from unsplash_assets.library.selection import TAKEN, TopUp, choose, rendition_url, top_up
from unsplash_assets.library.verification import verify
from unsplash_assets.model.credit import Credit
from unsplash_assets.model.photos import Photo, StoredFile
from unsplash_assets.settings.settings import parse
from unsplash_assets.settings.values import NAMED_RENDITIONS
from unsplash_assets.storage.names import photo_id_of, photo_path
from unsplash_assets.unsplash.budget import clock_time
from unsplash_assets.unsplash.models import PICTURES, read_photo
from unsplash_assets.unsplash.quota import HOUR
from unsplash_assets_tests.conftest import NOON, Clock, Noted, Opened, Serve
from unsplash_assets_tests.support.libraries import folder_of
from unsplash_assets_tests.support.stored import record_stored

FILE = StoredFile("sea/x.jpg", 1, 1, 1, "0" * 64)


@pytest.fixture
def api() -> Noted:
    """The API of the tests; its `application` can be exchanged for another."""
    return Noted(Emulator())


Wanting = Callable[..., Library]


@pytest.fixture
def wanting(opened: Opened, serve: Serve, api: Noted) -> Wanting:
    """Open the library for runs of so many photos: `wanting(5, rendition="raw")`."""
    url = serve(api)
    return lambda count=1, **values: opened(api_url=url, photos_per_run=str(count), **values)


@pytest.fixture
def library(wanting: Wanting) -> Library:
    """The library, for runs of one photo."""
    return wanting()


def nothing_done(library: Library, waiting: int = 30) -> TopUp:
    """Return the result where enough are waiting."""
    usage = library.budget.usage()
    return TopUp("sea", 0, (), frozenset(), {}, waiting, shortage=None, usage=usage)


EXHAUSTED = "Unsplash has given no new photos of 'sea', only known ones"


class Api:
    """An API that gives one list of photo numbers after the other, the last one for ever."""

    def __init__(self, *numbers: list[int], **changes: Any) -> None:
        self._numbers = list(numbers)
        self._changes = changes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        base = f"http://{environ['HTTP_HOST']}"
        numbers = self._numbers.pop(0) if len(self._numbers) > 1 else self._numbers[0]
        photos = [answers.full(EmulatedPhoto(7, number), base, "sea") for number in numbers]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps([{**content, **self._changes} for content in photos]).encode()]


def test_an_empty_list_is_topped_up_with_one_request(library: Library) -> None:
    found = top_up(library, "sea")
    assert (found.requests, found.fetched, found.new, found.waiting) == (1, 30, 30, 30)
    assert (found.skipped, found.shortage, found.warnings) == ({}, None, [])
    assert found.summary == "sea: 30 new of 30, 30 waiting"
    assert library.photos.waiting("sea") == 30
    assert library.budget.usage().used == 1
    assert found.usage == library.budget.usage()


def test_no_request_is_made_while_enough_are_waiting(wanting: Wanting) -> None:
    top_up(wanting(1), "sea")
    many = wanting(30)
    assert top_up(many, "sea") == nothing_done(many)
    assert many.budget.usage().used == 1


@pytest.mark.long
def test_as_many_requests_are_made_as_are_needed_and_no_more(wanting: Wanting, api: Noted) -> None:
    api.application = Api(list(range(30)), list(range(20, 50)), list(range(60, 90)))
    library = wanting(45)
    found = top_up(library, "sea")
    assert (found.requests, found.fetched, found.new, found.waiting) == (2, 60, 50, 50)
    assert found.shortage is None
    assert library.budget.usage().used == 2


def test_photos_that_another_topic_brought_are_not_new(wanting: Wanting, api: Noted) -> None:
    api.application = Api([1, 2])
    top_up(wanting(2), "sky")
    api.application = Api([1, 2], [2, 3])
    found = top_up(wanting(1), "sea")
    assert (found.requests, found.fetched, found.waiting) == (2, 4, 1)
    assert found.new_ids == {EmulatedPhoto(7, 3).id}
    assert [photo.id for photo in found.photos] == [EmulatedPhoto(7, n).id for n in (1, 2, 2, 3)]
    assert found.shortage is None


def test_a_topic_without_new_photos_is_given_up_after_two_requests(
    wanting: Wanting, api: Noted
) -> None:
    api.application = Api([1, 2])
    library = wanting(5)
    found = top_up(library, "sea")
    assert (found.requests, found.new, found.waiting) == (3, 2, 2)
    until = clock_time(NOON + HOUR, NOON)
    assert found.shortage == f"{EXHAUSTED}; the schedule asks again from {until}"
    assert found.warnings == [found.shortage]
    assert library.budget.usage().used == 3


def test_an_exhausted_topic_is_asked_once_by_who_wants_it_nevertheless(
    wanting: Wanting, api: Noted
) -> None:
    api.application = Api([1, 2])
    library = wanting(5)
    top_up(library, "sea")
    found = top_up(library, "sea")
    assert (found.requests, found.new) == (1, 0)
    assert str(found.shortage).startswith(EXHAUSTED)


def test_an_exhausted_topic_that_gives_new_photos_again_is_one_no_more(
    wanting: Wanting, api: Noted
) -> None:
    api.application = Api([1, 2], [1, 2], [1, 2], [1, 2, 3])
    library = wanting(3)
    top_up(library, "sea")
    assert set(library.exhaustion.topics()) == {"sea"}
    assert top_up(library, "sea").shortage is None
    assert library.exhaustion.topics() == {}


def test_photos_that_are_skipped_are_told_of_where_no_others_came(
    library: Library, api: Noted
) -> None:
    api.application = Api([1, 2, 3], premium=True)
    assert f"{EXHAUSTED}, and 6 skipped (premium);" in str(top_up(library, "sea").shortage)


def test_a_topic_that_nothing_matches_is_exhausted_too(library: Library) -> None:
    with pytest.raises(NoPhotos):
        top_up(library, UNMATCHED_QUERY)
    assert set(library.exhaustion.left_alone()) == {UNMATCHED_QUERY}


def test_a_topic_that_nothing_matches_any_more_keeps_what_waits(
    wanting: Wanting, api: Noted
) -> None:
    api.application = Api([1, 2])
    top_up(wanting(1), "sea")
    api.application = with_fault(Emulator(), "api-404")
    found = top_up(wanting(3), "sea")
    assert (found.waiting, found.new) == (2, 0)
    assert "Unsplash has no photos of topic 'sea'" in str(found.shortage)


def test_choosing_from_an_exhausted_topic_says_that_it_is_exhausted(
    wanting: Wanting, api: Noted
) -> None:
    api.application = Api([1])
    library = wanting(2)
    top_up(library, "sea")
    choice = choose(library, "sea", "mine")
    assert choice.warnings == [library.exhaustion.topics()["sea"].reason]
    library.photos.refuse({choice.photos[0].id: "gone"})
    with pytest.raises(NoPhotos, match=EXHAUSTED):
        choose(library, "sea", "mine")


def test_fruitless_requests_count_only_in_a_row(wanting: Wanting, api: Noted) -> None:
    api.application = Api([1], [1], [1, 2], [2], [2, 3])
    found = top_up(wanting(3), "sea")
    assert (found.requests, found.new, found.shortage) == (5, 3, None)


def test_photos_that_are_skipped_are_counted_over_all_requests(
    library: Library, api: Noted
) -> None:
    api.application = Api([1, 2, 3], premium=True)
    found = top_up(library, "sea")
    assert (found.requests, found.fetched, found.skipped) == (2, 0, {"premium": 6})
    assert found.shortage


def test_a_budget_that_is_spent_midway_keeps_the_part_that_was_brought(
    wanting: Wanting, api: Noted, clock: Clock
) -> None:
    api.application = Emulator(HourlyQuota(1, clock))
    library = wanting(40)
    found = top_up(library, "sea")
    assert (found.requests, found.new, found.waiting) == (1, 30, 30)
    assert found.shortage == library.budget.shortage().reason
    assert found.shortage.startswith("request budget spent: 1 of 1 in the last hour, next at ")


def test_a_quota_that_is_refused_midway_keeps_the_part_that_was_brought(
    wanting: Wanting, api: Noted, clock: Clock
) -> None:
    api.application = Api([1, 2])
    top_up(wanting(2), "sea")
    api.application = Emulator(HourlyQuota(0, clock))
    found = top_up(wanting(3), "sea")
    assert (found.new, found.waiting) == (0, 2)
    assert "quota is spent" in (found.shortage or "")


def test_a_quota_that_is_refused_with_none_waiting_is_raised(
    library: Library, api: Noted, clock: Clock
) -> None:
    api.application = Emulator(HourlyQuota(0, clock))
    with pytest.raises(QuotaSpent, match="403: Rate Limit Exceeded"):
        top_up(library, "sea")


def test_a_budget_that_is_spent_is_raised_where_none_wait_and_nothing_is_asked(
    library: Library, api: Noted, clock: Clock
) -> None:
    api.application = Emulator(HourlyQuota(1, clock))
    top_up(library, "sea")
    with pytest.raises(QuotaSpent, match=r"^request budget spent: 1 of 1 in the last hour, next "):
        top_up(library, "sky")
    assert api.statuses == [200]


def test_a_budget_that_is_spent_is_no_matter_where_enough_wait(
    library: Library, api: Noted, clock: Clock
) -> None:
    api.application = Emulator(HourlyQuota(1, clock))
    top_up(library, "sea")
    assert top_up(library, "sea") == nothing_done(library)


@pytest.mark.long
def test_no_more_photos_are_asked_for_than_the_budget_has_download_events_for(
    wanting: Wanting, api: Noted, clock: Clock
) -> None:
    api.application = Emulator(HourlyQuota(40, clock))
    top_up(wanting(1), "sky")
    library = wanting(60)
    found = top_up(library, "sea")
    assert (found.requests, found.waiting) == (2, 60)
    with library.budget.reserve(10):
        found = top_up(library, "art")
    assert (found.requests, found.waiting) == (1, 30)
    assert found.shortage == "the request budget has download events for 26 of 60 photos"


@pytest.mark.long
def test_a_limit_that_is_learned_from_an_answer_counts_at_once(
    wanting: Wanting, api: Noted, clock: Clock
) -> None:
    api.application = Emulator(HourlyQuota(5000, clock))
    found = top_up(wanting(300), "sea")
    assert (found.waiting >= 300, found.shortage) == (True, None)


@pytest.mark.long
def test_one_photo_is_asked_for_even_where_its_event_has_to_wait(
    library: Library, api: Noted, clock: Clock
) -> None:
    api.application = Emulator(HourlyQuota(2, clock))
    top_up(library, "sky")
    assert top_up(library, "sea").waiting == 30


def test_a_topic_that_nothing_matches_is_raised(library: Library) -> None:
    with pytest.raises(NoPhotos):
        top_up(library, UNMATCHED_QUERY)


def test_an_outage_is_raised_and_never_taken_for_an_empty_answer(
    library: Library, api: Noted
) -> None:
    api.application = with_fault(Emulator(), "api-503")
    with pytest.raises(ServerError):
        top_up(library, "sea")


@pytest.mark.long
def test_filters_are_asked_for(wanting: Wanting, api: Noted) -> None:
    library = wanting(5, orientation="squarish", content_filter="high")
    top_up(library, "sea")
    chosen = choose(library, "sea", "mine").photos
    codes = [EmulatedPhoto.from_id(photo.id) for photo in chosen]
    assert {photo and photo.orientation for photo in codes} == {"squarish"}
    assert parse_qs(api.asked[0].query)["content_filter"] == ["high"]


def test_a_choice_has_the_url_of_its_rendition(wanting: Wanting, api: Noted) -> None:
    api.application = Api([1, 2, 3])
    library = wanting(2, rendition="small")
    top_up(library, "sea")
    choice = choose(library, "sea", "mine")
    first, second = choice.photos
    assert [first.id, second.id] == [EmulatedPhoto(7, n).id for n in (1, 2)]
    assert [parse_qs(urlsplit(photo.url).query)["w"] for photo in choice.photos] == [["400"]] * 2
    assert {photo.rendition for photo in choice.photos} == {"small"}
    assert choice.summary == f"sea: chose {first.id}, {second.id}"
    assert choice.warnings == []


def test_a_choice_of_fewer_than_wanted_is_a_warning(wanting: Wanting, api: Noted) -> None:
    api.application = Api([1])
    top_up(wanting(1), "sea")
    choice = choose(wanting(2), "sea", "mine")
    assert (len(choice.photos), choice.wanted) == (1, 2)
    assert choice.warnings == [f"sea: {TAKEN}"]


def test_where_another_run_has_taken_all_that_waited_nothing_is_chosen_and_that_is_said(
    wanting: Wanting, api: Noted
) -> None:
    """As by the second of two first runs that begin at once: no photo is stored yet."""
    api.application = Api([1, 2])
    library = wanting(2)
    top_up(library, "sea")
    library.runs.begin("theirs", "sea")
    assert len(choose(library, "sea", "theirs").photos) == 2
    choice = choose(library, "sea", "mine")
    assert (choice.photos, choice.summary) == ((), "sea: chose nothing")
    assert choice.warnings == [f"sea: {TAKEN}"]


def test_choosing_nothing_is_well_where_all_that_are_here_are_damaged(
    library: Library, api: Noted
) -> None:
    """The run goes on to repair them."""
    api.application = Api([1])
    top_up(library, "sea")
    (photo,) = choose(library, "sea", "mine").photos
    record_stored(library.photos, {photo.id: FILE})
    folder_of(library).root.mkdir(exist_ok=True)
    assert [str(found) for found in verify(library).findings] == [f"missing {FILE.path}"]
    assert choose(library, "sea", "next").photos == ()


def test_choosing_from_nothing_says_which_step_to_run(library: Library) -> None:
    with pytest.raises(NoPhotos, match=r"no photo of 'sea' is waiting: materialize photo_metadata"):
        choose(library, "sea", "mine")


def test_choosing_nothing_is_well_where_some_are_stored(library: Library, api: Noted) -> None:
    api.application = Api([1])
    top_up(library, "sea")
    (photo,) = choose(library, "sea", "mine").photos
    record_stored(library.photos, {photo.id: FILE})
    again = choose(library, "sea", "mine")
    assert again.photos == ()
    assert again.summary == "sea: chose nothing"


RAW = "https://images.unsplash.com/photo-1-abc?ixid=M3wxfDB8MXxyYW5kb20&ixlib=rb-4.1.0"
URLS = {
    "raw": RAW,
    "full": f"{RAW}&crop=entropy&cs=srgb&fm=jpg&q=85",
    "regular": f"{RAW}&crop=entropy&cs=tinysrgb&fit=max&fm=jpg&q=80&w=1080",
    "small": f"{RAW}&fit=max&fm=jpg&q=80&w=400",
    "thumb": f"{RAW}&fit=max&fm=jpg&q=80&w=200",
}


def parameters(url: str) -> dict[str, str]:
    found = parse_qs(urlsplit(url).query, keep_blank_values=True)
    assert all(len(values) == 1 for values in found.values())
    return {name: values[0] for name, values in found.items()}


@pytest.mark.parametrize("name", URLS)
def test_a_named_rendition_is_the_url_of_the_answer_unchanged(name: str) -> None:
    assert rendition_url(URLS, name) == URLS[name]


def test_a_raw_that_an_old_answer_has_not_is_the_full_one() -> None:
    assert rendition_url({"full": URLS["full"]}, "raw") == URLS["full"]


@pytest.mark.parametrize(
    ("name", "width"), [("regular", "1080"), ("small", "400"), ("thumb", "200")]
)
def test_a_rendition_that_an_answer_has_not_is_asked_of_imgix(name: str, width: str) -> None:
    others = {other: url for other, url in URLS.items() if other != name}
    assert parameters(rendition_url(others, name)) == {
        "ixid": "M3wxfDB8MXxyYW5kb20",
        "ixlib": "rb-4.1.0",
        "w": width,
        "fit": "max",
        "fm": "jpg",
        "q": "80",
    }


@pytest.mark.parametrize("name", ["raw", "full"])
@pytest.mark.parametrize("given", ["regular", "small", "thumb"])
def test_a_full_picture_that_an_answer_has_not_is_one_without_a_size(name: str, given: str) -> None:
    found = parameters(rendition_url({given: URLS[given] + "&h=300&dpr=2"}, name))
    assert found["ixid"] == "M3wxfDB8MXxyYW5kb20"
    assert found["fm"] == "jpg"
    assert not found.keys() & {"w", "h", "fit", "dpr"}


@pytest.mark.parametrize("rendition", [*NAMED_RENDITIONS, "640"])
@pytest.mark.parametrize("given", NAMED_RENDITIONS)
def test_one_url_of_a_photo_is_enough_for_every_rendition(given: str, rendition: str) -> None:
    url = rendition_url({given: URLS[given]}, rendition)
    assert url.startswith(f"{RAW.partition('?')[0]}?")
    assert parameters(url)["ixid"] == "M3wxfDB8MXxyYW5kb20"


def test_a_width_is_asked_of_imgix_on_the_base_of_raw() -> None:
    url = rendition_url(URLS, "1600")
    assert url.startswith("https://images.unsplash.com/photo-1-abc?")
    assert parameters(url) == {
        "ixid": "M3wxfDB8MXxyYW5kb20",
        "ixlib": "rb-4.1.0",
        "w": "1600",
        "fit": "max",
        "fm": "jpg",
        "q": "80",
    }


def test_a_width_of_an_old_raw_without_a_query_makes_one() -> None:
    url = rendition_url({**URLS, "raw": "https://images.unsplash.com/reserve/A.jpg"}, "640")
    assert url.startswith("https://images.unsplash.com/reserve/A.jpg?")
    assert parameters(url) == {"w": "640", "fit": "max", "fm": "jpg", "q": "80"}


def test_a_width_without_raw_is_asked_on_the_base_of_full() -> None:
    url = rendition_url({"full": URLS["full"]}, "640")
    assert parameters(url) == {
        "ixid": "M3wxfDB8MXxyYW5kb20",
        "ixlib": "rb-4.1.0",
        "crop": "entropy",
        "cs": "srgb",
        "w": "640",
        "fit": "max",
        "fm": "jpg",
        "q": "80",
    }


def test_a_width_replaces_the_one_that_the_url_has() -> None:
    assert parameters(rendition_url({"full": URLS["thumb"]}, "640"))["w"] == "640"


@hypothesis.given(ixid=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1))
def test_an_ixid_arrives_as_it_is_whatever_it_holds(ixid: str) -> None:
    raw = f"https://images.unsplash.com/photo-1?ixid={quote(ixid, safe='')}"
    assert parameters(rendition_url({**URLS, "raw": raw}, "16"))["ixid"] == ixid


TEXTS = st.text(st.characters())
TAILS = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\"))
ANSWERS = st.fixed_dictionaries(
    {
        "id": st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
        "description": st.none() | TEXTS,
        "alt_description": st.none() | TEXTS,
        "user": st.fixed_dictionaries({"name": TEXTS.map(lambda text: f"A{text}")}),
        "links": st.fixed_dictionaries({"html": TEXTS, "download_location": st.none() | TEXTS}),
        "urls": TAILS.map(
            lambda tail: dict.fromkeys(NAMED_RENDITIONS, f"{PICTURES}/photo-1?x={tail}")
        ),
        "width": st.none() | st.integers(1, 1_000_000),
    }
)


@pytest.mark.long
@hypothesis.given(content=ANSWERS, rendition=st.sampled_from(["raw", "thumb", "640"]))
@hypothesis.settings(deadline=None)
def test_whatever_photo_is_read_can_be_kept_chosen_named_and_credited(
    content: Any, rendition: str
) -> None:
    """What an answer says goes on into the catalogue, a request, a file's name and its XMP."""
    read = read_photo(content, frozenset({PICTURES}))
    assert isinstance(read, Photo)
    settings = parse({"UNSPLASH_API_KEY": "key", "UNSPLASH_RENDITION": rendition}, Path("nowhere"))
    with open_library(settings, create=False) as library:
        assert library.photos.add("sea", [read]) == {read.id}
        (photo,) = choose(library, "sea", "mine").photos
    assert urlsplit(photo.url).netloc == urlsplit(PICTURES).netloc
    path = photo_path("sea", photo.description, photo.id, "jpg")
    assert photo_id_of(path.partition("/")[2]) == photo.id
    assert packet(Credit(photo, "tests", "live"))
