"""Which stage is the main one, and the order of the others."""

from __future__ import annotations

import pytest

from mreg.core import stages


@pytest.mark.parametrize(
    ("used", "policy", "order"),
    [
        (["staging", "prod", "dev"], [], ("prod", "staging", "dev")),
        (["eu", "us"], ["us", "eu"], ("eu", "us")),
        (["prod", "shadow"], ["shadow", "staging", "prod"], ("prod", "staging", "shadow")),
        (["b", "a"], [], ("a", "b")),
        ([], [], ()),
    ],
)
def test_the_main_one_comes_first(
    used: list[str], policy: list[str], order: tuple[str, ...]
) -> None:
    assert stages.ordered(used, policy) == order
