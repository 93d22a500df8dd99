"""Tests of the tests' own plugins: the tiers by cost, and what is skipped for want of a program."""

import pytest

PLUGINS = """
pytest_plugins = [
    "unsplash_assets_tests.support.processes",
    "unsplash_assets_tests.support.programs",
    "unsplash_assets_tests.support.tiers",
]
"""
HEAD = "import subprocess, sys, pytest\n"


@pytest.fixture(autouse=True)
def _plugins(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(PLUGINS)


def run(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(HEAD + source)
    return pytester.runpytest_inprocess("-p", "no:cacheprovider", "--strict-markers", *options)


AGREES = """
@pytest.mark.process
def test_it(processes):
    assert processes.run([sys.executable, "--version"], check=True).stdout.startswith("Python")
"""
UNMARKED = "def test_it(processes): pass"
UNMARKED_BY_ANOTHER_FIXTURE = """
@pytest.fixture
def child(processes): return processes
def test_it(child): pass
"""
POINTLESS = """
@pytest.mark.process
def test_it(): pass
"""
POINTLESS_MODULE = """
pytestmark = pytest.mark.browser
def test_it(): pass
"""
OF_ANOTHER_TIER = """
@pytest.mark.browser
def test_it(processes): pass
"""
MARKED_FOR_LATER = """
@pytest.mark.slow
def test_it(processes): pass
"""


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_a_test_whose_marker_and_fixture_agree_runs(pytester: pytest.Pytester) -> None:
    run(pytester, AGREES).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (UNMARKED, "test_it uses the fixture processes: mark it @pytest.mark.process"),
        (UNMARKED_BY_ANOTHER_FIXTURE, "test_it uses the fixture processes: mark it *process"),
        (MARKED_FOR_LATER, "test_it uses the fixture processes: mark it *process"),
        (POINTLESS, "test_it is marked process, but does not use * or processes: remove*"),
        (
            POINTLESS_MODULE,
            "test_it is marked browser, but does not use browser or firefox: remove*",
        ),
        (OF_ANOTHER_TIER, "test_it uses the fixture processes: mark it @pytest.mark.process"),
    ],
    ids=["unmarked", "indirect", "deselected", "pointless", "pointless module", "another tier"],
)
def test_the_collection_fails_where_marker_and_fixture_differ(
    pytester: pytest.Pytester, source: str, message: str
) -> None:
    result = run(pytester, source, "-m", "not slow")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{message}"])


def test_an_argument_with_the_name_of_a_fixture_is_no_fixture(pytester: pytest.Pytester) -> None:
    source = "@pytest.mark.parametrize('browser', ['firefox'])\ndef test_it(browser): pass"
    run(pytester, source).assert_outcomes(passed=1)


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_a_test_of_the_cheap_tier_that_starts_a_process_fails(pytester: pytest.Pytester) -> None:
    source = "def test_it(): subprocess.run([sys.executable, '--version'], check=True)"
    result = run(pytester, source)
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*a test without a marker has started *python*"])


@pytest.mark.process
@pytest.mark.usefixtures("processes")
def test_the_cheap_tier_is_what_has_no_marker(pytester: pytest.Pytester) -> None:
    source = (
        AGREES
        + """
@pytest.mark.long
def test_long(): pass
@pytest.mark.slow
def test_slow(): pass
def test_cheap(): pass
"""
    )
    run(pytester, source, "--cheap").assert_outcomes(passed=1, deselected=3)
    run(pytester, source).assert_outcomes(passed=4)


WHOLE_MODULE = """
pytestmark = pytest.mark.long
raise AssertionError("this module is not read")
"""
WHOLE_MODULE_OF_TWO_TIERS = """
pytestmark = [
    pytest.mark.needs("exiftool"),
    pytest.mark.slow,
]
raise AssertionError("this module is not read")
"""


@pytest.mark.parametrize("source", [WHOLE_MODULE, WHOLE_MODULE_OF_TWO_TIERS])
def test_the_cheap_tier_does_not_even_import_a_costly_module(
    pytester: pytest.Pytester, source: str
) -> None:
    result = run(pytester, source, "--cheap")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    run(pytester, source).assert_outcomes(errors=1)


@pytest.fixture
def _nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


@pytest.mark.usefixtures("_nothing_installed")
def test_a_missing_program_is_named_with_its_package_and_listed_at_the_end(
    pytester: pytest.Pytester,
) -> None:
    source = """
@pytest.mark.needs("exiftool")
@pytest.mark.parametrize("number", range(3))
def test_it(number): pass
@pytest.mark.needs("chromium", "exiftool")
def test_both(): pass
@pytest.mark.skip(reason="another matter")
def test_other(): pass
"""
    result = run(pytester, source, "-rs")
    result.assert_outcomes(skipped=5)
    result.stdout.fnmatch_lines(
        [
            "*SKIPPED*exiftool is missing: apt-get install libimage-exiftool-perl",
            "*Skipped because a program is missing*",
            "exiftool *4 tests *apt-get install libimage-exiftool-perl",
            "chromium *1 test *apt-get install chromium",
        ]
    )


def test_nothing_is_listed_where_nothing_is_missing(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_it(): pytest.skip('another matter')")
    result.stdout.no_fnmatch_line("*Skipped because*")


def test_a_program_that_no_list_has_fails_the_collection(pytester: pytest.Pytester) -> None:
    result = run(pytester, "@pytest.mark.needs('gimp')\ndef test_it(): pass")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*needs *gimp*: add it to .ci/packages"])
