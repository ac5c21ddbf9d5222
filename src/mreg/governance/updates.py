"""Updates: what a push would do to refs, and which of them are the registry's.

Most pushes have nothing to do with it. This loads nothing that only the others need.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from mreg.core import kinds, names
from mreg.core.kinds import TagName
from mreg.errors import UsageError
from mreg.tuples import NamedTuple

if TYPE_CHECKING:
    from mreg.core.diagnostics import Diagnostic
    from mreg.policy.model import Governing
    from mreg.policy.verdicts import Audited

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


_OBJECT = "[0-9a-f]{40}(?:[0-9a-f]{24})?"
_RECEIVED = re.compile(f"(?P<old>{_OBJECT}) (?P<new>{_OBJECT}) (?P<ref>refs/.+)")
_PUSHED = re.compile(f".+ (?P<new>{_OBJECT}) (?P<ref>refs/.+) (?P<old>{_OBJECT})")


def read(raw: bytes, hook: str) -> list[Update]:
    """Read what Git hands to a hook: a line an update (`git help githooks`).

    Args:
        raw: the hook's standard input.
        hook: its name: that of pre-push differs from those of pre-receive and post-receive.

    Raises:
        UsageError: a line is not of that form.
    """
    pushed = hook == "pre-push"
    found = []
    for it in filter(None, raw.decode("utf-8", "surrogateescape").split("\n")):
        fields = (_PUSHED if pushed else _RECEIVED).fullmatch(it)
        if fields is None:
            form = "LOCAL-REF NEW REF OLD" if pushed else "OLD NEW REF"
            raise UsageError(
                f"{it!r} is not valid input of a {hook} hook",
                hint=f"pass lines of {form}: two object ids, and the full name of a ref",
            )
        found.append(Update.of(fields["old"], fields["new"], fields["ref"]))
    return found


class Received(NamedTuple):
    """What a push comes to.

    Attributes:
        refused: why it is refused: the rule is the code, the ref as people call it the subject;
            empty if it is not.
        warnings: what whoever pushes should know, though it is taken.
        events: the verdicts on the new events.
        governing: the policy; None if it was not asked.
    """

    refused: tuple[Diagnostic, ...]
    warnings: tuple[str, ...] = ()
    events: tuple[Audited, ...] = ()
    governing: Governing | None = None


PASSED = Received(())


def is_ours(ref: str) -> bool:
    """Tell whether a ref is the registry's, or its name almost that of one of its tags."""
    tag = ref.removeprefix(TAGS)
    if tag != ref and (kinds.parse(tag) is not None or kinds.is_near_miss(tag)):
        return True
    return ref.startswith(OURS) or bool(obstacle(ref))


def obstacle(ref: str) -> str:
    """Say why a ref that is none of the registry's could be in the way of one; empty if not.

    A ref cannot be a folder of others. Where the server's file system folds case, two names that
    differ in case alone are one: so another ref could even be put in place of one of ours.
    """
    tag = ref.removeprefix(TAGS)
    place = "/".join(ref.split("/")[:2])
    if tag != ref:
        parts = tag.split("/")
        if any(kinds.parse("/".join(parts[:count])) for count in range(1, len(parts))):
            return (
                "its name lies under the name of a registry tag, which could then never be created"
            )
        if kinds.parse(tag) is None and kinds.parse(names.fold(tag)) is not None:
            return "it differs from the name of a registry tag only in case"
    elif ref in _PLACES:
        return f"refs are stored under {ref}/, which could then never be created"
    elif place not in _PLACES and names.fold(place) in _PLACES:
        return f"it differs from a ref in {names.fold(place)}/ only in case"
    return ""


_PLACES = tuple(it.rstrip("/") for it in (TAGS, BRANCHES, OURS))


def twins(there: Iterable[str], created: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Iterate over the registry tags among new ones that differ from another in case alone.

    They come with the tag, or the artifact, from which their own differs.
    """
    known: dict[str, dict[str, None]] = {}
    for tag in there:
        _know(known, tag)
    for tag in created:
        for name in _names_in(tag):
            found = known.get(names.fold(name), {})
            if found and name not in found:
                yield tag, next(iter(found))
                break
        _know(known, tag)


def _know(known: dict[str, dict[str, None]], tag: str) -> None:
    for name in _names_in(tag):
        known.setdefault(names.fold(name), {})[name] = None


def _names_in(tag: str) -> tuple[str, ...]:
    """Return the name of a registry tag, and that of its artifact; nothing for another tag."""
    found = kinds.parse(tag)
    return (found.artifact, tag) if found else ()


def matters(ref: str) -> bool:
    """Tell whether a ref is the registry's, or one where a policy may stand."""
    return ref.startswith(BRANCHES) or is_ours(ref)


def name_of(ref: str) -> TagName | None:
    """Return what the name of a registry tag's ref says; None for another ref."""
    tag = ref.removeprefix(TAGS)
    return None if tag == ref else kinds.parse(tag)
