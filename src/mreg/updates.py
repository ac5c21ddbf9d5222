"""Updates: what a push would do to refs, and which of them are the registry's.

Most pushes have nothing to do with it. This loads nothing that only the others need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mreg import kinds
from mreg.kinds import TagName

if TYPE_CHECKING:
    from mreg.policy.audited import Audited
    from mreg.policy.settings import Governing

TAGS, BRANCHES = "refs/tags/", "refs/heads/"

OURS = "refs/mreg/"
"""Where the registry's refs are that are not tags."""


class Update(NamedTuple):
    """What is to become of a ref.

    Attributes:
        old: the id of the object that it holds; empty if it does not exist.
        new: that of the one that it is to hold; empty if it is to be deleted.
        ref: its full name.
    """

    old: str
    new: str
    ref: str

    @classmethod
    def of(cls, old: str, new: str, ref: str) -> Update:
        """Return an update as Git tells it: an id of zeros stands for none."""
        return cls(old if old.strip("0") else "", new if new.strip("0") else "", ref)


class Complaint(NamedTuple):
    """Something for which a push is refused.

    Attributes:
        ref: the ref, as people call it.
        rule: the rule that is not kept.
        reason: why, in words.
        hint: what to do.
    """

    ref: str
    rule: str
    reason: str
    hint: str


class Received(NamedTuple):
    """What a push comes to.

    Attributes:
        complaints: why it is refused; empty if it is not.
        warnings: what whoever pushes should know, though it is taken.
        events: the verdicts on the new events.
        governing: the policy; None if it was not asked.
    """

    complaints: tuple[Complaint, ...]
    warnings: tuple[str, ...] = ()
    events: tuple[Audited, ...] = ()
    governing: Governing | None = None


PASSED = Received(())


def is_ours(ref: str) -> bool:
    """Tell whether a ref is the registry's, or its name almost that of one of its tags."""
    tag = ref.removeprefix(TAGS)
    if tag != ref:
        return kinds.parse(tag) is not None or kinds.is_near_miss(tag)
    return ref.startswith(OURS)


def is_in_the_way(ref: str) -> bool:
    """Tell whether a ref lies beneath the name of a registry tag, which then could not be made."""
    parts = ref.removeprefix(TAGS).split("/")
    return any(kinds.parse("/".join(parts[:count])) for count in range(1, len(parts)))


def matters(ref: str) -> bool:
    """Tell whether a ref is the registry's, or one where a policy may stand."""
    return ref.startswith(BRANCHES) or is_ours(ref)


def name_of(ref: str) -> TagName | None:
    """Return what the name of a registry tag's ref says; None for another ref."""
    tag = ref.removeprefix(TAGS)
    return None if tag == ref else kinds.parse(tag)
