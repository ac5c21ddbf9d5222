"""Approvals: what principals say of a version and a stage, as tag objects under refs of their own.

The first word of a principal is a tag object that points to the version's registration tag; each
further one points to the word before it, and takes its place in the ref. docs/reference/format.md
has the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from mreg.core import kinds, names, plans, refnames, tagobject
from mreg.core.times import EARLIEST, LATEST
from mreg.errors import Refused
from mreg.tuples import NamedTuple

if TYPE_CHECKING:  # where there are none, what tells of them is not loaded
    from mreg.policy.case import Approval, Signer, Verdict

PREFIX: Final = "refs/mreg/approvals/"

NONE = "none"
"""What a first word has for its `Previous:`."""

# An artifact's name holds no "@" and a version no "/", so that one reading is left.
_REF = re.compile(
    rf"{PREFIX} (?P<tag> [^@]+ @ [^/@]+ ) / (?P<stage> {names.STAGE} ) / (?P<principal> [^/]+ )",
    re.VERBOSE,
)

_LONGEST = 250

_SUBJECTS: dict[Verdict, str] = {"approve": "Approve {} {} for {}", "reject": "Reject {} {} for {}"}


class Place(NamedTuple):
    """Whose word it is, and on what."""

    artifact: str
    version: str
    stage: str
    principal: str

    @property
    def ref(self) -> str:
        """The ref that holds the principal's last word."""
        return f"{of_version(self.artifact, self.version)}{self.stage}/{self.principal}"


def of_version(artifact: str, version: str) -> str:
    """Return what the refs of all words on a version begin with."""
    return f"{PREFIX}{names.in_tag(artifact)}@{version}/"


def pattern(artifact: str | None) -> str:
    """Return the pattern of `git for-each-ref` for approvals; of one artifact, if it is named."""
    return f"{PREFIX}{names.in_tag(artifact)}@*/**" if artifact else PREFIX


def parse_ref(ref: str) -> Place | None:
    """Read a ref's name; None if it is not that of an approval."""
    found = _REF.fullmatch(ref)
    name = kinds.parse(found["tag"]) if found else None
    if not found or name is None or name.number or not kinds.KINDS[name.action].registers:
        return None
    return Place(name.artifact, str(name.version), found["stage"], found["principal"])


def obstacle(place: Place, stages: Iterable[str] | None, principals: Iterable[str]) -> str:
    """Say why a word's ref could be in the way of another's; empty if it could not.

    A ref cannot be a folder of others: what ann says on the stage `eu` is `eu/ann`, which no word
    on a stage `eu/ann` can stand beside. A stage's name has no "@", so no address is part of one.

    Args:
        place: whose word it is, and on what.
        stages: the stages that the policy names; None: any.
        principals: the principals that it names; none: everybody goes by their address.
    """
    mine, people = f"{place.stage}/{place.principal}/", {names.fold(it) for it in principals}
    for other in stages or ():
        if f"{other}/".startswith(mine):
            return f"no approval for the stage {other} could exist together with it"
    parts = place.stage.split("/")
    for count, part in enumerate(parts[1:], start=1):
        above = "/".join(parts[:count])
        if names.fold(part) in people and (stages is None or above in stages):
            return f"its name lies under the approval of {part} for the stage {above}"
    if stages is None and not people and "@" not in place.principal:
        return f"{place.principal} is not an address, and could be part of a stage's name"
    return ""


class ApprovalDraft(NamedTuple):
    """A word to be said.

    Attributes:
        place: whose it is, and on what.
        registration: the id of the registration's tag object.
        previous: the id of the same principal's word before it; empty if there was none.
        registry: the registry's id; None if it has none.
        time: when, in seconds since 1970.
    """

    place: Place
    verdict: Verdict
    registration: str
    previous: str
    registry: str | None
    message: str
    time: int

    @property
    def name(self) -> str:
        """What the tag object calls itself: its ref, without "refs/"."""
        return self.place.ref.removeprefix("refs/")

    @property
    def target(self) -> str:
        """The id of the object that it points to."""
        return self.previous or self.registration

    @property
    def text(self) -> str:
        """The tag object's message."""
        artifact, version, stage, _ = self.place
        trailers = {"Verdict": self.verdict, "Registration": self.registration}
        if self.registry:
            trailers["Registry"] = self.registry
        trailers["Previous"] = self.previous or NONE
        subject = _SUBJECTS[self.verdict].format(artifact, version, stage)
        return tagobject.compose(subject, self.message, trailers)


def draft(
    place: Place,
    verdict: Verdict,
    registration: str,
    last: Approval | None,
    *,
    registry: str | None,
    message: str,
    now: int,
) -> ApprovalDraft:
    """Plan a word, made `now` (in seconds since 1970), after the principal's last if there was one.

    Raises:
        Refused: Git cannot hold such a ref, or such a message.
    """
    if fault := refnames.fault(place.ref):
        raise Refused(f"Git cannot store the ref {place.ref}: {fault}", hint=_NAME_SOMEBODY)
    if any(len(part) > _LONGEST for part in place.ref.split("/")):
        message = f"a part of the ref {place.ref} is too long for a file name"
        raise Refused(message, hint=_NAME_SOMEBODY)
    previous, time = (last.oid, max(now, last.time)) if last else ("", now)
    found = ApprovalDraft(place, verdict, registration, previous, registry, message.strip(), time)
    plans.refuse_message(found.message)
    return found


_NAME_SOMEBODY = "use a shorter, plain name for the person under `principals` in .mreg.yaml"


def read(place: Place, oid: str, raw: bytes, signer: Signer, registry: str | None) -> Approval:
    """Read the tag object that an approval's ref holds; what is wrong with it is its fault.

    It has to bear the registry's id, if there is one.
    """
    try:
        found = tagobject.parse(raw)
    except tagobject.MalformedTag as error:
        return unreadable(place, oid, f"the tag object cannot be read: {error}", signer)
    _, body, trailers = tagobject.message(found.text)
    verdict: Verdict = next((it for it in _SUBJECTS if it == trailers.get("Verdict")), "approve")
    previous = trailers.get("Previous", "")
    from mreg.policy.case import Approval

    return Approval(
        verdict,
        *place,
        signer,
        registration=trailers.get("Registration", ""),
        time=found.time if EARLIEST <= found.time <= LATEST else 0,
        zone=found.zone.decode("ascii") or "+0000",
        message=body,
        oid=oid,
        previous="" if previous == NONE else previous,
        fault=_fault(place, found, trailers, registry),
    )


def unreadable(place: Place, oid: str, fault: str, signer: Signer | None = None) -> Approval:
    """Return the word of an object that says nothing, and so counts for nothing."""
    from mreg.policy.case import Approval, Signer

    nobody = Signer("", "", "unchecked")
    return Approval("approve", *place, signer or nobody, "", 0, "+0000", "", oid, fault=fault)


def _fault(
    place: Place, found: tagobject.TagObject, trailers: dict[str, str], registry: str | None
) -> str:
    """Return why a word counts for nothing, as far as its own bytes tell."""
    if found.name.decode("utf-8", "surrogateescape") != place.ref.removeprefix("refs/"):
        return f"it is the tag object of {tagobject.decode(found.name)!r}"
    if found.tagger is None or not EARLIEST <= found.time <= LATEST:
        return "it does not record its author and date"
    if trailers.get("Verdict") not in _SUBJECTS:
        return "it has no verdict: approve or reject"
    if registry and trailers.get("Registry") != registry:
        return f"it was made for {trailers.get('Registry', 'no registry')}, not for {registry}"
    # Each links to the one before it twice: by what it points to, and in words.
    previous = trailers.get("Previous", "")
    wanted = trailers.get("Registration") if previous == NONE else previous
    if found.target_type != b"tag" or found.target.decode() != wanted:
        return "it does not point to the object that it names as its predecessor"
    return ""


def before(raw: bytes) -> str | None:
    """Return the id of the word before one, by its bytes; None if there is none."""
    try:
        found = tagobject.parse(raw)
    except tagobject.MalformedTag:
        return None
    ours = found.name.startswith(PREFIX.removeprefix("refs/").encode())
    previous = tagobject.trailer(found.text, b"Previous") if ours else None
    return previous if previous == found.target.decode() else None


def stands(
    last: Approval | None, wanted: ApprovalDraft, *, signer: Signer, signatures: bool
) -> bool:
    """Tell whether a principal's last word says already what they want to say.

    Where `signatures` are required, it has to be signed, too.
    """
    if last is None or last.fault or signer.principal != last.signer.principal:
        return False
    if (signatures or signer.verified) and not last.signer.verified:
        return False
    same = (last.verdict, last.registration) == (wanted.verdict, wanted.registration)
    return same and wanted.message in ("", last.message)
