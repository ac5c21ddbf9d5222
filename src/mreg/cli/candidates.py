"""`mreg candidates`: what could become a version."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, TypeAlias

from mreg.candidates import layout
from mreg.candidates.candidate import Candidates
from mreg.cli import completers, failures, online, options, output, view
from mreg.cli.parameters import Flag, InContext, Option
from mreg.registry import documents

_MOST = 20
_MOST_METRICS = 4


def _branches(repo: str, incomplete: str) -> list[str]:
    """Complete the name of a branch."""
    return completers.matching(repo, incomplete, lambda it: it.branches())


_Experiments: TypeAlias = Annotated[
    bool | None,
    Flag(
        "--exps/--no-exps",
        "Include DVC's experiments.",
        show_default="those in this clone; none by URL or with --branch",
    ),
]
_Sort: TypeAlias = Annotated[
    str | None,
    Option(
        "--sort",
        "METRIC",
        "The metric to sort by, best first; or date, newest first.",
        complete=InContext(completers.metrics),
        show_default="the first metric of the policy, else date",
    ),
]


@view.shows_tables
def candidates(
    name: options.Name,
    repo: options.Repo = ".",
    branch: Annotated[
        list[str] | None,
        Option(
            "--branch",
            "NAME",
            "Only this branch; 'feature/*' for several. Repeatable.",
            complete=_branches,
        ),
    ] = None,
    experiments: _Experiments = None,
    sort: _Sort = None,
    limit: Annotated[int | None, Option("-n --limit", "N", "At most N candidates.", min=0)] = _MOST,
    all_: Annotated[bool, Flag("--all -a", "Show all candidates.")] = False,
    lower_better: options.LowerBetter = None,
    higher_better: options.HigherBetter = None,
    utc: options.Utc = False,
    json: options.Json = False,
) -> None:
    """List commits and DVC experiments that could become a version.

    A candidate is a commit since the last version whose model, metrics or params differ from the
    newest version. Its metrics are compared with those in production, else with the newest version.

    Examples:
        mreg candidates churn
        mreg candidates churn --sort accuracy -n 5
    """
    found = online.registry(repo).candidates(
        name,
        branches=branch or (),
        experiments=experiments,
        sort=sort,
        limit=None if all_ else limit,
        lower_better=lower_better or (),
        higher_better=higher_better or (),
    )
    if json:
        output.as_json(documents.candidates(found))
        return
    _show(found, utc=utc)
    for sentence in layout.advice(found):
        output.talk(failures.repeating(sentence, {} if repo == "." else {"repo": repo}))
    output.mention(found.problems)


def _day(when: datetime) -> str:
    return when.date().isoformat()


def _show(found: Candidates, *, utc: bool) -> None:
    """Print candidates as a table."""
    if not (view.on_terminal() and found.candidates):
        output.table(layout.table(found), utc=utc)
    else:
        shown = layout.table(found, metrics=found.metrics[:_MOST_METRICS], short=True)
        output.drawn(shown, utc=utc, pinned=1, form=_day)
