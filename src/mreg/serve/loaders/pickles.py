"""Pickles, of which joblib and cloudpickle write kinds of their own. To read one is to run code."""

from __future__ import annotations

import mmap
import pickle
from pathlib import Path
from typing import Any

from mreg.serve.loaders import methods, packages, trust
from mreg.serve.loaders.model import CannotLoad, LoadRequest, Predictor

_INSTEAD = {
    "scikit-learn": "with skops (.skops) or as ONNX",
    "xgboost": "with save_model (.ubj)",
    "lightgbm": "with booster_.save_model (.txt)",
    "catboost": "with save_model (.cbm)",
    "keras": "with save (.keras)",
    "torch": "as ONNX, or its weights as .safetensors with a loader of your own",
}
_ELSE = "in its library's own format, or as ONNX"


def load(request: LoadRequest) -> Predictor:
    """Load a pickle that is trusted.

    Raises:
        CannotLoad: it is not trusted, or cannot be read here.
    """
    framework = request.annotation.framework
    instead = _INSTEAD.get((framework.name or "") if framework else "", _ELSE)
    trust.require(request, "a pickle", instead)
    model = read(request)
    if isinstance(model, dict):
        raise CannotLoad(
            f"{request.path.name} contains a dict, not a model: perhaps weights",
            hint="write a function that builds the model from it, and use --loader module:function",
        )
    return methods.of(model, request.method, "pickle")


def read(request: LoadRequest) -> Any:
    """Return what a trusted pickle holds.

    Raises:
        CannotLoad: it cannot be read here.
    """
    assert request.trust_pickle
    try:
        if _is_joblib(request.path):
            return packages.needed("joblib", request.annotation).load(request.path)
        with request.path.open("rb") as file:
            return pickle.load(file)  # noqa: S301 - the user trusts it
    except Exception as error:  # a pickle may raise anything
        raise packages.failed(request.path, error, request.annotation) from error


def _is_joblib(path: Path) -> bool:
    """Tell whether only joblib can read it: it puts arrays among the pickle, or compresses all."""
    with path.open("rb") as file:
        head = file.read(2)
        if head[:1] != b"\x80" and path.suffix == ".joblib":
            return True
        if head in (b"x\x01", b"x^", b"x\x9c", b"x\xda", b"\x1f\x8b", b"BZ", b"\xfd7", b"]\x00"):
            return True
        if not head:
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return content.find(b"NumpyArrayWrapper") >= 0
