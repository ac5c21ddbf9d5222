"""Threads that answer questions, so that a slow one does not hold up the server.

They end with the program, whatever they are at: `concurrent.futures` would wait for a registry that
is being read. What must not be cut short, whoever waits for it counts (`Workers.finished`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class Workers:
    """Some threads, and what they are asked from one event loop.

    Attributes:
        waiting: how many questions are asked and not answered.
    """

    def __init__(self, count: int) -> None:
        self.waiting = 0
        self._asked: SimpleQueue[Callable[[], None]] = SimpleQueue()
        for _ in range(count):
            Thread(target=self._work, daemon=True).start()

    async def run(self, question: Callable[..., T], *arguments: Any) -> T:
        """Return what a function returns that is called in one of the threads."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def work() -> None:
            try:
                found = question(*arguments)
            except BaseException as error:  # raised where the question was asked
                _tell(loop, answer, None, error)
            else:
                _tell(loop, answer, found, None)

        self.waiting += 1
        self._asked.put(work)
        try:
            return await answer
        finally:
            self.waiting -= 1

    def _work(self) -> None:
        while True:
            self._asked.get()()


def _tell(
    loop: asyncio.AbstractEventLoop,
    answer: asyncio.Future[Any],
    found: Any,
    error: BaseException | None,
) -> None:
    def tell() -> None:
        if answer.done():  # nobody waits for it any more
            return
        if error is None:
            answer.set_result(found)
        else:
            answer.set_exception(error)

    with suppress(RuntimeError):  # the loop has ended, and nobody waits
        loop.call_soon_threadsafe(tell)
