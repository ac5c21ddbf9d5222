"""The libraries that read models: imported where they are needed, and named where they are not."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import Any

from mreg.annotations.entry import Annotation
from mreg.serve.loaders.model import CannotLoad

_PLAIN = re.compile(r"[0-9][A-Za-z0-9.+!_-]*")

_DISTRIBUTIONS = {"sklearn": "scikit-learn"}
"""Of modules that are installed under another name."""


def needed(module: str, annotation: Annotation, distribution: str | None = None) -> Any:
    """Import a module that reads a model.

    Raises:
        CannotLoad: it is not installed, or cannot be imported.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise missing(error, annotation, distribution) from None
    except Exception as error:
        raise CannotLoad(f"cannot import {module}: {said(error)}") from error


def missing(
    error: ModuleNotFoundError, annotation: Annotation, distribution: str | None = None
) -> CannotLoad:
    """Return what to say where a module is not installed."""
    module = (error.name or "a module").partition(".")[0]
    name = distribution or _DISTRIBUTIONS.get(module, module)
    return CannotLoad(
        f"{name} is not installed", hint=f"run `pip install {_pin(name, annotation)}`"
    )


def _pin(distribution: str, annotation: Annotation) -> str:
    """Return what pip is to install: the version that the annotation names, if it does."""
    named = annotation.framework
    if named and named.name == distribution and _PLAIN.fullmatch(named.version or ""):
        return f"'{distribution}=={named.version}'"
    return distribution


def failed(path: Path, error: Exception, annotation: Annotation) -> CannotLoad:
    """Return what to say where a library does not load a file."""
    if isinstance(error, CannotLoad):
        return error
    if isinstance(error, ModuleNotFoundError):
        return missing(error, annotation)
    return CannotLoad(f"cannot load {path.name}: {said(error)}")


def said(error: BaseException) -> str:
    """Return what an error says, on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
