"""Which new names are probably another one, mistyped."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mreg.core import typos


@pytest.mark.parametrize(
    ("wanted", "known", "meant"),
    [
        ("chrun", ["churn", "fraud"], "churn"),
        ("prodution", ["production", "staging"], "production"),
        ("prdouciton", ["production"], "production"),
        ("prd", ["prod"], "prod"),
        ("prodd", ["prod", "prod-1"], "prod"),
        ("dve", ["dev"], "dev"),
        ("stagign", ["staging"], "staging"),
        ("Churn-Model", ["churn_model"], "churn_model"),
        ("churnmodel", ["churn-model"], "churn-model"),
        ("churn-modle", ["churn-model"], "churn-model"),
        ("models:chrun", ["models:churn"], "models:churn"),
        ("eu/prdo", ["eu/prod"], "eu/prod"),
        ("prod_1", ["prod-1"], "prod-1"),
        ("net", ["proj:net", "nett"], "proj:net"),
        ("net", ["proj:net", "net"], None),
        ("proj:net", ["net", "other:net"], None),
        ("churn", ["churn"], None),
        ("prod", ["prod", "prd"], None),
        ("prod-2", ["prod-1"], None),
        ("v2", ["v1"], None),
        ("churn2", ["churn"], None),
        ("churn-2", ["churn"], None),
        ("model10", ["model1"], None),
        ("us-prod", ["eu-prod"], None),
        ("de", ["en"], None),
        ("cnn", ["rnn"], None),
        ("prod", ["production"], None),
        ("encoder", ["decoder"], None),
        ("churn-large", ["churn"], None),
        ("churn", ["fraud", "nlp"], None),
        ("churn", [], None),
    ],
)
def test_the_known_name_that_is_meant(wanted: str, known: list[str], meant: str | None) -> None:
    assert typos.meant(wanted, known) == meant


@given(st.text("ab-1", min_size=1, max_size=6), st.text("ab-1", min_size=1, max_size=6))
def test_slips_are_the_same_both_ways(one: str, other: str) -> None:
    assert typos.slips(one, other) == typos.slips(other, one)
    assert (typos.slips(one, other) == 0) == (one == other)
    assert (typos.meant(one, [other]) is None) == (typos.meant(other, [one]) is None)
