"""Prints the tables of all faults and their results, as the tests check them.

python -m unsplash_assets_tests.support.faults      prints the tables of docs/reference/faults.md
"""

import sys
from collections.abc import Iterator, Sequence
from typing import Final

from unsplash_assets_tests.support.api_faults import API_FAULTS, ApiFault
from unsplash_assets_tests.support.picture_faults import PICTURE_FAULTS, PictureFault

HEAD: Final = ("| {0} | what happens | message | files |", "|---|---|---|---|")


def table(name: str, faults: Sequence[PictureFault | ApiFault]) -> Iterator[str]:
    """Yield the lines of a table."""
    yield from (line.format(name) for line in HEAD)
    for fault in faults:
        words, files = fault.fate.value
        said = f"`{fault.says}`" if fault.says else ""
        yield f"| {fault.name} | {words} | {said} | {files} of 3 |"


def tables() -> str:
    """Return both tables, with a line between them."""
    lines = [*table("a picture", PICTURE_FAULTS), "", *table("an answer of the API", API_FAULTS)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(tables())
