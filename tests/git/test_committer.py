"""Who the user is, as Git itself says it: where it is said plainly no process is asked."""

from __future__ import annotations

import os
import re
import time

import pytest

from mreg.git import config, identity, process
from mreg.git.config import Setting
from mreg.git.repository import Repository as Opened
from repositories import Maker, Repository

NAMES = [
    *(
        "Ann Example",
        "Zo\u00eb \u00c5ngstr\u00f6m",
        "Ann, PhD",
        "Ann Example.",
        " Ann",
        "Ann <x>",
        "'Ann'",
    ),
    *("A", ",", "O'Neil", "Dr. Ann", "Ann\tE", "Ann\\", "Ann: E", ""),
]
DATES = [
    "@1700000000 +0100",
    "1700000000 -0330",
    "2023-11-14 22:13:20 +0000",
    "1 +0000",
    "@1 +9999",
]


@pytest.fixture
def repo(make_repository: Maker, monkeypatch: pytest.MonkeyPatch) -> Repository:
    for it in ("GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL", "GIT_COMMITTER_DATE", "EMAIL"):
        monkeypatch.delenv(it, raising=False)
    made = make_repository([])
    made.git("config", "user.name", "Ann Example")
    made.git("config", "user.email", "ann@example.com")
    return made


def by_git(repo: Opened) -> str:
    return process.run(repo, "var", "GIT_COMMITTER_IDENT").decode().strip()


def same(repo: Opened) -> bool:
    """Tell whether what is said is Git's word, or left to it; the clock may tick between."""
    said = identity.stated(config.read(repo), os.environ)
    if said is None:
        return False
    pattern = r" [0-9]+(?= [+-][0-9]{4}$)" if "GIT_COMMITTER_DATE" not in os.environ else "$^"
    assert re.sub(pattern, "", said) == re.sub(pattern, "", by_git(repo))
    return True


@pytest.mark.parametrize("name", NAMES)
def test_a_name(repo: Repository, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    repo.git("config", "user.name", name)
    plain = same(repo.opened)
    assert plain == (name in {*NAMES[:3], "A", "O'Neil", "Dr. Ann", "Ann: E"})
    monkeypatch.setenv("GIT_COMMITTER_NAME", name)
    assert same(repo.opened) == plain


@pytest.mark.parametrize("date", DATES)
def test_a_date(repo: Repository, date: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", date)
    assert same(repo.opened) == (date in DATES[:2])
    assert date in DATES[3:] or identity.committer(repo.opened) == by_git(repo.opened)


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("committer", "name", "Bob Sample"),
        ("committer", "email", "bob@sample.org"),
        ("author", "name", "Bob Sample"),
        ("user", "useConfigOnly", "true"),
    ],
)
def test_another_setting(repo: Repository, section: str, key: str, value: str) -> None:
    repo.git("config", f"{section}.{key}", value)
    assert same(repo.opened)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia"])
def test_a_time_zone(repo: Repository, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert same(repo.opened)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_nobody(repo: Repository) -> None:
    """Where a name is not set, or is empty, Git has to say what that means."""
    addressed = Setting("local", "user.email", "ann@example.com")
    assert identity.stated([addressed], {}) is None
    assert identity.stated([addressed, Setting("local", "user.name", "Ann")], {})
    assert identity.stated([addressed], {"GIT_COMMITTER_NAME": ""}) is None
    assert identity.stated([addressed], {"GIT_COMMITTER_NAME": "\udcff"}) is None
