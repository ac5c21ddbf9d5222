"""The value that is emitted: what a pushed tag says, for whoever deploys by it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Literal, TypeAlias

from mreg.annotations.entry import Annotation, Number
from mreg.core import queries, versions
from mreg.core.events import ROLLBACK_TRAILER, Action, Event
from mreg.core.kinds import KINDS, Kind
from mreg.core.replay import History
from mreg.policy import gates
from mreg.tuples import NamedTuple

Happening: TypeAlias = Action | Literal["none"]
"""What a tag says; "none": it is not the registry's."""


class Deployment(NamedTuple):
    """What a pushed tag says, and how the registry stands with it.

    Its fields are the keys of every output (docs/how-to/ci.md), in this order. Texts are as whoever
    could push a tag or an annotation chose them.

    Attributes:
        event: what was done; "none" for a tag that is not the registry's, and then all but the tag
            is empty.
        artifact: the artifact's name.
        version: the version that it is about; None for deprecate and bare commits.
        stage: the stage of a promote or demote; else None.
        tag: the tag's name; None where a pipeline does not run for a tag.
        oid: the id of the tag object: no other event has it.
        commit: the id of the commit.
        previous_version: of a promote or demote, the version that held the stage before it; of a
            register, the version that it follows. None if there is none, or for a bare commit.
        current_version: of a promote or demote, the version that holds the stage now; of any other,
            the latest. None if there is none.
        is_rollback: whether it is a promotion back to the version that held the stage before, by
            `mreg rollback`.
        is_current: whether what it says is still so: no later event has taken it back or gone
            beyond it.
        type: what the artifact is, as the commit says.
        path: where it is, likewise.
        description: what it is, in words.
        author: who did it, as the tag claims.
        author_email: that person's e-mail address.
        created_at: when, as the tag claims: ISO 8601.
        message: what was said of it.
        approved_by: the principals whose approval counted.
        signed_by: the principal whose signature the tag bears, by the policy; None if none does.
        repository: the repository's URL, without passwords; None if it is not known.
        image_tag: the version as the tag of a container image, which has no "+": v1.2.0_cuda12;
            None where there is no version, or none of at most 128 characters.
        metrics: numbers by name, as the commit says.
    """

    event: Happening
    artifact: str | None = None
    version: str | None = None
    stage: str | None = None
    tag: str | None = None
    oid: str | None = None
    commit: str | None = None
    previous_version: str | None = None
    current_version: str | None = None
    is_rollback: bool = False
    is_current: bool = False
    type: str | None = None
    path: str | None = None
    description: str | None = None
    author: str | None = None
    author_email: str | None = None
    created_at: str | None = None
    message: str | None = None
    approved_by: tuple[str, ...] = ()
    signed_by: str | None = None
    repository: str | None = None
    image_tag: str | None = None
    metrics: Mapping[str, Number] = {}

    @property
    def kind(self) -> Kind | None:
        """What kind of event it is; None for a tag that is not the registry's."""
        return None if self.event == "none" else KINDS[self.event]


def foreign(tag: str | None, repository: str | None = None) -> Deployment:
    """Return what is emitted for a tag that is not the registry's, or for no tag."""
    return Deployment("none", tag=plain(tag), repository=plain(repository))


def of_tag(
    history: History,
    tag: str,
    annotation: Annotation | None = None,
    approved_by: Sequence[str] = (),
    signed_by: str | None = None,
    repository: str | None = None,
) -> Deployment | None:
    """Return what a tag says; None if it is no event of the history.

    Args:
        history: the artifact's history: all of it, with what came after the tag.
        tag: the tag's name.
        annotation: what the tag's commit says of the artifact.
        approved_by: the principals whose approval counted.
        signed_by: the principal whose signature the tag bears.
        repository: the repository's URL, without passwords.
    """
    number = next((n for n, it in enumerate(history.timeline) if it.tag == tag), None)
    if number is None:
        return None
    event, version = history.timeline[number].event, queries.subjects(history)[number]
    past = History(history.artifact, history.timeline[:number])
    kind, about = KINDS[event.action], annotation or Annotation()
    if event.stage is None:
        previous = queries.before(history, str(event.version)) if kind.registers else None
        current = queries.latest(history)
    else:
        previous, current = _held(past, event.stage), _held(history, event.stage)
    claim = event.trailers.get(ROLLBACK_TRAILER)
    return Deployment(
        event=event.action,
        artifact=event.artifact,
        version=version,
        stage=event.stage,
        tag=event.tag,
        oid=event.oid,
        commit=event.commit,
        previous_version=previous,
        current_version=current,
        is_rollback=kind.enters_stage and gates.takes_back(past, version, event.stage, claim),
        is_current=_is_current(history, event, version),
        type=plain(about.type),
        path=plain(about.path),
        description=plain(about.description),
        author=plain(event.author),
        author_email=plain(event.author_email),
        created_at=event.created_at.isoformat(),
        message=plain(event.message),
        approved_by=tuple(map(_clean, approved_by)),
        signed_by=plain(signed_by),
        repository=plain(repository),
        image_tag=versions.image_tag(version) if version else None,
        metrics={_clean(name): it for name, it in about.metrics.items()},
    )


def _held(history: History, stage: str) -> str | None:
    holder = history.standing.current(stage)
    return holder.version if holder else None


def _is_current(history: History, event: Event, version: str | None) -> bool:
    """Tell whether what an event says is still so.

    Who put a version into a stage, or registered one, is noted there. Anything else holds until
    something else is said of the same: the stage, the version or, with neither, the artifact.
    """
    kind, standing = KINDS[event.action], history.standing
    if kind.enters_stage:
        holder = standing.current(str(event.stage))
        return holder is not None and holder.event.oid == event.oid
    if kind.registers:
        active = standing.active.get(str(version))
        return active is not None and active.oid == event.oid
    later = (it.event for it in reversed(history.timeline) if _same_subject(it.event, event))
    return next(later).oid == event.oid


def _same_subject(other: Event, event: Event) -> bool:
    """Tell whether another event is about the same stage, version or artifact as one."""
    if event.stage is not None:
        return other.stage == event.stage
    return event.version is None or (other.stage is None and other.version == event.version)


_NOWHERE = re.compile(r"[\x00\ud800-\udfff]")


def plain(text: str | None) -> str | None:
    """Return a text that a variable and a UTF-8 file can hold.

    Neither takes a NUL or a lone surrogate, which a YAML file or a tag's name may bring: U+FFFD
    stands in their place.
    """
    return None if text is None else _clean(text)


def _clean(text: str) -> str:
    return _NOWHERE.sub("\ufffd", text)
