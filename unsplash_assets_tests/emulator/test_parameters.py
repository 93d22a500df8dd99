"""Tests of the parameters that the emulated API accepts, against the specification."""

import hypothesis
import pytest
from hypothesis import strategies as st

from unsplash_assets.emulator.parameters import Refusal, check_values, whole
from unsplash_assets_tests.support.specification import specification


def specified() -> dict[str, list[str]]:
    """Return the allowed values of each parameter that has a list of them."""
    document = specification()
    shared = document["components"]["parameters"]
    given = (one for path in document["paths"].values() for one in path["get"]["parameters"])
    whole_ones = (shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in given)
    return {one["name"]: one["schema"]["enum"] for one in whole_ones if "enum" in one["schema"]}


SPECIFIED = specified()


def test_the_specification_has_parameters_with_a_list_of_values() -> None:
    assert set(SPECIFIED) == {"orientation", "content_filter", "order_by", "color", "lang"}


@pytest.mark.parametrize("name", SPECIFIED)
def test_each_value_of_the_specification_is_taken(name: str) -> None:
    for value in SPECIFIED[name]:
        check_values({name: value}, name)


@pytest.mark.parametrize("name", SPECIFIED)
@hypothesis.given(value=st.text(max_size=8))
def test_any_other_value_is_refused(name: str, value: str) -> None:
    hypothesis.assume(value not in SPECIFIED[name])
    with pytest.raises(Refusal) as refused:
        check_values({name: value}, name)
    assert refused.value.status == "400 Bad Request"
    assert refused.value.reasons == (f"{name} does not have a valid value",)


def test_a_parameter_that_is_not_given_or_not_known_is_not_checked() -> None:
    check_values({}, *SPECIFIED)
    check_values({"orientation": "round"}, "color")


@hypothesis.given(st.integers(1, 10**999))
def test_a_number_may_have_any_size(number: int) -> None:
    assert whole({"page": str(number)}, "page", 1) == number


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "", " 1", "+1", "٣", "x", "9" * 5000])
def test_anything_but_a_number_of_1_or_more_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        whole({"page": text}, "page", 1)
    assert (refused.value.status, refused.value.reasons) == (
        "400 Bad Request",
        ("page is invalid",),
    )


def test_a_number_that_is_not_given_is_the_default() -> None:
    assert whole({}, "per_page", 10) == 10
