"""LightGBM's own text format, which holds a booster: its estimators cannot be had back of it.

A booster answers probabilities where the estimator answers a class, whose names it does not know.
Source: https://lightgbm.readthedocs.io/en/stable/Python-API.html, Booster.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mreg.serve.loaders import arrays, methods, packages
from mreg.serve.loaders.model import CannotLoad, FormatInput, LoadRequest, Predictor

_HEAD = 1 << 16
_OBJECTIVE = re.compile(rb"^objective=(\w+)", re.MULTILINE)
_UNNAMED = re.compile(r"Column_\d+")
_PROBA = "predict_proba"


def load(request: LoadRequest) -> Predictor:
    """Load a .txt file.

    Raises:
        CannotLoad: LightGBM is not installed, does not load it, has no such method, or the
            annotation tells of an estimator, whose predictions are others.
    """
    lightgbm = packages.needed("lightgbm", request.annotation)
    try:
        booster = lightgbm.Booster(model_file=str(request.path))
    except Exception as error:
        raise packages.failed(request.path, error, request.annotation) from error
    call = _call(request, booster)
    names = booster.feature_name()
    known = None if all(map(_UNNAMED.fullmatch, names)) else names
    inputs = tuple(FormatInput(it, "double") for it in known) if known else None
    return methods.MethodPredictor(lambda data: call(_ready(data, known)), "lightgbm", inputs)


def _call(request: LoadRequest, booster: Any) -> Callable[[Any], Any]:
    predict: Callable[[Any], Any] = booster.predict
    objective = _objective(request.path)
    if request.method in (None, "predict"):
        schema = request.annotation.schema
        if request.method is None and schema is not None and _PROBA in schema.methods:
            raise CannotLoad(
                f"{request.path.name} contains a booster, which returns probabilities; its "
                "annotation describes a classifier, which returns classes",
                hint="log the booster itself, model=estimator.booster_; or serve with "
                "--method predict_proba",
            )
        return predict
    if request.method == _PROBA and objective == "binary":
        return lambda data: _both(predict(data))
    if request.method == _PROBA and objective.startswith("multiclass"):
        return predict
    raise CannotLoad(
        f"{request.path.name} contains a booster, which has no method {request.method}",
        hint="use predict, or predict_proba for a classifier",
    )


def _objective(path: Path) -> str:
    with path.open("rb") as file:
        found = _OBJECTIVE.search(file.read(_HEAD))
    return found[1].decode("ascii", "replace") if found else ""


def _both(chances: Any) -> Any:
    import numpy as np

    return np.column_stack((1 - chances, chances))


def _ready(data: Any, names: list[str] | None) -> Any:
    """Return a table in the model's order, by which LightGBM goes, with texts as categories."""
    if not arrays.is_table(data):
        return data
    table = arrays.in_order(data, names)
    texts = [name for name, it in table.dtypes.items() if str(it).startswith(("object", "str"))]
    return table.astype(dict.fromkeys(texts, "category")) if texts else table
