"""PyTorch: modules that were pickled, TorchScript and exported programs.

All run code, or may: torch.export.load reads pickles, and TorchScript is a program. PyTorch itself
says to trust whoever made them: https://github.com/pytorch/pytorch/blob/main/SECURITY.md
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mreg.serve.loaders import methods, packages, trust
from mreg.serve.loaders.model import CannotLoad, LoadRequest, Predictor
from mreg.serve.loaders.tensors import TorchPredictor


def load(request: LoadRequest) -> Predictor:
    """Load a .pt2 of torch.export, a TorchScript file, or a module that torch.save wrote.

    Raises:
        CannotLoad: it is not trusted, PyTorch is not installed, does not load it, or the file
            holds weights and no module.
    """
    kind, read = _kind(request.path)
    trust.require(
        request, kind, "as ONNX, or its weights as .safetensors with a loader of your own"
    )
    torch = packages.needed("torch", request.annotation)
    try:
        model = read(torch, str(request.path))
    except Exception as error:
        raise packages.failed(request.path, error, request.annotation) from error
    if isinstance(model, Mapping):
        raise CannotLoad(
            f"{request.path.name} contains weights (a state_dict), not a module",
            hint="write a function that builds the module from them, and use --loader "
            "module:function",
        )
    if request.method not in (None, "predict", "__call__"):
        return methods.of(model, request.method, "torch")
    return TorchPredictor(model) if callable(model) else methods.of(model, None, "torch")


def _kind(path: Path) -> tuple[str, Callable[[Any, str], Any]]:
    """Return what a file of PyTorch's is, and what reads it."""
    with zipfile.ZipFile(path) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()} | set(archive.namelist())
    if names & {"archive_format", "serialized_exported_program.json"}:
        return "an exported PyTorch program", lambda torch, it: torch.export.load(it).module()
    if "constants.pkl" in names:
        return "a TorchScript program", lambda torch, it: torch.jit.load(it, map_location="cpu")
    return "a PyTorch pickle", _unpickled


def _unpickled(torch: Any, path: str) -> Any:
    model = torch.load(path, map_location="cpu", weights_only=False)
    return model.eval() if isinstance(model, torch.nn.Module) else model
