"""The user's own loader: a function that is called with the path, and returns the model."""

from __future__ import annotations

from importlib import import_module

from mreg.serve.loaders import methods
from mreg.serve.loaders.model import CannotLoad, LoadRequest, Predictor
from mreg.serve.loaders.packages import said

_FORMAT = "module:function"


def load(request: LoadRequest, loader: str) -> Predictor:
    """Call a loader, and return what it returns as a predictor.

    Raises:
        CannotLoad: there is no such function, or it fails.
    """
    module, _, function = loader.partition(":")
    try:
        found = getattr(import_module(module), function)
    except Exception as error:  # it is the user's module: importing it may raise anything
        raise CannotLoad(
            f"cannot import the loader {loader}: {said(error)}",
            hint="write module:function, with a module that Python can import: see PYTHONPATH",
        ) from error
    try:
        model = found(request.path)
    except Exception as error:
        raise CannotLoad(f"{loader} failed: {said(error)}") from error
    if model is None:
        raise CannotLoad(f"{loader} returned nothing", hint="make it return the model")
    return model if isinstance(model, Predictor) else methods.of(model, request.method, _FORMAT)
