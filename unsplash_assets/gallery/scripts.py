"""Joins the page's modules into one script, since a page that is a file may not load modules.

`web/js` holds the modules, `web/js/served` those of the served page alone. Each lists what it
imports from others, one statement each, and the joined script has them in the order in which a
browser would run them. They share one scope, so a name at the top of a module is the only one of
that name.
"""

import re
from functools import cache
from importlib.resources import files
from posixpath import dirname, join, normpath
from typing import Final

from markupsafe import Markup

_WEB: Final = files(__package__) / "web"
_IMPORT: Final = re.compile(r'^import [^;]*? from "(\.\.?/[\w/]+\.js)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=async|class|const|function|let)", re.MULTILINE)


@cache
def own_text(name: str) -> Markup:
    """Return the text of a file in `web`."""
    return Markup((_WEB / name).read_text(encoding="utf-8"))  # noqa: S704 - the project's own


@cache
def joined(name: str) -> Markup:
    """Return a module of `web/js` with all that it imports before it."""
    return Markup("\n").join(_modules(name, set()))


def _modules(name: str, seen: set[str]) -> list[Markup]:
    if name in seen:
        return []
    seen.add(name)
    text = own_text(f"js/{name}")
    paths = [normpath(join(dirname(name), found)) for found in _IMPORT.findall(text)]
    needed = [module for path in paths for module in _modules(path, seen)]
    return [*needed, Markup(_EXPORT.sub("", _IMPORT.sub("", text)).strip() + "\n")]  # noqa: S704
