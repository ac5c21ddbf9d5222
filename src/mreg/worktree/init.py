"""Setting a repository up for mreg: its files, of which none that is there is overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from mreg.annotations import edit, outline
from mreg.annotations.edit import CannotEdit, Edit
from mreg.annotations.text import Unreadable
from mreg.git import remote, worktree
from mreg.git.repository import Repository
from mreg.system import distribution
from mreg.worktree import version_tools

Pipeline = Literal["github", "gitlab"]

HOOK = "mreg-validate"
"""The id of the hook."""

ARTIFACTS = """\
# Describes the models and datasets in this repository. mreg reads it at each version's own commit.
# `mreg annotate NAME` edits it, `mreg validate` checks it, `mreg help annotations` explains it.
#
# my-model:
#   type: model
#   path: models/my-model.pkl
#   description: Predicts which customers leave
#   labels: [tabular]
#   framework: {name: scikit-learn, version: "1.5.0"}
#   owner: data-team@example.com
#   metrics: [metrics.json]      # or the values: {accuracy: 0.93}
#   inputs:
#     - path: data/train.csv
#       role: training
"""

SETTINGS = """\
# Settings of the model registry. All are optional. `mreg validate` checks them.
#
# The allowed types of artifacts:
# types: [model, dataset]
#
# Tags of other tools that look similar to registry tags; mreg prints no warnings about them:
# ignore_tags: ["my-package@[0-9]*"]
#
# Whether commands publish events to the remote by default:
# push: true
#
# Who may promote what: stages, principals, approvals ... `mreg schema --settings` lists all keys.
# stages: [dev, staging, prod]
#
# The same with rules, instead of the line above:
# principals:
#   ann: {emails: [ann@example.com]}
#   bob: {emails: [bob@example.com]}
# stages:
#   staging:
#   prod:
#     from: staging
#     by: [ann, bob]
#     approvals: 1
#     requires: {metrics: {accuracy: ">= 0.9"}}
#
# The endpoints that `mreg status` asks for the version that really runs in a stage:
# endpoints: {prod: "http://models.example.com/v2/models/{name}"}
"""

_HOOK = {
    "id": HOOK,
    "name": "check model annotations (mreg)",
    "entry": "mreg validate",
    "language": "system",
    "files": r"(^|/)(artifacts|dvc)\.yaml$|^\.mreg\.yaml$",
    "require_serial": True,
}
HOOK_ENTRY: dict[str, Any] = {"repo": "local", "hooks": [_HOOK]}
"""The hook, as an entry of the pre-commit framework's configuration."""

_PRE_COMMIT = ".pre-commit-config.yaml"

_GITHUB = """\
# Checks the model annotations and the registry's tags.
name: mreg
on: [push, pull_request]
permissions:
  contents: read
jobs:
  mreg:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with:
          fetch-depth: 0 # the registry is in the tags
          persist-credentials: false
      - uses: actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0
        with:
          python-version: "3.12"
      - run: INSTALL
      - run: mreg validate --format github
      - run: mreg doctor
"""

_GITLAB = """\
# Checks the model annotations and the registry's tags.
mreg:
  image: python:3.12
  variables:
    GIT_DEPTH: "0" # the registry is in the tags
  script:
    - INSTALL
    - mreg validate
    - mreg doctor
"""

_PIPELINES: Final[dict[Pipeline, tuple[str, str]]] = {
    "github": (".github/workflows/mreg.yml", _GITHUB),
    "gitlab": (".gitlab-ci.yml", _GITLAB),
}
"""For each service the file, and its text: `INSTALL` is the command that installs mreg."""


def workflow(pipeline: Pipeline) -> tuple[str, str]:
    """Return the file of a service's pipeline, from the repository's root, and its text."""
    path, text = _PIPELINES[pipeline]
    return path, text.replace("INSTALL", distribution.command())


class Step(NamedTuple):
    """What was done about one file.

    Attributes:
        path: the file, from the repository's root.
        note: why it was kept, and what is left to do by hand; may be empty.
        by_hand: the lines to add to it by hand; may be empty.
    """

    path: str
    done: Literal["created", "extended", "kept"]
    note: str = ""
    by_hand: str = ""


def start(repo: Repository, pipeline: Pipeline | None = None) -> tuple[Step, ...]:
    """Set a repository up, with a pipeline for a service if one is named.

    Raises:
        RepositoryError: there is no usable repository.
        Refused: it is bare, or a file cannot be written.
    """
    top = worktree.root(repo).path
    steps = [
        _create(top, outline.FILE, ARTIFACTS),
        _create(top, ".mreg.yaml", SETTINGS),
        _add_hook(top),
    ]
    if pipeline:
        steps.append(_add_pipeline(top, *workflow(pipeline)))
    read = {file: worktree.read(top / file) for file in version_tools.FILES}
    confused = (
        Step(
            it.file,
            "kept",
            f"{it.tool} would mistake registry tags for the package's; add",
            it.lines,
        )
        for it in version_tools.find(read)
    )
    deleting = (
        Step(
            ".git/config", "kept", f"`git fetch {name}` deletes events that are not pushed; run", it
        )
        for name, it in remote.deleting_tags(repo)
    )
    return (*steps, *confused, *deleting)


def _create(top: Path, path: str, content: str) -> Step:
    if (top / path).exists():
        return Step(path, "kept", "it already exists")
    worktree.replace(top / path, content.encode())
    return Step(path, "created")


def _add_pipeline(top: Path, path: str, content: str) -> Step:
    """Make a pipeline; where there is one, which only its people can extend, say what it lacks."""
    step = _create(top, path, content)
    if step.done == "created":
        return step
    if b"mreg validate" in worktree.read(top / path):
        return step._replace(note="it already runs `mreg validate`")
    return step._replace(note="it already exists; add this by hand", by_hand=content)


def _add_hook(top: Path) -> Step:
    """Put the hook into the pre-commit framework's configuration, beside what is there."""
    file = top / _PRE_COMMIT
    before = worktree.read(file).decode("utf-8", "surrogateescape")
    if HOOK in before:
        return Step(_PRE_COMMIT, "kept", f"it already has the hook {HOOK}")
    try:
        content = edit.apply(before, [Edit(("repos",), HOOK_ENTRY, add=True)]).encode()
    except (CannotEdit, Unreadable, UnicodeEncodeError) as error:
        return Step(_PRE_COMMIT, "kept", f"add the hook {HOOK} by hand: {error}")
    done: Literal["created", "extended"] = "extended" if file.exists() else "created"
    worktree.replace(file, content)
    return Step(_PRE_COMMIT, done)
