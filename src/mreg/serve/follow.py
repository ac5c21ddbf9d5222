"""Following a stage: another version is loaded beside the old one, and takes its place.

Whatever fails, the old one goes on; what is known of the failure is kept for the log, for /metrics
and for `mreg serve status`.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable
from random import Random
from typing import Any

from mreg.errors import MregError
from mreg.serve import loaded
from mreg.serve.loaded import LoadOptions, ModelSlot
from mreg.serve.source import VersionSource, may_pass
from mreg.serve.versions import FetchedVersion, WantedVersion
from mreg.tuples import NamedTuple

INTERVAL = 1.0
"""After how many seconds the registry is asked again."""

_LONGEST_ASKING = 15.0
"""The longest wait before a registry that does not answer is asked again, in seconds."""

_LONGEST = 60.0
_HOPELESS = 600.0
"""How long it takes until something is tried again that may pass at the longest, and that will not
pass by itself: somebody may have mended it on this machine."""

Say = Callable[[str], None]


class FollowStatus(NamedTuple):
    """How a server stands.

    Attributes:
        selector: what is followed.
        served: the version that is served; None if there is none.
        wanted: the version that the registry wants; None if it could not be asked yet.
        failing_since: since when what is wanted could not be had, in seconds since 1970; None if
            all is well.
        error: why not.
        asked: when the registry answered last; None: never.
        swaps: how often another version took the place of one.
        format: the format that the served version was loaded from.
        remark: what its example told.
    """

    selector: str
    served: FetchedVersion | None
    wanted: WantedVersion | None
    failing_since: float | None
    error: str
    asked: float | None
    swaps: int
    format: str
    remark: str

    def described(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "selector": self.selector,
            "served": self.served.described() if self.served else None,
            "wanted": self.wanted._asdict() if self.wanted else None,
            "failing_since": self.failing_since,
            "error": self.error or None,
            "asked": self.asked,
            "swaps": self.swaps,
            "format": self.format,
            "remark": self.remark or None,
        }


class _FollowFailure(NamedTuple):
    """What could not be had: when it is due again, and how often it has failed."""

    wanted: WantedVersion | None
    due: float
    times: int


_NONE = _FollowFailure(None, 0.0, 0)


class Follower:
    """Keeps a slot up with what a source says. Its thread is a daemon.

    Attributes:
        slot: what is kept up.
    """

    def __init__(
        self,
        source: VersionSource,
        options: LoadOptions,
        say: Say,
        *,
        interval: float = INTERVAL,
    ) -> None:
        self.slot = ModelSlot()
        self._source = source
        self._options = options
        self._say = say
        self._interval = interval
        self._random = Random()  # noqa: S311 - it is about crowds, not secrets
        self._failure = _NONE
        self._failures_of_asking = 0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.status = FollowStatus(source.selector, None, None, None, "", None, 0, "", "")

    # At the start

    def begin(self) -> None:
        """Get, load and try what is wanted now; where no remote answers, what was known last.

        Raises:
            MregError: there is nothing to be served.
        """
        try:
            wanted = self._source.look()
            self._note(wanted=wanted, asked=time.time())
            version = self._source.fetch(wanted)
        except MregError as error:
            if not may_pass(error):
                raise
            version = self._recalled(error)
        self._serve(version)

    def _recalled(self, error: MregError) -> FetchedVersion:
        try:
            version = self._source.recall()
        except MregError:
            raise error from None
        self._say(
            f"WARNING: cannot reach {self._source.name}: {error}. Serving the last known "
            f"version, {version.wanted.artifact} {version.wanted.named}, from the cache; "
            f"{self._source.selector} may have changed since"
        )
        if self._source.moves:
            self._failed(error, None)
        return version

    def _serve(self, version: FetchedVersion) -> None:
        began = time.monotonic()
        model = loaded.load(version, self._options)
        before = self.slot.version
        self.slot.swap(model)
        self._source.remember(version)
        self._note(
            served=version,
            format=model.format,
            remark=model.remark,
            swaps=self.status.swaps + (before is not None),
        )
        instead = f" instead of {before.wanted.named}" if before else ""
        seconds = time.monotonic() - began
        self._say(
            f"serving {version.wanted.artifact} {version.wanted.named} ({version.digest}){instead};"
            f" loaded in {seconds:.2f} s"
        )
        if model.remark:
            self._say(f"{version.wanted.artifact} {version.wanted.named}: {model.remark}")

    # While it runs

    def start(self) -> None:
        """Follow from now on, if what is wanted may move."""
        if self._source.moves:
            self._thread = threading.Thread(target=self._run, name="follow", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Follow no longer; what is under way is not waited for."""
        self._stop.set()

    def _run(self) -> None:
        began = time.monotonic()
        while not self._stop.wait(max(0.0, began + self._delay() - time.monotonic())):
            began = time.monotonic()
            self.step()

    def _delay(self) -> float:
        wait = min(self._interval * 2.0 ** min(self._failures_of_asking, 10), _LONGEST_ASKING)
        wait = max(wait, self._interval)
        return wait * (1 + self._random.uniform(0, 0.1) * bool(self._failures_of_asking))

    def step(self) -> None:
        """Ask once what is wanted; if that is another version, load and serve it."""
        try:
            wanted = self._source.look()
        except Exception as error:  # whatever it is, the old version goes on
            self._failures_of_asking += may_pass(error)
            if not may_pass(error):  # the registry answers that there is none
                self._note(wanted=None, asked=time.time())
            self._tell(error, f"cannot reach {self._source.name}")
            return
        self._failures_of_asking = 0
        self._note(wanted=wanted, asked=time.time())
        version = self.slot.version
        if version is not None and wanted.same(version.wanted):
            self._is_well()
        elif not wanted.same(self._failure.wanted) or time.monotonic() >= self._failure.due:
            self._take(wanted)

    def _take(self, wanted: WantedVersion) -> None:
        try:
            self._serve(self._source.fetch(wanted))
        except Exception as error:
            self._tell(error, f"cannot serve {wanted.artifact} {wanted.named}")
            self._failed(error, wanted)
            return
        finally:
            gc.collect()  # what the old model held may be large
        self._is_well()

    def _failed(self, error: Exception, wanted: WantedVersion | None) -> None:
        again = wanted is not None and wanted.same(self._failure.wanted)
        times = self._failure.times + 1 if again else 1
        passing = may_pass(error) or isinstance(error, MemoryError)
        wait = min(self._interval * 2.0 ** min(times, 10), _LONGEST) if passing else _HOPELESS
        self._failure = _FollowFailure(wanted, time.monotonic() + wait, times)
        self._note(failing_since=self.status.failing_since or time.time(), error=_sentence(error))

    def _tell(self, error: Exception, what: str) -> None:
        """Say what fails; the same once."""
        sentence = _sentence(error)
        if sentence != self.status.error or self.status.failing_since is None:
            version = self.slot.version
            still = f"; still serving {version.wanted.named}" if version else ""
            self._say(f"ERROR: {what}: {sentence}{still}")
        self._note(failing_since=self.status.failing_since or time.time(), error=sentence)

    def _is_well(self) -> None:
        if self.status.failing_since is not None:
            self._say(f"following {self._source.selector} again")
        self._failure = _NONE
        self._note(failing_since=None, error="")

    def _note(self, **changes: Any) -> None:
        self.status = self.status._replace(**changes)


def _sentence(error: Exception) -> str:
    said = str(error) if isinstance(error, MregError) else f"{type(error).__name__}: {error}"
    hint = getattr(error, "hint", "")
    return f"{said} ({hint})" if hint else said
