"""mreg in a real terminal of 80 columns: a pseudo-terminal, as a person's window is one."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Sequence

import pytest

from repositories import Maker, Repository, Tag

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def in_terminal(
    *arguments: str,
    repo: Repository,
    columns: int = 80,
    program: Sequence[str] = ("-m", "mreg"),
    **environment: str,
) -> str:
    """Run mreg, or another program in Python, in a terminal and return what stands there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=repo.path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", **environment},
    ) as running:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 1 << 16):
                shown += chunk
        except OSError:  # Linux reports the other end's closing as an error
            pass
        running.wait()
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    tags = [Tag("churn@v1.10.100", 0, 0, "A message " * 12)]
    tags += [Tag(f"churn#stage-{number}#{number}", 0, number) for number in range(1, 10)]
    return make_repository(tags)


def plain(text: str) -> list[str]:
    return [line.rstrip() for line in _COLOUR.sub("", text).splitlines()]


class TestTables:
    def test_a_table_fits_the_window(self, repo: Repository) -> None:
        found = plain(in_terminal("show", "churn", repo=repo))
        assert max(map(len, found)) <= 80
        assert "v1.10.100" in found[2]

    def test_a_registry_of_many_stages_stays_readable(self, repo: Repository) -> None:
        found = plain(in_terminal("show", repo=repo))
        assert max(map(len, found)) <= 80
        assert sum("v1.10.100" in line for line in found) == 10

    @pytest.mark.parametrize("columns", [40, 60, 80, 120])
    def test_no_version_is_ever_cut(self, columns: int, repo: Repository) -> None:
        for arguments in (["show"], ["show", "churn"], ["history"], ["stages"]):
            found = in_terminal(*arguments, repo=repo, columns=columns)
            assert "v1.10.100" in "\n".join(plain(found))
            assert "\u2026" not in found

    def test_json_is_indented(self, repo: Repository) -> None:
        found = in_terminal("show", "--json", repo=repo)
        assert found.startswith('{\n  "artifacts": [\n')


class TestColour:
    def test_a_terminal_gets_some(self, repo: Repository) -> None:
        assert _COLOUR.search(in_terminal("show", "churn", repo=repo))

    def test_none_if_it_is_not_wanted(self, repo: Repository) -> None:
        found = in_terminal("show", "churn", repo=repo, NO_COLOR="1")
        assert not re.search(r"\x1b\[(?:[0-9;]*;)?(?:3[0-9]|9[0-7]|4[0-9])", found)

    def test_hostile_text_is_spelt_out(self, make_repository: Maker) -> None:
        bad = make_repository([Tag("x@v1.0.0", message="\x1b[31mred\x1b]0;title\x07")], name="bad")
        for arguments in (["show", "x"], ["show", "x@v1.0.0"], ["history"], ["show", "--json"]):
            shown = in_terminal(*arguments, repo=bad)
            assert "\x1b[31mred" not in shown
            assert "\x1b]" not in shown
            assert "\x07" not in shown


class TestHelp:
    def test_commands_are_grouped(self, repo: Repository) -> None:
        found = "\n".join(plain(in_terminal("--help", repo=repo)))
        for panel in ("Look up", "Register and promote", "Check"):
            assert f"\u256d\u2500 {panel} " in found
        assert max(map(len, plain(found))) <= 80
