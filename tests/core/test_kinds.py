"""The kinds of event: how each is written in a tag's name and said in words."""

from __future__ import annotations

import ast
from typing import get_args

import pytest

from mreg.core import kinds
from mreg.core.events import Action
from mreg.core.kinds import KINDS, TagName
from source import modules

TAGS = {
    "churn@v1.0.0": TagName("register", "churn", "v1.0.0"),
    "churn@v1.0.0#7": TagName("register", "churn", "v1.0.0", number=7),
    "churn@v1.0.0-rc.1+b.7": TagName("register", "churn", "v1.0.0-rc.1+b.7"),
    "churn@v1.0.0!": TagName("deregister", "churn", "v1.0.0"),
    "churn@v1.0.0!#7": TagName("deregister", "churn", "v1.0.0", number=7),
    "churn#prod": TagName("promote", "churn", stage="prod"),
    "churn#prod#12": TagName("promote", "churn", stage="prod", number=12),
    "churn#eu/prod#1": TagName("promote", "churn", stage="eu/prod", number=1),
    "churn#1#1": TagName("promote", "churn", stage="1", number=1),
    "churn#prod!": TagName("demote", "churn", stage="prod"),
    "churn#prod!#12": TagName("demote", "churn", stage="prod", number=12),
    "churn@deprecated": TagName("deprecate", "churn"),
    "churn@deprecated#3": TagName("deprecate", "churn", number=3),
    "models=churn@v1.0.0": TagName("register", "models:churn", "v1.0.0"),
    "models/nlp=a/b#prod#1": TagName("promote", "models/nlp:a/b", stage="prod", number=1),
}
NEARLY = [
    "churn@1.0.0",
    "churn@v1.0",
    "churn@v1.0.0!!",
    "churn@v1.0.0#0",
    "churn@v1.0.0#01",
    "churn@v1.0.0-01",
    "churn@created",
    "churn@deprecated!",
    "churn#prod#",
    "churn#prod#x",
    "churn#-prod",
    "-churn@v1.0.0",
    "a=b=c@v1.0.0",
]
FOREIGN = ["v1.0.0", "churn", "release-2024", "--output=x", "a@b", "@", "#", "", "nightly/2024"]


@pytest.mark.parametrize(("tag", "name"), TAGS.items())
def test_a_tag_is_read_and_written(tag: str, name: TagName) -> None:
    assert kinds.parse(tag) == name
    assert str(name) == tag


@pytest.mark.parametrize("tag", [*NEARLY, *FOREIGN])
def test_other_tags_are_none_of_ours(tag: str) -> None:
    assert kinds.parse(tag) is None


@pytest.mark.parametrize("tag", NEARLY)
def test_what_looks_meant_for_a_registry_is_noticed(tag: str) -> None:
    assert kinds.is_near_miss(tag)


@pytest.mark.parametrize("tag", FOREIGN)
def test_what_was_not_meant_for_a_registry_is_left_alone(tag: str) -> None:
    assert not kinds.is_near_miss(tag)


def test_the_whole_name_is_matched_not_its_beginning() -> None:
    assert kinds.parse("churn@v1.0.0") is not None
    assert kinds.parse("churn@v1.0.0 ") is None
    assert kinds.parse("x churn@v1.0.0") is None
    assert kinds.parse("churn@v1.0.0/x") is None


@pytest.mark.parametrize(
    ("action", "subject"),
    [
        ("register", "Register churn v1.0.0"),
        ("deregister", "Deregister churn v1.0.0"),
        ("promote", "Promote churn v1.0.0 to prod"),
        ("demote", "Demote churn v1.0.0 from prod"),
        ("deprecate", "Deprecate churn"),
    ],
)
def test_each_kind_says_in_words_what_happened(action: Action, subject: str) -> None:
    assert KINDS[action].subject("churn", "v1.0.0", "prod") == subject


def test_every_kind_is_a_row() -> None:
    assert tuple(KINDS) == get_args(Action)
    assert all(kind.action == action for action, kind in KINDS.items())


def test_no_module_asks_for_a_kind_by_its_name() -> None:
    """What a kind means stands in its row: a name that is compared is a fact that a row lacks."""
    asked = {
        (module, constant.value)
        for module, tree in modules().items()
        for node in ast.walk(tree)
        for constant in _asked_for(node)
        if isinstance(constant, ast.Constant) and constant.value in KINDS
    }
    assert asked == set()


def _asked_for(node: ast.AST) -> list[ast.AST]:
    """Return what a comparison compares, what a case matches, or the keys of a mapping."""
    if isinstance(node, ast.Compare | ast.MatchValue):
        return [*ast.walk(node)]
    return [it for it in node.keys if it] if isinstance(node, ast.Dict) else []
