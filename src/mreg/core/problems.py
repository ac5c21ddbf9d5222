"""The problems that mreg can find: each kind once, with its code, severity and remedy.

A problem is a finding that is not fatal: it stands beside the answer instead of replacing it. The
codes are stable; `docs/problems.md` explains each, and a test holds the two together.
"""

from __future__ import annotations

import shlex
from typing import Literal, NamedTuple, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "info"]
"""error: mreg leaves the thing out, or an answer is in doubt; warning: it is read, but somebody
should look; info: worth knowing."""


class Problem(NamedTuple):
    """One finding.

    Attributes:
        code: the stable code of its kind, such as "MR002".
        severity: how bad it is.
        subject: the tag, artifact or file that it is about.
        message: what is wrong, in one line.
        remedy: the command or step that mends it.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    remedy: str


class Entry(NamedTuple):
    """A kind of problem.

    Attributes:
        severity: how bad it is.
        title: the kind in a few words.
        remedy: what mends it; `{subject}` stands for the problem's subject, `{hint}` for what
            the finder adds.
    """

    severity: Severity
    title: str
    remedy: str


CATALOGUE: dict[str, Entry] = {
    "MR001": Entry(
        "warning",
        "a tag that is almost a registry tag",
        "if it was meant for the registry, make it with mreg; see `mreg parse-tag {subject}`",
    ),
    "MR002": Entry(
        "warning",
        "a lightweight tag with a registry name",
        "git fetch --force origin refs/tags/{subject}:refs/tags/{subject} if the real tag was"
        " pushed; else delete it and use mreg",
    ),
    "MR003": Entry(
        "error",
        "a registry tag that does not point to a commit",
        "delete the tag and make it again with mreg",
    ),
    "MR004": Entry(
        "error",
        "a tag object that cannot be read",
        "git cat-file -p refs/tags/{subject} shows it; delete the tag and make it again",
    ),
    "MR005": Entry(
        "error",
        "a tag whose object is missing",
        "git fetch --force origin refs/tags/{subject}:refs/tags/{subject}",
    ),
    "MR006": Entry(
        "error",
        "a registry tag without a readable tagger and date",
        "delete the tag and make it again with mreg: without a date it has no place in history",
    ),
    "MR007": Entry(
        "error",
        "a date beyond the calendar",
        "delete the tag and make it again with mreg",
    ),
    "MR008": Entry(
        "error",
        "a ref that bears another tag's object",
        "delete the ref: it is a copy, not an event of its own",
    ),
    "MR009": Entry(
        "warning",
        "text that is not UTF-8",
        "nothing to do; the unreadable bytes are shown as \ufffd",
    ),
    "MR010": Entry(
        "warning",
        "one number on two events",
        "nothing to do; they are ordered by date, then by name. mreg never reuses a number",
    ),
    "MR011": Entry(
        "warning",
        "a promoted version that is not registered",
        "{hint}",
    ),
    "MR012": Entry(
        "error",
        "a promotion that names a version of another commit",
        "{hint}",
    ),
    "MR013": Entry(
        "error",
        "a gap in the chain of events",
        "mreg history {hint} shows what is left; ask who moved or removed a tag,"
        " and fetch it again from a clone that still has it",
    ),
    "MR014": Entry(
        "warning",
        "names that differ in case alone",
        "they collide on file systems that fold case: deprecate one of them",
    ),
    "MR015": Entry(
        "info",
        "a tag dated before the event that it follows",
        "nothing to do; the order is that of the numbers. Check the clock of whoever made it",
    ),
    "MR016": Entry(
        "warning",
        "an event that changes nothing",
        "nothing to do; it is kept in the history",
    ),
    "MR017": Entry(
        "error",
        "a commit that is not here",
        "git fetch --unshallow, or git fetch origin {hint}",
    ),
    "MR018": Entry(
        "warning",
        "a shallow clone",
        "git fetch --unshallow --tags",
    ),
    "MR019": Entry(
        "warning",
        "an annotation that cannot be read",
        "mend {subject} and commit it; `mreg validate` shows what is wrong",
    ),
    "MR020": Entry(
        "warning",
        "an annotation in a version's commit that cannot be read",
        "nothing to do for that version: its commit cannot change. Mend the file, and register the"
        " next version",
    ),
    "MR021": Entry(
        "warning",
        "a metric or param file in a version's commit that is not there, or cannot be read",
        "nothing to do for that version: its commit cannot change. Commit the file with the next"
        " version",
    ),
    "MR022": Entry(
        "info",
        "a tag that was read from the remote, since something else stands in its place here",
        "git fetch --force origin refs/tags/{subject}:refs/tags/{subject}",
    ),
    "MR023": Entry(
        "warning",
        "a file of DVC in a version's commit that cannot be read",
        "nothing to do for that version: its commit cannot change. `dvc repro` and `dvc commit`"
        " write the file anew",
    ),
    "MR024": Entry(
        "error",
        "a tag object that is too large",
        "delete the tag and make it again with mreg; put what is long into a file of the commit",
    ),
    "MR025": Entry(
        "error",
        "an approval's ref that holds what is not its principal's",
        "{hint}; git update-ref -d {subject}, where the registry is kept, takes it away",
    ),
    "MR026": Entry(
        "warning",
        "a name of a metric or param that does not say which value of a version is meant",
        "name the file, too: {hint}",
    ),
    "MR027": Entry(
        "error",
        "a pointer in a version's commit that cannot be followed",
        "nothing can be got of that version, and its commit cannot change. Commit the file itself,"
        " register the next version, and deregister this one",
    ),
}
"""Every kind of problem, by code."""


def problem(code: str, subject: str, message: str, *, hint: str = "") -> Problem:
    """Return a problem of the kind `code`.

    Args:
        code: a key of `CATALOGUE`.
        subject: the tag, artifact or file.
        message: what is wrong, in one line.
        hint: what the finder adds to the remedy, for kinds whose remedy asks for it.
    """
    entry = CATALOGUE[code]
    remedy = entry.remedy.replace("{subject}", shlex.quote(subject)).replace("{hint}", hint)
    return Problem(code, entry.severity, subject, message, remedy)
