"""PyTorch: modules that were pickled, TorchScript and exported programs.

All run code, or may: torch.export.load reads pickles, and TorchScript is a program. PyTorch itself
says to trust whoever made them: https://github.com/pytorch/pytorch/blob/main/SECURITY.md
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mreg.serve.loaders import arrays, methods, packages, trust
from mreg.serve.loaders.model import CannotLoad, LoadRequest, Predictor


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
                result = self._module(torch.tensor(data.to_numpy("float32")))
            else:
                result = self._module(_tensor(torch, data))
            return _outputs(result)

    def close(self) -> None:
        """Let go of the module."""
        self._module = None


def load(request: LoadRequest) -> Predictor:
    """Load a .pt2 of torch.export, a TorchScript file, or a module that torch.save wrote.

    Raises:
        CannotLoad: it is not trusted, PyTorch is not installed, does not load it, or the file
            holds weights and no module.
    """
    kind, read = _kind(request.path)
    trust.require(request, kind, "as ONNX, or its weights as .safetensors for a loader of yours")
    torch = packages.needed("torch", request.annotation)
    try:
        model = read(torch, str(request.path))
    except Exception as error:
        raise packages.failed(request.path, error, request.annotation) from error
    if isinstance(model, Mapping):
        raise CannotLoad(
            f"{request.path.name} holds weights (a state_dict), no module",
            hint="name a function of yours that makes the module of them: --loader module:function",
        )
    if request.method not in (None, "predict", "__call__"):
        return methods.of(model, request.method, "torch")
    return TorchPredictor(model) if callable(model) else methods.of(model, None, "torch")


def _kind(path: Path) -> tuple[str, Callable[[Any, str], Any]]:
    """Return what a file of PyTorch's is, and what reads it."""
    with zipfile.ZipFile(path) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()} | set(archive.namelist())
    if names & {"archive_format", "serialized_exported_program.json"}:
        return "an exported program of PyTorch", lambda torch, it: torch.export.load(it).module()
    if "constants.pkl" in names:
        return "a program in TorchScript", lambda torch, it: torch.jit.load(it, map_location="cpu")
    return "a pickle of PyTorch", _unpickled


def _unpickled(torch: Any, path: str) -> Any:
    model = torch.load(path, map_location="cpu", weights_only=False)
    return model.eval() if isinstance(model, torch.nn.Module) else model


def _tensor(torch: Any, value: Any) -> Any:
    return torch.tensor(value)  # a copy: arrays out of a request cannot be written to


def _outputs(result: Any) -> Any:
    """Return what a module gave as arrays; several without names by their numbers."""
    if isinstance(result, tuple):
        names = getattr(result, "_fields", [f"output_{it}" for it in range(len(result))])
        result = dict(zip(names, result, strict=True))
    return arrays.plain(result)
