"""`mreg catalog refresh`: reading what changed."""

from __future__ import annotations

from mreg.cli import options, output
from mreg.cli.catalog import shared
from mreg.core.tables import first_line
from mreg.render.escape import line


def refresh(file: shared.File = "catalog.yaml", json: options.Json = False) -> None:
    """Ask each repository of the catalog whether it changed, and read those that did.

    One that cannot be read stays as it was, marked with since when and why; the others are read
    all the same. The exit code is 1 then. It may be stopped at any time, and run again.
    """
    report = shared.opened(file).refresh(progress=output.counted("{} of {} repositories"))
    for it in report.faults:
        hint = f" ({it.hint})" if it.hint else ""
        output.talk(line(f"warning: {it.subject}: {first_line(it.reason)}{hint}"))
    if json:
        output.as_json(report)
    else:
        whole = f"{report.repositories} repositor{'y' if report.repositories == 1 else 'ies'}"
        parts = [f"{len(report.read)} read", f"{report.unchanged} unchanged"]
        parts += [f"{len(report.removed)} removed"] * bool(report.removed)
        parts += [f"{len(report.faults)} failed"] * bool(report.faults)
        output.data(f"{whole}: {', '.join(parts)}")
    if report.faults:
        raise SystemExit(1)
