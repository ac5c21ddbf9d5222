"""mreg in a real terminal of 80 columns: a pseudo-terminal, as a person's window is one."""

from __future__ import annotations

import re

import pytest

from mreg.cli.commands import PANELS, PLUMBING
from repositories import Maker, Repository, Tag
from terminals import COLOUR, in_terminal, plain


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    tags = [Tag("churn@v1.10.100", 0, 0, "A message " * 12)]
    tags += [Tag(f"churn#stage-{number}#{number}", 0, number) for number in range(1, 10)]
    return make_repository(tags)


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
        assert COLOUR.search(in_terminal("show", "churn", repo=repo))

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
        found = plain(in_terminal("--help", repo=repo))
        for panel in PANELS.keys() - {PLUMBING}:
            assert any(line.startswith(panel) for line in found)
        assert max(map(len, found)) <= 80
