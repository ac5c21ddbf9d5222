"""Metrics in a file or folder that DVC caches, read out of its cache: by caches made by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from commandline import CommandLine
from dvc_storage import listing, lock, md5, store
from mreg.dvc import lockfile
from mreg.registry import Registry
from repositories import Maker, Repository

METRICS = b'{"acc": 0.9}'
DVC_YAML = b"""\
artifacts: {m: {path: model.pkl}}
metrics: [eval/metrics.json]
stages:
  test: {cmd: x, outs: [eval]}
"""


LIST = listing({"metrics.json": METRICS})


def registered(make_repository: Maker, **files: bytes) -> tuple[Repository, Registry]:
    given = {"dvc.yaml": DVC_YAML, "dvc.lock": lock("eval", f"{md5(LIST)}.dir"), ".dvc/config": b""}
    given["model.pkl"] = b"model"
    given |= {name.replace("__", "/").replace("_", "."): raw for name, raw in files.items()}
    made = make_repository(commits=[given])
    made.git("reset", "-q", "--hard")
    registry = Registry.open(made.path)
    registry.register("m")
    return made, registry


def test_in_a_folder_that_is_cached(make_repository: Maker, mreg: CommandLine) -> None:
    policy = b'stages: {prod: {requires: {metrics: {acc: ">= 0.8"}}}}\n'
    made, registry = registered(make_repository, _mreg_yaml=policy)
    cache = made.path / ".dvc/cache"
    done = mreg("promote", "m", "prod", repo=made)
    assert done.code == 1
    assert "eval/metrics.json cannot be read" in " ".join(done.err.split())
    assert "run `dvc fetch --all-tags` to fetch it, if it was pushed," in " ".join(done.err.split())
    assert "add it to artifacts.yaml" not in done.err
    store(cache, LIST, name=f"{md5(LIST)}.dir")
    assert registry.annotation("m").metrics == {}  # the list is there, the file is not
    file = store(cache, METRICS)
    found = registry.annotation("m")
    assert found.metrics == {"acc": 0.9}
    assert found.sources["metrics"] == ("eval/metrics.json",)
    assert registry.doctor() == ()
    mreg.ok("promote", "m", "prod", repo=made)

    file.write_bytes(b'{"acc": 1.0}')  # which is not what the commit says
    assert registry.annotation("m").metrics == {}
    store(cache, LIST + b" ", name=f"{md5(LIST)}.dir")
    assert [it.code for it in registry.doctor()] == ["MR021"]


@pytest.mark.parametrize("of_dvc_3", [True, False])
def test_a_file_in_the_cache_that_the_user_has_set(
    make_repository: Maker, tmp_path: Path, of_dvc_3: bool
) -> None:
    locked = lock("eval/metrics.json", md5(METRICS), of_dvc_3=of_dvc_3)
    made, registry = registered(make_repository, dvc_lock=locked)
    shared = tmp_path / "shared"
    store(shared, METRICS, layout="files/md5" if of_dvc_3 else "")
    assert registry.annotation("m").metrics == {}
    (made.path / ".dvc/config.local").write_text(f"[cache]\n    dir = {shared}\n")
    assert registry.annotation("m").metrics == {"acc": 0.9}


@pytest.mark.parametrize(
    ("locked", "said"),
    [
        (lock("eval", "../../../../etc/passwd"), "dvc.lock has no MD5 of it"),
        (lock("eval", md5(LIST)), "DVC tracks eval, which is a file"),
        (lock("other", md5(LIST)), "it is not in its commit"),
        (b"[", "it is not in its commit"),
    ],
)
def test_what_cannot_be_read_is_said(make_repository: Maker, locked: bytes, said: str) -> None:
    _, registry = registered(make_repository, dvc_lock=locked)
    [problem] = registry.annotation("m").problems
    assert said in problem.message


@pytest.mark.parametrize(
    "raw",
    [b"", b"[1]", b'[{"md5": "x"}]', b'[{"relpath": "a", "md5": "../x"}]', b"[" * 100_000,
     b'[{"relpath": 1, "md5": "0"}]', b"\xff"],
)  # fmt: skip
def test_a_list_that_is_none(raw: bytes) -> None:
    with pytest.raises(ValueError, match="list of the folder is invalid"):
        lockfile.read_list(raw)
