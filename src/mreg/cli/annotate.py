"""`mreg annotate`: say what an artifact is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, cast

from mreg.annotations import changes, entry
from mreg.annotations.changes import Wishes
from mreg.annotations.entry import AnnotationField
from mreg.cli import options, output, parameters
from mreg.cli.parameters import Option, Parameter
from mreg.errors import UsageError
from mreg.registry import Registry
from mreg.render.escape import line


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command have an option for each field of an annotation, behind its first two."""
    first, second, *others = parameters.declared(command)
    fields = [option for it in entry.TABLE if it.typed for option in _options(it)]
    cast("Any", command).parameters = (first, second, *fields, *others)
    return command


_FILES = "_files"


def _options(field: AnnotationField) -> Iterator[Parameter]:
    kind = str | None if field.is_one else list[str] | None
    said = Option(f"--{field.option}", field.typed, field.help or field.about)
    yield Parameter(field.name, kind, said, None)
    if field.may_be_files:
        about = f"A file, from the repository's root, of {field.name}; repeatable."
        of_files = Option(f"--{field.name}", "FILE", about)
        yield Parameter(field.name + _FILES, list[str] | None, of_files, None)


@_with_options
def annotate(
    name: options.Name,
    repo: options.Repo = ".",
    unset: Annotated[
        list[str] | None,
        Option("--unset", "FIELD", "A field to remove, such as owner or metrics.f1."),
    ] = None,
    schema: Annotated[
        Path | None,
        Option("--schema", "FILE", "A JSON file with the schema: input, output and methods."),
    ] = None,
    example: Annotated[
        Path | None,
        Option(
            "--example",
            "FILE",
            "A file of input data, as JSON, CSV or Parquet; also sets the schema.",
        ),
    ] = None,
    commit: options.Commit = False,
    message: options.Message = "",
    json: options.Json = False,
    **said: Any,
) -> None:
    """Describe an artifact in artifacts.yaml.

    Fields that are not named keep their values, comments, order and quoting. The entry of an
    artifact folder:name is in the artifacts.yaml of that folder. Commit the file before you
    register a version; --commit does so at once.

    Examples:
        mreg annotate churn --path model.pkl --type model
        mreg annotate churn --metric accuracy=0.93 --label fraud --commit
        mreg annotate churn --unset owner
    """
    wishes = _wishes(said, schema, unset or ())
    registry = Registry.open(repo)
    made = registry.annotate(name, commit=commit, message=message, example=example, **wishes)
    for note in made.notes:
        output.talk(f"note: {line(note)}")
    if json:
        output.as_json(made)
    elif made.changed:
        output.data(line(f"Annotated {made.artifact} in {made.path}"))
    else:
        output.data(line(f"{made.path} already contains this metadata of {made.artifact}"))
    if made.commit and not json:
        output.data(f"Committed as {made.commit}")


def _wishes(said: dict[str, Any], schema: Path | None, unset: Iterable[str]) -> Wishes:
    """Return what is to change.

    Args:
        said: the options for fields, by field and by field of files.
        schema: the file with the schema; None for none.
        unset: the fields to remove.

    Raises:
        UsageError: a field is given by itself and by files.
    """
    typed = {
        field: changes.parse(entry.FIELDS[field], value)
        for field, value in said.items()
        if value is not None and field in entry.FIELDS
    }
    if schema is not None:
        from mreg.worktree import capture

        typed["schema"] = capture.parts(schema)
    for field in filter(lambda it: it.may_be_files and said[it.name + _FILES], entry.TABLE):
        if field.name in typed:
            hint = "set the number in the file, or give all numbers on the command line"
            both = f"--{field.option} and --{field.name} cannot be used together"
            raise UsageError(both, hint=hint)
        typed[field.name] = changes.parse_files(field, said[field.name + _FILES])
    return cast("Wishes", {**typed, "unset": tuple(unset)})
