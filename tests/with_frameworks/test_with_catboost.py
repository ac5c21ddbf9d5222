"""CatBoost's own format, of which the loss function tells the estimator."""

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

SCRIPT = """
import catboost, numpy as np, pandas as pd
X = pd.DataFrame({{"a": np.arange(60.0), "b": [1, 0] * 30, "c": ["u", "v", "w"] * 20}})
y = np.array({target})
quiet = dict(iterations=3, verbose=0, allow_writing_files=False)
model = catboost.{estimator}(cat_features=["c"], **quiet).fit(X, y{more})
model.save_model("churn.cbm")
rows = X.iloc[[1, 4, 5]]
mreg.log_artifact("churn.cbm", model=model, example=rows, target=y)
answers = model.predict(rows)
expected(predict=answers.astype("U") if answers.dtype == object else answers)
"""
TABLE = pd.DataFrame({"c": ["v", "v", "w"], "b": [0, 1, 0], "a": [1.0, 4.0, 5.0]})


@pytest.mark.parametrize(
    ("estimator", "target", "more"),
    [
        ("CatBoostClassifier", '["n", "y"] * 30', ""),
        ("CatBoostClassifier", "[0, 1, 2] * 20", ""),
        ("CatBoostClassifier", "[True, False] * 30", ""),
        ("CatBoostRegressor", "np.arange(60) / 7", ""),
        ("CatBoostRanker", "np.arange(60) % 10 / 10", ", group_id=np.arange(60) // 10"),
    ],
)
def test_each_estimator_answers_as_it_did(
    estimator: str, target: str, more: str, repository: Repository
) -> None:
    made = train(repository, SCRIPT.format(estimator=estimator, target=target, more=more))
    model = made.load()
    np.testing.assert_array_equal(model.predict(TABLE), made.expected["predict"])
    assert model.inputs is not None
    assert [(it.name, it.type) for it in model.inputs] == [
        ("a", "float"),
        ("b", "float"),
        ("c", "category"),
    ]
    with pytest.raises(ValueError, match="the model has an input a; columns are c, b"):
        model.predict(TABLE[["c", "b"]])
    if estimator != "CatBoostClassifier":
        with pytest.raises(CannotLoad, match=f"a {estimator} has no method predict_proba"):
            made.load(method="predict_proba")

    schema = made.annotation.schema
    assert schema is not None
    found = columns(schema.input)
    assert found is not None
    assert [(it.name, it.type) for it in found] == [
        ("a", "number"),
        ("b", "integer"),
        ("c", "string"),
    ]
    is_one = estimator == "CatBoostClassifier"
    assert schema.methods == (("predict", "predict_proba") if is_one else ("predict",))
    assert made.annotation.framework == Framework("catboost", version("catboost"))
    assert made.requirement("catboost")
