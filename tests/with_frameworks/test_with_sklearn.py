"""scikit-learn, saved with skops, joblib, pickle and cloudpickle."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest
from trained import train

from mreg.annotations.entry import Framework
from mreg.schemas.model import Column, Tensor, columns, tensor
from mreg.serve.loaders import CannotLoad
from repositories import Repository

TABLE = pd.DataFrame({"age": [20, 41, 33], "income": [1.5, 4.0, 2.5], "plan": ["a", "b", "a"]})

PIPELINE = """
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

X = pd.DataFrame({"age": [20, 41, 33], "income": [1.5, 4.0, 2.5], "plan": ["a", "b", "a"]})
X = pd.concat([X] * 8, ignore_index=True)
y = pd.Series(["stays", "leaves", "stays"] * 8)
model = make_pipeline(
    make_column_transformer((StandardScaler(), ["age", "income"]), (OneHotEncoder(), ["plan"])),
    RandomForestClassifier(n_estimators=5, random_state=0),
).fit(X, y)
expected(predict=model.predict(X.head(3)).astype("U"), proba=model.predict_proba(X.head(3)))
"""
LOG = 'mreg.log_artifact("churn.{0}", model=model, example=X.head(3), target=y)\n'


def test_a_pipeline_in_skops_is_captured_loaded_and_answers_the_same(
    repository: Repository,
) -> None:
    dump = 'import skops.io\nskops.io.dump(model, "churn.skops")\n'
    made = train(repository, PIPELINE + dump + LOG.format("skops"))
    model = made.load()
    assert (model.format, model.predict(TABLE).tolist()) == (
        "skops",
        made.expected["predict"].tolist(),
    )
    proba = made.load(method="predict_proba")
    np.testing.assert_array_equal(proba.predict(TABLE), made.expected["proba"])
    model.close()

    schema = made.annotation.schema
    assert schema is not None
    assert columns(schema.input) == (
        Column("age", "integer", "int64"),
        Column("income", "number", "double"),
        Column("plan", "string"),
    )
    assert schema.methods == ("predict", "predict_proba")
    output = tensor(schema.output)
    assert output is not None
    assert (output.type, output.shape) == ("string", (-1,))
    assert made.annotation.framework == Framework("scikit-learn", version("scikit-learn"))
    assert made.requirement("scikit-learn")
    assert made.requirement("pandas")
    assert not any(it.startswith(("pytest", "mreg")) for it in made.annotation.requirements or ())


def test_a_type_of_the_users_in_skops_is_refused_and_loaded_where_it_is_trusted(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository.path / "ours.py").write_text("def double(data):\n    return data * 2\n")
    made = train(
        repository,
        """
import numpy as np, ours, skops.io
from sklearn.preprocessing import FunctionTransformer
model = FunctionTransformer(ours.double).fit(np.ones((2, 2)))
skops.io.dump(model, "churn.skops")
mreg.log_artifact("churn.skops", model=model, example=np.ones((2, 2)))
expected(it=model.transform(np.ones((2, 2))))
""",
    )
    with pytest.raises(CannotLoad, match=r"types that skops does not know: ours\.double"):
        made.load()
    monkeypatch.syspath_prepend(repository.path)
    model = made.load(trust_pickle=True)
    np.testing.assert_array_equal(model.predict(np.ones((2, 2))), made.expected["it"])
    schema = made.annotation.schema
    assert schema is not None
    assert tensor(schema.input) == Tensor("number", "double", (-1, 2))
    assert schema.methods == ("transform",)


@pytest.mark.parametrize(
    ("file", "dump"),
    [
        ("pkl", 'import pickle\npickle.dump(model, open("churn.pkl", "wb"))\n'),
        ("joblib", 'import joblib\njoblib.dump(model, "churn.joblib")\n'),
        ("pkl", 'import joblib\njoblib.dump(model, "churn.pkl")\n'),
        ("joblib", 'import joblib\njoblib.dump(model, "churn.joblib", compress=3)\n'),
        ("pkl", 'import cloudpickle\ncloudpickle.dump(model, open("churn.pkl", "wb"))\n'),
    ],
)
def test_pickles_are_refused_and_loaded_where_they_are_trusted(
    file: str, dump: str, repository: Repository
) -> None:
    made = train(repository, PIPELINE + dump + LOG.format(file))
    with pytest.raises(CannotLoad, match="loading it runs the code") as caught:
        made.load()
    assert "skops" in caught.value.hint
    model = made.load(trust_pickle=True)
    assert model.predict(TABLE).tolist() == made.expected["predict"].tolist()


def test_every_estimator_that_skops_saves_is_loaded_without_trust_but_for_a_few() -> None:
    """Those that hold functions, or helpers of their own, ask for it."""
    import warnings

    import skops.io
    from sklearn.utils import all_estimators

    from mreg.serve.loaders.skops import KNOWN

    warnings.simplefilter("ignore")
    data, target = np.random.default_rng(0).random((40, 4)), np.arange(40) % 2
    asking = set()
    for name, estimator in all_estimators():
        try:
            saved = skops.io.dumps(estimator().fit(data, target))
        except Exception:  # it needs arguments, other data, or cannot be saved
            continue
        if set(skops.io.get_untrusted_types(data=saved)) - KNOWN:
            asking.add(name)
    assert asking == ASKING
    assert "RandomForestClassifier" not in asking


ASKING = {
    "BisectingKMeans",
    "FeatureAgglomeration",
    "GaussianProcessClassifier",
    "GaussianProcessRegressor",
    "GenericUnivariateSelect",
    "SelectFdr",
    "SelectFpr",
    "SelectFwe",
    "SelectKBest",
    "SelectPercentile",
    "SplineTransformer",
    "TweedieRegressor",
}


def test_polars_is_captured_as_a_table(repository: Repository) -> None:
    made = train(
        repository,
        """
import polars as pl, skops.io
from sklearn.linear_model import LinearRegression
X = pl.DataFrame({"a": [1, 2, 3], "b": [0.5, None, 1.5]}, schema={"a": pl.Int32, "b": pl.Float64})
X = X.with_columns(b=pl.col("b").fill_null(0.0))
model = LinearRegression().fit(X, [1.0, 2.0, 3.0])
skops.io.dump(model, "churn.skops")
mreg.log_artifact("churn.skops", model=model, example=X)
expected(predict=model.predict(X))
""",
    )
    table = pd.DataFrame({"a": pd.array([1, 2, 3], "int32"), "b": [0.5, 0.0, 1.5]})
    np.testing.assert_allclose(made.load().predict(table), made.expected["predict"])
    schema = made.annotation.schema
    assert schema is not None
    found = columns(schema.input)
    assert found is not None
    assert [(it.name, it.type, it.format) for it in found] == [
        ("a", "integer", "int32"),
        ("b", "number", "double"),
    ]
