"""A folder that MLflow wrote, with the file MLmodel in it.

What its flavor keeps in a library's own format is loaded from that, without MLflow. All else is a
pickle or Python code, which `mlflow.pyfunc` loads if it is trusted. MLflow takes from the MLmodel
file itself which types of a .skops file are trusted; here that does not count.
Source: https://mlflow.org/docs/latest/ml/model/, "Storage format".
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mreg.serve.loaders import files, formats, methods, packages, trust
from mreg.serve.loaders.model import CannotLoad, LoadRequest, Predictor

_MOST = 1 << 20
_PYFUNC = "python_function"
_FILES = {
    "mlflow.sklearn": ("sklearn", "pickled_model"),
    "mlflow.xgboost": ("xgboost", "data"),
    "mlflow.lightgbm": ("lightgbm", "data"),
    "mlflow.catboost": ("catboost", "data"),
    "mlflow.onnx": ("onnx", "data"),
}
"""By the module that loads it: the flavor, and its setting that names the model's file."""

_CODE = frozenset(("pickle", "torch", "mlflow"))
"""Formats that run code; and a folder within, which may be this one again."""


def load(request: LoadRequest) -> Predictor:
    """Load an MLmodel folder.

    Raises:
        CannotLoad: it is damaged, MLflow is not installed, it runs code and is not trusted, or it
            has no such method.
    """
    flavors = _flavors(request.path)
    pyfunc = flavors.get(_PYFUNC)
    if not isinstance(pyfunc, dict):
        raise CannotLoad(
            f"{request.path.name}/MLmodel has no flavor python_function", hint=formats.LOADER
        )
    method = request.method or _text(pyfunc.get("predict_fn"))
    plain = _plain(request, flavors, pyfunc)
    if plain is not None:
        return formats.loader(plain.format)(request._replace(path=plain.path, method=method))
    trust.require(request, "an MLflow model that is pickled or contains code", _instead(pyfunc))
    return _by_mlflow(request, method)


def _by_mlflow(request: LoadRequest, method: str | None) -> Predictor:
    load_model = packages.needed("mlflow.pyfunc", request.annotation, "mlflow").load_model
    try:
        model = load_model(str(request.path))
        if method not in (None, "predict"):
            model = model.get_raw_model()
    except Exception as error:
        raise packages.failed(request.path, error, request.annotation) from error
    return methods.of(model, method, "mlflow")


def _flavors(folder: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML

    file = folder / "MLmodel"
    if file.stat().st_size > _MOST:
        raise CannotLoad(f"{folder.name}/MLmodel is larger than {_MOST} bytes")
    try:
        said = YAML(typ="safe", pure=True).load(file.read_text("utf-8"))
    except Exception as error:  # whatever a file of others makes of the parser
        raise CannotLoad(f"cannot read {folder.name}/MLmodel: {packages.said(error)}") from error
    flavors = said.get("flavors") if isinstance(said, dict) else None
    if not isinstance(flavors, dict):
        raise CannotLoad(f"{folder.name}/MLmodel names no flavors")
    return flavors


def _plain(
    request: LoadRequest, flavors: dict[str, Any], pyfunc: dict[str, Any]
) -> formats.Recognized | None:
    """Return the file in a library's own format that holds the model; None if code is needed."""
    flavor, setting = _FILES.get(str(pyfunc.get("loader_module")), ("", ""))
    settings = flavors.get(flavor)
    if not isinstance(settings, dict) or pyfunc.get("code") or settings.get("code"):
        return None
    named = _text(settings.get(setting)) or _text(pyfunc.get("model_path"))
    if named is None:
        return None
    found = formats.recognize(files.inside(request.path, named), request.annotation)
    return None if found.format in _CODE else found


def _instead(pyfunc: dict[str, Any]) -> str:
    module = str(pyfunc.get("loader_module"))
    return 'with serialization_format="skops"' if module == "mlflow.sklearn" else "as ONNX"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
