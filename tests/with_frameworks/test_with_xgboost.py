"""XGBoost: its estimators and plain boosters, in JSON and UBJSON."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest
from trained import train

from mreg.annotations.entry import Framework
from mreg.schemas.model import columns
from mreg.serve.loaders import CannotLoad
from repositories import Repository

DATA = """
import numpy as np, pandas as pd, xgboost
X = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1, 0, 1, 0], "c": ["u", "v", "u", "w"]})
X = pd.concat([X] * 5, ignore_index=True).astype({"c": "category"})
y = np.array([0, 1, 0, 1] * 5)
"""
TABLE = pd.DataFrame({"c": ["u", "v", "w"], "b": [1, 0, 0], "a": [1.0, 2.0, 4.0]})


@pytest.mark.parametrize("suffix", ["json", "ubj"])
def test_a_classifier_answers_classes_and_takes_columns_by_name(
    suffix: str, repository: Repository
) -> None:
    made = train(
        repository,
        DATA
        + f"""
model = xgboost.XGBClassifier(n_estimators=5, enable_categorical=True).fit(X, y)
model.save_model("churn.{suffix}")
mreg.log_artifact("churn.{suffix}", model=model, example=X.head(4), target=y)
rows = X.iloc[[0, 1, 3]]
expected(predict=model.predict(rows), proba=model.predict_proba(rows))
""",
    )
    model = made.load()
    assert model.inputs is not None
    assert [(it.name, it.type) for it in model.inputs] == [("a", "float"), ("b", "int"), ("c", "c")]
    np.testing.assert_array_equal(model.predict(TABLE), made.expected["predict"])
    proba = made.load(method="predict_proba")
    np.testing.assert_array_equal(proba.predict(TABLE), made.expected["proba"])
    one = proba.predict(TABLE.iloc[[2]])  # its one category is not the first of the model's
    np.testing.assert_array_equal(one, made.expected["proba"][[2]])
    with pytest.raises(ValueError, match="the model has an input c; columns are b, a"):
        model.predict(TABLE[["b", "a"]])

    schema = made.annotation.schema
    assert schema is not None
    found = columns(schema.input)
    assert found is not None
    assert [(it.name, it.type, it.enum) for it in found] == [
        ("a", "number", None),
        ("b", "integer", None),
        ("c", "string", ("u", "v", "w")),
    ]
    assert schema.methods == ("predict", "predict_proba")
    assert made.annotation.framework == Framework("xgboost", version("xgboost"))
    assert made.requirement("xgboost")


def test_a_booster_answers_what_its_objective_says(repository: Repository) -> None:
    made = train(
        repository,
        DATA
        + """
data = xgboost.DMatrix(X, y, enable_categorical=True)
model = xgboost.train({"objective": "binary:logistic"}, data, 5)
model.save_model("churn.ubj")
rows = X.iloc[[0, 1, 3]]
mreg.log_artifact("churn.ubj", model=model, example=rows, target=model.predict(data)[:3])
expected(predict=model.predict(xgboost.DMatrix(rows, enable_categorical=True)))
""",
    )
    np.testing.assert_array_equal(made.load().predict(TABLE), made.expected["predict"])
    with pytest.raises(CannotLoad, match="contains a Booster, which has no method predict_proba"):
        made.load(method="predict_proba")
    assert made.annotation.framework == Framework("xgboost", version("xgboost"))
    assert made.annotation.schema is not None


def test_a_regressor_of_arrays_answers_numbers(repository: Repository) -> None:
    made = train(
        repository,
        DATA
        + """
model = xgboost.XGBRegressor(n_estimators=5).fit(X[["a", "b"]].to_numpy(), X.a.to_numpy())
model.save_model("churn.json")
mreg.log_artifact("churn.json", model=model, example=X[["a", "b"]].to_numpy()[:3], target=X.a)
expected(predict=model.predict(X[["a", "b"]].to_numpy()[:3]))
""",
    )
    model = made.load()
    rows = np.array([[1.0, 1.0], [2.0, 0.0], [3.0, 1.0]])
    np.testing.assert_array_equal(model.predict(rows), made.expected["predict"])
    assert model.predict(rows).dtype == np.float32
