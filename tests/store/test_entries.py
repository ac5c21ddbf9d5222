"""What commits say of versions is kept: the same answers, and nothing that may change."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_versioned_files import LIST, METRICS, registered

from dvc_storage import md5, store
from mreg.annotations import sources
from mreg.annotations.entry import Annotation
from mreg.annotations.packed import Said
from mreg.annotations.sources import Wanted
from mreg.git.repository import Repository as Opened
from mreg.store import entries, repository_cache
from mreg.store.versioned_files import VersionedFiles
from mreg.system import cache
from repositories import Maker, Repository, run

YAML = b"""\
m:
  type: model
  path: models/m.pkl
  framework: {name: torch, version: "2.4"}
  labels: [a, b]
  metrics: [metrics/m.json]
  params: {depth: 3, lr: .inf, nested: {on: true, day: 2024-01-01}}
  inputs: [{path: data.csv, role: training}, {artifact: d@latest}, {path: 1}]
  custom: [1, {x: null}]
d: {type: dataset, path: data.csv, requirements: [numpy, scipy]}
odd: 7
"""
COMMITS: list[dict[str, bytes]] = [
    {"artifacts.yaml": YAML, "metrics/m.json": b'{"auc": 0.5, "loss": NaN}', "models/m.pkl": b"1"},
    {"metrics/m.json": b'{"auc": '},
    {"artifacts.yaml": b"m: [broken"},
    {"artifacts.yaml": b"", "t/artifacts.yaml": b"n: {path: x/y, metrics: {a: 1}}"},
]
NAMES = ("m", "d", "odd", "t:n", "nobody")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_chosen", tmp_path / "cache")
    monkeypatch.setattr(entries, "FEWEST", 1)


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository(commits=COMMITS)


def asked(repo: Repository) -> list[Wanted]:
    commits = repo.git("rev-list", "--reverse", "HEAD").split()
    return [Wanted(name, it, f"{name}@{at}") for at, it in enumerate(commits) for name in NAMES]


def plain(repo: Opened, wanted: list[Wanted]) -> list[Said]:
    with VersionedFiles(repo) as files:
        return sources.read(wanted, files)


def test_the_second_time_it_is_the_same_and_nothing_is_read(
    repo: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = asked(repo)
    fresh = plain(repo.opened, wanted)
    read = _counted(monkeypatch)
    for _ in range(2):
        assert repr(entries.read(repo.opened, wanted)) == repr(fresh)  # a NaN equals nothing
    assert read == [wanted]


def test_a_new_version_alone_is_read(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = [it for it in asked(repo) if it.artifact in ("d", "t:n", "nobody")]
    entries.read(repo.opened, wanted[:-3])
    read = _counted(monkeypatch)
    entries.read(repo.opened, wanted)
    assert read == [wanted[-3:]]
    entries.read(repo.opened, wanted)
    assert len(read) == 1


def _counted(monkeypatch: pytest.MonkeyPatch) -> list[list[Wanted]]:
    """Note what is read of commits from now on."""
    read: list[list[Wanted]] = []
    plainly = sources.read

    def counted(
        wanted: list[Wanted], files: VersionedFiles, *, checked: bool = False
    ) -> list[Said]:
        read.append(list(wanted))
        return plainly(wanted, files, checked=checked)

    monkeypatch.setattr(sources, "read", counted)
    return read


def test_a_problem_names_what_was_asked_about(repo: Repository) -> None:
    wanted = [it for it in asked(repo) if it.artifact == "m"]
    entries.read(repo.opened, wanted)
    other = [it._replace(subject="another") for it in wanted]
    assert repr(entries.read(repo.opened, other)) == repr(plain(repo.opened, other))


@pytest.mark.parametrize("cut", [0, 100, 5000, 20_000])
def test_a_damaged_file_changes_nothing(repo: Repository, cut: int, tmp_path: Path) -> None:
    wanted = asked(repo)
    fresh = repr(entries.read(repo.opened, wanted))
    [file] = (tmp_path / "cache" / repository_cache.FOLDER).iterdir()
    whole = file.read_bytes()
    for damaged in (whole[:cut], whole[:cut] + b"\xff" * 64 + whole[cut + 64 :]):
        file.write_bytes(damaged)
        assert repr(entries.read(repo.opened, wanted)) == fresh


def test_what_the_cache_of_dvc_has_is_asked_each_time(make_repository: Maker) -> None:
    made, registry = registered(make_repository)

    def metrics() -> object:
        [said] = registry.annotations(registry.versions("m"))
        return said.metrics if isinstance(said, Annotation) else said

    assert metrics() == {}
    folder = made.path / ".dvc/cache"
    store(folder, LIST, name=f"{md5(LIST)}.dir")
    file = store(folder, METRICS)
    assert metrics() == {"acc": 0.9}
    file.unlink()
    assert metrics() == {}


@pytest.mark.parametrize("lost", ["HEAD:t", "HEAD^{tree}", "HEAD:t/artifacts.yaml", "HEAD:metrics"])
def test_what_is_not_here_is_asked_each_time(make_repository: Maker, lost: str) -> None:
    """An object that is lost may come back."""
    repo = make_repository(commits=[{**COMMITS[0], **COMMITS[3]}])
    for number, name in enumerate(("t:n", "m", "t:z")):
        wanted = [Wanted(name, repo.git("rev-parse", "HEAD").strip(), f"{number}")]
        oid = repo.git("rev-parse", lost).strip()
        file = repo.path / ".git/objects" / oid[:2] / oid[2:]
        away = file.rename(repo.path / "away")
        entries.read(repo.opened, wanted)
        away.rename(file)
        assert repr(entries.read(repo.opened, wanted)) == repr(plain(repo.opened, wanted))


def test_a_shallow_clone_keeps_nothing_of_what_it_lacks(repo: Repository, tmp_path: Path) -> None:
    wanted = asked(repo)
    run(tmp_path, "clone", "-q", "--depth=1", f"file://{repo.path}", "shallow")
    shallow = Opened.at(tmp_path / "shallow")
    run(shallow.path, "remote", "remove", "origin")
    entries.read(shallow, wanted)
    run(shallow.path, "fetch", "-q", "--unshallow", f"file://{repo.path}", "main")
    assert repr(entries.read(shallow, wanted)) == repr(plain(repo.opened, wanted))


def test_a_gate_reads_anew(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = asked(repo)
    entries.read(repo.opened, wanted)
    read = _counted(monkeypatch)
    entries.read(repo.opened, wanted, checked=True)
    assert read == [wanted]


def test_few_are_read_and_not_kept(
    repo: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(cache, "_chosen", tmp_path / "cache")
    entries.read(repo.opened, asked(repo))
    assert not (tmp_path / "cache").exists()
