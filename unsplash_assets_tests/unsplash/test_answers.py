"""Tests of `unsplash.answers`: what headers say about the quota, and the error of each answer."""

import json
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.errors import (
    AccessDenied,
    BadAnswer,
    KeyRefused,
    NoPhotos,
    QuotaSpent,
    RequestRefused,
    ServerError,
)
from unsplash_assets.unsplash.answers import Question, problem, quota_report
from unsplash_assets.unsplash.quota import QuotaReport
from unsplash_assets_tests.recorded import Recording, recordings

HTML = b"<!DOCTYPE html><html><body><h1>503 first byte timeout</h1>Guru Mediation</body></html>"
FRESH = {"X-Ratelimit-Limit": "50", "X-Ratelimit-Remaining": "44"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("5000", 5000),
        ("7", 7),
        ("0", 0),
        ("999999999", 999_999_999),
        ("many", None),
        ("-5", None),
        ("1e9", None),
        ("\xb2", None),
        ("99999999999999999999", None),
        ("", None),
    ],
)
@pytest.mark.parametrize("case", [str.title, str.lower, str.upper])
def test_the_numbers_are_those_of_the_headers_however_they_are_written(
    case: Any, text: str, number: int | None
) -> None:
    names = [case(name) for name in ("x-ratelimit-limit", "x-ratelimit-remaining")]
    assert quota_report(dict.fromkeys(names, text)) == QuotaReport(number, number)


@pytest.mark.parametrize(
    ("others", "report"),
    [
        ({}, QuotaReport(50, 44)),
        ({"Age": "0", "X-Cache": "MISS, MISS"}, QuotaReport(50, 44)),
        ({"Age": "soon"}, QuotaReport(50, 44)),
        ({"Age": "1"}, QuotaReport()),
        ({"age": "86400"}, QuotaReport()),
        ({"X-Cache": "HIT"}, QuotaReport()),
        ({"x-cache": "MISS, hit"}, QuotaReport()),
        ({"X-Cache": "Hit from cloudfront"}, QuotaReport()),
    ],
)
def test_an_answer_from_a_cache_says_nothing(others: dict[str, str], report: QuotaReport) -> None:
    assert quota_report({**FRESH, **others}) == report


def test_an_answer_may_have_one_of_the_numbers_or_none() -> None:
    assert quota_report({"X-Ratelimit-Limit": "50"}) == QuotaReport(50, None)
    assert quota_report({"X-Ratelimit-Remaining": "44"}) == QuotaReport(None, 44)
    assert quota_report({}) == QuotaReport()


NOT_OURS = b'{"errors":["Unauthorized"]}'
OAUTH = b'{"errors":["OAuth error: The access token is invalid"]}'


@pytest.mark.parametrize(
    ("body", "of_one_photo", "error"),
    [
        (NOT_OURS, True, RequestRefused),
        (NOT_OURS, False, KeyRefused),
        (OAUTH, True, KeyRefused),
        (OAUTH, False, KeyRefused),
        (b"", True, KeyRefused),
    ],
)
def test_a_401_may_be_about_one_photo_alone_where_only_one_was_asked_for(
    body: bytes, error: type[Exception], *, of_one_photo: bool
) -> None:
    question = Question("", "a download event", of_one_photo=of_one_photo)
    assert type(problem(401, {}, body, question)) is error


BY_STATUS = {401: KeyRefused, 403: QuotaSpent, 404: RequestRefused}
"""What the recorded errors stand for: the 403 are plain text, the 404 things not found."""


@pytest.mark.parametrize(
    "recording",
    [recording for recording in recordings() if recording.status >= 400],
    ids=lambda recording: recording.name,
)
def test_a_recorded_error_is_sorted_and_quoted(recording: Recording) -> None:
    error = problem(
        recording.status, recording.headers, recording.body, Question("", "topic 'sea'")
    )
    assert type(error) is BY_STATUS[recording.status]
    is_json = recording.body.startswith(b"{")
    said = recording.content["errors"][0] if is_json else "Rate Limit Exceeded"
    assert f"({recording.status}: {said})" in str(error)
    assert "trace" not in str(error)


SPENT = {"x-ratelimit-limit": "50", "X-Ratelimit-Remaining": "0"}
LEFT = {"X-Ratelimit-Remaining": "49"}
MISSING = b'{"errors":["OAuth error: missing permissions"]}'
PROBLEMS: list[tuple[int, dict[str, str], bytes, type[Exception], str]] = [
    (400, {}, b'{"errors":["query is missing"]}', RequestRefused, "400: query is missing"),
    (400, {}, b'{"errors":["a","b"]}', RequestRefused, "400: a; b"),
    (401, {}, b'{"errors":["Unauthorized"]}', KeyRefused, "401: Unauthorized"),
    (401, {}, b"", KeyRefused, "(401): copy the application's Access Key to UNSPLASH_API_KEY"),
    (401, SPENT, b"OAuth error: unauthorized", KeyRefused, "401: OAuth error: unauthorized"),
    (403, {}, b"Rate Limit Exceeded", QuotaSpent, "403: Rate Limit Exceeded"),
    (403, LEFT, b"Rate Limit Exceeded\n", QuotaSpent, "403: Rate Limit Exceeded"),
    (403, {}, b'{"errors":["Rate Limit Exceeded"]}', QuotaSpent, "403: Rate Limit Exceeded"),
    (403, SPENT, b"", QuotaSpent, "(403)"),
    (403, SPENT, HTML, QuotaSpent, "(403)"),
    (403, {**SPENT, "Age": "9"}, HTML, AccessDenied, "(403)"),
    (403, {}, MISSING, AccessDenied, "403: OAuth error: missing permissions"),
    (403, SPENT, MISSING, AccessDenied, "403: OAuth error: missing permissions"),
    (403, LEFT, b"", AccessDenied, "(403)"),
    (403, {}, HTML, AccessDenied, "api.example answered 403 with a page of HTML, as its API never"),
    (403, LEFT, HTML, AccessDenied, "api.example answered 403 with a page of HTML"),
    (403, {"X-Ratelimit-Limit": "50"}, HTML, AccessDenied, "check the application's state"),
    (403, {}, b"Blocked by policy", AccessDenied, "state, or a proxy or filter on the way"),
    (401, {}, HTML, AccessDenied, "answered 401 with a page of HTML"),
    (403, {"Server": "squid/6.1"}, HTML, AccessDenied, "a page of HTML from 'squid/6.1'"),
    (407, {}, b"", AccessDenied, "answered 407, as its API never does: look for a proxy"),
    (451, {"via": "1.1 filter"}, HTML, AccessDenied, "a page of HTML from '1.1 filter'"),
    (511, {}, HTML, AccessDenied, "a filter or a login page on the way"),
    (302, {}, HTML, AccessDenied, "answered 302 with a page of HTML"),
    (429, {}, b"", QuotaSpent, "(429)"),
    (429, LEFT, MISSING, QuotaSpent, "429: "),
    (404, {}, b'{"errors":["No photos found."]}', NoPhotos, "no photos of topic 'sea'"),
    (404, {}, b'{"errors":["Couldn\'t find Photo"]}', RequestRefused, "Couldn't find Photo"),
    (404, {}, b'{"errors":["Unable to find endpoint"]}', RequestRefused, "404: Unable to find"),
    (404, {}, HTML, AccessDenied, "answered 404 with a page of HTML"),
    (410, {}, b'{"errors":["Query flagged as spam"]}', RequestRefused, "Query flagged as spam"),
    (422, {}, b"[]", RequestRefused, "topic 'sea' (422)"),
    (408, {}, b"", ServerError, "(408)"),
    (500, {}, b'{"status":"500","error":"Internal Server Error"}', ServerError, "500: Internal"),
    (500, SPENT, b'{"error":"oops"}', ServerError, "500: oops"),
    (502, {}, b"Bad Gateway", ServerError, "502: Bad Gateway"),
    (503, {}, HTML, ServerError, "(503)"),
    (503, {}, b"\n  <?xml version='1.0'?><error/>", ServerError, "(503)"),
    (503, {}, b"", ServerError, "(503)"),
    (204, {}, b"", BadAnswer, "204 where 200 was expected"),
    (304, {}, b"", BadAnswer, "304 where 200 was expected"),
]  # fmt: skip


@pytest.mark.parametrize(("status", "headers", "body", "error", "said"), PROBLEMS)
def test_an_answer_other_than_200_is_sorted(
    status: int, headers: dict[str, str], body: bytes, error: type[Exception], said: str
) -> None:
    found = problem(status, headers, body, Question("https://api.example/x", "topic 'sea'"))
    assert type(found) is error
    assert said in str(found)


def test_errors_that_are_null_say_nothing() -> None:
    assert "None" not in str(problem(500, {}, b'{"errors":null}', Question("", "topic 'sea'")))


BODIES = st.binary() | st.recursive(
    st.none() | st.text(st.characters()) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.fixed_dictionaries({}, optional={"errors": inner, "error": inner})
    ),
).map(lambda content: json.dumps(content).encode())


@hypothesis.given(
    status=st.integers(201, 599),
    remaining=st.text(st.characters(), max_size=5),
    body=BODIES | st.builds(bytes.__mul__, BODIES, st.just(500)),
)
def test_whatever_the_body_says_the_error_is_one_line(
    status: int, remaining: str, body: bytes
) -> None:
    said = str(
        problem(status, {"X-Ratelimit-Remaining": remaining}, body, Question("", "topic 'sea'"))
    )
    assert said.isprintable()
    assert str(status) in said or "no photos of topic 'sea'" in said
    assert len(said) < 400
