"""How much processor time the pre-receive hook takes for one push of many events."""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from figure import Bound, Figure, command
from surroundings import CACHE, ENVIRONMENT, git

EVENTS = (4_000, 20_000)
MOST = 10.0
"""Seconds that the larger push may take."""

_BEGIN = 1_672_617_600  # 2023-01-02
_PERSON = "Bench <bench@example.com>"
_POLICY = "registry: bench\nstages: {staging: {}, prod: {from: staging}}\n"
_WORK = CACHE / "receiving"


class _Event(NamedTuple):
    tag: str
    oid: str
    raw: bytes


def measured() -> Iterator[Figure]:
    """Give the hook pushes of two sizes: versions that are registered and go through two stages."""
    for count in EVENTS:
        took = _processor_time(count)
        question = f"pre-receive hook, {count:,} events of one artifact, processor time"
        bound = Bound(least=False, value=MOST) if count == max(EVENTS) else None
        yield Figure(question, took, None, took, "s", None, bound)


def _processor_time(count: int) -> float:
    """Return the seconds that the hook and what it starts take for a push."""
    shutil.rmtree(_WORK, ignore_errors=True)
    _WORK.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(_WORK)], check=True)
    _feed("fast-import", "--quiet", source=_first_commit())
    events = [*_events(count, git(_WORK, "rev-parse", "main").strip())]
    _feed("index-pack", "--stdin", source=_pack(events))
    lines = "".join(f"{'0' * 40} {it.oid} refs/tags/{it.tag}\n" for it in events)
    process = subprocess.Popen(
        command("hook", "run", "pre-receive"),
        cwd=_WORK,
        env={**ENVIRONMENT, "GIT_DIR": "."},
        stdin=subprocess.PIPE,
    )
    assert process.stdin
    process.stdin.write(lines.encode())
    process.stdin.close()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit("the hook refuses the push: there is nothing to measure")
    shutil.rmtree(_WORK)
    return usage.ru_utime + usage.ru_stime


def _first_commit() -> bytes:
    head = f"commit refs/heads/main\ncommitter {_PERSON} {_BEGIN} +0000\ndata 0\n"
    return f"{head}M 644 inline .mreg.yaml\ndata {len(_POLICY)}\n{_POLICY}\n".encode()


def _events(count: int, commit: str) -> Iterator[_Event]:
    """Iterate over events, each with the trailers that mreg writes: a version, then its stages."""
    previous = registration = "none"
    version = ""
    for place in range(count):
        kind = place % 3
        if kind == 0:
            version = f"v1.{place}.0"
            tag, trailers = f"model@{version}", ""
        else:
            tag = f"model#{'staging' if kind == 1 else 'prod'}#{place}"
            trailers = f"Version: {version}\nRegistration: {registration}\n"
        raw = (
            f"object {commit}\ntype commit\ntag {tag}\ntagger {_PERSON} {_BEGIN + place} +0000"
            f"\n\nAn event\n\n{trailers}Previous: {previous}\nRegistry: bench\n"
        ).encode()
        previous = hashlib.sha1(b"tag %d\0" % len(raw) + raw).hexdigest()
        registration = previous if kind == 0 else registration
        yield _Event(tag, previous, raw)


def _pack(events: list[_Event]) -> bytes:
    """Return a pack of tag objects (`git help format-pack`): one process for all of them."""
    pack = bytearray(b"PACK" + struct.pack(">II", 2, len(events)))
    for it in events:
        size, first = len(it.raw) >> 4, 4 << 4 | len(it.raw) & 15
        while size:
            pack.append(first | 0x80)
            size, first = size >> 7, size & 0x7F
        pack.append(first)
        pack += zlib.compress(it.raw)
    return bytes(pack + hashlib.sha1(pack).digest())


def _feed(*words: str, source: bytes) -> None:
    subprocess.run(
        ["git", "-C", str(_WORK), *words],
        input=source,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        check=True,
    )
