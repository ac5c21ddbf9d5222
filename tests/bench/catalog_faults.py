"""A catalog whose repositories break, and whose refreshes are killed: how many answers are right.

Fifty are broken in the ways of `tests/support/broken.py`, by path, by URL, and by what a server
answers. A refresh is killed at a random moment of it; then the index has to open, and after another
refresh to answer as one that was made from nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench import Bench
from catalog_origins import write
from figure import Bound, Figure
from surroundings import ENVIRONMENT, ROOT

BROKEN, KILLS, OF = 50, 100, 12
_TIMEOUT = 20


def broken(bench: Bench, folder: Path, paths: Sequence[Path]) -> Iterator[Figure]:
    """Put fifty broken repositories among the others, and refresh.

    What breaks after it was read is told when its refs change: it is not read before.
    """
    sys.path.append(str(ROOT / "tests" / "support"))
    import broken as ways
    from remotes import make_certificate

    sound = [it.as_uri() for it in paths[BROKEN:]]
    certificate = make_certificate(folder)
    with ways.served_broken(certificate) as url:
        remote = [f"{url}/{it}.git" for it in (*ways.REMOTE, "hanging")]
        local = [*_copies({**ways.FAULTS, **ways.ODDITIES, **ways.SLOW}, folder, paths[0])]
        places = [*local, *remote, "https://127.0.0.1:1/refused.git"]
        ask = _Catalog(bench, folder, {"GIT_SSL_CAINFO": str(certificate.file)})
        write(folder, sound)
        ask.refresh()
        before = ask.by_repository()
        for name, way in {**ways.FAULTS, **ways.ODDITIES, **ways.SLOW}.items():
            way(_copy(folder, name))
        write(folder, [*sound, *places[:BROKEN]], f"timeout: {_TIMEOUT}s\n")
        report = ask.refresh()
        after = ask.by_repository()
    named = {it["subject"] for it in report["faults"] if it["reason"]}
    told = named | {it["repository"] for it in ask.status() if it["problems"]}
    others = [f"{it.stem}" for it in paths[BROKEN:]]
    right = sum(before[it] == after[it] and it not in told for it in others)
    title = f"{len(places)} of {len(paths):,} repositories with different defects"
    # All but those whose HEAD leads nowhere: of these, everything can be read.
    yield _count(f"{title}, defects reported", len(told), len(places) - 2)
    yield _count(f"{title}, other repositories correct", right, len(others))
    shutil.rmtree(folder / "broken")


def _copies(ways: Mapping[str, Any], folder: Path, origin: Path) -> Iterator[str]:
    """Copy a repository for each way to break it, and iterate over the paths and URLs."""
    for name in ways:
        path = _copy(folder, name)
        shutil.copytree(origin, path)
        yield str(path)
        if name != "pipe among refs":
            linked = path.with_name(f"by-url-{path.name}")
            linked.symlink_to(path.name)
            yield linked.as_uri()


def _copy(folder: Path, name: str) -> Path:
    return folder / "broken" / f"{name.replace(' ', '-')}.git"


def killed(bench: Bench, folder: Path, paths: Sequence[Path]) -> Iterator[Figure]:
    """Kill a hundred refreshes, each at a random moment of it."""
    place = folder / "killed"
    place.mkdir()
    write(place, [it.as_uri() for it in paths[: OF // 2]])
    with (place / "catalog.yaml").open("a") as file:
        file.writelines(f"- {json.dumps(str(it))}\n" for it in paths[OF // 2 : OF])
    ask = _Catalog(bench, place, {})
    begin = time.monotonic()
    ask.refresh()
    whole = time.monotonic() - begin
    wanted = ask.everything()
    chance = random.Random(17)
    opens = right = 0
    for number in range(KILLS):
        if number % 3 == 0:  # others go on from what was left
            for it in place.glob("index.db*"):
                it.unlink()
        ask.kill(chance.uniform(0, whole))
        opens += _is_sound(place / "index.db")
        ask.refresh()
        right += ask.everything() == wanted
    title = f"`mreg catalog refresh` of {OF} repositories killed {KILLS} times at random moments"
    yield _count(f"{title}, the index opens", opens, KILLS)
    yield _count(f"{title}, correct after the next refresh", right, KILLS)
    shutil.rmtree(place)


def _is_sound(index: Path) -> bool:
    """Tell whether an index can be opened; one that was not begun yet can."""
    connection = sqlite3.connect(index)
    try:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        return False
    finally:
        connection.close()


class _Catalog:
    """The catalog in a folder, asked by the build of the work tree."""

    def __init__(self, bench: Bench, folder: Path, more: Mapping[str, str]) -> None:
        self._bench = bench
        self._folder = folder
        kept = {"MREG_CACHE_DIR": str(folder / "kept")}
        self._environment = {**ENVIRONMENT, **kept, **more}

    def _run(self, *words: str) -> bytes:
        done = subprocess.run(
            self._bench.now.mreg("catalog", *words),
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            check=False,
        )
        if done.returncode not in (0, 1):
            raise SystemExit(done.stderr.decode())
        return done.stdout

    def refresh(self) -> dict[str, Any]:
        """Refresh it, and return the report."""
        found: dict[str, Any] = json.loads(self._run("refresh", "--json"))
        return found

    def kill(self, after: float) -> None:
        """Begin a refresh, and kill it after so many seconds, if it has not ended."""
        words = self._bench.now.mreg("catalog", "refresh")
        process = subprocess.Popen(
            words, cwd=self._folder, env=self._environment, stdout=subprocess.DEVNULL
        )
        time.sleep(after)
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def status(self) -> list[dict[str, Any]]:
        """Return how its repositories stand."""
        found: list[dict[str, Any]] = json.loads(self._run("status", "--json"))["repositories"]
        return found

    def by_repository(self) -> dict[str, list[Any]]:
        """Return the artifacts of each repository, by label."""
        found: dict[str, list[Any]] = {it["repository"]: [] for it in self.status()}
        for it in json.loads(self._run("show", "--all", "--json"))["artifacts"]:
            found[it["repository"]].append(it)
        return found

    def everything(self) -> str:
        """Return a digest of all that the index has."""
        self._run("export", "out", "--format", "jsonl")
        files = [
            (self._folder / "out" / f"{it}.jsonl").read_bytes() for it in ("versions", "events")
        ]
        return hashlib.sha256(b"".join([*files, self._run("show", "--all", "--json")])).hexdigest()


def _count(question: str, found: int, least: int) -> Figure:
    return Figure(question, "size", found, unit="", bound=Bound(least, least=True))
