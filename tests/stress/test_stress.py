"""A small version of `make stress`: a crowd at one remote, and races of two."""

from __future__ import annotations

from pathlib import Path

import pytest

import remotes
from repositories import Maker
from stress import refusing
from stress.crowd import crowd
from stress.races import races

pytestmark = pytest.mark.integration  # they are long


@pytest.mark.parametrize("transport", remotes.TRANSPORTS)
def test_crowd_loses_nothing_and_does_nothing_twice(
    make_repository: Maker, tmp_path: Path, transport: str
) -> None:
    with remotes.served(tmp_path, transport) as url:
        tally, faults = crowd(
            make_repository, tmp_path, url, jobs=24, members=3, share=0.4, seed=1, seconds=600
        )
    assert faults == []
    assert len(tally.acknowledged) + len(tally.done_already) >= 24


@pytest.mark.parametrize("transport", remotes.TRANSPORTS)
def test_crowd_at_a_remote_that_fails_at_random(
    make_repository: Maker, tmp_path: Path, transport: str
) -> None:
    with refusing.served(tmp_path, transport, 1) as url:
        tally, faults = crowd(
            make_repository,
            tmp_path,
            url,
            jobs=6,
            members=2,
            share=0.2,
            seed=1,
            seconds=600,
            unreliable=True,
        )
    assert faults == []
    assert len(tally.acknowledged) + len(tally.done_already) >= 6


@pytest.mark.parametrize("transport", remotes.TRANSPORTS)
def test_race_has_one_winner(make_repository: Maker, tmp_path: Path, transport: str) -> None:
    with remotes.served(tmp_path, transport) as url:
        run, faults = races(make_repository, tmp_path, url, count=10, seconds=600)
    assert faults == []
    assert len(run) == 10
