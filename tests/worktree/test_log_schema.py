"""`package.log_artifact` of a model: its schema, its example, its methods and its framework."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import mreg as package
from mreg.annotations.entry import Annotation
from mreg.errors import Refused
from mreg.schemas import model as forms
from mreg.schemas.model import ModelSchema
from repositories import Maker, Repository

FRAME = pd.DataFrame({"age": [41, 52], "plan": pd.Categorical(["basic", "pro"])})
LABELS = pd.Series([0, 1])
OUTPUT = {"type": "array", "items": {"type": "integer", "format": "int64"}}
EXAMPLE = """\
{
  "input": [
    {"age": 41, "plan": "basic"},
    {"age": 52, "plan": "pro"}
  ],
  "output": [0, 1]
}
"""


class Base:
    def predict(self, rows: Any) -> Any:
        raise AssertionError(rows)  # nobody runs it


class Churn(Base):
    """An estimator as scikit-learn has it, which has some methods only by how it was made."""

    @property
    def predict_proba(self) -> Any:
        raise AttributeError

    @property
    def transform(self) -> Any:
        return self.predict


@pytest.fixture
def repository(make_repository: Maker, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = make_repository.empty()
    (made.path / "models").mkdir()
    (made.path / "models" / "churn.skops").write_bytes(b"model")
    monkeypatch.chdir(made.path)
    return made


def log(**said: Any) -> package.Edited:
    said.setdefault("commit", True)
    return package.log_artifact("models/churn.skops", requirements=["a==1"], **said)


def annotated(repository: Repository, name: str = "churn") -> Annotation:
    found = package.Registry.open(repository.path).validate()
    assert [it for it in found.findings if it.severity == "error"] == []
    return package.Registry.open(repository.path).annotation(name)


def test_schema_and_example_are_recorded_and_committed(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.git("add", ".")
    made = log(model=Churn(), example=FRAME, target=LABELS)
    assert made.commit
    assert capsys.readouterr().err.startswith("mreg: annotated churn in artifacts.yaml")
    file = repository.path / "models" / "churn.example.json"
    assert file.read_text() == EXAMPLE
    assert repository.git("show", "HEAD:models/churn.example.json").strip() == EXAMPLE.strip()
    assert "models/churn.skops" in repository.git("show", "--stat", "HEAD")
    schema = annotated(repository).schema
    assert schema is not None
    assert forms.columns(schema.input) == (
        forms.Column("age", "integer", "int64"),
        forms.Column("plan", "string", enum=("basic", "pro")),
    )
    assert schema[1:] == (OUTPUT, ("predict", "transform"), "models/churn.example.json")


def test_what_to_commit_names_the_example(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    log(example=FRAME, commit=False)
    said = "next: git add artifacts.yaml models/churn.example.json models/churn.skops && git commit"
    told = capsys.readouterr().err
    assert said in told
    assert "with 2 rows of your data in models/churn.example.json\n" in told


def test_a_second_run_replaces_the_parts_that_it_says(repository: Repository) -> None:
    log(model=Churn(), example=FRAME, target=LABELS)
    log(example=[{"age": 1}])
    found = annotated(repository).schema
    assert found is not None
    assert [it.name for it in forms.columns(found.input) or ()] == ["age"]
    assert (found.output, found.methods) == (OUTPUT, ("predict", "transform"))
    file = repository.path / "models" / "churn.example.json"
    assert json.loads(file.read_text()) == {"input": [{"age": 1}]}
    log(commit=True)
    assert annotated(repository).schema == found


def test_a_second_run_writes_a_line_for_each_column_as_the_first_did(
    repository: Repository,
) -> None:
    file = repository.path / "artifacts.yaml"
    log(example=FRAME)
    before = file.read_text()
    log(example=FRAME.astype({"age": "float64"}))
    was, now = "{type: integer, format: int64}", "{type: number, format: double}"
    assert before.count(f"age: {was}\n") == 1
    assert file.read_text() == before.replace(f"age: {was}", f"age: {now}")


def test_what_an_earlier_run_said_goes_where_this_one_cannot_be_captured(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    log(model=Churn(), example=FRAME, target=LABELS)
    capsys.readouterr()
    log(example={1, 2})
    assert annotated(repository).schema == ModelSchema(None, OUTPUT, ("predict", "transform"))
    assert capsys.readouterr().err.startswith(
        "mreg: warning: cannot record the schema of the input: JSON cannot represent a value of "
        "the type set\nmreg: annotated churn"
    )


class Hostile:
    """Raises at whatever is asked of it."""

    def __getattribute__(self, name: str) -> Any:
        raise KeyboardInterrupt if name == "predict" else RuntimeError(name)

    def __repr__(self) -> str:
        raise RuntimeError

    def __len__(self) -> int:
        raise RuntimeError

    def __bool__(self) -> bool:
        raise RuntimeError


class Raising(Exception):
    def __str__(self) -> str:
        raise RuntimeError


class Frame(dict[str, int]):
    def __iter__(self) -> Any:
        raise Raising


CYCLE: dict[str, Any] = {}
CYCLE["a"] = CYCLE
NAMES = ['a "b"', "c\nd", "\x1b[31me", "'", "x: y", "<<", "", "ü"]


@pytest.mark.parametrize(
    ("example", "said"),
    [
        (Hostile(), "cannot record the schema of the input: it raised a RuntimeError\n"),
        ([Hostile()], "it raised a RuntimeError\n"),
        (Frame(a=1), "it raised a Raising\n"),
        (CYCLE, "it is nested too deeply\n"),
        (
            np.zeros((2, 3, 224, 224)),
            "cannot record an example: a single row of it has more than",
        ),
        (pd.DataFrame({("a", "b"): [1]}), "its columns have names of several levels"),
        ([{"a\x1b[31m": 1}, {"a\x1b[31m": object()}], "JSON cannot represent a value of the type"),
    ],
    ids=lambda it: type(it).__name__,
)
def test_what_cannot_be_captured_is_a_warning(
    repository: Repository, capsys: pytest.CaptureFixture[str], example: Any, said: str
) -> None:
    log(model=Churn(), example=example, quiet=True)
    err = capsys.readouterr().err
    assert err.startswith("mreg: warning: ")
    assert said in err
    assert "\x1b" not in err
    assert annotated(repository).schema is not None
    assert not (repository.path / "models" / "churn.example.json").exists()


def test_names_that_need_quotes_and_numbers_that_json_has_not(repository: Repository) -> None:
    log(example=pd.DataFrame([[float("nan")] * len(NAMES)] * 2, columns=NAMES))
    schema = annotated(repository).schema
    assert schema is not None
    found = forms.columns(schema.input) or ()
    assert [it.name for it in found] == NAMES
    assert all(it.nullable for it in found)


def test_a_huge_example_is_cut_to_the_limit(repository: Repository) -> None:
    log(example=pd.DataFrame({"text": ["ü" * 5_000] * 5_000}))
    file = repository.path / "models" / "churn.example.json"
    assert 50_000 < file.stat().st_size <= 100_000
    assert annotated(repository).schema is not None


def test_a_schema_that_the_file_cannot_hold_leaves_the_rest(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    wide = {f"column {at} with a long name": {f"{at}": 1} for at in range(2000)}
    log(example=wide, metrics={"accuracy": 0.9})
    err = capsys.readouterr().err
    assert "mreg: warning: cannot record the schema: artifacts.yaml" in err
    assert not (repository.path / "models" / "churn.example.json").exists()
    found = annotated(repository)
    assert (found.metrics, found.schema) == ({"accuracy": 0.9}, None)


def test_where_the_file_cannot_hold_a_schema_that_of_the_run_before_goes_and_its_file_stays(
    repository: Repository,
) -> None:
    log(model=Churn(), example=FRAME, target=LABELS)
    log(example={f"column {at} with a long name": {f"{at}": 1} for at in range(2000)})
    schema = annotated(repository).schema
    assert schema is not None
    assert (schema.input, schema.output, schema.example) == (None, OUTPUT, None)
    assert (repository.path / "models" / "churn.example.json").read_text() == EXAMPLE


def test_an_example_is_put_back_where_nothing_can_be_recorded(repository: Repository) -> None:
    log(example=FRAME, target=LABELS)
    (repository.path / "artifacts.yaml").write_text("churn: [\n")
    with pytest.raises(Refused):
        log(example=FRAME.head(1), target=LABELS.head(1))
    assert (repository.path / "models" / "churn.example.json").read_text() == EXAMPLE


def test_where_the_example_stands(repository: Repository) -> None:
    """Beside the model, under the artifact's name: two models may differ in their suffix alone."""
    log(name="fraud:eu/churn", example=[1])
    schema = annotated(repository, "fraud:eu/churn").schema
    assert schema is not None
    assert schema.example == "models/eu-churn.example.json"
    assert "example: ../models/eu-churn" in (repository.path / "fraud/artifacts.yaml").read_text()
    package.log_artifact(
        "s3://models/x.bin", name="fraud:x", example=[1], requirements=[], commit=True
    )
    assert (repository.path / "fraud" / "x.example.json").exists()
    folder = repository.path / "models" / "net"
    folder.mkdir()
    (folder / "weights").write_bytes(b"")
    package.log_artifact("models/net", example=[1], requirements=[], commit=True)
    assert (repository.path / "models" / "net.example.json").exists()


def test_a_link_in_the_example_s_place_is_replaced_and_not_followed(
    repository: Repository, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    file = repository.path / "models" / "churn.example.json"
    file.symlink_to(outside)
    log(example=[1])
    assert (outside.read_text(), file.is_symlink()) == ("mine", False)


def test_what_git_ignores_is_no_example(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository.path / ".gitignore").write_text("*.json\n")
    log(example=[1])
    said = "cannot record an example: Git ignores models/churn.example.json"
    assert said in capsys.readouterr().err
    assert not (repository.path / "models" / "churn.example.json").exists()


def test_beside_a_model_that_dvc_keeps_in_a_folder_git_ignores_the_example(
    repository: Repository,
) -> None:
    (repository.path / ".gitignore").write_text("/models\n")
    log(example=[1])
    schema = annotated(repository).schema
    assert schema is not None
    assert schema.example == "churn.example.json"
    assert repository.git("status", "--porcelain", "churn.example.json") == ""


def test_a_folder_in_the_example_s_place_is_a_warning(
    repository: Repository, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository.path / "models" / "churn.example.json").mkdir()
    log(example=[1])
    assert "warning: cannot record an example: " in capsys.readouterr().err
    schema = annotated(repository).schema
    assert schema is not None
    assert schema.example is None


class TestFrameworkAndMethods:
    def made_in(self, module: str, *bases: type, **body: Any) -> Any:
        return type("Model", bases or (object,), {"__module__": module, **body})()

    def logged(self, repository: Repository, model: Any) -> Annotation:
        log(model=model, quiet=True)
        return annotated(repository)

    def test_that_of_the_models_class_counts(self, repository: Repository) -> None:
        """Whatever else is imported; numpy and pandas are, and may be frameworks one day."""
        net = self.made_in("torch.nn.modules", predict=lambda self: 1)
        own = self.made_in("__main__", type(net))
        assert self.logged(repository, own).framework == package.Framework("torch", None)
        sklearn = self.made_in("sklearn.pipeline")
        xgboost = self.made_in("xgboost.sklearn", type(sklearn))
        assert self.logged(repository, xgboost).framework == package.Framework("xgboost", None)

    def test_a_package_that_is_no_framework_is_named_as_well(self, repository: Repository) -> None:
        found = self.logged(repository, np.poly1d([1, 2])).framework
        assert found == package.Framework("numpy", np.__version__)

    @pytest.mark.parametrize(
        ("model", "said"),
        [
            (lambda rows: rows, ("__call__",)),
            (Churn(), ("predict", "transform")),
            (object(), ()),
        ],
        ids=["function", "estimator", "object"],
    )
    def test_methods(self, repository: Repository, model: Any, said: tuple[str, ...]) -> None:
        schema = self.logged(repository, model).schema
        assert (schema.methods if schema else ()) == said

    def test_what_makes_attributes_up_has_none_of_them(self, repository: Repository) -> None:
        anything = type("Anything", (), {"__getattr__": lambda self, name: lambda: 1})()
        assert self.logged(repository, anything).schema in (None, ModelSchema())

    def test_a_class_is_no_model(
        self, repository: Repository, capsys: pytest.CaptureFixture[str]
    ) -> None:
        log(model=Churn)
        said = "cannot record the methods of the model: it is a class; pass the model itself"
        assert said in capsys.readouterr().err


_PROBE = """
import sys
import mreg
from mreg.worktree import log
log.imported_requirements()  # and what that loads
class Model:
    def predict(self, rows): raise AssertionError
mreg.log_artifact("models/churn.skops", quiet=True)
before = set(sys.modules)
mreg.log_artifact("models/churn.skops", model=Model(), quiet=True, example=[{"age": 1}], target=[1])
print(sorted(it for it in set(sys.modules) - before if not it.startswith("mreg.")))
"""


def test_nothing_is_imported_and_nothing_is_run(repository: Repository) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _PROBE], capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("[]\n", "")
    assert (repository.path / "models" / "churn.example.json").exists()
