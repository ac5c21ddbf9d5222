"""What the real `dvc` keeps: a file, a folder and a pipeline's output, in remotes of its own."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest

import mreg
from mreg.content import dvc_remotes
from pipelines import dvc
from remotes import listening
from repositories import EMAIL, NAME, Repository, run

pytestmark = pytest.mark.integration

MODEL = bytes(range(256)) * 500
FILES = {"a.bin": b"first\r\n" * 50, "deep/b.bin": b"second"}
MADE = b"made by a pipeline\n"

_PIPELINE = """\
stages:
  train:
    cmd: echo 'made by a pipeline' >made.bin
    outs: [made.bin]
"""
_ARTIFACTS = "churn: {path: churn.bin}\nall: {path: models}\nmade: {path: made.bin}\n"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose contents were pushed into the folder `storage` beside it."""
    path = tmp_path_factory.mktemp("dvc") / "project"
    (path / "models" / "deep").mkdir(parents=True)
    (path / "churn.bin").write_bytes(MODEL)
    for name, content in FILES.items():
        (path / "models" / name).write_bytes(content)
    (path / "dvc.yaml").write_text(_PIPELINE)
    (path / "artifacts.yaml").write_text(_ARTIFACTS)
    run(path, "init", "-q", "-b", "main")
    run(path, "config", "user.name", NAME)
    run(path, "config", "user.email", EMAIL)
    dvc(path, "init", "-q")
    dvc(path, "remote", "add", "-q", "--default", "storage", "../storage")
    dvc(path, "add", "-q", "churn.bin", "models")
    dvc(path, "repro", "-q")
    dvc(path, "push", "-q")
    run(path, "add", "-A")
    run(path, "commit", "-q", "-m", "A model")
    for name in ("churn", "all", "made"):
        run(path, "tag", "-a", "-m", "A version.", f"{name}@v1.0.0")
    return path


@pytest.fixture
def cloned(project: Path, tmp_path: Path) -> Repository:
    """A clone without a cache, beside a copy of the remote."""
    shutil.copytree(project.parent / "storage", tmp_path / "storage")
    run(tmp_path, "clone", "-q", str(project), "clone")
    return Repository(tmp_path / "clone")


def check(repo: Path | str, out: Path) -> None:
    """Get the three versions, and hold them against what was added."""
    assert Path(mreg.get("churn@v1.0.0", repo=repo)).read_bytes() == MODEL
    assert Path(mreg.get("made@v1.0.0", repo=repo)).read_bytes() == MADE
    mreg.get("all@v1.0.0", out, repo=repo)
    found = {it.relative_to(out).as_posix(): it.read_bytes() for it in out.rglob("*.bin")}
    assert found == FILES


def test_from_the_cache(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "project"
    shutil.copytree(project, copy)
    check(copy, tmp_path / "out")


def test_from_a_remote_that_is_a_folder(cloned: Repository, tmp_path: Path) -> None:
    check(cloned.path, tmp_path / "out")


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The URL of the test's folder."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            """Say nothing of each request."""

    with listening(partial(Quiet, directory=str(tmp_path))) as url:  # type: ignore[arg-type]
        yield url


def test_from_a_remote_on_the_web_as_dvc_sets_it_up(
    cloned: Repository, served: str, tmp_path: Path
) -> None:
    dvc(cloned.path, "remote", "modify", "--local", "storage", "url", f"{served}/storage")
    shutil.move(tmp_path / "storage", tmp_path / "moved")
    with pytest.raises(mreg.MregError, match="is not in"):
        mreg.get("churn@v1.0.0", repo=cloned.path)
    shutil.move(tmp_path / "moved", tmp_path / "storage")
    check(cloned.path, tmp_path / "out")


def test_from_where_dvc_2_would_have_put_it(cloned: Repository, tmp_path: Path) -> None:
    """The same contents, in the layout of DVC 2; its pointers do not say by which digest."""
    new = tmp_path / "storage" / "files" / "md5"
    for folder in new.iterdir():
        folder.rename(tmp_path / "storage" / folder.name)
    pointer = cloned.path / "churn.bin.dvc"
    text = pointer.read_text()
    assert f"md5: {hashlib.md5(MODEL).hexdigest()}" in text
    pointer.write_text(text.replace("  hash: md5\n", ""))
    cloned.git("commit", "-q", "-a", "-m", "As DVC 2 writes it")
    cloned.git("tag", "-a", "-m", "A version.", "churn@v2.0.0")
    assert Path(mreg.get("churn@v2.0.0", repo=cloned.path)).read_bytes() == MODEL


def test_by_the_real_program(
    cloned: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What mreg leaves to DVC's own program, that program fetches: here from a folder."""

    def none(*_: object) -> None:
        return None

    monkeypatch.setattr(dvc_remotes, "reader", none)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:/usr/bin:/bin")
    storage = tmp_path / "storage"
    config = f"[core]\n    remote = storage\n['remote \"storage\"']\n    url = {storage}\n"
    (cloned.path / ".dvc" / "config.local").write_text(config)
    check(cloned.path, tmp_path / "out")


def test_what_is_advised_for_metrics_in_its_cache_works(tmp_path: Path) -> None:
    """Git takes no file that DVC ignores, and DVC runs no stage whose output Git has."""
    path = tmp_path / "project"
    path.mkdir()
    pipeline = "stages: {t: {cmd: 'echo {\\\"acc\\\": 1} > m.json', metrics: [%s]}}\n"
    entry = "artifacts: {m: {path: dvc.yaml}}\nmetrics: [m.json]\n"
    (path / "dvc.yaml").write_text(pipeline % "m.json" + entry)
    run(path, "init", "-q", "-b", "main")
    run(path, "config", "user.name", NAME)
    run(path, "config", "user.email", EMAIL)
    (path / ".dvc").mkdir()
    (path / ".dvc" / ".gitignore").write_text("/cache\n/tmp\n")
    remote = "[core]\n    remote = s\n['remote \"s\"']\n    url = ../../s\n"
    (path / ".dvc" / "config").write_text(remote)
    dvc(path, "repro", "-q")
    run(path, "add", "-A")
    run(path, "commit", "-q", "-m", "A model")
    registry = mreg.Registry.open(path)
    registry.register("m")
    (path / ".dvc" / "cache").rename(tmp_path / "s")  # a remote looks the same
    [found] = registry.doctor()
    assert found.code == "MR021"
    assert found.hint.startswith("run `dvc fetch --all-tags` to fetch it, if it was pushed,")
    dvc(path, "fetch", "-q", "--all-tags")
    assert registry.doctor() == ()
    assert registry.annotation("m").metrics == {"acc": 1}

    (path / "dvc.yaml").write_text(pipeline % "{m.json: {cache: false}}" + entry)
    ignored = path / ".gitignore"
    ignored.write_text(ignored.read_text().replace("/m.json\n", ""))
    dvc(path, "repro", "-q")
    run(path, "add", "dvc.yaml", "dvc.lock", ".gitignore", "m.json")
    run(path, "commit", "-q", "-m", "Let Git keep the metrics")
    registry.register("m")
    shutil.rmtree(path / ".dvc" / "cache")
    assert registry.annotation("m").metrics == {"acc": 1}
    dvc(path, "repro", "-q", "--force")
