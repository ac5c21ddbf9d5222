"""Some files of a folder: those that match, fetched alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from commandline import CommandLine
from mreg.content.location import DvcFolder, GitBlob, Member, chosen, narrowed
from mreg.dvc.records import DvcObject
from mreg.errors import NotFound
from mreg.registry import Registry
from repositories import Maker, Repository, Tag

FILES = {
    "artifacts.yaml": b"bert: {path: bert}\none: {path: bert/config.json}\n",
    "bert/a[1].txt": b"a",
    "bert/config.json": b"{}",
    "bert/onnx/model.onnx": b"onnx",
    "bert/onnx/model.json": b"{}",
    "bert/weights.bin": b"weights",
}


@pytest.fixture
def repository(make_repository: Maker) -> Repository:
    return make_repository([Tag("bert@v1.0.0"), Tag("one@v1.0.0")], commits=[FILES])


def _files(folder: Path) -> set[str]:
    return {it.relative_to(folder).as_posix() for it in folder.rglob("*") if it.is_file()}


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["config.json"], {"config.json"}),
        (["*.json"], {"config.json", "onnx/model.json"}),
        (["a[1].txt"], {"a[1].txt"}),
        (["onnx/"], {"onnx/model.onnx", "onnx/model.json"}),
        (["onnx"], {"onnx/model.onnx", "onnx/model.json"}),
        (["*.onnx", "w*"], {"onnx/model.onnx", "weights.bin"}),
    ],
)
def test_those_that_match(
    repository: Repository,
    mreg: CommandLine,
    tmp_path: Path,
    patterns: list[str],
    expected: set[str],
) -> None:
    words = [word for it in patterns for word in ("--include", it)]
    mreg.ok("get", "bert", "-o", str(tmp_path / "out"), *words, repo=repository)
    assert _files(tmp_path / "out") == expected


def test_a_part_in_the_cache_is_not_taken_for_the_whole(repository: Repository) -> None:
    registry = Registry.open(repository.path)
    for _ in range(2):
        assert _files(registry.get("bert", include=["*.bin"])) == {"weights.bin"}
        assert _files(registry.get("bert", include=["onnx"])) == {
            "onnx/model.onnx",
            "onnx/model.json",
        }
        assert _files(registry.get("bert", include="*.bin")) == {"weights.bin"}
        whole = {it.removeprefix("bert/") for it in FILES if it.startswith("bert/")}
        assert _files(registry.get("bert")) == whole


def test_what_matches_nothing_is_told(repository: Repository, mreg: CommandLine) -> None:
    done = mreg("get", "bert", "--include", "*.pt", "--print-path", repo=repository)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "error: no file of bert matches *.pt\n"
        "hint: choose from a[1].txt, config.json, onnx/model.json, onnx/model.onnx, weights.bin\n"
    )
    done = mreg("get", "one", "--include", "*.json", repo=repository)
    assert done.err.startswith("error: one v1.0.0 is a single file, so --include does not apply\n")


def test_of_a_folder_that_dvc_keeps() -> None:
    folder = DvcFolder("data", DvcObject("0" * 32 + ".dir"))
    members = [Member(it, GitBlob(it)) for it in ("a.csv", "b/c.csv", "b/d.txt")]
    part = narrowed(folder, ["b/", "a*", "a*"], "data v1.0.0")
    assert isinstance(part, DvcFolder)
    assert part.patterns == ("a*", "b/")
    assert chosen(part, members) == tuple(members)
    assert chosen(folder._replace(patterns=("*.txt",)), members) == (members[2],)
    with pytest.raises(NotFound, match=r"no file of data matches \?\.txt"):
        chosen(folder._replace(patterns=("?.txt",)), members)
