"""The words of mreg: `mreg help glossary`, and the tables of docs/concepts/glossary.md."""

from __future__ import annotations

import textwrap

from mreg.tuples import NamedTuple


class Term(NamedTuple):
    """A word, and what it means.

    Attributes:
        word: the word.
        about: its meaning, without a full stop.
    """

    word: str
    about: str


class Undoing(NamedTuple):
    """A command that takes something back.

    Attributes:
        word: the command.
        ends: what it ends.
        leaves: what stays as it was, or follows.
    """

    word: str
    ends: str
    leaves: str


TERMS = (
    Term("registry", "the registry tags of a repository, and all that follows from them"),
    Term("artifact", "a thing that has a name and versions: a model, a dataset"),
    Term("version", "a release of an artifact, such as v1.2.0: a name for one commit"),
    Term("stage", "an environment with a name, such as dev, staging or prod"),
    Term(
        "event",
        "what one registry tag records: a registration, deregistration, promotion, demotion or "
        "deprecation",
    ),
    Term("register", "to give a commit the name of a version"),
    Term("promote", "to put a version into a stage"),
    Term("holder", "the version that was promoted to a stage last, and is still in it"),
    Term("annotation", "the entry of an artifact in artifacts.yaml or dvc.yaml, at one commit"),
    Term("metadata", "what the annotation contains: path, type, metrics and more"),
    Term("policy", "the rules in .mreg.yaml: who may register and promote what"),
    Term("approval", "a person's consent that a version goes to a stage, if a policy requires it"),
    Term(
        "selector",
        "a way to name a version: churn, churn@v1.2.0, churn#prod (mreg help selectors)",
    ),
    Term("catalog", "the registries of several repositories, shown as one"),
)
"""The words, each after those that its meaning needs."""

ENDINGS = (
    Undoing(
        "demote",
        "a version's place in one stage",
        "the version and its other stages; an earlier holder may take over",
    ),
    Undoing(
        "rollback",
        "the place of a stage's holder",
        "both versions; the version before it holds the stage again",
    ),
    Undoing(
        "deregister",
        "a version, and its places in all stages",
        "the artifact and its other versions; it can be registered again",
    ),
    Undoing(
        "deprecate",
        "nothing; it marks the whole artifact as out of use",
        "all versions and stages; `mreg show` omits it without --all",
    ),
    Undoing(
        "remove",
        "the artifact's entry in artifacts.yaml, from the next commit on",
        "all versions and stages, and the metadata of earlier commits",
    ),
    Undoing(
        "undo",
        "the newest event of an artifact, if no remote has it; its tag is deleted",
        "all earlier events",
    ),
)
"""What takes something back, from the smallest effect to the largest; undo is the exception."""

ABOUT_ENDINGS = "Six commands take something back. Only undo deletes a tag."

_WIDTH, _WORD, _ENDS = 80, 13, 33


def text() -> str:
    """Return the topic as `mreg help glossary` prints it."""
    terms = "".join(_row(it.word, it.about) for it in TERMS)
    endings = "".join(_row_of_two(it.word, it.ends, it.leaves) for it in ENDINGS)
    head = _row_of_two("", "ends", "leaves")
    return f"{terms}\n{ABOUT_ENDINGS}\n\n{head}{endings}"


def _row(word: str, about: str) -> str:
    first, rest = word.ljust(_WORD), " " * _WORD
    return textwrap.fill(about, _WIDTH, initial_indent=first, subsequent_indent=rest) + "\n"


def _row_of_two(word: str, ends: str, leaves: str) -> str:
    from itertools import zip_longest

    left = textwrap.wrap(ends, _ENDS - 2)
    right = textwrap.wrap(leaves, _WIDTH - _WORD - _ENDS)
    lines = zip_longest([word], left, right, fillvalue="")
    return "".join(f"{a:<{_WORD}}{b:<{_ENDS}}{c}".rstrip() + "\n" for a, b, c in lines)
