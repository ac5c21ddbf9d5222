"""The help: the first screen, topics, and the words of other tools."""

from __future__ import annotations

import re
import textwrap

import pytest

import mreg as package
from commandline import CommandLine
from documents import ROOT
from glossary_page import LINKS, endings, terms, with_glossary
from mreg.annotations import document
from mreg.annotations.entry import FIELDS
from mreg.annotations.schema import check_entry
from mreg.cli import examples, foreign, glossary
from mreg.cli.commands import (
    ALIASES,
    COMMANDS,
    FORMER,
    GETTING_STARTED,
    GROUPS,
    PANELS,
    PLUMBING,
    load,
)
from mreg.cli.exits import MEANINGS
from mreg.cli.help import SUMMARIES
from mreg.cli.topics import TOPICS, WIDTH
from mreg.core import times
from mreg.core.kinds import KINDS
from mreg.core.queries import parse_selector
from mreg.policy.file import read as settings_file
from repositories import Maker, Repository, Tag

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIHxYT0XLSe9cRrRVIIwY1NPTvWcLuzNeAUAQrU+8PR5"
"""A public key without its last letter."""

BESIDE_EVENTS = ("remove", "rollback", "undo")


@pytest.fixture
def repo(make_repository: Maker) -> Repository:
    return make_repository([Tag("churn@v1.0.0"), Tag("churn#prod#1", 0, 1)])


class TestFirstScreen:
    def test_it_fits_a_terminal_of_24_lines(self, mreg: CommandLine) -> None:
        lines = mreg.ok("--help").out.splitlines()
        assert len(lines) <= 24
        assert max(map(len, lines)) <= 80

    @pytest.mark.parametrize("words", [["-h"], ["help"]])
    def test_each_way_to_ask_gives_the_same(self, words: list[str], mreg: CommandLine) -> None:
        assert mreg.ok(*words) == mreg.ok("--help")

    def test_without_a_command_it_is_an_error(self, mreg: CommandLine) -> None:
        assert mreg() == (2, "", mreg.ok("--help").out)

    @pytest.mark.parametrize("name", [*COMMANDS, *GROUPS])
    def test_each_command_is_there_but_for_plumbing_and_former_ones(
        self, name: str, mreg: CommandLine
    ) -> None:
        group, space, _ = name.partition(" ")
        hidden = name in FORMER or name in PANELS[PLUMBING].split()
        words = re.split(r"\s+", mreg.ok("--help").out.partition("\nmreg help")[0])
        assert (group if space else name) in words or hidden
        assert not (hidden and name in words)

    @pytest.mark.parametrize("name", GETTING_STARTED.split())
    def test_it_says_of_a_command_what_its_own_help_says(self, name: str) -> None:
        assert examples.of(load(name)).text.splitlines()[0] == f"{dict(SUMMARIES)[name]}."


class TestTopics:
    @pytest.mark.parametrize("name", TOPICS)
    def test_each_fits_80_columns_and_names_no_file_of_the_documents(
        self, name: str, mreg: CommandLine
    ) -> None:
        text = mreg.ok("help", *name.split("-")).out
        assert text == mreg.ok("help", name).out == TOPICS[name].text()
        assert max(map(len, text.splitlines())) <= WIDTH
        assert "docs/" not in text

    def test_the_exit_codes_are_those_of_the_program(self, mreg: CommandLine) -> None:
        text = mreg.ok("help", "exit-codes").out
        assert re.findall(r"^ +(\d+)  (.*)$", text, re.M) == [
            (str(code), said) for code, said in MEANINGS.items()
        ]

    def test_the_times_are_times(self) -> None:
        text = TOPICS["times"].text()
        shown = re.findall(r"^  (2026-\S+)", text, re.M)
        short = re.findall(r"\b\d+(?:m|h|d|w|mo|y)\b", text)
        assert len(shown) == 5
        assert len(short) > 6
        for it in (*shown, *short):
            times.parse(it, now=times.now())

    def test_the_selectors_are_selectors(self) -> None:
        shown = re.findall(r"^  (\w+[@#:]\S+)", TOPICS["selectors"].text(), re.M)
        assert len(shown) == 5
        for it in shown:
            parse_selector(it)

    def test_what_the_topic_about_python_calls_is_there(self) -> None:
        text = TOPICS["python"].text()
        called = re.findall(r"(mreg|mreg\.Registry|registry)\.(\w+)\(", text)
        assert {name for _, name in called} >= {"log_artifact", "get", "open", "best", "to_pandas"}
        homes = {"mreg": package, "mreg.Registry": package.Registry, "registry": package.Registry}
        assert [it for it in called if not hasattr(homes[it[0]], it[1])] == []

    def test_the_annotation_is_valid_and_each_field_is_described(self) -> None:
        text = TOPICS["annotations"].text()
        example = re.search(r"(?ms)^  churn:\n.*?\n\n", text)
        assert example
        ((name, entry),) = document.load(textwrap.dedent(example[0]).encode()).items()
        assert list(check_entry(name, entry)) == []
        assert set(entry) <= FIELDS.keys()
        assert re.findall(r"(?m)^  (\w+) +[A-Z]", text[example.end() :]) == list(FIELDS)

    def test_the_example_of_a_policy_is_valid_with_a_key(self) -> None:
        example = re.search(r"(?ms)^  registry:.*?\n\n", TOPICS["policy"].text())
        assert example
        keys = iter((f"ssh-ed25519 {KEY}A", f"ssh-ed25519 {KEY}B"))
        text = re.sub(r"ssh-ed25519 AAAA\.\.\.", lambda _: next(keys), example[0])
        read = settings_file.read(textwrap.dedent(text).encode())
        assert read.findings == ()
        assert read.settings.signatures == "required"

    def test_the_commands_in_them_are_commands(self) -> None:
        for topic in TOPICS.values():
            for word in re.findall(r"(?m)(?:`|^ +)mreg ([a-z]+(?:-[a-z]+)*)", topic.text()):
                assert word in COMMANDS or word in GROUPS

    def test_the_glossary_tells_what_takes_something_back(self) -> None:
        text = TOPICS["glossary"].text()
        for word in ("artifact", "version", "stage", "event", "metadata", "holder", "approval"):
            assert re.search(rf"^{word} ", text, re.M)
        for word in (*(it for it, kind in KINDS.items() if not kind.registers), *BESIDE_EVENTS):
            assert re.search(rf"^{word} ", text, re.M) or word == "promote"

    def test_the_page_of_the_glossary_has_the_words_of_the_topic(self) -> None:
        page = (ROOT / "docs" / "concepts" / "glossary.md").read_text()
        assert with_glossary(page) == page
        for table in (terms(), endings()):
            assert page.count(table) == 1
        assert set(LINKS) == {it.word for it in glossary.TERMS}


class TestOfOne:
    @pytest.mark.parametrize("words", [["show"], ["catalog"], ["catalog", "show"], ["describe"]])
    def test_a_command(self, words: list[str], mreg: CommandLine) -> None:
        assert mreg.ok("help", *words) == mreg.ok(*words, "--help")

    @pytest.mark.parametrize("name", COMMANDS)
    def test_an_argument_has_no_type_of_python(self, name: str, mreg: CommandLine) -> None:
        assert "<str>" not in mreg.ok(*name.split(), "--help").out

    @pytest.mark.parametrize("word", ALIASES)
    def test_another_name_of_a_command(self, word: str, mreg: CommandLine) -> None:
        assert mreg.ok("help", word) == mreg.ok(ALIASES[word][0], "--help")

    @pytest.mark.parametrize(
        ("words", "command"),
        [
            (["hook", "install"], ["hook"]),
            (["hook", "install", "pre-receive"], ["hook"]),
            (["catalog", "show", "churn"], ["catalog", "show"]),
            (["catalog", "nothing"], ["catalog"]),
        ],
    )
    def test_an_action_of_a_command(
        self, words: list[str], command: list[str], mreg: CommandLine
    ) -> None:
        assert mreg.ok("help", *words) == mreg.ok("help", *command)

    @pytest.mark.parametrize("word", ["roles", "approvals", "permissions", "gates"])
    def test_a_word_of_a_topic(self, word: str, mreg: CommandLine) -> None:
        assert mreg.ok("help", word) == mreg.ok("help", "policy")

    def test_a_server_is_several_things(self, mreg: CommandLine) -> None:
        done = mreg("help", "server")
        assert done.code == 2
        for it in ("mreg hook install pre-receive", "mreg serve", "mreg ui"):
            assert it in done.err

    def test_what_there_is_not(self, mreg: CommandLine) -> None:
        done = mreg("help", "selectrs")
        assert (done.code, done.out) == (2, "")
        assert done.err == (
            "error: there is no command or topic 'selectrs'\nhint: did you mean selectors?\n"
        )
        assert mreg("help", "sel").err.endswith("hint: did you mean selectors?\n")
        assert "the topics are selectors, " in mreg("help", "zzzz").err

    def test_all_has_each_command_once_and_fits(self, mreg: CommandLine) -> None:
        lines = mreg.ok("help", "--all").out.splitlines()
        assert max(map(len, lines)) <= 80
        named = [found[1] for it in lines if (found := re.match(r"  (\S+(?: \S+)?)  ", it))]
        assert sorted(named) == sorted(set(named))
        assert {*COMMANDS, *GROUPS, *ALIASES, *(f"help {it}" for it in TOPICS)} <= {*named}
        assert mreg("help", "--all", "show").code == 2


class TestWordsOfOtherTools:
    @pytest.mark.parametrize("word", foreign.WORDS)
    def test_each_says_in_a_line_what_to_type(self, word: str, mreg: CommandLine) -> None:
        for words in ([word], [word, "churn", "--stage", "prod"], ["help", word]):
            done = mreg(*words)
            assert (done.code, done.out) == (2, "")
            assert done.err.splitlines()[0].startswith(f"error: `{word}` is called ")
            assert max(map(len, done.err.splitlines())) <= 100

    def test_none_is_a_command_here(self) -> None:
        assert not foreign.WORDS.keys() & {*COMMANDS, *GROUPS, *ALIASES}

    @pytest.mark.parametrize("word", foreign.WORDS)
    def test_what_it_says_to_type_can_be_typed(self, word: str) -> None:
        from mreg.cli import direct

        for line in re.findall(
            r"\bmreg ([a-z@. #0-9/-]+?)(?=$| downloads| to |,|;)", foreign.WORDS[word][1]
        ):
            if "NAME" not in line:
                assert direct.read(line.split(), {}) is not None, line

    @pytest.mark.parametrize(
        ("words", "same"),
        [
            (["list"], ["show"]),
            (["ls", "churn", "--json"], ["show", "churn", "--json"]),
            (["log", "churn", "-n", "1"], ["history", "churn", "-n", "1"]),
            (["check-ref", "churn@v1.0.0"], ["check-tag", "churn@v1.0.0"]),
            (
                ["parse-tag", "a@v1.0.0", "--json"],
                ["check-tag", "--name-only", "a@v1.0.0", "--json"],
            ),
        ],
    )
    def test_what_means_one_thing_runs(
        self, words: list[str], same: list[str], repo: Repository, mreg: CommandLine
    ) -> None:
        assert mreg.ok(*words, repo=repo) == mreg.ok(*same, repo=repo)

    def test_only_what_reads_runs_under_another_name(self) -> None:
        reading = {"show", "history", "get", "check-tag"}
        assert {words[0] for words in ALIASES.values()} == reading


def test_a_name_only_has_no_time(mreg: CommandLine) -> None:
    assert mreg("parse-tag", "a@v1.0.0", "--utc").code == 2


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("promote", "SELECTOR [VERSION] STAGE"),
        ("approve", "SELECTOR [VERSION] STAGE"),
        ("reject", "SELECTOR [VERSION] STAGE"),
        ("demote", "SELECTOR [VERSION] [STAGE]"),
        ("rollback", "{NAME | NAME#STAGE} [STAGE]"),
        ("best", "NAME [METRIC]"),
    ],
)
def test_only_what_may_be_left_out_is_shown_as_optional(
    command: str, usage: str, mreg: CommandLine
) -> None:
    first = mreg.ok(command, "--help").out.split("\n")[1]
    assert first.strip() == f"Usage: mreg {command} [OPTIONS] {usage}"
