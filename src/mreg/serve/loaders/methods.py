"""A Python object as a predictor: which of its methods answers."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from mreg.serve.loaders.arrays import plain
from mreg.serve.loaders.model import CannotLoad, FormatInput, Predictor

_USUAL = "predict"
_KNOWN = ("predict", "predict_proba", "transform", "decision_function", "score_samples")


class MethodPredictor(Predictor):
    """An object whose method answers."""

    def __init__(
        self,
        call: Callable[[Any], Any],
        kind: str,
        inputs: tuple[FormatInput, ...] | None = None,
    ) -> None:
        self.format = kind
        self.inputs = inputs
        self._call: Callable[[Any], Any] | None = call

    def predict(self, data: Any) -> Any:
        """Call the method."""
        assert self._call is not None  # nobody calls it once it is closed
        return plain(self._call(data))

    def close(self) -> None:
        """Let go of the object."""
        self._call = None


def of(
    model: Any,
    method: str | None,
    kind: str,
    *,
    prepare: Callable[[Any], Any] | None = None,
    inputs: tuple[FormatInput, ...] | None = None,
) -> Predictor:
    """Return the predictor that an object is, by a method; without a name, the usual one.

    Args:
        model: the object.
        method: the name of its method; None: predict, or transform if it has only that, or what
            is called if the object itself is.
        kind: the format that it was loaded from.
        prepare: what makes of the data what the method takes.
        inputs: what the format says of inputs.

    Raises:
        CannotLoad: it has no such method.
    """
    torch = sys.modules.get("torch")
    if method in (None, "__call__") and torch is not None and isinstance(model, torch.nn.Module):
        from mreg.serve.loaders.tensors import TorchPredictor

        return TorchPredictor(model, kind)
    found = _method(model, method)
    if prepare is None:
        return MethodPredictor(found, kind, inputs)
    return MethodPredictor(lambda data: found(prepare(data)), kind, inputs)


def _method(model: Any, method: str | None) -> Callable[[Any], Any]:
    if method is None:
        usual = (getattr(model, it, None) for it in (_USUAL, "transform"))
        found = next((it for it in usual if callable(it)), model)
    else:
        found = None if method.startswith("_") and method != "__call__" else _got(model, method)
    if callable(found) and not isinstance(found, type):
        result: Callable[[Any], Any] = found
        return result
    has = [it for it in _KNOWN if callable(_got(model, it))]
    hint = f"choose one that it has: --method {has[0]}" if has else ""
    raise CannotLoad(f"a {type(model).__name__} has no method {method or _USUAL}", hint=hint)


def _got(model: Any, name: str) -> Any:
    """Return an attribute; scikit-learn's may fail in ways of their own until all is set."""
    try:
        return getattr(model, name, None)
    except Exception:  # whatever a property of theirs raises
        return None
