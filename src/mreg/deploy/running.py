"""What really runs: what stages hold, held against what their endpoints say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from mreg.core import names
from mreg.core.diagnostics import Diagnostic
from mreg.core.kinds import SHORT, held_label
from mreg.core.replay import History
from mreg.core.standing import Holder
from mreg.core.tables import NOTHING
from mreg.core.tenures import Tenure, tenures
from mreg.deploy import endpoints
from mreg.deploy.endpoints import CannotAsk, Said
from mreg.net import http
from mreg.net.probe import Asked, Reply
from mreg.policy.model import Endpoint
from mreg.policy.pending import Pending
from mreg.render.moments import Moment
from mreg.render.table import Table
from mreg.tuples import NamedTuple

Outcome: TypeAlias = Literal["same", "differs", "unknown"]
"""How what runs stands to what the registry holds; unknown: the endpoint did not say."""


class Running(NamedTuple):
    """What an endpoint says.

    Attributes:
        url: its address, without a query.
        runs: the version, or what else it said; None: nothing that can be told.
        registered: whether the registry has, or had, such a version.
        outcome: whether that is what the stage holds.
        reason: why it is not known, or how it differs; else empty.
    """

    url: str
    runs: str | None = None
    registered: bool = False
    outcome: Outcome = "unknown"
    reason: str = ""


class StageStatus(NamedTuple):
    """An artifact in a stage: what the registry holds, and what runs.

    Attributes:
        artifact: the artifact's name.
        stage: the stage.
        version: the version that holds the stage; None: a bare commit, or nothing.
        tag: the tag of the promotion; None: nothing holds the stage.
        oid: the id of that tag's object.
        commit: the id of the commit.
        since: since when that is so: the time of the promotion, or of what took the last holder
            out. What differs has differed for that long at the most.
        author: who did that, as the tag claims.
        endpoints: what each of its endpoints says.
    """

    artifact: str
    stage: str
    version: str | None
    tag: str | None
    oid: str | None
    commit: str | None
    since: datetime | None
    author: str
    endpoints: tuple[Running, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether every endpoint says that it runs what the stage holds."""
        return all(it.outcome == "same" for it in self.endpoints)

    @property
    def held(self) -> str | None:
        """The version, or the start of the bare commit's id; None: nothing."""
        return held_label(self.version, self.commit) if self.commit else None


class Status(NamedTuple):
    """What the registry holds, what runs, and what waits.

    Attributes:
        stages: by artifact and stage.
        pending: the versions that wait for approvals before they can go to a stage.
        problems: what of the registry could not be read.
    """

    stages: tuple[StageStatus, ...]
    pending: tuple[Pending, ...] = ()
    problems: tuple[Diagnostic, ...] = ()

    @property
    def agrees(self) -> bool:
        """Whether every endpoint says that it runs what its stage holds."""
        return all(it.agrees for it in self.stages)

    @property
    def asks(self) -> bool:
        """Whether any endpoint was asked."""
        return any(it.endpoints for it in self.stages)


class AskedStage(NamedTuple):
    """An artifact's stage, and the endpoints that are asked about it."""

    history: History
    stage: str
    tenure: Tenure | None
    endpoints: tuple[Endpoint, ...]


def places(
    histories: Iterable[History],
    known: Mapping[str, tuple[Endpoint, ...]],
    stage: str | None = None,
) -> Iterator[AskedStage]:
    """Iterate over the stages of artifacts that hold something, or have an endpoint and held it."""
    for history in histories:
        last = {it.stage: it for it in tenures(history)}
        for name, tenure in last.items():
            asked = tuple(it for it in known.get(name, ()) if it.serves(history.artifact))
            if stage in (None, name) and (asked or tenure.until is None):
                yield AskedStage(history, name, tenure, asked)


Heard: TypeAlias = Mapping[Endpoint, "Said | CannotAsk"]
"""What one answer says to each endpoint that asked for it: they may look at different places."""

AskAll: TypeAlias = Callable[
    [Iterable[Asked], Callable[[Asked, Reply], Heard]], Mapping[Asked, Heard]
]
"""Asks side by side; see `mreg.net.probe.ask_all`."""


def ask(
    found: Sequence[AskedStage], secrets: Mapping[str, str], ask_all: AskAll
) -> Iterator[StageStatus]:
    """Ask all endpoints, and iterate over how each stage stands."""
    asked = [[_question(it, one, secrets) for one in it.endpoints] for it in found]
    asking: dict[Asked, dict[Endpoint, None]] = {}
    for it, questions in zip(found, asked, strict=True):
        for endpoint, one in zip(it.endpoints, questions, strict=True):
            if isinstance(one, Asked):
                asking.setdefault(one, {})[endpoint] = None
    heard = ask_all(asking, lambda one, reply: {it: _heard(it, reply) for it in asking[one]})
    for it, questions in zip(found, asked, strict=True):
        pairs = zip(it.endpoints, questions, strict=True)
        yield _status(it, tuple(_running(it, *pair, heard) for pair in pairs))


def _question(it: AskedStage, endpoint: Endpoint, secrets: Mapping[str, str]) -> Asked | CannotAsk:
    try:
        return endpoints.question(endpoint, it.history.artifact, it.stage, secrets)
    except CannotAsk as error:
        return error


def _heard(endpoint: Endpoint, reply: Reply) -> Said | CannotAsk:
    try:
        return endpoints.said(endpoint, reply)
    except CannotAsk as error:
        return error


def _running(
    it: AskedStage, endpoint: Endpoint, asked: Asked | CannotAsk, heard: Mapping[Asked, Heard]
) -> Running:
    """Return what an endpoint says of a stage."""
    if isinstance(asked, CannotAsk):
        return Running(http.shown(endpoint.url), reason=str(asked))
    url, said = http.shown(asked.url), heard[asked][endpoint]
    held = it.history.standing.current(it.stage)
    if isinstance(said, CannotAsk):
        none = said.absent and held is None  # nothing is there, as it should be
        return Running(url, outcome="same" if none else "unknown", reason=str(said))
    return _compared(it.history, held, said, url)


def _compared(history: History, held: Holder | None, said: Said, url: str) -> Running:
    version = _meant(history, held, said.version)
    runs = version or said.version
    if held is None:
        return Running(url, runs, version is not None, "differs", "the stage is empty")
    if version is None and said.version != held.commit:
        return Running(url, runs, False, "differs", "the registry has no such version")
    if runs != held.key:
        reason = "it cannot load the version that it should run" if said.fails else ""
        return Running(url, runs, version is not None, "differs", reason)
    if said.commit and said.commit != held.commit:
        reason = f"it runs a version from another commit: {said.commit[:SHORT]}"
        return Running(url, runs, False, "differs", reason)
    return Running(url, runs, version is not None, "same")


def _meant(history: History, held: Holder | None, text: str) -> str | None:
    """Return the version that a text means: itself, a tag, an image's tag, or a commit."""
    standing = history.standing
    if held and held.version and text == held.commit:
        return held.version
    name = text.removeprefix(f"{history.artifact}@")
    name = name.removeprefix(f"{names.in_tag(history.artifact)}@")
    for it in (name, name.replace("_", "+"), f"v{name}", f"v{name.replace('_', '+')}"):
        if it in standing.active or it in standing.ended:
            return it
    events = ((version, it.commit) for version, it in standing.active.items())
    return next((version for version, commit in events if commit == text), None)


def _status(it: AskedStage, running: tuple[Running, ...]) -> StageStatus:
    held, tenure = it.history.standing.current(it.stage), it.tenure
    since = author = None
    if tenure:
        since = tenure.until or tenure.since
        author = tenure.ended_by if tenure.until else tenure.author
    return StageStatus(
        it.history.artifact,
        it.stage,
        held.version if held else None,
        held.tag if held else None,
        held.event.oid if held else None,
        held.commit if held else None,
        since,
        author or "",
        running,
    )


# As a table


def table(found: Status) -> Table:
    """Return what is held and what runs as a table: a row for each stage and endpoint."""
    several = any(len(it.endpoints) > 1 for it in found.stages)
    columns: dict[str, Callable[[tuple[StageStatus, Running | None]], str]] = {
        "artifact": lambda it: it[0].artifact,
        "stage": lambda it: it[0].stage,
        "holds": lambda it: it[0].held or NOTHING,
        "since": lambda it: Moment.of(it[0].since) if it[0].since else NOTHING,
        "runs": lambda it: words(it[1]),
        **({"endpoint": lambda it: it[1].url if it[1] else NOTHING} if several else {}),
    }
    rows = [(it, one) for it in found.stages for one in it.endpoints or (None,)]
    return Table.of(
        columns, rows, empty="No stage has a version.", wraps=("artifact", "runs", "endpoint")
    )


def words(it: Running | None) -> str:
    """Say in a few words what runs, and what of it is not as it should be."""
    if it is None:
        return NOTHING
    if it.outcome == "same":
        return it.runs or "nothing"
    if it.outcome == "unknown":
        return f"unknown: {it.reason}"
    return f"{it.runs}: {it.reason or 'differs'}"


def sentence(of: StageStatus, it: Running) -> str:
    """Say in a sentence what an endpoint has to do with its stage."""
    place, held = f"{of.artifact}#{of.stage}", of.held or "nothing"
    if it.outcome == "unknown":
        return f"{place} should run {held}; the running version is unknown: {it.reason} ({it.url})"
    if it.outcome == "same":
        return f"{place} runs {it.runs or 'nothing'}, as it should ({it.url})"
    why = f" ({it.reason})" if it.reason else ""
    return f"{place} runs {it.runs}{why}, but should run {held} ({it.url})"
