"""Keras 3 on JAX: its own format, in its safe mode."""

from __future__ import annotations

import sys
from importlib.metadata import version

import numpy as np
import pandas as pd
import pytest
from trained import train

from mreg.annotations.entry import Framework
from mreg.schemas.model import Tensor, tensor, tensors
from mreg.serve.loaders import CannotLoad
from mreg.serve.loaders.model import FormatInput
from repositories import Repository

SCRIPT = """
import keras, numpy as np
x = np.random.default_rng(0).random((16, 3)).astype("float32")
y = x.sum(1, keepdims=True)
model = keras.Sequential([keras.Input((3,), name="x"), keras.layers.Dense(4), LAYER])
model.compile(loss="mse")
model.fit(x, y, verbose=0)
model.save("churn.keras")
mreg.log_artifact("churn.keras", model=model, example=x[:4], target=y)
expected(x=x[:4], y=model.predict(x[:4], verbose=0))
"""
NAMED = """
import keras, numpy as np
given = {"a": np.ones((4, 1), "float32"), "b": np.arange(8, dtype="float32").reshape(4, 2)}
a, b = keras.Input((1,), name="a"), keras.Input((2,), name="b")
model = keras.Model({"a": a, "b": b}, keras.layers.Dense(1)(keras.layers.concatenate([a, b])))
model.save("churn.keras")
mreg.log_artifact("churn.keras", model=model, example=given)
expected(y=model.predict(given, verbose=0))
"""


@pytest.fixture(autouse=True)
def _backend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "jax")


def test_a_model_answers_the_same(repository: Repository) -> None:
    made = train(repository, SCRIPT.replace("LAYER", "keras.layers.Dense(1)"))
    model = made.load()
    assert model.inputs == (FormatInput("x", "float32", (-1, 3)),)
    x, y = made.expected["x"], made.expected["y"]
    np.testing.assert_allclose(model.predict(x), y, rtol=1e-6)
    np.testing.assert_allclose(model.predict(x.tolist()), y, rtol=1e-6)
    table = pd.DataFrame(x.astype("float64"), columns=["a", "b", "c"])
    np.testing.assert_allclose(model.predict(table), y, rtol=1e-6)
    with pytest.raises(CannotLoad, match="has one method, predict"):
        made.load(method="predict_proba")
    model.close()

    schema = made.annotation.schema
    assert schema is not None
    assert tensor(schema.input) == Tensor("number", "float", (-1, 3))
    assert tensor(schema.output) == Tensor("number", "float", (-1, 1))
    assert "predict" in schema.methods
    assert made.annotation.framework == Framework("keras", version("keras"))
    assert made.requirement("keras")
    assert made.requirement("jax")


def test_named_inputs_are_given_by_name(repository: Repository) -> None:
    made = train(repository, NAMED)
    model = made.load()
    given = {"b": np.arange(8.0, dtype="float32").reshape(4, 2), "a": np.ones((4, 1), "float32")}
    np.testing.assert_allclose(model.predict(given), made.expected["y"], rtol=1e-6)
    with pytest.raises(ValueError, match="the model has the inputs a, b, not a"):
        model.predict({"a": given["a"]})

    schema = made.annotation.schema
    assert schema is not None
    assert tensors(schema.input) == {
        "a": Tensor("number", "float", (-1, 1)),
        "b": Tensor("number", "float", (-1, 2)),
    }


def test_a_lambda_asks_for_trust(repository: Repository) -> None:
    made = train(repository, SCRIPT.replace("LAYER", "keras.layers.Lambda(lambda it: it * 2)"))
    with pytest.raises(CannotLoad, match=r"churn\.keras contains code") as caught:
        made.load()
    assert "--trust-pickle" in caught.value.hint
    x, y = made.expected["x"], made.expected["y"]
    np.testing.assert_allclose(made.load(trust_pickle=True).predict(x), y, rtol=1e-6)


def test_a_backend_that_is_not_there_is_named(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = train(repository, SCRIPT.replace("LAYER", "keras.layers.Dense(1)"))
    for name in [it for it in sys.modules if it.partition(".")[0] == "keras"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    with pytest.raises(CannotLoad, match="tensorflow is not installed") as caught:
        made.load()
    assert "KERAS_BACKEND=jax" in caught.value.hint
