"""What mreg says is what the model says: a share of what `make model` goes whole."""

from __future__ import annotations

from itertools import product

import pytest

from model import plain as model
from model.plain import ATTEMPTS
from model.policies import POLICIES
from model.walk import RULES, STARTS, WHOLE, Walk, walk

AT_MOST = 20
"""At how many points of each length beyond `WHOLE` the sequences are gone on."""


def test_mreg_and_the_model_say_the_same() -> None:
    """All of them are gone here: workers that each went some tests' share would go all of it."""
    gone = [walk(*it, at_most=AT_MOST) for it in product(POLICIES, STARTS)]
    assert [fault for it in gone for fault in it.faults] == []
    _none_is_left_out(gone)
    # Each rule is kept by what is taken, and breaks something alone: each of them decides, so that
    # none could be left out without a difference here.
    assert {rule for it in gone for rule in it.alone} == RULES
    assert {rule for it in gone for rule in it.kept} >= RULES


def _none_is_left_out(gone: list[Walk]) -> None:
    """As many are counted as there are, however many of them lead to one point."""
    assert len(set(ATTEMPTS)) == 40
    assert len(gone) == 8 * 2
    for it in gone:
        assert it.sequences[: WHOLE + 1] == (1, 40, 40**2)
        assert it.verdicts.total() == sum(it.sequences[1:])
        assert it.verdicts["taken"]
        assert it.verdicts["refused"]


def test_a_difference_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = model.broken
    monkeypatch.setattr(model, "broken", lambda *it: whole(*it) - {"by"})
    told = walk("roles", "nothing", 1).faults
    registrations = [it for it in told if "who='bob', version='v1.0.0', stage=''" in it]
    assert ["by" in it for it in registrations] == [True] * 3  # arriving, recorded, wished for
