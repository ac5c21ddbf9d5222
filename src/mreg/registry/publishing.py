"""Publishing: release notes of an artifact, and documents about one version for other tools."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, get_args

from mreg.core import names, queries
from mreg.errors import UsageError
from mreg.registry.opened import Opened

if TYPE_CHECKING:  # what a document needs is loaded when one is asked for
    from mreg.changelog.changelog import Changelog
    from mreg.export.material import Exported, Format

_TASK = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

MOST_COMMITS = 20
"""At most so many commits of each version are in release notes, unless others are asked for."""


class Publishing(Opened):
    """What is said of versions to those who are not of the project."""

    def changelog(
        self,
        name: str,
        since: str | None = None,
        until: str | None = None,
        *,
        commits: int = MOST_COMMITS,
        lower_better: Iterable[str] = (),
        higher_better: Iterable[str] = (),
    ) -> Changelog:
        """Return an artifact's release notes, newest first by SemVer.

        Args:
            name: the artifact.
            since: begin after this version: "v1.0.0", or a selector of it; None for the first.
            until: end with this one; None for the last.
            commits: at most so many commits of each version.
            lower_better: as for `diff`.
            higher_better: as for `diff`.

        Raises:
            InvalidName: the name is malformed, or an end is no selector.
            NotFound: there is no such artifact, or no such version.
            Refused: it is a shallow clone, and its remote cannot be asked about commits.
            UsageError: an end is of another artifact, the ends are the wrong way round, or a metric
                is named both ways.
        """
        from mreg.changelog import changelog
        from mreg.changelog.read import Question, answer
        from mreg.core import directions

        if commits < 0:
            raise UsageError(f"{commits} commits is less than nothing")
        told = directions.told(lower_better, higher_better)
        asked = [
            changelog.selector(names.artifact(name), it) if it else None for it in (since, until)
        ]
        history = self._history(name)
        first, last = (changelog.named(history, it) if it else None for it in asked)
        question = Question(first, last, commits, told)
        return answer(self.repository, history, self._read_annotations, question)

    def export(
        self,
        selector: str,
        format: Format,
        *,
        task: str | None = None,
        dataset: str | None = None,
    ) -> Exported:
        """Return a document about a version for another tool (docs/export.md).

        Args:
            selector: as for `resolve`.
            format: "model-card" of the Hugging Face Hub, or "cyclonedx": a bill of materials.
            task: what the model is for, such as "tabular-classification"; None: as a label says.
            dataset: of a card, what the metrics were measured on, an id on the Hub or a name; None:
                as the input for validation says.

        Raises:
            InvalidName: it is no selector.
            NotFound: there is no such version, or nothing that can be read is said of it.
            Refused: a model card is asked for, and it is no model.
            UsageError: there is no such format, the task is no word, or a bill of materials is
                asked to name a dataset.
        """
        from mreg.export import read as documents
        from mreg.export.material import ExportOptions, Format

        if format not in get_args(Format):
            raise UsageError(
                f"there is no format {format!r}", hint=f"take {' or '.join(get_args(Format))}"
            )
        if task is not None and not _TASK.fullmatch(task):
            raise UsageError(f"{task!r} is no task", hint="such as tabular-classification")
        if dataset is not None and (format != "model-card" or not dataset.strip()):
            raise UsageError("a dataset is named in model cards alone", hint="leave it out")
        wanted = queries.parse_selector(selector)
        state = self._state()
        version = queries.find(self._known(state.history(wanted.artifact)), wanted)
        wishes = ExportOptions(task, dataset)
        return documents.export(
            self.repository, state, self._read_annotations, version, format, wishes
        )
