"""`mreg validate`: everything that is wrong with annotation files and settings."""

from __future__ import annotations

from typing import Annotated

from mreg.annotations import reports
from mreg.annotations.reports import Format
from mreg.cli import online, options, output
from mreg.cli.parameters import Argument, Option
from mreg.core.diagnostics import counted, errors
from mreg.render.escape import line


def validate(
    files: Annotated[
        list[str] | None,
        Argument("[FILES]", "The files; by default all in the work tree."),
    ] = None,
    repo: options.Repo = ".",
    format_: Annotated[Format, Option("--format", None, "The output format.")] = "text",
) -> None:
    """Check artifacts.yaml, dvc.yaml and .mreg.yaml files.

    It lists all errors at once. The exit code is 1 if there are errors. For a file outside of
    any repository, it warns that it cannot check the paths and artifacts in the file. The
    pre-commit hook mreg-validate runs this command.

    Examples:
        mreg validate
        mreg validate artifacts.yaml --format github
    """
    progress = output.counted("checking {} of {} entries")
    checked = online.registry(repo).validate(files or (), progress=progress)
    if checked.note:
        output.talk(f"warning: {line(checked.note)}; any type is allowed")
    if report := reports.FORMATS[format_](checked.findings):
        (output.commands if format_ == "github" else output.data)(report)
    said = " and ".join(counted(checked.findings)) or "no problems found"
    output.talk(f"{checked.files} file{'s' * (checked.files != 1)} checked: {said}.")
    if errors(checked.findings):
        raise SystemExit(1)
