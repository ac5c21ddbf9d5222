"""DVC's experiments: commits that refs beside the branches hold.

Source: ExpRefInfo in dvc/repo/experiments/refs.py of DVC 3.67: `refs/exps/`, the id of the commit
that the experiment began at, cut behind its second digit, and the experiment's name. What else is
there (`stash`, `exec`, `celery`, `apply`, `temp`) is what DVC works with.
"""

from __future__ import annotations

import re
from typing import NamedTuple

PREFIX = "refs/exps/"

_REF = re.compile(r"refs/exps/([0-9a-f]{2})/([0-9a-f]{38}|[0-9a-f]{62})/(.+)", re.DOTALL)


class ExperimentRef(NamedTuple):
    """An experiment, as its ref says.

    Attributes:
        name: its name.
        base: the id of the commit that it began at, which may be gone by now.
    """

    name: str
    base: str


def parse(ref: str) -> ExperimentRef | None:
    """Return the experiment that a full ref holds; None if it holds none."""
    found = _REF.fullmatch(ref)
    return ExperimentRef(found[3], found[1] + found[2]) if found else None
