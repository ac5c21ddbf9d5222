"""`mreg catalog export`: all versions and events as files for other tools."""

from __future__ import annotations

from typing import Annotated

from mreg.catalog.export import ExportFormat
from mreg.cli import options, output
from mreg.cli.catalog import shared
from mreg.cli.parameters import Argument, Option
from mreg.registry import documents


def export(
    folder: Annotated[str, Argument("FOLDER", "The folder for the files.")],
    file: shared.File = "catalog.yaml",
    form: Annotated[ExportFormat, Option("--format", None, "The format of the files.")] = "parquet",
    json: options.Json = False,
) -> None:
    """Export all versions and events, one row each, for DuckDB, Spark or a warehouse.

    Parquet needs the extra `parquet`.

    Examples:
        mreg catalog export rows --format jsonl
    """
    found = shared.opened(file).export(folder, form)
    if json:
        output.as_json(documents.listed("files", found))
    else:
        for it in found:
            output.data(f"{it.path}: {it.rows} rows")
