"""The kinds of event, each a row of one table: its form, its words, its effect, what policy asks.

The closed set of docs/reference/format.md. All that the program knows of a kind stands in its row;
whoever reads an event asks the row, and no kind is taken for another. A tag's name is always
matched whole, never by its beginning.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from sys import intern
from typing import Final, Literal

from mreg.core import names, versions
from mreg.core.events import Action, Event
from mreg.core.standing import Standing
from mreg.tuples import NamedTuple

SHORT = 7
"""How many characters of a commit's id people are shown; `--json` has the whole."""


class TagName(NamedTuple):
    """What a tag's name says by itself.

    Attributes:
        action: the kind of the event.
        artifact: the artifact's name.
        version: the version that it names, as a register or deregister does; else None.
        stage: the stage that it names, as a promote or demote does; else None.
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
        action: its name, and the verb for it.
        form: the tag's name, before any number: the artifact, then its version or a stage or
            neither, then what tells it from others.
        past: what the event did: the verb's past participle.
        opposite: the command that takes back what it did.
        gate: what of a gate bears on it. whole: all, as on what brings a version somewhere;
            by: only who may do it.
        effect: what it does to the artifact's standing; it returns the version that the event
            is about, None for a bare commit or none. Called through `apply`.
        idle: says why an event would change nothing; empty if it does.
        about: what it is done to, in words.
        where: how the stage follows, in words.
        registers: whether it makes a version active.
        enters_stage: whether it puts a version, or a bare commit, into its stage.
        leaves_stage: whether it takes a version out of its stage; out of all, if it names none.
    """

    action: Action
    form: str
    past: str
    opposite: str
    gate: Literal["whole", "by"]
    effect: Callable[[Standing, Event], str | None]
    idle: Callable[[Standing, Event], str] = lambda *_: ""
    about: str = "{artifact} {version}"
    where: str = ""
    registers: bool = False
    enters_stage: bool = False
    leaves_stage: bool = False

    @property
    def gerund(self) -> str:
        """The verb's gerund: "promoting"."""
        return f"{self.action.removesuffix('e')}ing"

    @property
    def is_of_artifact(self) -> bool:
        """Whether it is about the artifact as a whole, not about a version."""
        return not (self.registers or self.enters_stage or self.leaves_stage)

    def what(self, artifact: str, version: str | None) -> str:
        """Return what such an event is done to: "churn v1.0.0"."""
        return self.about.format(artifact=artifact, version=version)

    def place(self, stage: str | None) -> str:
        """Return where such an event takes it, to be put behind: " to prod", or nothing."""
        return self.where.format(stage=stage)

    def phrase(self, verb: str, artifact: str, version: str | None, stage: str | None) -> str:
        """Return what is done in words that begin with a verb: "promoted churn v1.0.0 to prod"."""
        return f"{verb} {self.what(artifact, version)}{self.place(stage)}"

    def subject(self, artifact: str, version: str | None, stage: str | None) -> str:
        """Return the subject of the message of such an event: "Promote churn v1.0.0 to prod"."""
        return self.phrase(self.action.capitalize(), artifact, version, stage)


def held_label(version: str | None, commit: str) -> str:
    """Return a version's name; of a bare commit its id, and that it is one."""
    return version or f"commit {commit[:SHORT]}"


def _register(standing: Standing, event: Event) -> str | None:
    standing.activate(str(event.version), event)
    return event.version


def _registered(standing: Standing, event: Event) -> str:
    return f"{event.version} is already registered" if event.version in standing.active else ""


def _deregister(standing: Standing, event: Event) -> str | None:
    standing.end(str(event.version))
    return event.version


def _not_registered(standing: Standing, event: Event) -> str:
    if event.version in standing.active:
        return ""
    return f"{event.version} is not registered at that time"


def _promote(standing: Standing, event: Event) -> str | None:
    version, stage = event.version or standing.version_at(event.commit), event.stage or ""
    if bad := event.rolled_back:
        standing.take_out(stage, bad, event.commit)
    standing.put(stage, version, event)
    return version


def _demote(standing: Standing, event: Event) -> str | None:
    version = event.version or standing.version_at(event.commit)
    standing.take_out(str(event.stage), version, event.commit)
    return version


def _not_there(standing: Standing, event: Event) -> str:
    version = event.version or standing.version_at(event.commit)
    if (version or event.commit) in standing.stages.get(str(event.stage), {}):
        return ""
    return f"{version or event.commit[:12]} is not in {event.stage} at that time"


def _deprecate(standing: Standing, _: Event) -> str | None:
    standing.deprecated = True
    return None


_ROWS = (
    Kind(
        action="register",
        form="{artifact}@{version}",
        past="registered",
        opposite="deregister",
        gate="whole",
        effect=_register,
        idle=_registered,
        registers=True,
    ),
    Kind(
        action="deregister",
        form="{artifact}@{version}!",
        past="deregistered",
        opposite="register",
        gate="by",
        effect=_deregister,
        idle=_not_registered,
        leaves_stage=True,
    ),
    Kind(
        action="promote",
        form="{artifact}#{stage}",
        past="promoted",
        opposite="rollback",
        gate="whole",
        effect=_promote,
        where=" to {stage}",
        enters_stage=True,
    ),
    Kind(
        action="demote",
        form="{artifact}#{stage}!",
        past="demoted",
        opposite="promote",
        gate="by",
        effect=_demote,
        idle=_not_there,
        where=" from {stage}",
        leaves_stage=True,
    ),
    Kind(
        action="deprecate",
        form="{artifact}@deprecated",
        past="deprecated",
        opposite="register",
        gate="by",
        effect=_deprecate,
        about="{artifact}",
    ),
)

KINDS: Final[dict[Action, Kind]] = {it.action: it for it in _ROWS}
"""Every kind of event, by its name."""


def apply(standing: Standing, event: Event) -> str | None:
    """Let an event take effect; return the version that it is about, as `Kind.effect` does.

    An artifact is deprecated until its next event, whatever that does.
    """
    standing.deprecated = False
    return KINDS[event.action].effect(standing, event)


def apply_all(standing: Standing, events: Iterable[Event]) -> None:
    """Let events take effect, one after the other."""
    effects = {action: kind.effect for action, kind in KINDS.items()}
    for event in events:
        standing.deprecated = False
        effects[event[0]](standing, event)


class _Grammar(NamedTuple):
    """What reads the names of tags, made of the forms of all kinds.

    A kind is known by whether its names have a version and a stage, and by their mark.
    """

    tag: re.Pattern[str]
    near_miss: str
    actions: dict[tuple[bool, bool, str], Action]


@cache
def grammar() -> _Grammar:
    """Return what reads the names of tags."""
    actions: dict[tuple[bool, bool, str], Action] = {}
    for kind in KINDS.values():
        rest = kind.form.removeprefix("{artifact}")
        mark = rest.removeprefix("@{version}").removeprefix("#{stage}")
        actions["{version}" in rest, "{stage}" in rest, mark] = kind.action
    marks = sorted({mark for _, _, mark in actions if mark})
    pattern = rf"""
        (?P<artifact> {names.ARTIFACT_IN_TAG} )
        (?: @ (?P<version> {versions.PATTERN} ) | \# (?P<stage> {names.STAGE} ) )?
        (?P<mark> {"|".join(map(re.escape, marks))} )?
        (?: \# (?P<number> [1-9][0-9]{{0,17}} ) )?
    """
    words = "|".join(re.escape(mark[1:]) for mark in marks if mark.startswith("@"))
    near_miss = rf"(?x) (?: .* @ (?: v?[0-9] | {words} | created ) .* | .+ \# .* )"
    return _Grammar(re.compile(pattern, re.VERBOSE), near_miss, actions)


def parse(tag: str) -> TagName | None:
    """Read a tag's name (without refs/tags/); None if it is not a registry tag's."""
    return _parsed(tag)


@lru_cache(maxsize=1 << 16)
def parse_tail(tail: str) -> TagName | None:
    """Read what follows the artifact in a tag's name; as `parse`, but without the artifact.

    A large registry has few tails: "#prod#1" is one of each artifact's.
    """
    return _parsed(f"a{tail}", "")


def _parsed(tag: str, artifact: str | None = None) -> TagName | None:
    """Read a tag's name; of an artifact that is known, or of the one that is named."""
    known = grammar()
    match = known.tag.fullmatch(tag)
    if match is None:
        return None
    named, version, stage, mark, number = match.groups()
    action = known.actions.get((version is not None, stage is not None, mark or ""))
    if action is None:
        return None
    if stage:
        stage = intern(stage)
    if artifact is None:
        artifact = intern(names.from_tag(named))
    return TagName(action, artifact, version, stage, int(number) if number else 0)


def is_near_miss(tag: str) -> bool:
    """Tell whether a tag's name, which `parse` refuses, looks meant for a registry."""
    return re.fullmatch(grammar().near_miss, tag) is not None


def is_ignored(tag: str, patterns: Iterable[str]) -> bool:
    """Tell whether a tag that is none of the registry's is one that nobody need look at.

    In a pattern `*` is any text, `?` any character, and `[0-9]` one of some.
    """
    return any(fnmatchcase(tag, it) for it in patterns)
