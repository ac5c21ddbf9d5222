"""Files that an import leaves with DVC: the real `dvc` takes them for its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from import_sources import MadeUpSource, model, version
from mreg import Registry
from mreg.importers.carry import Carried, Carrying, carry, planned
from mreg.importers.plan import Naming
from pipelines import begun, dvc
from repositories import run

pytestmark = pytest.mark.integration

FOLDER = {
    "MLmodel": b"flavors: {}\r\n",
    "a": b"",
    "a b/\u00e9 [1]#.bin": b"\x80\x00",
    "a-b": b"x",
    "nested.dvc": b"outs: []\n",
    "dvc.yaml": b"stages: {}\n",
}
FILE = {"deep/1.5 [x]!.pkl": bytes(range(256)) * 5000}
SEVERAL = model("nlp/folder", version("nlp/folder", 1, 1_000_000))
SINGLE = model("single", version("single", 1, 1_000_000))


def imported(path: Path, found: MadeUpSource, **names: str) -> list[Carried]:
    registry = Registry.open(path)
    plans = planned(found, registry, (), Naming(models=names))
    return [*carry(found, registry, plans, Carrying("dvc"))]


def unquoted(file: Path) -> str:
    return file.read_text().translate({ord(it): None for it in "'\""})


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with its cache in a folder beside it, and two models imported into it."""
    folder = tmp_path_factory.mktemp("dvc")
    path = begun(folder)
    dvc(path, "config", "cache.dir", "../shared")
    dvc(path, "remote", "add", "-q", "--default", "storage", str(folder / "storage"))
    run(path, "commit", "-q", "-a", "-m", "A project of DVC's")
    several = imported(path, MadeUpSource(SEVERAL, files=FOLDER), **{"nlp/folder": "nlp/folder"})
    single = imported(path, MadeUpSource(SINGLE, files=FILE))
    assert [it.failure for it in (*several, *single)] == [None, None]
    assert run(path, "status", "--porcelain") == b""
    return path


@pytest.mark.parametrize(
    ("branch", "tracked", "files"),
    [
        ("nlp+folder", "models/nlp/folder", FOLDER),
        ("single", "models/single", {"1.5 [x]!.pkl": FILE["deep/1.5 [x]!.pkl"]}),
    ],
)
def test_dvc_takes_them(
    project: Path, tmp_path: Path, branch: str, tracked: str, files: dict[str, bytes]
) -> None:
    """Checked out, the same byte for byte, nothing changed; `dvc add` would write the same."""
    path = tmp_path / "project"
    shutil.copytree(project, path)
    shutil.copytree(project.parent / "shared", tmp_path / "shared")
    run(path, "switch", "-q", f"imported/{branch}")
    dvc(path, "remote", "modify", "--local", "storage", "url", str(tmp_path / "storage"))
    dvc(path, "checkout", "-q")
    found = {
        it.relative_to(path / tracked).as_posix(): it.read_bytes()
        for it in (path / tracked).rglob("*")
        if it.is_file() and it.name not in (".gitignore", "1.5 [x]!.pkl.dvc")
    }
    assert found == files
    assert dvc(path, "status") == "Data and pipelines are up to date.\n"
    (name,) = run(path, "ls-files", "-z", "*.dvc").decode().rstrip("\0").split("\0")
    written = [path / name, (path / name).parent / ".gitignore"]
    kept = {it: it.stat().st_mode for it in (tmp_path / "shared").rglob("*")}
    before = [unquoted(it) for it in written]
    (path / name).unlink()
    dvc(path, "add", "-q", name.removesuffix(".dvc"))
    assert [unquoted(it) for it in written] == before
    assert {it: it.stat().st_mode for it in (tmp_path / "shared").rglob("*")} == kept
    dvc(path, "push", "-q")
    pushed = [it for it in (tmp_path / "storage").rglob("*") if it.is_file()]
    assert len(pushed) == len(files) + (len(files) > 1)
    shutil.rmtree(tmp_path / "shared")
    dvc(path, "pull", "-q")
    assert dvc(path, "status", "-q") == ""


def test_a_clone_gets_them_from_the_remote(project: Path, tmp_path: Path) -> None:
    dvc(project, "push", "-q", "--all-tags")
    run(tmp_path, "clone", "-q", str(project), "clone")
    registry = Registry.open(tmp_path / "clone")
    got = registry.get("nlp/folder@v1.0.0", tmp_path / "got")
    assert {it: (got / it).read_bytes() for it in FOLDER} == FOLDER
    assert registry.get("single@v1.0.0").read_bytes() == FILE["deep/1.5 [x]!.pkl"]
    assert registry.annotation("single@v1.0.0").path == "models/single/1.5 [x]!.pkl"
