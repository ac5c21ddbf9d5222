"""`mreg.log_artifact`, as a training script calls it."""

from __future__ import annotations

import platform
import subprocess
import sys
import types
from importlib import metadata
from pathlib import Path

import pytest

import mreg
from mreg.errors import Refused, RepositoryError
from mreg.worktree.log import imported_requirements
from repositories import Maker, Repository


class Float32:
    """A number as NumPy has it."""

    ndim = 0

    def item(self) -> float:
        return 0.5


@pytest.fixture
def repository(make_repository: Maker, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = make_repository.empty()
    (made.path / "models").mkdir()
    (made.path / "models" / "churn.pkl").write_bytes(b"model")
    (made.path / "data.csv").write_bytes(b"x")
    monkeypatch.chdir(made.path)
    return made


def test_it_says_what_was_made_and_with_what(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = types.ModuleType("sklearn")
    fake.__version__ = "1.10"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "sklearn", fake)
    monkeypatch.setattr("importlib.metadata.version", _absent)
    made = mreg.log_artifact(
        "models/churn.pkl",
        metrics={"accuracy": Float32(), "n": 10},
        params={"depth": 5, "kind": "gini", "path": Path("x"), "layers": (1, 2)},
        inputs=["data.csv,role=training"],
        requirements=["numpy==1.26.0"],
        commit=True,
    )
    assert (made.artifact, made.path, made.changed) == ("churn", "artifacts.yaml", True)
    found = mreg.Registry.open(repository.path).annotation("churn")
    assert found.type == "model"
    assert found.path == "models/churn.pkl"
    assert found.framework == mreg.Framework("scikit-learn", "1.10")
    assert found.metrics == {"accuracy": 0.5, "n": 10}
    assert found.params == {"depth": 5, "kind": "gini", "path": "x", "layers": [1, 2]}
    assert found.inputs == (mreg.Input(path="data.csv", role="training"),)
    assert found.requirements == ("numpy==1.26.0",)
    assert found.custom == {"python": platform.python_version()}


def _absent(name: str) -> str:
    raise metadata.PackageNotFoundError(name)


def test_a_second_run_replaces_what_was_of_the_first_and_keeps_the_rest(
    repository: Repository,
) -> None:
    file = repository.path / "artifacts.yaml"
    mreg.log_artifact(
        "models/churn.pkl",
        metrics={"accuracy": 0.9, "f1": 0.8},
        inputs=["data.csv"],
        requirements=["a==1"],
    )
    file.write_text(file.read_text().replace("0.9\n", "0.9 # first\n") + "  owner: me # asked\n")
    before = file.read_text()
    mreg.log_artifact("models/churn.pkl", metrics={"accuracy": 0.91}, requirements=["a==1"])
    after = file.read_text()
    assert after == before.replace("    accuracy: 0.9 #", "    accuracy: 0.91 #").replace(
        "    f1: 0.8\n", ""
    ).replace("  inputs:\n    - path: data.csv\n", "")


def test_the_same_run_again_changes_nothing(repository: Repository) -> None:
    first = mreg.log_artifact("models/churn.pkl", metrics={"a": 1}, inputs=["data.csv"])
    again = mreg.log_artifact("models/churn.pkl", metrics={"a": 1}, inputs=["data.csv"])
    assert (first.changed, again.changed) == (True, False)


def test_the_requirements_are_the_packages_that_are_imported(repository: Repository) -> None:
    mreg.log_artifact("models/churn.pkl")
    text = (repository.path / "artifacts.yaml").read_text()
    assert f"pytest=={metadata.version('pytest')}" in text
    assert "pip==" not in text


def test_nothing_heavy_is_imported_for_it(repository: Repository) -> None:
    program = (
        "import sys, mreg; mreg.log_artifact('models/churn.pkl', metrics={'a': 1});"
        "print(sorted({'git', 'rich', 'pydantic', 'typer', 'semver', 'numpy', 'sklearn'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


def test_names_and_places(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(repository.path / "models")
    (repository.path / "models" / "my model!.bin").write_bytes(b"")
    assert mreg.log_artifact("my model!.bin").artifact == "my-model"
    inner = mreg.log_artifact("churn.pkl", name="models:churn", inputs=["data.csv"])
    assert inner.path == "models/artifacts.yaml"
    assert "path: churn.pkl" in (repository.path / "models/artifacts.yaml").read_text()
    assert "path: ../data.csv" in (repository.path / "models/artifacts.yaml").read_text()
    assert mreg.log_artifact("s3://bucket/m", name="far", type="dataset").changed


def test_what_is_refused(repository: Repository, tmp_path: Path) -> None:
    outside = tmp_path / "elsewhere.pkl"
    outside.write_bytes(b"")
    with pytest.raises(RepositoryError):
        mreg.log_artifact(outside)
    with pytest.raises(Refused, match="outside"):
        mreg.log_artifact("models/churn.pkl", inputs=["../../elsewhere.csv"])
    assert not (repository.path / "artifacts.yaml").exists()


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_metric_that_says_nothing_is_recorded_with_a_warning(
    repository: Repository, value: str
) -> None:
    with pytest.warns(UserWarning, match=f"the metric loss is {value}: it is recorded"):
        mreg.log_artifact("models/churn.pkl", metrics={"loss": float(value), "acc": 0.5})
    text = (repository.path / "artifacts.yaml").read_text()
    assert f"  metrics:\n    loss: {value.replace('inf', '.inf').replace('nan', '.nan')}\n" in text
    assert "    acc: 0.5\n" in text


def _install(site: Path, name: str, *files: str, version: str = "1.0") -> None:
    """Put a distribution where Python finds it."""
    info = site / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    said = f"Version: {version}\n" if version else ""
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\n{said}")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    for file in files:
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text("")


def test_of_a_namespace_package_only_what_is_imported_counts(
    repository: Repository, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    _install(site, "space-one", "space/one/__init__.py")
    _install(site, "space-two", "space/two/__init__.py")
    _install(site, "space-three", "space/three.py")
    _install(site, "alone", "alone.py")
    _install(site, "setuptools", "setuptools/__init__.py")
    program = (
        f"import sys; sys.path.insert(0, {str(site)!r});"
        "import alone, setuptools, space.one, space.three\n"
        "from mreg.worktree.log import imported_requirements; print(*imported_requirements())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    found = {it for it in done.stdout.split() if it.startswith(("alone", "setup", "space"))}
    assert found == {"alone==1.0", "space-one==1.0", "space-three==1.0"}


def test_a_distribution_without_a_version_is_left_out(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.version", _absent)
    assert imported_requirements() == []
