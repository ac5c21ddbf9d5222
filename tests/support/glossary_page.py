"""The tables of docs/concepts/glossary.md, made of what `mreg help glossary` prints."""

from __future__ import annotations

import re

from mreg.cli.glossary import ENDINGS, TERMS

LINKS = {
    "registry": "[The registry](registry.md)",
    "artifact": "[names](../reference/format.md#names)",
    "version": "[versions](../reference/format.md#names)",
    "stage": "[stages in a policy](../reference/settings.md#keys)",
    "event": "[how events are replayed](../reference/format.md#replay)",
    "register": "[mreg register](../reference/commands.md#mreg-register)",
    "promote": "[mreg promote](../reference/commands.md#mreg-promote)",
    "holder": "[replay](../reference/format.md#replay)",
    "annotation": "[annotations](../reference/annotations.md)",
    "metadata": "[the fields](../reference/annotations.md#the-fields)",
    "policy": "[who may promote what](../how-to/policy.md)",
    "approval": "[approvals](../reference/format.md#approvals)",
    "selector": "[mreg show](../reference/commands.md#mreg-show)",
    "catalog": "[many registries as one](../how-to/catalog.md)",
}
"""Where a word is explained at length, from docs/concepts."""

_TERMS = re.compile(r"^\| word \| meaning \|.*?\n(?!\|)", re.M | re.S)
_ENDINGS = re.compile(r"^\| command \| ends \|.*?\n(?!\|)", re.M | re.S)


def with_glossary(document: str) -> str:
    """Return a document with the tables of the glossary as they are now."""
    document = _TERMS.sub(lambda _: terms(), document)
    return _ENDINGS.sub(lambda _: endings(), document)


def terms() -> str:
    """Return the table of the words."""
    rows = [
        f"| <a id='{it.word}'></a>**{it.word}** | {_code(it.about)} | {LINKS[it.word]} |"
        for it in TERMS
    ]
    return "\n".join(["| word | meaning | more |", "| --- | --- | --- |", *rows]) + "\n"


def endings() -> str:
    """Return the table of what takes something back."""
    rows = [
        f"| [{it.word}](../reference/commands.md#mreg-{it.word}) | {it.ends} | {it.leaves} |"
        for it in ENDINGS
    ]
    return "\n".join(["| command | ends | leaves |", "| --- | --- | --- |", *rows]) + "\n"


def _code(text: str) -> str:
    """Mark the names of files, the selectors and the commands in a meaning as code."""
    return re.sub(
        r"\b(?:churn(?:[@#][\w.]*\w)?|\w+\.yaml|mreg help \w+)|(?<= )\.mreg\.yaml", r"`\g<0>`", text
    )
