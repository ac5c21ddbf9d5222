"""A Python object as a predictor: which of its methods answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mreg.serve.loaders.model import CannotLoad, Predictor

_USUAL = "predict"


class MethodPredictor(Predictor):
    """An object whose method answers."""

    def __init__(self, call: Callable[[Any], Any], kind: str) -> None:
        self.format = kind
        self._call: Callable[[Any], Any] | None = call

    def predict(self, data: Any) -> Any:
        """Call the method."""
        assert self._call is not None  # nobody calls it once it is closed
        return self._call(data)

    def close(self) -> None:
        """Let go of the object."""
        self._call = None


def of(model: Any, method: str | None, kind: str) -> MethodPredictor:
    """Return the predictor that an object is, by a method; without a name, the usual one.

    Raises:
        CannotLoad: it has no such method.
    """
    found = getattr(model, method or _USUAL, None)
    if found is None and method is None and callable(model):
        found = model
    if not callable(found):
        raise CannotLoad(
            f"a {type(model).__name__} has no method {method or _USUAL}",
            hint="name one that it has: --method predict_proba",
        )
    return MethodPredictor(found, kind)
