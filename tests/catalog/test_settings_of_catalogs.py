"""catalog.yaml: what it may say, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

import json_schemas
from commandline import CommandLine
from mreg.catalog import labels, schema, settings
from mreg.catalog.settings import CatalogSource
from mreg.errors import InvalidName, NotFound, UsageError

DOCS = Path(__file__).parents[2] / "docs"


def parsed(text: str) -> settings.CatalogSettings:
    return settings.parse(text.encode(), "/where/catalog.yaml", "catalog.yaml")


def test_all_that_it_may_say() -> None:
    found = parsed(
        "title: All\nindex: x.db\nparallel: 8\ntimeout: 5m\nrepositories:\n"
        "- https://example.com/a.git\n- git/*\n- {path: /b, label: c}\n- {command: [list, all]}\n"
    )
    assert found == settings.CatalogSettings(
        "/where/catalog.yaml",
        "All",
        "/where/x.db",
        8,
        300.0,
        (
            CatalogSource(url="https://example.com/a.git"),
            CatalogSource(path="git/*"),
            CatalogSource(path="/b", label="c"),
            CatalogSource(command=("list", "all")),
        ),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("repositories: []\n", "repositories is an empty list"),
        ("title: x\n", "has no repositories"),
        ("repositories: [{url: x}]\n", "'x' is not a URL"),
        ("repositories: [{}]\n", "one of url, path and command"),
        ("repositories: [{url: 'https://a/b', path: c}]\n", "one of url, path and command"),
        ("repositories: [{path: c, lable: d}]\n", "unknown field 'lable' (did you mean label?)"),
        ("repositories: [{path: c, label: 'a//b'}]\n", "'a//b' is not a valid label"),
        ("repositories: [{path: c, label: '{other}'}]\n", "is not a valid label"),
        ("repositories: [a]\nparallel: 0\n", "parallel is 0, less than 1"),
        ("repositories: [a]\nparallel: 65\n", "parallel"),
        ("repositories: [a]\ntimeout: soon\n", "'soon' is not a duration"),
        ("repositories: [a]\nrepositories: [b]\n", "already exists"),
        ("- a\n", "mapping"),
        ("a: [\n", "catalog.yaml:"),
        ("repositories: [&a x, *a]\n", "alias"),
        ('title: "\\ud800"\nrepositories: [a]\n', "title"),
        ('index: "a\\0b"\nrepositories: [a]\n', "character that is not allowed"),
        ('repositories: [{command: ["a\\0b"]}]\n', "character that is not allowed"),
        ('repositories: [{command: [a, "\\ud800"]}]\n', "command"),
        ('repositories: ["a\\0b"]\n', "character that is not allowed"),
        ("repositories: [{command: ['']}]\n", "the program has no name"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(UsageError) as told:
        parsed(text)
    assert str(told.value).startswith("catalog.yaml:")
    assert said in str(told.value)


def test_everything_wrong_is_said_at_once() -> None:
    with pytest.raises(UsageError) as told:
        parsed("titel: x\ntimeout: soon\nrepositories: [{url: 3}]\n")
    assert str(told.value).count("catalog.yaml:") == 3


def test_a_password_is_not_repeated() -> None:
    with pytest.raises(UsageError) as told:
        parsed("repositories: [{url: 'https://ann:hunter2@example.com/x', lable: x}]\n")
    assert "hunter2" not in str(told.value)


def test_there_is_none(tmp_path: Path, mreg: CommandLine) -> None:
    with pytest.raises(NotFound):
        settings.read(tmp_path / "catalog.yaml")
    assert mreg("catalog", "show", repo=tmp_path).code == 1


@pytest.mark.parametrize(
    ("template", "place", "label"),
    [
        ("{name}", "ml/churn.git", "churn"),
        ("{path}", "ml/churn.git", "ml/churn"),
        ("{path}", "churn.git/", "churn"),
        ("acme/{name}", "/a/b/churn/.git", "acme/churn"),
        ("{name}", "~ann/my%20models", "my-models"),
        ("{name}", "", ""),
    ],
)
def test_labels(template: str, place: str, label: str) -> None:
    assert labels.of(template, place) == label


def test_models() -> None:
    assert labels.split("team/a//x:churn@v1.0.0") == ("team/a", "x:churn@v1.0.0")
    assert labels.split("churn") == ("", "churn")
    for text in ("a//", "-//b", "//b", "a b//c"):
        with pytest.raises(InvalidName):
            labels.split(text)


def test_its_schema_is_kept_in_the_documents(mreg: CommandLine) -> None:
    """To write it anew: mreg schema --catalog > docs/reference/catalog.schema.json."""
    assert (
        mreg.ok("schema", "--catalog").out
        == (DOCS / "reference" / "catalog.schema.json").read_text()
    )
    json_schemas.validator(schema.json_schema())  # raises if it is none
