"""`mreg export`: a document about a version for another tool."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from mreg.cli import online, options, output, typed
from mreg.cli.parameters import Option
from mreg.export.material import Format


def export(
    selector: options.Selector,
    form: Annotated[
        Format, Option("--format", "FORMAT", "The output format: model-card or cyclonedx.")
    ],
    which: options.Which = None,
    repo: options.Repo = ".",
    file: Annotated[
        Path | None,
        Option(
            "--output -o",
            "FILE",
            "The file to write instead of standard output.",
        ),
    ] = None,
    task: Annotated[
        str | None,
        Option("--task", "TASK", "The task of the model: tabular-classification, ..."),
    ] = None,
    dataset: Annotated[
        str | None,
        Option("--dataset", "NAME", "model-card: the dataset that the metrics were measured on."),
    ] = None,
) -> None:
    """Write a model card or a bill of materials for a version.

    model-card is a README.md for the Hugging Face Hub, cyclonedx an ML-BOM of CycloneDX 1.6.

    Examples:
        mreg export churn#prod --format model-card -o README.md
        mreg export churn v1.0.0 --format cyclonedx
    """
    selector = typed.selector(selector, which)
    found = online.registry(repo).export(selector, form, task=task, dataset=dataset)
    if file is None:
        output.data(found.text)
    else:
        file.write_text(found.text, encoding="utf-8")
    for it in found.missing:
        output.talk(f"note: {it}")
    output.mention(found.problems)
