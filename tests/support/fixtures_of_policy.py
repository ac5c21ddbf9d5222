"""People with keys, and teams of them."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from commandline import CommandLine
from keys import Gnupg, Key, make_key
from repositories import isolated
from stand import Stand
from team import Team, make_keys

People = dict[str, Key]


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> People:
    """Return the keys of some people, by first names."""
    if not shutil.which("ssh-keygen"):
        pytest.skip("needs ssh-keygen, of OpenSSH")
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder / name) for name in ("ann", "bob", "carl", "mallory")}


@pytest.fixture(scope="module")
def gnupg() -> Iterator[Gnupg]:
    """Return an empty set of OpenPGP keys."""
    if not shutil.which("gpg"):
        pytest.skip("needs gpg, of GnuPG")
    # The path of the agent's socket has to be a short one.
    with tempfile.TemporaryDirectory(prefix="gpg-", ignore_cleanup_errors=True) as folder:
        found = Gnupg(Path(folder))
        yield found
        found.end()


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Team:
    """Return a team whose server has no hook; tests work in copies of it."""
    if not shutil.which("ssh-keygen"):
        pytest.skip("needs ssh-keygen, of OpenSSH")
    # It is made before the first test, and so before what a test sees of the world is put right.
    with pytest.MonkeyPatch.context() as patch:
        for name, value in isolated(tmp_path_factory.mktemp("home")).items():
            patch.setenv(name, value)
        keys = make_keys(tmp_path_factory.mktemp("keys"))
        return Team.founded(tmp_path_factory.mktemp("team"), keys)


@pytest.fixture
def team(
    request: pytest.FixtureRequest,
    founded: Team,
    tmp_path: Path,
    mreg: CommandLine,
    monkeypatch: pytest.MonkeyPatch,
) -> Team:
    """Return a team whose pre-receive hook is asked in the test's own process; see `PUSHED`."""
    hook = getattr(request, "param", None)
    if hook is None:
        return founded.asked(tmp_path, mreg, monkeypatch)
    made = founded.joined(tmp_path)
    made.install(hook)
    return made


PUSHED = pytest.mark.parametrize("team", ["pre-receive"], indirect=True)
"""Marks tests whose server has the hook itself, which Git calls at each push."""


@pytest.fixture(scope="session")
def opened(founded: Team, tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """Return a stand in which every test works, one after the other."""
    return Stand.opened(founded, tmp_path_factory.mktemp("stand"))


@pytest.fixture
def stand(opened: Stand) -> Iterator[Stand]:
    """Return the stand; afterwards it is as it was at first."""
    refs, last, registrations = dict(opened.refs), opened.last, dict(opened.registrations)
    yield opened
    opened.restore(refs)
    opened.last, opened.registrations = last, registrations
