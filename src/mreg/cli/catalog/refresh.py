"""`mreg catalog refresh`: reading what changed."""

from __future__ import annotations

from mreg.cli import options, output
from mreg.cli.catalog import shared


def refresh(file: shared.File = "catalog.yaml", json: options.Json = False) -> None:
    """Ask each repository of the catalog whether it changed, and read those that did.

    One that cannot be read stays as it was, marked with since when and why; the others are read
    all the same. The exit code is 1 then. It may be stopped at any time, and run again.
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
