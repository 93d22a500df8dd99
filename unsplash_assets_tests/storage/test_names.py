"""Tests of `storage.names`: names that fit every file system, and that no two photos share."""

import unicodedata

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.storage.names import (
    NEWS,
    PAGE,
    RelativePath,
    folder_name,
    is_thumbnail,
    other_name,
    photo_id_of,
    photo_path,
    plainer_names,
    thumbnail_path,
)


@pytest.mark.parametrize(
    ("topic", "description", "photo_id", "path"),
    [
        ("sea", "Waves & Rocks", "AbCdEfGhIjK", "sea/waves-rocks_AbCdEfGhIjK_555.jpg"),
        ("sea", None, "abcdefghijk", "sea/sea_abcdefghijk_0.jpg"),
        ("Blue Hour", "", "-bcdefghij_", "blue-hour/blue-hour_-bcdefghij__0.jpg"),
        ("山 と 川", "夜の山。", "abcdefghijk", "山-と-川/夜の山_abcdefghijk_0.jpg"),
        ("मौसम", "बारिश का दिन", "abcdefghijk", "मौसम/बारिश-का-दिन_abcdefghijk_0.jpg"),
        ("بحر", "أمواج", "abcdefghijk", "بحر/أمواج_abcdefghijk_0.jpg"),
        ("دوست\u200cم", "می\u200cروم", "abcdefghijk", "دوستم/میروم_abcdefghijk_0.jpg"),
        ("Straße", "Ärger", "abcdefghijk", "strasse/ärger_abcdefghijk_0.jpg"),
        ("a & b", "../../etc/passwd", "abcdefghijk", "a-b/etc-passwd_abcdefghijk_0.jpg"),
        ("con", "con", "abcdefghijk", "con-/con_abcdefghijk_0.jpg"),
        ("a.b", "C:\\x.exe ", "abcdefghijk", "a-b/c-x-exe_abcdefghijk_0.jpg"),
        ("+", "???", "abcdefghijk", "topic/photo_abcdefghijk_0.jpg"),
    ],
)  # fmt: skip
def test_a_path_is_topic_words_id_and_the_number_of_its_capitals(
    topic: str, description: str | None, photo_id: str, path: str
) -> None:
    assert photo_path(topic, description, photo_id, "jpg") == path


def test_an_accent_written_in_two_ways_gives_one_name() -> None:
    composed, decomposed = "café", "cafe\N{COMBINING ACUTE ACCENT}"
    assert folder_name(composed) == folder_name(decomposed) == "café"


@pytest.mark.parametrize(
    "topic", ["CON", "con", "Prn", "aux", "NUL", "com0", "COM9", "lpt1", "COM\N{SUPERSCRIPT ONE}"]
)
def test_a_topic_that_windows_reserves_for_devices_gets_another_folder(topic: str) -> None:
    name = folder_name(topic)
    assert name == f"{unicodedata.normalize('NFKC', topic).casefold()}-"


def test_a_long_description_is_cut_and_the_id_kept() -> None:
    path = photo_path("sea", "wave " * 50, "abcdefghijk", "webp")
    words, _, rest = path.removeprefix("sea/").partition("_abcdefghijk_")
    assert words == "-".join(["wave"] * 12)
    assert rest == "0.webp"


IDS = st.from_regex(r"[A-Za-z0-9_-]{11}", fullmatch=True)
ANY_IDS = IDS | st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)
"""Unsplash's ids have 11 characters; an answer's may have 1 to 64."""
WORDS = st.text(st.characters(codec="utf-8", max_codepoint=0xFFFF)) | st.text(
    st.characters(codec="utf-8", categories=["L", "M", "N"]), min_size=40
)
TYPES = st.sampled_from(["jpg", "png", "webp"])
RESERVED = {"con", "prn", "aux", "nul", "conin$", "conout$"}
RESERVED |= {f"{port}{n}" for port in ("com", "lpt") for n in (*range(10), "¹", "²", "³")}


def fits_everywhere(name: str) -> bool:
    return (
        0 < len(name.encode()) <= 255
        and not set(name) & set('<>:"/\\|?*')
        and name.isprintable()
        and name[0] != "."
        and name[-1] not in ". "
        and name.partition(".")[0].casefold() not in RESERVED
        and unicodedata.normalize("NFC", name) == name
    )


@pytest.mark.long
@hypothesis.given(topic=WORDS, description=st.none() | WORDS, photo_id=ANY_IDS, extension=TYPES)
def test_a_path_fits_every_file_system_and_stays_in_its_topics_folder(
    topic: str, description: str | None, photo_id: str, extension: str
) -> None:
    folder, _, name = photo_path(topic, description, photo_id, extension).partition("/")
    assert folder == folder_name(topic)
    assert fits_everywhere(folder)
    assert fits_everywhere(name)
    assert f"_{photo_id}_" in name
    assert name.endswith(f".{extension}")


@pytest.mark.long
@hypothesis.given(
    topic=st.sampled_from(["sea", "Sea", "山"]),
    words=st.none() | WORDS,
    first=ANY_IDS,
    second=ANY_IDS,
)
def test_two_photos_never_share_a_name(
    topic: str, words: str | None, first: str, second: str
) -> None:
    hypothesis.assume(first != second)
    assert _folded(photo_path(topic, words, first, "jpg")) != _folded(
        photo_path(topic, words, second, "jpg")
    )


@pytest.mark.long
@hypothesis.given(words=WORDS, photo_id=IDS, flips=st.lists(st.booleans(), min_size=11))
def test_two_photos_whose_ids_differ_only_in_case_never_share_a_name(
    words: str, photo_id: str, flips: list[bool]
) -> None:
    """Compares names like a file system that ignores case and decomposes accents."""
    other = "".join(c.swapcase() if flip else c for c, flip in zip(photo_id, flips, strict=False))
    hypothesis.assume(other != photo_id)
    assert _folded(photo_path("sea", words, photo_id, "jpg")) != _folded(
        photo_path("sea", words, other, "jpg")
    )


def _folded(path: str) -> str:
    return unicodedata.normalize("NFD", path.casefold())


@hypothesis.given(words=st.text("\u0390\u1fa7\uac01\u1e17é", min_size=1), photo_id=IDS)
def test_a_path_fits_a_file_system_that_decomposes_accents_before_it_counts(
    words: str, photo_id: str
) -> None:
    """An older macOS allows 255 units of UTF-16; each of these letters becomes three or four."""
    for name in photo_path(words, words, photo_id, "webp").split("/"):
        assert len(unicodedata.normalize("NFD", name).encode("utf-16-le")) <= 2 * 255


def test_two_photos_with_ids_of_different_lengths_share_no_name() -> None:
    """Unsplash's ids have 11 characters; an answer's may have 1 to 64."""
    assert photo_path("sea", "a", "b-c", "jpg") != photo_path("sea", "a b", "c", "jpg")


def test_a_description_in_a_script_of_four_bytes_gives_a_name_that_fits() -> None:
    name = photo_path("sea", "\N{ADLAM SMALL LETTER ALIF}" * 60, "ABCDEFGHIJK", "webp")
    assert fits_everywhere(name.partition("/")[2])


@pytest.mark.parametrize("character", ["x", "é", "山", "\N{ADLAM SMALL LETTER ALIF}"])
def test_a_long_topic_gives_a_folder_that_fits(character: str) -> None:
    name = folder_name(character * 200)
    assert fits_everywhere(name)
    assert set(name) == {character}


@pytest.mark.long
@hypothesis.given(topic=WORDS, description=st.none() | WORDS, photo_id=ANY_IDS, extension=TYPES)
def test_the_id_can_be_read_from_any_name(
    topic: str, description: str | None, photo_id: str, extension: str
) -> None:
    path = photo_path(topic, description, photo_id, extension)
    assert photo_id_of(path.rpartition("/")[2]) == photo_id


@pytest.mark.long
@hypothesis.given(
    topic=WORDS,
    description=st.none() | WORDS,
    photo_id=ANY_IDS,
    extension=TYPES,
    number=st.integers(2, 999),
)
def test_another_name_of_a_photo_is_as_good_as_its_first(
    topic: str, description: str | None, photo_id: str, extension: str, number: int
) -> None:
    usual = photo_path(topic, description, photo_id, extension)
    folder, _, name = other_name(usual, number).partition("/")
    assert f"{folder}/{name}" != usual
    assert folder == folder_name(topic)
    assert fits_everywhere(name)
    assert photo_id_of(name) == photo_id
    assert name.endswith(f".{extension}")


@pytest.mark.parametrize(
    "name",
    [
        "waves__0.jpg", "waves.jpg", "waves_0.jpg", "_0.jpg", "waves_a b_0.jpg", "waves_é_0.jpg",
        "waves_*_0.jpg", "waves_ABC_6.jpg", f"waves_{'a' * 65}_0.jpg", "waves_a/b_0.jpg",
    ],
)  # fmt: skip
def test_a_name_that_no_photo_has_gives_no_id(name: str) -> None:
    assert photo_id_of(name) is None


@hypothesis.given(sha256=st.binary(min_size=32, max_size=32).map(bytes.hex))
def test_a_thumbnail_is_known_by_its_path(sha256: str) -> None:
    assert is_thumbnail(thumbnail_path(sha256))


@pytest.mark.parametrize(
    "name",
    [
        PAGE, NEWS, "sea/waves_abcdefghijk_0.jpg", "_gallery/thumbnails/mine.webp",
        f"thumbnails/{'0' * 24}.webp", f"_gallery/thumbnails/{'0' * 24}.png",
        f"_gallery/thumbnails/../{'0' * 24}.webp", f"_gallery/thumbnails/{'0' * 24}.webp\n",
        f"_gallery/thumbnails/{'A' * 24}.webp", f"../_gallery/thumbnails/{'0' * 24}.webp",
    ],
)  # fmt: skip
def test_no_other_path_is_taken_for_a_thumbnails(name: str) -> None:
    assert not is_thumbnail(name)


def test_plainer_names_begin_with_the_usual_one_and_end_with_the_id_alone() -> None:
    usual = photo_path("ю" * 60, "wave " * 50, "abcdefghiJK", "webp")
    first, *others, last = plainer_names(usual)
    assert first == usual
    assert last == "topic/photo_abcdefghiJK_600.webp"
    assert len({first, *others, last}) == len(others) + 2
    assert {photo_id_of(name.rpartition("/")[2]) for name in others} == {"abcdefghiJK"}


def test_fewer_words_are_tried_before_another_folder() -> None:
    usual = photo_path("ю" * 60, "wave " * 50, "abcdefghiJK", "webp")
    folders = [name.partition("/")[0] for name in plainer_names(usual)]
    assert folders == sorted(folders[:-4], key=len, reverse=True) + ["topic"] * 4
    assert folders[:4] == [folder_name("ю" * 60)] * 4


def test_a_short_name_has_few_plainer_ones() -> None:
    assert list(plainer_names(RelativePath("sea/wave_a_0.jpg"))) == [
        "sea/wave_a_0.jpg", "sea/photo_a_0.jpg", "topic/wave_a_0.jpg", "topic/photo_a_0.jpg",
    ]  # fmt: skip
