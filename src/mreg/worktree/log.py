"""For training scripts: say what a model is where it is made.

What a script has imported already is asked for its name and version; nothing is imported for it.
"""

from __future__ import annotations

import math
import os
import platform
import re
import shlex
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from numbers import Real
from pathlib import Path
from typing import Any

from mreg.annotations import entry
from mreg.annotations.changes import Wishes
from mreg.annotations.entry import Input
from mreg.annotations.metrics import flat
from mreg.errors import Refused
from mreg.git import worktree
from mreg.git.process import CommandFailed
from mreg.git.repository import Repository
from mreg.render.escape import line
from mreg.worktree import edit
from mreg.worktree.edit import Edited

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

# mreg, and what it loads to write an annotation: no script needs that to make its model; and what
# installs packages, which Python may load by itself when it starts.
_NO_NEED = frozenset(
    (
        *("mreg", "GitPython", "gitdb", "smmap", "ruamel.yaml", "ruamel.yaml.clib"),
        *("pip", "setuptools"),
    )
)

REQUIREMENTS = "requirements.txt"
_LOCKS = (
    *("pylock.toml", "uv.lock", "poetry.lock", "pdm.lock", "Pipfile.lock"),
    *("pixi.lock", "conda-lock.yml"),
)
"""The files in which tools write down which packages they installed; none is one for pip."""

_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_/-]+")

# Of these a run says everything anew: what an earlier one said would be wrong of this one.
_OF_ONE_RUN = tuple(it.name for it in entry.TABLE if it.of_run)


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
    quiet: bool = False,
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
        metrics: numbers by name, nested or not; what is none is left out with a warning. Or files.
        params: values by name; what YAML has no form for is written as its text. Or files.
        inputs: what it was made from, as `mreg annotate --input` takes it; or values.
        framework: its name and version; without it, that of the framework that is imported.
        requirements: a requirements file, or a list of them; without it, the `requirements.txt` in
            the current folder or around it, if it pins each imported package to the version that is
            imported; else those packages, with their versions.
        custom: anything else, by name; the Python version is added.
        commit: commit the annotations file, and it alone.
        quiet: do not say on stderr what was recorded and what comes next.

    Raises:
        RepositoryError: none is around the file; all else as of `mreg.worktree.edit.annotate`.
    """
    artifact = name or _NOT_IN_A_NAME.sub("-", Path(path).stem).strip("-_/")
    repo, top, target = _place(str(path))
    needed, of_them = (requirements, "") if requirements is not None else _requirements(top)
    wishes = Wishes(
        type=type,
        path=target,
        description=description,
        labels=labels,
        framework=framework or imported_framework(),
        metrics=_numbers(metrics),
        params=_plain(params) if isinstance(params, Mapping) else params or (),
        inputs=inputs,
        requirements=needed,
        custom={"python": platform.python_version(), **_plain(custom or {})},
    )
    return _record(repo.within(top), artifact, wishes, commit, None if quiet else of_them)


def _record(
    tree: Repository, artifact: str, wishes: Wishes, commit: bool, of_requirements: str | None
) -> Edited:
    """Annotate, and say on stderr what was recorded and what comes next; None: say nothing.

    It is a line, behind one for each note.
    """
    message = f"Annotate {artifact}" if commit else None
    # A training script is not made to load pydantic; `mreg validate` checks by the schema.
    made = edit.annotate(tree, artifact, wishes, commit=message, anew=_OF_ONE_RUN, by_schema=False)
    if of_requirements is None or not sys.stderr:  # a program without a console has none
        return made
    named = (made.path, wishes.get("path"), wishes.get("requirements"))
    to_commit = _to_commit(tree, [it for it in named if isinstance(it, str)])
    steps = " && ".join((*to_commit, f"mreg register {artifact}"))
    said = f"mreg: {artifact} is annotated in {made.path}{of_requirements}; next: {steps}"
    for it in (*(f"note: {note}" for note in made.notes), said):
        sys.stderr.write(f"{line(it)}\n")
    return made


def _requirements(top: Path) -> tuple[str | list[str], str]:
    """Return what to record as requirements in a work tree, and what to say of that."""
    imported = imported_requirements()
    here = Path.cwd().resolve()
    around = [it for it in (here, *here.parents) if it.is_relative_to(top)] or [top]
    file = next((it / REQUIREMENTS for it in around if (it / REQUIREMENTS).is_file()), None)
    locks = [name for name in _LOCKS if any((it / name).is_file() for it in around)]
    why = f", beside {locks[0]}, which is not for pip" if locks else ""
    if file is not None:
        other = _not_pinned(file, imported)
        if not other:
            name = file.relative_to(top).as_posix()
            return name, f" with {name}, which pins all that is imported"
        more = f" and {len(other) - 1} more" if len(other) > 1 else ""
        why = f", since {REQUIREMENTS} does not pin {other[0]}{more}"
    count = f"{len(imported)} imported package{'s' * (len(imported) != 1)}"
    return imported, f" with {count} as requirements{why}"


def _not_pinned(file: Path, imported: Sequence[str]) -> list[str]:
    """Return those of the packages that a requirements file does not pin to their versions."""
    from mreg.compare.diff import requirement_lines
    from mreg.export.requirements import read

    pins = {it.name: it.version for it in read(requirement_lines(file.read_bytes()))}
    return [it.text for it in read(imported) if pins.get(it.name) != it.version]


def _to_commit(tree: Repository, paths: Sequence[str]) -> list[str]:
    """Return the commands that commit those of some files that are not committed, as typed here.

    What Git ignores, DVC keeps.
    """
    try:
        found = worktree.uncommitted(tree, [it for it in paths if not entry.is_url(it)])
    except CommandFailed:  # a filter that Git needs is not installed; all else is done
        return [f"git add {shlex.join(paths)}", "git commit"]
    add = sorted(found.new | found.changed - found.staged)
    names = shlex.join(os.path.relpath(tree.path / it) for it in add)
    return [
        *([f"git add {names}"] if add else ()),
        *(["git commit"] if add or found.staged else ()),
    ]


def imported_framework() -> tuple[str, str | None] | None:
    """Return name and version of the framework that is imported; None if none is known."""
    for module, distribution in FRAMEWORKS.items():
        if module in sys.modules:
            return distribution, _version(module, distribution)
    return None


def imported_requirements() -> list[str]:
    """Return the installed packages that are imported, each with its version, sorted."""
    imported = frozenset(sys.modules)
    owners = metadata.packages_distributions()
    found: set[str] = set()
    for module in {name.partition(".")[0] for name in imported}:
        found |= _owners(module, frozenset(owners.get(module, ())), imported)
    versions = {name: _installed(name) for name in found - _NO_NEED}
    return sorted(f"{name}=={version}" for name, version in versions.items() if version)


def _owners(module: str, candidates: frozenset[str], imported: frozenset[str]) -> frozenset[str]:
    """Return those of the distributions which have a part of a top-level module that is imported.

    Several share a namespace package (google, nvidia, azure): only those count of which something
    is imported; the package's own, empty `__init__` is of no one in particular.
    """
    if len(candidates) == 1:
        return candidates
    parts = {name for name in imported if name.startswith(f"{module}.")} or {module}
    return frozenset(it for it in candidates if not parts.isdisjoint(_modules(it)))


def _modules(distribution: str) -> Iterator[str]:
    """Iterate over the names of the modules that a distribution has."""
    for file in metadata.files(distribution) or ():
        *folders, name = file.parts
        stem, _, suffix = name.partition(".")
        if suffix == "py" or suffix.endswith(("so", "pyd")):
            yield ".".join(folders if stem == "__init__" else (*folders, stem))


def _installed(distribution: str) -> str | None:
    """Return the version of a distribution; None if what is installed does not say."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:  # its metadata is broken, or was removed meanwhile
        return None


def _version(module: str, distribution: str) -> str | None:
    # A build of its own goes under another name.
    found = _installed(distribution) or getattr(sys.modules[module], "__version__", None)
    return None if found is None else str(found)


def _place(target: str) -> tuple[Repository, Path, str]:
    """Return the repository around what was made, its top, and the path there; or the URL."""
    if entry.is_url(target):
        repo = Repository.at(Path.cwd())
        return repo, worktree.root(repo).path.resolve(), target
    path = Path(target).absolute()
    repo = Repository.at(path.parent)
    top = worktree.root(repo).path.resolve()
    try:
        return repo, top, path.resolve().relative_to(top).as_posix()
    except ValueError:
        message = f"{target} is outside of the repository at {top}"
        raise Refused(message, hint="put it in there, or name it by a URL") from None


def _numbers(metrics: Mapping[str, Any] | Sequence[str] | None) -> Any:
    if not isinstance(metrics, Mapping):
        return metrics or ()
    found = {}
    for name, value in flat(_plain(metrics)):
        number = entry.as_metric(value)
        # After hours of training, all else is worth more than an error about one number.
        if number is None:
            warnings.warn(
                f"the metric {name} is {value!r}, no number: it is left out", stacklevel=3
            )
            continue
        if not math.isfinite(number):
            said = f"the metric {name} is {value}: it is recorded, and is never the best"
            warnings.warn(said, stacklevel=3)
        found[name] = number
    return found


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name): _value(value) for name, value in values.items()}


def _value(value: Any) -> Any:
    """Return a value in a form that YAML has; NumPy's scalars become Python's."""
    if value is None or isinstance(value, (str, bool)) or type(value) in (int, float):
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
