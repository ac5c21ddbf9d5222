"""LightGBM's text format, which holds a booster whatever was trained."""

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
import lightgbm, numpy as np, pandas as pd
X = pd.DataFrame({{"a": np.arange(60.0), "b": [1, 0] * 30, "c": ["u", "v", "w"] * 20}})
X = X.astype({{"c": "category"}})
y = np.array({classes} * (60 // len({classes})))
estimator = lightgbm.LGBMClassifier(n_estimators=3, min_child_samples=2, verbose=-1).fit(X, y)
estimator.booster_.save_model("churn.txt")
rows = X.iloc[[1, 4, 5]]
model = {model}
mreg.log_artifact("churn.txt", model=model, example=rows, target=model.predict(X))
expected(predict=estimator.booster_.predict(rows), proba=estimator.predict_proba(rows))
"""
TABLE = pd.DataFrame({"c": ["v", "v", "w"], "b": [0, 1, 0], "a": [1.0, 4.0, 5.0]})


@pytest.mark.parametrize("classes", [["n", "y"], ["n", "y", "maybe"]])
def test_a_booster_answers_probabilities(classes: list[str], repository: Repository) -> None:
    made = train(repository, SCRIPT.format(model="estimator.booster_", classes=classes))
    model = made.load()
    np.testing.assert_array_equal(model.predict(TABLE), made.expected["predict"])
    proba = made.load(method="predict_proba").predict(TABLE)
    np.testing.assert_allclose(proba, made.expected["proba"], rtol=1e-12)
    assert model.inputs is not None
    assert [it.name for it in model.inputs] == ["a", "b", "c"]
    with pytest.raises(ValueError, match="the model has an input a; columns are c, b"):
        model.predict(TABLE[["c", "b"]])
    with pytest.raises(CannotLoad, match="contains a booster, which has no method transform"):
        made.load(method="transform")

    schema = made.annotation.schema
    assert schema is not None
    found = columns(schema.input)
    assert found is not None
    assert [(it.name, it.type) for it in found] == [
        ("a", "number"),
        ("b", "integer"),
        ("c", "string"),
    ]
    assert made.annotation.framework == Framework("lightgbm", version("lightgbm"))
    assert made.requirement("lightgbm")


def test_what_was_logged_as_a_classifier_is_not_served_as_probabilities_without_a_word(
    repository: Repository,
) -> None:
    made = train(repository, SCRIPT.format(model="estimator", classes=["n", "y"]))
    assert made.annotation.schema is not None
    assert made.annotation.schema.methods == ("predict", "predict_proba")
    with pytest.raises(CannotLoad, match="a booster, which returns probabilities") as caught:
        made.load()
    assert "model=estimator.booster_" in caught.value.hint
    proba = made.load(method="predict_proba").predict(TABLE)
    np.testing.assert_allclose(proba, made.expected["proba"], rtol=1e-12)
