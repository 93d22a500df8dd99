"""Tests of `library.export`: rows that are exact for programs, and safe in a spreadsheet."""

import csv
import io
import itertools
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.library.export import COLUMNS, Row, rows, write_csv, write_jsonl
from unsplash_assets.model.photos import StoredPhoto
from unsplash_assets_tests.conftest import NOON

PHOTO = StoredPhoto(
    id="-bcdefghij_",
    topic="sea",
    path="sea/waves_-bcdefghij__0.jpg",
    bytes=150_000,
    width=1080,
    height=720,
    sha256="0a" * 32,
    rendition="regular",
    url="https://images.unsplash.com/photo-1?ixid=x&w=1080",
    photographer="Zoë O'Neil",
    photographer_url="https://unsplash.com/@zoe",
    page_url="https://unsplash.com/photos/-bcdefghij_",
    description="waves",
    color="#26735a",
    stored_at=NOON + 0.5,
    stored_sequence=7,
)
SENT = "utm_source=my+wall&amp;utm_medium=referral"

FULL_WIDTH = "\uff1d\uff0b\uff0d\uff20"
RISKY = tuple("=+-@\t\r\n" + FULL_WIDTH)
HOSTILE = [
    "=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", *FULL_WIDTH, "'=1", "''",
    'a "b", c', "a;=1+1", "a\n=1", "a\r\nb", "a;'=1", "😀 é 山", "\N{HEBREW LETTER ALEF}bc",
    "\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe", "a\N{LINE SEPARATOR}b\x85c\N{PARAGRAPH SEPARATOR}d", "",
    " =1", "<b>&", "\\u2028", "\x00",
]  # fmt: skip


def described(photo: StoredPhoto = PHOTO, app_name: str = "my wall") -> Row:
    (row,) = rows([photo], "live", app_name)
    return row


def as_csv(*some: Row) -> str:
    output = io.StringIO(newline="")
    write_csv(some, output)
    return output.getvalue()


def as_jsonl(*some: Row) -> str:
    output = io.StringIO(newline="")
    write_jsonl(some, output)
    return output.getvalue()


def cells(text: str) -> list[list[str]]:
    """Read CSV as any program does, below its header."""
    header, *found = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert tuple(header) == COLUMNS
    return found


def undone(cell: str) -> str:
    """Take away the apostrophes, as docs/reference/export.md says."""
    return re.sub(r"(?<![^;\t\r\n])'", "", cell)


def test_a_row_says_what_is_known_of_the_file_and_whom_to_credit() -> None:
    by = f'<a href="https://unsplash.com/@zoe?{SENT}">Zoë O&#x27;Neil</a>'
    on = f'<a href="https://unsplash.com/photos/-bcdefghij_?{SENT}">Unsplash</a>'
    assert list(vars(described()).items()) == [
        ("id", "-bcdefghij_"),
        ("topic", "sea"),
        ("path", "sea/waves_-bcdefghij__0.jpg"),
        ("url", "https://images.unsplash.com/photo-1?ixid=x&w=1080"),
        ("sha256", "0a" * 32),
        ("bytes", 150_000),
        ("width", 1080),
        ("height", 720),
        ("photographer", "Zoë O'Neil"),
        ("photographer_url", "https://unsplash.com/@zoe"),
        ("photo_url", "https://unsplash.com/photos/-bcdefghij_"),
        ("licence", "https://unsplash.com/license"),
        ("stored_at", "2026-11-23T12:00:00+00:00"),
        ("credit_text", "Photo by Zoë O'Neil on Unsplash"),
        ("credit_html", f"Photo by {by} on {on}"),
    ]


def test_a_picture_of_the_demo_has_no_licence_and_says_so_in_its_credit() -> None:
    (drawn,), row = rows([PHOTO], "demo", "my wall"), described()
    note = " (demo: drawn here, there is no such photo)"
    assert drawn == replace(
        row, licence="", credit_text=row.credit_text + note, credit_html=row.credit_html + note
    )


def test_rows_are_made_one_by_one() -> None:
    """So that any number of them takes no more memory than one."""
    endless = itertools.repeat(PHOTO)
    assert next(rows(endless, "live", "my wall")) == described()


def test_json_lines_are_one_object_a_line_as_they_are() -> None:
    text = as_jsonl(described(), described(replace(PHOTO, photographer="山田")))
    first, second = text.splitlines()
    assert text == f"{first}\n{second}\n"
    assert json.loads(first) == vars(described())
    assert '"山田"' in second


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_a_json_line_or_comes_back_changed(name: str) -> None:
    text = as_jsonl(described(replace(PHOTO, photographer=name)))
    assert len(text.splitlines()) == 1
    assert json.loads(text)["photographer"] == name


def test_csv_has_a_byte_order_mark_a_header_and_the_line_ends_of_its_standard() -> None:
    assert as_csv() == "\ufeff" + ",".join(COLUMNS) + "\r\n"
    text = as_csv(described(), described())
    assert text.count("\r\n") == text.count("\n") == text.count("\r") == 3
    assert cells(text)[0][5:8] == ["150000", "1080", "720"]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("\t=1", "'\t'=1"),
        ("\uff20SUM", "'\uff20SUM"),
        ("'quoted'", "''quoted'"),
        ("a;-1", "a;'-1"),
        ("a-1=b;c", "a-1=b;c"),
        ("O'Neil", "O'Neil"),
    ],
)
def test_an_apostrophe_is_put_before_what_a_spreadsheet_may_run(name: str, cell: str) -> None:
    (found,) = cells(as_csv(described(replace(PHOTO, photographer=name))))
    assert found[COLUMNS.index("photographer")] == cell
    assert found[0] == "'-bcdefghij_"


WORDS = st.text(st.characters(codec="utf-8")) | st.text("=-';\t\r\n\",a", max_size=8)


@hypothesis.given(WORDS, WORDS)
@hypothesis.example("=1+1", "-")
def test_any_csv_can_be_read_back_exactly(name: str, url: str) -> None:
    row = described(replace(PHOTO, photographer=name, url=url))
    (found,) = cells(as_csv(row))
    assert [undone(cell) for cell in found] == [str(value) for value in vars(row).values()]


@hypothesis.given(WORDS)
def test_no_cell_of_any_csv_begins_like_a_formula(name: str) -> None:
    (found,) = cells(as_csv(described(replace(PHOTO, photographer=name))))
    parts = [part for cell in found for part in re.split(r"[;\t\r\n]", cell)]
    assert [part for part in parts if part.startswith(RISKY)] == []


class Links(HTMLParser):
    """Reads HTML as a browser would: its text, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags = "", list[tuple[str, list[tuple[str, str | None]]]]()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", [*HOSTILE, '"><script>x</script>', "</a>"])
def test_no_name_adds_anything_to_the_credit_in_html(name: str) -> None:
    read = Links(described(replace(PHOTO, photographer=name), app_name=f"a{name}").credit_html)
    assert [(tag, [key for key, _ in attrs]) for tag, attrs in read.tags] == [("a", ["href"])] * 2
    assert read.text == f"Photo by {name} on Unsplash"
