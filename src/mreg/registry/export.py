"""Documents about one version for other tools."""

from __future__ import annotations

import re
from functools import partial
from typing import get_args

from mreg.core import queries
from mreg.errors import UsageError
from mreg.export import read as documents
from mreg.export.material import Exported, ExportOptions, Format
from mreg.git.repository import Repository
from mreg.registry import lineage, read

_TASK = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def export(
    repo: Repository, selector: str, form: Format, task: str | None, dataset: str | None
) -> Exported:
    """Return a document about a version: see `Registry.export`.

    Raises:
        UsageError: there is no such format, the task is no word, or a bill of materials is asked
            to name a dataset.
    """
    if form not in get_args(Format):
        raise UsageError(
            f"there is no format {form!r}", hint=f"take {' or '.join(get_args(Format))}"
        )
    if task is not None and not _TASK.fullmatch(task):
        raise UsageError(f"{task!r} is not a task", hint="such as tabular-classification")
    if dataset is not None and (form != "model-card" or not dataset.strip()):
        raise UsageError("only model cards name a dataset", hint="leave it out")
    wanted = queries.parse_selector(selector)
    history = read.history(repo, wanted.artifact)
    version = queries.find(history, wanted)
    entries, trace = partial(read.entries, repo), partial(lineage.of, repo)
    wishes = ExportOptions(task, dataset)
    return documents.export(repo, history, entries, trace, version, form, wishes)
