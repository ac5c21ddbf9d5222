"""Which format a model's file has: what it holds decides, and its suffix where that says nothing.

Sources: skops, Keras 3 and PyTorch write ZIP archives, each with members of its own; XGBoost writes
JSON and UBJSON (https://ubjson.org), LightGBM text, CatBoost's files begin with "CBM1". ONNX is a
protobuf message without a mark: https://github.com/onnx/onnx/blob/main/docs/IR.md.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from mreg.annotations.entry import Annotation
from mreg.serve.loaders.model import CannotLoad, LoadRequest, Predictor
from mreg.tuples import NamedTuple

_HEAD = 4096
_ZIP = b"PK\x03\x04"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
_PICKLE_SUFFIXES = frozenset(
    (".pkl", ".pickle", ".p", ".joblib", ".cloudpickle", ".dill", ".pt", ".pth")
)
_MLMODEL = "MLmodel"
_ONNX = ("onnx", "onnxruntime")

LOADER = "write a function that loads it, and use --loader module:function"
"""What to do about a format that nothing here loads."""

_MODULES = {
    name: name
    for name in ("skops", "onnx", "xgboost", "lightgbm", "catboost", "keras", "torch", "mlflow")
} | {"pickle": "pickles", "safetensors": "safetensors"}


class Recognized(NamedTuple):
    """A format, and the file or folder that has it."""

    format: str
    path: Path


def loader(name: str) -> Callable[[LoadRequest], Predictor]:
    """Return what loads a format."""
    load: Callable[[LoadRequest], Predictor]
    load = import_module(f"mreg.serve.loaders.{_MODULES[name]}").load
    return load


def recognize(path: Path, annotation: Annotation) -> Recognized:
    """Tell the format of a file or folder. A folder has that of the one model that it holds.

    Raises:
        CannotLoad: it has none that is known here, or a folder holds several.
    """
    if not path.is_dir():
        named = annotation.framework.name if annotation.framework else None
        known = _of_file(path) or ("onnx" if named in _ONNX else None)
        return Recognized(known or _refused(path), path)
    if (path / _MLMODEL).is_file():
        return Recognized("mlflow", path)
    files = sorted(it for it in path.iterdir() if it.is_file())
    found = [Recognized(known, it) for it in files if (known := _of_file(it))]
    if len(found) == 1:
        return found[0]
    if {it.format for it in found} == {"safetensors"}:  # a large model is split
        return Recognized("safetensors", path)
    names = ", ".join(it.path.name for it in found)
    said = f"several models: {names}" if found else "no file in a format that mreg can load"
    raise CannotLoad(f"the folder {path.name} contains {said}", hint=LOADER)


def _of_file(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(_ZIP) and zipfile.is_zipfile(path):
        return _of_archive(path)
    found = _by_content(head)
    if found is None and path.suffix in _PICKLE_SUFFIXES:  # compressed, or of an old protocol
        return "pickle"
    return "onnx" if found is None and path.suffix in (".onnx", ".ort") else found


def _by_content(head: bytes) -> str | None:
    if _PICKLE.match(head):
        return "pickle"
    if head.startswith(b"CBM1"):
        return "catboost"
    if head.startswith((b"tree\n", b"tree\r\n")):
        return "lightgbm"
    if head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 1 << 40:
        return "safetensors"
    if head.startswith(b"{") and b"learner" in head:
        return "xgboost"
    return None


def _of_archive(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return None
    inner = {name.partition("/")[2] for name in names} | set(names)
    if "schema.json" in names:
        return "skops"
    if {"config.json", "metadata.json"} <= set(names):
        return "keras"
    # of torch.save and TorchScript; of torch.export, now and before
    if inner & {"data.pkl", "archive_format", "serialized_exported_program.json"}:
        return "torch"
    return None


def _refused(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(len(_HDF5)) == _HDF5:
            hint = f"save Keras models as .keras; or {LOADER}"
            raise CannotLoad(f"{path.name} is HDF5, which mreg does not load", hint=hint)
    raise CannotLoad(f"{path.name} has no format that mreg can load", hint=LOADER)
