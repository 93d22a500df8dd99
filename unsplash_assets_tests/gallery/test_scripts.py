"""Tests of `gallery.scripts`: the modules of the page's script, joined into one."""

import re
from collections import Counter

from unsplash_assets.gallery.scripts import joined
from unsplash_assets_tests.support.paths import PACKAGE

MODULES = sorted((PACKAGE / "gallery" / "web" / "js").rglob("*.js"))
PAGES = ["file.js", "served/served.js"]


def test_the_joined_script_has_each_module_once_and_before_what_imports_it() -> None:
    heads = {module.read_text().splitlines()[0] for module in MODULES}
    assert {head for head in heads for page in PAGES if head in joined(page)} == heads
    assert joined("file.js").index("class PagePhotos") < joined("file.js").index("new PagePhotos")
    for page in PAGES:
        assert [head for head in heads if joined(page).count(head) > 1] == []
        assert not re.search(r"^(import|export)\b", joined(page), re.MULTILINE)


def test_a_name_at_the_top_of_a_module_is_the_only_one_of_that_name() -> None:
    declared = re.compile(
        r"^(?:async )?(?:class|const|function|let) (?:\[\.\.\.|[\[{] ?)?(\w+)", re.MULTILINE
    )
    for page in PAGES:
        names = Counter(declared.findall(joined(page)))
        assert [name for name, number in names.items() if number > 1] == []


def test_a_module_of_the_script_is_small_and_says_what_it_is_for() -> None:
    texts = {module.name: module.read_text() for module in MODULES}
    assert [name for name, text in texts.items() if not text.startswith("// ")] == []
    assert [name for name, text in texts.items() if len(text.splitlines()) > 250] == []
