"""The stress: a crowd and races at one remote, over each transport, on the loopback interface.

    python tests/stress/run.py [--jobs 1000] [--races 100] [--members 8] [--write PAGE]

The crowd's remote fails at random (`stress.refusing`), unless that is left out by --reliable.

It ends by itself, in --minutes for the crowd and as many for the races over each transport at the
most. The exit code is 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import os
import platform
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.extend(str(Path(__file__).resolve().parents[1] / it) for it in ("", "support"))

import remotes
from repositories import Maker, isolated
from stress import refusing
from stress.crowd import Tally, crowd
from stress.races import races

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


class Outcome(NamedTuple):
    """What came of the stress over one transport.

    Attributes:
        transport: the transport.
        tally: what the crowd did.
        races: how many races had exactly one winner.
        race_seconds: how long they took.
        faults: what is wrong.
    """

    transport: str
    tally: Tally
    races: int
    race_seconds: float
    faults: list[str]


def main() -> int:
    """Run the stress, and print or write down what came of it."""
    given = _parser().parse_args()
    outcomes = []
    for outcome in _outcomes(given):
        outcomes.append(outcome)
        print(_row(outcome), flush=True)
        for fault in outcome.faults:
            print(f"FAULT over {outcome.transport}: {fault}", flush=True)
        if given.write:
            _write(given.write, outcomes, given)
    return 1 if any(it.faults for it in outcomes) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1000, help="events that the crowd makes")
    parser.add_argument("--races", type=int, default=100, help="races of two")
    parser.add_argument("--members", type=int, default=8, help="how many of the crowd work at once")
    parser.add_argument("--killed", type=float, default=0.5, help="share of jobs to strike at")
    parser.add_argument(
        "--minutes", type=float, default=45, help="that a crowd, or races, may take"
    )
    parser.add_argument("--reliable", action="store_true", help="let the remote never fail")
    parser.add_argument("--seed", type=int, default=1, help="makes the choices")
    parser.add_argument("--transports", nargs="+", default=remotes.TRANSPORTS)
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the figures there")
    return parser


def _outcomes(given: argparse.Namespace) -> Iterator[Outcome]:
    for transport in given.transports:
        with tempfile.TemporaryDirectory(prefix="mreg-stress-") as name:
            folder = Path(name)
            _isolate(folder)
            yield _outcome(given, transport, Maker(folder, folder / "templates"), folder)


def _isolate(folder: Path) -> None:
    """Keep the user's Git settings out of it; the clock is the real one."""
    for name in ("home", "templates"):
        (folder / name).mkdir()
    for name in [it for it in os.environ if it.startswith(("GIT_", "MREG_", "SSH_"))]:
        del os.environ[name]
    for name, value in isolated(folder / "home").items():
        if not name.endswith("_DATE"):
            os.environ[name] = value


def _outcome(given: argparse.Namespace, transport: str, make: Maker, folder: Path) -> Outcome:
    at_crowd = (
        remotes.served(folder, transport)
        if given.reliable
        else refusing.served(folder, transport, given.seed)
    )
    with at_crowd as url:
        tally, faults = crowd(
            make,
            folder,
            url,
            jobs=given.jobs,
            members=given.members,
            share=given.killed,
            seed=given.seed,
            seconds=given.minutes * 60,
            unreliable=not given.reliable,
        )
    begin = time.monotonic()
    with remotes.served(folder, transport) as url:
        run, race_faults = races(make, folder, url, count=given.races, seconds=given.minutes * 60)
    seconds = time.monotonic() - begin
    won = sum(len(race.winners) == 1 for race in run)
    return Outcome(transport, tally, won, seconds, [*faults, *race_faults])


def _row(outcome: Outcome) -> str:
    tally = outcome.tally
    cells = (
        outcome.transport,
        f"{len(tally.acknowledged) + len(tally.done_already)}",
        f"{tally.tries}",
        f"{tally.killed} ({tally.killed / tally.tries:.0%})",
        f"{tally.failed}",
        f"{len(tally.done_already)}",
        f"{tally.unguarded}",
        f"{tally.seconds:.0f} s",
        f"{outcome.races}",
        f"{outcome.race_seconds:.0f} s",
        f"{len(outcome.faults)}",
    )
    return f"| {' | '.join(cells)} |"


HEADER = """\
| transport | events | commands | killed | failed | done unknowingly | without the guard | time \
| races with one winner | time | faults |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


def _write(page: Path, outcomes: list[Outcome], given: argparse.Namespace) -> None:
    """Put the figures between the marks on a page."""
    git = subprocess.run(["git", "version"], capture_output=True, text=True, check=True).stdout
    machine = f"{git.strip()}, Python {platform.python_version()}, {os.cpu_count()} cores"
    command = shlex.join(("python", "tests/stress/run.py", *sys.argv[1:]))
    table = "\n".join([HEADER, *map(_row, outcomes)])
    text = f"{table}\n\n`{command}`: {given.members} commands at once, races of two; {machine}.\n"
    before, _, rest = page.read_text("utf-8").partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{text}{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    sys.exit(main())
