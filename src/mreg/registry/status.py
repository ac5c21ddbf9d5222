"""What the registry holds, what really runs, and waiting until both are the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, TypedDict

from mreg.core import names, queries
from mreg.deploy import running
from mreg.deploy.running import Status
from mreg.errors import NotFound, Refused
from mreg.git.repository import Repository
from mreg.governance import settings
from mreg.net import probe
from mreg.registry import read

if TYPE_CHECKING:
    from mreg.core.replay import History
    from mreg.policy.model import Governing, Settings
    from mreg.policy.pending import Pending


class Asking(TypedDict, total=False):
    """What is asked: see `Registry.status`."""

    stage: str | None
    policy: str | None
    secrets: Mapping[str, str] | None
    seconds: float
    waiting: bool


NO_SECRETS: Mapping[str, str] = MappingProxyType({})

IN_A_ROW = 3
"""So many times one after the other everything has to agree, as replicas behind one address may
still be of two versions; each time there is a new connection."""

_FIRST, _LONGEST = 1.0, 30.0
"""The seconds after which endpoints are asked again: at first, and at the most."""


def status(
    repo: Repository,
    name: str | None = None,
    *,
    stage: str | None = None,
    policy: str | None = None,
    secrets: Mapping[str, str] = NO_SECRETS,
    seconds: float = probe.SECONDS,
    waiting: bool = True,
) -> Status:
    """Return what stages hold, and what their endpoints say: see `Registry.status`."""
    if name is not None:
        name = names.artifact(name)
    state = read.state(repo, name)
    histories = [*state] if name is None else [read.present(repo, state, name)]
    governing = settings.governing(repo, policy)
    if stage is not None:
        _must_be_known(names.stage(stage), name, governing.settings, histories)
    wanted = [*running.places(histories, governing.settings.endpoints, stage)]
    found = running.ask(wanted, secrets, partial(probe.ask_all, seconds=seconds))
    waits = _pending(repo, governing, histories) if waiting else ()
    waits_here = tuple(it for it in waits if stage in (None, it.stage))
    return Status(tuple(found), waits_here, state.problems)


def _must_be_known(
    stage: str, artifact: str | None, policy: Settings, histories: Iterable[History]
) -> None:
    """Refuse a stage of which nobody knows: it would agree with everything.

    Raises:
        NotFound: nothing is or was in it, and the settings do not name it.
    """
    known = {it for history in histories for it in history.standing.stages}
    known.update(policy.stages or (), policy.endpoints)
    if stage not in known:
        what = f"no version of {artifact}" if artifact else "no version"
        hint = queries.suggestion(stage, known) or f"the stages are {', '.join(sorted(known))}"
        raise NotFound(f"{what} has ever been in the stage {stage}", hint=hint if known else "")


def _pending(repo: Repository, governing: Governing, histories: list[History]) -> Iterable[Pending]:
    if any(it.approvals for it in (governing.settings.stages or {}).values()):
        from mreg.governance import prospects

        yield from prospects.pending(repo, governing, histories)


def wait(
    ask: Callable[[], Status],
    seconds: float,
    *,
    sleep: Callable[[float], object] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Status]:
    """Ask again and again; iterate over the answers.

    The last one is that by which everything agreed `IN_A_ROW` times, or one that does not agree
    when the time is over. Where all agree at that moment, they are asked until it is either.

    Args:
        ask: asks once.
        seconds: how long to go on.
        sleep: waits for some seconds.
        clock: tells the seconds since some moment.

    Raises:
        Refused: no endpoint is there to be asked.
    """
    deadline, pause, agreed = clock() + seconds, _FIRST, 0
    while True:
        found = ask()
        if not found.asks:
            raise Refused(
                "there is nothing to wait for: no endpoint is configured",
                hint="add one under endpoints in .mreg.yaml on the protected branch; to try out"
                " those of your commit: --policy HEAD",
            )
        agreed = agreed + 1 if found.agrees else 0
        yield found
        left = deadline - clock()
        if agreed == IN_A_ROW or (left <= 0 and not agreed):
            return
        pause = _FIRST if agreed else pause
        sleep(pause if agreed else min(pause, left))
        pause = min(2 * pause, _LONGEST)
