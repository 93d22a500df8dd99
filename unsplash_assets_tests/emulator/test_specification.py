"""Tests of the emulated API with schemathesis, which knows only the official specification.

It tries each parameter at and beyond its bounds, undeclared methods, requests without a key and
with a wrong one, and then random requests, which stay the same as long as the code does. All of its
checks are on, but for one that is off for the random requests.
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup

from unsplash_assets.emulator.application import Emulator
from unsplash_assets.emulator.faults import with_fault
from unsplash_assets.emulator.photos import EmulatedPhoto, topic_code
from unsplash_assets.emulator.places import EmulatedTopic
from unsplash_assets_tests.conftest import Serve, served
from unsplash_assets_tests.support.specification import specification

pytestmark = pytest.mark.long

KEY = "the-only-key"
PHOTO = EmulatedPhoto(topic_code("nature"), 7)


def in_half_of_the_cases(dictionary: str) -> dict[str, Any]:
    return {"dictionary": dictionary, "probability": 0.5}


CONFIG = SchemathesisConfig.from_dict(
    {
        "headers": {"Authorization": f"Client-ID {KEY}"},
        "generation": {"deterministic": True, "max-examples": 100},
        # Some wrong values become right ones in a URL: a count of {} is no count.
        "phases": {"fuzzing": {"checks": {"negative_data_rejection": {"enabled": False}}}},
        # Random ids would never be those of a photo.
        "dictionaries": {
            "photos": {"values": [PHOTO.id, f"mountain-ridges-{PHOTO.id}"]},
            "topics": {"values": ["wallpapers", EmulatedTopic("travel").id]},
            "collections": {"values": ["1065976"]},
        },
        "parameters": {
            "path.assetSlug": in_half_of_the_cases("photos"),
            "path.id": in_half_of_the_cases("photos"),
            "path.topicSlug": in_half_of_the_cases("topics"),
            "path.collectionId": in_half_of_the_cases("collections"),
        },
    }
)
schema = schemathesis.openapi.from_dict(specification(), config=CONFIG)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    dice = random.Random(1)  # noqa: S311 - chooses pictures, no secret
    with served(Emulator(dice=dice, keys=frozenset({KEY}))) as base:
        yield base


@schema.parametrize()
def test_no_answer_is_one_that_the_specification_forbids(case: Case[Any], url: str) -> None:
    case.call_and_validate(base_url=url)


@pytest.mark.parametrize(
    ("fault", "finding"),
    [
        ("api-500", "Server error"),
        ("api-html", "Undocumented Content-Type"),
        ("api-not-a-photo", "Response violates schema"),
    ],
)
def test_an_answer_that_it_forbids_would_be_found(serve: Serve, fault: str, finding: str) -> None:
    case = schema["/photos/random"]["GET"].Case()
    with pytest.raises(FailureGroup, match=finding):
        case.call_and_validate(base_url=serve(with_fault(Emulator(), fault)))


def test_a_spent_quota_reads_as_recorded_though_the_specification_forbids_it(
    serve: Serve,
) -> None:
    case = schema["/photos/random"]["GET"].Case()
    with pytest.raises(FailureGroup, match="Missing Content-Type"):
        case.call_and_validate(base_url=serve(with_fault(Emulator(), "api-quota")))
