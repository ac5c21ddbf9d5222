"""Refreshing a catalog while it is served: on a schedule, and after pushes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from mreg.catalog import refresh, settings
from mreg.catalog.catalog import Catalog
from mreg.catalog.members import Members, members
from mreg.catalog.queue import FIRST, Reason, RefreshQueue
from mreg.catalog.refresh import RefreshPart, RefreshReport, Stopped
from mreg.catalog.settings import CatalogSettings
from mreg.errors import MregError

_ENDING = 5.0
"""How many seconds the thread may take to end."""


class RefreshOutcome(NamedTuple):
    """The outcome of a refresh.

    Attributes:
        reason: why the repositories were read.
        labels: the repositories that were to be read.
        report: what was found; None if the refresh failed as a whole.
        error: why it failed; empty if it did not.
        seconds: how long it took.
    """

    reason: Reason
    labels: tuple[str, ...]
    report: RefreshReport | None
    error: str = ""
    seconds: float = 0


class Refresher:
    """Refreshes a catalog in a thread of its own, one refresh at a time.

    Attributes:
        members: the repositories, as last looked up; None before the first time.
        is_first: whether the first round is not over yet.
        done: how many repositories the first round has read so far.
    """

    def __init__(
        self,
        catalog: Catalog,
        every: float,
        *,
        looked_up: Callable[[], None],
        report: Callable[[RefreshOutcome], None],
        bug: Callable[[Exception], None],
    ) -> None:
        """Prepare it; nothing is read until `start`.

        Args:
            catalog: the catalog; its file is read anew for each round.
            every: the seconds between two rounds.
            looked_up: called, in the thread, when a round has looked up `members`.
            report: called with the outcome of each refresh, likewise.
            bug: called with any error that is a bug in mreg, likewise.
        """
        self.members: Members | None = None
        self.is_first = True
        self.done = 0
        self._catalog = catalog
        self._settings: CatalogSettings | None = None
        self._queue = RefreshQueue(every)
        self._looked_up = looked_up
        self._report = report
        self._bug = bug
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def end(self) -> None:
        """End the thread, along with what is being read."""
        self._stop.set()
        with self._changed:
            self._changed.notify()
        self._thread.join(_ENDING)

    def push(self, labels: Iterable[str]) -> None:
        """Have repositories read as soon as possible."""
        with self._changed:
            self._queue.push(labels)
            self._changed.notify()

    @property
    def waiting(self) -> int:
        """How many repositories are waiting to be read."""
        with self._changed:
            return len(self._queue)

    @property
    def until_next(self) -> float:
        """The seconds to the next round."""
        return max(0.0, self._queue.next_round - time.monotonic())

    def _work(self) -> None:
        while not self._stop.is_set():
            with self._changed:
                wait = self._queue.wait(time.monotonic())
                if wait > 0:
                    self._changed.wait(wait)
                    continue
            try:
                self._go()
            except Stopped:
                return
            except Exception as error:  # a bug in one refresh does not end the thread
                self._bug(error)
                self._stop.wait(FIRST)

    def _go(self) -> None:
        """Read the repositories whose turn it is."""
        with self._changed:
            is_round = time.monotonic() >= self._queue.next_round
        if is_round and not self._look_up():
            return
        assert self.members
        assert self._settings
        began = time.monotonic()
        with self._changed:
            reason, labels = self._queue.take(began)
        if not labels and not is_round:
            return
        failed: Iterable[str] = labels  # unless the report says otherwise
        try:
            wanted = RefreshPart(self.members, labels, self._stop)
            report = refresh.refresh(
                self._settings, self._catalog.index, wanted=wanted, progress=self._progress
            )
            failed = {it.subject for it in report.faults}
            if not is_round:  # faults of sources are reported once a round
                ours = tuple(it for it in report.faults if it.subject in labels)
                report = report._replace(faults=ours)
            found = RefreshOutcome(reason, labels, report, "", time.monotonic() - began)
        except (MregError, OSError) as error:
            found = RefreshOutcome(reason, labels, None, _said(error), time.monotonic() - began)
        finally:
            with self._changed:
                self._queue.done(labels, frozenset(failed), time.monotonic())
                self.is_first = self.is_first and self._queue.is_planned
        self._report(found)

    def _look_up(self) -> bool:
        """Look up the repositories, and plan to read them; return whether any are known.

        If the file cannot be read, what it said before still holds.
        """
        now = time.monotonic()
        try:
            self._settings = settings.read(self._catalog.file)
        except (MregError, OSError) as error:
            self._report(RefreshOutcome("schedule", (), None, _said(error)))
            if self._settings is None:
                with self._changed:
                    self._queue.next_round = now + FIRST
                return False
        assert self._settings
        self.members = members(self._settings, seconds=self._settings.seconds)
        with self._changed:
            self._queue.begin([it.label for it in self.members.known], now)
        self._looked_up()
        return True

    def _progress(self, done: int, total: int) -> None:
        if self.is_first:
            self.done += 1


def _said(error: MregError | OSError) -> str:
    """Return what is wrong, without the number that the system has for it."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)
