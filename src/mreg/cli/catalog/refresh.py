"""`mreg catalog refresh`: reading what changed."""

from __future__ import annotations

from mreg.cli import options, output
from mreg.cli.catalog import shared


def refresh(file: shared.File = "catalog.yaml", json: options.Json = False) -> None:
    """Read the repositories of the catalog that have changed.

    A repository that cannot be read keeps its last state, marked with the reason. The others
    are read, and the exit code is 1. You can stop the command at any time, and run it again.

    Examples:
        mreg catalog refresh
    """
    report = shared.opened(file).refresh(progress=output.counted("{} of {} repositories"))
    for it in report.faults:
        output.talk(f"warning: {shared.fault(it)}")
    if json:
        output.as_json(report)
    else:
        output.data(shared.counted(report))
    if report.faults:
        raise SystemExit(1)
