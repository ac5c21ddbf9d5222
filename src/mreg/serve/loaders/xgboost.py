"""XGBoost's own formats: JSON and UBJSON, which say whether they hold one of its estimators.

Source: https://xgboost.readthedocs.io/en/stable/tutorials/saving_model.html
"""

from __future__ import annotations

import json
from typing import Any

from mreg.serve.loaders import arrays, methods, packages
from mreg.serve.loaders.model import CannotLoad, FormatInput, LoadRequest, Predictor

_ESTIMATORS = {
    "classifier": "XGBClassifier",
    "regressor": "XGBRegressor",
    "ranker": "XGBRanker",
}
_CATEGORICAL = "c"


def load(request: LoadRequest) -> Predictor:
    """Load a .json, .ubj or .model file.

    Raises:
        CannotLoad: XGBoost is not installed, does not load it, or it has no such method.
    """
    xgboost = packages.needed("xgboost", request.annotation)
    try:
        booster = xgboost.Booster(model_file=str(request.path))
        name = _ESTIMATORS.get(_kind(booster))
        if name is not None:
            estimator = getattr(xgboost, name)()
            estimator.load_model(str(request.path))
    except Exception as error:
        raise packages.failed(request.path, error, request.annotation) from error
    prepared = _Features(booster)
    if name is not None:
        return methods.of(
            estimator, request.method, "xgboost", prepare=prepared, inputs=prepared.inputs
        )
    if request.method not in (None, "predict"):
        raise CannotLoad(
            f"{request.path.name} contains a Booster, which has no method {request.method}",
            hint="save the estimator itself: XGBClassifier.save_model",
        )
    return methods.MethodPredictor(
        lambda data: booster.predict(prepared.matrix(xgboost, data)), "xgboost", prepared.inputs
    )


def _kind(booster: Any) -> str:
    """Return which of XGBoost's estimators wrote it; empty for a plain booster."""
    said = booster.attr("scikit_learn")
    try:
        return str(json.loads(said)["_estimator_type"]) if said else ""
    except (ValueError, KeyError, TypeError):
        return ""


class _Features:
    """The features that a booster knows, and how data is put into their form."""

    def __init__(self, booster: Any) -> None:
        self._names: list[str] | None = booster.feature_names
        self._types: list[str] | None = booster.feature_types
        self.inputs = self._inputs()

    def _inputs(self) -> tuple[FormatInput, ...] | None:
        if not self._names or not self._types:
            return None
        return tuple(map(FormatInput, self._names, self._types))

    def __call__(self, data: Any) -> Any:
        """Return a table in the model's order, with its categories as such."""
        if not arrays.is_table(data):
            return data
        table = arrays.in_order(data, self._names)
        types = zip(table.columns, self._types or (), strict=False)
        texts = [name for name, kind in types if kind == _CATEGORICAL]
        plain = [it for it in texts if str(table[it].dtype) != "category"]
        return table.astype(dict.fromkeys(plain, "category")) if plain else table

    def matrix(self, xgboost: Any, data: Any) -> Any:
        """Return what a booster takes."""
        if arrays.is_table(data):
            return xgboost.DMatrix(self(data), enable_categorical=True)
        import numpy as np

        return xgboost.DMatrix(
            np.asarray(data), feature_names=self._names, feature_types=self._types
        )
