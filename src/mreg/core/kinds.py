"""The kinds of event, each in one place: its form, its words, its effect.

The closed set of docs/format.md: register, deregister, promote, demote, deprecate. A tag's name
is always matched whole, never by its beginning.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from sys import intern
from typing import Final, NamedTuple

from mreg.core import names, versions
from mreg.core.events import Action, Event
from mreg.core.standing import Standing


class TagName(NamedTuple):
    """What a tag's name says by itself.

    Attributes:
        action: register, deregister, promote, demote or deprecate.
        artifact: the artifact's name.
        version: the version that a register or deregister names; else None.
        stage: the stage that a promote or demote names; else None.
        number: the `#N` at the end; 0 where there is none.
    """

    action: Action
    artifact: str
    version: str | None = None
    stage: str | None = None
    number: int = 0

    def __str__(self) -> str:
        """Return the name of the tag."""
        form = KINDS[self.action].form
        plain = form.format(
            artifact=names.in_tag(self.artifact), version=self.version, stage=self.stage
        )
        return f"{plain}#{self.number}" if self.number else plain


class Kind(NamedTuple):
    """One kind of event.

    Attributes:
        form: the tag's name, before any number.
        words: the subject of the tag's message.
        past: what the event did, for a person who reads a history.
        effect: what it does to the artifact's standing; it returns the version that the event
            is about, None for a bare commit or none.
    """

    form: str
    words: str
    past: str
    effect: Callable[[Standing, Event], str | None]

    def subject(self, artifact: str, version: str | None, stage: str | None) -> str:
        """Return the subject of the message of such an event."""
        return self.words.format(artifact=artifact, version=version, stage=stage)


def _register(standing: Standing, event: Event) -> str | None:
    standing.deprecated = False
    standing.activate(str(event.version), event)
    return event.version


def _deregister(standing: Standing, event: Event) -> str | None:
    standing.deprecated = False
    standing.end(str(event.version))
    return event.version


def _promote(standing: Standing, event: Event) -> str | None:
    standing.deprecated = False
    version = event.version or standing.version_at(event.commit)
    standing.put(str(event.stage), version, event)
    return version


def _demote(standing: Standing, event: Event) -> str | None:
    standing.deprecated = False
    version = event.version or standing.version_at(event.commit)
    standing.take_out(str(event.stage), version, event.commit)
    return version


def _deprecate(standing: Standing, _: Event) -> str | None:
    standing.deprecated = True
    return None


KINDS: Final[dict[Action, Kind]] = {
    "register": Kind(
        "{artifact}@{version}", "Register {artifact} {version}", "registered", _register
    ),
    "deregister": Kind(
        "{artifact}@{version}!", "Deregister {artifact} {version}", "deregistered", _deregister
    ),
    "promote": Kind(
        "{artifact}#{stage}", "Promote {artifact} {version} to {stage}", "promoted", _promote
    ),
    "demote": Kind(
        "{artifact}#{stage}!", "Demote {artifact} {version} from {stage}", "demoted", _demote
    ),
    "deprecate": Kind("{artifact}@deprecated", "Deprecate {artifact}", "deprecated", _deprecate),
}

_TAG = re.compile(
    rf"""
    (?P<artifact> {names.ARTIFACT_IN_TAG} )
    (?:
        @ (?: (?P<version> {versions.PATTERN} ) (?P<deregister> ! )? | (?P<deprecate> deprecated ) )
      | \# (?P<stage> {names.STAGE} ) (?P<demote> ! )?
    )
    (?: \# (?P<number> [1-9][0-9]{{0,17}} ) )?
    """,
    re.VERBOSE,
)

_NEAR_MISS = re.compile(
    r"(?: .* @ (?: v?[0-9] | deprecated | created ) .* | .+ \# .* )", re.VERBOSE
)


def parse(tag: str) -> TagName | None:
    """Read a tag's name (without refs/tags/); None if it is not a registry tag's."""
    match = _TAG.fullmatch(tag)
    if match is None:
        return None
    artifact, version, deregister, deprecate, stage, demote, number = match.groups()
    action: Action
    if version:
        action = "deregister" if deregister else "register"
    elif deprecate:
        action = "deprecate"
    else:
        action = "demote" if demote else "promote"
        stage = intern(stage)
    return TagName(
        action, intern(names.from_tag(artifact)), version, stage, int(number) if number else 0
    )


def is_near_miss(tag: str) -> bool:
    """Tell whether a tag's name, which `parse` refuses, looks meant for a registry."""
    return _NEAR_MISS.fullmatch(tag) is not None
