"""`mreg validate`: everything that is wrong with annotation files and settings."""

from __future__ import annotations

from typing import Annotated

import typer

from mreg.annotations import reports
from mreg.annotations.reports import Format
from mreg.cli import online, options, output
from mreg.render.escape import line


def validate(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FILES]", help="The files; without any, all of the work tree."),
    ] = None,
    repo: options.Repo = ".",
    format_: Annotated[
        Format, typer.Option("--format", help="How to say what was found.")
    ] = "text",
) -> None:
    """Check artifacts.yaml, dvc.yaml and .mreg.yaml files.

    Everything that is wrong is said at once. docs/annotations.md and docs/settings.md explain the
    codes. The exit code is 1 if there are errors. Without a repository, what the files name (paths,
    artifacts) is not checked. For the pre-commit framework this is the hook mreg-validate.
    """
    checked = online.registry(repo).validate(files or ())
    if checked.note:
        output.talk(f"warning: {line(checked.note)}; any type is allowed")
    if report := reports.FORMATS[format_](checked.findings):
        (output.commands if format_ == "github" else output.data)(report)
    errors = sum(it.severity == "error" for it in checked.findings)
    output.talk(_summary(checked.files, errors, len(checked.findings) - errors))
    if errors:
        raise typer.Exit(1)


def _summary(files: int, errors: int, warnings: int) -> str:
    counts = ((errors, "error"), (warnings, "warning"))
    said = " and ".join(f"{count} {word}{'s' * (count > 1)}" for count, word in counts if count)
    checked = f"{files} file{'s' * (files != 1)} checked"
    return f"{checked}: {said or 'nothing is wrong'}."
