"""`mreg init`: set a repository up."""

from __future__ import annotations

from textwrap import indent
from typing import Annotated

from mreg.cli import online, options, output
from mreg.cli.parameters import Option
from mreg.registry import documents
from mreg.render.escape import line
from mreg.worktree.init import Pipeline, Step


def init(
    repo: options.Repo = ".",
    ci: Annotated[
        Pipeline | None,
        Option(
            "--ci", None, "Also write a pipeline for this service. It checks, and does not deploy."
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Set up a repository for mreg.

    It writes artifacts.yaml with an example in comments, .mreg.yaml for settings, and the entry of
    the hook mreg-validate in .pre-commit-config.yaml. Existing files are not overwritten.

    Examples:
        mreg init
        mreg init --ci github
    """
    steps = online.registry(repo).init(ci)
    if json:
        output.as_json(documents.listed("steps", steps))
        return
    for it in steps:
        output.data(line(_in_words(it)))
        if it.by_hand:
            output.data(indent(it.by_hand, "    "))
    if any(it.done != "kept" for it in steps):
        output.talk("Commit these files. Run `pre-commit install` to enable the hook.")
        if ci:
            output.talk(
                "The pipeline only checks the repository. For pipelines that deploy, see"
                " docs/how-to/ci.md in mreg's repository."
            )


def _in_words(it: Step) -> str:
    return f"{it.done:8}  {it.path}" + (f": {it.note}" if it.note else "")
