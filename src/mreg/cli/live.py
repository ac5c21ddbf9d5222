"""A table on the terminal that stays current, until somebody has seen enough."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mreg.cli import news
from mreg.core.tables import first_line
from mreg.errors import MregError, UsageError

if TYPE_CHECKING:
    from mreg.registry import Registry
    from mreg.render.table import Table

_LOOK = 1.0
"""After how many seconds it is looked whether anything is new."""


def show(registry: Registry, answer: Callable[[Registry], Table], *, utc: bool) -> None:
    """Show a table, and show it again when the registry is another; Ctrl-C ends it.

    Args:
        registry: the registry; nothing of it stays open between.
        answer: what is shown, as it is at that moment.
        utc: whether times are those of UTC.

    Raises:
        UsageError: nobody watches, since standard output is no terminal.
        MregError: there is nothing to show to begin with.
    """
    if not sys.stdout.isatty():
        raise UsageError(
            "--watch needs a terminal, and standard output is not a terminal",
            hint="in scripts, use `mreg watch --exec COMMAND` or `mreg show --json`",
        )
    from mreg.render.terminal import LiveTable

    zone = UTC if utc else None
    source = _LiveAnswer(registry, answer, news.interval([registry], None))
    table = source.now()
    try:
        with LiveTable() as shown:
            while True:
                shown.show(table.in_zone(zone), source.note(datetime.now(zone)))
                time.sleep(_LOOK)
                table = source.later(table)
    except KeyboardInterrupt:
        return


class _LiveAnswer:
    """An answer that is worked out again when its registry is another one."""

    def __init__(
        self, registry: Registry, answer: Callable[[Registry], Table], interval: float | None
    ) -> None:
        self._registry = registry
        self._answer = answer
        self._interval = interval
        self._asked = time.monotonic()
        self._state: str | None = None
        self._wrong = {"remote": "", "here": ""}

    def now(self) -> Table:
        """Return the answer as of now."""
        with self._registry:
            self._state = self._registry.fingerprint()
            return self._answer(self._registry)

    def later(self, before: Table) -> Table:
        """Return the answer as of now; the one before where nothing changed, or it fails."""
        if self._interval is not None and time.monotonic() >= self._asked + self._interval:
            self._asked = time.monotonic()
            self._told("remote", self._registry.fetch)
        found = before

        def look() -> None:
            nonlocal found
            with self._registry:
                state = self._registry.fingerprint()
                if state is None or state != self._state:
                    found = self._answer(self._registry)
            self._state = state

        self._told("here", look)
        return found

    def _told(self, where: str, work: Callable[[], object]) -> None:
        """Do something, and keep in mind why it failed, until it does not."""
        try:
            work()
        except MregError as error:
            self._wrong[where] = first_line(str(error))
        else:
            self._wrong[where] = ""

    def note(self, now: datetime) -> str:
        """Say as of when the answer is, and what is wrong."""
        wrong = "".join(f"outdated: {it}; " for it in self._wrong.values() if it)
        return f"{wrong}{now:%H:%M:%S}; press Ctrl-C to end"
