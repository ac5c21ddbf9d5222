"""A second version that gets each request as well, once the first has answered.

Its answers go nowhere: they are held against the first one's, and the differences are counted. What
it cannot keep up with is dropped, and it never makes a request wait.
"""

from __future__ import annotations

import queue
import threading
from collections import Counter
from typing import Any, Final

import orjson

from mreg.serve import differences
from mreg.serve.follow import Follower
from mreg.serve.loaded import LoadedModel, NotLoaded
from mreg.serve.open_inference import Body
from mreg.tuples import NamedTuple

_MOST: Final = 64
_MOST_BYTES: Final = 64 << 20
"""How many requests, and how many bytes of requests and answers, wait at the most."""

OUTCOMES: Final = ("same", "different", "failed", "dropped")


class ShadowRequest(NamedTuple):
    """A request that was answered.

    Attributes:
        protocol: "v1" or "v2".
        raw: its body.
        header: how many bytes of it are JSON, as its header says.
        answer: what the first version answered.
    """

    protocol: str
    raw: bytes
    header: str | None
    answer: Body

    @property
    def size(self) -> int:
        """How many bytes it holds."""
        return len(self.raw) + len(self.answer.raw)


class Shadow:
    """The second version.

    Attributes:
        follower: keeps it up with its stage.
        counts: how many requests came out how, of `OUTCOMES`.
    """

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.counts: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
        self._waiting: queue.Queue[ShadowRequest] = queue.Queue(_MOST)
        self._bytes = 0
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to answer, in a thread of its own."""
        threading.Thread(target=self._run, name="shadow", daemon=True).start()

    def offer(self, request: ShadowRequest) -> None:
        """Take a request, unless too many wait."""
        with self._lock:
            if self._bytes + request.size > _MOST_BYTES:
                self.counts["dropped"] += 1
                return
            try:
                self._waiting.put_nowait(request)
            except queue.Full:
                self.counts["dropped"] += 1
                return
            self._bytes += request.size

    def _run(self) -> None:
        while True:
            request = self._waiting.get()
            outcome = self._outcome(request)
            with self._lock:
                self._bytes -= request.size
                self.counts[outcome] += 1

    def _outcome(self, request: ShadowRequest) -> str:
        try:
            with self.follower.slot.held() as model:
                found = _answered(model, request)
        except NotLoaded:
            return "dropped"
        except Exception:  # whatever it is, it is the shadow's alone
            return "failed"
        return "same" if differences.same(_said(found), _said(request.answer)) else "different"


def _answered(model: LoadedModel, request: ShadowRequest) -> Body:
    if request.protocol == "v2":
        return model.answer_v2(request.raw, request.header, "")
    return model.answer_v1(request.raw)


def _said(body: Body) -> Any:
    """Return what an answer says of the data, and not who says it."""
    found = orjson.loads(memoryview(body.raw)[: body.header or len(body.raw)])
    outputs = found.get("outputs", found.get("predictions"))
    return [outputs, body.raw[body.header :].hex() if body.header else ""]
