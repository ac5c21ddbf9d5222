"""A module of PyTorch as a predictor, wherever it comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mreg.serve.loaders import arrays
from mreg.serve.loaders.model import Predictor


class TorchPredictor(Predictor):
    """A module that is called with tensors, and answers arrays."""

    def __init__(self, module: Any, kind: str = "torch") -> None:
        self.format = kind
        self._module: Any = module

    def predict(self, data: Any) -> Any:
        """Call it: named arrays by keyword; a table as one array of float32."""
        import torch

        with torch.inference_mode():
            if isinstance(data, Mapping):
                result = self._module(**{name: _tensor(torch, it) for name, it in data.items()})
            elif arrays.is_table(data):
                result = self._module(torch.tensor(data.to_numpy("float32", na_value=float("nan"))))
            else:
                result = self._module(_tensor(torch, data))
            return _outputs(result)

    def close(self) -> None:
        """Let go of the module."""
        self._module = None


def _tensor(torch: Any, value: Any) -> Any:
    return torch.tensor(value)  # a copy: arrays out of a request cannot be written to


def _outputs(result: Any) -> Any:
    """Return what a module gave as arrays; several without names by their numbers."""
    if isinstance(result, tuple):
        names = getattr(result, "_fields", [f"output_{it}" for it in range(len(result))])
        result = dict(zip(names, result, strict=True))
    return arrays.plain(result)
