"""What a model needs, taken down where it is made: its schema, and a file with an example of it.

Whatever goes wrong is a warning: after hours of training, all else is worth more than a schema.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from mreg.schemas import capture, check
from mreg.schemas.capture import CannotCapture
from mreg.schemas.model import METHODS
from mreg.system import files
from mreg.tuples import NamedTuple

FRAMEWORKS = {
    "transformers": "transformers",
    "lightning": "lightning",
    "pytorch_lightning": "pytorch-lightning",
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "keras": "keras",
    "tensorflow": "tensorflow",
    "torch": "torch",
    "flax": "flax",
    "jax": "jax",
    "statsmodels": "statsmodels",
    "sklearn": "scikit-learn",
}
"""Frameworks by the module that is imported, the more particular before what they are built on."""

SUFFIX = ".example.json"
"""How the name of a file with an example ends."""


class Captured(NamedTuple):
    """What a script said of a model's schema.

    Attributes:
        schema: the parts of the field `schema` that it says, each None if it could not be captured.
        framework: name and version of what the model's class is made with; None if unknown.
        example: what the file with the example is to hold; None if there is none.
        warnings: what could not be captured, and why.
    """

    schema: dict[str, Any]
    framework: tuple[str, str | None] | None = None
    example: bytes | None = None
    warnings: tuple[str, ...] = ()


def of(model: Any = None, example: Any = None, target: Any = None) -> Captured:
    """Capture what a model is: its methods, what goes in by an example, what comes out by a target.

    Nothing is imported, and the model is not run. None stands for what the script does not say.
    """
    schema: dict[str, Any] = {}
    warnings: list[str] = []
    data = {name: it for name, it in (("input", example), ("output", target)) if it is not None}
    for name, it in data.items():
        schema[name] = _tried(capture.of, it, f"the schema of the {name}", warnings)
    made_with = None
    if model is not None:
        made_with = _tried(framework, model, "the framework of the model", warnings)
        schema["methods"] = _tried(methods, model, "the methods of the model", warnings) or None
    written = None
    if data and all(schema[name] is not None for name in data):
        written = _tried(lambda it: _written(it, schema), data, "an example", warnings)
    return Captured(schema, made_with, written, tuple(warnings))


def _tried(call: Callable[[Any], Any], value: Any, what: str, warnings: list[str]) -> Any:
    """Return what a call returns of a value; None if it fails, which is told of.

    What a value raises itself is told of by its type alone: its text may be anything, or none.
    """
    try:
        return call(value)
    except CannotCapture as error:
        why = str(error)
    except Exception as error:  # whatever the classes of others do
        why = f"it raised a {type(error).__name__}"
    warnings.append(f"{what} cannot be recorded: {why}")
    return None


def _written(data: Mapping[str, Any], schema: Mapping[str, Any]) -> bytes:
    """Return what a file with an example of data holds.

    Raises:
        CannotCapture: it is too large, or has more in it than was looked at for its schema.
    """
    found = capture.examples(data)
    for name, it in found.items():
        if misfits := check.misfits(schema[name], it):
            raise CannotCapture(f"{name}{misfits[0].place} {misfits[0].message}")
    return capture.text(found)


def methods(model: Any) -> list[str]:
    """Return which of `METHODS` a model has.

    Its class has to have them: what makes attributes up has any. And the model has to give them:
    those of some estimators are there or not by how they were made (scikit-learn's `available_if`).

    Raises:
        CannotCapture: it is a class.
    """
    if isinstance(model, type):
        raise CannotCapture("it is a class; give the model itself")
    classes = type(model).__mro__
    return [
        name
        for name in METHODS
        if any(name in vars(it) for it in classes) and callable(getattr(model, name, None))
    ]


def framework(model: Any) -> tuple[str, str | None] | None:
    """Return name and version of what a model's class is made with; None if that is not known.

    A framework that is known counts before the package of a class that is built on it.
    """
    roots = [*_roots(model)]
    for root in roots:
        if root in FRAMEWORKS:
            return FRAMEWORKS[root], version(root, FRAMEWORKS[root])
    owners = metadata.packages_distributions()
    for root in roots:
        if found := owners.get(root):
            return min(found), version(root, min(found))
    return None


def _roots(model: Any) -> Iterator[str]:
    """Iterate over the top-level modules that the classes of a model are in."""
    for kind in type(model).__mro__:
        if isinstance(kind.__module__, str):
            yield kind.__module__.partition(".")[0]


def imported_framework() -> tuple[str, str | None] | None:
    """Return name and version of the framework that is imported; None if none is known."""
    for module, distribution in FRAMEWORKS.items():
        if module in sys.modules:
            return distribution, version(module, distribution)
    return None


def version(module: str, distribution: str) -> str | None:
    """Return the version of a distribution, of which a module is imported; None if unknown."""
    # A build of its own goes under another name.
    found = installed(distribution) or getattr(sys.modules.get(module), "__version__", None)
    return None if found is None else str(found)


def installed(distribution: str) -> str | None:
    """Return the version of a distribution; None if what is installed does not say."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:  # its metadata is broken, or was removed meanwhile
        return None


def write(file: Path, content: bytes) -> None:
    """Put an example in a file's place, in one step; not where a symbolic link there leads to.

    Raises:
        OSError: it cannot be written.
    """
    files.replace(file, content, mode=files.new_mode())
