"""mreg in a real terminal of 80 columns: a pseudo-terminal, as a person's window is one."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from commandline import CommandLine
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

    def test_a_long_text_of_a_version_is_broken_between_words(self, repo: Repository) -> None:
        found = plain(in_terminal("show", "churn@v1.10.100", repo=repo))
        begin = next(it for it, text in enumerate(found) if text.startswith("message"))
        first, rest = found[begin].split(maxsplit=1)[1], found[begin + 1]
        assert f"{first} {rest.strip()}" == " ".join(["A message"] * 12)
        assert rest.index("A") == found[begin].index("A")
        assert max(map(len, found)) <= 80
        wide = plain(in_terminal("show", "churn@v1.10.100", "--wide", repo=repo))
        assert any(" ".join(["A message"] * 12) in it for it in wide)

    def test_an_address_is_never_broken(self, repo: Repository) -> None:
        """A column that would have to break one gives way, and is named."""
        people = ["ml.lead@example.com", "a.reviewer.of.models@example.com"]
        program = (
            "from mreg.cli import output; from mreg.render.table import Table\n"
            f"row = ('churn@v1.0.0', 'prod', {', '.join(people)!r}, 'approval by {people[0]}')\n"
            "names = ('version', 'stage', 'approved by', 'waits for')\n"
            "output.table(Table(names, [row], wraps=frozenset(names[2:]), words=frozenset("
            "names[2:]), gives_way=('approved by',)))"
        )
        for columns in (60, 80, 120):
            shown = in_terminal(repo=repo, columns=columns, program=("-c", program))
            found = plain(shown)
            assert max(map(len, found[:3])) <= columns
            assert people[0] in shown
            assert (people[1] in shown) != ("columns not shown: approved by" in shown)
        assert people[1] in shown


class TestColour:
    def test_a_terminal_gets_some(self, repo: Repository) -> None:
        assert COLOUR.search(in_terminal("show", "churn", repo=repo))

    @pytest.mark.parametrize("arguments", [("show", "churn"), ("show", "churn@v1.0.0")])
    def test_a_stage_is_dim_where_another_version_holds_it(
        self, arguments: tuple[str, ...], make_repository: Maker
    ) -> None:
        events = ("@v1.0.0", "#dev#1", "#prod#2", "@v1.1.0", "#prod#3")
        tags = [Tag(f"churn{it}", int(number > 2), number) for number, it in enumerate(events)]
        shown = in_terminal(*arguments, repo=make_repository(tags, name="two"))
        assert "dev, \x1b[2m(prod)\x1b[0m" in shown

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

    @pytest.mark.parametrize("arguments", [("--help",), ("help", "--all")])
    def test_its_headings_are_bold(self, arguments: tuple[str, ...], repo: Repository) -> None:
        shown = in_terminal(*arguments, repo=repo)
        assert "\x1b[1mInspect\x1b[0m" in shown
        assert "\x1b" not in in_terminal(*arguments, repo=repo, NO_COLOR="1")


@pytest.fixture
def many(make_repository: Maker) -> Repository:
    """Eight models, each in five stages."""
    names = [f"customer-churn-europe-{it}" for it in range(8)]
    stages = ("canary", "dev", "prod", "qa", "staging")
    tags = [Tag(f"{name}@v1.10.{it}", 0, it) for it, name in enumerate(names)]
    tags += [
        Tag(f"{name}#{stage}#{number}", 0, 100 + 10 * it + number)
        for it, name in enumerate(names)
        for number, stage in enumerate(stages, start=1)
    ]
    return make_repository(tags, name="many")


class TestColumns:
    def test_eight_models_in_five_stages_stay_a_table(self, many: Repository) -> None:
        found = plain(in_terminal("show", repo=many))
        assert found[0].split() == [
            *("name", "latest", "#canary", "#dev", "#prod", "#qa", "#staging")
        ]
        assert max(map(len, found)) <= 80
        assert found[-1] == "note: columns not shown: type (--wide shows them)"
        wide = plain(in_terminal("show", "--wide", repo=many))
        assert wide[0].split()[:3] == ["name", "type", "latest"]
        assert len(wide) == 10

    def test_those_that_are_chosen_are_shown_in_their_order(
        self, many: Repository, mreg: CommandLine
    ) -> None:
        done = mreg.ok("show", "--columns", "#prod, name", repo=many)
        assert done.out.splitlines()[:2] == [
            "#prod    name",
            "v1.10.0  customer-churn-europe-0",
        ]
        csv = mreg.ok("search", "version > v1.10.6", "--csv", "--columns", "version", repo=many)
        assert csv.out.splitlines() == ["version", "v1.10.7"]

    def test_one_that_is_not_there_is_refused(self, many: Repository, mreg: CommandLine) -> None:
        done = mreg("show", "--columns", "owner", repo=many)
        assert (done.code, done.err.splitlines()) == (
            2,
            [
                "error: there is no column 'owner'",
                "hint: use one of name, type, latest, #canary, #dev, #prod, #qa, #staging",
            ],
        )


class TestWords:
    def test_a_time_is_how_long_ago_it_was_unless_all_of_it_is_wanted(
        self, repo: Repository, mreg: CommandLine
    ) -> None:
        found = "\n".join(plain(in_terminal("history", "churn", repo=repo)))
        assert re.search(r"^\d+ (month|year)s? ago ", found, re.MULTILINE)
        for option in ("--utc", "--wide"):
            full = "\n".join(plain(in_terminal("history", "churn", option, repo=repo)))
            assert re.search(r"^20\d\d-\d\d-\d\d \d\d:\d\d", full, re.MULTILINE)
        assert " ago" not in mreg.ok("history", "churn", repo=repo).out

    def test_what_nobody_said_is_not_told(self, make_repository: Maker, mreg: CommandLine) -> None:
        usual = Tag("churn@v1.0.0", message="Register churn v1.0.0")
        tags = [usual, Tag("churn#prod#1", message="Promote churn v1.0.0 to prod")]
        one = make_repository(tags, name="one")
        assert "message" not in plain(in_terminal("history", repo=one))[0]
        asked = plain(in_terminal("history", "--columns", "message", repo=one))
        assert asked[2:] == ["Promote churn v1.0.0 to prod", "Register churn v1.0.0"]
        assert "message" in plain(in_terminal("history", "--wide", repo=one))[0]
        tags = [usual, Tag("churn#prod#1", message="At last")]
        two = make_repository(tags, name="two")
        found = plain(in_terminal("history", repo=two))
        assert found[0].split()[-1] == "message"
        assert found[2].endswith("At last")
        assert "Register" not in found[3]
        assert "Register churn v1.0.0" in mreg.ok("history", repo=two).out

    def test_tags_and_commits_lead_to_their_pages(self, repo: Repository) -> None:
        assert "\x1b]8;" not in in_terminal("show", "churn", repo=repo)
        repo.git("remote", "add", "origin", "https://ann:secret@github.com/acme/models.git")
        for selector in ("churn", "churn@v1.10.100"):
            found = in_terminal("show", selector, repo=repo)
            assert ";https://github.com/acme/models/releases/tag/churn%40v1.10.100\x1b\\" in found
            assert f";https://github.com/acme/models/commit/{repo.commits[0]}\x1b\\" in found
            assert "secret" not in found
        assert "\x1b]8;" not in in_terminal("show", "churn", "--color", "never", repo=repo)

    def test_what_is_wrong_and_what_to_do_have_colours(self, repo: Repository) -> None:
        found = in_terminal("show", "nothing", repo=repo)
        assert found.startswith("\x1b[31merror:\x1b[0m ")
        assert "\x1b[36mhint:\x1b[0m " in found
        assert "\x1b" not in in_terminal("show", "nothing", repo=repo, NO_COLOR="1")
        assert "\x1b" not in in_terminal("show", "nothing", repo=repo, TERM="dumb")

    def test_colours_may_be_wanted_in_a_pipe(self, repo: Repository, mreg: CommandLine) -> None:
        assert COLOUR.search(mreg.ok("show", "churn", "--color", "always", repo=repo).out)
        assert not COLOUR.search(mreg.ok("show", "churn", repo=repo).out)


EVENTS = ("history", "--columns", "artifact,event")


class TestPager:
    @pytest.fixture
    def pager(self, tmp_path: Path) -> tuple[str, Path]:
        """Return a pager that keeps what it gets, and where."""
        kept = tmp_path / "kept"
        return f"cat > {shlex.quote(str(kept))}", kept

    def test_what_is_longer_than_the_terminal_goes_through_it(
        self, many: Repository, pager: tuple[str, Path]
    ) -> None:
        command, kept = pager
        assert in_terminal(*EVENTS, repo=many, MREG_PAGER=command) == ""
        assert len(kept.read_text().splitlines()) == 2 + 48

    def test_it_is_the_one_of_git_where_mreg_has_none(
        self, many: Repository, pager: tuple[str, Path]
    ) -> None:
        command, kept = pager
        many.git("config", "core.pager", command)
        script = "import os, mreg.cli; del os.environ['MREG_PAGER']; mreg.cli.main()"
        shown = in_terminal(*EVENTS, repo=many, program=("-c", script))
        assert shown == ""
        assert "customer-churn-europe-7" in kept.read_text()

    @pytest.mark.parametrize("arguments", [("show",), (*EVENTS, "--no-pager")])
    def test_what_fits_or_is_not_to_be_paged_is_printed(
        self, arguments: tuple[str, ...], many: Repository, pager: tuple[str, Path]
    ) -> None:
        command, kept = pager
        assert "customer-churn-europe-7" in in_terminal(*arguments, repo=many, MREG_PAGER=command)
        assert not kept.exists()

    @pytest.mark.parametrize("command", ["", "cat", "no-such-pager-here 2>/dev/null"])
    def test_without_one_all_is_printed(self, command: str, many: Repository) -> None:
        found = plain(in_terminal(*EVENTS, repo=many, MREG_PAGER=command))
        assert sum("customer-churn" in it for it in found) == 48

    def test_who_leaves_it_early_hears_of_no_error(self, many: Repository) -> None:
        assert plain(in_terminal(*EVENTS, repo=many, MREG_PAGER="head -n 3"))[2:] == [
            plain(in_terminal(*EVENTS, repo=many))[2]
        ]

    def test_what_is_said_besides_comes_behind_it(self, many: Repository) -> None:
        many.git("tag", "churn@1", "HEAD")
        shown = plain(in_terminal("show", repo=many))
        assert shown[-1].startswith("warning: churn@1: ")
