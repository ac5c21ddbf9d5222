"""`mreg annotate`: say what an artifact is."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from inspect import Parameter
from typing import Annotated, Any, cast

import typer

from mreg.annotations import changes, entry
from mreg.annotations.changes import Wishes
from mreg.annotations.entry import AnnotationField
from mreg.cli import options, output
from mreg.errors import UsageError
from mreg.registry import Registry
from mreg.render.escape import line


def _with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command have an option for each field of an annotation, behind its first two."""
    first, second, *others = inspect.signature(command, eval_str=True).parameters.values()
    fields = [option for it in entry.TABLE if it.typed for option in _options(it)]
    known = [it for it in others if it.kind is not Parameter.VAR_KEYWORD]
    cast("Any", command).__signature__ = inspect.Signature([first, second, *fields, *known])
    return command


_FILES = "_files"


def _options(field: AnnotationField) -> Iterator[Parameter]:
    kind = str | None if field.is_one else list[str] | None
    yield _option(field.name, field.option, field.typed, field.help or field.about, kind)
    if field.may_be_files:
        about = f"A file, from the repository's root, that its {field.name} are in; repeatable."
        yield _option(field.name + _FILES, field.name, "FILE", about, list[str] | None)


def _option(name: str, option: str, metavar: str, about: str, kind: Any) -> Parameter:
    said = Annotated[kind, typer.Option(f"--{option}", metavar=metavar, help=about)]
    return Parameter(name, Parameter.POSITIONAL_OR_KEYWORD, default=None, annotation=said)


@_with_options
def annotate(
    name: options.Name,
    repo: options.Repo = ".",
    unset: Annotated[
        list[str] | None,
        typer.Option(
            "--unset", metavar="FIELD", help="A field to take away, such as owner or metrics.f1."
        ),
    ] = None,
    commit: options.Commit = False,
    message: options.Message = "",
    json: options.Json = False,
    **said: Any,
) -> None:
    """Say what an artifact is, in artifacts.yaml.

    What is not named stays as it is, with its comments, order and quoting. An artifact folder:name
    stands in the artifacts.yaml of its folder.
    """
    typed = {
        field: changes.parse(entry.FIELDS[field], value)
        for field, value in said.items()
        if value is not None and field in entry.FIELDS
    }
    for field in filter(lambda it: it.may_be_files and said[it.name + _FILES], entry.TABLE):
        if field.name in typed:
            hint = "put the number into the file, or write all of them in line"
            both = f"--{field.option} and --{field.name} contradict each other"
            raise UsageError(both, hint=hint)
        typed[field.name] = said[field.name + _FILES]
    wishes = cast("Wishes", {**typed, "unset": unset or ()})
    made = Registry.open(repo).annotate(name, commit=commit, message=message, **wishes)
    for note in made.notes:
        output.talk(f"note: {line(note)}")
    if json:
        output.as_json(made)
    elif made.changed:
        output.data(line(f"Annotated {made.artifact} in {made.path}"))
    else:
        output.data(line(f"{made.path} says all of that of {made.artifact} already"))
    if made.commit and not json:
        output.data(f"Committed as {made.commit}")
