"""The registry for a command that may use the network: what environment and terminal say of it."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache as once
from functools import partial
from typing import TYPE_CHECKING

from mreg.cli import output, view
from mreg.cli.exits import at_end
from mreg.errors import UsageError

if TYPE_CHECKING:
    from mreg.net.network import Network
    from mreg.registry import Registry
    from mreg.registry.registry import Fetch
    from mreg.render.cell import Links


def registry(repo: str) -> Registry:
    """Open the registry at a path; one Git process answers for all that the command asks of it.

    Raises:
        UsageError: MREG_TIMEOUT is no duration.
    """
    from mreg.registry import Registry

    found = Registry.open(repo, network=network())
    found.__enter__()
    at_end.append(found.__exit__)
    view.link_by(partial(_links, found))
    return found


def _links(registry: Registry) -> Links:
    """Return what tells where the host of a registry's remote shows its tags and commits."""
    from mreg.net import hosts

    address = registry.address
    pages = {"tag": hosts.tag, "commit": hosts.commit}
    return lambda kind, name: pages[kind](address, name) if kind in pages else ""


def network() -> Network:
    """Return how this process behaves towards the network.

    MREG_TIMEOUT is how long one call may take. Git may ask for a password only where somebody can
    answer.
    """
    from mreg.net.network import SECONDS, Network

    text = os.environ.get("MREG_TIMEOUT")
    seconds = as_seconds(text, "MREG_TIMEOUT") if text else SECONDS
    prompts = sys.stdin.isatty() and sys.stderr.isatty()
    told = once(output.talk)  # each sentence once
    return Network(seconds, prompts, told, _failpoint(), busy=_busy)


def _busy(text: str) -> AbstractContextManager[None]:
    """Say what goes on where a spinner shows it; without a text, keep it off the terminal."""
    from mreg.cli import waiting

    return waiting.busy(text)


def as_seconds(text: str, what: str) -> float:
    """Return how long a text such as "30s" or "5m" means; a bare number is one of seconds.

    Raises:
        UsageError: it means no time, or a longer one than a call of the system can wait.
    """
    try:
        seconds = float(text)
    except ValueError:
        from mreg.core import times

        seconds = times.seconds(text) or 0
    if not 0 < seconds <= _LONGEST:
        raise UsageError(f"{what} is {text!r}", hint="write 30s, 5m or 1h, up to 24d")
    return seconds


_LONGEST = 24 * 86_400  # the system counts milliseconds, in 31 bits


def endpoint_secrets() -> dict[str, str]:
    """Return the environment variables that endpoints may be sent: MREG_ENDPOINT_..."""
    return {name: it for name, it in os.environ.items() if name.startswith("MREG_ENDPOINT_")}


def limit_cache() -> None:
    """Let the contents in the cache take up as much as MREG_CACHE_SIZE says, where that is set.

    Raises:
        UsageError: it is no size.
    """
    if text := os.environ.get("MREG_CACHE_SIZE"):
        from mreg.system import cache

        cache.limit_to(as_bytes(text, "MREG_CACHE_SIZE"))


@contextmanager
def fetching(*, wanted: bool) -> Iterator[Fetch]:
    """Give what lets a question fetch, showing how far it is, what DVC keeps; if that is wanted."""
    if not wanted:
        yield False
        return
    limit_cache()
    with output.ProgressLine() as report:
        yield report


def as_bytes(text: str, what: str) -> int:
    """Return the number of bytes that a text such as "20GiB", "500 MB" or "0" means.

    Raises:
        UsageError: it means none.
    """
    found = re.fullmatch(_SIZE, text)
    if not found:
        raise UsageError(f"{what} is {text!r}", hint="write a size such as 20GiB or 500MB")
    power = "KMGT".find(found["unit"].upper()) + 1 if found["unit"] else 0
    return int(float(found["number"]) * (1024 if found["binary"] else 1000) ** power)


_SIZE = r"(?P<number>[0-9]+(?:\.[0-9]+)?) ?(?:(?P<unit>[KMGTkmgt])(?P<binary>i)?)?[Bb]?"


def _failpoint() -> Callable[[str], None]:
    """Return what kills this process before a step, for the tests: MREG_FAILPOINT=STEP[:COUNT]."""
    step, _, count = os.environ.get("MREG_FAILPOINT", "").partition(":")
    if not step:
        return lambda _: None
    import signal

    left = int(count or 1)

    def reached(now: str) -> None:
        nonlocal left
        left -= now == step
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached
