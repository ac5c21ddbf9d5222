"""A project whose remote starts pipelines, and the machines on which they run."""

from __future__ import annotations

from pathlib import Path

import pytest

import remotes
from ci_machines import GitHub, Machines, Project
from commandline import CommandLine
from repositories import Maker, SetClock


@pytest.fixture
def project(
    make_repository: Maker, tmp_path: Path, mreg: CommandLine, set_clock: SetClock
) -> Project:
    """A project with a remote, and nothing in its registry."""
    return Project(make_repository.empty(), remotes.bare(tmp_path), mreg, set_clock)


@pytest.fixture
def machines(tmp_path: Path) -> Machines:
    """New machines."""
    return Machines(tmp_path)


@pytest.fixture
def github(project: Project, machines: Machines) -> GitHub:
    """GitHub, for the project."""
    return GitHub(project.url, machines)
