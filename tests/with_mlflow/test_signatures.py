"""Signatures: what mreg makes of schemas is what MLflow infers, reads and shows."""

from __future__ import annotations

import datetime
import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import mlflow as mlflow_itself
import numpy
import pandas
import pytest
from mlflow import MlflowClient
from mlflow.models import Model, ModelSignature, get_model_info, infer_signature

from mreg import Registry
from mreg.schemas import capture, mlflow
from mreg.schemas.model import ModelSchema
from repositories import Maker, Tag

FRAME = pandas.DataFrame(
    {
        "tiny": numpy.array([1, 2], "int8"),
        "age": [41, 23],
        "wide": numpy.array([1, 2], "uint32"),
        "short": numpy.array([1, 2], "float32"),
        "income": [1.5, 2.5],
        "plan": ["pro", "basic"],
        "raw": [b"x", b"y"],
        "since": pandas.to_datetime(["2024-01-01", "2024-01-02"]),
        "day": [datetime.date(2024, 1, 1)] * 2,
        "left": [True, False],
        "tags": [[1, 2], [3]],
        "by": [{"a": 1, "b": "x"}] * 2,
    }
)
DATA = {
    "a table": FRAME,
    "a column without values": FRAME[["age"]].assign(nothing=[None, None]),
    "a tensor": numpy.zeros((2, 3)),
    "named tensors": {"a": numpy.zeros((2, 3), "float32"), "b": numpy.zeros(2, "int64")},
    "one record": {"a": 1, "b": "x", "c": 0.5},
    "texts": ["a", "b"],
}


def inferred(data: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that whole numbers cannot be missing
        found: dict[str, Any] = infer_signature(data, data).to_dict()
    return found


@pytest.mark.parametrize("name", DATA)
def test_a_captured_schema_is_the_signature_that_mlflow_infers(name: str) -> None:
    schema, theirs = capture.of(DATA[name]), inferred(DATA[name])
    ours = mlflow.signature(ModelSchema(schema, schema))
    assert ours == {side: json.loads(theirs[side]) for side in ("inputs", "outputs")}
    back = mlflow.schema(ours["inputs"], ours["outputs"])
    assert back
    assert mlflow.signature(back) == ours


def test_a_type_that_mlflow_has_not_costs_that_column_alone() -> None:
    """MLflow gives up all columns for it."""
    data = pandas.DataFrame({"age": [1], "id": numpy.array([1], "uint64")})
    assert json.loads(inferred(data)["inputs"]) == [{"type": "any", "required": True}]
    ours = mlflow.signature(ModelSchema(capture.of(data)))
    assert [it["type"] for it in ours["inputs"]] == ["long", "any"]
    assert ModelSignature.from_dict({"inputs": json.dumps(ours["inputs"])}).inputs


@pytest.mark.parametrize(
    "inner", [{}, {"type": "array", "items": {}}, {"type": ["null", "string"]}]
)
def test_mlflow_reads_whatever_is_in_a_column(inner: dict[str, Any]) -> None:
    kinds = (
        {"type": "array", "items": inner},
        {"type": "object", "properties": {"x": inner}, "required": ["x"]},
        {"type": "object", "additionalProperties": inner},
        inner,
    )
    rows = {"type": "object", "properties": {f"c{at}": it for at, it in enumerate(kinds)}}
    text = json.dumps(mlflow.signature(ModelSchema({"type": "array", "items": rows}))["inputs"])
    assert len(ModelSignature.from_dict({"inputs": text}).inputs.inputs) == len(kinds)


def test_a_versions_tag_is_a_signature_of_mlflows(make_repository: Maker) -> None:
    schema = ModelSchema(capture.of(FRAME), capture.of(numpy.zeros(2, "int64")))
    wide = {"type": "object", "properties": {f"column {n}": {} for n in range(1_000)}}
    files = [
        {"artifacts.yaml": json.dumps({"churn": {"path": "m", "schema": it.plain()}}).encode()}
        for it in (schema, ModelSchema({"type": "array", "items": wide}))
    ]
    repo = make_repository([Tag("churn@v1.0.0"), Tag("churn@v2.0.0", 1, 1)], commits=files)
    client = MlflowClient(registry_uri=f"mreg://{repo.path}")
    version = client.get_model_version("churn", "1000000")
    found = ModelSignature.from_dict(json.loads(version.tags["mreg.signature"]))
    assert found.inputs.input_names() == list(FRAME)
    assert [it.type.name for it in found.outputs.inputs] == ["int64"]
    assert "mreg.signature" not in client.get_model_version("churn", "2000000").tags
    assert Registry.open(Path(repo.path)).annotation("churn@v1.0.0").schema == schema


def test_a_folder_that_mlflow_saved_has_the_signature_that_stands_there(
    make_repository: Maker, new_database: Path, tmp_path: Path
) -> None:
    own = ModelSignature.from_dict({"inputs": '[{"type": "long", "name": "age"}]'})
    Model(signature=own).save(str(tmp_path / "MLmodel"))
    files = {
        "artifacts.yaml": b"churn: {path: model}\n",
        "model/MLmodel": (tmp_path / "MLmodel").read_bytes(),
    }
    repo = make_repository([Tag("churn@v1.0.0")], commits=[files])
    mlflow_itself.set_tracking_uri(f"sqlite:///{shutil.copy(new_database, tmp_path / 'runs.db')}")
    mlflow_itself.set_registry_uri(f"mreg://{repo.path}")
    try:
        assert get_model_info("models:/churn/1000000").signature == own
    finally:
        mlflow_itself.set_registry_uri("")
