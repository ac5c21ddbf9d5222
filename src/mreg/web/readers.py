"""Readers at work side by side: most of reading a repository by URL is waiting for its remote."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from queue import Empty, SimpleQueue
from threading import Semaphore, Thread
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")

AT_ONCE = 8
"""How many readers are at work at once."""

MOST_WAITING = 40
"""How many values of one reader may wait to be taken; with as many, it pauses."""


class _End(NamedTuple):
    """What comes after a reader's last value: the error that ended it, if one did."""

    error: BaseException | None


def side_by_side(
    readers: Sequence[Callable[[], Iterable[T]]],
) -> Generator[Iterator[T], None, None]:
    """Iterate over what each reader reads, in their order; the next ones read ahead meanwhile.

    An error is raised where the values of its reader are taken, after those that came before it.
    Ending the iteration early ends all readers, each with what it is at; nobody waits for that.
    """
    every = [_ReadAhead(it) for it in readers]
    waiting: SimpleQueue[_ReadAhead[T]] = SimpleQueue()
    for it in every:
        waiting.put(it)
    for _ in range(min(AT_ONCE, len(every))):
        Thread(target=_work, args=(waiting,), daemon=True).start()
    try:
        for it in every:
            yield it.values()
            it.stop()
    finally:
        for it in every:
            it.stop()


def _work(waiting: SimpleQueue[_ReadAhead[T]]) -> None:
    while True:
        try:
            found = waiting.get_nowait()
        except Empty:
            return
        found.run()


class _ReadAhead(Generic[T]):
    """What one reader read, until it is taken."""

    def __init__(self, read: Callable[[], Iterable[T]]) -> None:
        self._read = read
        self._found: SimpleQueue[tuple[T] | _End] = SimpleQueue()
        self._room = Semaphore(MOST_WAITING)
        self._stopped = False

    def run(self) -> None:
        """Read, in a thread."""
        error = None
        try:
            if not self._stopped:
                for it in self._read():
                    self._found.put((it,))
                    self._room.acquire()
                    if self._stopped:
                        break
        except BaseException as found:  # it is whoever takes the values who hears of it
            error = found
        self._found.put(_End(error))

    def values(self) -> Iterator[T]:
        """Iterate over what is read."""
        while not isinstance(found := self._found.get(), _End):
            yield found[0]
            self._room.release()
        if found.error:
            raise found.error

    def stop(self) -> None:
        """Have it read no further."""
        self._stopped = True
        self._room.release()
