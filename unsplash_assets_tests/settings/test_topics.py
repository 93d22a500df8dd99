"""Tests of `settings.topics`: what an entry of UNSPLASH_TOPICS may be, and how it is refused."""

import pytest

from unsplash_assets.errors import SettingsError
from unsplash_assets.model.topics import Filters, Source, Topic
from unsplash_assets.settings.topics import topics
from unsplash_assets_tests.conftest import MakeSettings

GENERAL = Filters("landscape", "low")


@pytest.mark.parametrize(
    ("entry", "name", "source"),
    [
        ("nature", "nature", Source("query", ("nature",))),
        ("rock & roll", "rock & roll", Source("query", ("rock & roll",))),
        ("Desk=collection:1065976", "Desk", Source("collection", ("1065976",))),
        ("Desk = collection: 1 + 2+x_-Y+1", "Desk", Source("collection", ("1", "2", "x_-Y"))),
        ("Annie=user:anniespratt", "Annie", Source("user", ("anniespratt",))),
        ("Annie=USER:@anniespratt", "Annie", Source("user", ("anniespratt",))),
        ("Walls=topic:wallpapers", "Walls", Source("topic", ("wallpapers",))),
        ("Walls=topic:bo8jQKTaE0Y+film", "Walls", Source("topic", ("bo8jQKTaE0Y", "film"))),
        ("Calm=query:sea  fog", "Calm", Source("query", ("sea fog",))),
        ("Sums=query:1+1=2: why?", "Sums", Source("query", ("1+1=2: why?",))),
        ("静か=query:海の霧", "静か", Source("query", ("海の霧",))),
    ],
)
def test_an_entry_is_a_word_or_a_name_with_a_source(entry: str, name: str, source: Source) -> None:
    assert topics(entry) == (Topic(name, source),)


def test_commas_divide_entries_and_the_options_within_brackets() -> None:
    given = "a,B=query:faces[orientation=portrait,content_filter=high],c[orientation=Any],d"
    found = topics(given)
    assert [topic.name for topic in found] == ["a", "B", "c", "d"]
    assert [topic.filters(GENERAL) for topic in found] == [
        GENERAL,
        Filters("portrait", "high"),
        Filters("any", "low"),
        GENERAL,
    ]
    assert found[1].source == Source("query", ("faces",))


def test_the_order_of_options_does_not_matter() -> None:
    one = topics("a[orientation=portrait, content_filter=high]")
    assert one == topics("a[content_filter=high,orientation=portrait]")


@pytest.mark.parametrize(
    "text",
    ["a=query:a", "a,A", "A=query:b,a=query:b", "a[content_filter=low],A[content_filter=low]"],
)
def test_a_topic_that_is_named_twice_comes_once(text: str) -> None:
    assert len(topics(text)) == 1


def test_a_source_is_read_as_it_is_written() -> None:
    text = "nature,Desk=collection:1+2,Walls=topic:film[content_filter=high],faces[orientation=any]"
    assert ",".join(map(str, topics(text))) == text


EXAMPLE = "Desk=collection:1065976"
WITH_OPTIONS = "Portraits=query:faces[orientation=portrait,content_filter=high]"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("a=b", f"use NAME=SOURCE[OPTIONS], such as {EXAMPLE}[orientation=portrait]"),
        ("a=query:b[", "use NAME=SOURCE[OPTIONS], such as"),
        ("a=query:b]c", "use NAME=SOURCE[OPTIONS], such as"),
        ("a=tag:b", f"use one of the sources query, collection, user, topic, such as {EXAMPLE}"),
        ("a=collection:", f"name a collection as Unsplash does, such as {EXAMPLE}"),
        ("a=collection:1++2", "name a collection as Unsplash does"),
        ("a=collection:https://unsplash.com/collections/1", "name a collection as Unsplash does"),
        ("a=collection:1+2+3+4+5+6+7+8+9+10+11", "name a collection as Unsplash does"),
        ("a=user:ann+bob", "name a user as Unsplash does, such as Annie=user:anniespratt"),
        ("a=topic:Wall papers", "name a topic as Unsplash does, such as Walls=topic:wallpapers"),
        ("a=query:", "name a query as Unsplash does, such as Calm=query:sea fog"),
        ("a=query:" + "x" * 101, "name a query as Unsplash does"),
        ("a=query:\N{RIGHT-TO-LEFT OVERRIDE}", "name a query as Unsplash does"),
        ("a[]", f"options are orientation and content_filter, such as {WITH_OPTIONS}"),
        ("a[color=red]", f"options are orientation and content_filter, such as {WITH_OPTIONS}"),
        ("a[orientation]", "use any, landscape, portrait or squarish for orientation, such as"),
        ("a[content_filter=none]", "use low or high for content_filter, such as"),
    ],
)
def test_a_bad_entry_is_named_with_an_example(
    make_settings: MakeSettings, entry: str, said: str
) -> None:
    with pytest.raises(SettingsError) as refused:
        make_settings(topics=f"sea,{entry}")
    told = f"UNSPLASH_TOPICS is {f'sea,{entry}'!r}: in the entry {entry!r}, {said}"
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize("text", ["a,A=user:b", "A=user:b,a", "a,a[orientation=any]"])
def test_two_topics_cannot_have_one_name(text: str) -> None:
    with pytest.raises(ValueError, match=r"give '.*' a name of its own, another topic has that"):
        topics(text)


def test_a_name_is_as_plain_as_a_word_must_be() -> None:
    with pytest.raises(ValueError, match="'a/b' is not"):
        topics("a/b=query:sea")


def test_a_source_under_the_same_name_is_a_change_of_what_is_asked_for(
    make_settings: MakeSettings,
) -> None:
    sources = ["=query:desk", "=collection:1", "=collection:1+2", "[content_filter=high]"]
    given = ["Desk", *(f"Desk{source}" for source in sources)]
    asked = [make_settings(topics=entry).asked_for("Desk") for entry in given]
    assert asked[0] == make_settings().asked_for("Desk") == "any low"
    assert len(set(asked)) == len(given)
