"""Many who ask a server while its stage moves: what they got, and how old it was.

As a program, for `make stress`: python serving_crowd.py --moves 200
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))

from served_process import Served, serving
from served_registry import BROKEN, ServedRegistry, name_of

THREADS = 8
_STALE = 2.0
"""No answer should be older than so many seconds after the tag is at the remote."""
_AGE = 33
_V1 = json.dumps({"instances": [{"age": _AGE, "income": None, "plan": "pro"}]}).encode()
_V2 = json.dumps(
    {
        "inputs": [
            {"name": "age", "shape": [1], "datatype": "INT64", "data": [_AGE]},
            {"name": "income", "shape": [1], "datatype": "FP64", "data": [None]},
            {"name": "plan", "shape": [1], "datatype": "BYTES", "data": ["pro"]},
        ]
    }
).encode()


class Crowded(NamedTuple):
    """What came of it.

    Attributes:
        requests: how many requests were answered.
        wrong: what was wrong with others.
        moves: how often the stage was moved.
        stale: how long it took at the longest from the tag at the remote to the version's answer,
            in seconds; broken versions do not count.
        memory: the memory at the start and at the end, in bytes.
        versions: the versions that answered.
        paused: for how long at the longest this machine let a thread wait that wanted a hundredth
            of a second: what has to be known of the others.
    """

    requests: int
    wrong: list[str]
    moves: int
    stale: float
    memory: tuple[int, int]
    versions: set[str]
    paused: float


class _Asking:
    """Threads that ask without a pause."""

    def __init__(self, served: Served) -> None:
        self.place = urlsplit(served.address)
        self.stop = threading.Event()
        self.count = 0
        self.wrong: list[str] = []
        self.seen: dict[str, float] = {}
        self.paused = 0.0
        self._lock = threading.Lock()

    def run(self, number: int) -> None:
        v2 = number % 2 == 0
        path = "/v2/models/churn/infer" if v2 else "/v1/models/churn:predict"
        connection = http.client.HTTPConnection(self.place.hostname or "", self.place.port)
        while not self.stop.is_set():
            try:
                connection.request("POST", path, _V2 if v2 else _V1)
                answer = connection.getresponse()
                self._note(answer.status, answer.headers["X-Mreg-Version"], answer.read(), v2=v2)
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                self._fail(repr(error))
                connection.close()
        connection.close()

    def pace(self) -> None:
        """Note how long a short wait takes."""
        while not self.stop.is_set():
            began = time.monotonic()
            time.sleep(0.01)
            self.paused = max(self.paused, time.monotonic() - began)

    def _note(self, status: int, version: str, raw: bytes, *, v2: bool) -> None:
        said = json.loads(raw)
        if status != 200:
            self._fail(f"{status} {said}")
            return
        value = said["outputs"][0]["data"][0] if v2 else said["predictions"][0]
        named = said["model_version"] if v2 else version
        meant = name_of(round(value - _AGE) // 1000)
        if not meant == named == version:
            self._fail(f"{version} answers {value}, and names {named}")
        with self._lock:
            self.count += 1
            self.seen.setdefault(version, time.monotonic())

    def _fail(self, what: str) -> None:
        with self._lock:
            self.wrong.append(what)


@contextmanager
def _asking(served: Served) -> Iterator[_Asking]:
    found = _Asking(served)
    threads = [threading.Thread(target=found.run, args=(it,)) for it in range(THREADS)]
    threads.append(threading.Thread(target=found.pace))
    for it in threads:
        it.start()
    try:
        yield found
    finally:
        found.stop.set()
        for it in threads:
            it.join()


def crowd(
    registry: ServedRegistry, folder: Path, moves: int, say: Callable[[str], None] = lambda _: None
) -> Crowded:
    """Ask a server while its stage moves."""
    stale = 0.0
    versions: set[str] = set()
    with (
        serving("churn#prod", "--repo", registry.url, folder=folder) as served,
        _asking(served) as asking,
    ):
        _until(lambda: asking.count > 200, served)
        first = _memory(served)
        for move in range(moves):
            number = (move + 1) % 5
            asking.seen.clear()
            registry.promote(number)
            published = time.monotonic()
            if number == BROKEN:
                _until(lambda: _is_failing(served), served)
            else:
                version = name_of(number)
                _until(lambda version=version: version in asking.seen, served)  # type: ignore[misc]
                took = asking.seen[version] - published
                stale = max(stale, took)
                if took > _STALE:
                    say(f"{version} took {took:.2f} s")
                versions.add(version)
            if move % 20 == 19:
                say(f"{move + 1} moves, {asking.count} requests, {len(asking.wrong)} wrong")
        last = _memory(served)
    memory = first, last
    return Crowded(asking.count, asking.wrong, moves, stale, memory, versions, asking.paused)


def _until(what: Callable[[], bool], served: Served) -> None:
    end = time.monotonic() + 60
    while not what():
        if time.monotonic() > end:
            raise AssertionError(f"it never came:\n{served.log.read_text()}")
        time.sleep(0.01)


def _is_failing(served: Served) -> bool:
    said = served.ask("/mreg/status").said["served"]
    return bool(said["failing_since"] and said["wanted"]["version"] == name_of(BROKEN))


def _memory(served: Served) -> int:
    """Return how much memory a server takes up, in bytes."""
    pages = Path(f"/proc/{served.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Do it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=200)
    moves = parser.parse_args().moves
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ["MREG_CACHE_DIR"] = str(folder / "cache")
        for it in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
            os.environ.setdefault(it, "Ann Example")
        for it in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
            os.environ.setdefault(it, "ann@example.com")
        found = crowd(ServedRegistry.make(folder), folder, moves, print)
    first, last = found.memory
    print(
        f"{found.moves} moves, {found.requests} requests by {THREADS} threads,"
        f" {len(found.wrong)} failed or wrong; at most {found.stale:.2f} s from the tag at the"
        f" remote to an answer; memory {last / first:.2f} times that at the start"
        f" ({first >> 20} MiB, {last >> 20} MiB); the machine let a thread wait for"
        f" {found.paused:.2f} s at the longest"
    )
    for it in found.wrong[:10]:
        print(f"  {it}")
    raise SystemExit(bool(found.wrong))


if __name__ == "__main__":
    main()
