"""For training scripts: say what a model is where it is made.

What a script has imported already is asked for its name and version; nothing is imported for it.
"""

from __future__ import annotations

import json
import math
import os
import platform
import shlex
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from importlib import metadata
from numbers import Real
from pathlib import Path
from typing import Any, cast

from mreg.annotations import entry
from mreg.annotations.changes import Wishes, parse_input
from mreg.annotations.entry import Input
from mreg.annotations.metrics import flat
from mreg.core import names
from mreg.errors import Refused, UsageError
from mreg.git import worktree
from mreg.git.process import CommandFailed
from mreg.git.repository import Repository
from mreg.render.escape import line
from mreg.worktree import capture, edit, locked, version_files
from mreg.worktree.capture import Captured
from mreg.worktree.edit import Edited
from mreg.worktree.locked import NotLocked

# mreg, and what it loads to write an annotation: no script needs that to make its model; what
# installs packages, which Python may load by itself when it starts; and what tests them, which
# scikit-learn loads wherever it is installed.
_NO_NEED = frozenset(
    (
        *("mreg", "GitPython", "gitdb", "smmap", "ruamel.yaml", "ruamel.yaml.clib"),
        *("pip", "setuptools", "pytest", "pluggy", "iniconfig"),
    )
)

Files = str | Path | Sequence[str | Path]

REQUIREMENTS = "requirements.txt"
_UV = "uv.lock"
_LOCKS = (
    *(_UV, "pylock.toml", "poetry.lock", "pdm.lock", "Pipfile.lock"),
    *("pixi.lock", "conda-lock.yml"),
)
"""The files in which tools write down which packages they installed; none is one for pip."""

# Of these a run says everything anew: what an earlier one said would be wrong of this one.
_OF_ONE_RUN = tuple(it.name for it in entry.TABLE if it.of_run)


def log_artifact(
    path: str | Path,
    *,
    name: str | None = None,
    type: str = "model",
    description: str | None = None,
    labels: Sequence[str] = (),
    metrics: Mapping[str, Any] | Files | None = None,
    params: Mapping[str, Any] | Files | None = None,
    inputs: str | Path | Input | Sequence[str | Path | Input] = (),
    model: Any = None,
    example: Any = None,
    target: Any = None,
    framework: tuple[str, str | None] | None = None,
    requirements: str | Path | Sequence[str] | None = None,
    custom: Mapping[str, Any] | None = None,
    commit: bool = False,
    quiet: bool = False,
) -> Edited:
    """Write the annotation of a script's result to artifacts.yaml in the repository around it.

    It replaces the metrics, params, inputs, framework and requirements of an earlier run, and the
    parts of the schema that are given; everything else stays. It imports nothing, and does not run
    the model.

    >>> mreg.log_artifact("churn.skops", metrics={"accuracy": 0.93}, inputs=["train.csv"],
    ...                   model=churn, example=X_train, target=y_train)

    Args:
        path: the result: a file or folder, relative to the current folder, or a URL.
        name: the artifact's name; by default, the name of the file without its suffix.
        type: the artifact's type, such as model or dataset.
        description: a description in words.
        labels: labels to add.
        metrics: numbers by name, also nested, or files. Values that are not numbers are left out,
            with a warning.
        params: values by name, or files. Values that YAML cannot express are written as text.
        inputs: the inputs, in the form of `mreg annotate --input`, or as values. Paths are from
            the repository's root; those with `..` at the start, from the current folder.
        model: the model object: its class determines the framework and the methods.
        example: input data of the model, for the schema; the first rows are stored in Git. Pass all
            of the data: a column is nullable only if a value is missing in the data.
        target: output data of the model, such as labels; without it, the output has no schema.
        framework: its name and version; by default, that of the model, or of imported packages.
        requirements: a requirements file, or a list; by default, the imported packages.
        custom: other values by name; the Python version is added.
        commit: commit the version's files, but not its inputs, and no others (annotations.md).
        quiet: do not print the result and the next steps on stderr; warnings are still printed.

    Raises:
        RepositoryError: the file is not in a repository. Other errors are those of
            `mreg.worktree.edit.annotate`.
    """
    tree, place = _place(_file(path))
    captured = capture.of(model, example, target)
    tool = framework or captured.framework or capture.imported_framework()
    said = Wishes(type=type, path=place, description=description, labels=labels, framework=tool)
    run = _of_run(tree.path, metrics, params, inputs, requirements, custom)
    wishes = Wishes(**said, **run)
    return _record(tree, name or _named(path), wishes, captured, commit=commit, quiet=quiet)


def _of_run(
    top: Path, metrics: Any, params: Any, inputs: Any, requirements: Any, custom: Any
) -> Wishes:
    """Return what a script says of its run, with paths from the repository's root."""
    if isinstance(requirements, str | Path):
        requirements = _from_top(requirements, top)
    return Wishes(
        metrics=_numbers(metrics, top),
        params=_params(params, top),
        inputs=[_input(it, top) for it in _each(inputs)],
        requirements=requirements,
        custom=_custom(custom),
    )


def _named(path: str | Path) -> str:
    """Return the name of what was made, by its file."""
    return capture.NOT_IN_A_NAME.sub("-", Path(path).stem).strip("-_/")


def _record(
    tree: Repository,
    name: str,
    wishes: Wishes,
    captured: Captured,
    *,
    commit: bool,
    quiet: bool,
) -> Edited:
    """Annotate what was made, and say so."""
    artifact, of_them = names.artifact(name), ""
    if wishes["requirements"] is None:
        wishes["requirements"], of_them = _requirements(tree.path)
    made, wishes = _annotated(tree, artifact, wishes, captured)
    if commit:
        files = version_files.committable(tree, version_files.own(tree.path, wishes))
        made = edit.commit(tree, made, f"Annotate {artifact}", files)
    if not quiet:
        _tell(tree, made, wishes, _contents(of_them, wishes, captured))
    return made


def _annotated(
    tree: Repository, artifact: str, wishes: Wishes, captured: Captured
) -> tuple[Edited, Wishes]:
    """Annotate; return what was done, and what was said.

    A schema that the file cannot hold is left out, and so is that of an earlier run, which would be
    wrong of this model: all else is worth more.
    """
    warnings = list(captured.warnings)
    try:
        try:
            with ExitStack() as placed:
                schema = _with_example(tree, artifact, wishes, captured, warnings, placed)
                full = Wishes(**wishes, schema=schema) if schema else wishes
                return _edited(tree, artifact, full), full
        except Refused as error:
            if not captured.schema:
                raise
            why = str(error)
        # If it is not the schema that is refused, this raises, and shows no error but its own.
        without = Wishes(**wishes, schema=dict.fromkeys((*captured.schema, "example")))
        made = _edited(tree, artifact, without)
        warnings.append(f"cannot record the schema: {why}")
        return made, without
    finally:
        _warn(warnings)


def _edited(tree: Repository, artifact: str, said: Wishes) -> Edited:
    """Annotate; a new annotation has its fields in the order in which they are shown."""
    wishes = cast("Wishes", {name: said.get(name) for name in entry.FIELDS if name in said})
    return edit.annotate(
        tree,
        artifact,
        wishes,
        anew=_OF_ONE_RUN,
        by_schema=False,  # a script is not made to load pydantic; `mreg validate` checks by it
    )


def _with_example(
    tree: Repository,
    artifact: str,
    wishes: Wishes,
    captured: Captured,
    warnings: list[str],
    placed: ExitStack,
) -> dict[str, Any]:
    """Write the example, as long as nothing fails; return the schema that names it."""
    schema = dict(captured.schema)
    if "input" in schema or "output" in schema:
        schema["example"] = None
    if captured.example is None:
        return schema
    try:
        path = capture.example_path(tree, artifact, wishes["path"])
        placed.enter_context(capture.placed(tree.path / path, captured.example))
    except Refused as error:
        warnings.append(f"cannot record an example: {error}")
        return schema
    return {**schema, "example": path}


def _warn(warnings: Sequence[str]) -> None:
    """Say what could not be captured.

    Python's own warnings would be errors where a script turns them into such.
    """
    for it in warnings if sys.stderr else ():
        sys.stderr.write(f"{line(f'mreg: warning: {it}')}\n")


def _contents(of_requirements: str, wishes: Wishes, captured: Captured) -> str:
    """Say with what something was annotated; of the data that will be committed, how many rows."""
    file = (wishes.get("schema") or {}).get("example")
    if file is None or captured.example is None:
        return of_requirements
    counts = [len(it) for it in json.loads(captured.example).values() if isinstance(it, list)]
    rows = f"{counts[0]} row{'s' * (counts[0] != 1)}" if counts else "an example"
    joined = f"{of_requirements}, and" if of_requirements else " with"
    return f"{joined} {rows} of your data in {file}"


def _tell(tree: Repository, made: Edited, wishes: Wishes, contents: str) -> None:
    """Say on stderr what was recorded and what comes next: a line each, behind the notes."""
    if not sys.stderr:  # a program without a console has none
        return
    told = [*(f"note: {note}" for note in made.notes)]
    of_inputs, comes = _next(tree, made, wishes)
    told += [*of_inputs, f"annotated {made.artifact} in {made.path}{contents}", comes]
    for it in told:
        sys.stderr.write(f"{line(f'mreg: {it}')}\n")


def _requirements(top: Path) -> tuple[str | list[str], str]:
    """Return what to record as requirements in a work tree, and what to say of that."""
    imported = imported_requirements()
    here = Path.cwd().resolve()
    around = [it for it in (here, *here.parents) if it.is_relative_to(top)] or [top]
    file = next((it / REQUIREMENTS for it in around if (it / REQUIREMENTS).is_file()), None)
    locks = [it / name for name in _LOCKS for it in around if (it / name).is_file()]
    why = f", beside {locks[0].name}, which is not for pip" if locks else ""
    if file is not None:
        other = _not_pinned(file, imported)
        if not other:
            name = file.relative_to(top).as_posix()
            return name, f" with {name}, which pins every imported package"
        more = f" and {len(other) - 1} more" if len(other) > 1 else ""
        why = f", since {REQUIREMENTS} does not pin {other[0]}{more}"
    elif locks and locks[0].name == _UV:
        try:
            found = _locked(locks[0], imported)
        except NotLocked as error:
            why = f", since {_UV} {error}"
        else:
            return found, f" with {len(found)} packages as requirements, as {_UV} pins them"
    return imported, f" with the imported packages as requirements{why}"


def _locked(file: Path, imported: Sequence[str]) -> list[str]:
    """Return packages, and all that they need, at the versions that a uv.lock has of them.

    Raises:
        NotLocked: it has others of those that are imported.
    """
    from mreg.export.requirements import read

    pins = {it.name: it.version for it in read(imported) if it.version}
    found = locked.closure(file.read_bytes(), pins)
    return sorted(f"{name}=={version}" for name, version in found.items())


def _not_pinned(file: Path, imported: Sequence[str]) -> list[str]:
    """Return those of the packages that a requirements file does not pin to their versions."""
    from mreg.compare.diff import requirement_lines
    from mreg.export.requirements import read

    pins = {it.name: it.version for it in read(requirement_lines(file.read_bytes()))}
    return [it.text for it in read(imported) if pins.get(it.name) != it.version]


def _next(tree: Repository, made: Edited, wishes: Wishes) -> tuple[list[str], str]:
    """Return notes about files that a version will not have, and the next commands."""
    own = [made.path, *version_files.own(tree.path, wishes)]
    inputs, register = version_files.inputs(wishes), f"mreg register {made.artifact}"
    try:
        found = version_files.to_commit(tree, own, inputs)
    except CommandFailed:  # a filter that Git needs is not installed; all else is done
        return [], f"next: git add {_shown(tree, [*own, *inputs])} && git commit && {register}"
    notes = []
    for it in found.outside:
        other = f"run `git add -f {_shown(tree, [it])}`, since Git ignores it"
        notes.append(
            f"note: {it} is in neither Git nor DVC, so a version will not have it: track it with "
            f"DVC, or {other if it in found.ignored else 'with Git LFS'}"
        )
    steps = [f"git add {_shown(tree, found.add)}"] if found.add else []
    steps += ["git commit"] if found.add or found.staged else []
    if not steps and (version := version_files.version_at_head(tree, made.artifact)):
        return notes, f"nothing changed since {made.artifact} {version}"
    return notes, f"next: {' && '.join((*steps, register))}"


def _shown(tree: Repository, paths: Sequence[str]) -> str:
    """Return files as they are typed in the current folder."""
    return shlex.join(os.path.relpath(tree.path / it) for it in paths)


def imported_requirements() -> list[str]:
    """Return the installed packages that are imported, each with its version, sorted."""
    imported = frozenset(sys.modules)
    owners = metadata.packages_distributions()
    found: set[str] = set()
    for module in {name.partition(".")[0] for name in imported}:
        found |= _owners(module, frozenset(owners.get(module, ())), imported)
    versions = {name: capture.installed(name) for name in found - _NO_NEED}
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


def _file(path: Any) -> str:
    """Return the path of what was made, as it was typed."""
    if isinstance(path, str | os.PathLike):
        return os.fspath(path)
    raise UsageError(
        f"the first argument is the path of a file, not a value of type {type(path).__name__}",
        hint='save the model to a file first: mreg.log_artifact("models/churn.skops", model=churn)',
    )


def _place(target: str) -> tuple[Repository, str]:
    """Return the repository around what was made, by its top, and the path there; or the URL."""
    if entry.is_url(target):
        repo = Repository.at(Path.cwd())
        return repo.within(worktree.root(repo).path.resolve()), target
    path = Path(target).absolute()
    repo = Repository.at(path.parent)
    top = worktree.root(repo).path.resolve()
    try:
        return repo.within(top), path.resolve().relative_to(top).as_posix()
    except ValueError:
        message = f"{target} is outside the repository at {top}"
        raise Refused(message, hint="move it into the repository, or use a URL") from None


def _each(value: Any) -> list[Any]:
    """Return the items of a list; a single file or input is a list of one."""
    return [value] if isinstance(value, str | Path | Input) else list(value or ())


def _from_top(path: str | Path, top: Path) -> str:
    """Return a path from the repository's root.

    An absolute path, or one that begins with "..", is from the current folder, since from the root
    it would lead out of the repository.
    """
    said, plain = os.fspath(path), Path(path)
    if entry.is_url(said) or not (plain.is_absolute() or plain.parts[:1] == ("..",)):
        return said
    found = plain.parent.resolve() / plain.name  # what a link leads to may be elsewhere
    return found.relative_to(top).as_posix() if found.is_relative_to(top) else said


def _input(value: Any, top: Path) -> Input:
    """Read one input, whose path, if it is one, is then from the repository's root."""
    if isinstance(value, Path):
        value = Input(path=str(value))
    if not isinstance(value, str | Input):
        raise UsageError(
            f"an input is a path, a selector or a URL, not a value of type {type(value).__name__}",
            hint='name the file that the data come from: inputs=["data/train.csv"]',
        )
    found = parse_input(value) if isinstance(value, str) else value
    return found if found.path is None else found._replace(path=_from_top(found.path, top))


def _numbers(metrics: Mapping[str, Any] | Files | None, top: Path) -> Any:
    if not isinstance(metrics, Mapping):
        return [_from_top(it, top) for it in _each(metrics)]
    found = {}
    for name, value in flat(_plain(metrics)):
        number = entry.as_metric(value)
        # After hours of training, all else is worth more than an error about one number.
        if number is None:
            warnings.warn(
                f"the metric {name} is {value!r}, not a number: it is omitted", stacklevel=3
            )
            continue
        if not math.isfinite(number):
            said = f"the metric {name} is {value}: it is recorded, but never counts as the best"
            warnings.warn(said, stacklevel=3)
        found[name] = number
    return found


def _params(
    params: Mapping[str, Any] | Files | None, top: Path
) -> Mapping[str, Any] | Sequence[str]:
    if isinstance(params, Mapping):
        return _plain(params)
    return [_from_top(it, top) for it in _each(params)]


def _custom(custom: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"python": platform.python_version(), **_plain(custom or {})}


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
