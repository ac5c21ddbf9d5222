"""ONNX: what skl2onnx made of models of scikit-learn, and a model with a file beside it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from trained import train

from mreg.schemas.model import Column, Tensor, columns, tensor
from mreg.serve.loaders import CannotLoad
from mreg.serve.loaders.model import FormatInput
from repositories import Repository

CLASSIFIER = """
import numpy as np, pandas as pd
from skl2onnx import to_onnx
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

X = pd.DataFrame({"age": [20, 41, 33], "income": [1.5, 4.0, 2.5], "plan": ["a", "b", "a"]})
X = pd.concat([X] * 4, ignore_index=True).astype({"age": "float32", "income": "float32"})
y = np.array(["stays", "leaves", "stays"] * 4)
model = make_pipeline(
    make_column_transformer((StandardScaler(), ["age", "income"]), (OneHotEncoder(), ["plan"])),
    LogisticRegression(),
).fit(X, y)
open("churn.onnx", "wb").write(to_onnx(model, X[:1], options=OPTIONS).SerializeToString())
mreg.log_artifact("churn.onnx", model=model, example=X.head(3), target=y)
expected(predict=model.predict(X.head(3)).astype("U"), proba=model.predict_proba(X.head(3)))
"""
TABLE = pd.DataFrame({"plan": ["a", "b", "a"], "income": [1.5, 4.0, 2.5], "age": [20, 41, 33]})


@pytest.mark.parametrize("options", ["None", '{"zipmap": False}'])
def test_a_tables_columns_are_the_inputs_of_their_names(
    options: str, repository: Repository
) -> None:
    made = train(repository, f"OPTIONS = {options}\n{CLASSIFIER}")
    model = made.load()
    assert model.inputs == (
        FormatInput("age", "tensor(float)", (-1, 1)),
        FormatInput("income", "tensor(float)", (-1, 1)),
        FormatInput("plan", "tensor(string)", (-1, 1)),
    )
    assert model.predict(TABLE).tolist() == made.expected["predict"].tolist()
    proba = made.load(method="predict_proba").predict(TABLE)
    np.testing.assert_allclose(proba, made.expected["proba"], atol=1e-6)
    with pytest.raises(ValueError, match="the model has an input plan; columns are income, age"):
        model.predict(TABLE[["income", "age"]])
    with pytest.raises(CannotLoad, match="the model has no output transform") as caught:
        made.load(method="transform")
    assert "predict, predict_proba" in caught.value.hint

    schema = made.annotation.schema
    assert schema is not None
    assert columns(schema.input) == (
        Column("age", "number", "float"),
        Column("income", "number", "float"),
        Column("plan", "string"),
    )
    assert made.requirement("onnx")


WITH_A_FILE_BESIDE_IT = """
import os
import numpy as np, onnx
from onnx import TensorProto, helper, numpy_helper

weights = np.arange(6, dtype=np.float32).reshape(3, 2)
given = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["rows", 3])
result = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["rows", 2])
node = helper.make_node("MatMul", ["x", "w"], ["y"])
graph = helper.make_graph([node], "g", [given], [result], [numpy_helper.from_array(weights, "w")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
os.mkdir("churn")
onnx.save(model, "churn/model.onnx", save_as_external_data=True, location=PLACE, size_threshold=0)
x = np.ones((2, 3), np.float32)
mreg.log_artifact("churn", model=model, example=x, target=x @ weights)
expected(y=x @ weights)
"""


def test_a_folder_with_weights_beside_the_model_is_one_model(repository: Repository) -> None:
    made = train(repository, f'PLACE = "weights.bin"\n{WITH_A_FILE_BESIDE_IT}')
    model = made.load()
    assert model.inputs == (FormatInput("x", "tensor(float)", (-1, 3)),)
    np.testing.assert_array_equal(model.predict(np.ones((2, 3), np.float32)), made.expected["y"])
    np.testing.assert_array_equal(model.predict([[1, 1, 1], [1, 1, 1]]), made.expected["y"])
    schema = made.annotation.schema
    assert schema is not None
    assert tensor(schema.input) == Tensor("number", "float", (-1, 3))
    assert tensor(schema.output) == Tensor("number", "float", (-1, 2))
    (made.path / "weights.bin").unlink()
    with pytest.raises(CannotLoad, match=r"cannot load model\.onnx"):
        made.load()
