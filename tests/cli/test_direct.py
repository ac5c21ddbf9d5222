"""The two readers of a command line: what is read directly is what typer reads, too."""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Literal, get_args, get_origin
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.main import get_command

from mreg.cli import direct, parameters
from mreg.cli.app import app
from mreg.cli.commands import COMMANDS, load
from mreg.cli.parameters import REQUIRED, Argument, Call, Flag, Parameter

PLAIN = ["churn", "churn@v1.0.0", "folder:name", "x=y", "a b", "", "-", "é", "\udcff", "install"]
"""Texts that are a word or a value to every reader."""
NUMBERS = ["0", "1", "7", "0.5", ".5", "5.", "30s", "5m", "10d", "1_0", " 1", "٣", "1e3", "nan"]
HOSTILE = ["--", "-x", "-1", "--nope", "--js", "-rj", "-n5", "--json=1", "=", "-=", "--=", "--utc="]
HOSTILE += ["--version", "--help", "-h", "9" * 30, "9" * 5000, "--no-push=", "-r=x", "-m="]
ENVIRONMENT = {
    "MREG_REPO": ["", ".", "/elsewhere", "-x"],
    "MREG_WEBHOOK": ["", " ", "https://a.example", " https://a.example  https://b.example "],
    "GITHUB_OUTPUT": ["", "out", "a b"],
    "GITHUB_STEP_SUMMARY": ["", "summary.md"],
    "COLUMNS": ["10"],
}


def flags(it: Parameter) -> list[str]:
    return [] if isinstance(it.said, Argument) else it.said.flags.replace("/", " ").split()


def values(it: Parameter) -> list[str]:
    """Return texts that make sense for a parameter, or nearly."""
    if get_origin(it.one) is Literal:
        return [*get_args(it.one), get_args(it.one)[0].upper(), ""]
    if it.one in (int, float):
        return NUMBERS
    return PLAIN


def pieces(it: Parameter) -> list[list[str]]:
    """Return what may be typed for a parameter."""
    if isinstance(it.said, Argument):
        return [[text] for text in values(it)]
    if isinstance(it.said, Flag):
        return [[name] for name in flags(it)]
    if get_origin(it.one) is tuple:
        return [[flags(it)[0], *"abc"]]
    both = [[name, text] for name in flags(it) for text in values(it)]
    return [*both, *([f"{flag}={text}"] for flag, text in both)]


@cache
def command_lines(name: str) -> st.SearchStrategy[list[str]]:
    """Return command lines of a command: each word plausible, few of them right."""
    known = parameters.of(load(name))
    typed = [piece for it in known for piece in pieces(it)]
    places = [piece for it in known if isinstance(it.said, Argument) for piece in pieces(it)]
    odd = [[word] for word in (*HOSTILE, *PLAIN, *NUMBERS)]
    usual = st.sampled_from([*typed, *places * 3] or odd)
    needed = st.tuples(*(st.sampled_from(pieces(it)) for it in known if it.default is REQUIRED))
    others = st.lists(st.one_of(usual, usual, usual, st.sampled_from(odd)), max_size=4)
    parts = st.tuples(needed.map(list), others)
    return parts.map(lambda both: [word for part in (*both[0], *both[1]) for word in part])


environments = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(texts) for name, texts in ENVIRONMENT.items()}
)

GROUP: Any = get_command(app)


@cache
def typer_command(name: str) -> Any:
    found = GROUP
    for word in name.split():
        found = found.get_command(None, word)
    return found


def by_typer(name: str, words: list[str]) -> Call:
    found = typer_command(name).main(args=words, prog_name="mreg", standalone_mode=False)
    assert isinstance(found, Call)
    return found


def shown(call: Call) -> tuple[Any, ...]:
    """Return a call with its values' types: 1 is no True, and 30 no 30.0."""
    return call.command, repr(call.arguments), call.given, call.named


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_read_directly_is_what_typer_reads(name: str) -> None:
    @settings(max_examples=60)
    @given(command_lines(name), environments)
    def check(words: list[str], environment: dict[str, str]) -> None:
        found = direct.read([*name.split(), *words], environment)
        if found is not None:
            with patch.dict(os.environ, environment, clear=True):
                assert shown(found) == shown(by_typer(name, words))

    check()


def plain(it: Parameter) -> list[str]:
    """Return one plain form of a parameter: an option by its first name, its value behind it."""
    if get_origin(it.one) is Literal:
        text = get_args(it.one)[-1]
    else:
        text = "1" if it.one in (int, float) else "churn"
    if isinstance(it.said, Argument):
        return [text]
    return flags(it)[:1] if isinstance(it.said, Flag) else [flags(it)[0], text]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_with_all_that_it_takes_is_read_directly(name: str) -> None:
    known = [it for it in parameters.of(load(name)) if get_origin(it.one) is not tuple]
    found = direct.read([*name.split(), *(word for it in known for word in plain(it))], {})
    assert found is not None
    assert found.given == {it.name for it in known}
    needed = [it for it in known if it.default is REQUIRED]
    assert (
        direct.read([*name.split(), *(word for it in needed for word in plain(it))], {}) is not None
    )


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["shwo"],
        ["sho"],
        ["--version"],
        ["show", "--help"],
        ["show", "-h"],
        ["show", "--js"],
        ["show", "--json=1"],
        ["show", "--json", "--json"],
        ["show", "a", "b", "c"],
        ["show", "--at"],
        ["show", "--at", "--json"],
        ["show", "--at", "1d", "--at", "2d"],
        ["show", "-aj"],
        ["show", "-r."],
        ["show", "-r=."],
        ["show", "--repo="],
        ["show", "--", "churn"],
        ["rollback"],
        ["history", "--action", "promot"],
        ["history", "--action", "PROMOTE"],
        ["history", "-n", "1_0"],
        ["history", "-n", "-1"],
        ["watch", "--interval", "0"],
        ["watch", "--jitter", "2"],
        ["verify", "--new", "a", "b", "c"],
    ],
)
def test_what_is_unusual_is_left_to_typer(words: list[str]) -> None:
    assert direct.read(words, {}) is None


def test_a_shell_that_completes_is_left_to_typer() -> None:
    assert direct.read(["show"], {"_MREG_COMPLETE": "complete_bash"}) is None
    assert direct.read(["show"], {}) is not None
