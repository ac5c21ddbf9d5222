"""Bringing an index up to date: each repository is asked, and those that changed are read."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple, TypeVar

from mreg.catalog.index import CatalogIndex
from mreg.catalog.members import CatalogFault, CatalogMember, Members, members
from mreg.catalog.rows import RepositoryRows
from mreg.catalog.settings import CatalogSettings, SourceLines
from mreg.core import times
from mreg.errors import Refused
from mreg.system import cache, locks
from mreg.system.workers import Worker, WorkerEnded

Progress = Callable[[int, int], None]
T = TypeVar("T")

_WORKER = "mreg.catalog.worker"
_PATIENCE = 1.0
"""How many seconds another refresh is waited for."""

_LOOK = 0.2
"""The seconds between two looks at whether the refresh is to end."""


class Stopped(Exception):
    """A refresh was told to end."""


class RefreshPart(NamedTuple):
    """What a refresh is to read, if not everything.

    Attributes:
        members: the repositories of the catalog, as looked up.
        labels: the ones to read.
        stop: set when it is to end, which raises `Stopped`; what was read until then stays.
    """

    members: Members
    labels: Collection[str]
    stop: threading.Event


class RefreshReport(NamedTuple):
    """What a refresh found.

    Attributes:
        repositories: how many repositories the catalog has.
        read: the labels of those that were read.
        unchanged: how many are as they were.
        removed: the labels of those that the catalog has no longer.
        faults: what could not be read; its last good state stays.
    """

    repositories: int
    read: tuple[str, ...]
    unchanged: int
    removed: tuple[str, ...]
    faults: tuple[CatalogFault, ...]


def refresh(
    settings: CatalogSettings,
    file: Path,
    *,
    progress: Progress | None = None,
    wanted: RefreshPart | None = None,
) -> RefreshReport:
    """Bring an index up to date: with all repositories, or only those that are `wanted`.

    Raises:
        Refused: another process does so, or the index cannot be used.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with locks.held(file.with_name(f"{file.name}.lock"), seconds=_PATIENCE):
            return _refresh(settings, file, progress or (lambda _, __: None), wanted)
    except locks.Taken:
        hint = "wait until it ends; you can query the index in the meantime"
        raise Refused("another refresh of this catalog is running", hint=hint) from None


def _refresh(
    settings: CatalogSettings, file: Path, progress: Progress, wanted: RefreshPart | None
) -> RefreshReport:
    found = wanted.members if wanted else members(settings, seconds=settings.seconds)
    known = [it for it in found.known if wanted is None or it.label in wanted.labels]
    now = int(times.now().timestamp())
    faults, read, unchanged = [*found.faults], [], []
    lines = SourceLines(settings)
    with CatalogIndex.writing(file) as index, ExitStack() as stack:
        removed = index.keep({it.label for it in found.known}, found.silent)
        for fault in found.faults:
            if fault.subject in found.silent:
                index.note_silent(fault.subject, fault[1:], now)
        done = _asked(settings, known, index.marks(), wanted.stop if wanted else None)
        stack.enter_context(closing(done))  # ends the workers, whatever happens
        for number, (it, (kind, answer)) in enumerate(done, start=1):
            if kind == "rows":
                rows = RepositoryRows._make(answer)
                index.replace(it.label, it.shown, it.source, rows, now)
                read.append(it.label)
            elif kind == "same":
                unchanged.append(it.label)
            else:
                reason, hint = answer
                fault = CatalogFault(it.label, reason, lines.hint(it.source, hint))
                index.note_fault(it.label, it.shown, it.source, fault[1:], now)
                faults.append(fault)
            progress(number, len(known))
        index.note_unchanged(unchanged, now)
    faults.sort()
    return RefreshReport(len(known), tuple(sorted(read)), len(unchanged), removed, tuple(faults))


def _asked(
    settings: CatalogSettings,
    known: Sequence[CatalogMember],
    marks: Mapping[str, str],
    stop: threading.Event | None,
) -> Generator[tuple[CatalogMember, tuple[str, Any]]]:
    """Iterate over repositories with what was found of each, in the order in which that is done.

    Each of some threads has a worker of its own; no more answers wait than there are threads.
    """
    waiting: SimpleQueue[CatalogMember] = SimpleQueue()
    for it in known:
        waiting.put(it)
    count = min(settings.parallel, len(known))
    done: SimpleQueue[tuple[CatalogMember, tuple[str, Any]] | BaseException] = SimpleQueue()
    room = threading.Semaphore(count)
    stopped = threading.Event()
    workers = [Worker(_WORKER) for _ in range(count)]

    def work(worker: Worker) -> None:
        try:
            while not stopped.is_set():
                room.acquire()
                if stopped.is_set():
                    return
                it = waiting.get_nowait()
                done.put((it, _answer(worker, it, settings.seconds, marks)))
        except Empty:
            room.release()
        except BaseException as error:  # raised where the answers are taken
            done.put(error)

    threads = [threading.Thread(target=work, args=(it,), daemon=True) for it in workers]
    try:
        for thread in threads:
            thread.start()
        for _ in known:
            found = _next(done, stop)
            if isinstance(found, BaseException):
                raise found
            yield found
            room.release()
    finally:
        stopped.set()
        for worker in workers:
            worker.end()
            room.release()
        for thread, worker in zip(threads, workers, strict=True):
            thread.join()
            worker.end()  # it may have been started in between


def _next(done: SimpleQueue[T], stop: threading.Event | None) -> T:
    """Return what was found next.

    Raises:
        Stopped: it is time to end.
    """
    while stop:
        with suppress(Empty):
            return done.get(timeout=_LOOK)
        if stop.is_set():
            raise Stopped
    return done.get()


def _answer(
    worker: Worker, it: CatalogMember, seconds: float, marks: Mapping[str, str]
) -> tuple[str, Any]:
    request = (
        it.address,
        marks.get(f"{it.label} {it.shown}", ""),
        seconds,
        os.fspath(cache.folder()),
    )
    try:
        found: tuple[str, Any] = worker.ask(request, seconds=seconds)
    except WorkerEnded as error:
        return "fault", (
            str(error),
            ("raise `timeout` in the catalog's file if the repository is that large"),
        )
    return found
