"""What is kept on disk changes no answer: not a byte of it, whatever happens to what is kept.

The plain way is to ask with nothing kept at all. It is held against asking where all is kept: in
every kind of repository, of good, bad and hostile tags and contents; while what is kept is damaged;
and after each kind of change to the repository.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import pytest

import hostile_contents
import hostile_tags
import kinds_of_repository as kinds
import questions
from commandline import CommandLine
from mreg.annotations import document
from mreg.store import entries, read
from questions import Asker, same
from random_registries import COMMITS, registry
from repositories import Lightweight, Maker, Repository, Tag, run

pytestmark = pytest.mark.integration  # they are long


@pytest.fixture(autouse=True)
def _everything_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small registries be kept as large ones are."""
    monkeypatch.setattr(read, "LARGE", 1)
    monkeypatch.setattr(entries, "FEWEST", 1)
    monkeypatch.setattr(document, "LARGE", 1)


# -- a registry with something of everything ------------------------------------------------------

_ENTRY = """\
{name}:
  type: model
  path: models/{name}.pkl
  description: Run {run}
  metrics: [metrics.json]
  params: {{depth: {run}}}
  inputs:
    - path: data.csv
    - artifact: {used}
"""


def files(run: int) -> dict[str, bytes]:
    """Return what a commit holds: two models, the second made from the first."""
    entries = (("churn", "raw@latest"), ("fraud", f"churn@v1.{run}.0"))
    text = "".join(_ENTRY.format(name=name, run=run, used=used) for name, used in entries)
    return {
        "artifacts.yaml": text.encode(),
        "metrics.json": b'{"auc": 0.%d, "loss": {"test": %d}}' % (5 + run, run),
        "data.csv": b"%d\n" % (run // 2),
        "models/churn.pkl": b"churn %d" % run,
        "models/fraud.pkl": b"fraud %d" % run,
        "team/artifacts.yaml": b"raw: {type: dataset, path: raw.csv}\n",
        "team/raw.csv": b"%d\n" % run,
    }


TAGS: Final[list[Tag | Lightweight]] = [
    Tag("raw@v0.1.0", 0, 0),
    *(Tag(f"churn@v1.{run}.0", run, 10 + run) for run in range(4)),
    *(Tag(f"fraud@v0.{run}.0", run, 20 + run, f"F\n\nPrevious: {'1' * 40}") for run in range(3)),
    Tag("team=raw@v1.0.0", 2, 30),
    Tag("churn#prod#1", 1, 40, "Go.\n\nVersion: v1.1.0\nPrevious: none"),
    Tag("churn#prod#2", 2, 41, "Go.\n\nVersion: v1.2.0"),
    Tag("churn#prod!#3", 2, 42, "Back.\n\nVersion: v1.2.0"),
    Tag("fraud#prod", 0, 43),
    Tag("fraud@v0.1.0!", 1, 44),
    Tag("old@v0.1.0", 0, 45),
    Tag("old@deprecated", 0, 46),
    Lightweight("churn@v9.0.0", 3),
    Tag("v1.0.0", 3, 50),
    Tag("churn@1", 3, 51),
]
ABOUT: Final = questions.about("churn", "v1.1.0", "auc", "2023-11-14T22:14:01Z")


@pytest.fixture
def here(make_repository: Maker) -> Repository:
    return made(make_repository)


def made(make_repository: Maker, object_format: str = "sha1") -> Repository:
    commits = [files(run) for run in range(4)]
    repo = make_repository(TAGS, commits=commits, name="here", object_format=object_format)
    repo.git("reset", "-q", "--hard")
    return repo


@pytest.fixture
def asker(here: Repository, mreg: CommandLine, tmp_path: Path) -> Asker:
    return Asker(here, ABOUT, mreg, tmp_path)


# -- kinds of repositories ------------------------------------------------------------------------

KINDS = [
    kinds.plain,
    kinds.packed_and_loose,
    kinds.shallow,
    kinds.without_tags,
    kinds.bare,
    kinds.worktree,
    kinds.borrowing,
    kinds.partial("blob:none"),
    kinds.with_reftable,
]


@pytest.mark.parametrize("make", KINDS)
def test_in_every_kind_of_repository(
    make: kinds.Change, here: Repository, mreg: CommandLine, tmp_path: Path
) -> None:
    if make is kinds.with_reftable and git_version() < kinds.REFTABLE:
        pytest.skip("this Git knows no reftables: it is older than 2.45")
    asker = Asker(make(here, tmp_path / "made"), ABOUT, mreg, tmp_path)
    asker.agree()
    assert asker.files()


def git_version() -> tuple[int, ...]:
    words = run(Path(), "version").decode().split()
    return tuple(int(it) for it in words[2].split(".")[:2])


def test_where_ids_are_sha256(make_repository: Maker, mreg: CommandLine, tmp_path: Path) -> None:
    Asker(made(make_repository, "sha256"), ABOUT, mreg, tmp_path).agree()


def test_of_hostile_tags(here: Repository, mreg: CommandLine, tmp_path: Path) -> None:
    hostile_tags.put_all(here)
    Asker(here, ABOUT, mreg, tmp_path).agree()


def test_of_hostile_contents(make_repository: Maker, mreg: CommandLine, tmp_path: Path) -> None:
    repo = make_repository(hostile_contents.TAGS, commits=hostile_contents.COMMITS)
    about = questions.about("churn", "v1.7.0", "auc", "2023-11-14T22:14:01Z")
    Asker(repo, about, mreg, tmp_path).agree()


@pytest.mark.parametrize("seed", range(3))
def test_of_what_others_wrote(
    seed: int, make_repository: Maker, mreg: CommandLine, tmp_path: Path
) -> None:
    tags = registry(seed)
    artifact, version = next(it.name.split("@v") for it in tags if "@v" in it.name)
    about = questions.about(artifact, f"v{version}", "auc", "2023-11-15")
    Asker(make_repository(tags, commits=COMMITS), about, mreg, tmp_path).agree()


# -- damage to what is kept -----------------------------------------------------------------------


def rotated(asker: Asker) -> None:
    """Give each file the content of another."""
    found = asker.files()
    contents = [file.read_bytes() for file in found]
    for file, content in zip(found, contents[1:] + contents[:1], strict=True):
        file.write_bytes(content)


def folders(asker: Asker) -> None:
    """Put a folder in the place of each file."""
    for file in asker.files():
        file.unlink()
        file.mkdir()


def changed(change: Callable[[bytes], bytes]) -> Callable[[Asker], None]:
    """Return what changes the content of each file."""

    def damage(asker: Asker) -> None:
        for file in asker.files():
            file.write_bytes(change(file.read_bytes()))

    return damage


def another_byte(raw: bytes) -> bytes:
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]


DAMAGES: Final = {
    "empty": changed(lambda raw: b""),
    "cut short": changed(lambda raw: raw[:-1]),
    "another byte in the middle": changed(another_byte),
    "more at the end": changed(lambda raw: raw + raw[-20:]),
    "of another key, as of another version": changed(lambda raw: raw[:16][::-1] + raw[16:]),
    "each other's content": rotated,
    "nothing but folders": folders,
}


def test_what_is_kept_is_damaged(asker: Asker) -> None:
    wanted = asker.plain()
    same(asker.kept(), wanted)
    for name, damage in DAMAGES.items():
        assert asker.files(), f"nothing was kept again before it was: {name}"
        damage(asker)
        same(asker.kept(), wanted)


def test_nothing_can_be_kept(asker: Asker, here: Repository) -> None:
    wanted = asker.plain()
    asker.cache.write_text("a file where the folder should be")
    (here.path / ".git/mreg").write_text("another")
    same(asker.kept(), wanted)


# -- changes to the repository --------------------------------------------------------------------


class Change(NamedTuple):
    """Something that happens to a repository.

    Attributes:
        name: what happens.
        do: does it.
    """

    name: str
    do: Callable[[Repository], object]


def add_by_hand(repo: Repository) -> None:
    repo.git("tag", "-a", "-m", "By hand", "churn@v2.0.0", "main~1")


def move(repo: Repository) -> None:
    repo.git("tag", "-f", "-a", "-m", "Elsewhere", "churn@v1.3.0", "main~2")


def remove_a_file(repo: Repository) -> None:
    (repo.path / ".git/refs/tags/churn@v2.0.0").unlink()


def remove_a_line(repo: Repository) -> None:
    """Take a tag out of the packed refs, by an editor."""
    file = repo.path / ".git/packed-refs"
    lines = file.read_text().splitlines(keepends=True)
    [at] = [n for n, line in enumerate(lines) if line.endswith("refs/tags/old@deprecated\n")]
    file.write_text("".join(lines[:at] + lines[at + 2 :]))


def move_in_place(repo: Repository) -> None:
    """Let a packed ref hold another tag's object; the file's size and time stay as they are."""
    file = repo.path / ".git/packed-refs"
    before, text = file.stat(), file.read_text()
    refs = repo.refs()
    held, other = refs["refs/tags/fraud@v0.2.0"], refs["refs/tags/fraud@v0.0.0"]
    with file.open("r+") as open_file:
        open_file.write(text.replace(f"{held} refs/tags/", f"{other} refs/tags/"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def commit(repo: Repository) -> None:
    """Commit another artifacts.yaml: HEAD moves, and what it says changes."""
    for path, content in files(7).items():
        (repo.path / path).write_bytes(content)
    repo.git("commit", "-q", "-a", "-m", "Later")


def edit(repo: Repository) -> None:
    (repo.path / "artifacts.yaml").write_text("churn: {type: dataset}\n")


def add_policy(repo: Repository) -> None:
    (repo.path / ".mreg.yaml").write_text("stages: {prod: {from: dev}}\n")
    repo.git("add", ".mreg.yaml")
    repo.git("commit", "-q", "-m", "Say who may do what")


def repack(repo: Repository) -> None:
    repo.git("pack-refs", "--all")


def collect(repo: Repository) -> None:
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "-q", "--prune=now")


def switch(repo: Repository) -> None:
    repo.git("reset", "-q", "--hard")
    repo.git("checkout", "-q", "-b", "aside", "main~2")


def replace(repo: Repository) -> None:
    """Show every other command another commit in a version's place."""
    repo.git("replace", repo.commits[1], repo.commits[3])


CHANGES: Final = [
    Change("a tag is added", add_by_hand),
    Change("a tag is moved", move),
    Change("a tag's file is removed", remove_a_file),
    Change("the refs are packed", repack),
    Change("a tag is removed from the packed refs", remove_a_line),
    Change("a packed ref is written over", move_in_place),
    Change("HEAD moves, and artifacts.yaml with it", commit),
    Change("artifacts.yaml is edited", edit),
    Change("a policy is added", add_policy),
    Change("the repository is packed", collect),
    Change("another branch is checked out", switch),
    Change("a commit is replaced", replace),
]


def test_after_each_change(asker: Asker, here: Repository) -> None:
    """One after the other, in one repository: what is kept is that of all the changes before."""
    before = asker.kept()
    for change in CHANGES:
        change.do(here)
        wanted = asker.plain()
        same(asker.kept(), wanted)
        if change.do in (add_by_hand, move, remove_a_file, remove_a_line, move_in_place, commit):
            assert wanted != before, change.name
        before = wanted


def test_by_url(here: Repository, mreg: CommandLine, tmp_path: Path) -> None:
    """A mirror that is known answers as one that is made for the question."""
    asked = [it for it in ABOUT if it[0] in ("show", "history", "describe", "search")][::2]
    by_url = [(*question, "--repo", here.path.as_uri()) for question in asked]
    asker = Asker(here, by_url, mreg, tmp_path)
    asker.agree()
    for change in (add_by_hand, move, repack, remove_a_line, commit):
        change(here)
        same(asker.kept(), asker.plain())


def test_objects_come_back(asker: Asker, here: Repository) -> None:
    """What was said while they were missing is not said again."""
    names = (
        "refs/tags/churn@v1.1.0",
        "main~2^{tree}",
        "main~2:artifacts.yaml",
        "main:metrics.json",
    )
    missing = [here.object_file(here.git("rev-parse", it).strip()) for it in names]
    for file in missing:
        file.rename(file.with_name("aside"))
    before = asker.plain()
    same(asker.kept(), before)
    for file in missing:
        file.with_name("aside").rename(file)
        wanted = asker.plain()
        assert wanted != before
        same(asker.kept(), wanted)
        before = wanted


def test_by_two_processes_at_once(asker: Asker, here: Repository) -> None:
    """Both find nothing kept, and keep the same."""
    environment = {**os.environ, "MREG_CACHE_DIR": str(asker.cache)}
    wanted = asker.plain()
    for question in (it for it in ABOUT if it[0] in ("lineage", "search")):
        command = [sys.executable, "-m", "mreg", *question]
        both = [
            subprocess.Popen(
                command, cwd=here.path, env=environment, stdout=subprocess.PIPE, text=True
            )
            for _ in range(2)
        ]
        assert [it.communicate()[0] for it in both] == [wanted[question].out] * 2
        assert [it.returncode for it in both] == [0, 0]
    same(asker.kept(), wanted)
