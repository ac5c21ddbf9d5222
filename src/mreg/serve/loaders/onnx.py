"""ONNX, run by onnxruntime: inputs by name, outputs by the method that is asked for."""

from __future__ import annotations

from typing import Any

from mreg.serve.loaders import arrays, packages
from mreg.serve.loaders.model import CannotLoad, FormatInput, LoadRequest, Predictor

_TYPES = {
    f"tensor({name})": numpy
    for name, numpy in (
        ("float", "float32"),
        ("double", "float64"),
        ("float16", "float16"),
        ("bool", "bool"),
        ("string", "object"),
        *((f"{sign}int{bits}",) * 2 for sign in ("", "u") for bits in (8, 16, 32, 64)),
    )
}
"""NumPy's types of ONNX's, as onnxruntime names them."""

_ELSEWHERE = "AzureExecutionProvider"  # calls a service; the others are of this machine


class OnnxPredictor(Predictor):
    """A session of onnxruntime, and the outputs that are wanted of it."""

    format = "onnx"

    inputs: tuple[FormatInput, ...]

    def __init__(self, session: Any, outputs: list[str]) -> None:
        self._session: Any = session
        self._outputs = outputs
        self.inputs = tuple(
            FormatInput(it.name, it.type, tuple(_size(size) for size in it.shape))
            for it in session.get_inputs()
        )
        self._types = {it.name: _TYPES[it.type] for it in self.inputs if it.type in _TYPES}

    def predict(self, data: Any) -> Any:
        """Run it: an array if one output is wanted, else a dict of them by name."""
        given = arrays.named(data, self.inputs, self._types)
        found = [_matrix(it) for it in self._session.run(self._outputs, given)]
        return found[0] if len(found) == 1 else dict(zip(self._outputs, found, strict=True))

    def close(self) -> None:
        """Give back the session's memory."""
        self._session = None


def load(request: LoadRequest) -> Predictor:
    """Load an .onnx file; what it holds in other files has to be beside it.

    Raises:
        CannotLoad: onnxruntime is not installed, does not load it, or it has no such output.
    """
    runtime = packages.needed("onnxruntime", request.annotation)
    providers = [it for it in runtime.get_available_providers() if it != _ELSEWHERE]
    try:
        session = runtime.InferenceSession(str(request.path), providers=providers)
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise packages.failed(request.path, error, request.annotation) from error
    return OnnxPredictor(session, _outputs(session, request.method))


def _outputs(session: Any, method: str | None) -> list[str]:
    """Return the outputs that a method means.

    What skl2onnx makes of a classifier has two: its labels and their probabilities.
    """
    names = [it.name for it in session.get_outputs()]
    if len(names) == 2 and names[0].endswith("label") and "probabilit" in names[1]:  # noqa: PLR2004
        found = {"predict": names[:1], "predict_proba": names[1:]}
    else:
        found = {"predict": names}
    wanted = method or "predict"
    if wanted not in found and wanted not in names:
        known = ", ".join((*found, *names))
        raise CannotLoad(f"the model has no output {wanted}", hint=f"choose from {known}")
    return found.get(wanted, [wanted])


def _size(size: Any) -> int:
    """Return a dimension's size; what is a name or nothing may be any."""
    return size if isinstance(size, int) else -1


def _matrix(value: Any) -> Any:
    """Return an output as an array: a class's probability by its label becomes a row's column."""
    if isinstance(value, list) and value and all(isinstance(it, dict) for it in value):
        import numpy as np

        return np.array([[it[key] for key in value[0]] for it in value])
    return value
