"""Facts about many events: noted first, then read all at once, then handed out.

Who judges a whole history asks twice. The first time every answer is blank, and what was asked is
noted; after `read` the answers are there. So the number of Git processes does not grow with the
number of events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mreg.annotations import sources
from mreg.annotations.entry import Annotation
from mreg.annotations.sources import Wanted
from mreg.core.diagnostics import Diagnostic
from mreg.git import reach, tagobjects
from mreg.git.refs import list_names
from mreg.git.repository import Repository
from mreg.git.tagobjects import NotATag
from mreg.policy import approvals, gates
from mreg.policy.approvals import Place
from mreg.store import complete
from mreg.store.versioned_files import VersionedFiles
from mreg.tuples import NamedTuple

_NOTHING: Mapping[str, str] = MappingProxyType({})


class ApprovalSubject(NamedTuple):
    """What words can be said of: a version for a stage."""

    artifact: str
    version: str
    stage: str


class ApprovalChain(NamedTuple):
    """All that one principal said of a version and a stage, and what the ref of that holds.

    The words are ids and bytes, the last first; there are none if they cannot be read.
    """

    place: Place
    oid: str
    chain: tuple[tuple[str, bytes], ...]


class Facts:
    """What is asked of one repository."""

    def __init__(
        self, repo: Repository, branches: str, *, approvals: Mapping[str, str] = _NOTHING
    ) -> None:
        """Ask a repository about the branches under a prefix, and the approvals that it has.

        Besides there are refs of approvals that are being pushed, with the objects they will hold.
        """
        self._repo = repo
        self._prefix = branches
        self._pushed = approvals
        self._commits: dict[str, None] = {}
        self._oids: dict[str, None] = {}
        self._wanted: dict[tuple[str, str], Wanted] = {}
        self._patterns: dict[str, dict[str, None]] = {}
        self._subjects: set[ApprovalSubject] = set()
        self._times: Mapping[str, int] = {}
        self._objects: Mapping[str, bytes | NotATag] = {}
        self._annotations: Mapping[tuple[str, str], Annotation | Diagnostic | None] = {}
        self._reachable: Mapping[tuple[str, str], bool] = {}
        self._approvals: dict[ApprovalSubject, list[ApprovalChain]] = {}

    # Questions

    def committed(self, commit: str) -> int | None:
        """Return the committer's time of a commit; None where it is not here."""
        self._commits[commit] = None
        return self._times.get(commit)

    def tag(self, oid: str) -> bytes | NotATag:
        """Return the bytes of a tag object."""
        self._oids[oid] = None
        return self._objects.get(oid, tagobjects.MISSING)

    def annotation(self, wanted: Wanted) -> Annotation | Diagnostic | None:
        """Return an artifact's annotation at a commit, as `sources.read` does."""
        key = (wanted.artifact, wanted.commit)
        self._wanted[key] = wanted
        return self._annotations.get(key)

    def reachable(self, patterns: Sequence[str], commit: str) -> Mapping[str, bool]:
        """Return for each pattern that any branch matches whether one of those has a commit."""
        for pattern in patterns:
            self._patterns.setdefault(pattern, {})[commit] = None
        self._commits[commit] = None
        return {
            it: self._reachable[it, commit] for it in patterns if (it, commit) in self._reachable
        }

    def approvals(self, subject: ApprovalSubject) -> Sequence[ApprovalChain]:
        """Return what principals said of a version and a stage."""
        self._subjects.add(subject)
        return self._approvals.get(subject, ())

    @property
    def is_complete(self) -> bool:
        """Whether every tag object that was asked for is here."""
        return not any(isinstance(it, NotATag) for it in self._objects.values())

    # Answers

    def read(self) -> None:
        """Read what was asked for.

        Raises:
            GitError: Git could not do it.
        """
        self._times = reach.times(self._repo, self._commits)
        if self._oids:
            objects = tagobjects.read(self._repo, list(self._oids))
            self._objects = dict(zip(self._oids, objects, strict=True))
        if self._wanted:
            with VersionedFiles(self._repo) as contents:
                found = sources.read(list(self._wanted.values()), contents, checked=True)
            self._annotations = dict(zip(self._wanted, found, strict=True))
        asked = {
            complete.BRANCHES: self._patterns,
            f"{approvals.PREFIX}*": self._subjects,
        }
        if any(asked.values()):
            complete.refresh(self._repo, [pattern for pattern, it in asked.items() if it])
        if self._patterns:
            self._read_branches()
        if self._subjects:
            self._read_approvals()

    def _read_branches(self) -> None:
        refs = dict(list_names(self._repo, [self._prefix]))
        tips = {ref.removeprefix(self._prefix): oid for ref, oid in refs.items()}
        tips.pop("HEAD", None)  # a remote's, which is another name of its default branch
        found: dict[tuple[str, str], bool] = {}
        for pattern, commits in self._patterns.items():
            matching = [oid for name, oid in tips.items() if gates.matches(pattern, name)]
            if not matching:
                continue
            here = [it for it in commits if it in self._times]
            outside = reach.outside(self._repo, here, matching)
            found |= {(pattern, it): it in self._times and it not in outside for it in commits}
        self._reachable = found

    def _read_approvals(self) -> None:
        refs = {**dict(list_names(self._repo, [approvals.PREFIX])), **self._pushed}
        places = ((approvals.parse_ref(ref), oid) for ref, oid in sorted(refs.items()))
        known = ((place, oid, ApprovalSubject(*place[:3])) for place, oid in places if place)
        wanted = [it for it in known if it[2] in self._subjects]
        if not wanted:
            return
        with tagobjects.reading(self._repo) as reader:
            for place, oid, subject in wanted:
                chain = tuple(reader.follow(oid, approvals.before))
                self._approvals.setdefault(subject, []).append(ApprovalChain(place, oid, chain))
