"""CatBoost's own format. Which of its estimators wrote a file, its loss function tells.

CatBoost loads any file into any of its classes; the wrong one answers other numbers without a word.
"""

from __future__ import annotations

import json
from typing import Any

from mreg.serve.loaders import arrays, methods, packages
from mreg.serve.loaders.model import FormatInput, LoadRequest, Predictor

_CLASSES = frozenset(
    (
        *("Logloss", "CrossEntropy", "MultiClass", "MultiClassOneVsAll"),
        *("MultiLogloss", "MultiCrossEntropy"),
    )
)
_RANKS = ("Yeti", "PairLogit", "Query", "StochasticRank", "LambdaMart", "StochasticFilter")


def load(request: LoadRequest) -> Predictor:
    """Load a .cbm file.

    Raises:
        CannotLoad: CatBoost is not installed, does not load it, or it has no such method.
    """
    catboost = packages.needed("catboost", request.annotation)
    path = str(request.path)
    try:
        model = catboost.CatBoost().load_model(path)
        model = getattr(catboost, _estimator(model))().load_model(path)
    except Exception as error:
        raise packages.failed(request.path, error, request.annotation) from error
    names = [str(it) for it in model.feature_names_ or ()]
    known = None if names == [str(it) for it in range(len(names))] else names
    texts = {names[it] for it in model.get_cat_feature_indices() if it < len(names)}
    return methods.of(
        model,
        request.method,
        "catboost",
        prepare=lambda data: arrays.in_order(data, known) if arrays.is_table(data) else data,
        inputs=tuple(FormatInput(it, "category" if it in texts else "float") for it in names)
        if known
        else None,
    )


def _estimator(model: Any) -> str:
    metadata = dict(model.get_metadata().items())
    try:
        loss = str(json.loads(metadata["params"])["loss_function"]["type"])
    except (KeyError, ValueError, TypeError):
        loss = ""
    if loss in _CLASSES or "class_params" in metadata:
        return "CatBoostClassifier"
    return "CatBoostRanker" if loss.startswith(_RANKS) else "CatBoostRegressor"
