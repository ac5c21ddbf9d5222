"""What the user's Git settings say of how things are shown changes no answer."""

from __future__ import annotations

import pytest

from commandline import CommandLine
from repositories import Maker, Repository

HOSTILE = {
    "blame.date": "relative",
    "color.ui": "always",
    "column.ui": "always",
    "core.abbrev": "5",
    "core.pager": "false",
    "core.quotePath": "true",
    "diff.external": "false",
    "diff.ignoreSubmodules": "all",
    "diff.mnemonicPrefix": "true",
    "diff.noprefix": "true",
    "diff.orderFile": "/there/is/no/such/file",
    "diff.relative": "true",
    "diff.renames": "copies",
    "diff.submodule": "log",
    "format.notes": "*",
    "format.pretty": "oneline",
    "i18n.logOutputEncoding": "UTF-16",
    "log.abbrevCommit": "true",
    "log.date": "relative",
    "log.decorate": "full",
    "log.diffMerges": "separate",
    "log.follow": "true",
    "log.mailmap": "true",
    "log.showRoot": "false",
    "log.showSignature": "true",
    "notes.displayRef": "*",
    "status.relativePaths": "true",
    "tag.sort": "-taggerdate",
    "versionsort.suffix": "-rc",
}

ASKED = (
    ("show",),
    ("show", "churn", "--all"),
    ("history",),
    ("stages",),
    ("describe", "churn"),
    ("diff", "churn@v1.0.0", "churn"),
    ("compare", "churn"),
    ("search", "metrics.auc>0"),
    ("lineage", "churn"),
    ("lineage", "--path", "data/é.csv", "--down"),
    ("changelog", "churn"),
    ("verify",),
    ("doctor",),
)

ENTRY = """\
churn:
  path: model.pkl
  metrics: {{auc: 0.{0}}}
  inputs: [{{path: data/é.csv}}]
"""


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    """Make a registry in whose history the model was moved, with notes and a mailmap."""
    made = make_repository(commits=[{".mailmap": b"Somebody Else <ann@example.com>\n"}])
    made.git("checkout", "-q", "main")
    (made.path / "data").mkdir()
    content = "long enough to be found again\n" * 20
    steps = (("old.pkl", 1), ("old.pkl", 2), ("model.pkl", 3))
    for number, (path, version) in enumerate(steps):
        (made.path / "artifacts.yaml").write_text(ENTRY.format(version), "utf-8")
        (made.path / "data" / "é.csv").write_text(f"{version}\n")
        (made.path / path).write_text(content + "x" * number)
        if path == "model.pkl":
            made.git("rm", "-q", "-f", "old.pkl")
        made.git("add", "-A")
        made.git("commit", "-q", "-m", f"Add a très small change, {version}")
        made.git("notes", "add", "-m", "A note.")
        if version != 2:
            made.git("tag", "-a", "-m", f"Version {version}", f"churn@v{version}.0.0")
    made.git("tag", "-a", "-m", "Go", "churn#prod#1")
    return made


def answers(mreg: CommandLine, repo: Repository) -> dict[tuple[str, ...], object]:
    """Return what mreg answers at the repository's root and in a folder of it."""
    return {
        (folder, *words): mreg(*words, "--json", repo=repo.path / folder)
        for folder in ("", "data")
        for words in ASKED
    }


def test_they_change_no_answer(repo: Repository, mreg: CommandLine) -> None:
    wanted = answers(mreg, repo)
    for key, value in HOSTILE.items():
        repo.git("config", "--global", key, value)
    found = answers(mreg, repo)
    for words, answer in wanted.items():
        assert found[words] == answer, words


def test_a_file_that_was_moved_is_another(repo: Repository, mreg: CommandLine) -> None:
    """The commits since are those that changed the version's path, not what it was moved from."""
    repo.git("config", "--global", "log.follow", "true")
    found = mreg.ok("lineage", "churn", "--json", repo=repo).json
    since = [it["from"] for it in found["edges"] if it["kind"] == "change"]
    assert since == [f"commit:{repo.git('rev-parse', 'main').strip()}"]
