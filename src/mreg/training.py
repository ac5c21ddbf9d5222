"""For training scripts: say what a model is where it is made.

What a script has imported already is asked for its name and version; nothing is imported for it.
"""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from numbers import Real
from pathlib import Path
from typing import Any

from mreg import annotating
from mreg.annotating import Edited
from mreg.annotations import entry
from mreg.annotations.changes import Wishes
from mreg.annotations.entry import Input
from mreg.errors import Refused
from mreg.git import working

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

# What mreg itself loads to write an annotation: no script needs it for that.
_OWN = frozenset(("GitPython", "gitdb", "smmap", "ruamel.yaml"))

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_/-]+")

# Of these a run says everything anew: what an earlier one said would be wrong of this one.
_OF_ONE_RUN = ("metrics", "params", "inputs", "framework", "requirements")


def log_artifact(
    path: str | Path,
    *,
    name: str | None = None,
    type: str = "model",
    description: str | None = None,
    labels: Sequence[str] = (),
    metrics: Mapping[str, Any] | Sequence[str] | None = None,
    params: Mapping[str, Any] | Sequence[str] | None = None,
    inputs: Sequence[Input | str] = (),
    framework: tuple[str, str | None] | None = None,
    requirements: str | Sequence[str] | None = None,
    custom: Mapping[str, Any] | None = None,
    commit: bool = False,
) -> Edited:
    """Annotate what a script has made: in artifacts.yaml of the repository around it.

    Metrics, params, inputs, framework and requirements of an earlier run are replaced; all else
    that the annotation says stays.

    >>> mreg.log_artifact("models/churn.pkl", metrics={"accuracy": 0.93}, params={"depth": 5},
    ...                   inputs=["data/train.csv,role=training"])

    Args:
        path: what was made: a file or folder as seen from the current folder, or a URL.
        name: the artifact's name; without it, that of the file without its suffix.
        type: model, dataset or whatever the team calls it.
        description: what it is, in words.
        labels: labels to add.
        metrics: numbers by name (NumPy's, too), or the files that they stand in.
        params: values by name; what YAML has no form for is written as its text. Or files.
        inputs: what it was made from: paths from the repository's root, selectors or URLs, as
            `mreg annotate --input` takes them; or values.
        framework: its name and version; without it, that of the framework that is imported.
        requirements: a requirements file, or a list of them; without it, the installed packages
            that are imported, with their versions.
        custom: anything else, by name; the Python version is added.
        commit: commit the annotations file, and it alone.

    Raises:
        RepositoryError: there is no repository around the file.
        InvalidName, Refused, UsageError, GitError: see `mreg.annotating.annotate`.
    """
    target = str(path)
    is_url = entry.is_url(target)
    folder = Path.cwd() if is_url else Path(target).absolute().parent
    artifact = name or _NOT_IN_A_NAME.sub("-", Path(target).stem).strip("-_/")
    wishes = Wishes(
        type=type,
        path=target if is_url else _from_root(Path(target), working.root(folder)),
        description=description,
        labels=labels,
        framework=framework or imported_framework(),
        metrics=_numbers(metrics),
        params=_plain(params) if isinstance(params, Mapping) else params or (),
        inputs=inputs,
        requirements=imported_requirements() if requirements is None else requirements,
        custom={"python": platform.python_version(), **_plain(custom or {})},
    )
    message = f"Annotate {artifact}" if commit else None
    return annotating.annotate(folder, artifact, wishes, commit=message, anew=_OF_ONE_RUN)


def imported_framework() -> tuple[str, str | None] | None:
    """Return name and version of the framework that is imported; None if none is known."""
    for module, distribution in FRAMEWORKS.items():
        if module in sys.modules:
            return distribution, _version(module, distribution)
    return None


def imported_requirements() -> list[str]:
    """Return the installed packages that are imported, each with its version, sorted."""
    imported = {name.partition(".")[0] for name in list(sys.modules)}
    owners = metadata.packages_distributions()
    found = {owner for module in imported for owner in owners.get(module, ())} - _OWN
    return sorted(f"{it}=={metadata.version(it)}" for it in found)


def _version(module: str, distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:  # a build of its own, under another name
        version = getattr(sys.modules[module], "__version__", None)
        return None if version is None else str(version)


def _from_root(path: Path, top: Path) -> str:
    try:
        return path.absolute().resolve().relative_to(top.resolve()).as_posix()
    except ValueError:
        raise Refused(
            f"{path} is outside of the repository at {top}",
            hint="put it in there, or name it by a URL",
        ) from None


def _numbers(metrics: Mapping[str, Any] | Sequence[str] | None) -> Any:
    if not isinstance(metrics, Mapping):
        return metrics or ()
    return {name: _value(value) for name, value in metrics.items()}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    """Return a value in a form that YAML has; NumPy's scalars become Python's."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if type(value) in (int, float):
        return value
    if isinstance(value, Mapping):
        return _plain(value)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_value(it) for it in value]
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        return _value(value.item())
    if isinstance(value, Real):
        return float(value)
    return str(value)
