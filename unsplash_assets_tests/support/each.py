"""One test of a rule that holds for each file: a test for each file and rule would be thousands."""

from collections.abc import Callable, Iterable
from pathlib import Path

from unsplash_assets_tests.support.paths import PROJECT

Check = Callable[[Path], None]


def for_each(files: Iterable[Path]) -> Callable[[Check], Callable[[], None]]:
    """Make a test of a check; it looks at all files, and names those that fail."""

    def decorate(check: Check) -> Callable[[], None]:
        def test() -> None:
            failures = [failure for file in files for failure in _failures(check, file)]
            assert not failures, "\n".join(failures)

        test.__name__, test.__doc__ = check.__name__, check.__doc__
        return test

    return decorate


def _failures(check: Check, file: Path) -> list[str]:
    try:
        check(file)
    except AssertionError as error:
        return [f"{file.relative_to(PROJECT)}: {error}"]
    return []
