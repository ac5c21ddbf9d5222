"""Diagnostics: what is wrong, how bad it is, where, and what to do; and the problems of a registry.

One value for whatever mreg finds: problems of the registry (here, by code), of annotations and
settings (`mreg.annotations.findings`), rules that a push or an event does not keep, and traces of
tampering. The codes are stable; `docs/reference/problems.md` explains those here, and a test holds
the two together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Literal, TypeAlias, get_args

from mreg.tuples import NamedTuple

Severity: TypeAlias = Literal["error", "warning", "info"]
"""error: mreg leaves the thing out, or an answer is in doubt; warning: it is read, but somebody
should look; info: worth knowing."""

Keys: TypeAlias = tuple[str | int, ...]
"""Where a value is in a file's content: the keys and positions that lead to it."""


class Location(NamedTuple):
    """Where a thing that is wrong is, beyond the name of it.

    Attributes:
        keys: of a file's content, the keys and positions that lead to it.
        at_key: whether the key is wrong, rather than the value.
        line: of a file, the line, counted from 1; 0 where it is not known, or not a file.
        column: where in the line it begins, in characters counted from 1.
        end_column: where in the line it ends: the column behind its last character.
        source: the line itself.
        remote: of a tag, the remote that has or had it; empty for this repository.
    """

    keys: Keys = ()
    at_key: bool = False
    line: int = 0
    column: int = 0
    end_column: int = 0
    source: str = ""
    remote: str = ""


class Diagnostic(NamedTuple):
    """A problem, which is returned beside the answer and does not replace it.

    Attributes:
        code: the kind of problem: a stable code such as "MR002" or "MA020", a violated rule, or a
            trace of tampering.
        severity: its severity.
        subject: the tag, ref, artifact or file with the problem.
        message: a description in one line.
        hint: the remedy; may be empty.
        location: its place in a file.
    """

    code: str
    severity: Severity
    subject: str
    message: str
    hint: str = ""
    location: Location = Location()

    @staticmethod
    def shown() -> tuple[str, ...]:
        """Return the attributes that stand for it in JSON."""
        return ("code", "severity", "subject", "message", "remedy")

    @property
    def remedy(self) -> str:
        """The remedy, the same as `hint`."""
        return self.hint


Problem = Diagnostic
"""The name of before, which programs may use."""


class Code(NamedTuple):
    """A kind of diagnostic.

    Attributes:
        severity: how bad it is.
        title: the kind in a few words.
        hint: what mends it; `{subject}` stands for what it is about, `{hint}` for what the finder
            adds.
    """

    severity: Severity
    title: str
    hint: str = ""


_AGAIN = "delete the tag and create it again with mreg"
_FETCH = "git fetch --force origin refs/tags/{subject}:refs/tags/{subject}"
_FIXED = "nothing to do for that version: its commit cannot change."
COMMIT_IT = f"{_FIXED} Commit the file with the next version"
"""What to do about a file of values that is not there, or cannot be read."""
NOT_IN_DVCS_CACHE = (
    "it is tracked by DVC, but not in the DVC cache on this machine (dvc fetch --all-tags)"
)
"""How a message ends of a file that only has to be fetched."""
LET_GIT_KEEP_IT = (
    "run `dvc fetch --all-tags` to fetch it, if it was pushed, or pass `--fetch` "
    "to `mreg compare`, `diff`, `describe`, `search` or `best`. For the next version, track it "
    "with Git: set `cache: false` under it in dvc.yaml, remove its line from .gitignore, run "
    "`dvc repro`, and commit it"
)
"""What to do where DVC keeps it: Git does not take what DVC ignores, nor DVC what Git tracks."""

CATALOGUE: dict[str, Code] = {
    "MR001": Code(
        "warning",
        "a tag that looks almost like a registry tag",
        "if another tool created it, keep it, and add it to `ignore_tags` in .mreg.yaml; if it "
        "was meant for the registry, create it with mreg: `mreg check-tag --name-only {subject}` "
        "shows how mreg reads its name",
    ),
    "MR002": Code(
        "warning",
        "a lightweight tag with a registry name",
        f"{_FETCH} if the annotated tag was pushed; otherwise, if it was meant for the registry, "
        "delete it and use mreg",
    ),
    "MR003": Code("error", "a registry tag that does not point to a commit", _AGAIN),
    "MR004": Code(
        "error",
        "a tag object that cannot be read",
        "run `git cat-file -p refs/tags/{subject}` to print it; then delete the tag and create "
        "it again",
    ),
    "MR005": Code("error", "a tag whose object is missing", _FETCH),
    "MR006": Code(
        "error",
        "a registry tag without a readable tagger and date",
        f"{_AGAIN}: without a date it has no position in the history",
    ),
    "MR007": Code("error", "a date beyond the calendar", _AGAIN),
    "MR008": Code(
        "error",
        "a ref that points to the object of another tag",
        "delete the ref: it is a copy, not an event of its own",
    ),
    "MR009": Code(
        "warning",
        "text that is not UTF-8",
        "nothing to do; the unreadable bytes are shown as \ufffd",
    ),
    "MR010": Code(
        "warning",
        "one number on two events",
        "nothing to do; they are ordered by date, then by name. mreg never reuses a number",
    ),
    "MR011": Code("warning", "a promoted version that is not registered", "{hint}"),
    "MR012": Code("error", "a promotion that names a version of another commit", "{hint}"),
    "MR013": Code(
        "error",
        "a gap in the chain of events",
        "run `mreg fetch`, in case it was never fetched; run `mreg history {hint}` to list the "
        "events that are left; find out who moved or removed a tag, and fetch it from a clone "
        "that still has it",
    ),
    "MR014": Code(
        "warning",
        "names that differ only in case",
        "they collide on file systems that ignore case: deprecate one of them",
    ),
    "MR015": Code(
        "info",
        "a tag dated before the event that it follows",
        "nothing to do: the numbers give the order. Check the clock of the machine that created it",
    ),
    "MR016": Code(
        "warning", "an event that changes nothing", "nothing to do; it is kept in the history"
    ),
    "MR017": Code(
        "error",
        "a commit that is not in this clone",
        "run `git fetch --unshallow`, or `git fetch origin {hint}`",
    ),
    "MR018": Code("warning", "a shallow clone", "git fetch --unshallow --tags"),
    "MR019": Code(
        "warning",
        "an annotation that cannot be read",
        "fix {subject} and commit it; run `mreg validate` to see what is wrong",
    ),
    "MR020": Code(
        "warning",
        "an annotation in a version's commit that cannot be read",
        f"{_FIXED} Fix the file, and register the next version",
    ),
    "MR021": Code(
        "warning",
        "a metric or param file that is missing from a version's commit, or cannot be read",
        "{hint}",
    ),
    "MR022": Code(
        "info",
        "a tag that was read from the remote, because the one in this clone is unusable",
        _FETCH,
    ),
    "MR023": Code(
        "warning",
        "a file of DVC in a version's commit that cannot be read",
        f"{_FIXED} Run `dvc repro` and `dvc commit` to write the file again",
    ),
    "MR024": Code(
        "error",
        "a tag object that is too large",
        f"{_AGAIN}; move long text into a file of the commit",
    ),
    "MR025": Code(
        "error",
        "an approval's ref that contains an object of someone other than its principal",
        "{hint}; run `git update-ref -d {subject}` in the registry's repository to delete it",
    ),
    "MR026": Code(
        "warning",
        "an ambiguous name of a metric or param",
        "include the file: {hint}",
    ),
    "MR027": Code(
        "error",
        "a pointer in a version's commit that cannot be followed",
        "`mreg get` cannot download that version, and its commit cannot change: {hint}, register "
        "that as the next version, and deregister this one",
    ),
    "MR028": Code(
        "warning",
        "a metric that is NaN or infinite",
        "it never counts as the best, and never meets a limit of a policy. Find out what went "
        "wrong in the run that wrote it, and register the next version",
    ),
    "MR029": Code(
        "warning",
        "a plot that cannot be read",
        "commit its data; if DVC tracks it, run `dvc fetch`, or pass `--fetch` to `mreg compare`",
    ),
    "MR040": Code(
        "warning",
        "a tool that mistakes registry tags for tags of a package",
        "add {hint} to {subject}",
    ),
    "MR041": Code(
        "warning",
        "a plain `git fetch` that deletes events that are not pushed",
        "{hint}; or publish each event when it is recorded: `push: true` in .mreg.yaml",
    ),
    "MR042": Code(
        "warning", "a published version whose commit is on no branch of the remote", "{hint}"
    ),
    "MR043": Code(
        "warning",
        "a version that DVC still downloads, although it was demoted or deregistered",
        "use `mreg get {hint}`, which follows the events",
    ),
    "MR050": Code(
        "info",
        "a version that is not annotated",
        "run `mreg annotate {subject} --path models/...`, commit the file, and register that "
        "commit",
    ),
    "MR051": Code(
        "warning",
        "a version without an annotation, although the version before it has one",
        "run `git diff {hint}` to see what removed the annotation; restore it, commit it, and "
        "register that commit",
    ),
    "MR052": Code(
        "warning",
        "a version that `mreg get` will refuse",
        "run `mreg undo {subject}` while no remote has it; then {hint}",
    ),
    "MR053": Code(
        "warning",
        "a version, the latest or in a stage, that `mreg get` refuses",
        "{hint}",
    ),
    "MR054": Code(
        "warning",
        "a version with an input that is not in its commit",
        "commit {hint}, or track it with DVC, and register a new version; if nobody has this "
        "version yet, `mreg undo {subject}` takes it back",
    ),
}
"""Every kind of problem of a registry, by code."""


def problem(code: str, subject: str, message: str, *, hint: str = "") -> Diagnostic:
    """Return a problem of the kind `code`, one of `CATALOGUE`.

    `hint` is what the finder adds to the kind's hint, where that asks for it.
    """
    import shlex

    kind = CATALOGUE[code]
    text = kind.hint.replace("{subject}", shlex.quote(subject)).replace("{hint}", hint)
    return Diagnostic(code, kind.severity, subject, message, text)


def errors(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return those that are errors."""
    return tuple(it for it in found if it.severity == "error")


def counted(found: Iterable[Diagnostic]) -> list[str]:
    """Return how many there are of each severity, in words: "2 errors", "1 warning"."""
    counts = Counter(it.severity for it in found)
    known = [(counts[it], it) for it in get_args(Severity) if counts[it]]
    return [f"{count} {severity}{'s' * (count > 1)}" for count, severity in known]


def gathered(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return problems with those of tags that are almost registry tags as one, for people.

    Another tool may have made thousands.
    """
    every = list(found)
    almost = [it for it in every if it.code == "MR001"]
    others = len(almost) - 1
    if others <= 0:
        return every
    words = f"{almost[0].subject} and {others} more"
    one = almost[0]._replace(subject=words, message="they look almost like registry tags")
    return [one if it is almost[0] else it for it in every if it is almost[0] or it.code != "MR001"]
