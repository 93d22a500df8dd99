"""Tests of `gallery.page`: the page as a file; `test_browser` opens it in a browser."""

import base64
import hashlib
import re
import threading
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from unsplash_assets.errors import LibraryError
from unsplash_assets.gallery.page import MAX_NEWS, MAX_PHOTOS, write_gallery
from unsplash_assets.library.opening import open_library
from unsplash_assets.library.removal import ban
from unsplash_assets.library.verification import verify
from unsplash_assets.storage.names import NEWS, PAGE, RelativePath
from unsplash_assets_tests.conftest import MakeSettings
from unsplash_assets_tests.support.gallery_library import GalleryLibrary
from unsplash_assets_tests.support.processes import Processes, python
from unsplash_assets_tests.viewer.test_programs import posix_only

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>&amp;{{7*7}}</style>"


MEASURES_A_WRITE = """
import sys, time
from pathlib import Path
from unsplash_assets.gallery.page import write_gallery
from unsplash_assets.library.opening import open_library
from unsplash_assets.settings.settings import parse

def measure(work):
    start = time.process_time()
    work()
    return time.process_time() - start

folder = Path(sys.argv[1])
environ = {"UNSPLASH_API_KEY": "key", "UNSPLASH_LIBRARY": str(folder)}
with open_library(parse(environ, folder.parent), create=False) as library:
    parts = library.photos, library.store, library.settings
    print(write_gallery(*parts).photos)
    for _ in range(5):
        unit = measure(lambda: sum(i * i for i in range(1_000_000)))
        print(measure(lambda: write_gallery(*parts)) / unit)
"""


class Page(HTMLParser):
    """A page, parsed."""

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
    library.close()


def written_page(library: GalleryLibrary) -> Page:
    library.write()
    return Page(library.page.read_text(encoding="utf-8"))


def test_the_newest_photo_comes_first(library: GalleryLibrary) -> None:
    stored = [*library.hang(2), *library.hang(1, "sky")]
    page = written_page(library)
    assert [unquote(link["href"]) for link in page.pictures] == [p.path for p in stored[::-1]]
    sequences = [int(photo["data-key"].partition("-")[0]) for photo in page.photos]
    assert sequences == [photo.stored_sequence for photo in stored[::-1]]


def test_every_picture_and_thumbnail_is_a_file_beside_the_page(library: GalleryLibrary) -> None:
    library.hang(2, "日本 & früh", description="100% of #1? naïve")
    page = written_page(library)
    links = [link["href"] for link in page.pictures] + [i["src"] for i in page.thumbnails]
    assert len(links) == 4
    for link in links:
        assert ":" not in link
        assert library.folder.path(unquote(link)).is_file()


def test_the_grid_shows_thumbnails_that_load_when_they_are_seen(library: GalleryLibrary) -> None:
    library.hang(1, size=(900, 600))
    (image,) = written_page(library).thumbnails
    assert image["src"].startswith("_gallery/thumbnails/")
    assert (image["width"], image["height"], image["loading"]) == ("900", "600", "lazy")


def test_each_photo_has_its_credit_with_both_links(library: GalleryLibrary) -> None:
    library.hang(
        photographer="Ana",
        photographer_url="https://unsplash.com/@ana",
        page_url="https://unsplash.com/photos/x",
    )
    page = written_page(library)
    links = [tag["href"] for tag in page.all("a") if "unsplash.com" in tag["href"]]
    sent = "utm_source=my+wall&utm_medium=referral"
    assert links == [f"https://unsplash.com/@ana?{sent}", f"https://unsplash.com/photos/x?{sent}"]


def test_each_photo_has_topic_size_and_time(library: GalleryLibrary) -> None:
    library.hang(size=(300, 200))
    page = written_page(library)
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
    (image,) = written_page(library).thumbnails
    assert image["alt"] == alt


def test_texts_from_unsplash_are_escaped(library: GalleryLibrary) -> None:
    library.hang(1, HOSTILE, photographer=HOSTILE, alt_description=HOSTILE)
    page = written_page(library)
    assert len(page.all("script")) == 1
    assert len(page.all("style")) == 1
    assert {tag.get("onerror") for tag in page.all("img")} == {None}
    assert page.thumbnails[0]["alt"] == HOSTILE
    assert page.photos[0]["data-topic"] == HOSTILE
    assert HOSTILE in page.words


def test_the_policy_allows_only_the_pages_own_style_and_script(
    library: GalleryLibrary,
) -> None:
    library.hang(1, photographer=HOSTILE)
    page = written_page(library)
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
    page = written_page(library)
    assert "This is the demo" in page.text
    assert " on " in page.text
    assert "(demo)" in page.text
    library.close()


def test_the_live_page_does_not_mention_the_demo(library: GalleryLibrary) -> None:
    library.hang()
    assert "demo" not in " ".join(written_page(library).words).casefold()


def test_an_empty_library_has_a_page_that_says_what_to_do(library: GalleryLibrary) -> None:
    page = written_page(library)
    assert page.photos == []
    assert "unsplash-assets fetch" in " ".join(page.words)
    assert "hidden" not in next(tag for tag in page.all("div") if tag.get("id") == "empty")


def test_the_page_does_not_change_while_the_library_does_not(library: GalleryLibrary) -> None:
    library.hang(3)
    assert written_page(library).text == written_page(library).text


def test_a_photo_that_is_banned_leaves_the_page_and_its_thumbnail(library: GalleryLibrary) -> None:
    kept, banned = library.hang(2)
    library.write()
    ban(library.library, banned.id)
    page = written_page(library)
    assert [unquote(link["href"]) for link in page.pictures] == [kept.path]
    assert len(library.thumbnails()) == 1


def test_a_damaged_or_missing_file_does_not_affect_the_other_photos(
    library: GalleryLibrary,
) -> None:
    cut, gone, _ = library.hang(3)
    library.folder.path(cut.path).write_bytes(b"\xff\xd8\xff")
    library.folder.delete(gone.path)
    page = written_page(library)
    assert [image["src"].startswith("_gallery/thumbnails/") for image in page.thumbnails] == [
        True,
        False,
        False,
    ]


def test_the_verification_knows_the_page_and_the_thumbnails(library: GalleryLibrary) -> None:
    library.hang(2)
    library.write()
    seen = verify(library.library)
    assert (seen.files, seen.findings) == (2, ())


@pytest.mark.long
def test_the_page_has_the_newest_photos_up_to_a_limit_and_says_so(tmp_path: Path) -> None:
    library = GalleryLibrary(tmp_path / "library")
    oldest, *_ = library.hang(MAX_PHOTOS + 1)
    page = written_page(library)
    assert len(page.photos) == MAX_PHOTOS
    assert oldest.path not in page.text
    assert "These are the newest 1,000" in page.text
    library.close()


@pytest.mark.long
def test_a_page_with_all_photos_does_not_mention_others(tmp_path: Path) -> None:
    library = GalleryLibrary(tmp_path / "library")
    library.hang(MAX_PHOTOS)
    page = written_page(library)
    assert len(page.photos) == MAX_PHOTOS
    assert "These are the newest" not in page.text
    library.close()


@pytest.mark.long
def test_the_news_has_the_newest_photos_like_the_page_and_the_keys_of_all(
    library: GalleryLibrary,
) -> None:
    library.hang(MAX_NEWS + 5, HOSTILE, photographer=HOSTILE)
    page, news = written_page(library), news_of(library)
    (root,) = news.all("html")
    assert root["data-build"] == page.all("html")[0]["data-build"]
    assert root["data-keys"].split() == [photo["data-key"] for photo in page.photos]
    assert news.photos == page.photos[:MAX_NEWS]
    assert news.pictures == page.pictures[:MAX_NEWS]
    assert len(news.all("script")) == 1
    assert len(news.text) < len(page.text)


def test_the_news_may_run_its_own_script_and_load_nothing(library: GalleryLibrary) -> None:
    library.hang()
    library.write()
    news = news_of(library)
    script = f"script-src {_hash(news.content['script'])}"
    assert news.policy == f"default-src 'none'; {script}; base-uri 'none'; form-action 'none'"


def news_of(library: GalleryLibrary) -> Page:
    return Page(library.folder.path(NEWS).read_text(encoding="utf-8"))


@pytest.mark.process
def test_writing_a_thousand_photos_costs_little(processes: Processes, tmp_path: Path) -> None:
    """Compares processor times, so neither the machine nor its load matters.

    The unit is the sum of a million squares; the best of five counts. A process of its own runs
    without coverage, which would slow it down.
    """
    library = GalleryLibrary(tmp_path / "library")
    library.hang(MAX_PHOTOS)
    library.write()
    library.close()
    done = processes.run(python(MEASURES_A_WRITE, library.folder.root), check=True)
    photos, *costs = map(float, done.stdout.split())
    assert photos == MAX_PHOTOS
    assert min(costs) < 5


@pytest.mark.long
def test_simultaneous_writers_leave_a_whole_page(library: GalleryLibrary) -> None:
    library.hang(20)
    errors: list[LibraryError] = []

    def write() -> None:
        try:
            library.write()
        except LibraryError as error:
            errors.append(error)

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert errors == []
    page = Page(library.folder.path("index.html").read_text(encoding="utf-8"))
    assert all(library.folder.path(i["src"]).is_file() for i in page.thumbnails)
    assert len(library.thumbnails()) == 20


def test_a_folder_that_cannot_be_written_is_named(library: GalleryLibrary) -> None:
    library.hang()
    library.folder.path("_gallery").write_text("not a folder")
    with pytest.raises(LibraryError, match=re.escape(str(library.folder.root))):
        library.write()


STRANGERS = {
    "a page of the user's": b"<!doctype html>\n<html lang='en'><title>My photos</title></html>\n",
    "a page that mentions ours": b"<!doctype html>\n<!-- " + b"x" * 300 + b"-->\n"
    b'<html lang="en" data-build="0123456789abcdef">',
    "a page with another build": b'<!doctype html>\n<html lang="en" data-build="42">',
    "no text": b"\xff\xfe\0<html",
    "an empty file": b"",
}


@pytest.mark.parametrize("content", STRANGERS.values(), ids=list(STRANGERS))
@pytest.mark.parametrize("name", [PAGE, NEWS])
def test_a_file_in_the_place_of_a_page_that_is_not_ours_is_left_as_it_is(
    library: GalleryLibrary, name: RelativePath, content: bytes
) -> None:
    library.hang()
    path = library.folder.path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    before = path.stat().st_mtime_ns
    written = write_gallery(library.catalogue, library.folder, library.library.settings)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (content, before)
    assert written.strangers == (name,)
    (warning,) = written.warnings
    assert warning == (
        f"{name} in the library is not the gallery's: it is left as it is, and the gallery is not "
        "written; move it elsewhere"
    )
    (other,) = {PAGE, NEWS} - {name}
    assert 'data-build="' in library.folder.path(other).read_text()
    path.unlink()
    assert library.write().strangers == ()


def test_a_folder_in_the_place_of_a_page_is_left_as_it_is(library: GalleryLibrary) -> None:
    library.hang()
    mine = library.folder.path(PAGE) / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    assert library.write().strangers == (PAGE,)
    assert mine.read_text() == "mine"


@posix_only
def test_a_link_to_a_page_elsewhere_is_left_as_it_is(
    library: GalleryLibrary, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "site.html"
    elsewhere.write_bytes(STRANGERS["a page of the user's"])
    library.folder.root.mkdir(exist_ok=True)
    library.folder.path(PAGE).symlink_to(elsewhere)
    library.hang()
    assert library.write().strangers == (PAGE,)
    assert library.folder.path(PAGE).is_symlink()
    assert elsewhere.read_bytes() == STRANGERS["a page of the user's"]


@pytest.mark.parametrize(
    "head",
    [
        pytest.param('\n\n<!doctype html>\n<html lang="en" data-build="{}">', id="first"),
        pytest.param('<!doctype html>\n<html lang="en" data-build="{}">', id="second"),
    ],
)
def test_a_page_of_an_earlier_version_is_ours_and_replaced(
    library: GalleryLibrary, head: str
) -> None:
    (stored,) = library.hang()
    page = head.format("0123456789abcdef") + "\n<head>\n<title>Photos</title>"
    library.folder.path(PAGE).write_text(page)
    written = library.write()
    assert written.strangers == ()
    links = Page(library.page.read_text(encoding="utf-8")).pictures
    assert [unquote(link["href"]) for link in links] == [stored.path]


def test_a_page_of_each_mode_is_replaced_by_the_other(
    library: GalleryLibrary, make_settings: MakeSettings
) -> None:
    """Demo and live may share a folder, and so a page."""
    library.hang()
    library.write()
    with open_library(make_settings(library="library")) as demo:
        assert write_gallery(demo.photos, demo.store, demo.settings).strangers == ()
    assert library.write().strangers == ()
