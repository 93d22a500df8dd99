"""Tests of `library.gallery`: the page as it is written; `test_page` looks at it in a browser."""

import base64
import hashlib
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from unsplash_assets.catalogue.curation import Curation
from unsplash_assets.catalogue.integrity import Integrity
from unsplash_assets.errors import LibraryError
from unsplash_assets.gallery.page import NEWEST, NEWS_LENGTH
from unsplash_assets.library.verification import verify
from unsplash_assets.storage.names import NEWS
from unsplash_assets_tests.support.gallery_library import GalleryLibrary

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;{{7*7}}</style>"


WRITES_AND_TELLS_TIME = """
import sys, time
from pathlib import Path
from unsplash_assets.library.database import open_database
from unsplash_assets.library.files import Folder
from unsplash_assets.library.gallery import write_gallery
folder = Folder(Path(sys.argv[1]))
database = open_database(folder.root, None, "live")
for _ in range(5):
    begun = time.process_time()
    write_gallery(database, folder, "my wall")
    print(time.process_time() - begun)
"""


class Page(HTMLParser):
    """A page, taken to pieces."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.content: dict[str, str] = {"style": "", "script": ""}
        self.words: list[str] = []
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        if self._inside in self.content:
            self.content[self._inside] += data
        else:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def photos(self) -> list[dict[str, str]]:
        return [tag for tag in self.all("li") if tag.get("class") == "photo"]

    @property
    def pictures(self) -> list[dict[str, str]]:
        return [tag for tag in self.all("a") if tag.get("class") == "picture"]

    @property
    def thumbnails(self) -> list[dict[str, str]]:
        return [tag for tag in self.all("img") if tag.get("loading") == "lazy"]

    @property
    def policy(self) -> str:
        (policy,) = (
            tag["content"]
            for tag in self.all("meta")
            if tag.get("http-equiv") == "Content-Security-Policy"
        )
        return policy


@pytest.fixture
def library(tmp_path: Path) -> Iterator[GalleryLibrary]:
    library = GalleryLibrary(tmp_path / "library")
    yield library
    library.database.close()


def written(library: GalleryLibrary) -> Page:
    return Page(library.write().path.read_text(encoding="utf-8"))


def test_the_newest_photo_comes_first(library: GalleryLibrary) -> None:
    stored = [*library.hang(2), *library.hang(1, "sky")]
    page = written(library)
    assert [unquote(link["href"]) for link in page.pictures] == [p.path for p in stored[::-1]]
    sequences = [int(photo["data-sequence"]) for photo in page.photos]
    assert sequences == [photo.stored_sequence for photo in stored[::-1]]


def test_every_picture_and_thumbnail_is_a_file_beside_the_page(library: GalleryLibrary) -> None:
    library.hang(2, "日本 & früh", description="100% of #1? naïve")
    page = written(library)
    links = [link["href"] for link in page.pictures] + [i["src"] for i in page.thumbnails]
    assert len(links) == 4
    for link in links:
        assert ":" not in link
        assert library.folder.path(unquote(link)).is_file()


def test_the_grid_shows_thumbnails_that_load_when_they_are_seen(library: GalleryLibrary) -> None:
    library.hang(1, size=(900, 600))
    (image,) = written(library).thumbnails
    assert image["src"].startswith("_gallery/thumbnails/")
    assert (image["width"], image["height"], image["loading"]) == ("900", "600", "lazy")


def test_each_photo_has_its_credit_with_both_links(library: GalleryLibrary) -> None:
    library.hang(
        photographer="Ana",
        photographer_url="https://unsplash.com/@ana",
        page_url="https://unsplash.com/photos/x",
    )
    page = written(library)
    links = [tag["href"] for tag in page.all("a") if "unsplash.com" in tag["href"]]
    sent = "utm_source=my+wall&utm_medium=referral"
    assert links == [f"https://unsplash.com/@ana?{sent}", f"https://unsplash.com/photos/x?{sent}"]


def test_each_photo_has_topic_size_and_time(library: GalleryLibrary) -> None:
    library.hang(size=(300, 200))
    page = written(library)
    words = " ".join(" ".join(page.words).split())
    assert re.search(r"sea · 300 \u00d7 200 · [\d.]+ (kB|Bytes) · 2026-11-23 12:01 UTC", words)
    assert page.all("time") == [{"datetime": "2026-11-23T12:01:00+00:00"}]


@pytest.mark.parametrize(
    ("description", "alt"),
    [("Waves at night", "Waves at night"), (None, "sea, by Ana")],
)
def test_a_picture_is_described_in_words(
    library: GalleryLibrary, description: str | None, alt: str
) -> None:
    library.hang(photographer="Ana", description=None, alt_description=description)
    (image,) = written(library).thumbnails
    assert image["alt"] == alt


def test_texts_of_others_stay_texts(library: GalleryLibrary) -> None:
    library.hang(1, HOSTILE, photographer=HOSTILE, alt_description=HOSTILE)
    page = written(library)
    assert len(page.all("script")) == 1
    assert len(page.all("style")) == 1
    assert {tag.get("onerror") for tag in page.all("img")} == {None}
    assert page.thumbnails[0]["alt"] == HOSTILE
    assert page.photos[0]["data-topic"] == HOSTILE
    assert HOSTILE in page.words


def test_the_policy_lets_this_style_and_script_alone_and_nobody_elses(
    library: GalleryLibrary,
) -> None:
    library.hang(1, photographer=HOSTILE)
    page = written(library)
    parts = dict(part.split(" ", 1) for part in page.policy.split("; "))
    assert parts == {
        "default-src": "'none'",
        "img-src": "'self' file: data:",
        "style-src": _hash(page.content["style"]),
        "script-src": _hash(page.content["script"]),
        "frame-src": "'self' file:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    names = {name for _, attributes in page.tags for name in attributes}
    assert not [name for name in names if name == "style" or name.startswith("on")]


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def test_the_page_of_the_demo_says_what_it_is(tmp_path: Path) -> None:
    library = GalleryLibrary(tmp_path / "library", "demo")
    library.hang()
    page = written(library)
    assert "This is the demo" in page.text
    assert " on " in page.text
    assert "(demo)" in page.text
    library.database.close()


def test_the_page_of_photos_has_nothing_of_the_demo(library: GalleryLibrary) -> None:
    library.hang()
    assert "demo" not in " ".join(written(library).words).casefold()


def test_an_empty_library_has_a_page_that_says_what_to_do(library: GalleryLibrary) -> None:
    page = written(library)
    assert page.photos == []
    assert "unsplash-assets fetch" in " ".join(page.words)
    assert "hidden" not in next(tag for tag in page.all("div") if tag.get("id") == "empty")


def test_the_page_does_not_change_while_the_library_does_not(library: GalleryLibrary) -> None:
    library.hang(3)
    assert written(library).text == written(library).text


def test_a_photo_that_is_banned_leaves_the_page_and_its_thumbnail(library: GalleryLibrary) -> None:
    kept, banned = library.hang(2)
    library.write()
    Curation(library.database).ban(banned.id, library.folder)
    page = written(library)
    assert [unquote(link["href"]) for link in page.pictures] == [kept.path]
    assert len(library.folder.thumbnails()) == 1


def test_a_photo_whose_file_is_damaged_or_missing_costs_no_other(library: GalleryLibrary) -> None:
    cut, gone, _ = library.hang(3)
    library.folder.path(cut.path).write_bytes(b"\xff\xd8\xff")
    library.folder.delete(gone.path)
    page = written(library)
    assert [image["src"].startswith("_gallery/thumbnails/") for image in page.thumbnails] == [
        True,
        False,
        False,
    ]


def test_page_and_thumbnails_are_no_strangers_to_the_verification(library: GalleryLibrary) -> None:
    library.hang(2)
    library.write()
    seen = verify(Integrity(library.database, library.folder), library.folder, lambda *_: None)
    assert (seen.files, seen.findings) == (2, ())


def test_the_page_has_the_newest_photos_up_to_a_bound_and_says_so(tmp_path: Path) -> None:
    library = GalleryLibrary(tmp_path / "library")
    oldest, *_ = library.hang(NEWEST + 1)
    page = written(library)
    assert len(page.photos) == NEWEST
    assert oldest.path not in page.text
    assert "These are the newest 1,000" in page.text
    library.database.close()


def test_a_page_that_has_all_photos_says_nothing_of_others(tmp_path: Path) -> None:
    library = GalleryLibrary(tmp_path / "library")
    library.hang(NEWEST)
    page = written(library)
    assert len(page.photos) == NEWEST
    assert "These are the newest" not in page.text
    library.database.close()


def test_the_news_have_the_newest_photos_as_the_page_has_them_and_the_keys_of_all(
    library: GalleryLibrary,
) -> None:
    library.hang(NEWS_LENGTH + 5, HOSTILE, photographer=HOSTILE)
    page, news = written(library), news_of(library)
    (root,) = news.all("html")
    assert root["data-build"] == page.all("html")[0]["data-build"]
    assert root["data-keys"].split() == [photo["data-key"] for photo in page.photos]
    assert news.photos == page.photos[:NEWS_LENGTH]
    assert news.pictures == page.pictures[:NEWS_LENGTH]
    assert len(news.all("script")) == 1
    assert len(news.text) < len(page.text)


def test_the_news_may_run_their_own_script_and_load_nothing(library: GalleryLibrary) -> None:
    library.hang()
    library.write()
    news = news_of(library)
    script = f"script-src {_hash(news.content['script'])}"
    assert news.policy == f"default-src 'none'; {script}; base-uri 'none'; form-action 'none'"


def news_of(library: GalleryLibrary) -> Page:
    return Page(library.folder.path(NEWS).read_text(encoding="utf-8"))


def test_a_thousand_photos_cost_less_than_a_tenth_of_a_second(tmp_path: Path) -> None:
    """Processor time, the best of five, in a process that is not measured for coverage."""
    library = GalleryLibrary(tmp_path / "library")
    library.hang(NEWEST)
    library.write()
    library.database.close()
    timed = [sys.executable, "-c", WRITES_AND_TELLS_TIME, str(library.folder.root)]
    done = subprocess.run(timed, capture_output=True, text=True, check=True)
    assert min(map(float, done.stdout.split())) < 0.1


def test_several_that_write_at_once_leave_a_whole_page(library: GalleryLibrary) -> None:
    library.hang(20)
    troubles: list[LibraryError] = []

    def write() -> None:
        try:
            library.write()
        except LibraryError as error:
            troubles.append(error)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert troubles == []
    page = Page(library.folder.path("index.html").read_text(encoding="utf-8"))
    assert all(library.folder.path(i["src"]).is_file() for i in page.thumbnails)
    assert len(library.folder.thumbnails()) == 20


def test_a_folder_that_cannot_be_written_is_named(library: GalleryLibrary) -> None:
    library.hang()
    library.folder.path("index.html").mkdir()
    with pytest.raises(LibraryError, match=re.escape(str(library.folder.root))):
        library.write()
