"""A model of scikit-learn, from training to a rollback: by MLflow's API alone, and by mreg's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow
import mlflow.artifacts
import mlflow.pyfunc
import mlflow.sklearn
import pytest
from mlflow.exceptions import MlflowException
from sklearn.linear_model import LinearRegression

from mreg import Registry
from mreg.integrations.mlflow.artifacts import MregArtifactRepository
from mreg.integrations.mlflow.store import MregStore
from mreg.system import cache
from repositories import Maker, Repository

ANNOTATION = """\
churn:
  type: model
  path: model
  metrics: {{slope: {slope}}}
"""


@pytest.fixture(autouse=True)
def _tracking(tmp_path: Path, new_database: Path) -> Iterator[None]:
    """Let MLflow keep its runs in the test's own folder."""
    mlflow.set_tracking_uri(f"sqlite:///{shutil.copy(new_database, tmp_path / 'runs.db')}")
    yield
    mlflow.set_registry_uri("")
    os.environ.pop("MLFLOW_REGISTRY_URI", None)


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository.empty()


def train(repo: Repository, slope: float) -> str:
    """Train a model, save it in the work tree, and commit it with its annotation."""
    model = LinearRegression().fit([[0.0], [1.0]], [0.0, slope])
    shutil.rmtree(repo.path / "model", ignore_errors=True)
    mlflow.sklearn.save_model(model, repo.path / "model", pip_requirements=[])
    (repo.path / "artifacts.yaml").write_text(ANNOTATION.format(slope=slope))
    repo.git("add", "-A")
    repo.git("commit", "-qm", f"Train with a slope of {slope}")
    return repo.git("rev-parse", "HEAD").strip()


def predicted(model: Any) -> float:
    return round(float(model.predict([[10.0]])[0]), 3)


def by_mlflow(repo: Repository) -> list[float]:
    """Train, log, register, promote, load and roll back by MLflow's API."""
    mlflow.set_registry_uri(f"mreg://{repo.path}?write=true")
    client = mlflow.MlflowClient()
    seen, made = [], []
    for slope in (2.0, 3.0):
        with mlflow.start_run() as run:
            mlflow.log_metric("slope", slope)
            commit = train(repo, slope)
            mlflow.log_artifacts(repo.path / "model", "model")
        tags = {"mreg.rev": commit, "mreg.bump": "minor"}
        source = f"runs:/{run.info.run_id}/model"
        made.append(mlflow.register_model(source, "churn", tags=tags).version)
        client.set_registered_model_alias("churn", "prod", made[-1])
        seen.append(predicted(mlflow.pyfunc.load_model("models:/churn@prod")))
    client.set_registered_model_alias("churn", "prod", made[0])
    seen.append(predicted(mlflow.pyfunc.load_model("models:/churn@prod")))
    assert client.get_model_version("churn", made[1]).run_id == run.info.run_id
    return seen


def by_mreg(repo: Repository) -> list[float]:
    """Do the same by mreg, which hands the model to MLflow as a folder."""
    registry = Registry.open(repo.path)
    seen = []
    for slope in (2.0, 3.0):
        train(repo, slope)
        registry.register("churn", bump="minor")
        registry.promote("churn@latest", "prod")
        seen.append(predicted(mlflow.pyfunc.load_model(str(registry.get("churn#prod")))))
    registry.rollback("churn", "prod")
    seen.append(predicted(mlflow.pyfunc.load_model(str(registry.get("churn#prod")))))
    return seen


def test_both_ways_come_to_the_same_end(make_repository: Maker) -> None:
    one, other = make_repository.empty(name="one"), make_repository.empty(name="other")
    assert by_mlflow(one) == by_mreg(other) == [20.0, 30.0, 20.0]
    ends = [Registry.open(it.path) for it in (one, other)]
    standing = [
        (
            [(it.version, it.current) for it in registry.versions("churn")],
            registry.resolve("churn#prod").version,
        )
        for registry in ends
    ]
    assert standing[0] == standing[1]
    assert standing[0] == ([("v0.2.0", ()), ("v0.1.0", ("prod",))], "v0.1.0")


class TestLoading:
    @pytest.fixture(autouse=True)
    def _registered(self, repo: Repository) -> None:
        registry = Registry.open(repo.path)
        for slope, version in ((1.0, "v1.0.0"), (2.0, "v1.1.0"), (3.0, "v2.0.0-rc.1")):
            train(repo, slope)
            registry.register("churn", version=version)
        registry.promote("churn@v1.0.0", "prod")
        mlflow.set_registry_uri(f"mreg://{repo.path}")

    @pytest.mark.parametrize(
        ("uri", "slope"),
        [
            ("models:/churn@prod", 1.0),
            ("models:/churn/prod", 1.0),
            ("models:/churn/PROD", 1.0),
            ("models:/churn/1000000", 1.0),
            ("models:/churn/1001000", 2.0),
            ("models:/churn/latest", 2.0),
            ("models:/churn@latest", 3.0),
            ("models:/churn@v1.1.0", 2.0),
            ("models:/churn@v2.0.0-rc.1", 3.0),
        ],
    )
    def test_a_model_by_each_of_its_uris(self, uri: str, slope: float) -> None:
        assert predicted(mlflow.pyfunc.load_model(uri)) == 10 * slope

    @pytest.mark.parametrize("uri", ["models:/churn/9", "models:/churn@none", "models:/none@prod"])
    def test_what_is_not_there_is_an_error_of_mlflow(self, uri: str) -> None:
        with pytest.raises(MlflowException, match=r"not found"):
            mlflow.pyfunc.load_model(uri)

    def test_what_is_handed_out_is_a_copy(self, repo: Repository) -> None:
        """MLflow writes a file beside the model that it downloaded."""
        found = Path(mlflow.artifacts.download_artifacts("models:/churn@prod"))
        assert "model_version: '1000000'" in (found / "registered_model_meta").read_text()
        (found / "MLmodel").write_text("spoilt")
        kept = Registry.open(repo.path).get("churn#prod")
        assert not (kept / "registered_model_meta").exists()
        assert not [*cache.folder().rglob("registered_model_meta")]
        assert predicted(mlflow.pyfunc.load_model("models:/churn@prod")) == 10.0

    def test_what_is_kept_is_looked_at_each_time(self, repo: Repository) -> None:
        """Also where the same version was copied before, for which Git is not asked again."""
        for _ in range(2):
            assert predicted(mlflow.pyfunc.load_model("models:/churn@prod")) == 10.0
            kept = Registry.open(repo.path).get("churn#prod") / "MLmodel"
            kept.chmod(0o600)
            kept.write_text("spoilt")
        assert predicted(mlflow.pyfunc.load_model("models:/churn@prod")) == 10.0

    def test_into_a_folder_of_the_callers(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        model = mlflow.pyfunc.load_model("models:/churn@prod", dst_path=str(tmp_path / "out"))
        assert predicted(model) == 10.0
        assert (tmp_path / "out" / "MLmodel").exists()

    def test_one_file_of_a_version(self, repo: Repository) -> None:
        source = mlflow.MlflowClient().get_model_version("churn", "1000000").source
        for uri in ("models:/churn@prod/MLmodel", f"{source}/MLmodel"):
            found = Path(mlflow.artifacts.download_artifacts(uri))
            assert "sklearn" in found.read_text()
        listed = mlflow.artifacts.list_artifacts("models:/churn@prod")
        assert {"MLmodel", "requirements.txt"} <= {it.path for it in listed}
        for path in ("none", "../../etc/passwd", "MLmodel/x"):
            with pytest.raises(MlflowException):
                mlflow.artifacts.download_artifacts(f"{source}/{path}")

    def test_nothing_but_the_version_is_reached(self, tmp_path: Path) -> None:
        """An absolute path stands for itself, whatever folder it is joined to."""
        source = mlflow.MlflowClient().get_model_version("churn", "1000000").source
        files = MregArtifactRepository(source)
        own = tmp_path / "own.txt"
        own.write_text("mine")
        asked: list[Callable[[], Any]] = [
            lambda: files.download_artifacts(str(own)),
            lambda: files.list_artifacts(str(tmp_path)),
            lambda: files._download_file(str(own), str(tmp_path / "copy")),
        ]
        for it in asked:
            with pytest.raises(MlflowException) as caught:
                it()
            assert caught.value.get_http_status_code() == 404
        assert own.read_text() == "mine"
        assert not (tmp_path / "copy").exists()

    @pytest.mark.parametrize(
        "uri", ["mreg://ann:s3cret@host", "mreg+ftp://ann:s3cret@host/x", "s3://ann:s3cret@host"]
    )
    def test_no_error_names_a_password(self, uri: str) -> None:
        with pytest.raises(MlflowException) as caught:
            MregStore(uri)
        assert "s3cret" not in str(caught.value)

    def test_bytes_that_are_not_those_recorded_are_not_handed_out(self, repo: Repository) -> None:
        (repo.path / "artifacts.yaml").write_text(
            f"churn: {{path: 'file://{repo.path}/elsewhere.bin', sha256: {'0' * 64}}}\n"
        )
        repo.git("commit", "-qam", "elsewhere")
        (repo.path / "elsewhere.bin").write_bytes(b"something else")
        Registry.open(repo.path).register("churn", version="v3.0.0")
        with pytest.raises(MlflowException) as caught:
            mlflow.artifacts.download_artifacts("models:/churn@v3.0.0")
        assert caught.value.get_http_status_code() == 400

    def test_nothing_is_uploaded_or_deleted(self, tmp_path: Path) -> None:
        source = mlflow.MlflowClient().get_model_version("churn", "1000000").source
        files = MregArtifactRepository(source)
        calls: list[Callable[[], Any]] = [
            lambda: files.log_artifact("x"),
            lambda: files.log_artifacts("x"),
            files.delete_artifacts,
        ]
        for asked in calls:
            with pytest.raises(MlflowException, match="cannot change"):
                asked()


def test_the_command_line_of_mlflow_finds_the_store(repo: Repository, tmp_path: Path) -> None:
    train(repo, 1.0)
    Registry.open(repo.path).register("churn")
    words = [
        "mlflow",
        "artifacts",
        "download",
        "-u",
        "models:/churn/1",
        "-d",
        str(tmp_path / "out"),
    ]
    (tmp_path / "out").mkdir()
    scripts = Path(mlflow.__file__).parents[4] / "bin"
    environment = {
        **os.environ,
        "MLFLOW_REGISTRY_URI": f"mreg://{repo.path}",
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
    }
    subprocess.run(words, env=environment, check=True, capture_output=True)
    assert (tmp_path / "out" / "MLmodel").exists()
