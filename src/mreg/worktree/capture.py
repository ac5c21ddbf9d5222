"""What a model needs, taken down where it is made: its schema, and a file with an example of it.

Whatever goes wrong with data at hand is a warning: after hours of training, all else is worth more
than a schema. What somebody types is an error.
"""

from __future__ import annotations

import json
import posixpath
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from mreg.annotations import entry
from mreg.core import names
from mreg.errors import Refused
from mreg.git import worktree
from mreg.git.process import CommandFailed
from mreg.git.repository import Repository
from mreg.schemas import capture, check, examples
from mreg.schemas.capture import CannotCapture
from mreg.schemas.model import METHODS, words
from mreg.system import distribution, files
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

    def told(self, path: str) -> Iterator[str]:
        """Iterate over what was captured, in words; the example stands at a path."""
        for name, it in self.schema.items():
            yield f"the {name} is {words(it)}"
        yield f"the example is in {path}: anyone who can read the repository can read it"


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


def of_file(file: Path) -> Captured:
    """Capture what a file of data says: what goes in, or in JSON also what comes out.

    Raises:
        Refused: it cannot be read, or is of no kind that can be described.
    """
    try:
        data = _read(file)
        schema = {name: capture.of(it) for name, it in data.items()}
        return Captured(schema, example=_written(data, schema))
    except CannotCapture as error:
        raise Refused(f"cannot make an example from {file}: {error}") from None


def _read(file: Path) -> dict[str, Any]:
    """Return the data of a file: "input", "output" or both.

    Raises:
        CannotCapture: it is not what its name says.
        Refused: it cannot be read.
    """
    reader = _READERS.get(file.suffix.lower())
    if reader is None:
        hint = f"pass a file that ends in {', '.join(_READERS)}"
        raise Refused(f"cannot make an example from {file}: its format is unknown", hint=hint)
    try:
        found = reader(file)
    except OSError as error:
        raise Refused(f"cannot read {file}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise CannotCapture("it is not UTF-8") from None
    both = isinstance(found, dict) and found and found.keys() <= {*examples.SIDES}
    return found if both else {"input": found}


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_bytes())
    except UnicodeDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise CannotCapture(f"it is not valid JSON: {error}") from None


def _csv(file: Path) -> Any:
    from mreg.schemas import csv

    with file.open(encoding="utf-8-sig", newline="") as lines:
        return csv.rows(lines)


def _parquet(file: Path) -> Any:
    try:
        from pyarrow import ArrowException, parquet
    except ImportError:
        hint = distribution.command("parquet")
        raise Refused("Parquet needs pyarrow, which is not installed", hint=hint) from None
    try:
        with parquet.ParquetFile(file) as opened:
            return next(opened.iter_batches(capture.SEEN_ROWS), opened.schema_arrow.empty_table())
    except ArrowException as error:
        raise CannotCapture(f"it is not valid Parquet: {error}") from None


_READERS: dict[str, Callable[[Path], Any]] = {".json": _json, ".csv": _csv, ".parquet": _parquet}


def parts(file: Path) -> dict[str, Any]:
    """Read the parts of a schema that a JSON file has: input, output and methods.

    Raises:
        Refused: it has something else.
    """
    try:
        found = json.loads(file.read_bytes())
    except OSError as error:
        raise Refused(f"cannot read {file}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise Refused(f"{file} is not valid JSON: {error}") from None
    if not isinstance(found, dict) or not found or not found.keys() <= {*_PARTS}:
        hint = 'write {"input": {"type": "array", ...}, "output": ..., "methods": ["predict"]}'
        raise Refused(f"{file} contains keys other than {', '.join(_PARTS)}", hint=hint)
    return found


_PARTS = (*examples.SIDES, "methods")


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
    warnings.append(f"cannot record {what}: {why}")
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
    return examples.text(found)


def methods(model: Any) -> list[str]:
    """Return which of `METHODS` a model has.

    Its class has to have them: what makes attributes up has any. And the model has to give them:
    those of some estimators are there or not by how they were made (scikit-learn's `available_if`).

    Raises:
        CannotCapture: it is a class.
    """
    if isinstance(model, type):
        raise CannotCapture("it is a class; pass the model itself")
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
    for module, package in FRAMEWORKS.items():
        if module in sys.modules:
            return package, version(module, package)
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


def example_path(tree: Repository, artifact: str, path: str | None) -> str:
    """Return where an example stands, from the root: beside the model, in the artifact's name.

    Of a model that is elsewhere, in a submodule, or in a folder that Git ignores, since DVC keeps
    it, the example stands beside the file that annotates it.

    Raises:
        Refused: Git ignores the example there, too.
    """
    name = NOT_IN_A_NAME.sub("-", artifact.rpartition(":")[2]).replace("/", "-") + SUFFIX
    folders = [names.directory(artifact)]
    if path is not None and not entry.is_url(path) and not path.startswith("/"):
        folders = [posixpath.dirname(path), *folders]
    places = [posixpath.join(it, name) for it in folders]
    found = next((it for it in places if _may_be_added(tree, it)), None)
    if found is None:
        raise Refused(f"Git ignores {places[0]}", hint="add an exception for it to .gitignore")
    return found


def _may_be_added(tree: Repository, path: str) -> bool:
    """Tell whether Git would take a file in: it is not ignored, and in no submodule."""
    try:
        return not worktree.ignored(tree, [path])
    except CommandFailed:
        return False


NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_/-]+")
"""What no name of an artifact has."""


def write(file: Path, content: bytes) -> None:
    """Put an example in a file's place, in one step; not where a symbolic link there leads to.

    Raises:
        Refused: it cannot be written.
    """
    try:
        files.replace(file, content, mode=files.new_mode())
    except OSError as error:
        raise Refused(f"cannot write {file}: {error.strerror}") from None


@contextmanager
def placed(file: Path, content: bytes) -> Iterator[None]:
    """Put an example in a file's place; if what is done with it fails, put back what was there.

    Without content, nothing is done.

    Raises:
        Refused: it cannot be written.
    """
    before = file.read_bytes() if content and file.is_file() else None
    if content:
        write(file, content)
    try:
        yield
    except BaseException:
        if before is not None:
            write(file, before)
        elif content:
            file.unlink(missing_ok=True)
        raise
