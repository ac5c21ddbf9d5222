"""Folders that MLflow wrote: what is in a library's own format, and what is a pickle or code."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest
from trained import train

from mreg.serve.loaders import CannotLoad
from repositories import Repository

SKLEARN = """
import mlflow.sklearn, pandas as pd
from sklearn.ensemble import RandomForestClassifier
X = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 0.0, 1.0, 0.0]})
model = RandomForestClassifier(n_estimators=3, random_state=0).fit(X, ["n", "y", "n", "y"])
warnings.simplefilter("ignore")
mlflow.sklearn.save_model(model, "churn", pip_requirements=[], **OPTIONS)
mreg.log_artifact("churn", model=model, example=X, target=model.predict(X))
expected(predict=model.predict(X).astype("U"), proba=model.predict_proba(X))
"""
TREES = "sklearn.tree._tree.Tree"
TABLE = pd.DataFrame({"a": [1.0, 2.0, 3.0, 4.0], "b": [1.0, 0.0, 1.0, 0.0]})


def test_what_is_in_skops_is_loaded_without_mlflow(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = f'OPTIONS = dict(serialization_format="skops", skops_trusted_types=["{TREES}"])\n'
    made = train(repository, options + SKLEARN)
    monkeypatch.setitem(sys.modules, "mlflow", None)
    model = made.load()
    assert (model.format, model.predict(TABLE).tolist()) == (
        "skops",
        made.expected["predict"].tolist(),
    )
    proba = made.load(method="predict_proba").predict(TABLE)
    np.testing.assert_array_equal(proba, made.expected["proba"])
    assert made.annotation.schema is not None


def test_the_method_that_was_saved_as_predict_is_the_usual_one(repository: Repository) -> None:
    options = (
        f'OPTIONS = dict(serialization_format="skops", skops_trusted_types=["{TREES}"],'
        ' pyfunc_predict_fn="predict_proba")\n'
    )
    made = train(repository, options + SKLEARN)
    np.testing.assert_array_equal(made.load().predict(TABLE), made.expected["proba"])
    trusted = made.load(method="predict", trust_pickle=True)
    assert trusted.predict(TABLE).tolist() == made.expected["predict"].tolist()


@pytest.mark.parametrize("kind", ["pickle", "cloudpickle"])
def test_pickles_ask_for_trust(kind: str, repository: Repository) -> None:
    made = train(repository, f'OPTIONS = dict(serialization_format="{kind}")\n{SKLEARN}')
    with pytest.raises(CannotLoad, match="loading it runs the code of its author") as caught:
        made.load()
    assert 'serialization_format="skops"' in caught.value.hint
    model = made.load(trust_pickle=True)
    assert model.format == "mlflow"
    assert list(model.predict(TABLE)) == made.expected["predict"].tolist()
    proba = made.load(trust_pickle=True, method="predict_proba").predict(TABLE)
    np.testing.assert_array_equal(proba, made.expected["proba"])


def test_a_model_in_python_asks_for_trust(repository: Repository) -> None:
    made = train(
        repository,
        """
import mlflow.pyfunc
class Sum(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return model_input.sum(axis=1)
warnings.simplefilter("ignore")
mlflow.pyfunc.save_model("churn", python_model=Sum(), pip_requirements=[])
mreg.log_artifact("churn")
expected(y=[2.0, 2.0])
""",
    )
    with pytest.raises(CannotLoad, match="pickled or contains code"):
        made.load()
    model = made.load(trust_pickle=True)
    assert list(model.predict(TABLE.head(2))) == [2.0, 2.0]
