"""Keras 3's own format, which runs no code of the file unless it is trusted (its safe mode)."""

from __future__ import annotations

from threading import Lock
from typing import Any

from mreg.serve.loaders import arrays, packages
from mreg.serve.loaders.model import CannotLoad, FormatInput, LoadRequest, Predictor

_BACKENDS = ("tensorflow", "jax", "torch")


class KerasPredictor(Predictor):
    """A model of Keras. One call at a time: it keeps state while it predicts."""

    format = "keras"

    inputs: tuple[FormatInput, ...]

    def __init__(self, model: Any) -> None:
        self._model: Any = model
        self._lock = Lock()
        self.inputs = tuple(
            FormatInput(it.name, str(it.dtype), tuple(-1 if n is None else n for n in it.shape))
            for it in getattr(model, "inputs", None)
            or ()  # a model of the user's class may name none
        )
        self._types = {it.name: it.type for it in self.inputs}

    def predict(self, data: Any) -> Any:
        """Call it with arrays of its types."""
        given = _one(arrays.named(data, self.inputs, self._types)) if self.inputs else data
        with self._lock:
            return arrays.plain(self._model.predict_on_batch(given))

    def close(self) -> None:
        """Let go of the model."""
        self._model = None


def load(request: LoadRequest) -> Predictor:
    """Load a .keras file.

    Raises:
        CannotLoad: Keras or its backend is not installed, it does not load the file, there is code
            in that which is not trusted, or another method is asked for.
    """
    if request.method not in (None, "predict"):
        raise CannotLoad("a Keras model has one method, predict")
    try:
        keras = packages.needed("keras", request.annotation)
    except CannotLoad as error:
        raise _backend(error) from error
    try:
        model = keras.saving.load_model(
            str(request.path), compile=False, safe_mode=not request.trust_pickle
        )
    except Exception as error:
        raise _explained(request, error) from error
    return KerasPredictor(model)


def _backend(error: CannotLoad) -> CannotLoad:
    """Say which backends there are, where it is that which is missing: TensorFlow, unless told."""
    if not any(it in str(error) for it in _BACKENDS):
        return error
    hint = (
        f"{error.hint}; or set the backend that is installed: KERAS_BACKEND=jax, torch or "
        "tensorflow"
    )
    return CannotLoad(f"Keras uses TensorFlow by default: {error}", hint=hint)


def _explained(request: LoadRequest, error: Exception) -> CannotLoad:
    said = packages.failed(request.path, error, request.annotation)
    if "safe_mode" in str(error):
        return CannotLoad(
            f"{request.path.name} contains code, which loading the model would run",
            hint="replace the Lambda with a layer of your own; or, if you trust everyone who "
            "can register versions and change files here, use --trust-pickle",
        )
    if "Could not locate" in str(error):
        hint = "use --loader module:function with a function that imports its code"
        return CannotLoad(str(said), hint=hint)
    return said


def _one(given: dict[str, Any]) -> Any:
    return next(iter(given.values())) if len(given) == 1 else given
