"""`mreg doctor`: everything that is wrong with the registry."""

from __future__ import annotations

from mreg.cli import online, options, output
from mreg.core.diagnostics import Diagnostic, counted, errors, gathered
from mreg.registry import documents
from mreg.render.escape import line


def doctor(repo: options.Repo = ".", json: options.Json = False) -> None:
    """Check the registry for problems, and show how to repair them.

    `mreg help problems` explains the codes. The exit code is 1 if there are errors.

    Examples:
        mreg doctor
        mreg doctor --json
    """
    found = online.registry(repo).doctor()
    if json:
        output.as_json(documents.listed("problems", found))
    else:
        _report(found)
    if errors(found):
        raise SystemExit(1)


def _report(found: tuple[Diagnostic, ...]) -> None:
    for it in gathered(found):
        output.data(line(f"{it.severity} {it.code} {it.subject}: {it.message}"))
        output.data(line(f"    {it.hint}"))
    output.talk(f"Found {', '.join(counted(found))}." if found else "No problems found.")
