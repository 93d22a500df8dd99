"""Tests of `defs.logs.problems`: a problem is written once."""

import pytest

from unsplash_assets.defs.logs.problems import Told
from unsplash_assets_tests.defs.logs.test_console import lines


def test_a_problem_of_ticks_is_told_once_until_it_is_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = Told()
    for problem in ("no key", "no key", None, "no key", "no disk"):
        told.tell(problem)
    assert lines(capsys.readouterr().err) == [
        "TIME WARNING no key",
        "TIME WARNING no key",
        "TIME WARNING no disk",
    ]
