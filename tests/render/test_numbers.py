"""Numbers and params: flattened, held against each other, written for a reader."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.render import numbers

NAN, INF = float("nan"), float("inf")

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("nested", "flat"),
    [
        ({}, {}),
        ({"a": 1, "b": {"c": 2, "d": {"e": 3}}}, {"a": 1, "b.c": 2, "b.d.e": 3}),
        ({"a": {}}, {"a": {}}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1}]}),
        ({"a.b": 1, "a": {"b": 2}}, {"a.b": 1, "a": {"b": 2}}),
        ({"a": {"b": 2}, "a.b": 1}, {"a": {"b": 2}, "a.b": 1}),
    ],
)
def test_what_is_nested_gets_a_name_joined_by_dots(nested: Any, flat: Any) -> None:
    assert numbers.flat(nested) == flat


@given(st.dictionaries(st.text("ab.", max_size=4), values, max_size=4))
def test_nothing_is_lost_in_making_it_flat(nested: dict[str, Any]) -> None:
    def leaves(value: Any) -> int:
        return sum(map(leaves, value.values())) if isinstance(value, dict) and value else 1

    assert sum(map(leaves, numbers.flat(nested).values())) == sum(map(leaves, nested.values()))


@given(values)
def test_a_value_is_the_same_as_itself(value: Any) -> None:
    assert numbers.same(value, value)


@pytest.mark.parametrize(
    ("first", "second"),
    [(1, True), (0, False), (1, 1.0), ("1", 1), (None, ""), ([1], [2]), ([1], [1, 2])],
)
def test_values_of_different_kinds_differ(first: Any, second: Any) -> None:
    assert not numbers.same(first, second)
    assert not numbers.same({"a": first}, {"a": second})


@pytest.mark.parametrize(
    ("before", "after", "delta"),
    [
        (0.2, 0.3, 0.1),
        (0.822, 0.978, 0.156),
        (1, 3, 2),
        (2**60, 2**60 + 1, 1),
        (2**60, 0.5, 0.5 - 2**60),
        (1, 1.0, 0),
        (NAN, 1, None),
        (1, INF, None),
        (1e308, -1e308, None),
        (10**400, 10**400 + 1, 1),
        (10**400, 1.0, None),
    ],
)
def test_the_difference_is_that_of_what_is_written(before: Any, after: Any, delta: Any) -> None:
    assert numbers.delta(before, after) == delta


@given(st.floats() | st.integers(), st.floats() | st.integers())
def test_the_difference_turned_round_has_the_other_sign(before: Any, after: Any) -> None:
    there, back = numbers.delta(before, after), numbers.delta(after, before)
    assert there == (None if back is None else -back)


@pytest.mark.parametrize(
    ("before", "difference", "part"),
    [(0.5, 0.25, 0.5), (-2, 1, 0.5), (0, 1, None), (1, None, None), (10**400, 1, 0.0)],
)
def test_the_part_of_what_it_began_from(before: Any, difference: Any, part: Any) -> None:
    assert numbers.ratio(before, difference) == part


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("text", "text"),
        (True, "true"),
        (None, "null"),
        (2**60 + 1, "1152921504606846977"),
        (0.1, "0.1"),
        (1.0, "1.0"),
        (1e-07, "1e-07"),
        (1234567.0, "1234567.0"),
        (1e22, "1e+22"),
        (0.1 + 0.2, "0.30000000000000004"),
        (NAN, "nan"),
        (-INF, "-inf"),
        (["é", 1, NAN], '["é", 1, "nan"]'),
        ({"a": (1,)}, '{"a": [1]}'),
    ],
)
def test_values_are_written_whole(value: Any, shown: str) -> None:
    assert numbers.shown(value) == shown


@given(st.floats(allow_nan=False))
def test_a_number_reads_back(value: float) -> None:
    assert float(numbers.shown(value)) == value


def test_as_few_digits_as_tell_numbers_apart() -> None:
    assert numbers.digits_for([0.123456789, 0.2]) == 6
    assert numbers.digits_for([0.123456789, 0.123456788]) == 9
    assert numbers.digits_for([0.1 + 0.2, 0.3, NAN, None, "x", 1]) == 17
    assert numbers.shown(0.123456789, digits=6) == "0.123457"
    assert numbers.shown(1234567.25, digits=6) == "1234567.25"
    assert numbers.shown(9.0, digits=6) == "9"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), unique=True))
def test_numbers_that_differ_never_look_alike(drawn: list[float]) -> None:
    distinct = set(drawn)
    digits = numbers.digits_for(distinct)
    assert len({numbers.shown(it, digits=digits) for it in distinct}) == len(distinct)


def test_differences_have_their_sign() -> None:
    assert [numbers.signed(it) for it in (1, -0.5, 0, None)] == ["+1", "-0.5", "0", ""]
    assert [numbers.percent(it) for it in (0.19, -0.752, None)] == ["+19 %", "-75.2 %", ""]
    large = (9.994, 9.996, 29.007, -1234.5, 1e6)
    assert [numbers.percent(it) for it in large] == [
        "+999 %",
        "+1000 %",
        "+2901 %",
        "-123450 %",
        "+1e+08 %",
    ]


def test_plain_values_have_no_number_that_json_lacks() -> None:
    assert numbers.plain({"a": (NAN, 1.5), 2: [INF]}) == {"a": ["nan", 1.5], "2": ["inf"]}
