"""The names of artifacts and stages, and what Git takes for a ref."""

from __future__ import annotations

import itertools
import random
import subprocess

import pytest

from mreg.core import names, refnames
from mreg.errors import InvalidName

ARTIFACTS = [
    "a",
    "0",
    "churn",
    "Churn-Model_2",
    "nlp/sentiment",
    "a/b",
    "models:churn",
    "models/v2.1:churn",
    "models/x.y:nlp/sentiment",
    "_private:churn",
    "a_-_b",
]
NOT_ARTIFACTS = [
    "",
    "-a",
    "a-",
    "_a",
    "a_",
    "/a",
    "a/",
    "a b",
    "a.b",
    "a@b",
    "a#b",
    "a!",
    "a=b",
    "a:b:c",
    ":a",
    "a:",
    "/abs:a",
    "-dir:a",
    "café",
    "\u0663",
    "a\n",
    "a\x00",
    "--output=x",
]
NOT_FOR_GIT = [
    ("a//b", "two in a row"),
    (".hidden:a", "begins with a dot"),
    ("x/.hidden:a", "begins with a dot"),
    ("x..y:a", "two dots"),
    ("../x:a", "begins with a dot"),
    ("x.lock/y:a", ".lock"),
]


@pytest.mark.parametrize("text", ARTIFACTS)
def test_an_artifact_name_is_returned_as_it_is(text: str) -> None:
    assert names.artifact(text) == text


@pytest.mark.parametrize("text", NOT_ARTIFACTS)
def test_what_is_no_artifact_name_is_refused_with_the_rule(text: str) -> None:
    with pytest.raises(InvalidName, match="is not an artifact name") as refused:
        names.artifact(text)
    alone = "write only the name, a" if text in ("a@b", "a#b") else "letters, digits"
    assert alone in refused.value.hint


@pytest.mark.parametrize(
    "text", ["../git/churn.git", "./a", "~/a", "https://example.com/a", "a.git"]
)
def test_a_repository_in_place_of_a_name_is_pointed_to_its_option(text: str) -> None:
    with pytest.raises(InvalidName) as refused:
        names.artifact(text)
    assert refused.value.hint.startswith("to name a repository, use --repo (repo= in Python); ")


@pytest.mark.parametrize("text", ["v1.2.0", "1.2.0", "v2.0.0-rc.1"])
def test_a_version_alone_is_shown_behind_a_name(text: str) -> None:
    with pytest.raises(InvalidName) as refused:
        names.artifact(text)
    assert refused.value.hint.startswith(f"to name a version, write NAME@{text}; a name consists")


@pytest.mark.parametrize(("text", "why"), NOT_FOR_GIT)
def test_a_name_that_git_cannot_hold_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(InvalidName, match="Git cannot hold") as refused:
        names.artifact(text)
    assert why in str(refused.value)


@pytest.mark.parametrize("text", ["prod", "p", "0", "eu/prod", "pre-prod_2"])
def test_a_stage_name_is_returned_as_it_is(text: str) -> None:
    assert names.stage(text) == text


@pytest.mark.parametrize(
    "text", ["", "-prod", "prod!", "prod#1", "a:b", "a=b", "a.b", "prod ", "prod\n", "ü"]
)
def test_what_is_no_stage_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidName, match="is not a stage name"):
        names.stage(text)


def test_a_stage_that_git_cannot_hold_is_refused() -> None:
    with pytest.raises(InvalidName, match="two in a row"):
        names.stage("eu//prod")


@pytest.mark.parametrize(
    ("shown", "in_tag"), [("churn", "churn"), ("models:churn", "models=churn"), ("a/b:c", "a/b=c")]
)
def test_the_separator_differs_between_screen_and_tag(shown: str, in_tag: str) -> None:
    assert names.in_tag(shown) == in_tag
    assert names.from_tag(in_tag) == shown


@pytest.mark.parametrize(
    ("artifact", "directory"), [("churn", ""), ("models:churn", "models"), ("a/b:c/d", "a/b")]
)
def test_the_directory_of_an_artifact(artifact: str, directory: str) -> None:
    assert names.directory(artifact) == directory


def test_names_that_differ_in_case_alone_fold_together() -> None:
    assert names.fold("Churn") == names.fold("cHURN")
    assert names.fold("churn") != names.fold("churn2")


@pytest.mark.parametrize(
    ("ref", "why"),
    [
        ("refs/tags/.a", "begins with a dot"),
        ("refs/tags/a.lock", "ends in .lock"),
        ("refs/tags/a.lock/b", "ends in .lock"),
        ("refs/tags/a..b", "two dots"),
        ("refs/tags/a b", "' '"),
        ("refs/tags/a\x7f", r"'\x7f'"),
        ("refs/tags/a~1", "'~'"),
        ("refs/tags/a^", "'^'"),
        ("refs/tags/a:b", "':'"),
        ("refs/tags/a?", "'?'"),
        ("refs/tags/a*", "'*'"),
        ("refs/tags/a[", "'['"),
        ("refs/tags/a\\b", r"'\\'"),
        ("refs/tags/a/", "slash"),
        ("refs/tags/a//b", "slash"),
        ("refs/tags/a.", "ends with a dot"),
        ("refs/tags/a@{0}", "'@{'"),
    ],
)
def test_the_reason_why_git_refuses_a_ref(ref: str, why: str) -> None:
    assert why in refnames.fault(ref)


def _hostile_refs() -> list[str]:
    """Return each pair and many longer rows of the pieces that the rules are about."""
    pieces = [
        "a",
        "/",
        ".",
        "..",
        ".lock",
        "lock",
        "@",
        "{",
        "@{",
        "~",
        " ",
        "*",
        "é",
        "\x7f",
        "\t",
    ]
    pairs = ["".join(pair) for pair in itertools.product(pieces, repeat=2)]
    chance = random.Random(0)
    rows = ["".join(chance.choices(pieces, k=chance.randint(3, 7))) for _ in range(200)]
    return [f"refs/tags/{tail}" for tail in (*pieces, *pairs, *rows)]


def test_ref_fault_agrees_with_git() -> None:
    """The rules are those of `git help check-ref-format`; Git itself is asked for the answer."""
    differing = []
    for ref in _hostile_refs():
        asked = subprocess.run(["git", "check-ref-format", ref], check=False)
        if (asked.returncode == 0) != (refnames.fault(ref) == ""):
            differing.append(ref)
    assert differing == []
